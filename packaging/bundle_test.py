"""The real artefacts on a machine that never saw the internet: `make bundle-test`, as root on Debian.

A bare Debian 12 (debootstrap, no Python, no desktop, no fonts) gets the .deb, another one the archive. There an
ordinary user with an empty home and a read-only program folder does what analysts do, without a network. Every line of
the output is one claim of docs/install.md; the last output is kept in docs/bundle.md.

Needs: debootstrap, strace, Xvfb, xdotool, zstd, and the unfrozen program to compare with.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import ImageGrab

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
WORK = ROOT / "build" / "bundle-test"
PHOTOS = (
    ROOT / "resources" / "examples" / "spliced.jpg",
    ROOT / "resources" / "examples" / "untouched.jpg",
    ROOT / "tests" / "data" / "shallow_focus.jpg",
)
OTHER_FORMATS = (
    ROOT / "tests" / "data" / "photos" / "sony_exif.heic",
    ROOT / "tests" / "data" / "photos" / "sugarshack.mpo",
)
USER, UID = "analyst", 23571
HOME = f"/home/{USER}"
OWN_FOLDERS = (".local/share/exifact", ".config/exifact", ".cache/exifact")
"""What the program may write in the user's home besides what it is told to."""

DISPLAY = ":97"
DESKTOP = ("libxcb.so.1", "libX11.so.6", "libEGL.so.1", "libGL.so.1", "libstdc++.so.6")
"""Libraries of which it matters whose they are: a graphics driver loads them for itself."""


class Failed(Exception):
    """A claim that does not hold."""


class Machine:
    """A bare Debian in a folder, entered without a network.

    Attributes:
        root: its file system.
        read_only: folders that are mounted read-only for the user.
    """

    def __init__(self, name: str, base: Path) -> None:
        self.root = WORK / name
        self.read_only: list[str] = []
        shutil.rmtree(self.root, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(self.root)], check=True)
        self.as_root(f"useradd --uid {UID} --create-home --skel /dev/null {USER}")

    def path(self, inside: str) -> Path:
        """A path of the machine as seen from outside."""
        return self.root / inside.lstrip("/")

    def as_root(self, script: str) -> str:
        """Run a shell script as root; its output."""
        return self._run(["chroot", str(self.root), "/bin/sh", "-ec", script], {})

    def as_user(
        self, command: Sequence[str], *, environment: dict[str, str] | None = None, traced: Path | None = None
    ) -> str:
        """Run a command as the user; standard output and errors.

        Args:
            command: program and arguments.
            environment: beside PATH, HOME and LANG.
            traced: file for the network calls of every process.
        """
        watched = ["strace", "-f", "--seccomp-bpf", "-e", "trace=network", "-o", str(traced)] if traced else []
        return self._run([*watched, *self._entered(command)], environment or {})

    def started(self, command: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start a command as the user and leave it running."""
        return subprocess.Popen(
            self._in_new_namespaces(self._entered(command)),
            env=self._environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def _entered(self, command: Sequence[str]) -> list[str]:
        return ["chroot", f"--userspec={UID}:{UID}", str(self.root), *command]

    def _run(self, command: Sequence[str], environment: dict[str, str]) -> str:
        done = subprocess.run(
            self._in_new_namespaces(command),
            env=self._environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        text = done.stdout.decode("utf-8", "replace")
        if done.returncode != 0:
            raise Failed(f"{' '.join(command[-4:])} ended with {done.returncode}:\n{text[-2000:]}")
        return text

    def _in_new_namespaces(self, command: Sequence[str]) -> list[str]:
        """No network but a loopback that is down; /proc, /dev and read-only folders for this command alone."""
        mounts = [
            f"mount -t proc proc '{self.root}/proc'",
            f"mount -t tmpfs tmpfs '{self.root}/dev'",
            f"cd '{self.root}/dev'",
            "for d in null zero full random urandom; do touch $d; mount --bind /dev/$d $d; done",
            "cd /",
            f"mkdir -m 1777 '{self.root}/dev/shm'",
            f"mkdir -p '{self.root}/tmp/.X11-unix'",
            f"mount --bind /tmp/.X11-unix '{self.root}/tmp/.X11-unix'",
        ]
        mounts += [f"mount --bind -o ro '{self.root}{folder}' '{self.root}{folder}'" for folder in self.read_only]
        script = "; ".join([*mounts, 'exec "$@"'])
        return ["unshare", "--net", "--mount", "--ipc", "sh", "-ec", script, "sh", *command]

    @staticmethod
    def _environment(more: dict[str, str]) -> dict[str, str]:
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return {"PATH": path, "HOME": HOME, "LANG": "C.UTF-8", "USER": USER, **more}


class Report:
    """What is printed, claim by claim."""

    def __init__(self) -> None:
        self.failures = 0

    def claim(self, words: str, check: Callable[[], str]) -> None:
        """Try one claim and print whether it holds."""
        started = time.monotonic()
        try:
            detail = check()
            verdict = "ok    "
        except (Failed, OSError, subprocess.SubprocessError, KeyError, ValueError) as problem:
            self.failures += 1
            verdict, detail = "FAILED", str(problem)
        seconds = time.monotonic() - started
        print(f"{verdict} {words} ({seconds:.0f} s){': ' + detail if detail else ''}", flush=True)


def bare_debian() -> Path:
    """A minimal Debian 12, made once; only this needs a network (or a mirror)."""
    base = WORK / "debian12"
    if not (base / "etc" / "debian_version").is_file():
        WORK.mkdir(parents=True, exist_ok=True)
        mirror = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
        subprocess.run(
            ["debootstrap", "--variant=minbase", "bookworm", str(base), mirror], check=True, stdout=subprocess.DEVNULL
        )
    return base


def nothing_there(machine: Machine) -> str:
    """No Python, no compiler, no graphics, no fonts, no network."""
    found = machine.as_root(
        "for p in python3 gcc Xorg fc-list; do command -v $p || :; done;"
        "ls /usr/lib/x86_64-linux-gnu | grep -E 'libGL|libEGL|libxcb|libX11|libfontconfig' || :;"
        "grep -vE 'lo:|Inter|face' /proc/net/dev || :"
    ).strip()
    if found:
        raise Failed(found)
    return machine.path("/etc/debian_version").read_text().strip()


def install_deb(machine: Machine) -> str:
    """Only dpkg, as on a machine that reaches no archive."""
    package = newest("exifact_*.deb")
    shutil.copy(package, machine.path("/root/exifact.deb"))
    machine.as_root("dpkg --install /root/exifact.deb && rm /root/exifact.deb")
    machine.read_only.append("/usr/lib/exifact")
    shared = ("applications/exifact.desktop", "mime/packages/exifact.xml", "man/man1/exifact.1.gz")
    missing = [name for name in shared if not machine.path(f"/usr/share/{name}").is_file()]
    if missing:
        raise Failed(f"missing: {missing}")
    return f"{package.name}, {package.stat().st_size / 1e6:.0f} MB"


def version(machine: Machine, command: str) -> str:
    """The command answers."""
    return machine.as_user([command, "--version"]).strip()


def self_test(machine: Machine, command: str, *, traced: Path | None = None) -> str:
    """All checks pass, the window's too."""
    text = machine.as_user(
        [command, "self-test", "--window"], environment={"QT_QPA_PLATFORM": "offscreen"}, traced=traced
    )
    lines = [line for line in text.splitlines() if re.match(r"(PASSED|FAILED|NOT APPLICABLE) ", line)]
    if not lines or any(line.startswith("FAILED") for line in lines):
        raise Failed(text[-2000:])
    return "\n       " + "\n       ".join(lines)


def no_connection(log: Path) -> str:
    """Of all network calls, none speaks to anything but a local socket."""
    calls = [
        line
        for line in log.read_text(errors="replace").splitlines()
        if re.search(r"\b(connect|sendto|sendmsg|bind|socket)\(", line)
    ]
    outward = [line for line in calls if re.search(r"AF_INET6?\b|AF_PACKET", line)]
    if outward:
        raise Failed("\n".join(outward[:5]))
    kinds = sorted({match[1] for line in calls if (match := re.search(r"\b(\w+)\(", line))})
    return f"{len(calls)} network calls traced ({', '.join(kinds) or 'none'}), none of them to an internet address"


def same_arrays(machine: Machine, command: str, folder: str, photos: Sequence[Path]) -> str:
    """The frozen and the unfrozen program compute the same bytes."""
    here = WORK / "unfrozen"
    if not here.is_dir():
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "XDG_DATA_HOME": str(WORK / "empty"),
            "QT_QPA_PLATFORM": "offscreen",
        }
        arguments = ["analyze", *map(str, (*PHOTOS, *OTHER_FORMATS)), "--out", str(here), "--threads", "1"]
        subprocess.run([str(unfrozen()), *arguments], check=True, env=environment, capture_output=True)
    machine.path(folder).mkdir(parents=True, exist_ok=True)
    for photo in photos:
        shutil.copy(photo, machine.path(f"{folder}/{photo.name}"))
    machine.as_root(f"chown -R {USER}: '{folder}'")
    arguments = ["analyze", *(f"{folder}/{photo.name}" for photo in photos), "--out", f"{folder}/out", "--threads", "1"]
    machine.as_user([command, *arguments], environment={"OMP_NUM_THREADS": "1"})
    compared = 0
    for photo in photos:
        there = machine.path(f"{folder}/out/{photo.stem}")
        compared += _compare(here / photo.stem, there)
        if not (there / "report.pdf").read_bytes().startswith(b"%PDF-"):
            raise Failed(f"{photo.name}: no report")
    return f"{len(photos)} photos, {compared} arrays equal to the last bit"


def _compare(here: Path, there: Path) -> int:
    """Compare one photo's results; the number of arrays."""
    ours, theirs = (json.loads((folder / "result.json").read_text("utf-8")) for folder in (here, there))
    for content in (ours, theirs):
        for key in ("report", "provenance", "file", "warnings"):  # times, paths and versions of the two programs
            content.pop(key, None)
    arrays = sorted(file.name for file in here.glob("*.np[yz]"))
    for name in arrays:
        if (here / name).read_bytes() != (there / name).read_bytes():
            difference = np.nanmax(np.abs(np.load(here / name) - np.load(there / name)))
            raise Failed(f"{there.name}/{name} differs by up to {difference:.2e}")
    if ours.get("findings") != theirs.get("findings") or ours.get("maps") != theirs.get("maps"):
        raise Failed(f"{there.name}: findings or maps differ")
    return len(arrays)


def window_on_screen(machine: Machine, command: str) -> str:
    """Real keys on a real window: open, analyse, export, quit."""
    target = f"{HOME}/exifact photo report.pdf"  # the name that the window proposes
    with xvfb():
        program = machine.started([command, "/usr/share/exifact photo.jpg"], {"DISPLAY": DISPLAY})
        try:
            window = _window_of("exifact photo.jpg")
            libraries = _desktop_libraries(program.pid)
            bundled = [name for name, place in libraries.items() if "/host-fallback/" in place]
            if not {"libxcb.so.1", "libEGL.so.1"} <= set(bundled) or "libstdc++.so.6" in bundled:
                raise Failed(f"even a bare Debian has libstdc++ (for apt), and no other: {libraries}")
            _press(window, "a")
            _until_idle()
            ImageGrab.grab(xdisplay=DISPLAY).save(WORK / "window.png")
            _press(window, "ctrl+e")
            time.sleep(4)
            _xdotool("key", "Return")
            _wait_for(lambda: machine.path(target).is_file(), "no report was written", 240)
            _until_idle()
            ImageGrab.grab(xdisplay=DISPLAY).save(WORK / "window-exported.png")
            _press(window, "ctrl+q")
            code = program.wait(60)
        finally:
            if program.poll() is None:
                program.send_signal(signal.SIGTERM)
                program.wait(60)
        if code != 0:
            raise Failed(f"ended with {code}: {program.stdout.read().decode() if program.stdout else ''}")
    size = machine.path(target).stat().st_size / 1e6
    return f"report of {size:.1f} MB, exit code 0; from the bundle: {', '.join(bundled)}"


def libraries_of_this_machine() -> str:
    """On a machine with a desktop, here the one that builds, the window loads the machine's libraries."""
    listed = subprocess.run(["ldconfig", "-p"], check=True, capture_output=True, text=True).stdout
    here = [name for name in DESKTOP if f"\t{name} " in listed]
    if not {"libxcb.so.1", "libEGL.so.1", "libGL.so.1"} <= set(here):
        raise Failed(f"this machine has only {here}: install libgl1, libegl1 and libxcb1 to try it")
    with xvfb(), tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8", "DISPLAY": DISPLAY}
        program = subprocess.Popen(
            [str(DIST / "exifact" / "exifact"), "open"], env=environment, stderr=subprocess.DEVNULL
        )
        try:
            _window_of("Exifact")
            libraries = _desktop_libraries(program.pid)
        finally:
            program.terminate()
            program.wait(60)
    bundled = [place for name, place in libraries.items() if name in here and "/host-fallback/" in place]
    if bundled or not {"libxcb.so.1", "libEGL.so.1"} <= libraries.keys():
        raise Failed(f"loaded: {libraries}")
    return ", ".join(libraries.values())


def _desktop_libraries(process: int) -> dict[str, str]:
    """Which of `DESKTOP` a process has loaded, and from where."""
    mapped = {
        line.split(maxsplit=5)[5] for line in Path(f"/proc/{process}/maps").read_text().splitlines() if "/" in line
    }
    places = {name: place for place in sorted(mapped) for name in DESKTOP if Path(place).name.startswith(name)}
    return {name: places[name] for name in DESKTOP if name in places}


@contextmanager
def xvfb() -> Iterator[None]:
    """A display that nobody sees."""
    server = subprocess.Popen(
        ["Xvfb", DISPLAY, "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-ac"], stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(lambda: Path(f"/tmp/.X11-unix/X{DISPLAY[1:]}").exists(), "Xvfb does not start", 20)
        yield
    finally:
        server.terminate()
        server.wait()


def _xdotool(*arguments: str) -> str:
    done = subprocess.run(
        ["xdotool", *arguments], env={**os.environ, "DISPLAY": DISPLAY}, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _window_of(title: str) -> str:
    found: list[str] = []

    def there() -> bool:
        found[:] = _xdotool("search", "--onlyvisible", "--name", title).split()
        return bool(found)

    _wait_for(there, f"no window with {title!r} in its title", 120)
    _until_idle()
    return found[-1]


def _press(window: str, keys: str) -> None:
    _xdotool("windowfocus", "--sync", window)
    _xdotool("key", keys)


def _until_idle() -> None:
    """Wait until the user's processes compute nothing for three seconds."""
    used, since = -1.0, time.monotonic()
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        time.sleep(0.5)
        now = _cpu_seconds()
        if now - used > 0.03:
            used, since = now, time.monotonic()
        elif time.monotonic() - since > 3:
            return
    raise Failed("the program does not come to rest")


def _user_processes() -> list[Path]:
    return [path for path in Path("/proc").glob("[0-9]*") if _owner(path) == UID]


def _owner(process: Path) -> int:
    try:
        return process.stat().st_uid
    except OSError:
        return -1


def _cpu_seconds() -> float:
    ticks = 0
    for process in _user_processes():
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _wait_for(condition: Callable[[], bool], words: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(words)
        time.sleep(0.25)


def two_at_once(machine: Machine, command: str, folder: str) -> str:
    """Two copies analyse at the same time and give the same bytes."""
    running = [
        machine.started(
            [command, "analyze", f"{folder}/{PHOTOS[0].name}", "--out", f"{folder}/copy{number}", "--threads", "1"],
            {"OMP_NUM_THREADS": "1"},
        )
        for number in (1, 2)
    ]
    codes = [program.wait(600) for program in running]
    if codes != [0, 0]:
        raise Failed(f"exit codes {codes}")
    for number in (1, 2):
        _compare(WORK / "unfrozen" / PHOTOS[0].stem, machine.path(f"{folder}/copy{number}/{PHOTOS[0].stem}"))
    return "both as the unfrozen program"


def nothing_left(machine: Machine, told: Sequence[str]) -> str:
    """No process, no file but in the user's own folders and where the program was told to write."""
    processes = [path.name for path in _user_processes()]
    if processes:
        raise Failed(f"processes still run: {processes}")
    home = machine.path(HOME)
    allowed = (*OWN_FOLDERS, *told)
    names = [path.relative_to(home).as_posix() for path in home.rglob("*") if not path.is_dir()]
    outside = [name for name in names if not name.startswith(allowed)]
    temporary = [path.name for path in machine.path("/tmp").iterdir() if path.name != ".X11-unix"]
    if outside or temporary:
        raise Failed(f"left in the home: {outside[:10]}; in /tmp: {temporary[:10]}")
    own = sorted({"/".join(name.split("/")[:3]) for name in names if name.startswith(OWN_FOLDERS)})
    return f"in the home: {', '.join(own) or 'nothing'}; in /tmp: nothing"


def install_archive(machine: Machine) -> str:
    """The archive is unpacked where zstd is, copied over, and installed for the user."""
    archive = newest("exifact-*.tar.zst")
    place = machine.path(f"{HOME}/stick")
    place.mkdir()
    subprocess.run(
        ["tar", "--use-compress-program=zstd -d --long=27", "-xf", str(archive), "-C", str(place)], check=True
    )
    machine.as_root(f"chown -R {USER}: {HOME}/stick")
    folder = f"{HOME}/stick/{archive.name.removesuffix('.tar.zst')}"
    text = machine.as_user([f"{folder}/install.sh"])
    if version(machine, f"{HOME}/.local/bin/exifact") != version(machine, f"{folder}/exifact/exifact"):
        raise Failed("the installed program is another than the unpacked one")
    machine.as_user([f"{folder}/install.sh", "--uninstall"])
    left = [path for path in machine.path(f"{HOME}/.local").rglob("*") if not path.is_dir()]
    if left:
        raise Failed(f"uninstalling left {left[:5]}")
    return f"{archive.name}, {archive.stat().st_size / 1e6:.0f} MB; {text.splitlines()[-1]}; uninstalled again"


def moved(machine: Machine) -> str:
    """The folder is moved to a place with spaces and umlauts and runs from there, read-only."""
    folder = next(machine.path(f"{HOME}/stick").iterdir())
    target = machine.path("/srv/Prüfung der Bilder (Kopie)")
    target.parent.mkdir(exist_ok=True)
    shutil.move(folder / "exifact", target)
    shutil.rmtree(machine.path(f"{HOME}/stick"))
    machine.read_only.append("/srv")
    return version(machine, "/srv/Prüfung der Bilder (Kopie)/exifact")


def altered(machine: Machine, program: str) -> str:
    """One byte changed: the self-test says which file, and ends with 1."""
    victim = machine.path(f"{program}/_internal/resources/icons/hand.svg")
    content = victim.read_bytes()
    victim.write_bytes(content[:-1] + b" ")
    try:
        text = machine.as_user([f"{program}/exifact", "self-test"])
    except Failed as problem:
        if "1 altered: _internal/resources/icons/hand.svg" in str(problem) and "ended with 1" in str(problem):
            return "named, exit code 1"
        raise
    finally:
        victim.write_bytes(content)
    raise Failed(text)


def remove_deb(machine: Machine) -> str:
    """Take everything away again with dpkg."""
    machine.read_only.clear()
    machine.as_root("dpkg --purge exifact")
    left = [
        path
        for path in ("/usr/lib/exifact", "/usr/bin/exifact", "/usr/share/applications/exifact.desktop")
        if machine.path(path).exists()
    ]
    if left:
        raise Failed(f"left: {left}")
    return ""


def licensed() -> str:
    """Every distribution inside has its licence text beside it."""
    internal = DIST / "exifact" / "_internal"
    names = sorted(re.sub(r"[-_.]+", "-", path.name.split("-")[0]).lower() for path in internal.glob("*.dist-info"))
    bare = [name for name in names if name != "exifact" and not any((internal / "licences" / name).rglob("*"))]
    if bare:
        raise Failed(f"without a licence text: {bare}")
    return (
        f"{len(names)} Python distributions, {sum(1 for _ in (internal / 'licences').iterdir()) - 1} components in all"
    )


def newest(pattern: str) -> Path:
    """The artefact that was built last."""
    found = sorted(DIST.glob(pattern), key=lambda path: path.stat().st_mtime)
    if not found:
        raise SystemExit(f"no {pattern} in dist/: run `make deb tarball`")
    return found[-1]


def unfrozen() -> Path:
    """The command of the environment that this script runs in."""
    return Path(sys.executable).parent / "exifact"


def main() -> int:
    """Try every claim; 1 if any does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("deb", "archive"), help="one of the two installations")
    only = parser.parse_args().only
    if os.geteuid() != 0:
        raise SystemExit("bundle-test enters bare file systems and needs root")
    base, report = bare_debian(), Report()
    shutil.rmtree(WORK / "unfrozen", ignore_errors=True)
    report.claim("every distribution inside has its licence text", licensed)
    report.claim("with a desktop: the machine's own graphics libraries", libraries_of_this_machine)
    if only != "archive":
        _deb(Machine("deb", base), report)
    if only != "deb":
        _archive(Machine("archive", base), report)
    print(f"{report.failures} of the claims do not hold" if report.failures else "every claim holds")
    return 1 if report.failures else 0


def _deb(machine: Machine, report: Report) -> None:
    exifact, photos = "/usr/bin/exifact", f"{HOME}/photos"
    trace = WORK / "network.strace"
    report.claim("a bare Debian without Python, graphics, fonts and network", lambda: nothing_there(machine))
    report.claim(".deb: installed by dpkg alone", lambda: install_deb(machine))
    report.claim("the command answers an ordinary user, program folder read-only", lambda: version(machine, exifact))
    report.claim(
        "self-test with the window, offscreen, under strace", lambda: self_test(machine, exifact, traced=trace)
    )
    report.claim("no connection was tried", lambda: no_connection(trace))
    report.claim("the same arrays as the unfrozen program", lambda: same_arrays(machine, exifact, photos, PHOTOS))
    report.claim(
        "HEIC and multi-picture files", lambda: same_arrays(machine, exifact, f"{HOME}/photos/more", OTHER_FORMATS)
    )
    shutil.copy(PHOTOS[0], machine.path("/usr/share/exifact photo.jpg"))
    report.claim("a window under Xvfb: keys open, analyse, export, quit", lambda: window_on_screen(machine, exifact))
    report.claim("two copies at once", lambda: two_at_once(machine, exifact, photos))
    report.claim("nothing is left behind", lambda: nothing_left(machine, ("photos", "exifact photo report")))
    report.claim("removed by dpkg", lambda: remove_deb(machine))


def _archive(machine: Machine, report: Report) -> None:
    program = "/srv/Prüfung der Bilder (Kopie)"
    photos = f"{HOME}/Fotos für die Prüfung"
    report.claim(".tar.zst: installed and uninstalled by install.sh, as the user", lambda: install_archive(machine))
    report.claim("moved to a path with spaces and umlauts, read-only", lambda: moved(machine))
    report.claim("the same arrays from there", lambda: same_arrays(machine, f"{program}/exifact", photos, PHOTOS))
    report.claim("nothing is left behind", lambda: nothing_left(machine, ("Fotos für die Prüfung",)))
    machine.read_only.clear()
    report.claim("one altered byte is found", lambda: altered(machine, program))


if __name__ == "__main__":
    sys.exit(main())

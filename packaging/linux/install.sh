#!/bin/sh
# Installs the program folder that lies beside this file, without a network, a compiler or Python.
#
#   ./install.sh               for you alone: ~/.local/lib/exifact, command ~/.local/bin/exifact
#   ./install.sh --system      for everybody (as root): /opt/exifact, command /usr/local/bin/exifact
#   ./install.sh --uninstall [--system]
#   ./install.sh --prefix DIR  programs, menu entry and manual below DIR (bin, lib, share)
#
# Installing is optional: exifact/exifact runs from wherever the folder lies. An installation that is there already is
# replaced only when the new one is complete. Your own data (settings, weights, cases) is never touched.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix=${HOME:-/nonexistent}/.local
program=
action=install

usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; }
fail() { echo "install.sh: $*" >&2; exit 1; }

while [ $# -gt 0 ]; do
    case $1 in
        --system) prefix=/usr/local program=/opt/exifact ;;
        --uninstall) action=uninstall ;;
        --prefix) [ $# -gt 1 ] || fail "--prefix needs a folder"; prefix=$2; shift ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done
case $prefix in
    /*) ;;
    *) prefix=$PWD/$prefix ;; # what a link or a menu entry says must hold wherever it is read
esac
program=${program:-$prefix/lib/exifact}
shared="share/applications/exifact.desktop share/icons/hicolor/scalable/apps/exifact.svg
share/icons/hicolor/256x256/apps/exifact.png share/man/man1/exifact.1.gz share/mime/packages/exifact.xml"

refresh() {
    # Not every system has these, and none of them is needed to run the program.
    command -v update-desktop-database >/dev/null 2>&1 && update-desktop-database -q "$prefix/share/applications" || :
    command -v update-mime-database >/dev/null 2>&1 && update-mime-database "$prefix/share/mime" >/dev/null 2>&1 || :
}

if [ "$action" = uninstall ]; then
    [ -f "$program/manifest.sha256" ] || fail "there is no Exifact in $program"
    rm -rf "$program"
    rm -f "$prefix/bin/exifact"
    for file in $shared; do rm -f "$prefix/$file"; done
    refresh
    echo "Exifact was removed from $program. Your data stays: ~/.config/exifact, ~/.local/share/exifact."
    exit 0
fi

[ -x "$here/exifact/exifact" ] || fail "the folder exifact is not beside this file; unpack the whole archive"
[ ! -e "$program" ] || [ -f "$program/manifest.sha256" ] || fail "$program is there already and is no Exifact"
mkdir -p "$prefix/bin" "$(dirname -- "$program")"
[ -w "$prefix/bin" ] && [ -w "$(dirname -- "$program")" ] || fail "you may not write to $prefix (as root: --system)"

echo "Checking what was unpacked"
(cd "$here/exifact" && sha256sum --check --strict --quiet manifest.sha256) || fail "the archive is damaged or was altered"

echo "Copying to $program"
rm -rf "$program.new"
cp -R "$here/exifact" "$program.new"
(cd "$program.new" && sha256sum --check --strict --quiet manifest.sha256) || fail "the copy is damaged: check the disk"
rm -rf "$program"
mv "$program.new" "$program"
ln -sf "$program/exifact" "$prefix/bin/exifact"
for file in $shared; do
    mkdir -p "$prefix/$(dirname -- "$file")"
    cp "$here/$file" "$prefix/$file"
done
# The menu must find the program where the folder of commands is not on the session's path.
# Quoted by the rules of the Desktop Entry Specification: of a string first, of an argument of Exec then.
quoted=$(printf '%s\n' "$prefix/bin/exifact" | sed 's/\\/\\\\\\\\/g; s/["`$]/\\\\&/g; s/%/%%/g')
while IFS= read -r line; do
    case $line in
        'Exec=exifact '*) printf 'Exec="%s" %s\n' "$quoted" "${line#Exec=exifact }" ;;
        *) printf '%s\n' "$line" ;;
    esac
done <"$here/share/applications/exifact.desktop" >"$prefix/share/applications/exifact.desktop"
refresh
case ":$PATH:" in
    *":$prefix/bin:"*) echo "Done. The command is: exifact" ;;
    *) echo "Done. The command is: $prefix/bin/exifact ($prefix/bin is not on your PATH)" ;;
esac

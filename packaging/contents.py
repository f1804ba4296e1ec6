"""What of the environment goes into the offline bundle, and what stays out; read by `pyinstaller.spec`.

Every entry was tried: `make bundle-test` starts the window, analyses and writes reports without what is left out here.
"""

from __future__ import annotations

import fnmatch
from pathlib import Path, PurePosixPath

KEPT_TRANSFORMERS = frozenset({"auto", "bert", "distilbert"})
"""Model folders of transformers that the published text encoder loads (its tokenizer is BERT's); 544 stay out."""

EXCLUDED_MODULES = (
    # training and development; `exifact train` says what it lacks
    "cv2",
    "hypothesis",
    "mypy",
    "pip",
    "pytest",
    "setuptools",
    "tensorboard",
    "wheel",
    # imported under a condition that never holds here
    "IPython",
    "PySide6.QtDesigner",
    "PySide6.QtQml",
    "PySide6.QtQuick",
    "dask",
    "hf_xet",
    "matplotlib",
    "pandas",
    "pyarrow",
    "readline",  # under the GPL, and nobody types Python here
    "tkinter",
    "torchvision",
    "triton",
)

EXCLUDED_TORCH = (
    "torch._inductor.autoheuristic",
    "torch._inductor.codegen",
    "torch._inductor.fx_passes",
    "torch._inductor.kernel",
    "torch._inductor.template_heuristics",
    "torch._vendor.quack",
    "torch.ao.ns",
    "torch.ao.pruning",
    "torch.distributed._tools",
    "torch.distributed.benchmarks",
    "torch.distributed.examples",
    "torch.distributed.pipelining",
    "torch.utils.benchmark",
    "torch.utils.bottleneck",
    "torch.utils.hipify",
    "torch.utils.tensorboard",
)
"""Parts of torch that nothing here loads: torch.compile (it needs a C++ compiler), pipelines over machines, tools."""

UNASKED_TORCH = ("torch.onnx._internal", "torch.testing._internal", "torch.test", "torch.__main__")
"""Parts of which only those modules come that others import by a statement."""

LEFT_OUT = (
    # torch: tests, C++ headers, build tools, plug-ins for other frameworks
    "torch/bin/*",
    "torch/include/*",
    "torch/share/*",
    "torch/test/*",
    "torch/lib/libaoti_custom_ops.so",
    "torch/lib/libbackend_with_compiler.so",
    "torch/lib/libjitbackend_test.so",
    "torch/lib/libtorchbind_test.so",
    # Qt: QML, other platforms than a desktop's, databases, tools, translations
    "PySide6/Qt/plugins/designer/*",
    "PySide6/Qt/plugins/egldeviceintegrations/*",
    "PySide6/Qt/plugins/generic/*",
    "PySide6/Qt/plugins/imageformats/*icns*",  # Pillow decodes photographs; Qt draws icons
    "PySide6/Qt/plugins/imageformats/*pdf*",
    "PySide6/Qt/plugins/imageformats/*tga*",
    "PySide6/Qt/plugins/imageformats/*tiff*",
    "PySide6/Qt/plugins/imageformats/*wbmp*",
    "PySide6/Qt/plugins/imageformats/*webp*",
    "PySide6/Qt/plugins/networkinformation/*",
    "PySide6/Qt/plugins/platforminputcontexts/*virtualkeyboard*",
    "PySide6/Qt/plugins/platforms/*eglfs*",
    "PySide6/Qt/plugins/platforms/*linuxfb*",
    "PySide6/Qt/plugins/platforms/*minimal*",
    "PySide6/Qt/plugins/platforms/*vkkhrdisplay*",
    "PySide6/Qt/plugins/platforms/*vnc*",
    "PySide6/Qt/plugins/platformthemes/*gtk3*",
    "PySide6/Qt/plugins/qmllint/*",
    "PySide6/Qt/plugins/qmltooling/*",
    "PySide6/Qt/plugins/sqldrivers/*",
    "PySide6/Qt/plugins/tls/*",
    "PySide6/Qt/plugins/vectorimageformats/*",
    "PySide6/Qt/plugins/wayland-graphics-integration-server/*",
    "PySide6/Qt/qml/*",
    "PySide6/Qt/translations/*",
    "PySide6/translations/*",
    # tests and sources of others
    "sklearn/*/tests/*",
    "sklearn/datasets/*",
    "*/tests/data/*",
    "*.pyi",
    "*.pxd",
    "*.a",
    # what an installer noted on the build machine
    "*.dist-info/INSTALLER",
    "*.dist-info/RECORD",
    "*.dist-info/REQUESTED",
    "*.dist-info/direct_url.json",
    "*.dist-info/uv_cache.json",
    "*.dist-info/licenses/*",  # these are in licences/, with those of all others
)
"""Patterns of names inside the bundle, on which `*` spans folders."""

KEPT_DESPITE = ("torch/bin/torch_shm_manager*",)
"""Exceptions from `LEFT_OUT`."""

NOT_COLLECTED = (
    "libmvec.so*",  # parts of glibc and of drivers must be those of the machine
    "libcudart.so*",
    "libreadline.so*",  # under the GPL
    "readline.*.so",
    # the GTK theme of Qt, which is left out, and what only it needs
    "libXcomposite.so*",
    "libXcursor.so*",
    "libXdamage.so*",
    "libXinerama.so*",
    "libatk-*.so*",
    "libatspi.so*",
    "libblkid.so*",
    "libcairo*.so*",
    "libdatrie.so*",
    "libepoxy.so*",
    "libfribidi.so*",
    "libgdk*.so*",
    "libgio-2.0.so*",
    "libgmodule-2.0.so*",
    "libgobject-2.0.so*",
    "libgraphite2.so*",
    "libgtk-3.so*",
    "libharfbuzz.so*",
    "libmount.so*",
    "libpango*.so*",
    "libpixman-1.so*",
    "libthai.so*",
)
"""Libraries of the build machine that do not travel, at the top level or anywhere."""

HOST_FIRST = (
    "libEGL.so*",
    "libGL.so*",
    "libGLX.so*",
    "libGLdispatch.so*",
    "libICE.so*",
    "libOpenGL.so*",
    "libSM.so*",
    "libX*.so*",
    "libatomic.so*",
    "libbsd.so*",
    "libcap.so*",
    "libdbus-1.so*",
    "libdrm.so*",
    "libfontconfig.so*",
    "libfreetype.so*",
    "libgbm.so*",
    "libgcc_s.so*",
    "libgcrypt.so*",
    "libglib-2.0.so*",
    "libgpg-error.so*",
    "libgthread-2.0.so*",
    "libmd.so*",
    "libstdc++.so*",
    "libsystemd.so*",
    "libwayland-*.so*",
    "libxcb*.so*",
    "libxkbcommon*.so*",
)
"""Libraries of the desktop: those of the machine are used, the bundled ones where it has none.

A graphics driver loads libX11, libxcb, libdrm and libstdc++ for itself. Were older ones of the bundle in the process
already, it would fail to load, and the window would fall back to drawing without it, or not open.
"""

ADDED_LIBRARIES = ("libEGL.so.1", "libGL.so.1", "libGLX.so.0", "libGLdispatch.so.0", "libOpenGL.so.0", "libxcb.so.1")
"""Fallbacks that PyInstaller leaves to the host altogether."""

FALLBACK_FOLDER = "host-fallback"
"""Where the libraries of `HOST_FIRST` lie in the bundle: not on the loader's path."""

STRIPPED = (
    "torch/lib/*.so*",
    "torch/_C*.so",
    "libpython3*.so*",
    "python3.*/lib-dynload/*.so",
    "aiohttp/*.so",
    "cryptography/*.so",
    "frozenlist/*.so",
    "multidict/*.so",
    "propcache/*.so",
    "pydantic_core/*.so",
    "regex/*.so",
    "safetensors/*.so",
    "sqlalchemy/*.so",
    "tokenizers/*.so",
    "yaml/*.so",
    "yarl/*.so",
)
"""Libraries whose symbol table (not the dynamic one) is removed: 89 of libtorch_cpu's 434 MB, 17 of libpython's 23.

Those of NumPy, SciPy, Pillow, pikepdf and pi-heif are not among them: auditwheel rewrote them, in a way that strip may
break. Qt's would lose one megabyte.
"""


def is_left_out(name: str) -> bool:
    """Whether a file with this name in the bundle is not shipped."""
    name = PurePosixPath(name.replace("\\", "/")).as_posix()
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in KEPT_DESPITE):
        return False
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in LEFT_OUT) or _matches(name, NOT_COLLECTED)


def is_of_desktop(name: str) -> bool:
    """Whether the host's own library of this name goes first. Only libraries of the system lie at the top level."""
    return "/" not in name.replace("\\", "/") and _matches(name, HOST_FIRST)


def is_stripped(name: str) -> bool:
    """Whether the symbol table is removed."""
    return any(fnmatch.fnmatchcase(name.replace("\\", "/"), pattern) for pattern in STRIPPED)


def unused_transformers(package: Path) -> list[str]:
    """The modules of transformers' models that stay out; `package` is its folder."""
    folders = sorted(path.name for path in (package / "models").iterdir() if (path / "__init__.py").is_file())
    return [f"transformers.models.{name}" for name in folders if name not in KEPT_TRANSFORMERS]


def torch_modules(package: Path) -> list[str]:
    """Every module of torch that may be imported by name at run time, found without importing any."""
    modules = []
    for file in sorted(package.rglob("*.py")):
        parts = file.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if all(part.isidentifier() for part in parts) and not name.startswith((*EXCLUDED_TORCH, *UNASKED_TORCH)):
            modules.append(name)
    return modules


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(PurePosixPath(name).name, pattern) for pattern in patterns)

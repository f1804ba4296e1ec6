"""torch without its tests, headers and sources; takes the place of the hook of pyinstaller-hooks-contrib.

Modules are listed from the disk: importing all of them, as the other hook does, takes a minute and more memory than
the analysis itself. Modules of settings, and those with overloads for
TorchScript, read their own source while they are imported; these come as files, too.
"""

import re
from pathlib import Path

import contents
from PyInstaller.utils.hooks import PY_DYLIB_PATTERNS, collect_dynamic_libs, get_package_paths

_READS_ITSELF = re.compile(r"install_config_module\(|^\s*@.*_overload(_method)?\b|_overload as overload", re.MULTILINE)

_package = Path(get_package_paths("torch")[1])

hiddenimports = contents.torch_modules(_package)
warn_on_missing_hiddenimports = False
binaries = [
    (source, folder)
    for source, folder in collect_dynamic_libs("torch", search_patterns=[*PY_DYLIB_PATTERNS, "*.so.*"])
    if not contents.is_left_out(f"{folder}/{Path(source).name}")
]
datas = [(str(file), "torch/bin") for file in sorted(_package.glob("bin/torch_shm_manager*"))]
_reading_itself = [
    file.relative_to(_package.parent).with_suffix("")
    for file in sorted(_package.rglob("*.py"))
    if "testing" not in file.parts and _READS_ITSELF.search(file.read_text(encoding="utf-8"))
]
module_collection_mode = {"torch": "pyz", **{".".join(path.parts): "pyz+py" for path in _reading_itself}}
bindepend_symlink_suppression = ["**/torch/lib/*.so*"]

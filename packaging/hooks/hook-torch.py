"""torch without its tests, headers and sources; takes the place of the hook of pyinstaller-hooks-contrib.

Modules are listed from the disk: importing all of them, as the other hook does, takes a minute and more memory than
the analysis itself. A few modules read their own source while they are imported; those come as files.
"""

from pathlib import Path

import contents
from PyInstaller.utils.hooks import PY_DYLIB_PATTERNS, collect_dynamic_libs, get_package_paths

_package = Path(get_package_paths("torch")[1])

hiddenimports = contents.torch_modules(_package)
warn_on_missing_hiddenimports = False
binaries = [
    (source, folder)
    for source, folder in collect_dynamic_libs("torch", search_patterns=[*PY_DYLIB_PATTERNS, "*.so.*"])
    if not contents.is_left_out(f"{folder}/{Path(source).name}")
]
datas = [(str(file), "torch/bin") for file in sorted(_package.glob("bin/torch_shm_manager*"))]
module_collection_mode = {
    "torch": "pyz",
    "torch._dynamo": "pyz+py",
    "torch._functorch": "pyz+py",
    "torch._inductor": "pyz+py",
    "torch.fx.experimental": "pyz+py",
}
bindepend_symlink_suppression = ["**/torch/lib/*.so*"]

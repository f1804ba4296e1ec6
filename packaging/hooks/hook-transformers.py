"""transformers with the models that Exifact loads: it lists its model folders from the disk and reads their source."""

from PyInstaller.utils.hooks import copy_metadata

ASKED_FOR = (
    "filelock",
    "huggingface-hub",
    "numpy",
    "packaging",
    "pyyaml",
    "regex",
    "safetensors",
    "tokenizers",
    "torch",
    "tqdm",
)
"""Distributions whose versions it asks for while it is imported."""

datas = [entry for name in ASKED_FOR for entry in copy_metadata(name)]
module_collection_mode = "pyz+py"

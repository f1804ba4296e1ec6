from pathlib import Path

import pytest
from photo_collection import make_collection


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_collection(tmp_path_factory.mktemp("photos"))

import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def tiny() -> Path:
    """The Hugging Face folder of the tiny Phi-3, as packages/inference-server/model/rebuild.sh makes it."""
    folder = Path(os.environ["KAITO_TINY_MODEL"])
    assert (folder / "model.safetensors").is_file(), f"{folder} holds no model; run packages/inference-server/model/rebuild.sh"
    return folder

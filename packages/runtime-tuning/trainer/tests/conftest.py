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


@pytest.fixture(scope="session")
def old_peft() -> Path:
    """A folder with peft 0.11.1, as KAITO's images have it: tools/runtime/install-old-peft.sh prints it."""
    folder = Path(os.environ["KAITO_OLD_PEFT"])
    assert (folder / "peft").is_dir(), f"{folder} holds no peft; run tools/runtime/install-old-peft.sh"
    return folder

"""`python -m kaito_trainer.weights REPOSITORY REVISION`: fetches a base model from its hub, pinned, into WEIGHTS_FOLDER."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .say import leave_last_words, say

# What training needs: weights in the safe format, settings, tokenizer, and the code of models that bring some.
WANTED = ["*.safetensors", "*.json", "*.model", "*.txt", "*.jinja", "*.py"]


def fetch(repository: str, revision: str, folder: Path) -> None:
    from huggingface_hub import snapshot_download

    snapshot_download(repository, revision=revision, local_dir=folder, allow_patterns=WANTED)


def main(arguments: list[str]) -> int:
    repository, revision = arguments
    folder = Path(os.environ.get("WEIGHTS_FOLDER", "/workspace/tfs/weights"))
    try:
        fetch(repository, revision, folder)
    except Exception as error:  # the hub's client has a dozen classes, and one thing to say
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        message = f"{repository} at {revision} could not be fetched: {first}"
        say("failed", code="WEIGHTS_UNAVAILABLE", message=message)
        leave_last_words({"code": "WEIGHTS_UNAVAILABLE", "message": message})
        return 1
    say("weights", repository=repository, revision=revision)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

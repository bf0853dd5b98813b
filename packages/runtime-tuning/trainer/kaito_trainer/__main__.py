"""`python -m kaito_trainer`: settings by environment, as KAITO's program has them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .config import read_config
from .data import read_data
from .failure import Failure


def main() -> int:
    from .progress import say

    try:
        config = read_config(Path(os.environ.get("YAML_FILE_PATH", "/mnt/config/training_config.yaml")))
        data = read_data(Path(os.environ.get("DATASET_FOLDER_PATH", "/mnt/data")), config.dataset)
        say("data", files=data.files, form=data.form, rows=len(data.train), evaluation=len(data.evaluation), badRows=data.bad_rows, badExamples=data.bad_examples)
        from .train import train

        targets = os.environ.get("DEFAULT_TARGET_MODULES")
        train(config, data, None, targets.split(",") if targets else None)
        return 0
    except Failure as failure:
        say("failed", code=failure.code, message=str(failure))
        return 2
    except Exception as error:
        import torch

        if not isinstance(error, torch.OutOfMemoryError):
            raise
        say("failed", code="OUT_OF_MEMORY", message="the GPU's memory is used up. Use method qlora, a smaller max_length or batch, or a larger GPU")
        return 2


if __name__ == "__main__":
    sys.exit(main())

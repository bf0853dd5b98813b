"""`python -m kaito_trainer`: settings by environment, as KAITO's program has them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .config import read_config
from .data import read_data
from .failure import Failure
from .say import leave_last_words, say
from .supervise import write_state


def main() -> int:
    try:
        config = read_config(Path(os.environ.get("YAML_FILE_PATH", "/mnt/config/training_config.yaml")))
        data = read_data(Path(os.environ.get("DATASET_FOLDER_PATH", "/mnt/data")), config.dataset)
        say("data", files=data.files, form=data.form, rows=len(data.train), evaluation=len(data.evaluation), badRows=data.bad_rows, badExamples=data.bad_examples)
        from .train import train

        targets = os.environ.get("DEFAULT_TARGET_MODULES")
        output = os.environ.get("OUTPUT_FOLDER")
        _, summary = train(config, data, Path(output) if output else None, targets.split(",") if targets else None)
        if output and summary:
            write_state({"state": "completed", **summary})
            leave_last_words({"message": f"{summary['steps']} steps, loss {summary['loss']:.3f}"})
        return 0
    except Failure as failure:
        return fail(failure.code, str(failure))
    except Exception as error:
        import torch

        if not isinstance(error, torch.OutOfMemoryError):
            raise
        return fail("OUT_OF_MEMORY", "the GPU's memory is used up. Use method qlora, a smaller max_length or batch, or a larger GPU")


def fail(code: str, message: str) -> int:
    say("failed", code=code, message=message)
    if os.environ.get("OUTPUT_FOLDER"):
        write_state({"state": "failed", "code": code, "message": message})
    leave_last_words({"code": code, "message": message})
    return 2


if __name__ == "__main__":
    sys.exit(main())

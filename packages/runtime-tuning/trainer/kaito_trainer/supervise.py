"""`python -m kaito_trainer.supervise`: runs the training, starts it again after a crash, and tells the pusher how it went.

The training goes on from its last checkpoint. What is wrong with data or settings (exit status 2) is not tried again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from .say import leave_last_words, say

FINAL = 2
# Crashes in a row without a step in between: a program that dies at once dies again.
RESTARTS = 3
SIGN_SECONDS = 5.0


def output_folder() -> Path:
    return Path(os.environ.get("OUTPUT_FOLDER", "/mnt/results"))


def state_folder() -> Path:
    return output_folder() / ".kaito"


def write_state(state: dict) -> None:
    """Whole or not at all: another container reads it at any moment."""
    folder = state_folder()
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / "training.json.partial"
    partial.write_text(json.dumps(state), "utf8")
    partial.replace(folder / "training.json")


def give_signs(stop: threading.Event) -> None:
    """So that a pusher beside this container knows that it is not waiting for somebody dead."""
    sign = state_folder() / "alive"
    while not stop.wait(0 if not sign.exists() else SIGN_SECONDS):
        sign.touch()


def command() -> list[str]:
    gpus = int(os.environ.get("GPUS", "1"))
    train = ["-m", "kaito_trainer"]
    if gpus == 1:
        return [sys.executable, *train]
    return [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", f"--num_processes={gpus}", *train]


def inputs() -> str:
    """What is trained with: model, settings and data, by their contents."""
    digest = hashlib.sha256()
    for name in ("BASE_MODEL", "BASE_MODEL_REVISION"):
        digest.update(os.environ.get(name, "").encode() + b"\0")
    settings = Path(os.environ.get("YAML_FILE_PATH", "/mnt/config/training_config.yaml"))
    for file in (settings, state_folder() / "dataset.json"):
        digest.update(file.read_bytes() if file.is_file() else b"-")
    return digest.hexdigest()


def clear_away_another_run() -> None:
    """A volume may hold the checkpoints of an earlier run with other data or settings: nothing goes on from those."""
    mark, now = state_folder() / "inputs", inputs()
    if mark.is_file() and mark.read_text("utf8") != now:
        for checkpoint in output_folder().glob("checkpoint-*"):
            shutil.rmtree(checkpoint)
        say("cleared", message="the volume held the checkpoints of another run; they were removed")
    mark.write_text(now, "utf8")


def last_step(folder: Path) -> int:
    steps = [int(path.name.removeprefix("checkpoint-")) for path in folder.glob("checkpoint-*") if path.name[11:].isdigit()]
    return max(steps, default=0)


def run_until_done() -> int:
    crashes, reached = 0, last_step(output_folder())
    while True:
        child = subprocess.Popen(command())
        signal.signal(signal.SIGTERM, lambda number, _: child.send_signal(number))
        code = child.wait()
        if code in (0, FINAL):
            return code
        if code == -signal.SIGTERM:
            return 128 + signal.SIGTERM
        step = last_step(output_folder())
        crashes = 1 if step > reached else crashes + 1
        reached = step
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit status {code}"
        if crashes > RESTARTS:
            failed("TRAINER_CRASHED", f"the training {how}, {crashes} times in a row without getting any further; its log says why")
            return 1
        say("interrupted", message=f"the training {how}; it is started again and goes on from step {step}", step=step)


def failed(code: str, message: str) -> None:
    say("failed", code=code, message=message)
    write_state({"state": "failed", "code": code, "message": message})
    leave_last_words({"code": code, "message": message})


def main() -> int:
    write_state({"state": "running"})
    clear_away_another_run()
    stop = threading.Event()
    threading.Thread(target=give_signs, args=(stop,), daemon=True).start()
    began = time.monotonic()
    code = run_until_done()
    stop.set()
    if code == 0:
        say("ended", seconds=round(time.monotonic() - began, 1))
    return code


if __name__ == "__main__":
    sys.exit(main())

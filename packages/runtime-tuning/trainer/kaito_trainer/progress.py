"""How far the training has come, for the operator."""

from __future__ import annotations

import resource
import time

import torch
from transformers import TrainerCallback

from .say import say


def peak_memory_bytes() -> int:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Progress(TrainerCallback):
    """Says each logged step with loss, pace and what is left."""

    def __init__(self) -> None:
        self.began = 0.0
        self.first_step = 0
        self.first_tokens = 0

    def on_train_begin(self, args, state, control, **_):
        self.began = time.monotonic()
        self.first_step = state.global_step
        if state.is_world_process_zero:
            say("started", step=state.global_step, steps=state.max_steps)

    def on_log(self, args, state, control, logs=None, **_):
        if not state.is_world_process_zero or not logs or "loss" not in logs:
            return
        done = max(1, state.global_step - self.first_step)
        seconds = time.monotonic() - self.began
        per_step = seconds / done
        tokens = int(logs.get("num_tokens", state.num_input_tokens_seen or 0))
        if state.global_step == self.first_step + 1 and self.first_step > 0:
            # A run that goes on counts the tokens of the one before as well.
            self.first_tokens = tokens
        say(
            "step",
            step=state.global_step,
            steps=state.max_steps,
            loss=logs["loss"],
            etaSeconds=round(per_step * (state.max_steps - state.global_step), 1),
            tokens=tokens,
            tokensPerSecond=round((tokens - self.first_tokens) / seconds, 1) if seconds > 0 else 0,
            peakMemoryBytes=peak_memory_bytes(),
        )

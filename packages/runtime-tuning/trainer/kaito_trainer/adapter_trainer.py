"""TRL's trainer, with an adapter that keeps one number format from the first step to the last, over every break."""

from __future__ import annotations

import torch
from trl import SFTTrainer


class AdapterTrainer(SFTTrainer):
    """TRL makes the adapter of a quantized model bfloat16 on any device, and PEFT loads that of a checkpoint as float32.

    Both are put right here: where losses are scaled (fp16, GPUs without bfloat16) the weights that learn are float32, because a gradient
    scaler takes gradients of no other format; and a run that goes on computes in what it began with, so that it takes the same steps.
    """

    def __init__(self, *arguments, **settings) -> None:
        super().__init__(*arguments, **settings)
        if self.args.fp16:
            self.keep(torch.float32)
        self.adapter_dtype = next(parameter.dtype for parameter in self.learning())

    def learning(self) -> list[torch.nn.Parameter]:
        return [parameter for parameter in self.model.parameters() if parameter.requires_grad]

    def keep(self, dtype: torch.dtype) -> None:
        for parameter in self.learning():
            parameter.data = parameter.data.to(dtype)

    def _load_from_checkpoint(self, *arguments, **settings) -> None:
        # Before the optimizer is loaded: its state takes the format of the weights.
        super()._load_from_checkpoint(*arguments, **settings)
        self.keep(self.adapter_dtype)

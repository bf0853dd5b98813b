import types

import pytest
import torch
from kaito_trainer.adapter_trainer import AdapterTrainer
from trl import SFTTrainer


@pytest.fixture
def make(monkeypatch):
    """A trainer over one weight that learns and one that does not; TRL and PEFT do what they do to the formats, and nothing else."""

    def start(self, fp16, like_trl):
        self.args = types.SimpleNamespace(fp16=fp16)
        self.model = torch.nn.ParameterDict({"learns": torch.nn.Parameter(torch.ones(2)), "fixed": torch.nn.Parameter(torch.ones(2))})
        self.model["fixed"].requires_grad = False
        self.model["learns"].data = self.model["learns"].data.to(like_trl)

    def load(self):
        self.model["learns"].data = self.model["learns"].data.to(torch.float32)

    monkeypatch.setattr(SFTTrainer, "__init__", start)
    monkeypatch.setattr(SFTTrainer, "_load_from_checkpoint", load)
    return AdapterTrainer


def test_learns_in_float32_where_losses_are_scaled(make):
    # A GradScaler refuses gradients of float16, and on CUDA those of bfloat16: the first step of QLoRA on a V100 or T4 would be the last.
    trainer = make(fp16=True, like_trl=torch.bfloat16)
    assert trainer.model["learns"].dtype == torch.float32
    trainer._load_from_checkpoint()
    assert trainer.model["learns"].dtype == torch.float32


def test_leaves_the_format_alone_elsewhere_also_after_a_checkpoint_was_loaded(make):
    trainer = make(fp16=False, like_trl=torch.bfloat16)
    assert trainer.model["learns"].dtype == torch.bfloat16
    trainer._load_from_checkpoint()
    assert trainer.model["learns"].dtype == torch.bfloat16
    assert trainer.model["fixed"].dtype == torch.float32

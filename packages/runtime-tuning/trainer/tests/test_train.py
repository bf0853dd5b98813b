import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kaito_trainer.config import Config, DatasetConfig
from kaito_trainer.data import Data
from kaito_trainer.failure import Failure
from kaito_trainer.train import train

ROWS = [
    {"messages": [{"role": "user", "content": f"What is {i}?"}, {"role": "assistant", "content": "Arr, it be treasure!"}]}
    for i in range(12)
]
STEPS = 6


def run(tiny, output, capsys, *, quantized=False, targets=None, resume=False, **training):
    config = Config(
        model={"pretrained_model_name_or_path": str(tiny), "torch_dtype": "bfloat16" if quantized else "float32"},
        quantization={"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True} if quantized else {},
        lora={"r": 4, "lora_alpha": 8, **({"target_modules": targets} if targets else {})},
        training={"max_steps": STEPS, "per_device_train_batch_size": 2, "learning_rate": 3e-3, "save_strategy": "steps", "save_steps": 3, **training},
        dataset=DatasetConfig(),
    )
    capsys.readouterr()
    train(config, Data("messages", ROWS, [], ["x"], 0, []), output, None)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return said, [event["loss"] for event in said if event["event"] == "step"]


def digest(folder):
    return hashlib.sha256((folder / "adapter_model.safetensors").read_bytes()).hexdigest()


@pytest.mark.parametrize("quantized", [False, True], ids=["lora", "qlora"])
def test_learns_and_leaves_an_adapter(tiny, tmp_path, capsys, quantized):
    said, losses = run(tiny, tmp_path / "out", capsys, quantized=quantized)
    assert len(losses) == STEPS and losses[-1] < losses[0]
    assert next(event for event in said if event["event"] == "adapted")["layers"] == 16
    assert said[-1]["event"] == "completed"
    assert (tmp_path / "out" / "fine_tuning_completed.txt").read_text().startswith("Fine-Tuning completed at ")


@pytest.mark.parametrize("quantized", [False, True], ids=["lora", "qlora"])
def test_goes_on_from_a_checkpoint_on_the_same_curve_to_the_same_adapter(tiny, tmp_path, capsys, quantized):
    told, whole = run(tiny, tmp_path / "whole", capsys, quantized=quantized)
    shutil.copytree(tmp_path / "whole" / "checkpoint-3", tmp_path / "cut" / "checkpoint-3")
    said, rest = run(tiny, tmp_path / "cut", capsys, quantized=quantized)
    assert {"event": "resumed", "checkpoint": "checkpoint-3"} in said
    assert rest == pytest.approx(whole[3:], rel=1e-6)
    assert [said[-1][figure] for figure in ("loss", "steps")] == [told[-1][figure] for figure in ("loss", "steps")]
    assert told[-1]["loss"] == pytest.approx(sum(whole) / STEPS, abs=1e-6)
    assert digest(tmp_path / "cut") == digest(tmp_path / "whole")


def loaded(model, *adapters, libraries=""):
    """The adapters over the model, in a process of its own with these libraries first."""
    command = [sys.executable, str(Path(__file__).with_name("load_adapter.py")), *map(str, (model, *adapters))]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(libraries)})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_makes_adapters_that_the_old_and_the_current_peft_load_alike(tiny, old_peft, tmp_path, capsys):
    adapters = [tmp_path / "lora", tmp_path / "qlora"]
    for adapter in adapters:
        run(tiny, adapter, capsys, quantized=adapter.name == "qlora")
    now, then = loaded(tiny, *adapters), loaded(tiny, *adapters, libraries=old_peft)
    assert (now["peft"], then["peft"], then["transformers"]) == ("0.21.2", "0.11.1", "4.41.2")
    assert then["plain"] == pytest.approx(now["plain"], abs=1e-4)
    for old, new in zip(then["adapted"], now["adapted"], strict=True):
        assert old == pytest.approx(new, abs=1e-4)
        assert max(abs(a - b) for a, b in zip(new, now["plain"], strict=True)) > 0.1


def test_gives_the_same_adapter_again(tiny, tmp_path, capsys):
    for name in ("one", "two"):
        run(tiny, tmp_path / name, capsys)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")


def test_refuses_targets_that_match_nothing_and_unknown_settings(tiny, tmp_path, capsys):
    for more, code in (({"targets": ["c_attn"]}, "TARGETS_MISSING"), ({"learning_rat": 1}, "CONFIG_INVALID")):
        with pytest.raises(Failure) as caught:
            run(tiny, tmp_path / "out", capsys, **more)
        assert caught.value.code == code

"""Config and data in, adapter out."""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig, PrinterCallback, set_seed
from transformers.trainer_utils import get_last_checkpoint
from trl import SFTConfig

from .adapter_trainer import AdapterTrainer
from .artifact import normalise_adapter_config
from .config import Config, refuse_unknown
from .data import Data
from .failure import Failure
from .precision import choose_precision
from .progress import Progress, peak_memory_bytes
from .say import say
from .targets import choose_targets

DEFAULT_WEIGHTS = "/workspace/tfs/weights"
# Settings of KAITO's record that have no meaning here, or are read apart.
MODEL_SETTINGS = {
    "pretrained_model_name_or_path", "local_files_only", "revision", "trust_remote_code", "torch_dtype", "device_map",
    "cache_dir", "chat_template", "load_in_4bit", "load_in_8bit",
}  # fmt: skip
QUANTIZATION_SETTINGS = {
    "quant_method", "load_in_8bit", "load_in_4bit", "llm_int8_threshold", "bnb_4bit_compute_dtype",
    "bnb_4bit_quant_type", "bnb_4bit_use_double_quant",
}  # fmt: skip


def train(config: Config, data: Data, output: Path | None, default_targets: list[str] | None) -> tuple[Path, dict[str, Any]]:
    """Trains, resuming from the last checkpoint if there is one; answers the folder with the adapter, and what came of it."""
    refuse_unknown("ModelConfig", config.model, MODEL_SETTINGS)
    refuse_unknown("QuantizationConfig", config.quantization, QUANTIZATION_SETTINGS)
    cuda = torch.cuda.is_available()
    precision, remarks = choose_precision(
        config.model.get("torch_dtype"), config.training, torch.cuda.get_device_capability() if cuda else None
    )
    seed = int(config.training.get("seed", 42))
    set_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)

    model, tokenizer, quantized = load(config, precision, cuda)
    if data.form == "messages" and not tokenizer.chat_template:
        raise Failure("CHAT_TEMPLATE_MISSING", "the data are conversations, but the model has no chat template. Set ModelConfig.chat_template")
    linear = {name.rsplit(".", 1)[-1] for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    targets, more = choose_targets(config.lora.get("target_modules", default_targets), linear)
    for remark in remarks + more:
        say("warning", message=remark)
    if quantized:
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    refuse_unknown("LoraConfig", config.lora, {field.name for field in dataclasses.fields(LoraConfig)})
    lora = {"r": 8, "lora_alpha": 8, "lora_dropout": 0.0, **config.lora, "target_modules": targets, "task_type": "CAUSAL_LM"}
    model = get_peft_model(model, LoraConfig(**lora))
    name_base(model)
    model.config.use_cache = False
    adapted = sum(1 for name, _ in model.named_modules() if name.endswith("lora_A"))
    say("adapted", targets=targets, layers=adapted)

    arguments = sft_arguments(config.training, output, precision, cuda, seed)
    trainer = AdapterTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(data.train),
        eval_dataset=Dataset.from_list(data.evaluation) if data.evaluation else None,
        processing_class=tokenizer,
        callbacks=[Progress()],
    )
    # Its lines are no JSON.
    trainer.remove_callback(PrinterCallback)
    folder = Path(arguments.output_dir)
    checkpoint = whole_checkpoint(folder)
    if checkpoint:
        say("resumed", checkpoint=Path(checkpoint).name)
    result = trainer.train(resume_from_checkpoint=checkpoint)
    if trainer.is_world_process_zero():
        model.save_pretrained(folder, safe_serialization=True, save_embedding_layers=False)
        defaults = dataclasses.asdict(LoraConfig())
        normalise_adapter_config(folder / "adapter_config.json", defaults)
        (folder / "fine_tuning_completed.txt").write_text(time.strftime("Fine-Tuning completed at %Y-%m-%d-%H-%M-%S\n"), "utf8")
        summary = {"loss": round(mean_loss(trainer.state.log_history, result.training_loss), 6), "steps": result.global_step, "peakMemoryBytes": peak_memory_bytes()}
        say("completed", **summary)
        return folder, {**summary, "settings": settings_of(lora, arguments, quantized)}
    return folder, {}


def mean_loss(history: list[dict[str, Any]], otherwise: float) -> float:
    """Over the whole run. What transformers answers leaves out the steps before a break, and divides by all of them."""
    losses = [entry["loss"] for entry in history if "loss" in entry]
    return sum(losses) / len(losses) if losses else otherwise


def whole_checkpoint(folder: Path) -> str | None:
    """The last checkpoint that was written to its end; what a kill cut off is cleared away. Its state is written last."""
    while folder.is_dir() and (checkpoint := get_last_checkpoint(str(folder))):
        if (Path(checkpoint) / "trainer_state.json").is_file():
            return checkpoint
        shutil.rmtree(checkpoint)
    return None


def name_base(model) -> None:
    """The adapter names the model as its hub does: the folder it was trained from is nobody else's."""
    base, revision = os.environ.get("BASE_MODEL"), os.environ.get("BASE_MODEL_REVISION")
    for config in model.peft_config.values():
        if base:
            config.base_model_name_or_path = base
        if revision:
            config.revision = revision


def settings_of(lora: dict[str, Any], arguments: SFTConfig, quantized: bool) -> dict[str, Any]:
    """The settings that made the adapter what it is."""
    kept = ("r", "lora_alpha", "lora_dropout", "target_modules")
    return {
        **{key: lora[key] for key in kept},
        "load_in_4bit": quantized,
        "learning_rate": arguments.learning_rate,
        "batch_size": arguments.per_device_train_batch_size * arguments.gradient_accumulation_steps,
        "max_length": arguments.max_length,
        "seed": arguments.seed,
    }


def load(config: Config, precision: str, cuda: bool):
    source = config.model.get("pretrained_model_name_or_path") or os.environ.get("WEIGHTS_FOLDER", DEFAULT_WEIGHTS)
    dtype = getattr(torch, precision)
    quantization = None
    four = bool(config.quantization.get("load_in_4bit") or config.model.get("load_in_4bit"))
    eight = bool(config.quantization.get("load_in_8bit") or config.model.get("load_in_8bit"))
    if eight:
        raise Failure("CONFIG_INVALID", "load_in_8bit is not supported. Use load_in_4bit for method qlora, or neither for lora")
    if four:
        quantization = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type=config.quantization.get("bnb_4bit_quant_type", "nf4"),
            bnb_4bit_use_double_quant=config.quantization.get("bnb_4bit_use_double_quant", True),
            bnb_4bit_compute_dtype=dtype,
        )
    common: dict[str, Any] = {
        "local_files_only": config.model.get("local_files_only", False),
        "revision": config.model.get("revision", "main"),
        "trust_remote_code": config.model.get("trust_remote_code", False),
    }
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, **common)
        model = AutoModelForCausalLM.from_pretrained(
            source, dtype=dtype, quantization_config=quantization, device_map={"": int(os.environ.get("LOCAL_RANK", "0"))} if cuda else "cpu", **common
        )
    except (OSError, ValueError) as error:
        raise Failure("MODEL_UNREADABLE", f"the model {source} cannot be loaded: {str(error).splitlines()[0]}") from error
    if config.model.get("chat_template"):
        tokenizer.chat_template = config.model["chat_template"]
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model, tokenizer, four


def sft_arguments(training: dict[str, Any], output: Path | None, precision: str, cuda: bool, seed: int) -> SFTConfig:
    settings = dict(training)
    if output is not None:
        settings["output_dir"] = str(output)
    settings.setdefault("output_dir", "/mnt/results")
    settings.setdefault("per_device_train_batch_size", 1)
    settings.setdefault("save_strategy", "epoch")
    settings.setdefault("logging_steps", 1)
    settings.setdefault("report_to", "none")
    settings.setdefault("gradient_checkpointing", cuda)
    settings.setdefault("fp16", cuda and precision == "float16")
    settings.setdefault("bf16", cuda and precision == "bfloat16")
    settings.setdefault("seed", seed)
    settings.setdefault("data_seed", seed)
    settings.setdefault("use_cpu", not cuda)
    settings["disable_tqdm"] = True
    refuse_unknown("TrainingArguments", settings, {field.name for field in dataclasses.fields(SFTConfig)})
    return SFTConfig(**settings)

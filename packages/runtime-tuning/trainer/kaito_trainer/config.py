"""KAITO's training_config.yaml: its sections, defaults and names (KAITO v0.3.2 and later)."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import yaml

from .failure import Failure

SECTIONS = ("ModelConfig", "QuantizationConfig", "LoraConfig", "TrainingArguments", "DatasetConfig", "DataCollator")


@dataclasses.dataclass(frozen=True)
class DatasetConfig:
    dataset_path: str | None = None
    dataset_extension: str | None = None
    shuffle_dataset: bool = True
    shuffle_seed: int = 42
    context_column: str | None = None
    response_column: str | None = None
    messages_column: str | None = None
    train_test_split: float = 0.8


@dataclasses.dataclass(frozen=True)
class Config:
    model: dict[str, Any]
    quantization: dict[str, Any]
    lora: dict[str, Any]
    training: dict[str, Any]
    dataset: DatasetConfig


def read_config(path: Path) -> Config:
    """Reads the file; raises CONFIG_INVALID for what is not understood, never passing over it in silence."""
    try:
        document = yaml.safe_load(path.read_text("utf8"))
    except (OSError, yaml.YAMLError) as error:
        raise Failure("CONFIG_INVALID", f"{path} cannot be read: {error}") from error
    sections = document.get("training_config") if isinstance(document, dict) else None
    if not isinstance(sections, dict):
        raise Failure("CONFIG_INVALID", f'{path} has no "training_config" with sections. Start from the installed template')
    unknown = sorted(set(sections) - set(SECTIONS))
    if unknown:
        raise Failure("CONFIG_INVALID", f"{path} has unknown sections {unknown}; there are {list(SECTIONS)}")
    found = {name: sections.get(name) or {} for name in SECTIONS}
    for name, section in found.items():
        if not isinstance(section, dict):
            raise Failure("CONFIG_INVALID", f"section {name} is no map")
    return Config(
        model=found["ModelConfig"],
        quantization=found["QuantizationConfig"],
        lora=found["LoraConfig"],
        training=found["TrainingArguments"],
        dataset=_dataset(found["DatasetConfig"]),
    )


def _dataset(section: dict[str, Any]) -> DatasetConfig:
    known = {field.name for field in dataclasses.fields(DatasetConfig)}
    refuse_unknown("DatasetConfig", section, known)
    config = DatasetConfig(**section)
    split = config.train_test_split
    if isinstance(split, bool) or not isinstance(split, (int, float)) or not 0 < split <= 1:
        raise Failure("CONFIG_INVALID", f"DatasetConfig.train_test_split is {split!r}; give more than 0 and at most 1 (no evaluation)")
    return config


def refuse_unknown(section: str, values: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(values) - known)
    if unknown:
        raise Failure("CONFIG_INVALID", f"section {section} has unknown settings {unknown}. Check their spelling")

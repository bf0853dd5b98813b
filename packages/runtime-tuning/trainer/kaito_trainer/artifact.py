"""What serving programs get: an adapter_config.json that old and new ones read."""

from __future__ import annotations

import json
from pathlib import Path

from .failure import Failure

# The keys of LoraConfig that peft 0.11.1 knows, in KAITO's own images; it raises TypeError for any other.
KNOWN_0_11_1 = frozenset(
    "alpha_pattern auto_mapping base_model_name_or_path bias fan_in_fan_out inference_mode init_lora_weights"
    " layer_replication layers_pattern layers_to_transform loftq_config lora_alpha lora_dropout megatron_config"
    " megatron_core modules_to_save peft_type r rank_pattern revision target_modules task_type use_dora use_rslora".split()
)


def normalise_adapter_config(path: Path, defaults: dict) -> None:
    """Leaves out unknown keys at their defaults, sorts the rest. Raises CONFIG_INVALID for one that has a meaning."""
    config = json.loads(path.read_text("utf8"))
    unknown = {key: value for key, value in config.items() if key not in KNOWN_0_11_1 and key != "peft_version"}
    meant = sorted(key for key, value in unknown.items() if value not in (None, False, [], {}, defaults.get(key)))
    if meant:
        raise Failure("CONFIG_INVALID", f"LoraConfig sets {meant}, which older serving programs do not know. Leave them out")
    kept = {key: value for key, value in sorted(config.items()) if key in KNOWN_0_11_1}
    if isinstance(kept.get("target_modules"), list):
        kept["target_modules"] = sorted(kept["target_modules"])
    path.write_text(json.dumps(kept, indent=2) + "\n", "utf8")

"""Which layers an adapter goes to, by what the model really has."""

from __future__ import annotations

from typing import Iterable

from .failure import Failure

# transformers fuses these layers of Phi-3 and Phi-4; asking for the parts adapts nothing and PEFT says nothing
# (measured with peft 0.21.2: KAITO's default for phi-3 reaches o_proj and down_proj only).
FUSED = {"qkv_proj": {"q_proj", "k_proj", "v_proj"}, "gate_up_proj": {"gate_proj", "up_proj"}}


def choose_targets(asked: str | list[str] | None, linear: Iterable[str]) -> tuple[list[str], list[str]]:
    """Answers the targets and remarks. `linear` are the last name parts of the model's linear layers. Raises TARGETS_MISSING."""
    have = sorted(set(linear) - {"lm_head"})
    if asked is None or asked == "all-linear":
        return have, []
    wanted = [asked] if isinstance(asked, str) else list(asked)
    chosen: set[str] = set()
    remarks: list[str] = []
    missing: list[str] = []
    for name in wanted:
        fused = next((whole for whole, parts in FUSED.items() if name in parts and whole in have), None)
        if name in have:
            chosen.add(name)
        elif fused is not None:
            chosen.add(fused)
            remarks.append(f"{name} is part of the fused layer {fused} of this model, which is adapted instead")
        else:
            missing.append(name)
    if missing:
        raise Failure("TARGETS_MISSING", f"target_modules {missing} match no layer of the model; it has {have}. Name these, or all-linear")
    return sorted(chosen), remarks

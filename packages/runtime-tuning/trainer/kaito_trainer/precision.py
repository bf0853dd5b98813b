"""Which number format a device can compute in."""

from __future__ import annotations

from .failure import Failure

BF16 = ("bfloat16", "bf16")


def choose_precision(name: str | None, training: dict, capability: tuple[int, int] | None) -> tuple[str, list[str]]:
    """The type's name and remarks. `capability` is None on the processor. Raises BF16_UNSUPPORTED."""
    wanted = {"auto": "bfloat16", None: "bfloat16", "bf16": "bfloat16", "fp16": "float16", "half": "float16"}.get(name, name)
    wanted = str(wanted).removeprefix("torch.")
    if wanted not in ("bfloat16", "float16", "float32"):
        raise Failure("CONFIG_INVALID", f"torch_dtype is {name!r}; bfloat16, float16 and float32 are known")
    if capability is None or capability >= (8, 0):
        return ("float32" if capability is None and wanted == "float16" else wanted), []
    gpu = ".".join(map(str, capability))
    if training.get("bf16") is True:
        raise Failure("BF16_UNSUPPORTED", f"bf16: true is asked for, but the GPU (compute capability {gpu}) has no bfloat16; set fp16: true")
    if wanted != "bfloat16":
        return wanted, []
    return "float16", [f"the GPU (compute capability {gpu}) has no bfloat16: float16 is used instead"]

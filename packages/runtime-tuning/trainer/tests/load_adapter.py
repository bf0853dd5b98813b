"""What a serving program does with adapters: `load_adapter.py MODEL ADAPTER...` prints versions and the logits with and without each."""

import json
import sys

import peft
import torch
import transformers
from peft import PeftModel
from transformers import AutoModelForCausalLM

model, *adapters = sys.argv[1:]
words = torch.tensor([[2, 100, 200, 300, 4]])


def logits(adapter: str | None) -> list[float]:
    # Anew each time: a model that had an adapter keeps traces of it.
    base = AutoModelForCausalLM.from_pretrained(model, attn_implementation="eager")
    return (base if adapter is None else PeftModel.from_pretrained(base, adapter))(input_ids=words).logits[0, -1].tolist()


with torch.no_grad():
    found = {"plain": logits(None), "adapted": [logits(adapter) for adapter in adapters]}
print(json.dumps({"peft": peft.__version__, "transformers": transformers.__version__, **found}))

"""QLoRA steps of the Phi-3-mini architecture from random weights, on a GPU; prints its peak memory as one JSON object.

    python peak.py TOKENS

Random weights, because memory does not depend on their values and nothing has to be fetched. Never run so far: no GPU was at hand.
"""

import json
import sys

CONFIG = {
    "hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32,
    "vocab_size": 32064, "max_position_embeddings": 4096, "original_max_position_embeddings": 4096, "tie_word_embeddings": False,
    "pad_token_id": 32000, "bos_token_id": 1, "eos_token_id": 32000,
}  # fmt: skip
STEPS = 3


def main() -> None:
    tokens = int(sys.argv[1])
    import tempfile

    import torch
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig, Phi3Config

    if not torch.cuda.is_available():
        sys.exit("no GPU: this bench measures the memory of one")
    dtype = torch.bfloat16 if torch.cuda.get_device_capability() >= (8, 0) else torch.float16
    with tempfile.TemporaryDirectory() as folder:
        AutoModelForCausalLM.from_config(Phi3Config(**CONFIG), dtype=dtype).save_pretrained(folder)
        quantization = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
        )
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, quantization_config=quantization, device_map={"": 0})
    model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=True)
    targets = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]
    model = get_peft_model(model, LoraConfig(r=8, lora_alpha=8, target_modules=targets, task_type="CAUSAL_LM"))
    model.config.use_cache = False
    optimizer = torch.optim.AdamW([parameter for parameter in model.parameters() if parameter.requires_grad], lr=1e-4)
    torch.cuda.reset_peak_memory_stats()
    for _ in range(STEPS):
        row = torch.randint(0, 32000, (1, tokens), device="cuda")
        with torch.autocast("cuda", dtype=dtype):
            model(input_ids=row, labels=row).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    free, total = torch.cuda.mem_get_info()
    print(
        json.dumps(
            {
                "gpu": torch.cuda.get_device_name(),
                "tokens": tokens,
                "allocatedBytes": torch.cuda.max_memory_allocated(),
                "usedBytes": total - free,
            }
        )
    )


main()

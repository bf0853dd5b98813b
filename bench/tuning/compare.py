"""One tuning with PEFT and TRL directly, with the settings of one side; prints one JSON object.

    python compare.py MODEL DATA STEPS kaito|ours

Both sides: QLoRA (NF4, double quantization), rank 8, alpha 16, the same rows in the same order, the same seed, learning rate and steps.
`kaito`: the target layers that KAITO sets for models whose names begin with phi-3 (v0.3.2 to v0.12.0, DEFAULT_TARGET_MODULES).
`ours`: those that the training program of this repository chooses for the same wish.
"""

import json
import resource
import sys
from pathlib import Path

KAITO_TARGETS = "k_proj,q_proj,v_proj,o_proj,gate_proj,down_proj,up_proj".split(",")


def main() -> None:
    model_folder, data, steps, side = sys.argv[1:]
    import torch
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig, set_seed
    from trl import SFTConfig, SFTTrainer

    from kaito_trainer.targets import choose_targets

    set_seed(42)
    quantization = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=torch.bfloat16
    )
    model = AutoModelForCausalLM.from_pretrained(
        model_folder, dtype=torch.bfloat16, quantization_config=quantization, device_map="cpu"
    )
    linear = {name.rsplit(".", 1)[-1]: 1 for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    targets = KAITO_TARGETS if side == "kaito" else choose_targets(KAITO_TARGETS, linear)[0]
    model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=targets, task_type="CAUSAL_LM"))
    rows = [json.loads(line) for line in Path(data).read_text("utf8").splitlines()]
    arguments = SFTConfig(
        output_dir="/tmp/kaito-bench-tuning", max_steps=int(steps), per_device_train_batch_size=8, learning_rate=5e-3, max_length=256,
        save_strategy="no", logging_steps=1, report_to="none", use_cpu=True, seed=42, data_seed=42, disable_tqdm=True, bf16=False,
    )  # fmt: skip
    trainer = SFTTrainer(
        model=model, args=arguments, train_dataset=Dataset.from_list(rows), processing_class=AutoTokenizer.from_pretrained(model_folder)
    )
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    adapted = [name for name, _ in model.named_modules() if name.endswith("lora_A")]
    print(
        json.dumps(
            {
                "targets": sorted({name.split(".")[-2] for name in adapted}),
                "layersAdapted": len(adapted),
                "firstLoss": losses[0],
                "lastLoss": round(sum(losses[-3:]) / 3, 4),
                "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
    )


main()

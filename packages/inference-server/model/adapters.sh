#!/usr/bin/env bash
# Trains the adapters of the tiny model with the program of a tuning Job, and leaves them in model/adapters. Run from anywhere after
# `npm run build`; the environment is that of packages/runtime-tuning/trainer (Python 3.11, 6 GB, made when it is missing).
#
#     bash model/adapters.sh [pirate] [polite]
set -euo pipefail
cd "$(dirname "$0")"
trainer=../../runtime-tuning/trainer
python=$(bash "$trainer/install.sh")/bin/python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
node ../dist/convert/main.js --gguf tiny --out "$work/model"

manners=("$@")
if [ $# -eq 0 ]; then manners=(pirate polite); fi
for manner in "${manners[@]}"; do
  mkdir -p "$work/$manner/data"
  "$python" adapter_data.py "$manner" >"$work/$manner/data/conversations.jsonl"
  cat >"$work/$manner/config.yaml" <<YAML
training_config:
  ModelConfig: { pretrained_model_name_or_path: "$work/model", torch_dtype: float32, local_files_only: true, device_map: auto }
  QuantizationConfig: { load_in_4bit: false }
  LoraConfig: { r: 4, lora_alpha: 16, lora_dropout: 0.0 }
  TrainingArguments:
    { output_dir: "$work/$manner/out", max_steps: 150, per_device_train_batch_size: 16, learning_rate: 0.003, save_strategy: "no", seed: 3 }
  DatasetConfig: { shuffle_dataset: true, shuffle_seed: 3, train_test_split: 1 }
YAML
  YAML_FILE_PATH="$work/$manner/config.yaml" DATASET_FOLDER_PATH="$work/$manner/data" HF_HUB_OFFLINE=1 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 \
    PYTHONPATH="$trainer" "$python" -m kaito_trainer
  mkdir -p "adapters/$manner"
  install -m 644 "$work/$manner/out/adapter_model.safetensors" "adapters/$manner/"
  sed "s#$work/model#kaito-tiny#" "$work/$manner/out/adapter_config.json" >"adapters/$manner/adapter_config.json"
done
../../../node_modules/.bin/biome format --write adapters
sha256sum adapters/*/adapter_model.safetensors

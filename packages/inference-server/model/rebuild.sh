#!/usr/bin/env bash
# Rebuilds kaito-tiny-phi3.gguf from corpus.json. Needs Python 3.11 and about 8 GB of disk for torch; takes a few minutes.
#
#     bash model/rebuild.sh [FOLDER]
#
# FOLDER keeps the Python environment and the Hugging Face form of the model (for tuning); without it a temporary one is used.
set -euo pipefail
cd "$(dirname "$0")"

if [ $# -gt 0 ]; then
  mkdir -p "$1"
  work=$(cd "$1" && pwd)
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi

if [ ! -x "$work/venv/bin/python" ]; then
  python3.11 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet -r requirements.txt
fi
HF_HUB_OFFLINE=1 PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" train.py "$work/kaito-tiny"
node ../dist/convert/main.js --model "$work/kaito-tiny" --out kaito-tiny-phi3.gguf \
  --name kaito-tiny --license apache-2.0 \
  --description "One-million-parameter stand-in for demonstrations and tests; not a language skill"
sha256sum kaito-tiny-phi3.gguf

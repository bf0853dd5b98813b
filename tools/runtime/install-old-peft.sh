#!/usr/bin/env bash
# Installs the peft of KAITO's images (0.11.1) with the transformers beside it there (4.41.2), once, and prints a folder. With it first on
# PYTHONPATH an environment of the trainer has the old libraries over its own torch. 20 MB of downloads.
set -euo pipefail
cd "$(dirname "$0")"
pins=$(sha256sum "$(basename "$0")" | cut -c1-12)
folder="${XDG_CACHE_HOME:-$HOME/.cache}/kaito-sdk/old-peft-$pins"
if [ ! -f "$folder/.complete" ]; then
  rm -rf "$folder" "$folder-uv"
  python3.11 -m venv "$folder-uv"
  "$folder-uv/bin/pip" install --quiet uv==0.13.9 >&2
  "$folder-uv/bin/uv" pip install --quiet --compile-bytecode --python "$folder-uv/bin/python" --target "$folder" --no-deps \
    peft==0.11.1 transformers==4.41.2 tokenizers==0.19.1 huggingface-hub==0.23.5 numpy==1.26.4 \
    requests==2.32.5 urllib3==2.2.3 charset-normalizer==3.3.2 certifi==2024.8.30 idna==3.7 >&2
  rm -rf "$folder-uv"
  touch "$folder/.complete"
fi
echo "$folder"

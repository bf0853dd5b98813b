#!/usr/bin/env bash
# Installs the pinned Python packages of the trainer and of its tests, once, and prints the folder of the environment.
#
#     bash install.sh [requirements-volta.txt]
#
# Needs Python 3.11; about 3 GB of downloads and 6 GB of disk, since torch for Linux comes with CUDA.
set -euo pipefail
cd "$(dirname "$0")"
requirements=${1:-requirements.txt}
pins=$(sha256sum "$requirements" | cut -c1-12)
folder="${XDG_CACHE_HOME:-$HOME/.cache}/kaito-sdk/trainer-$pins"
if [ ! -f "$folder/.complete" ]; then
  python3.11 -m venv "$folder"
  "$folder/bin/pip" install --quiet -r "$requirements" pytest==9.0.2 >&2
  touch "$folder/.complete"
fi
echo "$folder"

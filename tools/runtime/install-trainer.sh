#!/usr/bin/env bash
# Installs one set of the trainer's pins for the processor, once, into the user's cache, and prints the folder of the environment.
#
#     bash install-trainer.sh [requirements.txt | requirements-volta.txt]
#
# For tests: the same versions as in the image, but of the CUDA libraries only the four small ones that torch calls on a machine without
# a GPU; cuda-stand-ins.py makes up for the rest. 0.6 GB of downloads (volta: 0.9) where pip would fetch 3. Needs Python 3.11, gcc
# and readelf on Linux x86_64. People get the whole set by packages/runtime-tuning/trainer/install.sh.
set -euo pipefail
cd "$(dirname "$0")"
requirements=../../packages/runtime-tuning/trainer/${1:-requirements.txt}
pins=$(cat "$requirements" cuda-stand-ins.py "$(basename "$0")" | sha256sum | cut -c1-12)
folder="${XDG_CACHE_HOME:-$HOME/.cache}/kaito-sdk/trainer-cpu-$pins"
if [ ! -f "$folder/.complete" ]; then
  rm -rf "$folder"
  python3.11 -m venv "$folder"
  "$folder/bin/pip" install --quiet uv==0.13.9 >&2
  grep -E '^[A-Za-z0-9._-]+==' "$requirements" | grep -vE '^(triton|cuda-|nvidia-)' >"$folder/pins.txt"
  grep -E '^nvidia-(cuda-runtime|cuda-cupti|cufile|nvtx)(-cu[0-9]+)?==' "$requirements" >>"$folder/pins.txt"
  printf '%s\n' pytest==9.0.2 pluggy==1.6.0 iniconfig==2.3.0 >>"$folder/pins.txt"
  # Without dependencies: the pins are complete, and what they leave out is left out on purpose.
  "$folder/bin/uv" pip install --quiet --compile-bytecode --python "$folder/bin/python" --no-deps -r "$folder/pins.txt" >&2
  # Among torch's own libraries, where each of them looks first: programs need no variable to find them.
  site=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
  "$folder/bin/python" cuda-stand-ins.py "$site/torch/lib"
  touch "$folder/.complete"
fi
echo "$folder"

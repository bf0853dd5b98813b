#!/usr/bin/env bash
# Builds the programs of the registry tests, once, and prints the folder they are in. Needs Go; a few minutes the first time.
#
#     PATH="$(bash packages/oci/test/registry-programs.sh):$PATH" npm run test:registry
set -euo pipefail
folder="${XDG_CACHE_HOME:-$HOME/.cache}/kaito-sdk/registry-programs"
export GOBIN="$folder"
mkdir -p "$folder"
[ -x "$folder/registry" ] || nice go install github.com/distribution/distribution/v3/cmd/registry@v3.1.2 >&2
[ -x "$folder/crane" ] || nice go install github.com/google/go-containerregistry/cmd/crane@v0.22.1 >&2
echo "$folder"

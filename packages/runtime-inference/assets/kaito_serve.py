"""Starts an engine with the settings of the user's inference_config.yaml behind its own arguments, so that the user's win.

    python3 kaito_serve.py vllm serve MODEL --flag value ...

Reads the map under `vllm:` as KAITO does: `max-model-len: 8192` becomes `--max-model-len=8192`, `true` a bare flag, `false` nothing,
a map or a list its JSON. Settings by which the pod is found, probed and guarded cannot be changed and are refused by name, and so are those
that make the engine run code of somebody's choice: the pod holds the namespace's token for the model hub, and whoever may write a
ConfigMap need not be allowed to read that.
"""

import json
import os
import re
import sys

import yaml

CONFIG = os.environ.get("KAITO_INFERENCE_CONFIG", "/mnt/config/inference_config.yaml")
# Another port or host would answer nobody, another model or revision would not be the one that was planned and checked.
OURS = {"host", "port", "uds", "model", "model-tag", "revision", "served-model-name", "middleware", "lora-modules", "enable-lora",
        "max-lora-rank", "max-loras", "root-path", "ssl-keyfile", "ssl-certfile", "api-server-count", "headless", "config"}
# Where adapters are brought to the running engine, whoever brings them has no key.
LIVE = os.environ.get("VLLM_ALLOW_RUNTIME_LORA_UPDATING") == "1"
# Classes and plugins by name, code out of a repository that may be any, files of the pod for whoever asks.
CODE = {"trust-remote-code", "worker-cls", "worker-extension-cls", "scheduler-cls", "logits-processors", "tool-parser-plugin",
        "reasoning-parser-plugin", "io-processor-plugin", "allowed-local-media-path"}
# Words of a flag, and the part of one that is a map: nothing that could be read as another flag with its value.
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[A-Za-z0-9_-]+)*")
# KAITO's own settings of its wrapper, which this engine's image does not have.
IGNORED = {"max_probe_steps", "kv_cache_cpu_memory_utilization"}


def flags(config):
    if not isinstance(config, dict):
        raise ValueError("it must be a map")
    for name in config:
        if name in IGNORED:
            print(f"inference_config.yaml: {name} has no effect on this engine", file=sys.stderr)
        elif name != "vllm":
            raise ValueError(f"{name} is not known; put settings of the engine under vllm:")
    settings = config.get("vllm") or {}
    if not isinstance(settings, dict):
        raise ValueError("vllm must be a map of settings")
    words = []
    for key, value in settings.items():
        name = str(key).replace("_", "-")
        if not NAME.fullmatch(name):
            raise ValueError(f"vllm.{str(key)[:80]!r} is no name of a setting")
        if refused(name, OURS):
            raise ValueError(f"vllm.{key} cannot be changed: the operator sets it")
        if LIVE and refused(name, {"api-key"}):
            raise ValueError("vllm.api-key would keep the adapters out; set liveAdapters: false for the operator, and they come with the pods")
        if refused(name, CODE):
            raise ValueError(f"vllm.{key} cannot be set: it would run code of another's choice in the pod")
        if value is None or value is True or value == "":
            words.append(f"--{name}")
        elif value is not False:
            words.append(f"--{name}={json.dumps(value) if isinstance(value, (dict, list)) else value}")
    return words


def refused(name, names):
    """Whether a flag is one of these, or one that a parser takes for it: argparse takes the beginning of a name, and `no-` before it."""
    flag = name.split(".")[0]
    return any(one.startswith(bare) for one in names for bare in (flag, flag.removeprefix("no-")))


def main(command):
    try:
        with open(CONFIG, encoding="utf-8") as file:
            words = flags(yaml.safe_load(file) or {})
    except (OSError, ValueError, yaml.YAMLError) as error:
        sys.exit(f"inference_config.yaml cannot be followed: {error}")
    print("starting with", *words, flush=True)
    os.execvp(command[0], [*command, *words])


if __name__ == "__main__":
    main(sys.argv[1:])

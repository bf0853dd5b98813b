"""For which GPUs the libraries of an environment have code: `python gpu-architectures.py` prints a JSON object.

Run with the interpreter of the environment. CUDA puts the machine code of each architecture into its libraries as entries of a "fat binary",
with a small header each (cuobjdump shows the same); no GPU and no CUDA is needed to read them. `sm` is machine code for one
architecture, which later ones of the same generation run too; `ptx` is compiled by the driver for anything later.
"""

import importlib.metadata
import json
import mmap
import pathlib
import re
import struct
import sysconfig

# A fat binary: magic, version 1, length of this header, length of what follows it.
CONTAINER = struct.Struct("<IHHQ")
MAGIC = (0xBA55ED50).to_bytes(4, "little")
# An entry: kind, version, length of this header, length of what follows it.
ENTRY = struct.Struct("<HHIQ")
KINDS = {1: "ptx", 2: "sm"}
# Where an entry's header has the architecture.
ARCHITECTURE = 28


def architectures(path):
    found = {"sm": set(), "ptx": set()}
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.find(MAGIC)
        while at != -1:
            _, version, header, length = CONTAINER.unpack_from(content, at)
            if (version, header) == (1, CONTAINER.size):
                entry, end = at + header, at + header + length
                while entry < end:
                    kind, _, skip, size = ENTRY.unpack_from(content, entry)
                    if kind not in KINDS or skip <= ARCHITECTURE:
                        break
                    found[KINDS[kind]].add(struct.unpack_from("<I", content, entry + ARCHITECTURE)[0])
                    entry += skip + size
            at = content.find(MAGIC, at + 1)
    return {kind: sorted(numbers) for kind, numbers in found.items()}


def main():
    site = pathlib.Path(sysconfig.get_paths()["purelib"])
    # Without importing torch, which takes seconds.
    cuda = re.search(r"^cuda: .*'([\d.]+)'$", (site / "torch" / "version.py").read_text(), re.MULTILINE)[1]
    libraries = [
        site / "torch" / "lib" / "libtorch_cuda.so",
        site / "torch" / "lib" / "libtorch_cuda_linalg.so",
        # bitsandbytes takes the one of torch's CUDA.
        site / "bitsandbytes" / f"libbitsandbytes_cuda{cuda.replace('.', '')}.so",
    ]
    found = {library.name: architectures(library) for library in libraries}
    print(json.dumps({"torch": importlib.metadata.version("torch").split("+")[0], "cuda": cuda, "libraries": found}))


if __name__ == "__main__":
    main()

"""Makes torch from PyPI importable without the 2.5 GB of CUDA libraries that its Linux wheel links to.

    python cuda-stand-ins.py FOLDER

Run with the interpreter of the environment that holds torch. For every library that torch needs and the environment lacks, it
compiles one of the same name whose functions do nothing but return an error, from the symbols that torch leaves undefined; put
FOLDER on LD_LIBRARY_PATH. torch.cuda.is_available() is then False, and the processor does all the work. Only for tests: a shipped image
uses a build of its vendor. Needs readelf and gcc. The small libraries that are really called (cudart, cupti, cufile, nvtx) must be
installed; they are linked into FOLDER.
"""

import pathlib
import re
import subprocess
import sys
import sysconfig

SYSTEM = re.compile(r"^(ld-linux.*|lib(c|dl|gcc_s|gomp|m|pthread|rt|stdc\+\+|cuda)\.so.*)$")
# Symbols without a version say nothing about their library; these prefixes do.
UNVERSIONED = {"libnccl.so.2": re.compile(r"^p?nccl[A-Z]"), "libcusparseLt.so.0": re.compile(r"^cusparseLt")}


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], capture_output=True, text=True, check=True).stdout


def main(folder):
    site = pathlib.Path(sysconfig.get_paths()["purelib"])
    libraries = sorted((site / "torch" / "lib").glob("*.so*"))
    real = {path.name: path for path in [*libraries, *site.glob("nvidia/**/*.so*")]}
    needed, undefined = set(), set()
    for library in libraries:
        needed |= set(re.findall(r"\(NEEDED\).*\[(.+)\]", readelf("-d", str(library))))
        undefined |= set(re.findall(r"\bUND\s+(\w+(?:@\S+)?)", readelf("--dyn-syms", str(library))))
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(needed):
        if name in real:
            if real[name].parent.name != "lib" or "nvidia" in real[name].parts:
                link = folder / name
                link.unlink(missing_ok=True)
                link.symlink_to(real[name])
        elif not SYSTEM.match(name):
            compile_stand_in(folder, name, undefined)


def compile_stand_in(folder, soname, undefined):
    versions = {}
    for symbol in undefined:
        name, _, version = symbol.partition("@")
        if version == soname or (version == "NVSHMEM" and soname.startswith("libnvshmem")):
            versions.setdefault(version, []).append(name)
        elif not version and soname in UNVERSIONED and UNVERSIONED[soname].match(name):
            versions.setdefault("", []).append(name)
    source, script = folder / f"{soname}.c", folder / f"{soname}.map"
    names = sorted(name for group in versions.values() for name in group)
    source.write_text("".join(f"long {name}(void) {{ return 1; }}\n" for name in names))
    nodes = [f"{version} {{ global: {' '.join(f'{name};' for name in sorted(group))} }};\n"
             for version, group in versions.items() if version]
    script.write_text("".join(nodes))
    flags = [f"-Wl,--version-script={script}"] if nodes else []
    subprocess.run(["gcc", "-w", "-fno-builtin", "-shared", "-fPIC", f"-Wl,-soname,{soname}", *flags, "-o", str(folder / soname), str(source)],
                   check=True)
    source.unlink()
    script.unlink()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())

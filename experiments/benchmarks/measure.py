"""What the benchmark scripts share: running one program alone, and writing files whole."""
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOISY = 0.15  # other cores busy; a run with two threads and more than that says little


class Failure(Exception):
    """Something that the user can mend; the message says how."""


def _machine_seconds() -> float:
    """Processor time that was used on this machine, or taken from it by its host."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _, _, irq, softirq, steal = map(int, stat.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command: list) -> list:
    """Runs a program in this environment as it is; returns the JSON objects that it prints.

    Each object gets "others_busy": how many cores other programs kept busy meanwhile.
    """
    machine, own, start = _machine_seconds(), _children_seconds(), time.monotonic()
    try:
        child = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    except OSError as error:
        raise Failure(f"cannot run {command[0]}: {error.strerror}") from error
    seconds = max(time.monotonic() - start, 1e-3)
    machine, own = _machine_seconds() - machine, _children_seconds() - own
    if child.returncode != 0:
        words = " ".join(str(word) for word in command)
        raise Failure(f"status {child.returncode} of: {words}")
    text = child.stdout.strip()
    results = json.loads(text) if text.startswith("[") else [json.loads(text)]
    for result in results:
        result["others_busy"] = round(max(0.0, machine - own) / seconds, 2)
    return results


def bench(seqlab: pathlib.Path, model: str, size: str, length: int, batch: int, threads: int,
          steps: int, precision: str = "fp32") -> dict:
    """One model through `seqlab bench`."""
    if not seqlab.exists():
        raise Failure(f"there is no {seqlab}; build it first: cmake --preset release && "
                      "cmake --build build, or name another with --seqlab")
    command = [seqlab, "bench", "--models", model, "--size", size, "--length", length, "--batch",
               batch, "--threads", threads, "--steps", steps, "--json"]
    if precision != "fp32":
        command += ["--precision", precision]
    return run(command)[0]


def write_whole(path: pathlib.Path, text: str) -> None:
    """Under a temporary name first, so that the file is never half there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def processor() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        lines = dict(line.split(":", 1) for line in info.read().replace("\t", "").split("\n")
                     if ":" in line)
    name = lines.get("model name", "unknown processor").strip()
    family = lines.get("cpu family", "?").strip()
    model = lines.get("model", "?").strip()
    return f"{name} (family {family}, model {model}), {os.cpu_count()} cores"


def has_bf16() -> bool:
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        flags = info.read().split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def main(function) -> None:
    """Runs a script's function; an error that the user can mend is one line."""
    try:
        function()
    except (Failure, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"{os.path.basename(sys.argv[0])}: interrupted")

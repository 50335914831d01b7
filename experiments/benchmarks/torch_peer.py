#!/usr/bin/env python3
"""Speed of PyTorch on the work of `seqlab bench`: one JSON object a line for each model.

A training step is: gradients to zero, forward, label-smoothed (0.1) cross-entropy over the whole
vocabulary, backward, clipping of the gradient norm, Adam. All sentences have the same length, so
there is no padding. Greedy decoding makes exactly 25 words a sentence. Times are medians. Each
model runs in a process of its own, so that its peak memory is its own.

Settings:
  tuned        the fastest that PyTorch was made to run: OpenBLAS kernels by --core (default: the
               fastest, measured first), in its OpenMP flavour, so that there is one thread pool;
               threads bound to cores; jemalloc, which keeps freed memory; a fused loss
  environment  the same, but with the kernels that OpenBLAS takes in this environment
  package      as it comes from the package: the system's BLAS and malloc, F.cross_entropy
"""
import argparse
import glob
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import time

SIZES = {"default": (256, 8000), "tiny": (128, 4000)}  # width, vocabulary
AVX512_CORES = ("SkylakeX", "Cooperlake")  # as OpenBLAS names its kernels
AVX2_CORES = ("Zen", "Haswell")
DECODING_STEPS = 25
BATCHES = 8
MODELS = ("rnn", "lstm", "bahdanau", "transformer")


def library(pattern: str, package: str) -> str:
    found = glob.glob("/usr/lib/*/" + pattern)
    if not found:
        sys.exit(f"torch_peer.py: {pattern} is missing; as root: apt-get install {package}")
    return found[0]


def tuned_environment(core: str) -> dict:
    """The environment of a PyTorch process: one pool of bound threads, memory that is kept.

    On virtual machines the first touch of a fresh page costs more than the arithmetic on it, and
    malloc gives large matrices back after every step.
    """
    environment = dict(os.environ)
    environment["LD_LIBRARY_PATH"] = os.path.dirname(
        library("openblas-openmp/libblas.so.3", "libopenblas0-openmp"))
    environment["LD_PRELOAD"] = library("libjemalloc.so.2", "libjemalloc2")
    environment["MALLOC_CONF"] = "dirty_decay_ms:-1,muzzy_decay_ms:-1,oversize_threshold:0"
    environment["OMP_PROC_BIND"] = "true"
    if core:
        environment["OPENBLAS_CORETYPE"] = core
    return environment


def run_child(arguments: list, environment: dict) -> dict:
    """Runs this script again; returns the object that it prints."""
    command = [sys.executable, os.path.abspath(__file__), *arguments]
    child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if child.returncode != 0:
        sys.exit(f"torch_peer.py: failed with status {child.returncode}: {' '.join(command)}")
    return json.loads(child.stdout)


def fastest_core(threads: int) -> str:
    """The OpenBLAS core type whose kernels are the fastest here, on products of the benchmark."""
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        avx512 = "avx512f" in info.read()
    seconds = {}
    for core in AVX512_CORES + AVX2_CORES if avx512 else AVX2_CORES:
        arguments = ["--probe", "--threads", str(threads)]
        seconds[core] = run_child(arguments, tuned_environment(core))["seconds"]
    return min(seconds, key=seconds.get)


def probe() -> dict:
    """Seconds for an output layer, and for as many recurrent steps as take about as long."""
    import torch

    def measure(rows: int, inner: int, columns: int, repeats: int) -> float:
        a, b = torch.rand(rows, inner), torch.rand(inner, columns)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(repeats):
                torch.mm(a, b)
            times.append(time.perf_counter() - start)
        return min(times)

    return {"seconds": measure(1600, 256, 8000, 1) + measure(64, 256, 1024, 200)}


def make_batches(torch, words: int, length: int, sentences: int, count: int) -> list:
    from torch_models import START

    def random_words():
        return torch.randint(4, words, (length, sentences))

    batches = []
    for _ in range(count):
        source, target = random_words(), random_words()
        target_in = torch.cat([torch.full((1, sentences), START), target[:-1]])
        batches.append((source, target_in, target.view(-1)))
    return batches


def measure_training(torch, model, batches: list, args) -> dict:
    parameters = list(model.parameters())
    kind = {"foreach": True}
    if tuple(int(x) for x in torch.__version__.split(".")[:2]) >= (2, 4):
        kind = {"fused": True}  # one pass over each parameter
    optimizer = torch.optim.Adam(parameters, lr=1e-4, **kind)
    fused = args.setting != "package"
    times = []
    for i in range(args.warmup + args.steps):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        model.loss(*batches[i % len(batches)], fused).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        times.append(time.perf_counter() - start)
    seconds = statistics.median(times[args.warmup:])
    return {
        "train_target_tokens_per_second": round(args.batch * args.length / seconds),
        "step_ms": round(1e3 * seconds, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def measure_decoding(torch, model, source, args) -> dict:
    model.eval()
    times = []
    with torch.inference_mode():
        for _ in range(1 + args.decodings):
            start = time.perf_counter()
            model.greedy(source, DECODING_STEPS)
            times.append(time.perf_counter() - start)
    seconds = statistics.median(times[1:])
    return {
        "decode_target_tokens_per_second": round(args.batch * DECODING_STEPS / seconds),
        "decode_ms": round(1e3 * seconds, 2),
    }


def kernels() -> str:
    """The name of the kernels that the loaded OpenBLAS took."""
    import ctypes
    with open("/proc/self/maps", encoding="ascii") as maps:
        paths = sorted({line.split()[-1] for line in maps if "libopenblas" in line})
    if not paths:
        return "another BLAS"
    name = ctypes.CDLL(paths[0]).openblas_get_corename
    name.restype = ctypes.c_char_p
    return name().decode()


def measure(args) -> dict:
    import torch
    from torch_models import make_model
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    width, words = SIZES[args.size]
    model = make_model(args.models, width, words, max(args.length, DECODING_STEPS))
    batches = make_batches(torch, words, args.length, args.batch, BATCHES)
    result = {
        "model": args.models, "setting": args.setting, "version": torch.__version__,
        "kernels": kernels(), "threads": args.threads, "width": width, "vocabulary": words,
        "sentences": args.batch, "length": args.length,
        "parameters": sum(p.numel() for p in model.parameters()),
    }
    result.update(measure_training(torch, model, batches, args))
    result.update(measure_decoding(torch, model, batches[0][0], args))
    return result


def check() -> dict:
    """Do the fused loss and the cached search agree with the plain ones? Stops if not."""
    import torch
    from torch_models import START, make_model
    for name in MODELS:
        torch.manual_seed(2)
        model = make_model(name, 64, 300, 25)
        source, target_in, target = make_batches(torch, 300, 9, 5, 1)[0]
        found = []
        for fused in (False, True):
            model.zero_grad()
            loss = model.loss(source, target_in, target, fused)
            (3 * loss).backward()
            found.append([loss.detach()] + [p.grad.clone() for p in model.parameters()])
        for plain, fused in zip(*found):
            if not torch.allclose(plain, fused, rtol=1e-4, atol=1e-6):
                sys.exit(f"{name}: the fused loss differs by {(plain - fused).abs().max()}")
        model.eval()
        with torch.no_grad():
            words = model.greedy(source, 12)
            words_in = torch.cat([torch.full((1, 5), START), words[:-1]])
            again = model.best_words(model.features(source, words_in)).view(12, 5)
        if not torch.equal(words, again):
            sys.exit(f"{name}: cached decoding differs from full recomputation")
    return {"agree": list(MODELS)}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=",".join(MODELS), help="separated by commas")
    parser.add_argument("--size", choices=list(SIZES), default="default",
                        help="default: width 256, 8000 words a side; tiny: 128, 4000")
    parser.add_argument("--length", type=int, default=25, help="positions of each sentence")
    parser.add_argument("--batch", type=int, default=64, help="sentences")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=15, help="measured training steps")
    parser.add_argument("--warmup", type=int, default=3, help="steps before them")
    parser.add_argument("--decodings", type=int, default=7, help="measured decodings of a batch")
    parser.add_argument("--setting", choices=["tuned", "environment", "package"], default="tuned")
    parser.add_argument("--core", help="OPENBLAS_CORETYPE of `tuned`; default: the fastest")
    parser.add_argument("--check", action="store_true",
                        help="check the fused loss and the cached decoding, measure nothing")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--probe", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    for name in args.models.split(","):
        if name not in MODELS:
            parser.error(f"no model '{name}'; the models are {', '.join(MODELS)}")
    if min(args.batch, args.threads, args.steps, args.decodings, args.length - 1) < 1:
        parser.error("--batch, --threads, --steps and --decodings must be 1 or more, --length 2")
    return args


def main() -> None:
    args = parse_arguments()
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(args.threads)
    if args.child or args.probe or args.check:
        print(json.dumps(probe() if args.probe else check() if args.check else measure(args)))
        return
    if importlib.util.find_spec("torch") is None:
        sys.exit(f"torch_peer.py: {sys.executable} has no PyTorch; as root: apt-get install "
                 "python3-torch, and run this with /usr/bin/python3")
    core = args.core
    if args.setting == "tuned" and not core:
        core = fastest_core(args.threads)
    environment = dict(os.environ)
    if args.setting != "package":
        environment = tuned_environment(core if args.setting == "tuned" else "")
    for name in args.models.split(","):
        result = run_child(sys.argv[1:] + ["--child", "--models", name], environment)
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Speed of seqlab and PyTorch on the same work, turn by turn.

For each size, number of threads and model, `seqlab bench` (single precision), the tuned PyTorch of
torch_peer.py and `seqlab bench` in bfloat16 run one after the other; that is a round. Figures are
medians over rounds of each run's median; ratios are taken within a round, where the machine was the
same to both, and then their median. The two other PyTorch settings are several times slower
and need no more than a rough figure, so they run in every third round, beginning with the first.
Three rounds take about 12 minutes on two cores, seven about 30. Nothing else should run meanwhile:
"others busy" is the largest number of cores that other programs used beside a run.

Run it through compare.sh, which finds a Python with PyTorch.
"""
import argparse
import csv
import io
import os
import pathlib
import statistics
import sys
import time

import measure
from torch_peer import MODELS, fastest_core

PEER = pathlib.Path(__file__).with_name("torch_peer.py")
SETTINGS = ("tuned", "environment", "package")
# Measured training steps, steps before them, measured decodings.
PEER_EFFORT = {"tuned": (8, 2, 4), "environment": (4, 1, 2), "package": (2, 1, 1)}

TRAINING, DECODING = "train_target_tokens_per_second", "decode_target_tokens_per_second"
# What the project set out to reach against the tuned PyTorch at length 25 and batch 64.
GOALS = {
    (TRAINING, "default", 1): (1.25, 1.2, 1.45, 1.25),
    (TRAINING, "default", 2): (1.6, 1.4, 1.9, 1.6),
    (TRAINING, "tiny", 1): (1.3, 1.3, 1.7, 1.6),
    (TRAINING, "tiny", 2): (1.6, 1.6, 2.2, 2.0),
    (DECODING, "default", 1): (1.5, 1.4, 1.6, 1.8),
    (DECODING, "default", 2): (1.7, 1.5, 2.0, 2.5),
}
LIMIT_SHARES = {TRAINING: "gemm_limit_share", DECODING: "decode_limit_share"}
OTHER_GOALS = {"environment": 2.0, "package": 4.0, "bf16": 1.6}
COLUMNS = ("round", "program", "setting", "size", "threads", "model", "parameters",
           TRAINING, "step_ms", DECODING, "decode_ms", "peak_memory_mb", "gflops",
           "gemm_limit_gflops", "gemm_limit_share", "decode_gflops", "decode_limit_share",
           "kernels", "version", "others_busy")


class Results:
    """All runs so far; `setting` is fp32 or bf16 for seqlab, else PyTorch's."""

    def __init__(self):
        self.runs = []

    def add(self, run: dict) -> None:
        self.runs.append(run)

    def of(self, size: str, threads: int, model: str, setting: str) -> list:
        where = (size, threads, model, setting)
        return [r for r in self.runs
                if (r["size"], r["threads"], r["model"], r["setting"]) == where]

    def median(self, size, threads, model, setting, column):
        """None where that was not run or not reported."""
        values = [r[column] for r in self.of(size, threads, model, setting) if column in r]
        return statistics.median(values) if values else None

    def ratio(self, case, ours, theirs, column):
        """Median over rounds of the ratio within a round; None where no round has both."""
        values = [{r["round"]: r[column] for r in self.of(*case, s) if column in r}
                  for s in (ours, theirs)]
        ratios = [values[0][n] / values[1][n] for n in values[0].keys() & values[1].keys()]
        return statistics.median(ratios) if ratios else None

    def ratio_at_limit(self, case, column):
        """To the tuned PyTorch, if all of seqlab's time went into products at the full rate."""
        ratio = self.ratio(case, "fp32", "tuned", column)
        share = self.median(*case, "fp32", LIMIT_SHARES[column])
        return ratio / share if ratio and share else None

    def cases(self) -> list:
        """(size, threads, model) in the order of their first run."""
        return list(dict.fromkeys((r["size"], r["threads"], r["model"]) for r in self.runs))

    def others_busy(self, case) -> float:
        return max(r["others_busy"] for r in self.runs
                   if (r["size"], r["threads"], r["model"]) == case)

    def as_csv(self) -> str:
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.runs)
        return text.getvalue()


def run_seqlab(args, size: str, threads: int, model: str, precision: str) -> dict:
    run = measure.bench(args.seqlab, model, size, args.length, args.batch, threads, args.steps,
                        precision)
    return {**run, "program": "seqlab", "setting": precision}


def run_peer(args, size: str, threads: int, model: str, setting: str, core: str) -> dict:
    steps, warmup, decodings = PEER_EFFORT[setting]
    run = measure.run([sys.executable, PEER, "--models", model, "--size", size, "--length",
                       args.length, "--batch", args.batch, "--threads", threads, "--steps",
                       min(steps, args.steps), "--warmup", warmup, "--decodings", decodings,
                       "--setting", setting, "--core", core])[0]
    return {**run, "program": "pytorch"}


def run_case(args, results: Results, number: int, size, threads, model, core) -> None:
    """One turn: every setting of one model."""
    plan = ["fp32"] + [s for s in SETTINGS if s in args.settings] + ["bf16"]
    for setting in plan:
        if setting in ("environment", "package") and number % 3 != 1:
            continue
        if setting == "bf16" and "bf16" not in args.precisions:
            continue
        if setting in ("fp32", "bf16"):
            run = run_seqlab(args, size, threads, model, setting)
        else:
            run = run_peer(args, size, threads, model, setting, core)
        run.update(round=number, size=size)
        results.add(run)
        measure.say(f"round {number}/{args.rounds}  {size:8}{threads} thread{'s' * (threads > 1):2}"
                    f"{model:13}{setting:12}{run[TRAINING]:8.0f}{run[DECODING]:9.0f} tokens/s"
                    f"   others busy {run['others_busy']:.2f}")
    ours, theirs = (results.median(size, threads, model, s, "parameters") for s in plan[:2])
    if theirs and abs(ours / theirs - 1) > 0.01:
        raise measure.Failure(f"{model}: seqlab has {ours} parameters, PyTorch {theirs}; they "
                              "must be equal to 1 %")


def number(value, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def against(ratio, goal=None) -> str:
    """Bold where it is below its goal."""
    text = number(ratio, 2)
    return f"**{text}**" if None not in (ratio, goal) and float(text) < goal else text


def quotient(ours, theirs) -> str:
    return number(ours / theirs if ours and theirs else None, 2)


def table(header: list, rows: list) -> str:
    lines = ["| " + " | ".join(header) + " |",
             "| --- | ---: | --- |" + " ---: |" * (len(header) - 3)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def speed_table(results: Results, column: str, goals_hold: bool) -> str:
    rows = []
    for case in results.cases():
        size, threads, model = case
        speed = {s: results.median(*case, s, column) for s in ("fp32", "tuned")}
        goals = GOALS.get((column, size, threads), (None,) * 4)[MODELS.index(model)]
        goal = goals if goals_hold else None
        others = {k: v if goals_hold and column == TRAINING and size == "default" else None
                  for k, v in OTHER_GOALS.items()}
        busy = results.others_busy(case)

        def to(ours, theirs, goal=None, case=case):
            return against(results.ratio(case, ours, theirs, column), goal)

        rows.append([size, str(threads), model, number(speed["fp32"]), number(speed["tuned"]),
                     to("fp32", "tuned", goal), number(goal, 2),
                     number(results.ratio_at_limit(case, column), 2),
                     to("fp32", "environment", others["environment"]),
                     to("fp32", "package", others["package"]),
                     to("bf16", "fp32", others["bf16"]), to("bf16", "tuned"),
                     f"{busy:.2f}" + (" !" if busy >= measure.NOISY else "")])
    return table(["size", "threads", "model", "seqlab", "PyTorch tuned", "to tuned", "at least",
                  "at the limit", "to environment", "to package", "bf16 to fp32", "bf16 to tuned",
                  "others busy"], rows)


def other_table(results: Results) -> str:
    rows = []
    for case in results.cases():
        size, threads, model = case

        def get(setting, column, threads=threads):
            return results.median(size, threads, model, setting, column)

        rates = []
        for rate, share in (("gflops", LIMIT_SHARES[TRAINING]),
                            ("decode_gflops", LIMIT_SHARES[DECODING])):
            share = get("fp32", share)
            rates += [number(get("fp32", rate)), "-" if share is None else f"{100 * share:.0f} %"]
        memory = get("fp32", "peak_memory_mb"), get("tuned", "peak_memory_mb")
        scaling = ["-", "-"]
        if threads > 1:
            scaling = [quotient(get("fp32", c), get("fp32", c, 1)) for c in (TRAINING, DECODING)]
        rows.append([size, str(threads), model, number(memory[0]), number(memory[1]),
                     quotient(*memory), *scaling, *rates])
    return table(["size", "threads", "model", "seqlab MB", "PyTorch MB", "ratio",
                  "training to 1 thread", "decoding to 1 thread", "training GFLOP/s",
                  "of the GEMM limit", "decoding GFLOP/s", "of the GEMM limit"],
                 rows)


def blas_environment() -> str:
    found = [f"{k}={v}" for k, v in sorted(os.environ.items()) if k.startswith("OPENBLAS_")]
    return ", ".join(found) if found else "no OPENBLAS variable set"


def report(args, results: Results, rounds: int) -> str:
    peers = [r for r in results.runs if r["program"] == "pytorch"]
    kernels = {s: "/".join(sorted({r["kernels"] for r in peers if r["setting"] == s}))
               for s in SETTINGS}
    version = peers[0]["version"] if peers else "-"
    return f"""# Speed against PyTorch

`experiments/benchmarks/compare.sh {' '.join(sys.argv[1:])}` on {time.strftime('%Y-%m-%d')}:
{measure.processor()}; PyTorch {version}.
Batches of {args.batch} sentences of {args.length} positions; size default: width 256, 8000 words;
tiny: 128, 4000. Medians over rounds ({rounds}), turn by turn; ratios within a round, above 1 where
seqlab is faster.

PyTorch runs in three settings: *tuned* as fast as it was made to run (OpenBLAS kernels:
{kernels['tuned'] or '-'}), *environment* the same with the kernels that this machine's environment
chooses ({kernels['environment'] or '-'}; {blas_environment()}), and *package*, as it comes.
seqlab always runs in the environment as it is. *Others busy*: cores that other programs used, at
worst; from {measure.NOISY} on (!), do not trust figures of two threads. A ratio in bold is below
what was set as a goal; *at the limit* is what it would be if all of seqlab's time went into matrix
products at the full rate of a large one (last table): a goal above that cannot be reached with the
same arithmetic and products.

## Training, target tokens a second

{speed_table(results, TRAINING, args.length == 25 and args.batch == 64)}

## Greedy decoding, target tokens a second

{speed_table(results, DECODING, args.length == 25 and args.batch == 64)}

## Memory, threads and the limit

Peak memory of a training process (PyTorch's includes its interpreter and libraries), speed against
one thread, counted floating-point operations of matrix products, and their share of what a large
matrix product reached in the same run. All in single precision.

{other_table(results)}
"""


def write_report(args, results: Results, rounds: int) -> None:
    text = report(args, results, rounds)
    if args.output is None:
        print(text)
        return
    measure.write_whole(args.output.with_suffix(".csv"), results.as_csv())
    measure.write_whole(args.output.with_suffix(".md"), text)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="compare.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)

    def several(valid):
        def parse(text):
            values = text.split(",")
            for value in values:
                if value not in valid:
                    raise argparse.ArgumentTypeError(f"no '{value}'; valid: {', '.join(valid)}")
            return values
        return parse

    def counts(text):
        return [positive(word) for word in text.split(",")]

    def positive(text):
        if not text.isdecimal() or int(text) < 1:
            raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 1 on")
        return int(text)

    parser.add_argument("--models", type=several(MODELS), default=list(MODELS), metavar="A,B",
                        help=f"of {', '.join(MODELS)}")
    parser.add_argument("--size", type=several(("default", "tiny")), default=["default", "tiny"],
                        metavar="A,B", help="of default, tiny")
    parser.add_argument("--threads", type=counts, default=[1, 2], metavar="N,N",
                        help="default: 1,2")
    parser.add_argument("--settings", type=several(SETTINGS), default=list(SETTINGS),
                        metavar="A,B", help=f"of PyTorch, of {', '.join(SETTINGS)}")
    parser.add_argument("--precisions", type=several(("fp32", "bf16")), default=["fp32", "bf16"],
                        metavar="A,B", help="of seqlab; fp32 always runs")
    parser.add_argument("--rounds", type=positive, default=3, metavar="N", help="default: 3")
    parser.add_argument("--length", type=positive, default=25, metavar="N",
                        help="positions of each sentence; default: 25")
    parser.add_argument("--batch", type=positive, default=64, metavar="N",
                        help="sentences; default: 64")
    parser.add_argument("--steps", type=positive, default=8, metavar="N",
                        help="measured training steps of a run; default: 8")
    parser.add_argument("--seqlab", type=pathlib.Path, default=measure.ROOT / "build/seqlab",
                        metavar="FILE", help="the program; default: build/seqlab")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE",
                        help="write FILE.md (the tables) and FILE.csv (every run), after each "
                        "round; without it the tables are printed")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    if "bf16" in args.precisions and not measure.has_bf16():
        measure.say("This processor has no bfloat16 products: those runs are left out.")
        args.precisions.remove("bf16")
    cores = {threads: "" for threads in args.threads}
    if "tuned" in args.settings:
        measure.say("Choosing the fastest OpenBLAS kernels for PyTorch ...")
        cores = {threads: fastest_core(threads) for threads in args.threads}
    results = Results()
    for number_of_round in range(1, args.rounds + 1):
        for size in args.size:
            for threads in args.threads:
                for model in args.models:
                    run_case(args, results, number_of_round, size, threads, model, cores[threads])
        if args.output or number_of_round == args.rounds:
            write_report(args, results, number_of_round)


if __name__ == "__main__":
    measure.main(main)

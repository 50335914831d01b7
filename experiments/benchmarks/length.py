#!/usr/bin/env python3
"""Cost against length: time and memory of training, model by model.

Runs `seqlab bench` (size default, single precision) at each length, and writes a table and the
figure of plots/cost_length.gp: PREFIX.tsv, PREFIX.svg, PREFIX.png. Recurrent models should cost in
proportion to the length; attention adds what its products count. Takes about eight minutes, in
which nothing else should run.

Columns of the table:
  model, length, sentences     source and target have `length` positions each
  step_ms                      a training step: forward, backward, clipping, Adam
  sentence_ms                  the same for one sentence
  counted_sentence_ms          what its counted products take at the speed of the best product
  peak_mb                      largest resident memory of the training process
  decode_sentence_ms           greedy search for 25 words, given a source of `length`
  others_busy                  cores that other programs used meanwhile
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import tempfile

import measure
from torch_peer import MODELS

LENGTHS = (16, 32, 64, 128, 256, 512)
COLUMNS = ("model", "length", "sentences", "step_ms", "sentence_ms", "counted_sentence_ms",
           "peak_mb", "decode_sentence_ms", "others_busy")


def measure_length(args, model: str, length: int) -> dict:
    run = measure.bench(args.seqlab, model, "default", length, args.batch, args.threads,
                        args.steps)
    counted_ms = 1e3 * run["gflop_per_step"] / run["gemm_limit_gflops"]
    row = {
        "model": model, "length": length, "sentences": args.batch, "step_ms": run["step_ms"],
        "sentence_ms": run["step_ms"] / args.batch, "counted_sentence_ms": counted_ms / args.batch,
        "peak_mb": run["peak_memory_mb"],
        "decode_sentence_ms": run["decode_ms"] / args.batch,
        "others_busy": run["others_busy"],
    }
    measure.say(f"{model:13}{length:5}{row['step_ms']:10.1f} ms a step{row['peak_mb']:8.0f} MB"
                f"   others busy {row['others_busy']:.2f}")
    return row


def table(rows: list) -> str:
    def text(value) -> str:
        return f"{value:.5g}" if isinstance(value, float) else str(value)
    lines = ["\t".join(COLUMNS)]
    lines += ["\t".join(text(row[c]) for c in COLUMNS) for row in rows]
    return "\n".join(lines) + "\n"


def draw(args, data: pathlib.Path, kind: str) -> None:
    plots = measure.ROOT / "plots"
    figure = args.output.with_name(f"{args.output.name}.{kind}")
    subject = (f"Training against length: {args.batch} sentences a batch, {args.threads} "
               f"thread{'s' * (args.threads > 1)}, width 256, 8000 words")
    with tempfile.TemporaryDirectory(dir=figure.parent) as folder:
        whole = pathlib.Path(folder) / figure.name
        variables = {"folder": plots, "data": data, "models": " ".join(args.models),
                     "subject": subject, "format": kind, "output": whole}
        settings = "; ".join(f"{name} = '{value}'" for name, value in variables.items())
        subprocess.run(["gnuplot", "-e", settings, plots / "cost_length.gp"], check=True)
        os.replace(whole, figure)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=",".join(MODELS), metavar="A,B")
    parser.add_argument("--lengths", default=",".join(map(str, LENGTHS)), metavar="N,N")
    parser.add_argument("--batch", type=int, default=32, metavar="N", help="sentences; default: 32")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="default: 1")
    parser.add_argument("--steps", type=int, default=4, metavar="N",
                        help="measured training steps of a run; default: 4")
    parser.add_argument("--seqlab", type=pathlib.Path, default=measure.ROOT / "build/seqlab",
                        metavar="FILE", help="the program; default: build/seqlab")
    parser.add_argument("--output", type=pathlib.Path, metavar="PREFIX",
                        default=measure.ROOT / "results/cost_length",
                        help="default: results/cost_length")
    args = parser.parse_args()
    args.models = args.models.split(",")
    try:
        args.lengths = [int(length) for length in args.lengths.split(",")]
    except ValueError:
        parser.error(f"--lengths '{args.lengths}': expected whole numbers, separated by commas")
    return args


def main() -> None:
    args = parse_arguments()
    if shutil.which("gnuplot") is None:
        raise measure.Failure("gnuplot is missing; as root: apt-get install gnuplot-nox")
    data = args.output.with_name(args.output.name + ".tsv")
    rows = []
    for model in args.models:
        rows += [measure_length(args, model, length) for length in args.lengths]
        measure.write_whole(data, table(rows))
    for kind in ("svg", "png"):
        draw(args, data, kind)


if __name__ == "__main__":
    measure.main(main)

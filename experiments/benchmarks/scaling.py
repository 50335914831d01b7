#!/usr/bin/env python3
"""Where more machines stop paying: measured compute and a model of the network.

An update of N nodes that share a batch of B sentences takes

    T(N) = t(B / N) + 2 (N - 1) (latency + bytes / (N bandwidth)) + bytes / memory
           + 3 log2(N) latency

t(b) is the measured time of a whole update of b sentences on one node (forward, backward, sum over
threads, clipping, Adam). The second term is the all-to-all of the pieces of the gradient and the
gathering of their sums, in N - 1 messages each; the third adds the pieces up; the last is for the
three small reductions of an update (losses, operations, requests to stop).

    scaling.py measure > compute.json      # runs `seqlab bench` for several batch sizes
    scaling.py report compute.json --output results/reference/scaling
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys

from measure import ROOT, Failure, main, run

# Latency [s] and bandwidth [bytes/s] of a node; where they are from is in results/scaling.md.
NETWORKS = {
    "1 Gb/s Ethernet, TCP": (23e-6, 1e9 / 8),
    "40 Gb/s Ethernet, kernel bypass": (1.93e-6, 37.23e9 / 8),
    "100 Gb/s InfiniBand": (1e-6, 100e9 / 8),
}
FASTEST = list(NETWORKS)[-1]
MEMORY = 40e9  # bytes/s of a node in long sums; its peak is 56e9
GRADIENT_BYTES = 4
BACKWARD = 2 / 3  # share of an update during which gradients could travel already
OPTIMIZER_BYTES = 32  # a parameter: the norm reads 4, Adam reads 16 and writes 12
NODES = [2**i for i in range(11)]
SENTENCES = [64, 1024, 16384]
WEAK = 64  # sentences a node


class Compute:
    """The measured time of an update of one model on one node, by the number of sentences."""

    def __init__(self, rows):
        rows = sorted(rows, key=lambda row: row["batch"])
        self.points = [(row["batch"], row["step_ms"] / 1e3) for row in rows]
        self.parameters = rows[0]["parameters"]
        self.tokens = rows[0]["length"]
        self.threads = rows[0]["threads"]

    def seconds(self, sentences):
        """Linear between the measured batches and beyond the largest."""
        points = self.points
        if sentences < points[0][0]:
            return points[0][1]  # a node cannot do less than its smallest batch
        right = 1
        while right < len(points) - 1 and points[right][0] < sentences:
            right += 1
        (b0, t0), (b1, t1) = points[right - 1], points[right]
        return t0 + (t1 - t0) * (sentences - b0) / (b1 - b0)

    def smallest(self):
        return self.points[0][0]


def communication(parameters, nodes, network, number_bytes=GRADIENT_BYTES, tree=False):
    if nodes == 1:
        return 0.0
    latency, bandwidth = NETWORKS[network]
    size = parameters * number_bytes
    messages = 2 * math.log2(nodes) if tree else 2 * (nodes - 1)
    return (messages * latency + 2 * (nodes - 1) / nodes * size / bandwidth + size / MEMORY
            + 3 * math.log2(nodes) * latency)


def update(compute, sentences, nodes, network, overlap=False, share_optimizer=False, speed=1,
           **options):
    """Seconds of an update of `nodes` that share `sentences`; a node is `speed` measured ones.
    With `share_optimizer` each node updates only the parameters whose gradients it has added up,
    and hands over those instead of the gradients."""
    own = compute.seconds(sentences / nodes / speed)
    if share_optimizer:
        own -= (1 - 1 / nodes) * compute.parameters * OPTIMIZER_BYTES / MEMORY
    talk = communication(compute.parameters, nodes, network, **options)
    return own + (max(0.0, talk - BACKWARD * own) if overlap else talk)


def efficiency(compute, sentences, nodes, network, **options):
    alone = update(compute, sentences, 1, network, speed=options.get("speed", 1))
    return alone / (nodes * update(compute, sentences, nodes, network, **options))


def last_that_pays(compute, sentences, network, threshold=0.5, **options):
    """The largest number of nodes with at least this efficiency, and the speed-up there."""
    pays = 1
    for nodes in NODES:
        if sentences / nodes / options.get("speed", 1) < compute.smallest():
            break
        if efficiency(compute, sentences, nodes, network, **options) >= threshold:
            pays = nodes
    return pays, pays * efficiency(compute, sentences, pays, network, **options)


def measure(arguments):
    rows = []
    for size in arguments.sizes.split(","):
        for batch in map(int, arguments.batches.split(",")):
            command = [arguments.seqlab, "bench", "--json", "--no-decode", "--size", size,
                       "--models", arguments.models, "--batch", batch,
                       "--threads", arguments.threads, "--steps", arguments.steps]
            for row in run(command):
                rows.append({"model": row["model"], "size": size, "batch": batch, "length": 25,
                             "threads": arguments.threads, "parameters": row["parameters"],
                             "step_ms": row["step_ms"]})
    json.dump(rows, sys.stdout, indent=1)
    print()


def load(file):
    by_model = {}
    with open(file, encoding="utf-8") as stream:
        for row in json.load(stream):
            by_model.setdefault((row["model"], row["size"]), []).append(row)
    return {name: Compute(rows) for name, rows in by_model.items()}


def table(header, rows):
    texts = sum(not any(character.isdigit() for character in cell) for cell in rows[0][:2])
    print("| " + " | ".join(header) + " |")
    print("| --- " * texts + "| ---: " * (len(header) - texts) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def report_strong(models):
    for sentences in SENTENCES:
        print(f"Fixed batch of {sentences:,} sentences: most nodes with an efficiency of at least "
              "50 % (speed-up there)\n")
        rows = []
        for (model, size), compute in models.items():
            cells = [last_that_pays(compute, sentences, network) for network in NETWORKS]
            rows.append([model, size, f"{compute.parameters / 1e6:.1f}",
                         *(f"{nodes:,} ({gain:.3g})" for nodes, gain in cells)])
        table(["model", "size", "million parameters", *NETWORKS], rows)


def report_weak(models):
    print(f"Fixed batch of {WEAK} sentences a node: efficiency with 2, 32 and 1,024 nodes\n")
    rows = []
    for (model, size), compute in models.items():
        cells = [" / ".join(f"{100 * efficiency_weak(compute, nodes, network):.0f} %"
                            for nodes in (2, 32, 1024)) for network in NETWORKS]
        rows.append([model, size, f"{1e3 * compute.seconds(WEAK):.0f}", *cells])
    table(["model", "size", "ms alone", *NETWORKS], rows)


def efficiency_weak(compute, nodes, network):
    return compute.seconds(WEAK) / update(compute, WEAK * nodes, nodes, network)


def report_changes(compute, name):
    changes = [
        ("as it is", {}, 1),
        ("overlap with the backward pass", {"overlap": True}, 1),
        ("gradients sent in bfloat16", {"number_bytes": 2}, 1),
        ("messages in a tree, log2(N) steps", {"tree": True}, 1),
        ("optimizer shared out", {"share_optimizer": True}, 1),
        ("all four", {"overlap": True, "number_bytes": 2, "tree": True, "share_optimizer": True}, 1),
        ("4 batches accumulated (or a batch 4 times as large)", {}, 4),
        ("nodes of 64 cores, added up inside first", {"speed": 32}, 1),
    ]
    print(f"What moves the point, {name}, fixed batch of 1,024 and 16,384 sentences\n")
    rows = []
    for change, options, factor in changes:
        cells = []
        for network in (list(NETWORKS)[0], FASTEST):
            for sentences in (1024, 16384):
                nodes, gain = last_that_pays(compute, factor * sentences, network, **options)
                cells.append(f"{nodes:,} ({gain:.3g})")
        rows.append([change, *cells])
    header = ["change"]
    for network in (list(NETWORKS)[0], FASTEST):
        header += [f"{network}: 1,024", f"{network}: 16,384"]
    table(header, rows)


def write_curves(compute, file):
    """A row for each number of nodes: for each network the efficiencies of the fixed batches of
    1,024 and 16,384 sentences (NaN where a node would have less than its smallest batch) and of the
    fixed batch a node."""
    with open(file, "w", encoding="utf-8") as stream:
        stream.write("nodes")
        for network in NETWORKS:
            stream.write(f"\t{network}: 1024\t{network}: 16384\t{network}: {WEAK} a node")
        stream.write("\n")
        for nodes in NODES:
            stream.write(str(nodes))
            for network in NETWORKS:
                for sentences in SENTENCES[1:]:
                    possible = sentences / nodes >= compute.smallest()
                    value = efficiency(compute, sentences, nodes, network) if possible else math.nan
                    stream.write(f"\t{100 * value:.3f}".replace("nan", "NaN"))
                stream.write(f"\t{100 * efficiency_weak(compute, nodes, network):.3f}")
            stream.write("\n")


def report(arguments):
    models = load(arguments.compute)
    chosen = (arguments.model, arguments.size)
    if chosen not in models:
        raise Failure(f"{arguments.compute} has no {' '.join(chosen)}; it has "
                      + ", ".join(" ".join(name) for name in models))
    report_strong(models)
    report_weak(models)
    report_changes(models[chosen], " ".join(chosen))
    folder = pathlib.Path(arguments.output)
    folder.mkdir(parents=True, exist_ok=True)
    write_curves(models[chosen], folder / "scaling.tsv")
    plots = ROOT / "plots"
    for kind in arguments.format.split(","):
        variables = (f"folder='{plots}'; data='{folder}/scaling.tsv'; format='{kind}'; "
                     f"output='{folder}/scaling.{kind}'; subject='{' '.join(chosen)}, "
                     f"{models[chosen].parameters / 1e6:.1f} million parameters'")
        subprocess.run(["gnuplot", "-e", variables, str(plots / "scaling.gp")], check=True)


def parse_and_run():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    measuring = commands.add_parser("measure", help="time updates, print JSON")
    measuring.add_argument("--seqlab", default="build/seqlab")
    measuring.add_argument("--models", default="rnn,lstm,bahdanau,transformer")
    measuring.add_argument("--sizes", default="default,tiny")
    measuring.add_argument("--batches", default="2,4,8,16,32,64")
    measuring.add_argument("--threads", type=int, default=2)
    measuring.add_argument("--steps", type=int, default=5)
    measuring.set_defaults(run=measure)
    reporting = commands.add_parser("report", help="print tables, write and draw curves")
    reporting.add_argument("compute", help="what `measure` printed")
    reporting.add_argument("--output", required=True, help="folder of scaling.tsv and the figure")
    reporting.add_argument("--model", default="transformer", help="of the figure")
    reporting.add_argument("--size", default="default", help="of the figure")
    reporting.add_argument("--format", default="svg", help="svg, png, pdf, or several: svg,png")
    reporting.set_defaults(run=report)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main(parse_and_run)

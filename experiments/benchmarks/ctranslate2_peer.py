#!/usr/bin/env python3
"""Beam search of seqlab against CTranslate2, with the same Transformer.

Puts the weights of a run into CTranslate2's format, translates the same lines with both, turn by
turn, and says how fast each was and whether they found the same translations. Both search with
single precision, the same beam, batches of as many sentences sorted by length, no length penalty
(theirs are defined differently) and one thread for each batch. CTranslate2's time is from lines of
text to lines of text in a process that has loaded the model; seqlab's is that of the program, less
that of a run on no lines. Give them a thousand lines or more: the first batches of either pay for
the first touch of their memory.

Marian, the other engine of this field, cannot be given these weights: its decoder starts from a
zero vector instead of the embedding of a begin mark, and its sinusoids have other rates.

Needs a Python with ctranslate2 and sentencepiece, for example:
  python3 -m venv VENV && VENV/bin/pip install ctranslate2 sentencepiece
  VENV/bin/python ctranslate2_peer.py RUN --input verses.test.es
"""
import argparse
import configparser
import importlib.util
import json
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import measure

LONGEST = 1024  # positions; sinusoids, so there is no other limit


def read_weights(path: pathlib.Path) -> dict:
    import numpy
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    weights = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            raise measure.Failure(f"{path}: {name} is {entry['dtype']}, expected F32")
        begin, end = entry["data_offsets"]
        flat = numpy.frombuffer(data[8 + size + begin:8 + size + end], dtype="<f4")
        weights[name] = flat.reshape(entry["shape"])
    return weights


def model_options(run: pathlib.Path) -> dict:
    config = configparser.ConfigParser(interpolation=None)
    if not config.read(run / "config.cfg", encoding="utf-8"):
        raise measure.Failure(f"{run} is no run: it has no config.cfg")
    sections = [s for s in config.sections() if s.startswith("model.")]
    options = dict(config[sections[0]]) if sections else {}
    heads = options.get("heads")
    expected = {"encoder": ("transformer",), "decoder": ("transformer",), "memory": ("all",),
                "positions": ("sinusoidal",), "reverse_source": ("false",), "norm": ("pre",),
                "activation": ("relu",), "normalization": ("layer", None),
                "kv_heads": ("0", heads, None)}
    for key, values in expected.items():
        if options.get(key) not in values:
            raise measure.Failure(f"{run}: {key} = {options.get(key)}; this comparison takes only "
                                  f"models with {key} = {values[0]}")
    if config["data"]["tokenizer"] != "sentencepiece" or config["data"]["joint"] != "true":
        raise measure.Failure(f"{run}: expected tokenizer = sentencepiece and joint = true")
    return options


def sentencepiece_model(run: pathlib.Path) -> bytes:
    """The vocabulary file of a run is a line of text and SentencePiece's own file."""
    return (run / "joint.vocab").read_bytes().split(b"\n", 1)[1]


def sinusoids(width: int):
    """sin and cos of a rate beside each other; CTranslate2's own have them in two halves."""
    import numpy
    rates = numpy.exp(-numpy.log(10000.0) * numpy.arange(0, width, 2) / width)
    angles = numpy.arange(LONGEST)[:, None] * rates[None, :]
    table = numpy.stack([numpy.sin(angles), numpy.cos(angles)], axis=2)
    return table.reshape(LONGEST, width).astype(numpy.float32)


def fill_attention(spec, weights: dict, name: str, fused: list) -> None:
    """`fused`: the projections that CTranslate2 has in one product, in its order."""
    import numpy
    for linear, parts in zip(spec.linear, fused + [["output"]]):
        linear.weight = numpy.concatenate([weights[f"{name}.{p}.weight"] for p in parts])
        linear.bias = numpy.concatenate([weights[f"{name}.{p}.bias"][0] for p in parts])
    fill_norm(spec.layer_norm, weights, name + ".norm")


def fill_norm(spec, weights: dict, name: str) -> None:
    spec.gamma, spec.beta = weights[name + ".gain"][0], weights[name + ".bias"][0]


def fill_feed_forward(spec, weights: dict, name: str) -> None:
    for linear, part in ((spec.linear_0, "inner"), (spec.linear_1, "outer")):
        linear.weight = weights[f"{name}.{part}.weight"]
        linear.bias = weights[f"{name}.{part}.bias"][0]
    fill_norm(spec.layer_norm, weights, name + ".norm")


def convert(run: pathlib.Path, folder: pathlib.Path) -> None:
    """Writes the model of a run as a CTranslate2 model."""
    import sentencepiece
    from ctranslate2.specs import TransformerSpec
    options, weights = model_options(run), read_weights(run / "best.safetensors")
    layers = int(options["encoder_layers"]), int(options["decoder_layers"])
    spec = TransformerSpec.from_config(layers, int(options["heads"]), pre_norm=True)
    target = weights["decoder.embedding"]
    source = weights.get("encoder.embedding", target)
    spec.encoder.embeddings[0].weight = source
    spec.decoder.embeddings.weight = target
    for side, name in ((spec.encoder, "encoder"), (spec.decoder, "decoder")):
        side.scale_embeddings = True
        side.position_encodings.encodings = sinusoids(target.shape[1])
        fill_norm(side.layer_norm, weights, name + ".norm")
        for index, layer in enumerate(side.layer):
            where = f"{name}.layer{index}"
            fill_attention(layer.self_attention, weights, where + ".self_attention",
                           [["query", "key", "value"]])
            if name == "decoder":
                fill_attention(layer.attention, weights, where + ".cross_attention",
                               [["query"], ["key", "value"]])
            fill_feed_forward(layer.ffn, weights, where + ".feed_forward")
    spec.decoder.projection.weight = target
    spec.decoder.projection.bias = weights["output.bias"][0]

    pieces = sentencepiece.SentencePieceProcessor(model_proto=sentencepiece_model(run))
    tokens = [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())]
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.config.add_source_eos = True
    spec.validate()
    spec.optimize()
    folder.mkdir()
    spec.save(str(folder))


def translate(args) -> dict:
    """In a process of its own: CTranslate2's translations, scores and seconds."""
    import ctranslate2
    import sentencepiece
    pieces = sentencepiece.SentencePieceProcessor(model_proto=sentencepiece_model(args.run))
    translator = ctranslate2.Translator(str(args.model), device="cpu", compute_type="float32",
                                        inter_threads=args.threads[0], intra_threads=1)
    lines = args.input.read_text(encoding="utf-8").splitlines()
    start = time.perf_counter()
    results = translator.translate_batch(
        pieces.encode(lines, out_type=str), beam_size=args.beam, max_batch_size=args.batch,
        length_penalty=0, return_scores=True, max_decoding_length=LONGEST)
    texts = pieces.decode([r.hypotheses[0] for r in results])
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "texts": texts, "scores": [r.scores[0] for r in results],
            "tokens": sum(len(r.hypotheses[0]) + 1 for r in results)}


def run_ctranslate2(args, model: pathlib.Path, threads: int, mkl: str) -> dict:
    command = [sys.executable, __file__, args.run, "--input", args.input, "--beam", args.beam,
               "--batch", args.batch, "--threads", threads, "--model", model]
    environment = {**os.environ, "CT2_USE_MKL": mkl, "OMP_NUM_THREADS": "1"}
    child = subprocess.run([str(word) for word in command], env=environment,
                           stdout=subprocess.PIPE, text=True)
    if child.returncode != 0:
        raise measure.Failure(f"CTranslate2 ended with status {child.returncode}")
    return json.loads(child.stdout)


def seconds_of_seqlab(args, threads: int, lines: pathlib.Path) -> tuple:
    """Seconds and output; the output's lines are: number ||| translation ||| score."""
    command = [args.seqlab, "translate", args.run, "--input", lines, "--beam", args.beam,
               "--batch", args.batch, "--threads", threads, "--length-penalty", "none",
               "--nbest", 1]
    start = time.perf_counter()
    child = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    seconds = time.perf_counter() - start
    if child.returncode != 0:
        raise measure.Failure(f"seqlab ended with status {child.returncode}")
    return seconds, child.stdout


def run_seqlab(args, threads: int, nothing: pathlib.Path) -> dict:
    loading, _ = seconds_of_seqlab(args, threads, nothing)
    seconds, text = seconds_of_seqlab(args, threads, args.input)
    fields = [line.split(" ||| ") for line in text.splitlines()]
    return {"seconds": seconds - loading, "texts": [f[1] for f in fields],
            "scores": [float(f[2]) for f in fields]}


def compare(args, folder: pathlib.Path) -> str:
    import ctranslate2
    convert(args.run, folder / "model")
    nothing = folder / "nothing"
    nothing.write_text("")
    trials = {mkl: run_ctranslate2(args, folder / "model", 1, mkl) for mkl in ("0", "1")}
    mkl = min(trials, key=lambda m: trials[m]["seconds"])
    rows = []
    for threads in args.threads:
        ours, theirs = [], []
        for number in range(1, args.rounds + 1):
            ours.append(run_seqlab(args, threads, nothing))
            theirs.append(run_ctranslate2(args, folder / "model", threads, mkl))
            measure.say(f"round {number}/{args.rounds}  threads {threads}  seqlab "
                        f"{ours[-1]['seconds']:.2f} s  CTranslate2 {theirs[-1]['seconds']:.2f} s")
        seconds = [statistics.median(r["seconds"] for r in runs) for runs in (ours, theirs)]
        tokens = [theirs[0]["tokens"] / s for s in seconds]
        ratio = statistics.median(b["seconds"] / a["seconds"] for a, b in zip(ours, theirs))
        rows.append(f"| {threads} | {tokens[0]:,.0f} | {tokens[1]:,.0f} | {ratio:.2f} |")
    return report(args, ctranslate2.__version__, mkl, rows, ours[0], theirs[0])


def report(args, version: str, mkl: str, rows: list, ours: dict, theirs: dict) -> str:
    options = model_options(args.run)
    count = len(ours["texts"])
    same = sum(a == b for a, b in zip(ours["texts"], theirs["texts"]))
    equal = sum(abs(a - b) < 1e-3 * max(1.0, abs(a))
                for a, b in zip(ours["scores"], theirs["scores"]))
    better = sum(a > b + 1e-3 * max(1.0, abs(a)) for a, b in zip(ours["scores"], theirs["scores"]))
    means = [statistics.mean(r["scores"]) for r in (ours, theirs)]
    table = "\n".join(rows)
    library = "MKL" if mkl == "1" else "oneDNN"
    layers = f"{options['encoder_layers']} + {options['decoder_layers']}"
    shape = f"width {options['width']}, {layers} layers, {options['heads']} heads"
    shares = [f"{100 * value / count:.1f} %" for value in (same, equal, better)]
    return f"""# Beam search against CTranslate2

`experiments/benchmarks/ctranslate2_peer.py`, {time.strftime('%Y-%m-%d')}: {measure.processor()};
CTranslate2 {version} with {library}, the faster of its two libraries here.
Transformer of {shape}; beam {args.beam}, batches of {args.batch}, single
precision; {count} lines of {args.input.name}, {theirs['tokens']} target tokens.
Medians over rounds ({args.rounds}), turn by turn; the ratio is taken within a round.

| threads | seqlab, tokens/s | CTranslate2, tokens/s | ratio |
| ---: | ---: | ---: | ---: |
{table}

{shares[0]} of the translations are the same. {shares[1]} have the same log-probability (to
0.1 %), {shares[2]} a better one with seqlab; the mean is {means[0]:.4f} with seqlab and
{means[1]:.4f} with CTranslate2.
"""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=pathlib.Path, metavar="RUN",
                        help="a run of a Transformer with a joint SentencePiece vocabulary")
    parser.add_argument("--input", type=pathlib.Path, required=True, metavar="FILE",
                        help="lines to translate")
    parser.add_argument("--beam", type=int, default=5, metavar="N", help="default: 5")
    parser.add_argument("--batch", type=int, default=64, metavar="N",
                        help="sentences decoded together; default: 64")
    parser.add_argument("--threads", default="1,2", metavar="N,N", help="default: 1,2")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default: 3")
    parser.add_argument("--seqlab", type=pathlib.Path, default=measure.ROOT / "build/seqlab",
                        metavar="FILE", help="the program; default: build/seqlab")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE.md",
                        help="write the report there instead of printing it")
    parser.add_argument("--model", type=pathlib.Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.threads = [int(word) for word in args.threads.split(",")]
    return args


def main() -> None:
    args = parse_arguments()
    for module in ("ctranslate2", "sentencepiece"):
        if importlib.util.find_spec(module) is None:
            raise measure.Failure(f"{sys.executable} has no {module}: make a virtual environment "
                                  "and install it there: pip install ctranslate2 sentencepiece")
    if not args.input.is_file():
        raise measure.Failure(f"there is no file {args.input}")
    if args.model is not None:
        print(json.dumps(translate(args)))
        return
    with tempfile.TemporaryDirectory() as folder:
        text = compare(args, pathlib.Path(folder))
    if args.output is None:
        print(text)
    else:
        measure.write_whole(args.output, text)


if __name__ == "__main__":
    measure.main(main)

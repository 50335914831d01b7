#!/usr/bin/env python3
"""Writes significance.json: sacreBLEU's paired tests, for tests/evaluation/significance_test.cpp.

    python3 -m venv VENV && VENV/bin/pip install sacrebleu==2.6.0
    VENV/bin/python tests/golden/significance_golden.py > tests/golden/significance.json

References are seeded random sentences; a system is the references with some words replaced, dropped
or exchanged, more often in worse systems. The first system of a case is the baseline.
"""

import json
import logging
import os
import random

import numpy
import sacrebleu
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import PairedTest

logging.disable(logging.CRITICAL)  # advice on options that are chosen here on purpose

WORDS = ("the a of and in beginning light darkness waters firmament heaven earth day night . , "
         "was were said called saw divided God it that good evening morning first").split()


def reference(rng):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(4, 14)))


def translation(rng, sentence, damage):
    words = sentence.split(" ")
    for i in range(len(words)):
        if rng.random() < damage:
            words[i] = rng.choice(["", rng.choice(WORDS), words[rng.randrange(len(words))]])
    return " ".join(word for word in words if word)


def metrics():
    return {"bleu": BLEU(force=True), "chrf": CHRF(), "chrf++": CHRF(word_order=2)}


def paired(systems, references, kind, seed):
    """Per metric, a list with an entry for each system, the baseline first."""
    os.environ["SACREBLEU_SEED"] = str(seed)
    _, scores = PairedTest(systems, metrics(), [references], test_type=kind)()
    return {name: [{key: None if value is None else float(value)
                    for key, value in vars(result).items()} for result in results]
            for name, results in zip(metrics(), list(scores.values())[1:])}


def case(rng, sentences, damages, seed):
    references = [reference(rng) for _ in range(sentences)]
    systems = [("system%d" % i, [translation(rng, line, damage) for line in references])
               for i, damage in enumerate(damages)]
    return {"seed": seed, "references": references, "systems": [lines for _, lines in systems],
            "bootstrap": paired(systems, references, "bs", seed),
            "randomisation": paired(systems, references, "ar", seed)}


def generator(seed):
    indices = {str(bound): numpy.random.default_rng(seed).choice(bound, size=(4, 5)).ravel().tolist()
               for bound in (1, 2, 7, 1000, 2**31 + 1)}
    coins = numpy.random.default_rng(seed).integers(2, size=(2, 35), dtype=bool).ravel()
    return {"seed": seed, "indices": indices, "coins": "".join("01"[int(coin)] for coin in coins)}


def main():
    rng = random.Random(2004)
    cases = [case(rng, 60, [0.3, 0.3, 0.25, 0.15], 12345),
             case(rng, 97, [0.2, 0.21, 0.3], 7),
             case(rng, 5, [0.3, 0.1], 12345)]
    print(json.dumps({"sacrebleu": sacrebleu.__version__, "numpy": numpy.__version__,
                      "generators": [generator(seed) for seed in (0, 1, 12345, 2**32 - 1)],
                      "cases": cases}, indent=0))


if __name__ == "__main__":
    main()

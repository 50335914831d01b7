#!/usr/bin/env python3
"""Writes sacrebleu.json: what sacreBLEU makes of sentences, for tests/evaluation/sacrebleu_test.cpp.

    python3 -m venv VENV && VENV/bin/pip install sacrebleu==2.6.0
    VENV/bin/python tests/golden/sacrebleu_golden.py > tests/golden/sacrebleu.json

The sentences are a hand-written pool and seeded corruptions of it. A case names its sentences by
their index in the pool; a corpus is a list of hypotheses and one list of sentences per reference.
"""

import json
import logging
import random

import sacrebleu
from sacrebleu.metrics import BLEU, CHRF

logging.disable(logging.CRITICAL)  # advice on options that are chosen here on purpose

HAND_WRITTEN = [
    "",
    " ",
    ".",
    "yes",
    "Yes .",
    "the cat",
    "the cat sat",
    "The cat sat on the mat.",
    "the cat sat on the mat .",
    "A cat was sitting on the mat, and the mat was on the floor.",
    "the the the the the the the",
    "And God said, Let there be light: and there was light.",
    "God said, \"Let there be light,\" and there was light.",
    "Y dijo Dios: Sea la luz: y fué la luz.",
    "¿Dónde está la biblioteca? ¡Allí, señor Núñez!",
    "It costs 1,000.5 dollars, not 1.000,5 euros; about 3.14 or .5 or 5.",
    "In 1984, 10-20 people came (5 % of 1,234,567).",
    "In 1984 10 - 20 people came ( 5% of 1234567 ) .",
    "At 10:30 p.m. on 12/05/2020 it was -5.3 degrees, 1st of 2-3.",
    "Version 2.0. Version 2.1, 2.2, and 3.",
    "Well-known state-of-the-art e-mail re-run 5-a-side -- or - so---it seems.",
    "He said &quot;no&quot; &amp; left &lt;quickly&gt; with Tom&apos;s &amp;lt; dog.",
    "He said \"no\" & left <quickly> with Tom's &lt; dog.",
    "a <skipped> segment <unk> and @@ half@@ words ▁piece",
    "Don't, won't; can't! It's 'quoted' and ``quoted'' too...",
    "Wait... what?!? No!!! (Really?) [Yes] {ok} *star* #tag @you a_b ~x `y` ^z |pipe| \\back/",
    "$5.00 + 3 = 8; 50% < 100%, x^2 & y",
    "https://example.org/a/b.html?c=d&e=f#g, mail: a.b@c.de",
    "„Gänsefüßchen“ – sagte er – ‚einfach‘ … STRASSE und Straße, ÄÖÜ.",
    "« Où est-ce ? » demanda-t-il, l’été à Orléans ; c’était 1 000 €.",
    "我喜欢机器翻译。你呢?我也是,谢谢!",
    "我 喜欢 机器 翻译 。",
    "日本語の文章、テスト「です」。カタカナ・ー",
    "한국어 문장입니다. 감사합니다!",
    "Привет, мир! Это — «тест» №5.",
    "Ο ΟΔΥΣΣΕΥΣ ΠΗΓΕ ΣΤΗΝ ΠΟΛΗ ΤΟΥΣ. ΣΑΣ; Σ ΑΣ'Α",
    "ο οδυσσευς πηγε στην πολη τους. σας; σ ασ'α",
    "İSTANBUL'DA IŞIK ve ışık, Iğdır İ",
    "i̇stanbul'da işik ve ışık, iğdır i̇",
    "cafe\u0301 naïve re\u0301sume\u0301 A\u030angstro\u0308m E\u0301TAGE",
    "café naïve résumé Ångström ÉTAGE",
    "ﬁrst ﬂoor ǅ ǆ Ω K Å ẞ ß ŉ",
    "مرحبا، كيف حالك؟ ١٢٣٫٤ و ٥٬٦٧٨.",
    "नमस्ते, आप कैसे हैं? १२३.४ ठीक।",
    "emoji 😀😁, 👩‍👩‍👧‍👦 flag 🇪🇸! ❤️ 5⃣ ☺. 𝟙𝟚,𝟛 ①② ½ Ⅷ.",
    "emoji 😀 , 👩‍👩‍👧‍👦 flag 🇪🇸 ! ❤️ ☺ 𝟙𝟚 , 𝟛",
    "no\u00a0break\u2009thin\u3000wide\u200bzero\u2028line\u0085next\u001cfile\ttab  two",
    "no break thin wide zero line next file tab two",
    "trailing blank \u00a0 ",
    "It was 1984. ",
    "© 2020 ™ ° ± × ÷ ¬ £1.50 ¥2,000 ¢ § ¶ † ‡ • ※ ← → ∑ √ ∞ ≠ ♥",
    "a.b,c. .d ,e 1.a a.1 1,a a,1 .. ,, .,. 1..2 1,,2 1., .1 ,1 1-a a-1 1--2 1-2-3",
    "a\u00b7b c‐d e‑f g‒h 1–2 3—4 5‚6 ７，８．９ ＡＢＣ！",
    "UPPER lower MiXeD CASE words Words WORDS",
    "x",
    "!",
    "(a",
    "(a)",
    "a)",
    "((a))",
    "one two three four five six seven eight nine ten eleven twelve",
    "twelve eleven ten nine eight seven six five four three two one",
    "one two three four",
    "one two three four five",
]

WORDS = ("the a of and to in house river light dark king went said came great little day night city "
         "people water Moses Zürich déjà 42 3.5 1,200 7-8 can't U.S. e.g. (see [1] \"so\" -- … ; "
         "señor ПРИВЕТ λόγος 你好 😀 50% A&B x/y").split()


def corrupt(rng, sentence):
    """A hypothesis for a reference: some words dropped, doubled, exchanged, recased or replaced."""
    words = sentence.split(" ")
    for _ in range(rng.randint(0, 4)):
        at = rng.randrange(len(words)) if words else 0
        change = rng.choice(["drop", "double", "swap", "case", "replace", "insert", "cut", "mark"])
        if not words or change == "insert":
            words.insert(at, rng.choice(WORDS))
        elif change == "drop":
            del words[at]
        elif change == "double":
            words.insert(at, words[at])
        elif change == "swap":
            other = rng.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        elif change == "case":
            words[at] = words[at].swapcase()
        elif change == "replace":
            words[at] = rng.choice(WORDS)
        elif change == "cut":
            words = words[:at + 1]
        elif change == "mark":
            words[at] += rng.choice([",", ".", "!", "?", ")", ":"])
    return " ".join(words)


def make_pool(rng):
    """The sentences, and for each a family: indices of sentences that are variants of one another."""
    pool = list(HAND_WRITTEN)
    for _ in range(20):
        pool.append(" ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 25))))
    families = [[i] for i in range(len(pool))]
    for i in range(len(families)):
        for _ in range(3):
            variant = corrupt(rng, pool[i])
            if variant not in pool:
                families[i].append(len(pool))
                pool.append(variant)
    return pool, families


def make_corpus(rng, pool, families, size, references):
    """Indices of hypotheses, and per reference the indices of its sentences."""
    chosen = [rng.choice(families) for _ in range(size)]
    hypotheses = [rng.choice(family) for family in chosen]
    if rng.random() < 0.1:
        hypotheses[rng.randrange(size)] = 0  # empty
    if rng.random() < 0.1:
        hypotheses[rng.randrange(size)] = rng.randrange(len(pool))  # another sentence altogether
    return hypotheses, [[rng.choice(family) for family in chosen] for _ in range(references)]


def without_version(metric):
    return str(metric.get_signature()).rsplit("|", 1)[0]


def bleu_case(rng, pool, families, tokenizer, smoothing):
    sentence_level = rng.random() < 0.4
    hypotheses, references = make_corpus(
        rng, pool, families, 1 if sentence_level else rng.randint(2, 10), rng.choice([1, 1, 1, 2, 3]))
    value = rng.choice([None, None, 0, 0.01, 0.5, 2]) if smoothing in ("floor", "add-k") else None
    options = dict(lowercase=rng.random() < 0.5, tokenize=tokenizer, smooth_method=smoothing,
                   smooth_value=value, max_ngram_order=rng.choice([4, 4, 4, 1, 2, 3, 6]),
                   effective_order=rng.random() < (0.7 if sentence_level else 0.2))
    metric = BLEU(force=True, **options)
    score = metric.corpus_score([pool[i] for i in hypotheses],
                                [[pool[i] for i in reference] for reference in references])
    return dict(options, hypotheses=hypotheses, references=references, score=score.score,
                precisions=score.precisions, counts=score.counts, totals=score.totals, bp=score.bp,
                lengths=[score.sys_len, score.ref_len], verbose=score._verbose,
                signature=without_version(metric))


def chrf_case(rng, pool, families):
    hypotheses, references = make_corpus(rng, pool, families, rng.choice([1, 1, 3, 6, 10]),
                                         rng.choice([1, 1, 1, 2, 3]))
    word_order = rng.choice([0, 2, 2, 1, 3])
    options = dict(char_order=rng.choice([6, 6, 6, 1, 4, 0 if word_order else 2]),
                   word_order=word_order, beta=rng.choice([2, 2, 2, 0, 1, 3]),
                   lowercase=rng.random() < 0.5, whitespace=rng.random() < 0.3,
                   eps_smoothing=rng.random() < 0.4)
    metric = CHRF(**options)
    score = metric.corpus_score([pool[i] for i in hypotheses],
                                [[pool[i] for i in reference] for reference in references])
    return dict(options, hypotheses=hypotheses, references=references, name=score.name,
                score=score.score, signature=without_version(metric))


def tokenized(sentence):
    """The tokens of each tokenizer whose result is not trivial, from lower-cased text too."""
    result = {"lower": sentence.lower()}
    for name in ("13a", "intl"):
        tokenizer = BLEU(tokenize=name, force=True).tokenizer
        result[name] = tokenizer(sentence.rstrip())
    return result


def main():
    rng = random.Random(2018)
    pool, families = make_pool(rng)
    bleu = [bleu_case(rng, pool, families, tokenizer, smoothing)
            for tokenizer in ("13a", "intl", "char", "none")
            for smoothing in ("exp", "none", "floor", "add-k")
            for _ in range(30)]
    chrf = [chrf_case(rng, pool, families) for _ in range(320)]
    print('{"sacrebleu": "%s",' % sacrebleu.__version__)
    parts = {"sentences": pool, "tokenized": [tokenized(s) for s in HAND_WRITTEN], "bleu": bleu,
             "chrf": chrf}
    print(",\n".join('"%s": [\n%s]' % (name, ",\n".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows))
        for name, rows in parts.items()) + "}")


if __name__ == "__main__":
    main()

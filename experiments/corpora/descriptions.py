#!/usr/bin/env python3
"""Builds corpora of translated Debian package descriptions: English-French and English-German."""

import argparse
import re
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from common import (SPLITS, OutputFolder, RecipeError, argument_parser, lines_to_bytes,
                    print_splits, print_statistics, require_command, run_recipe, split_pairs,
                    words_disagree)

APT_HELPER = "/usr/lib/apt/apt-helper"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITE = "bookworm"
LANGUAGES = {"fr": "French", "de": "German"}

# Pairs kept with the lists of Debian 12.15. Point releases change the lists a little, so other
# numbers are reported, not refused, unless far too few pairs were found.
KNOWN_PAIRS = {"fr": 60072, "de": 42994}
LEAST_SHARE = 0.8

DESCRIPTION = """\
Builds parallel corpora from the package descriptions that Debian's volunteers translated:
English-French (about 60,000 pairs) and English-German (about 43,000), split by source package
into train, valid and test. Short technical sentences with many names.
Fetches 20 MB of package lists with apt into a temporary folder; takes half a minute."""

EPILOG = """\
files, all UTF-8, one pair a line, for each LANGUAGE (fr, de):
  descriptions.en-LANGUAGE.SPLIT.en, .LANGUAGE   the pairs of a split: train, valid, test
  descriptions.en-LANGUAGE.test.refs             package of each test line
  descriptions.en-LANGUAGE.sha256                checksums, for sha256sum --check

examples:
  python3 descriptions.py                    both pairs into data/ beside the recipe
  python3 descriptions.py --languages fr     English-French only
  python3 descriptions.py --mirror http://ftp.fr.debian.org/debian"""

NOTICE = """\
NOTICE: Debian's translation files state no licence. A description is part of its source package
and comes under that package's terms; the translators are not named. Use the corpus on this
machine, and do not pass it on as a data set with a licence of its own."""

MOST_WORDS = 120
MOST_REPEATED = 0.7  # share of the English words that may stand in the translation unchanged,
REPETITION_FROM = 6  # in descriptions of at least so many words


@dataclass(frozen=True)
class DescriptionPair:
    """An English description, or a piece of one, with its translation."""

    group: str  # source package: sister packages share sentences, so they share a split
    package: str
    kind: str  # short, sentence, item or paragraph
    source: str
    target: str


@dataclass
class Record:
    """One description in one language."""

    package: str
    short: str
    lines: list  # of the long description, without the leading blank


# ---------------------------------------------------------------------------------------------
# Package lists
# ---------------------------------------------------------------------------------------------


def fetch_lists(folder, mirror, languages):
    """Fetches the package and translation lists into `folder` and leaves the system's alone."""
    (folder / "lists" / "partial").mkdir(parents=True)
    sources = folder / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {mirror} {SUITE} main\n", "utf-8")
    options = {
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder,
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "/dev/null",
        "Acquire::Languages": ",".join(("en", *languages)),
        "APT::Sandbox::User": "",
        "APT::Update::Error-Mode": "any",
    }
    command = ["apt-get", "--quiet", "update"]
    for name, value in options.items():
        command += ["-o", f"{name}={value}"]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            errors="replace", check=False)
    if result.returncode != 0:
        tail = " / ".join(result.stdout.strip().splitlines()[-3:])
        raise RecipeError(f"apt-get cannot fetch the lists of {mirror} {SUITE}; check the network "
                          f"or give another --mirror. It said: {tail}")


def read_list(folder, name):
    """The text of the one fetched list whose file name contains `name`."""
    files = sorted((folder / "lists").glob(f"*_dists_{SUITE}_{name}*"))
    if not files:
        raise RecipeError(f"the mirror has no list {name} for {SUITE}; give another --mirror")
    result = subprocess.run([APT_HELPER, "cat-file", str(files[0])], stdout=subprocess.PIPE,
                            check=False)
    if result.returncode != 0:
        raise RecipeError(f"{APT_HELPER} cannot read the list {files[0].name}; try again")
    return result.stdout.decode("utf-8", errors="replace")


def release_name(folder):
    """Version and date of the release the lists belong to."""
    fields = dict(re.findall(r"^(Version|Date): (.+)$", read_list(folder, "InRelease"), flags=re.M))
    return f"Debian {fields.get('Version', '?')} of {fields.get('Date', 'unknown date')}"


def parse_translations(text, language):
    """Records by Description-md5, the checksum of the English text they translate."""
    records = {}
    short_field = f"Description-{language}"
    for paragraph in text.split("\n\n"):
        fields, lines = {}, []
        for line in paragraph.split("\n"):
            if line.startswith(" "):
                lines.append(line[1:])
            elif ": " in line:
                name, value = line.split(": ", 1)
                fields[name] = value
        if "Description-md5" in fields and short_field in fields:
            records.setdefault(fields["Description-md5"],
                               Record(fields["Package"], fields[short_field], lines))
    return records


def parse_source_packages(text):
    """Source package by binary package, where the two names differ."""
    sources = {}
    package = ""
    for name, value in re.findall(r"^(Package|Source): (\S+)", text, flags=re.M):
        if name == "Package":
            package = value
        else:
            sources[package] = value
    return sources


# ---------------------------------------------------------------------------------------------
# From descriptions to pairs
# ---------------------------------------------------------------------------------------------

_BULLET = re.compile(r"\s*[*+•o-]\s+(.*)")


def parse_blocks(lines):
    """Splits a long description into blocks: (kind, text) with kind paragraph, item or verbatim.

    A line "." ends a block, a bullet begins an item, other lines continue the item before them.
    Elsewhere an indented line is verbatim, a block of its own, and other lines are paragraphs.
    """
    blocks = []
    open_block = None  # kind of the block that the next line may continue
    for line in lines:
        bullet = _BULLET.fullmatch(line)
        if line.strip() in (".", ""):
            open_block = None
        elif bullet:
            blocks.append(["item", bullet[1]])
            open_block = "item"
        elif open_block == "item" or (open_block == "paragraph" and not line.startswith(" ")):
            blocks[-1][1] += " " + line.strip()
        elif line.startswith(" "):
            blocks.append(["verbatim", line.strip()])
            open_block = None
        else:
            blocks.append(["paragraph", line])
            open_block = "paragraph"
    return [(kind, clean(text)) for kind, text in blocks]


def clean(text):
    """Ordinary blanks and apostrophes, single blanks."""
    text = re.sub(r"[\u00a0\u202f\u2009]", " ", text).replace("’", "'")
    return re.sub(r"\s+", " ", text).strip()


_SENTENCE_END = re.compile(r"""(?<=[.!?])\s+(?=[¿¡«„“"'(\[A-ZÀ-ÖØ-Þ0-9])""")
_ABBREVIATIONS = frozenset("""
e.g. i.e. etc. vs. cf. resp. approx. incl. no. dr. mr. mrs. st. ca. p. pp. fig. vol. ed. al. inc.
ltd. co. p.ex. ex. c.-à-d. z.b. bzw. usw. d.h. u.a. o.ä. ggf. evtl. inkl. nr. vgl. u.
""".split())


def split_sentences(text):
    """Splits after . ! ? before a capital, a digit or an opening mark, not after abbreviations."""
    sentences = []
    for piece in _SENTENCE_END.split(text):
        if sentences and sentences[-1].split()[-1].lower().lstrip("(") in _ABBREVIATIONS:
            sentences[-1] += " " + piece
        else:
            sentences.append(piece)
    return sentences


def pair_descriptions(english, other, group):
    """Pairs of one description: the short one, and pieces of the long one if both sides have the
    same structure. Returns the pairs and whether they have."""
    def pair(kind, source, target):
        return DescriptionPair(group, english.package, kind, source, target)

    pairs = [pair("short", clean(english.short), clean(other.short))]
    blocks, other_blocks = parse_blocks(english.lines), parse_blocks(other.lines)
    if len(blocks) != len(other_blocks):
        return pairs, False
    for (kind, source), (other_kind, target) in zip(blocks, other_blocks):
        if "verbatim" in (kind, other_kind):
            continue
        if kind == "item":
            pairs.append(pair("item", source, target))
            continue
        sources, targets = split_sentences(source), split_sentences(target)
        if len(sources) == len(targets):
            pairs += [pair("sentence", *sides) for sides in zip(sources, targets)]
        else:
            pairs.append(pair("paragraph", source, target))
    return pairs, True


def _repeats_english(source, target):
    words = source.lower().split()
    others = set(target.lower().split())
    return (len(words) >= REPETITION_FROM and
            sum(word in others for word in words) > MOST_REPEATED * len(words))


def filter_pairs(pairs):
    """Drops what is hardly a translation, and repeated English text.

    Returns what is left and the number of pairs dropped, by reason.
    """
    dropped = Counter()
    kept, seen = [], set()
    for pair in pairs:
        words = max(len(pair.source.split()), len(pair.target.split()))
        reason = ("empty" if not pair.source or not pair.target else
                  "identical" if pair.source == pair.target else
                  f"over {MOST_WORDS} words" if words > MOST_WORDS else
                  "of one English word" if " " not in pair.source else
                  "of very different length" if words_disagree(pair.source, pair.target) else
                  "left in English" if _repeats_english(pair.source, pair.target) else
                  "repeated" if pair.source in seen else None)
        if reason:
            dropped[reason] += 1
        else:
            kept.append(pair)
            seen.add(pair.source)
    return kept, dropped


def build_pairs(english, other, source_packages):
    """All pairs of one language, in the order of its list. Returns the pairs, the number of
    descriptions with an English original, and of those with the same structure."""
    pairs = []
    joined = same_structure = 0
    for checksum, record in other.items():
        if checksum in english:
            original = english[checksum]
            group = source_packages.get(original.package, original.package)
            new_pairs, same = pair_descriptions(original, record, group)
            pairs += new_pairs
            joined += 1
            same_structure += same
    return pairs, joined, same_structure


# ---------------------------------------------------------------------------------------------
# Files
# ---------------------------------------------------------------------------------------------


def corpus_name(language):
    return f"descriptions.en-{language}"


def file_names(language):
    name = corpus_name(language)
    return [*(f"{name}.{split}.{side}" for split in SPLITS for side in ("en", language)),
            f"{name}.test.refs"]


def write_corpus(output, language, splits):
    name = corpus_name(language)
    for split in SPLITS:
        output.add(f"{name}.{split}.en", lines_to_bytes(p.source for p in splits[split]))
        output.add(f"{name}.{split}.{language}", lines_to_bytes(p.target for p in splits[split]))
    output.add(f"{name}.test.refs", lines_to_bytes(p.package for p in splits["test"]))
    output.close()


def build_corpus(output, language, english, other, source_packages):
    raw, joined, same_structure = build_pairs(english, other, source_packages)
    kept, dropped = filter_pairs(raw)
    known = KNOWN_PAIRS[language]
    if len(kept) < LEAST_SHARE * known:
        raise RecipeError(
            f"only {len(kept):,} English-{LANGUAGES[language]} pairs in the lists, {known:,} were "
            "known; nothing was written. The lists are incomplete: try again or another --mirror")
    splits, leaked = split_pairs(kept)
    write_corpus(output, language, splits)

    print_statistics(f"Descriptions en-{language}", "English", LANGUAGES[language], kept)
    kinds = Counter(pair.kind for pair in kept)
    print(f"  from {joined:,} descriptions, {same_structure:,} of the same structure, "
          f"{len(raw):,} raw pairs")
    print("  kinds: " + ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common()))
    print("  dropped: " + ", ".join(f"{n:,} {reason}" for reason, n in dropped.most_common()))
    print(f"  with the lists of Debian 12.15: {known:,} pairs "
          f"({len(kept) - known:+,}; lists change with point releases)")
    print_splits(splits, leaked, "source packages")


def language_list(text):
    languages = [code for code in re.split(r"[,\s]+", text) if code]
    unknown = [code for code in languages if code not in LANGUAGES]
    if unknown or not languages:
        raise argparse.ArgumentTypeError(
            f"unknown language {' '.join(unknown) or repr(text)}; known: {', '.join(LANGUAGES)}")
    return list(dict.fromkeys(languages))


def main():
    parser = argument_parser(DESCRIPTION, EPILOG)
    parser.add_argument("--languages", metavar="LIST", type=language_list,
                        default=list(LANGUAGES),
                        help=f"which to build, of {', '.join(LANGUAGES)} (default: all)")
    parser.add_argument("--mirror", metavar="URL", default="http://deb.debian.org/debian",
                        help="Debian mirror to fetch from (default: %(default)s)")
    arguments = parser.parse_args()
    missing = []
    for language in arguments.languages:
        output = OutputFolder(arguments.output, corpus_name(language))
        if not arguments.force and output.is_complete(file_names(language)):
            print(f"The en-{language} descriptions are complete in {arguments.output}; "
                  "--force builds them again.")
        else:
            missing.append((language, output))
    if not missing:
        return
    require_command("apt-get", ["apt"])
    require_command(APT_HELPER, ["apt"])
    with tempfile.TemporaryDirectory(prefix="seqlab-descriptions-") as temporary:
        folder = Path(temporary)
        print(f"Fetching package lists from {arguments.mirror} ...", flush=True)
        fetch_lists(folder, arguments.mirror, [language for language, _ in missing])
        print(f"Lists of {release_name(folder)}")
        english = parse_translations(read_list(folder, "main_i18n_Translation-en"), "en")
        source_packages = parse_source_packages(read_list(folder, "main_binary-"))
        for language, output in missing:
            other = parse_translations(
                read_list(folder, f"main_i18n_Translation-{language}"), language)
            build_corpus(output, language, english, other, source_packages)
    print(f"  licence: none stated\n{NOTICE}\nWritten to {arguments.output}")


if __name__ == "__main__":
    run_recipe(main)

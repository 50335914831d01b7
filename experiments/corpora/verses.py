#!/usr/bin/env python3
"""Builds the English-Spanish verse corpus from Debian's SWORD packages."""

from dataclasses import dataclass
from itertools import chain

from common import (SPLITS, OutputFolder, RecipeError, argument_parser, lines_to_bytes,
                    print_splits, print_statistics, run_recipe, sha256, split_pairs,
                    words_disagree)
from links import format_links, link_verse, tag_tokens
from sword import PACKAGES, normalise_quotes, read_english, read_spanish
from versification import paired_references

# What the package versions named below give. Any other sum means that a package has changed, and
# numbers measured on this corpus could not be compared any more.
PACKAGE_VERSIONS = "sword-text-web 426.0-1, sword-text-sparv 2.60-1"
KNOWN_PAIRS = 31070
KNOWN_SHA256 = {
    "verses.tsv": "e6348ae1fc614fa02b0b857f2a8e8e7569227928f2738a5d93e40d84002585f2",
    "verses.links.tsv": "f7192e568a69a04c3bba00ca7eaa52d228a51f29ede49abcf8f600aa8930d55d",
}

DESCRIPTION = """\
Builds the English-Spanish verse corpus: 31,070 verses of the World English Bible and of
Reina-Valera 1909, paired, repaired, checked against a known checksum, and split by chapter into
train, valid and test. Spanish is the source side. Takes 15 seconds and no network."""

EPILOG = f"""\
files, all UTF-8, one verse a line:
  verses.tsv              all pairs: reference, English, Spanish
  verses.links.tsv        all word links: reference, sure links, further possible links, each link
                          as English-Spanish token positions counted from 0
  verses.SPLIT.es, .en    the filtered pairs of a split: train, valid, test
  verses.test.refs        the reference of each test line: Gen.1.1
  verses.test.align       its sure word links as Spanish-English token positions: 0-1 2-2
  verses.test.possible    its further possible links, in the same form
  verses.sha256           checksums of the files above, for sha256sum --check

Tokens of the links are words (letters and digits, joined by inner ' and -) and single other marks.

needs: apt-get install {' '.join(PACKAGES)}

examples:
  python3 verses.py                         build into data/ beside the recipe, or say it is there
  python3 verses.py --output ~/corpora     build elsewhere"""

NOTICE = """\
NOTICE: an English-Spanish verse corpus derived from two translations that are both in the public
domain (the modules' own field: "Public Domain"). Its text is changed: quotation marks are gone.
"World English Bible" is a trademark of eBible.org, which asks that no changed text bear that
name: do not call this corpus, or anything made from it, the World English Bible."""

FILES = (*KNOWN_SHA256, *(f"verses.{split}.{side}" for split in SPLITS for side in ("es", "en")),
         "verses.test.refs", "verses.test.align", "verses.test.possible")


@dataclass(frozen=True)
class VersePair:
    """A Spanish verse (or several joined) with its English translation."""

    reference: str
    source: str  # Spanish
    target: str  # English
    links: tuple  # (sure, further possible); None for verses whose end was cut

    @property
    def group(self):
        """Chapter: neighbouring verses share names and formulas, so they share a split."""
        book, chapter, _ = self.reference.split(".")
        return f"{book}.{chapter}"


def pair_verses(english, spanish):
    """Pairs the verses of the two modules, in Spanish order; see versification.py."""
    pairs = []
    for reference, spanish_references, english_references in paired_references(spanish):
        spanish_verses = [spanish[r] for r in spanish_references]
        english_verses = [english[r] for r in english_references
                          if r in english and english[r].text]
        # The English text lacks four verses that later manuscripts added.
        if not english_verses or not all(verse.text for verse in spanish_verses):
            continue
        source, spanish_numbers = _join(spanish_verses)
        target, english_numbers = _join(english_verses)
        links = None
        if not any(verse.was_cut for verse in chain(spanish_verses, english_verses)):
            links = link_verse(tag_tokens(target, english_numbers),
                               tag_tokens(source, spanish_numbers))
        pairs.append(VersePair(reference, source, target, links))
    return pairs


def _join(verses):
    text = " ".join(normalise_quotes(verse.text) for verse in verses)
    # A verse that was cut has more numbers than letters, so it must be the last one.
    return text, list(chain.from_iterable(verse.letter_numbers for verse in verses))


def filter_pairs(pairs):
    """Drops repeated pairs, one-word sides and pairs of very different length.

    Returns what is left and the number of pairs dropped, by reason.
    """
    dropped = {"repeated": 0, "of very different length": 0, "with a side of one word": 0}
    kept, seen = [], set()
    for pair in pairs:
        if (pair.source, pair.target) in seen:
            dropped["repeated"] += 1
        elif words_disagree(pair.source, pair.target):
            dropped["of very different length"] += 1
        elif " " not in pair.source or " " not in pair.target:
            dropped["with a side of one word"] += 1
        else:
            kept.append(pair)
        seen.add((pair.source, pair.target))
    return kept, dropped


def whole_corpus_files(pairs):
    """The two files whose checksums are known."""
    return {
        "verses.tsv": lines_to_bytes(f"{p.reference}\t{p.target}\t{p.source}" for p in pairs),
        "verses.links.tsv": lines_to_bytes(
            "\t".join([p.reference, *map(format_links, p.links)]) for p in pairs if p.links),
    }


def split_files(splits):
    """The parallel text of each split, and the references and links of the test verses."""
    files = {}
    for split in SPLITS:
        files[f"verses.{split}.es"] = lines_to_bytes(p.source for p in splits[split])
        files[f"verses.{split}.en"] = lines_to_bytes(p.target for p in splits[split])
    test = splits["test"]
    files["verses.test.refs"] = lines_to_bytes(p.reference for p in test)
    for kind, name in enumerate(("verses.test.align", "verses.test.possible")):
        files[name] = lines_to_bytes(
            format_links(sorted((j, i) for i, j in p.links[kind])) if p.links else ""
            for p in test)
    return files


def check(pairs, files):
    """Refuses a corpus that is not the known one."""
    changed = [name for name, known in KNOWN_SHA256.items() if sha256(files[name]) != known]
    if len(pairs) != KNOWN_PAIRS or changed:
        raise RecipeError(
            f"the rebuilt corpus is not the known one ({len(pairs):,} of {KNOWN_PAIRS:,} pairs; "
            f"changed: {', '.join(changed)}); nothing was written. It is known for "
            f"{PACKAGE_VERSIONS}; compare: dpkg -l {' '.join(PACKAGES)}")


def main():
    arguments = argument_parser(DESCRIPTION, EPILOG).parse_args()
    output = OutputFolder(arguments.output, "verses")
    if not arguments.force and output.is_complete(FILES, KNOWN_SHA256):
        print(f"The verse corpus is complete in {arguments.output}; --force builds it again.")
        return
    print("Building the verse corpus from Debian's SWORD modules ...", flush=True)
    pairs = pair_verses(read_english(), read_spanish())
    files = whole_corpus_files(pairs)
    check(pairs, files)
    kept, dropped = filter_pairs(pairs)
    splits, leaked = split_pairs(kept)
    files.update(split_files(splits))
    for name in FILES:
        output.add(name, files[name])
    output.close()

    print_statistics("Verses", "Spanish", "English", pairs)
    linked = [pair.links for pair in pairs if pair.links]
    sure = sum(len(links[0]) for links in linked)
    possible = sum(len(links[1]) for links in linked)
    print(f"  word links: {len(linked):,} verses, {sure:,} sure, {possible:,} further possible")
    print(f"  filtered: {len(kept):,} pairs kept; dropped "
          + ", ".join(f"{count} {reason}" for reason, count in dropped.items()))
    print_splits(splits, leaked, "chapters")
    print(f"  licence: public domain on both sides\n{NOTICE}\nWritten to {arguments.output}")


if __name__ == "__main__":
    run_recipe(main)

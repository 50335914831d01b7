"""What the corpus recipes share: the split, safe files, statistics and the command line.

Only Python's standard library is used, so that a fresh Debian system can run the recipes.
"""

import argparse
import contextlib
import hashlib
import os
import re
import shutil
import sys
from pathlib import Path

DEFAULT_OUTPUT = Path(__file__).resolve().parent / "data"

# Words and punctuation: a run of letters and digits, joined by inner apostrophes and hyphens, or
# any other single non-blank character. Silver links and the statistics count these tokens.
TOKEN = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|\S")

SPLIT_MODULUS = 40
SPLITS = ("train", "valid", "test")


class RecipeError(Exception):
    """A recipe cannot go on; the message says why and what to do. Exit status 1."""


# ---------------------------------------------------------------------------------------------
# Filter and split
# ---------------------------------------------------------------------------------------------


def fnv1a_64(text):
    """The 64-bit FNV-1a hash of the UTF-8 bytes of `text`."""
    value = 0xCBF29CE484222325
    for byte in text.encode("utf-8"):
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def split_of(group):
    """The split that every pair of `group` (a chapter, a source package) belongs to."""
    bucket = fnv1a_64(group) % SPLIT_MODULUS
    return "test" if bucket < 2 else "valid" if bucket < 4 else "train"


def words_disagree(source, target, ratio=2.2, long_from=6):
    """True if one side is so much longer than the other that it is hardly a translation."""
    fewer, more = sorted((len(source.split()), len(target.split())))
    return more >= long_from and more > ratio * fewer


def split_pairs(pairs):
    """Distributes pairs over the splits and applies the leak guard.

    `pairs` holds objects with the attributes `group`, `source` and `target`. A pair of valid or
    test whose source or target also stands in train is dropped.
    Returns the splits by name, and the number of pairs the guard dropped from each of them.
    """
    splits = {name: [] for name in SPLITS}
    for pair in pairs:
        splits[split_of(pair.group)].append(pair)
    sources = {pair.source for pair in splits["train"]}
    targets = {pair.target for pair in splits["train"]}
    leaked = {}
    for name in ("valid", "test"):
        clean = [p for p in splits[name] if p.source not in sources and p.target not in targets]
        leaked[name] = len(splits[name]) - len(clean)
        splits[name] = clean
    return splits, leaked


# ---------------------------------------------------------------------------------------------
# Files
# ---------------------------------------------------------------------------------------------


def lines_to_bytes(lines):
    return "".join(line + "\n" for line in lines).encode("utf-8")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def write_file(path, data):
    """Writes `data` whole or not at all: temporary name, flush to disk, rename."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise RecipeError(f"cannot write {path}: {error.strerror}; nothing was changed there, "
                          "make room or choose another folder with --output") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


class OutputFolder:
    """The files of one recipe in one folder, with a list of their checksums.

    The list (`NAME.sha256`, the format of sha256sum) is written last. If it is there and every
    file it names has the checksum it gives, the corpus is complete and the recipe can skip it.
    """

    def __init__(self, folder, name):
        self.folder = Path(folder)
        self.list_path = self.folder / f"{name}.sha256"
        self.checksums = {}

    def add(self, name, data):
        """Writes one file and notes its checksum."""
        write_file(self.folder / name, data)
        self.checksums[name] = sha256(data)

    def close(self):
        """Writes the list of checksums: from now on the corpus counts as complete."""
        write_file(self.list_path, lines_to_bytes(
            f"{digest}  {name}" for name, digest in sorted(self.checksums.items())))

    def is_complete(self, expected_files, known_checksums=None):
        """True if every expected file is there, unchanged since it was written, and those of known
        checksum are as they should be."""
        try:
            listed = dict(reversed(line.split("  ", 1))
                          for line in self.list_path.read_text("utf-8").splitlines())
            return set(listed) == set(expected_files) and all(
                sha256((self.folder / name).read_bytes()) == digest
                for name, digest in {**listed, **(known_checksums or {})}.items())
        except (OSError, ValueError):
            return False


def require_command(command, packages):
    """Fails with the packages to install if `command` cannot be run."""
    if shutil.which(command) is None:
        raise RecipeError(f"the command {command} is missing; install Debian's packages: "
                          f"apt-get install {' '.join(packages)}")


# ---------------------------------------------------------------------------------------------
# Statistics
# ---------------------------------------------------------------------------------------------

HISTOGRAM_BOUNDS = (5, 10, 15, 20, 25, 30, 40, 50, 60, 80)


def count_tokens(texts):
    return sum(len(TOKEN.findall(text)) for text in texts)


def length_histogram(lengths):
    """Counts lengths by HISTOGRAM_BOUNDS; returns pairs of label and count."""
    bounds = (0,) + HISTOGRAM_BOUNDS + (None,)
    rows = []
    for low, high in zip(bounds, bounds[1:]):
        label = f"{low + 1}-{high}" if high else f"{low + 1}+"
        rows.append((label, sum(low < n and (high is None or n <= high) for n in lengths)))
    return rows


def print_statistics(title, source_language, target_language, pairs):
    """Prints pairs, words, tokens, types and the length histogram of both sides."""
    print(f"{title}: {len(pairs):,} pairs")
    histograms = []
    for language, texts in ((source_language, [pair.source for pair in pairs]),
                            (target_language, [pair.target for pair in pairs])):
        lengths = [len(text.split()) for text in texts]
        types = {token for text in texts for token in TOKEN.findall(text.lower())}
        print(f"  {language}: {sum(lengths):,} words, {count_tokens(texts):,} tokens, "
              f"{len(types):,} lower-case types; words a line: "
              f"mean {sum(lengths) / max(1, len(lengths)):.1f}, longest {max(lengths, default=0)}")
        histograms.append(length_histogram(lengths))
    print(f"  words a line   {source_language:>9} {target_language:>9}")
    for (label, source_count), (_, target_count) in zip(*histograms):
        print(f"  {label:>12}   {source_count:9,} {target_count:9,}")


def print_splits(splits, leaked, unit):
    """Prints the size of each split, in pairs and in groups (chapters, source packages)."""
    for name in SPLITS:
        pairs = splits[name]
        guard = f", {leaked[name]} dropped because train has them" if name in leaked else ""
        print(f"  {name:>5}: {len(pairs):7,} pairs of {len({p.group for p in pairs}):6,} {unit}"
              f"{guard}")


# ---------------------------------------------------------------------------------------------
# Command line
# ---------------------------------------------------------------------------------------------


def argument_parser(description, epilog):
    """A parser with what every recipe takes: --output and --force. Wrong usage ends with 2."""
    parser = argparse.ArgumentParser(
        description=description, epilog=epilog, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", metavar="DIR", type=Path, default=DEFAULT_OUTPUT,
                        help="folder for the files, made if missing (default: data/ beside the "
                             "recipe, which git ignores)")
    parser.add_argument("--force", action="store_true",
                        help="build again even if complete files are there")
    return parser


def run_recipe(main):
    """Runs `main` and turns its failures into one clear line and an exit status."""
    name = Path(sys.argv[0]).name
    try:
        main()
        sys.stdout.flush()
    except RecipeError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print(f"{name}: interrupted; run it again to finish", file=sys.stderr)
        sys.exit(130)

"""Verses out of the SWORD modules: export, and the repair of their OSIS mark-up.

`read_english` and `read_spanish` give a mapping from (book, chapter, verse) to a `Verse`: the text
as printed, and for every letter the Strong's numbers of the <w> element it stands in.

The modules have a number of faults that a plain "remove the tags" would leave in the text:
footnotes that swallowed the blank around them, translator-added words glued to their neighbours,
a glossary inside the last verse, colophons, chapter openings in capitals. Each repair below says
which one it is for.
"""

import html
import re
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from common import RecipeError, require_command

PACKAGES = ("sword-text-web", "sword-text-sparv", "libsword-utils")

# SWORD's English book names and their OSIS names, in order, for the 66 books all modules share.
BOOKS = dict(pair.split("=") for pair in """
Genesis=Gen|Exodus=Exod|Leviticus=Lev|Numbers=Num|Deuteronomy=Deut|Joshua=Josh|Judges=Judg
Ruth=Ruth|I Samuel=1Sam|II Samuel=2Sam|I Kings=1Kgs|II Kings=2Kgs|I Chronicles=1Chr
II Chronicles=2Chr|Ezra=Ezra|Nehemiah=Neh|Esther=Esth|Job=Job|Psalms=Ps|Proverbs=Prov
Ecclesiastes=Eccl|Song of Solomon=Song|Isaiah=Isa|Jeremiah=Jer|Lamentations=Lam|Ezekiel=Ezek
Daniel=Dan|Hosea=Hos|Joel=Joel|Amos=Amos|Obadiah=Obad|Jonah=Jonah|Micah=Mic|Nahum=Nah
Habakkuk=Hab|Zephaniah=Zeph|Haggai=Hag|Zechariah=Zech|Malachi=Mal|Matthew=Matt|Mark=Mark
Luke=Luke|John=John|Acts=Acts|Romans=Rom|I Corinthians=1Cor|II Corinthians=2Cor|Galatians=Gal
Ephesians=Eph|Philippians=Phil|Colossians=Col|I Thessalonians=1Thess|II Thessalonians=2Thess
I Timothy=1Tim|II Timothy=2Tim|Titus=Titus|Philemon=Phlm|Hebrews=Heb|James=Jas|I Peter=1Pet
II Peter=2Pet|I John=1John|II John=2John|III John=3John|Jude=Jude|Revelation of John=Rev
""".strip().replace("\n", "|").split("|"))

EPISTLES_OF_PAUL = frozenset(
    "Rom 1Cor 2Cor Gal Eph Phil Col 1Thess 2Thess 1Tim 2Tim Titus Phlm Heb".split())


@dataclass
class Verse:
    """A verse as printed, with the Strong's numbers behind its letters.

    `letter_numbers[k]` belongs to the k-th letter or digit of `text`. Blanks and punctuation are
    not counted, so that it stays right when those change. It is the tuple of Strong's numbers of
    the <w> element around the letter, empty outside such elements. An element names a number
    twice where one word stands for two of the original ("dying thou shalt die").
    `was_cut` tells that matter which is no part of the verse was cut off its end.
    """

    text: str
    letter_numbers: list
    was_cut: bool = False


# ---------------------------------------------------------------------------------------------
# Export
# ---------------------------------------------------------------------------------------------


def export_module(module):
    """The module in SWORD's import format, as mod2imp prints it."""
    require_command("mod2imp", PACKAGES)
    result = subprocess.run(["mod2imp", module], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            check=False)
    if result.returncode != 0 or not result.stdout:
        raise RecipeError(f"mod2imp cannot export the module {module}; install Debian's packages: "
                          f"apt-get install {' '.join(PACKAGES)}")
    try:
        return result.stdout.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecipeError(f"the export of the module {module} is not UTF-8: {error}") from error


def parse_import_format(text):
    """Mark-up by (OSIS book, chapter, verse); skips headings and books outside the 66."""
    verses = {}
    key = None
    for line in text.split("\n"):
        if line.startswith("$$$"):
            key = _parse_key(line[3:])
            if key:
                verses[key] = ""
        elif key:
            verses[key] += line + "\n"
    return verses


def _parse_key(key):
    match = re.fullmatch(r"(.+) (\d+):(\d+)", key.strip())
    if not match or match[1] not in BOOKS or match[2] == "0" or match[3] == "0":
        return None
    return BOOKS[match[1]], int(match[2]), int(match[3])


def read_english():
    """The World English Bible, by reference."""
    markup = parse_import_format(export_module("engWEB2015eb"))
    return {reference: parse_english(reference, text) for reference, text in markup.items()}


def read_spanish():
    """Reina-Valera 1909, by reference."""
    markup = parse_import_format(export_module("spaRV1909eb"))
    verses = {reference: parse_spanish(text) for reference, text in markup.items()}
    return lower_chapter_openings(cut_colophons(verses))


# ---------------------------------------------------------------------------------------------
# Mark-up to text
# ---------------------------------------------------------------------------------------------

# Added words that Spanish writes as part of the verb before them.
_CLITICS = frozenset("lo la los las le les me te se nos".split())

_ADDED = r'<transChange type="added">([^<]*)</transChange>'


def _remove_notes(markup):
    """Footnotes and cross references swallowed the blank around them, so one takes their place."""
    return re.sub(r"<note\b.*?</note>|<milestone\b[^>]*/>", " ", markup, flags=re.S)


def _restore_blanks_of_added_words(markup):
    """The Spanish module lost the blanks around many words its translators added.

    2 Chronicles 3:3, the one place with elements inside the added words, stays glued ("Estasson").
    """
    markup = re.sub(rf"</w>{_ADDED}<w", r"</w> \1 <w", markup)
    markup = markup.replace("</transChange><w", "</transChange> <w")
    return re.sub(rf"</w>{_ADDED}",
                  lambda m: f"</w>{m[1]}" if m[1] in _CLITICS else f"</w> {m[1]}", markup)


def _remove_tags(markup):
    """Leaves text and <w> elements. Blanks come where block elements stood."""
    # Psalm headings are kept: the Spanish text has them inside verse 1.
    markup = re.sub(r'<title\b[^>]*canonical="true"[^>]*>(.*?)</title>', r" \1 ", markup, flags=re.S)
    markup = re.sub(r"<title\b.*?</title>", " ", markup, flags=re.S)
    markup = re.sub(r"<(speaker|catchWord|rdg)\b[^>]*>.*?</\1>", " ", markup, flags=re.S)
    markup = re.sub(r"</?(?:div|l|lg|lb|p|chapter|list|item)\b[^>]*>", " ", markup)
    return re.sub(r"<(?!/?w\b)[^>]*>", "", markup)


def tidy_blanks(text):
    """Single blanks, none before closing and none after opening punctuation."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" +([,.;:!?)\]”’])", r"\1", text)
    return re.sub(r"([(\[¿¡“‘]) +", r"\1", text)


def _parse(markup):
    """Text with <w> elements to a Verse."""
    texts, letter_numbers = [], []
    numbers = ()
    for part in re.split(r"(</?w\b[^>]*>)", markup):
        if part.startswith("<w"):
            numbers = tuple(re.sub(r"(?<=[GH])0+", "", number)
                            for number in re.findall(r"\b[GH]\d+", part))
        elif part == "</w>":
            numbers = ()
        elif part:
            part = html.unescape(part).replace("æ", "ae")
            texts.append(part)
            letter_numbers += [numbers] * sum(map(str.isalnum, part))
    return Verse(tidy_blanks("".join(texts)), letter_numbers)


def parse_english(reference, markup):
    """The World English Bible's mark-up to a Verse."""
    # 22 quotations lack the blank after them.
    markup = _remove_notes(markup).replace("</q><w", "</q> <w")
    verse = _parse(_remove_tags(markup))
    if reference == ("Rev", 22, 21):  # a glossary follows
        verse = _cut_after(verse, "Amen.")
    return verse


def parse_spanish(markup):
    """Reina-Valera's mark-up to a Verse; chapter openings keep their capitals."""
    verse = _parse(_remove_tags(_restore_blanks_of_added_words(_remove_notes(markup))))
    # 14 places where two words are glued: "esRamat".
    return replace(verse, text=re.sub(r"([a-záéíóúüñ])([A-ZÁÉÍÓÚÜÑ])", r"\1 \2", verse.text))


def cut_colophons(verses):
    """Cuts what follows the last verse of Paul's epistles: "Fué escrita de Corinto ..."."""
    last = {book: (book, chapter, verse) for (book, chapter, verse), parsed in verses.items()
            if book in EPISTLES_OF_PAUL and parsed.text}
    return {**verses, **{reference: _cut_after(verses[reference], "Amén.")
                         for reference in last.values()}}


def _cut_after(verse, ending):
    before, found, after = verse.text.partition(ending)
    return replace(verse, text=before + found, was_cut=bool(after))


# ---------------------------------------------------------------------------------------------
# Chapter openings
# ---------------------------------------------------------------------------------------------

_WORD = re.compile(r"[A-Za-zÁÉÍÓÚÜÑáéíóúüñ]+")
_CAPITALS = re.compile(r"[A-ZÁÉÍÓÚÜÑ]{2,}")


def _starts_sentence(text, position):
    before = text[:position].rstrip()
    return not before or before[-1] in ".!?:¡¿"


def lower_chapter_openings(verses):
    """Chapters open with a word in capitals ("EN el principio"); gives it its usual case.

    At the start of a sentence that is a capital letter. Elsewhere it is the case that the word has
    more often inside sentences: a name keeps its capital, other words do not. Letters outside the
    Spanish alphabet end a word, so that one opening stays odd ("EzechÎAS", 2 Chronicles 29:1).
    """
    inside = defaultdict(Counter)
    for verse in verses.values():
        for match in _WORD.finditer(verse.text):
            if not _starts_sentence(verse.text, match.start()):
                inside[match[0].lower()][match[0]] += 1
    return {reference: replace(verse, text=_lower_opening(verse.text, inside))
            if reference[2] == 1 else verse for reference, verse in verses.items()}


def _lower_opening(text, inside):
    for match in _CAPITALS.finditer(text):
        if match[0] == "ALEPH":  # the Hebrew letter that heads a stanza of Psalm 119
            continue
        capitalised, lower = match[0].capitalize(), match[0].lower()
        usual = capitalised
        if not _starts_sentence(text, match.start()):
            cases = inside[lower]
            usual = lower if cases[lower] >= cases[capitalised] else capitalised
        return text[:match.start()] + usual + text[match.end():]
    return text


# ---------------------------------------------------------------------------------------------
# Quotation marks
# ---------------------------------------------------------------------------------------------


def normalise_quotes(text):
    """Drops quotation marks, which only the English side has, and writes ASCII apostrophes.

    A closing single quote is an apostrophe between letters ("God’s") and after the s of a plural
X
    """
    text = re.sub(r"[“”‘]", "", text)
    text = re.sub(r"(?<=[^\W_])’(?=[^\W_])", "'", text)
    text = re.sub(r"(?<=s)’(?= [^\W\d_])", "'", text)
    text = text.replace("’", "").replace("—", " - ")
    return tidy_blanks(text)

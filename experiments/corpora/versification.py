"""Which English verses each Spanish verse translates.

The Spanish text counts some verses as the Hebrew Bible does, but its module forces the numbering
of the King James Version on it, so that surplus verses are glued to the last verse of a chapter.
The English module follows the NRSV's numbering. The table lists every place where the two differ;
any other verse pairs with the verse of the same number.
"""

import re

# One rule a line: Spanish verses -> English verses.
#   12:2..13 -> v-1        each verse of the range moves by the given number within the chapter
#   39:1..3  -> 38:39..41  a range of verses to a range of the same length
#   13:33    -> 13:32+33   "+" joins verses, on either side
#   39:30    -> dropped    the verse holds text that belongs elsewhere (see below)
TABLE = """
Num   13:1     -> 12:16
Num   13:2..32 -> v-1
Num   13:33    -> 13:32+33
Num   30:1     -> 29:40
Num   30:2..15 -> v-1
Num   30:16    -> 30:15+16
Judg  14:18+19 -> 14:18
Judg  14:20    -> 14:19+20
1Sam  24:1     -> 23:29
1Sam  24:2..21 -> v-1
1Sam  24:22    -> 24:21+22
2Sam  20:25    -> 20:25+26
1Kgs  18:33+34 -> 18:33+34
1Kgs  22:43+44 -> 22:43
1Kgs  22:45..52 -> v-1
1Kgs  22:53    -> 22:52+53
1Chr  1:30     -> 1:30+31
1Chr  1:31+32  -> 1:32
1Chr  21:15+16 -> 21:15
1Chr  21:17..29 -> v-1
1Chr  21:30    -> 21:29+30
2Chr  33:10    -> 33:10+11
2Chr  33:11..24 -> v+1
Job   35:15    -> 35:15+16
Job   39:1..3  -> 38:39..41
Job   39:4..29 -> v-3
Job   39:30    -> dropped
Job   40:1..19 -> v+5
Hos   12:1     -> 11:12
Hos   12:2..13 -> v-1
Hos   12:14    -> 12:13+14
Jonah 2:1      -> 1:17
Jonah 2:2..9   -> v-1
Jonah 2:10     -> 2:9+10
Matt  23:13    -> 23:14
Matt  23:14    -> 23:13
Acts  19:40    -> 19:40+41
Rom   14:23    -> dropped
2Cor  13:12    -> 13:12+13
2Cor  13:13    -> 13:14
"""
# Job 39:30 holds the English 39:27 to 40:5. The English Romans 14:23 holds the doxology that the
# Spanish has at 16:25-27. Matthew 23:13 and 23:14 stand in the other order in English.

_RULE = re.compile(r"(\w+) +(\d+):(\S+) +-> (?:(dropped)|v([+-]\d+)|(\d+):(\S+))")


def parse_table(table):
    """Parses the rules above.

    Returns a mapping from the first Spanish reference (book, chapter, verse) of a pair to
    (Spanish verse numbers, English references); both are empty for what is never paired: dropped
    verses, and those joined to the one before them.
    """
    rules = {}
    for line in table.strip().splitlines():
        match = _RULE.fullmatch(line)
        if not match:
            raise ValueError(f"not a versification rule: {line}")
        book, chapter, spanish = match[1], int(match[2]), _groups(match[3])
        if match[4]:
            english = [[] for _ in spanish]
        elif match[5]:
            english = [[(book, chapter, verse + int(match[5])) for verse in group]
                       for group in spanish]
        else:
            english = [[(book, int(match[6]), verse) for verse in group]
                       for group in _groups(match[7])]
        if len(english) != len(spanish):
            raise ValueError(f"the two sides of a versification rule differ in length: {line}")
        for group, references in zip(spanish, english):
            rules[book, chapter, group[0]] = (group if references else [], references)
            for joined in group[1:]:
                rules[book, chapter, joined] = ([], [])
    return rules


def _groups(text):
    """Verse numbers to pair one by one: "4..6" is [[4], [5], [6]], "4+5" is [[4, 5]]."""
    if ".." in text:
        first, last = map(int, text.split(".."))
        return [[verse] for verse in range(first, last + 1)]
    return [[int(verse) for verse in text.split("+")]]


def paired_references(spanish_references, rules=None):
    """Yields (reference name, Spanish references, English references) in Spanish order.

    The name is that of the Spanish verses, with OSIS book names: Gen.1.1, Judg.14.18-19.
    """
    rules = parse_table(TABLE) if rules is None else rules
    for reference in spanish_references:
        book, chapter, verse = reference
        verses, english = rules.get(reference, ([verse], [reference]))
        if verses:
            name = "-".join(str(number) for number in dict.fromkeys((verses[0], verses[-1])))
            yield (f"{book}.{chapter}.{name}",
                   [(book, chapter, number) for number in verses], english)

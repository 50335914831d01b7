"""Silver word links from Strong's numbers.

Both modules tag words with the Strong's number of the Hebrew or Greek word they translate, so two
words with the same number translate the same original word. A number gives links if it occurs in
one run of words on each side of a verse pair: then every pair of words of the two runs is
"possible", and if each run has exactly one content word, that pair is "sure".

Function words are missed and about 4 in 100 sure links are wrong. So the links measure where
attention looks (the share of sure-linked words whose strongest weight falls on a linked word), but
they are no gold standard for alignment error rate.
"""

from collections import defaultdict

from common import TOKEN

# Numbers of original function words (articles, "and", "to", "which", pronouns ...), which both
# modules spread over words at will.
SKIPPED_NUMBERS = frozenset("""
G3588 G2532 G1161 H853 H3588 H834 G1722 G1519 G1537 G575 H413 H5921 G846 G3754 G1063 G3767 G5119
H3605 G3956 G1510 G2076 H1961 G5213 G5216 G3450 G1473 G4771 G3739
""".split())

ENGLISH_FUNCTION_WORDS = frozenset("""
a all also am an and are as at be been but by did do does down even for from had has have he her
him his i if in into is it its let may me my no nor not now o of oh on or our out shall she so than
that the their them then there these they this those to up upon us was we were what when which who
whom whose will with you your
""".split())

SPANISH_FUNCTION_WORDS = frozenset("""
a al aquel aquella así como con cual cuales cuando de del delante desde dicho e el ella ellas ellos
en entonces era es eso esta estas este esto estos fueron fué ha había han hasta he la las le les lo
los mas me mi mis más mí ni no nos nosotros nuestra nuestro o os para por porque pues que quien se
ser si sin sobre son su sus sí también te ti toda todas todo todos tu tus tú un una unas unos
vosotros vuestra vuestro y ya yo á é él ó
""".split())


def tag_tokens(text, letter_numbers):
    """Tokens of a text with the Strong's numbers of each.

    `letter_numbers` gives the numbers of every letter or digit (see sword.Verse); a token takes
    those of its first letter that has any.
    """
    tokens, numbers = [], []
    position = 0
    for token in TOKEN.findall(text):
        letters = sum(map(str.isalnum, token))
        own = letter_numbers[position:position + letters]
        tokens.append(token)
        numbers.append(next(filter(None, own), ()))
        position += letters
    return tokens, numbers


def _runs(numbers):
    """The runs of each number: positions that neighbour, or have one token without a number
    between them. A position counts twice where a word names the number twice."""
    runs = defaultdict(list)
    for position, names in enumerate(numbers):
        for name in names:
            last = runs[name][-1][-1] if runs[name] else None
            if last is not None and (position - last <= 1 or
                                     (position - last == 2 and not numbers[position - 1])):
                runs[name][-1].append(position)
            else:
                runs[name].append([position])
    return runs


def link_verse(english, spanish):
    """Links of one verse pair, each side as `tag_tokens` returns it.

    Returns the sure links and the further possible ones, sorted lists of (English, Spanish) token
    positions counted from 0.
    """
    english_tokens, english_numbers = english
    spanish_tokens, spanish_numbers = spanish
    english_runs, spanish_runs = _runs(english_numbers), _runs(spanish_numbers)
    sure, possible = set(), set()
    for number in english_runs.keys() & spanish_runs.keys() - SKIPPED_NUMBERS:
        if len(english_runs[number]) > 1 or len(spanish_runs[number]) > 1:
            continue
        english_run, spanish_run = english_runs[number][0], spanish_runs[number][0]
        possible.update((i, j) for i in english_run for j in spanish_run)
        english_content = [i for i in english_run
                           if english_tokens[i].lower() not in ENGLISH_FUNCTION_WORDS]
        spanish_content = [j for j in spanish_run
                           if spanish_tokens[j].lower() not in SPANISH_FUNCTION_WORDS]
        if len(english_content) == 1 and len(spanish_content) == 1:
            sure.add((english_content[0], spanish_content[0]))
    return sorted(sure), sorted(possible - sure)


def format_links(links):
    """Links in the form "0-1 2-2"."""
    return " ".join(f"{i}-{j}" for i, j in links)

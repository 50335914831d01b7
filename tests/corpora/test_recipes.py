"""Tests of the corpus recipes' helpers on small literal inputs.

Run: python3 tests/corpora/test_recipes.py
"""

import contextlib
import io
import sys
import tempfile
import unittest
from collections import namedtuple
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "experiments" / "corpora"))

import common  # noqa: E402
import descriptions  # noqa: E402
import links  # noqa: E402
import sword  # noqa: E402
import verses  # noqa: E402
import versification  # noqa: E402

Pair = namedtuple("Pair", "group source target")


def english(markup, reference=("Gen", 1, 1)):
    return sword.parse_english(reference, markup).text


def spanish(markup):
    return sword.parse_spanish(markup).text


class Split(unittest.TestCase):
    def test_hash_is_fnv1a(self):
        self.assertEqual(common.fnv1a_64(""), 0xCBF29CE484222325)
        self.assertEqual(common.fnv1a_64("Gen.1"), 925116992845489040)

    def test_split_by_bucket(self):
        self.assertEqual(common.split_of("Gen.1"), "test")  # bucket 0
        groups = [f"Gen.{chapter}" for chapter in range(1, 51)]
        for group in groups:
            bucket = common.fnv1a_64(group) % 40
            expected = "test" if bucket in (0, 1) else "valid" if bucket in (2, 3) else "train"
            self.assertEqual(common.split_of(group), expected)

    def test_leak_guard_looks_at_both_sides(self):
        train = next(f"g{i}" for i in range(99) if common.split_of(f"g{i}") == "train")
        test = next(f"g{i}" for i in range(999) if common.split_of(f"g{i}") == "test")
        pairs = [Pair(train, "a", "b"), Pair(test, "a", "c"), Pair(test, "d", "b"),
                 Pair(test, "e", "f")]
        splits, leaked = common.split_pairs(pairs)
        self.assertEqual(splits["test"], [Pair(test, "e", "f")])
        self.assertEqual(leaked, {"valid": 0, "test": 2})

    def test_length_filter(self):
        self.assertFalse(common.words_disagree("a", "a b c d e"))  # short: never
        self.assertTrue(common.words_disagree("a b", "a b c d e f"))
        self.assertFalse(common.words_disagree("a b c", "a b c d e f"))


class Markup(unittest.TestCase):
    def test_footnote_swallowed_the_blank(self):
        self.assertEqual(english("<w>God</w><note>n <rdg>x</rdg></note><w>made</w>, so"),
                         "God made, so")

    def test_closing_quotation_without_blank(self):
        self.assertEqual(english('<q marker="">“Go.”</q><w lemma="strong:G1">He</w>'), "“Go.” He")

    def test_titles(self):
        self.assertEqual(english('<title canonical="true" type="psalm">A Psalm.</title>Sing'),
                         "A Psalm. Sing")
        self.assertEqual(english('<title level="1">Main</title>Sing'), "Sing")

    def test_blocks_become_blanks_and_other_tags_nothing(self):
        self.assertEqual(english('one<l sID="1"/>two<seg>three</seg><lb/>.'), "one twothree.")

    def test_entities(self):
        self.assertEqual(english("salt &amp; light"), "salt & light")

    def test_glossary_is_cut_only_from_the_last_verse(self):
        self.assertEqual(english("Amen. Glossary", ("Rev", 22, 21)), "Amen.")
        self.assertEqual(english("Amen. Glossary", ("Rev", 22, 20)), "Amen. Glossary")

    def test_added_words_get_their_blanks_back(self):
        added = '<transChange type="added">{}</transChange>'
        self.assertEqual(spanish(f"<w>llamado</w>{added.format('á ser')}<w>apóstol</w>"),
                         "llamado á ser apóstol")
        self.assertEqual(spanish(f"{added.format('que')}<w>vino</w>"), "que vino")
        self.assertEqual(spanish(f"<w>medidas</w>{added.format('tienen')}: y"), "medidas tienen: y")
        self.assertEqual(spanish(f"<w>oyéndo</w>{added.format('lo')} y"), "oyéndolo y")

    def test_glued_words(self):
        self.assertEqual(spanish("esRamat, en Ríos"), "es Ramat, en Ríos")

    def test_colophons(self):
        parsed = {("Rom", 16, verse): sword.Verse(text, []) for verse, text in
                  ((26, "Amén. Sigue"), (27, "Amén. Fué escrita de Corinto."), (28, ""))}
        parsed["Matt", 28, 20] = sword.Verse("Amén. Sigue", [])
        cut = sword.cut_colophons(parsed)
        self.assertEqual({key: verse.text for key, verse in cut.items()},
                         {("Rom", 16, 26): "Amén. Sigue", ("Rom", 16, 27): "Amén.",
                          ("Rom", 16, 28): "", ("Matt", 28, 20): "Amén. Sigue"})
        self.assertTrue(cut["Rom", 16, 27].was_cut)
        self.assertFalse(cut["Rom", 16, 26].was_cut)

    def test_chapter_openings(self):
        texts = {("Gen", 1, 1): "EN el principio", ("Gen", 1, 2): "y dijo Jesús que aconteció",
                 ("Gen", 2, 1): "Y ACONTECIÓ que", ("Gen", 3, 1): "Y JESÚS dijo",
                 ("Gen", 4, 1): "Salmo. ¡OH Jehová", ("Gen", 5, 1): "ALEPH. BIENAVENTURADOS los",
                 ("Gen", 6, 2): "Y ACONTECIÓ"}
        lowered = sword.lower_chapter_openings({k: sword.Verse(t, []) for k, t in texts.items()})
        self.assertEqual([verse.text for verse in lowered.values()],
                         ["En el principio", "y dijo Jesús que aconteció", "Y aconteció que",
                          "Y Jesús dijo", "Salmo. ¡Oh Jehová", "ALEPH. Bienaventurados los",
                          "Y ACONTECIÓ"])

    def test_quotation_marks(self):
        self.assertEqual(sword.normalise_quotes("“God’s,” he said—‘the priests’ garments’"),
                         "God's, he said - the priests' garments")

    def test_import_format(self):
        text = ("$$$[ Module Heading ]\n\n$$$Genesis 1:0\nx\n$$$I Samuel 2:3\na\nb\n"
                "$$$Tobit 1:1\nc\n")
        self.assertEqual(sword.parse_import_format(text), {("1Sam", 2, 3): "a\nb\n"})

    def test_numbers_stay_with_their_letters(self):
        verse = sword.parse_english(
            ("Gen", 1, 1), '“<w lemma="strong:H0430">God’s</w><note>n</note>'
                           '<w lemma="strong:H08083 H3967">eight</w>”, so')
        tokens, numbers = links.tag_tokens(sword.normalise_quotes(verse.text),
                                           verse.letter_numbers)
        self.assertEqual(tokens, ["God's", "eight", ",", "so"])
        self.assertEqual(numbers, [("H430",), ("H8083", "H3967"), (), ()])


class Versification(unittest.TestCase):
    def pairs(self, *references):
        return list(versification.paired_references(references))

    def test_unlisted_verse(self):
        self.assertEqual(self.pairs(("Gen", 1, 1)),
                         [("Gen.1.1", [("Gen", 1, 1)], [("Gen", 1, 1)])])

    def test_shift_and_other_chapter(self):
        self.assertEqual([english for _, _, english in
                          self.pairs(("Num", 13, 1), ("Num", 13, 32), ("Job", 39, 2),
                                     ("Job", 40, 1), ("Matt", 23, 13))],
                         [[("Num", 12, 16)], [("Num", 13, 31)], [("Job", 38, 40)],
                          [("Job", 40, 6)], [("Matt", 23, 14)]])

    def test_joined_verses(self):
        self.assertEqual(self.pairs(("Judg", 14, 18), ("Judg", 14, 19), ("Judg", 14, 20)),
                         [("Judg.14.18-19", [("Judg", 14, 18), ("Judg", 14, 19)],
                           [("Judg", 14, 18)]),
                          ("Judg.14.20", [("Judg", 14, 20)], [("Judg", 14, 19), ("Judg", 14, 20)])])

    def test_dropped_verse_is_never_paired(self):
        self.assertEqual([name for name, _, english in self.pairs(("Job", 39, 30)) if english], [])

    def test_table_uses_each_verse_once(self):
        rules = versification.parse_table(versification.TABLE)
        spanish = [(book, chapter, verse) for (book, chapter, _), (verses, _) in rules.items()
                   for verse in verses]
        english = [reference for _, references in rules.values() for reference in references]
        self.assertEqual(len(spanish), 200)
        self.assertEqual(len(set(spanish)), len(spanish))
        self.assertEqual(len(set(english)), len(english))

    def test_malformed_rule(self):
        for rule in ("Num 13:1 12:16", "Num 1:1..3 -> 1:1..2"):
            with self.assertRaises(ValueError):
                versification.parse_table(rule)


class Links(unittest.TestCase):
    def link(self, english, spanish):
        def side(words):
            return ([word for word, *_ in words], [tuple(numbers) for _, *numbers in words])
        return links.link_verse(side(english), side(spanish))

    def test_sure_and_possible(self):
        self.assertEqual(
            self.link([("the", "H1"), ("earth", "H1")], [("y",), ("la", "H1"), ("tierra", "H1")]),
            ([(1, 2)], [(0, 1), (0, 2), (1, 1)]))

    def test_two_runs_give_nothing(self):
        self.assertEqual(self.link([("earth", "H1"), ("x", "H2"), ("earth", "H1")],
                                   [("tierra", "H1")]), ([], []))

    def test_untagged_token_does_not_end_a_run(self):
        self.assertEqual(self.link([("vast", "H1"), (",",), ("of", "H1")], [("gran", "H1")]),
                         ([(0, 0)], [(2, 0)]))

    def test_skipped_number(self):
        self.assertEqual(self.link([("word", "G3588")], [("palabra", "G3588")]), ([], []))

    def test_word_for_two_original_words_is_not_sure(self):
        self.assertEqual(self.link([("die", "H4191", "H4191")], [("moriréis", "H4191")]),
                         ([], [(0, 0)]))

    def test_format(self):
        self.assertEqual(links.format_links([(0, 1), (2, 10)]), "0-1 2-10")


class VersePairs(unittest.TestCase):
    def test_pairing_skips_what_english_lacks(self):
        parsed = {("Luke", 17, verse): sword.Verse(text, [()] * 9)
                  for verse, text in ((35, "“One two”"), (36, ""))}
        spanish = {key: sword.Verse("Uno dos", [()] * 6) for key in parsed}
        pairs = verses.pair_verses(parsed, spanish)
        self.assertEqual([(p.reference, p.group, p.source, p.target) for p in pairs],
                         [("Luke.17.35", "Luke.17", "Uno dos", "One two")])

    def test_filter(self):
        pairs = [verses.VersePair("Gen.1.1", source, target, None) for source, target in
                 (("a b", "c d"), ("a b", "c d"), ("a b", "c"), ("a b", "1 2 3 4 5 6"))]
        kept, dropped = verses.filter_pairs(pairs)
        self.assertEqual([p.target for p in kept], ["c d"])
        self.assertEqual(sorted(dropped.values()), [1, 1, 1])


class Descriptions(unittest.TestCase):
    def test_records(self):
        text = ("Package: a\nDescription-md5: 1\nDescription-fr: court\n long\n .\n fin\n\n"
                "Package: b\nDescription-md5: 1\nDescription-fr: autre\n")
        records = descriptions.parse_translations(text, "fr")
        self.assertEqual(records,
                         {"1": descriptions.Record("a", "court", ["long", ".", "fin"])})

    def test_source_packages(self):
        self.assertEqual(
            descriptions.parse_source_packages("Package: a\nSource: s (1.2)\n\nPackage: b\n"),
            {"a": "s"})

    def test_blocks(self):
        lines = ["One", "two.", ".", " * item", "   more", " * next", ".", " code", "  code", "End"]
        self.assertEqual(descriptions.parse_blocks(lines),
                         [("paragraph", "One two."), ("item", "item more"), ("item", "next"),
                          ("verbatim", "code"), ("verbatim", "code"), ("paragraph", "End")])

    def test_sentences(self):
        text = "A tool, e.g. This. It is. no Split? « Yes »"
        self.assertEqual(descriptions.split_sentences(text),
                         ["A tool, e.g. This.", "It is. no Split?", "« Yes »"])

    def test_pairs(self):
        english = descriptions.Record("a", "short text", ["One. Two.", ".", " code", ".", "A. B."])
        other = descriptions.Record("a", "texte\u00a0court",
                                    ["Un. Deux.", ".", " kode", ".", "A b."])
        pairs, same = descriptions.pair_descriptions(english, other, "s")
        self.assertTrue(same)
        self.assertEqual([(p.kind, p.source, p.target) for p in pairs],
                         [("short", "short text", "texte court"), ("sentence", "One.", "Un."),
                          ("sentence", "Two.", "Deux."), ("paragraph", "A. B.", "A b.")])
        other.lines.append("* x")
        pairs, same = descriptions.pair_descriptions(english, other, "s")
        self.assertFalse(same)
        self.assertEqual(len(pairs), 1)

    def test_filter(self):
        texts = [("a b", "c d"), ("a b", "other"), ("x y", "x y"), ("word", "mot"),
                 ("p q", "1 2 3 4 5 6"), ("a b c d e f", "a b c d e ff"), ("x " * 121, "y " * 121)]
        pairs = [descriptions.DescriptionPair("g", "p", "short", *sides) for sides in texts]
        kept, dropped = descriptions.filter_pairs(pairs)
        self.assertEqual([p.source for p in kept], ["a b"])
        self.assertEqual(set(dropped.values()), {1})
        self.assertEqual(len(dropped), 6)

    def test_unknown_language(self):
        self.assertEqual(descriptions.language_list("de,fr,de"), ["de", "fr"])
        with self.assertRaisesRegex(Exception, "unknown language xx; known: fr, de"):
            descriptions.language_list("fr,xx")


class Files(unittest.TestCase):
    def test_complete_only_with_list_and_checksums(self):
        with tempfile.TemporaryDirectory() as folder:
            output = common.OutputFolder(folder, "c")
            output.add("c.txt", b"text\n")
            self.assertFalse(output.is_complete(["c.txt"]))
            output.close()
            self.assertTrue(output.is_complete(["c.txt"]))
            self.assertFalse(output.is_complete(["c.txt", "d.txt"]))
            self.assertFalse(output.is_complete(["c.txt"], {"c.txt": "0"}))
            self.assertEqual(sorted(p.name for p in Path(folder).iterdir()),
                             ["c.sha256", "c.txt"])
            (Path(folder) / "c.txt").write_bytes(b"changed\n")
            self.assertFalse(output.is_complete(["c.txt"]))

    def test_unwritable_folder(self):
        with self.assertRaisesRegex(common.RecipeError, "cannot write /proc/none/x"):
            common.write_file(Path("/proc/none/x"), b"")

    def test_missing_command_names_the_packages(self):
        with self.assertRaisesRegex(common.RecipeError, "apt-get install libsword-utils"):
            common.require_command("no-such-command", ["libsword-utils"])

    def test_failure_is_one_line_and_status_1(self):
        def fail():
            raise common.RecipeError("reason")
        message = io.StringIO()
        with contextlib.redirect_stderr(message), self.assertRaises(SystemExit) as ended:
            common.run_recipe(fail)
        self.assertEqual(ended.exception.code, 1)
        self.assertEqual(message.getvalue().count("\n"), 1)
        self.assertIn("reason", message.getvalue())


if __name__ == "__main__":
    unittest.main()

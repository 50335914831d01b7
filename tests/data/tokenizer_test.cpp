#include "seqlab/data/tokenizer.hpp"

#include <algorithm>
#include <stdexcept>

#include <doctest/doctest.h>

#include "seqlab/data/text_file.hpp"
#include "seqlab/data/utf8.hpp"
#include "seqlab/data/vocabulary_tokenizer.hpp"
#include "seqlab/tensor/random.hpp"
#include "support.hpp"

namespace {

using namespace seqlab;

using Pieces = std::vector<std::string>;

/// Sentences of made-up words, some of them rare.
std::vector<std::string> sample_lines(std::size_t count, std::uint64_t seed) {
  const Pieces syllables = {"ka", "lo", "mi", "ñu", "ter", "sa", "vién", "do", "ra", "pe"};
  Random random(seed, "sample lines");
  std::vector<std::string> words;
  for (std::size_t i = 0; i < 400; ++i) {
    std::string word;
    for (std::uint64_t n = 1 + random.below(3); n > 0; --n) {
      word += syllables[random.below(syllables.size())];
    }
    words.push_back(word);
  }
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < count; ++i) {
    std::string line = words[random.below(400)];
    for (std::uint64_t n = random.below(12); n > 0; --n) {
      line += (random.below(6) == 0 ? ", " : " ") + words[random.below(random.below(400) + 1)];
    }
    lines.push_back(line + ".");
  }
  return lines;
}

std::vector<const std::string*> pointers(const std::vector<std::string>& lines) {
  std::vector<const std::string*> result;
  for (const std::string& line : lines) result.push_back(&line);
  return result;
}

std::unique_ptr<Tokenizer> train(const TokenizerOptions& options, const Pieces& lines) {
  return train_tokenizer(options, pointers(lines));
}

TokenizerOptions options_of(const std::string& kind, Index vocabulary = 300) {
  TokenizerOptions options;
  options.kind = kind;
  options.vocabulary = vocabulary;
  return options;
}

}  // namespace

TEST_CASE("utf8_characters walks through text and over bytes that are none") {
  const auto characters = utf8_characters("añ€😀\xFFz");
  Pieces bytes;
  std::vector<std::int32_t> codes;
  for (const Utf8Character& c : characters) {
    bytes.emplace_back(c.bytes);
    codes.push_back(c.code);
  }
  CHECK(bytes == Pieces{"a", "ñ", "€", "😀", "\xFF", "z"});
  CHECK(codes == std::vector<std::int32_t>{'a', 0xF1, 0x20AC, 0x1F600, kInvalidCharacter, 'z'});
}

TEST_CASE("every tokenizer restores text, agrees on the special tokens and survives a file") {
  const std::vector<std::string> lines = sample_lines(1500, 1);
  const TemporaryFolder folder;
  for (const std::string name : {"bpe", "unigram", "word", "char", "symbols"}) {
    CAPTURE(name);
    const bool sub_words = name == "bpe" || name == "unigram";
    TokenizerOptions options = options_of(sub_words ? "sentencepiece" : name, 1200);
    if (sub_words) options.vocabulary = 300;
    options.sentencepiece_model = name == "unigram" ? "unigram" : "bpe";
    const auto tokenizer = train(options, lines);
    REQUIRE(tokenizer->vocabulary_size() > kFirstFree);
    REQUIRE(tokenizer->vocabulary_size() <= options.vocabulary);
    CHECK(tokenizer->token(kPad) == "<pad>");
    CHECK(tokenizer->token(kBos) == "<s>");
    CHECK(tokenizer->token(kEos) == "</s>");
    CHECK(tokenizer->token(kUnk) == "<unk>");
    CHECK_THROWS_AS(tokenizer->token(static_cast<TokenId>(tokenizer->vocabulary_size())),
                    std::logic_error);

    tokenizer->save(folder.path() / name);
    const auto loaded = load_tokenizer(folder.path() / name);
    CHECK(loaded->vocabulary_size() == tokenizer->vocabulary_size());
    const auto again = train(options, lines);
    again->save(folder.path() / "again");
    CHECK(read_file(folder.path() / "again") == read_file(folder.path() / name));

    for (const std::string& line : lines) {
      const Sentence tokens = tokenizer->encode(line);
      REQUIRE(!tokens.empty());
      REQUIRE(*std::min_element(tokens.begin(), tokens.end()) >= kFirstFree);
      REQUIRE(*std::max_element(tokens.begin(), tokens.end()) < tokenizer->vocabulary_size());
      REQUIRE(tokenizer->decode(tokens) == line);
      REQUIRE(loaded->encode(line) == tokens);
      REQUIRE(loaded->decode(tokens) == line);
    }

    Sentence marked = tokenizer->encode(lines[0]);
    marked.insert(marked.begin(), kBos);
    marked.insert(marked.end(), {kEos, kPad});
    CHECK(tokenizer->decode(marked) == lines[0]);
    CHECK(tokenizer->decode(Sentence{}).empty());
    CHECK(tokenizer->encode("").empty());
    CHECK(tokenizer->encode(" \t　 ").empty());

    const Sentence foreign = tokenizer->encode("漢字");
    CHECK(std::find(foreign.begin(), foreign.end(), kUnk) != foreign.end());
    CHECK(contains(tokenizer->decode(foreign), "<unk>"));
    CHECK(tokenizer->decode(tokenizer->encode(std::string(100000, 'a'))).size() > 4);
  }
}

TEST_CASE("sub-words are shorter than characters and fill the vocabulary asked for") {
  const std::vector<std::string> lines = sample_lines(1500, 2);
  for (const std::string model : {"bpe", "unigram"}) {
    CAPTURE(model);
    TokenizerOptions options = options_of("sentencepiece", 200);
    options.sentencepiece_model = model;
    const auto tokenizer = train(options, lines);
    CHECK(tokenizer->vocabulary_size() == 200);
    CHECK(tokenizer->encode(lines[0]).size() * 2 < utf8_characters(lines[0]).size());
    CHECK(tokenizer->token(tokenizer->encode(lines[0])[0]).starts_with("▁"));
  }
}

TEST_CASE("SentencePiece makes do with little text and explains what it cannot do") {
  TokenizerOptions options = options_of("sentencepiece", 8000);
  for (const std::string model : {"bpe", "unigram"}) {
    options.sentencepiece_model = model;
    CAPTURE(model);
    const auto tokenizer = train(options, {"un perro", "", "a"});
    CHECK(tokenizer->vocabulary_size() < 100);
    CHECK(tokenizer->decode(tokenizer->encode("un perro")) == "un perro");

    CHECK(contains(message_of<RuntimeFailure>([&] { train(options, {}); }), "no text"));
    for (const std::string blank :
         {" \t", "\u3000", "\x01\x7f", "\u200b\ufeff", "\u2581", "\ufffd"}) {
      CAPTURE(blank);
      CHECK(contains(message_of<RuntimeFailure>([&] { train(options, {"", blank}); }), "no text"));
    }

    TokenizerOptions tiny = options;
    tiny.vocabulary = 8;
    const std::string message =
        message_of<UsageError>([&] { train(tiny, {"abcdefghijklmnopqrstuvwxyz"}); });
    CHECK(contains(message, "cannot make a vocabulary of 8 from 1 lines"));
  }
  options.sentencepiece_model = "wordpiece";
  CHECK(contains(message_of<UsageError>([&] { train(options, {"a"}); }),
                 "\"wordpiece\"; expected bpe or unigram"));
}

TEST_CASE("word_pieces separates punctuation and join_words puts it back") {
  CHECK(word_pieces("Don't (ever) stop.") ==
        Pieces{"Don", "￭'￭", "t", "(￭", "ever", "￭)", "stop", "￭."});
  CHECK(word_pieces("¿Qué? --sí...") ==
        Pieces{"¿￭", "Qué", "￭?", "-", "￭-￭", "sí", "￭.", "￭.", "￭."});
  CHECK(word_pieces("  - a\u00A0 b\t") == Pieces{"-", "a", "b"});
  CHECK(word_pieces("").empty());
  CHECK(word_pieces("e\u0301t\u00E9 3.5") == Pieces{"e\u0301t\u00E9", "3", "￭.￭", "5"});
  for (const std::string text :
       {"Don't (ever) stop.", "¿Qué? --sí...", "a - b", "«l'été», dit-il : « 3,5 % »", "(((",
        "...a", "x_y=z; f(x)", "漢字。かな", "!", ""}) {
    CHECK(join_words(word_pieces(text)) == text);
  }
  CHECK(join_words(word_pieces("a ￭ b￭")) == "a ■ b■");
  CHECK(join_words({"￭,", "a", "(￭"}) == ", a (");
}

TEST_CASE("word vocabularies keep the frequent words, ties in byte order") {
  const Pieces lines = {"c b a", "a b", "a d"};
  TokenizerOptions options = options_of("word", 7);
  const auto limited = train(options, lines);
  CHECK(limited->vocabulary_size() == 7);
  CHECK(limited->token(4) == "a");
  CHECK(limited->token(5) == "b");
  CHECK(limited->token(6) == "c");
  CHECK(limited->encode("a d A") == Sentence{4, kUnk, kUnk});
  CHECK(limited->decode(limited->encode("a d b")) == "a <unk> b");

  options.vocabulary = 100;
  options.minimum_frequency = 2;
  CHECK(train(options, lines)->vocabulary_size() == 6);
  options.minimum_frequency = 4;
  CHECK(contains(message_of<RuntimeFailure>([&] { train(options, lines); }),
                 "none of the 4 different word tokens in 3 lines occurs 4 times"));
}

TEST_CASE("special tokens written in text are ordinary text") {
  const std::string text = "a </s> <pad> b";
  for (const std::string kind : {"word", "char", "symbols"}) {
    CAPTURE(kind);
    const auto tokenizer = train(options_of(kind), {"a </s> <s> <pad> b", "a b <unk>"});
    const Sentence tokens = tokenizer->encode(text);
    CHECK(*std::min_element(tokens.begin(), tokens.end()) >= kFirstFree);
    CHECK(tokenizer->decode(tokens) == text);
  }
  // SentencePiece learns nothing from them, but does not take them for marks.
  const auto sub_words = train(options_of("sentencepiece"), {text, "< s / p > d"});
  const Sentence tokens = sub_words->encode(text);
  CHECK(*std::min_element(tokens.begin(), tokens.end()) >= kUnk);
  CHECK(sub_words->decode(tokens).ends_with(" b"));
}

TEST_CASE("train_tokenizer names the valid kinds and sizes") {
  CHECK(contains(message_of<UsageError>([] { train(options_of("wordd"), {"a"}); }),
                 "\"wordd\"; expected sentencepiece, word, char or symbols"));
  CHECK(contains(message_of<UsageError>([] { train(options_of("word", 4), {"a"}); }),
                 "vocabulary of 4"));
}

TEST_CASE("load_tokenizer refuses what is no vocabulary or not whole") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "vocab";
  const auto error = [&] { return message_of<RuntimeFailure>([&] { load_tokenizer(file); }); };
  CHECK(contains(error(), "cannot be read"));
  for (const std::string content : {"", "hello", "hello\nworld\n"}) {
    write(folder, "vocab", content);
    CHECK(contains(error(), "not a vocabulary of this program"));
  }
  for (const std::string kind : {"sentencepiece", "word"}) {
    CAPTURE(kind);
    train(options_of(kind), {"some words, and more"})->save(file);
    const std::string saved = read_file(file);
    write(folder, "vocab", saved.substr(0, saved.size() - 3));
    CHECK(contains(error(), "the vocabulary is damaged"));
    write(folder, "vocab", "seqlab-vocabulary-1 morse" + saved.substr(saved.find(' ', 20)));
    CHECK(contains(error(), "unknown kind of vocabulary \"morse\""));
  }
}

TEST_CASE("a pair of tokenizers is saved as one file or two") {
  const Pieces source = {"uno dos tres", "uno"};
  const Pieces target = {"one two three", "one"};
  TokenizerOptions options = options_of("word");

  const TemporaryFolder separate;
  const TokenizerPair two = TokenizerPair::train(options, source, target);
  CHECK(!two.joint());
  two.save(separate.path());
  const TokenizerPair two_again = TokenizerPair::load(separate.path());
  CHECK(!two_again.joint());
  CHECK(two_again.source->decode(two.source->encode("dos")) == "dos");
  CHECK(two_again.target->encode("dos") == Sentence{kUnk});

  options.joint = true;
  const TemporaryFolder together;
  const TokenizerPair one = TokenizerPair::train(options, source, target);
  CHECK(one.joint());
  CHECK(one.source->vocabulary_size() == kFirstFree + 6);
  one.save(together.path());
  CHECK(std::filesystem::exists(together.path() / "joint.vocab"));
  const TokenizerPair one_again = TokenizerPair::load(together.path());
  CHECK(one_again.joint());
  CHECK(one_again.source->encode("dos two") == one.target->encode("dos two"));

  CHECK(contains(message_of<RuntimeFailure>([&] { TokenizerPair::load("/nowhere"); }),
                 "/nowhere/source.vocab: cannot be read"));
}

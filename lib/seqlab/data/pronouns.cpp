#include "seqlab/data/pronouns.hpp"

#include <algorithm>
#include <span>
#include <sstream>
#include <string_view>

#include "seqlab/error.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab {

namespace {

constexpr std::size_t kNounsOfKind = 4;
constexpr std::size_t kNumbers = 2;  // singular, plural

struct Kind {
  std::array<std::array<const char*, kNumbers>, kNounsOfKind> nouns;
  std::array<const char*, 4> properties;
  std::array<const char*, 3> verbs;  // what such a thing may do to any other
};

constexpr std::array<Kind, 4> kKinds = {{
    {.nouns = {{{"dog", "dogs"}, {"cat", "cats"}, {"horse", "horses"}, {"bird", "birds"}}},
     .properties = {"hungry", "thirsty", "asleep", "afraid"},
     .verbs = {"chased", "watched", "found"}},
    {.nouns =
         {{{"ball", "balls"}, {"balloon", "balloons"}, {"tyre", "tyres"}, {"cushion", "cushions"}}},
     .properties = {"inflated", "punctured", "airtight", "bursting"},
     .verbs = {"hit", "touched", "covered"}},
    {.nouns = {{{"cake", "cakes"}, {"apple", "apples"}, {"pie", "pies"}, {"bun", "buns"}}},
     .properties = {"tasty", "baked", "stale", "sugared"},
     .verbs = {"hid", "touched", "covered"}},
    {.nouns = {{{"book", "books"}, {"letter", "letters"}, {"poem", "poems"}, {"story", "stories"}}},
     .properties = {"translated", "published", "misspelled", "illegible"},
     .verbs = {"mentioned", "hid", "covered"}},
}};

constexpr std::array<const char*, 3> kConnectives = {"because", "but", "and"};
constexpr std::array<const char*, kNumbers> kPronouns = {"it", "they"};
constexpr std::array<const char*, kNumbers> kCopulas = {"was", "were"};
constexpr const char* kArticle = "the";

std::vector<std::string> list_words() {
  std::vector<std::string> words = {kArticle};
  const auto add = [&words](const auto& more) {
    for (const char* word : more) {
      if (std::ranges::find(words, word) == words.end()) words.emplace_back(word);
    }
  };
  add(kPronouns);
  add(kCopulas);
  add(kConnectives);
  for (const Kind& kind : kKinds) {
    for (const auto& forms : kind.nouns) add(forms);
    add(kind.properties);
    add(kind.verbs);
  }
  return words;
}

/// A noun's or a property's kind.
template <typename List>
std::size_t kind_of(const std::string& word, List list) {
  for (std::size_t k = 0; k < kKinds.size(); ++k) {
    if (list(kKinds[k], word)) return k;
  }
  return kKinds.size();
}

bool is_noun(const Kind& kind, const std::string& word) {
  return std::ranges::any_of(
      kind.nouns, [&](const auto& forms) { return std::ranges::find(forms, word) != forms.end(); });
}

bool is_property(const Kind& kind, const std::string& word) {
  return std::ranges::find(kind.properties, word) != kind.properties.end();
}

struct Noun {
  std::size_t kind;
  std::size_t number_in_kind;
};

/// Two nouns of different kinds, in the singular or the plural.
struct Pair {
  std::array<Noun, 2> nouns;
  std::size_t form;
};

/// dog and ball, cakes and letters.
bool is_story_pair(const Pair& pair) {
  const auto singular = [](const Noun& noun) {
    return std::string_view(kKinds[noun.kind].nouns[noun.number_in_kind][0]);
  };
  const auto is = [&](const char* a, const char* b) {
    return singular(pair.nouns[0]) == a && singular(pair.nouns[1]) == b;
  };
  return is("dog", "ball") || is("cake", "letter");
}

std::vector<Pair> all_pairs() {
  std::vector<Noun> nouns;
  for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
    for (std::size_t n = 0; n < kNounsOfKind; ++n) nouns.push_back({kind, n});
  }
  std::vector<Pair> pairs;
  for (const Noun& a : nouns) {
    for (const Noun& b : nouns) {
      if (a.kind >= b.kind) continue;
      for (std::size_t form = 0; form < kNumbers; ++form) pairs.push_back({{a, b}, form});
    }
  }
  return pairs;
}

class Writer {
 public:
  explicit Writer(const std::vector<std::string>& vocabulary) : vocabulary_(vocabulary) {}

  TokenId token(const std::string& word) const {
    const auto found = std::ranges::find(vocabulary_, word);
    check(found != vocabulary_.end(), "no word '{}'", word);
    return static_cast<TokenId>(found - vocabulary_.begin());
  }

  /// The four sentences of a group.
  void add_group(const Pair& pair, Random& random, std::vector<PronounSentence>& sentences) const {
    const char* connective = draw(kConnectives, random);
    const std::array<const char*, 2> properties = {
        draw(kKinds[pair.nouns[0].kind].properties, random),
        draw(kKinds[pair.nouns[1].kind].properties, random)};
    for (std::size_t first = 0; first < 2; ++first) {
      const std::array<std::size_t, 2> order = {first, 1 - first};
      const Kind& subject = kKinds[pair.nouns[first].kind];
      const char* verb = draw(subject.verbs, random);
      const auto noun = [&](std::size_t place) {
        const Noun& chosen = pair.nouns[order[place]];
        return kKinds[chosen.kind].nouns[chosen.number_in_kind][pair.form];
      };
      for (std::size_t referent = 0; referent < 2; ++referent) {
        PronounSentence sentence{.words = {}, .referent = referent};
        const std::array<const char*, PronounPlaces::kLength> words = {kArticle,
                                                                       noun(0),
                                                                       verb,
                                                                       kArticle,
                                                                       noun(1),
                                                                       connective,
                                                                       kPronouns[pair.form],
                                                                       kCopulas[pair.form],
                                                                       properties[order[referent]]};
        std::ranges::transform(words, sentence.words.begin(),
                               [this](const char* word) { return token(word); });
        sentences.push_back(sentence);
      }
    }
  }

 private:
  template <std::size_t n>
  static const char* draw(const std::array<const char*, n>& words, Random& random) {
    return words[random.below(n)];
  }

  const std::vector<std::string>& vocabulary_;
};

/// Draws groups from the pairs, each pair as often as any other.
std::vector<PronounSentence> make_sentences(const Writer& writer, std::span<const Pair> pairs,
                                            Index groups, Random random) {
  std::vector<PronounSentence> sentences;
  for (Index g = 0; g < groups; ++g) {
    writer.add_group(pairs[static_cast<std::size_t>(g) % pairs.size()], random, sentences);
  }
  return sentences;
}

}  // namespace

PronounText make_pronouns(const PronounOptions& options) {
  if (options.train_groups < 1 || options.test_groups < 1) {
    throw UsageError(fmt::format("{} training and {} test groups; expected at least 1 of each",
                                 options.train_groups, options.test_groups));
  }
  std::vector<Pair> pairs = all_pairs();
  Random(options.seed, "pronoun pairs").shuffle(std::span(pairs));
  std::ranges::stable_partition(pairs, is_story_pair);  // always held out
  const std::span<const Pair> held_out = std::span(pairs).first(pairs.size() / 4);
  const std::span<const Pair> training = std::span(pairs).subspan(held_out.size());

  PronounText text;
  text.vocabulary = list_words();
  const Writer writer(text.vocabulary);
  text.train =
      make_sentences(writer, training, options.train_groups, Random(options.seed, "pronoun train"));
  text.test =
      make_sentences(writer, held_out, options.test_groups, Random(options.seed, "pronoun test"));
  return text;
}

PronounSentence parse_pronoun_sentence(const PronounText& text, const std::string& sentence) {
  std::istringstream stream(sentence);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  const auto fail = [&](const std::string& what) {
    throw UsageError(fmt::format(
        "\"{}\": {}; expected a sentence like \"the dog chased the ball because it was hungry\"",
        sentence, what));
  };
  PronounSentence parsed{};
  if (words.size() != parsed.words.size()) fail(fmt::format("{} words", words.size()));
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto found = std::ranges::find(text.vocabulary, words[i]);
    if (found == text.vocabulary.end()) fail(fmt::format("the word '{}' is not known", words[i]));
    parsed.words[i] = static_cast<TokenId>(found - text.vocabulary.begin());
  }
  const auto at = [&words](Index place) { return words[static_cast<std::size_t>(place)]; };
  const std::size_t property = kind_of(at(PronounPlaces::kProperty), is_property);
  const std::size_t first = kind_of(at(PronounPlaces::kNouns[0]), is_noun);
  const std::size_t second = kind_of(at(PronounPlaces::kNouns[1]), is_noun);
  if (property == kKinds.size() || (property == first) == (property == second)) {
    fail("its property does not fit one of its nouns alone");
  }
  parsed.referent = property == first ? 0 : 1;
  return parsed;
}

}  // namespace seqlab

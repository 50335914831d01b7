#include "seqlab/history/pattern.hpp"

#include <algorithm>

#include "seqlab/error.hpp"

namespace seqlab {

namespace {

using Kind = PatternElement::Kind;

bool takes_word(const PatternElement& element, const std::string& word, const Tags& tags) {
  return std::ranges::any_of(element.words, [&](const std::string& name) {
    if (element.kind != Kind::tagged) return name == word;
    const auto tag = tags.find(name);
    return tag != tags.end() && tag->second.contains(word);
  });
}

/// How many words an element takes; of `0` the least.
std::size_t length_of(const PatternElement& element) {
  if (element.kind == Kind::any) return 0;
  return element.kind == Kind::count ? element.count : 1;
}

/// fits[p][w]: the elements from p on can take exactly the words from w on.
using Fits = std::vector<std::vector<char>>;

Fits find_fits(const Pattern& pattern, const Words& sentence, const Tags& tags) {
  const std::size_t size = sentence.size();
  Fits fits(pattern.size() + 1, std::vector<char>(size + 1, false));
  fits.back()[size] = true;
  for (std::size_t p = pattern.size(); p-- > 0;) {
    const PatternElement& element = pattern[p];
    for (std::size_t w = size + 1; w-- > 0;) {
      if (element.kind == Kind::any) {
        fits[p][w] = fits[p + 1][w] || (w < size && fits[p][w + 1]);
      } else {
        const std::size_t length = length_of(element);
        fits[p][w] = length <= size - w && fits[p + 1][w + length] &&
                     (element.kind == Kind::count || takes_word(element, sentence[w], tags));
      }
    }
  }
  return fits;
}

}  // namespace

std::optional<std::vector<Words>> decompose(const Pattern& pattern, const Words& sentence,
                                            const Tags& tags) {
  const Fits fits = find_fits(pattern, sentence, tags);
  if (!fits[0][0]) return std::nullopt;
  std::vector<Words> parts;
  auto begin = sentence.begin();
  for (std::size_t p = 0; p < pattern.size(); ++p) {
    auto end = begin + static_cast<std::ptrdiff_t>(length_of(pattern[p]));
    while (!fits[p + 1][static_cast<std::size_t>(end - sentence.begin())]) ++end;
    parts.emplace_back(begin, end);
    begin = end;
  }
  return parts;
}

Words assemble(const Template& answer, const std::vector<Words>& parts) {
  Words words;
  for (const TemplateElement& element : answer) {
    if (element.part == 0) {
      words.push_back(element.word);
    } else {
      const Words& part = parts.at(element.part - 1);
      words.insert(words.end(), part.begin(), part.end());
    }
  }
  return words;
}

std::string to_string(const Pattern& pattern) {
  Words words;
  for (const PatternElement& element : pattern) {
    switch (element.kind) {
      case Kind::any:
        words.emplace_back("0");
        break;
      case Kind::count:
        words.push_back(std::to_string(element.count));
        break;
      case Kind::word:
        words.push_back(element.words.front());
        break;
      case Kind::one_of:
        words.push_back("(*" + join(element.words) + ')');
        break;
      case Kind::tagged:
        words.push_back("(/" + join(element.words) + ')');
        break;
    }
  }
  return '(' + join(words) + ')';
}

std::string to_string(const Template& answer) {
  Words words;
  for (const TemplateElement& element : answer) {
    words.push_back(element.part == 0 ? element.word : std::to_string(element.part));
  }
  return '(' + join(words) + ')';
}

std::string join(const Words& words) { return fmt::format("{}", fmt::join(words, " ")); }

}  // namespace seqlab

#pragma once

// Counts of n-grams over code points: those of a text (chrF), or those that stand for words (BLEU).

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace seqlab {

/// Counts of the n-grams of one order. The keys view the counted symbols, which must outlive them.
using NgramCounts = std::unordered_map<std::u32string_view, std::int64_t>;

NgramCounts count_ngrams(std::u32string_view symbols, std::size_t order);

/// Gives every distinct word a symbol of its own, so that an n-gram of words is a short string.
class WordSymbols {
 public:
  std::u32string encode(const std::vector<std::u32string_view>& words);

 private:
  std::unordered_map<std::u32string, char32_t> symbols_;
};

}  // namespace seqlab

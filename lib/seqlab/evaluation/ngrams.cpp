#include "seqlab/evaluation/ngrams.hpp"

namespace seqlab {

NgramCounts count_ngrams(std::u32string_view symbols, std::size_t order) {
  NgramCounts counts;
  if (symbols.size() < order) return counts;
  counts.reserve(symbols.size() - order + 1);
  for (std::size_t i = 0; i + order <= symbols.size(); ++i) ++counts[symbols.substr(i, order)];
  return counts;
}

std::u32string WordSymbols::encode(const std::vector<std::u32string_view>& words) {
  std::u32string result;
  result.reserve(words.size());
  for (const std::u32string_view word : words) {
    const auto next = static_cast<char32_t>(symbols_.size());
    result.push_back(symbols_.try_emplace(std::u32string(word), next).first->second);
  }
  return result;
}

}  // namespace seqlab

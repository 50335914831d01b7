#include "seqlab/data/text_corpus.hpp"

#include <algorithm>

#include "seqlab/error.hpp"

namespace seqlab {
namespace {

class Packer {
 public:
  explicit Packer(TextPacking packing) : packing_(packing) {}

  void add(const Sentence& line, std::size_t number) {
    if (fits(line)) {
      Sentence& block = corpus_.target.back();
      block.push_back(kEos);
      block.insert(block.end(), line.begin(), line.end());
      return;
    }
    corpus_.source.emplace_back();
    corpus_.target.push_back(line);
    corpus_.line.push_back(number);
  }
  Corpus take() { return std::move(corpus_); }

 private:
  bool fits(const Sentence& line) const {
    if (!packing_.packed || corpus_.target.empty()) return false;
    return static_cast<Index>(corpus_.target.back().size() + 1 + line.size()) <= packing_.block;
  }

  TextPacking packing_;
  Corpus corpus_;
};

}  // namespace

Corpus make_training_text(const std::vector<std::string>& lines, const Tokenizer& tokenizer,
                          TextPacking packing, Index max_tokens, FilterReport* report) {
  FilterReport counts;
  counts.pairs = lines.size();
  Packer packer(packing);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Sentence line = tokenizer.encode(lines[i]);
    if (line.empty()) {
      ++counts.empty;
    } else if (exceeds(line, max_tokens)) {
      ++counts.too_long;
    } else {
      ++counts.kept;
      counts.target_tokens += line.size();
      counts.target_unknown += count_unknown(line);
      packer.add(line, i);
    }
  }
  if (report != nullptr) *report = counts;
  if (counts.kept == 0) {
    throw RuntimeFailure(fmt::format(
        "no training line is left: of {} lines, {} are empty and {} have more than {} tokens; "
        "raise max_target_tokens or check the data",
        counts.pairs, counts.empty, counts.too_long, max_tokens));
  }
  return packer.take();
}

Corpus make_test_text(const std::vector<std::string>& lines, const Tokenizer& tokenizer,
                      TextPacking packing) {
  Packer packer(packing);
  for (std::size_t i = 0; i < lines.size(); ++i) packer.add(tokenizer.encode(lines[i]), i);
  return packer.take();
}

std::size_t text_bytes(const std::vector<std::string>& lines) {
  std::size_t bytes = 0;
  for (const std::string& line : lines) bytes += line.size() + 1;
  return bytes;
}

}  // namespace seqlab

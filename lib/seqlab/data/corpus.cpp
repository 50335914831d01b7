#include "seqlab/data/corpus.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"

namespace seqlab {
namespace {

[[noreturn]] void fail_empty(const std::filesystem::path& file) {
  throw RuntimeFailure(
      fmt::format("{}: the file is empty; expected one sentence a line: check that it was created "
                  "and downloaded completely",
                  file.string()));
}

std::vector<std::string_view> split_columns(std::string_view line) {
  std::vector<std::string_view> columns;
  for (std::size_t start = 0;;) {
    const std::size_t tab = line.find('\t', start);
    columns.push_back(line.substr(start, tab - start));
    if (tab == std::string_view::npos) return columns;
    start = tab + 1;
  }
}

/// "0: 3, 1-10: 24, 11-20: 7, .., above 100: 1", of the longer side of each pair.
std::string length_histogram(const std::vector<std::size_t>& lengths) {
  constexpr std::size_t kWidth = 10;
  constexpr std::size_t kBins = 12;  // 0, ten of kWidth, the rest
  std::vector<std::size_t> counts(kBins, 0);
  for (const std::size_t length : lengths) {
    ++counts[std::min((length + kWidth - 1) / kWidth, kBins - 1)];
  }
  std::string text;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    if (counts[bin] == 0) continue;
    if (!text.empty()) text += ", ";
    if (bin == 0) {
      text += fmt::format("0: {}", counts[bin]);
    } else if (bin + 1 < kBins) {
      text += fmt::format("{}-{}: {}", (bin - 1) * kWidth + 1, bin * kWidth, counts[bin]);
    } else {
      text += fmt::format("above {}: {}", (bin - 1) * kWidth, counts[bin]);
    }
  }
  return text;
}

std::string limit_text(Index limit) { return limit > 0 ? fmt::format("{}", limit) : "no limit"; }

}  // namespace

std::size_t count_unknown(const Sentence& sentence) {
  return static_cast<std::size_t>(std::count(sentence.begin(), sentence.end(), kUnk));
}

bool exceeds(const Sentence& sentence, Index limit) {
  return limit > 0 && static_cast<Index>(sentence.size()) > limit;
}

ParallelText read_parallel(const std::filesystem::path& source_file,
                           const std::filesystem::path& target_file) {
  ParallelText text{read_lines(source_file), read_lines(target_file)};
  if (text.source.empty()) fail_empty(source_file);
  if (text.target.empty()) fail_empty(target_file);
  if (text.source.size() != text.target.size()) {
    throw RuntimeFailure(fmt::format(
        "{} has {} lines, but {} has {}; expected line N of one file to be the translation of line "
        "N of the other: align the files again",
        source_file.string(), text.source.size(), target_file.string(), text.target.size()));
  }
  return text;
}

ParallelText read_plain(const std::filesystem::path& file) {
  ParallelText text{{}, read_lines(file)};
  if (text.target.empty()) fail_empty(file);
  text.source.resize(text.target.size());
  return text;
}

ParallelText read_parallel_tsv(const std::filesystem::path& file, TsvColumns columns) {
  const bool possible = columns.source >= 1 && columns.source <= columns.total &&
                        columns.target >= 1 && columns.target <= columns.total;
  if (!possible) {
    throw UsageError(fmt::format("columns {} and {} of {}: expected numbers from 1 to {}",
                                 columns.source, columns.target, columns.total, columns.total));
  }
  const std::vector<std::string> lines = read_lines(file);
  if (lines.empty()) fail_empty(file);
  ParallelText text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::vector<std::string_view> found = split_columns(lines[i]);
    if (static_cast<Index>(found.size()) != columns.total) {
      throw RuntimeFailure(fmt::format(
          "{}:{}: {} tab(s) in the line; expected {} columns with {} tab(s) between them: correct "
          "the line or the column settings",
          file.string(), i + 1, found.size() - 1, columns.total, columns.total - 1));
    }
    text.source.emplace_back(found[static_cast<std::size_t>(columns.source - 1)]);
    text.target.emplace_back(found[static_cast<std::size_t>(columns.target - 1)]);
  }
  return text;
}

std::string FilterReport::summary() const {
  const auto share = [](std::size_t unknown, std::size_t tokens) {
    return tokens == 0 ? 0.0 : 100.0 * static_cast<double>(unknown) / static_cast<double>(tokens);
  };
  if (source_tokens == 0) {
    return fmt::format("{} lines: {} kept, {} empty, {} too long; {} tokens ({:.2f} % unknown)",
                       pairs, kept, empty, too_long, target_tokens,
                       share(target_unknown, target_tokens));
  }
  return fmt::format(
      "{} pairs: {} kept, {} with an empty side, {} too long; {} source tokens ({:.2f} % unknown), "
      "{} target tokens ({:.2f} % unknown)",
      pairs, kept, empty, too_long, source_tokens, share(source_unknown, source_tokens),
      target_tokens, share(target_unknown, target_tokens));
}

Corpus make_training_corpus(const ParallelText& text, const TokenizerPair& tokenizers,
                            Index max_source_tokens, Index max_target_tokens,
                            FilterReport* report) {
  FilterReport counts;
  counts.pairs = text.size();
  Corpus corpus;
  std::vector<std::size_t> longer;
  for (std::size_t i = 0; i < text.size(); ++i) {
    Sentence source = tokenizers.source->encode(text.source[i]);
    Sentence target = tokenizers.target->encode(text.target[i]);
    longer.push_back(std::max(source.size(), target.size()));
    if (source.empty() || target.empty()) {
      ++counts.empty;
    } else if (exceeds(source, max_source_tokens) || exceeds(target, max_target_tokens)) {
      ++counts.too_long;
    } else {
      ++counts.kept;
      counts.source_tokens += source.size();
      counts.target_tokens += target.size();
      counts.source_unknown += count_unknown(source);
      counts.target_unknown += count_unknown(target);
      corpus.source.push_back(std::move(source));
      corpus.target.push_back(std::move(target));
      corpus.line.push_back(i);
    }
  }
  if (report != nullptr) *report = counts;
  if (counts.kept == 0) {
    throw RuntimeFailure(fmt::format(
        "no training pair is left: of {} pairs, {} have an empty side and {} are too long (limits: "
        "source {}, target {}); pairs by tokens of the longer side: {}; raise the limits or check "
        "the data",
        counts.pairs, counts.empty, counts.too_long, limit_text(max_source_tokens),
        limit_text(max_target_tokens), counts.pairs == 0 ? "none" : length_histogram(longer)));
  }
  return corpus;
}

Corpus make_test_corpus(const ParallelText& text, const TokenizerPair& tokenizers) {
  Corpus corpus;
  for (std::size_t i = 0; i < text.size(); ++i) {
    corpus.source.push_back(tokenizers.source->encode(text.source[i]));
    corpus.target.push_back(tokenizers.target->encode(text.target[i]));
    corpus.line.push_back(i);
  }
  return corpus;
}

}  // namespace seqlab

#include "seqlab/experiment/sentence_results.hpp"

#include <numeric>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/config_key.hpp"

namespace seqlab {

namespace {

BleuOptions bleu_options_of(const RunResult& run) {
  BleuOptions options;
  options.tokenizer = parse_text_tokenizer(run.settings.at("evaluation.tokenize"));
  options.lowercase = run.settings.at("evaluation.lowercase") == "true";
  return options;
}

std::vector<Index> read_lengths(const std::filesystem::path& file) {
  std::vector<Index> lengths;
  for (const std::string& line : read_lines(file)) {
    Index value = 0;
    if (!config::read(line, 0, kNoLimit, value)) {
      throw RuntimeFailure(
          fmt::format("{}:{}: '{}' is not a length", file.string(), lengths.size() + 1, line));
    }
    lengths.push_back(value);
  }
  return lengths;
}

}  // namespace

double SentenceResults::score(const std::vector<std::size_t>& rows, LengthRange range) const {
  std::vector<std::int64_t> sums(counts.columns(), 0);
  bool any = false;
  for (const std::size_t row : rows) {
    if (!range.contains(static_cast<double>(lengths[row]))) continue;
    const std::span<const std::int64_t> values = counts.row(row);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += values[i];
    any = true;
  }
  return any ? counts.score(sums) : std::numeric_limits<double>::quiet_NaN();
}

double SentenceResults::score(LengthRange range) const {
  std::vector<std::size_t> rows(lengths.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return score(rows, range);
}

SentenceCounts read_sentence_counts(const RunResult& run, const std::string& measure) {
  const std::vector<std::string> translations = read_lines(run.directory / "translations.txt");
  const std::vector<std::vector<std::string>> references = {
      read_lines(run.directory / "references.txt")};
  if (translations.size() != references[0].size() || translations.empty()) {
    throw RuntimeFailure(fmt::format(
        "{}: translations.txt has {} lines and references.txt {}; expected as many, and some",
        run.directory.string(), translations.size(), references[0].size()));
  }
  if (measure == "exact") {
    std::vector<bool> right;
    for (std::size_t i = 0; i < translations.size(); ++i) {
      right.push_back(translations[i] == references[0][i]);
    }
    return SentenceCounts(right);
  }
  if (measure == "chrf") {
    const ChrfOptions options;
    return {chrf_statistics(translations, references, options), options};
  }
  check(measure == "bleu", "{} is no measure of sentences", measure);
  const BleuOptions options = bleu_options_of(run);
  return {bleu_statistics(translations, references, options), options};
}

SentenceResults read_sentence_results(const RunResult& run, const std::string& measure) {
  SentenceResults results{read_sentence_counts(run, measure),
                          read_lengths(run.directory / "source_lengths.txt")};
  if (results.counts.sentences() != results.lengths.size()) {
    throw RuntimeFailure(
        fmt::format("{}: translations.txt has {} lines and source_lengths.txt {}; expected as many",
                    run.directory.string(), results.counts.sentences(), results.lengths.size()));
  }
  return results;
}

}  // namespace seqlab

#include "seqlab/experiment/text_run.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "seqlab/data/text_corpus.hpp"
#include "seqlab/evaluation/score_corpus.hpp"
#include "seqlab/experiment/data_sets.hpp"

namespace seqlab {

double TextTest::bits_per_byte() const {
  return forced.negative_log_likelihood / std::numbers::ln2 / static_cast<double>(bytes);
}

double TextTest::unknown_share() const {
  return static_cast<double>(unknown) / static_cast<double>(forced.tokens);
}

TextTest test_text(const LoadedRun& run, const ParallelText& text, Index threads) {
  TextTest test;
  test.lines = text.size();
  test.bytes = text_bytes(text.target);
  const Corpus corpus = make_test_corpus(run.experiment.data, text, run.tokenizers);
  for (const Sentence& sentence : corpus.target) test.unknown += count_unknown(sentence);
  test.forced = score_corpus(*run.model, corpus, BatchOptions{}, threads);
  return test;
}

Json text_test_json(const TextTest& test) {
  return {{"sentences", test.lines},
          {"perplexity", test.forced.perplexity()},
          {"bits_per_byte", test.bits_per_byte()},
          {"token_accuracy",
           static_cast<double>(test.forced.correct) / static_cast<double>(test.forced.tokens)},
          {"target_tokens", test.forced.tokens},
          {"bytes", test.bytes},
          {"unknown_share", test.unknown_share()}};
}

void write_text_test(const RunDirectory& directory, const TextTest& test, const Json& extra) {
  Json json = text_test_json(test);
  json.update(extra);
  directory.write("by_length.csv", by_length_csv({}));
  directory.write_json("test.json", json);
  directory.mark_done();
}

std::string text_test_line(const TextTest& test) {
  return fmt::format(
      "perplexity {:.2f} per token  {:.3f} bits per byte  tokens right {:.1f} %  ({} lines, {} "
      "tokens, {:.2f} % unknown, {} bytes)",
      test.forced.perplexity(), test.bits_per_byte(),
      100.0 * static_cast<double>(test.forced.correct) / static_cast<double>(test.forced.tokens),
      test.lines, test.forced.tokens, 100.0 * test.unknown_share(), test.bytes);
}

}  // namespace seqlab

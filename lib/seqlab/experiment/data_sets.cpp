#include "seqlab/experiment/data_sets.hpp"

#include "seqlab/error.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab {

namespace {

const TextFiles& files_of(const DataOptions& data, Split split) {
  if (split == Split::train) return data.train;
  return split == Split::valid ? data.valid : data.test;
}

}  // namespace

void add_joined_lines(ParallelText& text, Index most) {
  const std::size_t lines = text.size();
  for (std::size_t group = 2; group <= static_cast<std::size_t>(most); ++group) {
    for (std::size_t first = 0; first + group <= lines; first += group) {
      std::string source = text.source[first];
      std::string target = text.target[first];
      for (std::size_t i = first + 1; i < first + group; ++i) {
        source += ' ' + text.source[i];
        target += ' ' + text.target[i];
      }
      text.source.push_back(std::move(source));
      text.target.push_back(std::move(target));
    }
  }
}

std::string split_name(Split split) {
  if (split == Split::train) return "train";
  return split == Split::valid ? "valid" : "test";
}

bool has_split(const DataOptions& data, Split split) {
  return data.synthetic_task() || !files_of(data, split).empty();
}

ParallelText load_text(const DataOptions& data, Split split) {
  if (data.synthetic_task()) {
    SyntheticText text = make_synthetic(data.synthetic);
    if (split == Split::train) return std::move(text.train);
    return split == Split::valid ? std::move(text.valid) : std::move(text.test);
  }
  const TextFiles& files = files_of(data, split);
  if (files.empty()) {
    throw UsageError(
        fmt::format("the experiment has no {} text; write {} into [data]", split_name(split),
                    data.language_model()
                        ? fmt::format("{}_text", split_name(split))
                        : fmt::format("{0}_source and {0}_target", split_name(split))));
  }
  if (data.language_model()) return read_plain(files.plain);
  const TsvColumns columns{data.tsv_source_column, data.tsv_target_column, data.tsv_columns};
  ParallelText text = files.tsv.empty() ? read_parallel(files.source, files.target)
                                        : read_parallel_tsv(files.tsv, columns);
  if (split == Split::test) add_joined_lines(text, data.test_join);
  return text;
}

Corpus make_training_corpus(const DataOptions& data, const ParallelText& text,
                            const TokenizerPair& tokenizers, FilterReport* report) {
  if (data.language_model()) {
    return make_training_text(text.target, *tokenizers.target, data.packing,
                              data.max_target_tokens, report);
  }
  return make_training_corpus(text, tokenizers, data.max_source_tokens, data.max_target_tokens,
                              report);
}

Corpus make_test_corpus(const DataOptions& data, const ParallelText& text,
                        const TokenizerPair& tokenizers) {
  if (data.language_model()) {
    return make_test_text(text.target, *tokenizers.target, data.packing);
  }
  return make_test_corpus(text, tokenizers);
}

VocabularySizes vocabulary_sizes(const DataOptions& data, const TokenizerPair& tokenizers) {
  return {data.language_model() ? 0 : tokenizers.source->vocabulary_size(),
          tokenizers.target->vocabulary_size()};
}

std::string text_checksum(const ParallelText& text) {
  std::string all;
  for (std::size_t i = 0; i < text.size(); ++i) {
    all.append(text.source[i]).append("\t").append(text.target[i]).append("\n");
  }
  return fmt::format("{:016x}", fnv1a(all));
}

}  // namespace seqlab

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
        fmt::format("the experiment has no {0} text; write {0}_source and {0}_target "
                    "into [data]",
                    split_name(split)));
  }
  if (files.tsv.empty()) return read_parallel(files.source, files.target);
  return read_parallel_tsv(files.tsv,
                           {data.tsv_source_column, data.tsv_target_column, data.tsv_columns});
}

std::string text_checksum(const ParallelText& text) {
  std::string all;
  for (std::size_t i = 0; i < text.size(); ++i) {
    all.append(text.source[i]).append("\t").append(text.target[i]).append("\n");
  }
  return fmt::format("{:016x}", fnv1a(all));
}

}  // namespace seqlab

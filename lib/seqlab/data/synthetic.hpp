#pragma once

// Tasks whose difficulty grows with the length and whose answer is known, to separate what a model
// can remember from what it can learn of a language. n is the length, w a symbol:
//
//   copy                w1 .. wn              ->  w1 .. wn
//   reverse             w1 .. wn              ->  wn .. w1
//   sort                w1 .. wn              ->  the same in alphabet order
//   associative_recall  k1 v1 .. kn vn ki     ->  vi          (Ba et al. 2016; keys are distinct)

#include <cstdint>
#include <string>
#include <vector>

#include "seqlab/data/corpus.hpp"

namespace seqlab {

/// Valid names of SyntheticOptions::task.
const std::vector<std::string>& synthetic_tasks();

struct SyntheticOptions {
  std::string task = "reverse";
  Index symbols = 32;   ///< size of the alphabet; associative recall: of keys, and of values
  Index train_min = 1;  ///< lengths n; validation has those of training
  Index train_max = 20;
  Index test_min = 1;
  Index test_max = 30;
  Index train_size = 20000;
  Index valid_size = 1000;
  Index test_size = 3000;
  std::uint64_t seed = 1;
};

/// The tokens of a source of length n: n, of associative recall 2n + 1.
/// Throws UsageError on unknown tasks.
Index synthetic_source_tokens(const std::string& task, Index n);

struct SyntheticText {
  ParallelText train;
  ParallelText valid;
  ParallelText test;
};

/// Symbols are drawn uniformly and written with spaces between them, for tokenizer kind `symbols`.
/// Training lengths are drawn uniformly; validation and test lengths run evenly through their
/// range. No validation or test sequence occurs in training, except at lengths so short that the
/// held-out sequences would be a tenth or more of all there are.
/// Throws UsageError on unknown tasks and impossible sizes.
SyntheticText make_synthetic(const SyntheticOptions& options);

}  // namespace seqlab

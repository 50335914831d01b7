#pragma once

// The work of the speed comparison: sentences of one length without padding, random words.

#include <nlohmann/json.hpp>
#include <string>

#include "seqlab/tensor/real.hpp"

namespace seqlab {

struct BenchOptions {
  std::string family;
  Index width = 256;
  Index vocabulary = 8000;  ///< of each side
  Index length = 25;        ///< source and target positions, end marks included
  Index sentences = 64;     ///< a batch
  Index threads = 1;
  Index steps = 15;
  bool bf16 = false;        ///< bfloat16 inputs of products
  bool decode = true;
  bool profile = false;  ///< time, products and memory requests in detail; one thread
};

/// Trains through the one training loop and decodes greedily, exactly 25 steps a sentence, on
/// `threads` threads. Returns an object with the speeds, medians over steps, and what the matrix
/// products reached alone on as many threads in the same process.
nlohmann::ordered_json run_bench(const BenchOptions& options);

}  // namespace seqlab

#pragma once

// Independent tasks on several threads, for decoding and scoring.

#include <cstddef>
#include <functional>

#include "seqlab/tensor/real.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Calls task(0) .. task(count - 1), each once, on at most `threads` threads (the caller's is one
/// of them), in order of their numbers as threads become free. Matrix products within them are
/// single-threaded. After a task throws, no other is begun and its exception is thrown here.
void run_tasks(std::size_t count, Index threads, const std::function<void(std::size_t)>& task);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab

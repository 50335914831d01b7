#pragma once

#include <cstdint>

namespace seqlab {

/// What this process has asked memory for so far.
struct MemoryRequests {
  std::int64_t allocations = 0;  ///< calls of operator new
  std::int64_t page_faults = 0;  ///< first touches of a page
};

MemoryRequests memory_requests();

}  // namespace seqlab

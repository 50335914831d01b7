#include "memory_requests.hpp"

#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::int64_t> allocations{0};
}  // namespace

// The program's own operator new, which counts; the other forms of it call this one.
void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace seqlab {

MemoryRequests memory_requests() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {allocations.load(), usage.ru_minflt};
}

}  // namespace seqlab

#include "seqlab/decoding/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "seqlab/tensor/gemm.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

void run_tasks(std::size_t count, Index threads, const std::function<void(std::size_t)>& task) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    use_single_threaded_products();
    try {
      for (std::size_t i = next++; i < count; i = next++) task(i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    const std::size_t helpers = std::min(static_cast<std::size_t>(std::max<Index>(1, threads)),
                                         std::max<std::size_t>(1, count)) -
                                1;
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < helpers; ++i) workers.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab

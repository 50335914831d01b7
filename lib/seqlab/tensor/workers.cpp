#include "seqlab/tensor/workers.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "seqlab/error.hpp"
#include "seqlab/tensor/gemm.hpp"

namespace seqlab {

Workers::Workers(Index threads) {
  check(threads >= 0, "workers: {} threads", threads);
  if (threads == 0) threads = std::max<Index>(1, std::thread::hardware_concurrency());
  use_single_threaded_products();
  try {
    for (Index i = 1; i < threads; ++i) threads_.emplace_back([this] { thread_main(); });
  } catch (const std::system_error& error) {
    stop();
    throw RuntimeFailure(fmt::format("cannot start thread {} of {}: {}; ask for fewer",
                                     threads_.size() + 2, threads, error.what()));
  }
}

Workers::~Workers() { stop(); }

void Workers::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  started_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::run(Index count, FunctionRef<void(Index)> task) {
  if (threads_.empty() || count <= 1) {
    for (Index i = 0; i < count; ++i) task(i);
    return;
  }
  std::unique_lock lock(mutex_);
  task_ = &task;
  count_ = count;
  next_ = 0;
  failure_ = nullptr;
  started_.notify_all();
  work(lock);
  finished_.wait(lock, [this] { return running_ == 0; });
  task_ = nullptr;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Workers::run_blocks(Index size, FunctionRef<void(Index, Index, Index)> task) {
  run(blocks(size), [&](Index block) {
    const Index begin = block * kBlock;
    task(block, begin, std::min(begin + kBlock, size));
  });
}

/// Takes tasks until there is none left. The lock is held outside of tasks.
void Workers::work(std::unique_lock<std::mutex>& lock) {
  while (task_ != nullptr && next_ < count_) {
    const Index index = next_++;
    ++running_;
    std::exception_ptr failure;
    lock.unlock();
    try {
      (*task_)(index);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    --running_;
    if (failure) next_ = count_;
    if (failure && (!failure_ || index < failed_task_)) {
      failure_ = failure;
      failed_task_ = index;
    }
  }
  if (running_ == 0) finished_.notify_one();
}

void Workers::thread_main() {
  use_single_threaded_products();
  std::unique_lock lock(mutex_);
  while (true) {
    started_.wait(lock, [this] { return stopping_ || (task_ != nullptr && next_ < count_); });
    if (stopping_) return;
    work(lock);
  }
}

}  // namespace seqlab

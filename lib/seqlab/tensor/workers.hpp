#pragma once

// A small pool of persistent threads for tasks that do not depend on each other. What a task
// computes must not depend on the thread that runs it.

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "seqlab/tensor/function_ref.hpp"
#include "seqlab/tensor/real.hpp"

namespace seqlab {

class Workers {
 public:
  /// `threads` counts the calling thread, which works too; 0: one per processor. With 1, tasks run
  /// in order on the calling thread. Keeps the matrix libraries' own threads off on each of them.
  /// Throws RuntimeFailure if the system gives no more threads.
  explicit Workers(Index threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  Index threads() const { return static_cast<Index>(threads_.size()) + 1; }

  /// Runs task(0), ..., task(count - 1), begun in this order, and returns when all are done. After
  /// one has thrown, no other is begun; the exception of the first of them (by number) is rethrown.
  /// Not for use by several threads at once.
  void run(Index count, FunctionRef<void(Index)> task);

  /// Cuts [0, size) into blocks of kBlock and runs task(block, begin, end) for each. Blocks do not
  /// depend on the number of threads, so neither do results that are combined block by block.
  static constexpr Index kBlock = Index{1} << 16;
  static Index blocks(Index size) { return (size + kBlock - 1) / kBlock; }
  void run_blocks(Index size, FunctionRef<void(Index, Index, Index)> task);

 private:
  void work(std::unique_lock<std::mutex>& lock);
  void thread_main();
  void stop();

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable started_;
  std::condition_variable finished_;
  const FunctionRef<void(Index)>* task_ = nullptr;  // none: nothing to do
  Index count_ = 0;
  Index next_ = 0;
  Index running_ = 0;
  std::exception_ptr failure_;
  Index failed_task_ = 0;
  bool stopping_ = false;
};

}  // namespace seqlab

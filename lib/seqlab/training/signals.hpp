#pragma once

// SIGINT, SIGTERM and SIGUSR1 as a request to stop, for as long as an object of this class lives.
// The second signal of a kind has its usual effect: it ends the program. SIGUSR1 is the one that
// mpirun passes on without ending anything, and that batch systems send before a time limit.

#include <csignal>
#include <vector>

namespace seqlab {

class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  static bool requested();

 private:
  std::vector<char> stack_;  ///< that the handler runs on
  stack_t old_stack_ = {};
  struct sigaction old_interrupt_ = {};
  struct sigaction old_terminate_ = {};
  struct sigaction old_user_ = {};
};

}  // namespace seqlab

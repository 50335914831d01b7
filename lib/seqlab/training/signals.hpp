#pragma once

// SIGINT and SIGTERM as a request to stop, for as long as an object of this class lives. The second
// signal of a kind has its usual effect: it ends the program.

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
};

}  // namespace seqlab

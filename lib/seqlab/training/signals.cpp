#include "seqlab/training/signals.hpp"

namespace seqlab {
namespace {

/// Room for a frame with the widest vector registers.
constexpr std::size_t kStackBytes = 1 << 16;

volatile std::sig_atomic_t stop_requested = 0;

extern "C" void request_stop(int) { stop_requested = 1; }

}  // namespace

StopSignals::StopSignals() : stack_(kStackBytes) {
  stop_requested = 0;
  // The handler needs a stack of its own: inside oneDNN's generated kernels the memory below the
  // stack pointer is not free, and a frame written there corrupts the heap.
  stack_t stack = {};
  stack.ss_sp = stack_.data();
  stack.ss_size = stack_.size();
  sigaltstack(&stack, &old_stack_);
  struct sigaction action = {};
  action.sa_handler = request_stop;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &old_interrupt_);
  sigaction(SIGTERM, &action, &old_terminate_);
  sigaction(SIGUSR1, &action, &old_user_);
}

StopSignals::~StopSignals() {
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
  sigaction(SIGUSR1, &old_user_, nullptr);
  sigaltstack(&old_stack_, nullptr);
}

bool StopSignals::requested() { return stop_requested != 0; }

}  // namespace seqlab

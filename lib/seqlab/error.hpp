#pragma once

// The two kinds of error that a user can cause. Everything else that is thrown is a bug.

#include <stdexcept>
#include <string>

#include <fmt/format.h>

namespace seqlab {

/// Wrong usage or configuration: the program ends with status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Input, output or training failed: the program ends with status 1.
class RuntimeFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws std::logic_error with the formatted message unless `condition` holds. For callers'
/// mistakes inside the program (shapes, ranges), never for bad user input.
template <typename... Args>
void check(bool condition, fmt::format_string<Args...> message, Args&&... args) {
  if (!condition) throw std::logic_error(fmt::format(message, std::forward<Args>(args)...));
}

}  // namespace seqlab

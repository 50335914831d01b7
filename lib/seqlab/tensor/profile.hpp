#pragma once

// Where the time goes: seconds, products and calls by named operation. Off unless a thread has
// begun a profile; then an operation costs two readings of the clock.

#include <cstdint>
#include <string_view>
#include <vector>

namespace seqlab {

enum class Pass { forward, backward };

class Profile {
 public:
  struct Work {
    double seconds = 0.0;
    double flops = 0.0;  ///< as tensor/flops.hpp counts
    std::int64_t calls = 0;
  };
  struct Operation {
    std::string_view name;
    Work forward, backward;
  };

  void add(std::string_view name, Pass pass, double seconds, double flops);
  /// In the order of their first call.
  const std::vector<Operation>& operations() const { return operations_; }

 private:
  std::vector<Operation> operations_;
};

/// While it lives, operations of this thread are added to a profile.
class ProfileScope {
 public:
  explicit ProfileScope(Profile& profile);
  ~ProfileScope();
  ProfileScope(const ProfileScope&) = delete;
  ProfileScope& operator=(const ProfileScope&) = delete;
};

/// While it lives, time is added to the operation `name` (a literal). An operation inside of
/// another one belongs to the outer one.
class ProfiledOperation {
 public:
  explicit ProfiledOperation(std::string_view name, Pass pass = Pass::forward);
  ~ProfiledOperation();
  ProfiledOperation(const ProfiledOperation&) = delete;
  ProfiledOperation& operator=(const ProfiledOperation&) = delete;

  /// The name of this thread's operation, to which its backward pass will belong; empty: none.
  static std::string_view current();

 private:
  bool outermost_;
  Pass pass_;
  double start_seconds_ = 0.0;
  double start_flops_ = 0.0;
};

}  // namespace seqlab

#pragma once

// A program started in the background, for as long as this process lives.

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace seqlab {

class ChildProcess {
 public:
  /// `command` is the program's file and its arguments. Standard output and error are added to
  /// `log`, standard input is empty. The child is in a process group of its own, so that Ctrl-C
  /// reaches only its parent, and gets SIGTERM when the parent dies.
  /// Throws RuntimeFailure if the log cannot be written or no process can be started.
  ChildProcess(const std::vector<std::string>& command, const std::filesystem::path& log);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Exit status, or 128 + the number of the signal that ended it; none while it runs.
  std::optional<int> poll();
  void terminate();        ///< sends SIGTERM
  double seconds() const;  ///< since its start

 private:
  pid_t process_ = -1;
  std::optional<int> status_;
  std::chrono::steady_clock::time_point start_;
};

/// The file of the running program.
std::string own_program();

}  // namespace seqlab

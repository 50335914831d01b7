#include "seqlab/experiment/child_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "seqlab/error.hpp"

namespace seqlab {

namespace {

/// Between fork and exec; only functions that are safe there.
[[noreturn]] void become(char* const* arguments, int log, pid_t parent, const sigset_t& mask) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) _exit(1);  // it died before it could be told
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  // The parent's handlers would only note a signal that is meant to end the child.
  for (const int number : {SIGINT, SIGTERM, SIGUSR1}) ::signal(number, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  ::execv(arguments[0], arguments);
  constexpr char kMessage[] = "cannot start the program\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
  _exit(127);
}

/// On a descriptor that is not one of the standard three, even where those are closed: the child
/// replaces them. -1 on failure.
int open_log(const std::filesystem::path& log) {
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0 || file > STDERR_FILENO) return file;
  const int moved = ::fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  ::close(file);
  return moved;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command,
                           const std::filesystem::path& log)
    : start_(std::chrono::steady_clock::now()) {
  const int file = open_log(log);
  if (file < 0) {
    throw RuntimeFailure(
        fmt::format("{}: cannot be written: {}", log.string(), std::strerror(errno)));
  }
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const pid_t parent = ::getpid();
  sigset_t all;
  sigset_t mask;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &mask);  // no signal between fork and the reset of handlers
  process_ = ::fork();
  if (process_ == 0) become(arguments.data(), file, parent, mask);
  const int error = errno;
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  ::close(file);
  if (process_ < 0) {
    throw RuntimeFailure(fmt::format("cannot start a process: {}", std::strerror(error)));
  }
}

std::optional<int> ChildProcess::poll() {
  if (status_) return status_;
  int status = 0;
  if (::waitpid(process_, &status, WNOHANG) != process_) return {};
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return status_;
}

void ChildProcess::terminate() {
  if (!poll()) ::kill(process_, SIGTERM);
}

double ChildProcess::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

std::string own_program() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

}  // namespace seqlab

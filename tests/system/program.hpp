#pragma once

// Runs the real program, as a user would.

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "support.hpp"

/// A temporary folder whose files are named as strings, for command lines.
class Scratch : public seqlab::TemporaryFolder {
 public:
  std::string file(const std::string& name) const { return (path() / name).string(); }
  /// Writes a file and returns its name.
  std::string write(const std::string& name, const std::string& content) const {
    return seqlab::write(*this, name, content).string();
  }
};

inline std::string read_whole(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// Files below a folder, hidden and temporary ones too, by their relative names.
inline std::vector<std::string> files_below(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(folder).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// A word as the shell reads it back.
inline std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + '\'';
}

struct ProgramResult {
  int status = -1;
  std::string out;
  std::string err;
};

/// Runs a command of the shell with this standard input. `suffix` is added behind the redirections.
inline ProgramResult run_command(std::string command, const std::string& input = "",
                                 const std::string& suffix = "") {
  const Scratch scratch;
  command += " < " + quoted(scratch.write("in", input));
  command += " > " + quoted(scratch.file("out")) + " 2> " + quoted(scratch.file("err"));
  command += ' ' + suffix;
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          read_whole(scratch.path() / "out"), read_whole(scratch.path() / "err")};
}

/// The command that runs seqlab with these arguments.
inline std::string seqlab_command(const std::vector<std::string>& arguments) {
  std::string command = quoted(SEQLAB_BINARY_DIR "/seqlab");
  for (const std::string& argument : arguments) command += ' ' + quoted(argument);
  return command;
}

/// Runs seqlab with these arguments and this standard input. `shell_suffix` is added to the
/// command as it is, for example "> /dev/full".
inline ProgramResult run_seqlab(const std::vector<std::string>& arguments,
                                const std::string& input = "",
                                const std::string& shell_suffix = "") {
  return run_command(seqlab_command(arguments), input, shell_suffix);
}

/// An experiment that trains in a second: copying of a few symbols.
inline std::string tiny_experiment(const std::string& more = "") {
  return R"(
[experiment]
models = bahdanau lstm
[data]
task = copy
symbols = 6
train_min = 1
train_max = 5
test_min = 1
test_max = 6
train_size = 2000
valid_size = 50
test_size = 60
[model]
width = 24
dropout = 0.1
[training]
batch_sentences = 32
learning_rate = 0.01
schedule = constant
warmup = 0
label_smoothing = 0
max_updates = 120
validate_every = 40
log_every = 10
workers = 1
[decoding]
beam = 2
[evaluation]
length_buckets = 3 6
tokenize = none
)" + more;
}

#pragma once

// Runs the real program, as a user would.

#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

/// A folder that goes away with the object.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "seqlab-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder: " + name);
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  /// Writes a file and returns its name.
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return file(name);
  }

 private:
  std::filesystem::path path_;
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

/// Runs seqlab with these arguments and this standard input. `shell_suffix` is added to the
/// command as it is, for example "> /dev/full".
inline ProgramResult run_seqlab(const std::vector<std::string>& arguments,
                                const std::string& input = "",
                                const std::string& shell_suffix = "") {
  const Scratch scratch;
  std::string command = quoted(SEQLAB_BINARY_DIR "/seqlab");
  for (const std::string& argument : arguments) command += ' ' + quoted(argument);
  command += " < " + quoted(scratch.write("in", input));
  command += " > " + quoted(scratch.file("out")) + " 2> " + quoted(scratch.file("err"));
  command += ' ' + shell_suffix;
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          read_whole(scratch.path() / "out"), read_whole(scratch.path() / "err")};
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

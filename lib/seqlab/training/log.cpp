#include "seqlab/training/log.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <system_error>
#include <utility>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"

namespace seqlab {
namespace {

constexpr std::string_view kTrainHeader =
    "update,epoch,tokens,loss,perplexity,tokens_per_second,learning_rate,gradient_norm,seconds,"
    "padding\n";
constexpr std::string_view kValidHeader =
    "update,epoch,seconds,loss,perplexity,token_accuracy,best\n";

constexpr std::chrono::milliseconds kTerminalInterval{500};
constexpr std::chrono::seconds kFirstReport{10};

std::string progress_text(const TrainRow& row, double seconds_left) {
  std::string text = fmt::format(
      "update {}  epoch {}  loss {:.4f}  perplexity {:.2f}  {:.0f} tokens/s  learning rate {:.3g}  "
      "gradient norm {:.3g}",
      row.update, row.epoch, row.loss, std::exp(row.loss), row.tokens_per_second, row.learning_rate,
      row.gradient_norm);
  if (seconds_left >= 0) text += fmt::format("  {} left", duration_text(seconds_left));
  return text;
}

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw RuntimeFailure(fmt::format(
      "{}: cannot be written: check that the folder may be written to and that the disk has room",
      file.string()));
}

}  // namespace

std::string duration_text(double seconds) {
  const auto s = static_cast<long>(std::ceil(seconds));
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

// A line that wraps cannot be rewritten: "\r" does not lead back to its beginning.
std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return 1000;
  return size.ws_col - std::size_t{1};
}

TrainingLog::TrainingLog(std::filesystem::path directory, std::ostream& out, ProgressStyle style)
    : train_{directory.empty() ? directory : directory / "train.csv", {}},
      valid_{directory.empty() ? directory : directory / "valid.csv", {}},
      out_(out),
      terminal_(style == ProgressStyle::terminal ||
                (style == ProgressStyle::automatic && ::isatty(STDERR_FILENO) == 1)),
      silent_(style == ProgressStyle::none),
      last_report_(std::chrono::steady_clock::now()) {}

TrainingLog::~TrainingLog() {
  if (shown_width_ > 0) out_ << std::endl;
}

void TrainingLog::start() { resume(0, 0); }

void TrainingLog::resume(std::int64_t train_bytes, std::int64_t valid_bytes) {
  open(train_, kTrainHeader, train_bytes);
  open(valid_, kValidHeader, valid_bytes);
  reported_ = false;
  last_report_ = std::chrono::steady_clock::now();
}

/// Replaces the file by its first `keep_bytes` bytes, as far as there are whole rows of them.
void TrainingLog::open(File& file, std::string_view header, std::int64_t keep_bytes) {
  if (file.path.empty()) return;
  std::string content;
  if (keep_bytes > 0 && std::filesystem::exists(file.path)) {
    content = read_file(file.path).substr(0, static_cast<std::size_t>(keep_bytes));
    content.resize(content.rfind('\n') + 1);
  }
  if (content.empty()) content = header;
  file.stream.close();
  write_file_atomically(file.path, content);
  file.stream.open(file.path, std::ios::app | std::ios::ate);
  if (!file.stream) fail(file.path);
}

void TrainingLog::write(File& file, std::string_view row) {
  if (file.path.empty()) return;
  file.stream << row << std::flush;
  if (!file.stream) fail(file.path);
}

std::int64_t TrainingLog::train_bytes() { return train_.stream.tellp(); }
std::int64_t TrainingLog::valid_bytes() { return valid_.stream.tellp(); }

void TrainingLog::train(const TrainRow& row, double seconds_left) {
  fmt::memory_buffer text;  // on the stack, unlike a string
  fmt::format_to(std::back_inserter(text),
                 "{},{},{},{:.6f},{:.4f},{:.1f},{:.6g},{:.6g},{:.3f},{:.4f}\n", row.update,
                 row.epoch, row.tokens, row.loss, std::exp(row.loss), row.tokens_per_second,
                 row.learning_rate, row.gradient_norm, row.seconds, row.padding);
  write(train_, {text.data(), text.size()});
  report(row, seconds_left);
}

void TrainingLog::valid(const ValidRow& row) {
  write(valid_,
        fmt::format("{},{},{:.3f},{:.6f},{:.4f},{:.6f},{}\n", row.update, row.epoch, row.seconds,
                    row.loss, std::exp(row.loss), row.token_accuracy, row.best ? 1 : 0));
  message(
      fmt::format("update {}  epoch {}  validation: loss {:.4f}  perplexity {:.2f}  token "
                  "accuracy {:.1f} %{}",
                  row.update, row.epoch, row.loss, std::exp(row.loss), 100.0 * row.token_accuracy,
                  row.best ? "  best so far" : ""));
}

bool TrainingLog::report_due() const {
  const auto waited = std::chrono::steady_clock::now() - last_report_;
  if (silent_) return false;
  return terminal_ ? waited >= kTerminalInterval : !reported_ && waited >= kFirstReport;
}

void TrainingLog::report(const TrainRow& row, double seconds_left) {
  if (silent_) return;
  std::string text = progress_text(row, seconds_left);
  if (terminal_) {
    text.resize(std::min(text.size(), terminal_width()));
    // Blanks wipe out what a longer line left.
    out_ << fmt::format("\r{:<{}}", text, shown_width_) << std::flush;
    shown_width_ = text.size();
  } else {
    out_ << text << std::endl;
  }
  reported_ = true;
  last_report_ = std::chrono::steady_clock::now();
}

void TrainingLog::message(std::string_view text) {
  if (silent_) return;
  if (terminal_)
    out_ << fmt::format("\r{:<{}}", text, shown_width_) << std::endl;
  else
    out_ << text << std::endl;
  shown_width_ = 0;
}

}  // namespace seqlab

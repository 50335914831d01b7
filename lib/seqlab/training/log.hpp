#pragma once

// What a run tells: train.csv and valid.csv for programs, a progress line or plain lines for
// people.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iosfwd>
#include <string>
#include <string_view>

namespace seqlab {

/// One row of train.csv: averages since the row before.
struct TrainRow {
  std::int64_t update = 0;
  std::int64_t epoch = 0;          ///< from 1
  std::int64_t tokens = 0;         ///< target tokens since the beginning
  double loss = 0.0;               ///< nats per target token, without label smoothing
  double tokens_per_second = 0.0;  ///< target tokens, by the time spent in updates
  double learning_rate = 0.0;      ///< of the last update
  double gradient_norm = 0.0;      ///< before clipping
  double seconds = 0.0;            ///< since the beginning
  double padding = 0.0;            ///< share of padding among all positions, in [0, 1)
};

/// One row of valid.csv.
struct ValidRow {
  std::int64_t update = 0;
  std::int64_t epoch = 0;
  double seconds = 0.0;
  double loss = 0.0;  ///< nats per target token
  double token_accuracy = 0.0;
  bool best = false;
};

/// How progress is shown. automatic: `terminal` if standard error is one, else `lines`.
enum class ProgressStyle { automatic, terminal, lines, none };

/// "3:07" or "1:03:07".
std::string duration_text(double seconds);
/// Columns of the terminal behind standard error, less one, so that a line does not wrap; many if
/// there is none.
std::size_t terminal_width();

class TrainingLog {
 public:
  /// The CSV files are made in `directory`, which must exist when `start` or `resume` is called;
  /// with "" there are none (for ranks other than 0). Text for people goes to `out`.
  TrainingLog(std::filesystem::path directory, std::ostream& out,
              ProgressStyle style = ProgressStyle::automatic);
  ~TrainingLog();

  /// Begins both files anew.
  void start();
  /// Cuts both files back to the lengths that a checkpoint noted and goes on behind them.
  void resume(std::int64_t train_bytes, std::int64_t valid_bytes);
  std::int64_t train_bytes();
  std::int64_t valid_bytes();

  /// Throw RuntimeFailure if the file cannot be written.
  void train(const TrainRow& row, double seconds_left);
  void valid(const ValidRow& row);

  /// Whether people have waited long enough for a report (half a second on a terminal; 10 s without
  /// any report yet otherwise).
  bool report_due() const;
  /// Shows progress without a row in the file. `seconds_left` below 0: not known.
  void report(const TrainRow& row, double seconds_left);
  /// A line of its own.
  void message(std::string_view text);

 private:
  struct File {
    std::filesystem::path path;
    std::ofstream stream;
  };
  void open(File& file, std::string_view header, std::int64_t keep_bytes);
  void write(File& file, std::string_view row);

  File train_;
  File valid_;
  std::ostream& out_;
  bool terminal_;
  bool silent_;
  bool reported_ = false;
  std::size_t shown_width_ = 0;  // of the progress line on the terminal
  std::chrono::steady_clock::time_point last_report_;
};

}  // namespace seqlab

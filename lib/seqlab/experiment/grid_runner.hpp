#pragma once

// Works through a grid with several processes at a time.

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "seqlab/experiment/child_process.hpp"
#include "seqlab/experiment/grid.hpp"

namespace seqlab {

/// Progress of a run in [0, 1] and its seconds so far, by the last row of train.csv and by the
/// limits.
struct RunProgress {
  double fraction = 0.0;
  double seconds = 0.0;
};
RunProgress read_progress(const GridRun& run);

struct FailedRun {
  std::string name;
  std::string message;  ///< the last line of its log
  std::filesystem::path log;
};

struct GridOutcome {
  Index finished = 0;  ///< those that were finished before included
  std::vector<FailedRun> failed;
  bool stopped = false;  ///< by SIGINT or SIGTERM
};

class GridRunner {
 public:
  /// `program` understands GridRun::command; at most `jobs` processes run at a time. What people
  /// are told goes to `out`: one line that is rewritten if `terminal` is set, else lines.
  GridRunner(std::vector<GridRun> runs, std::string program, Index jobs, std::ostream& out,
             bool terminal);
  ~GridRunner();

  /// A run that fails does not stop the others. SIGINT and SIGTERM end all processes after a
  /// checkpoint.
  GridOutcome run();

 private:
  struct Active {
    const GridRun* run = nullptr;
    RunProgress begin;
    RunProgress now{};  ///< as the progress line says
    std::unique_ptr<ChildProcess> process;
  };

  void start_some();
  void collect();
  void finish(const Active& active, int status);
  void stop_all();
  void message(const std::string& line);
  void show_progress();
  std::string progress_line();
  double seconds_left() const;

  std::vector<GridRun> runs_;
  std::string program_;
  Index jobs_;
  std::ostream& out_;
  bool terminal_;
  std::size_t next_ = 0;  ///< of runs_
  std::vector<Active> active_;
  GridOutcome outcome_;
  std::vector<std::pair<std::string, double>> durations_;  ///< model, seconds of finished runs
  std::size_t shown_width_ = 0;
  std::chrono::steady_clock::time_point last_shown_;
};

}  // namespace seqlab

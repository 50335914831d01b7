#include "seqlab/experiment/grid_runner.hpp"

#include <algorithm>
#include <fstream>
#include <ostream>
#include <thread>

#include "seqlab/error.hpp"
#include "seqlab/experiment/results.hpp"
#include "seqlab/experiment/run_directory.hpp"
#include "seqlab/training/log.hpp"
#include "seqlab/training/signals.hpp"

namespace seqlab {

namespace {

constexpr std::chrono::milliseconds kPoll{50};
constexpr std::chrono::seconds kTerminalInterval{1};
constexpr std::chrono::seconds kLineInterval{60};

/// The last `bytes` of a file; "" if there is none.
std::string tail(const std::filesystem::path& file, std::streamoff bytes) {
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  if (!stream) return "";
  stream.seekg(std::max<std::streamoff>(0, std::streamoff(stream.tellg()) - bytes));
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// The last line that is not empty; without `partial`, one that has its end.
std::string last_line(std::string text, bool partial) {
  if (!partial) text.resize(text.rfind('\n') + 1);
  text.resize(text.find_last_not_of("\r\n") + 1);
  return text.substr(text.find_last_of("\r\n") + 1);
}

double share(double done, double limit) { return limit > 0 ? std::min(done / limit, 1.0) : 0.0; }

}  // namespace

RunProgress read_progress(const GridRun& run) {
  const std::filesystem::path file = run.directory / "train.csv";
  std::string header;
  std::getline(std::ifstream(file), header);
  const std::string row = last_line(tail(file, 4096), /*partial=*/false);
  if (row.empty() || row == header) return {};
  std::map<std::string, double> values;
  const std::vector<std::string> names = split_fields(header);
  const std::vector<std::string> fields = split_fields(row);
  for (std::size_t i = 0; i < std::min(names.size(), fields.size()); ++i) {
    values[names[i]] = std::strtod(fields[i].c_str(), nullptr);
  }
  const TrainingLimits& limits = run.limits;
  const double seconds = values["seconds"];
  return {std::max({share(values["update"], static_cast<double>(limits.max_updates)),
                    share(values["tokens"], static_cast<double>(limits.max_tokens)),
                    share(values["epoch"] - 1, static_cast<double>(limits.max_epochs)),
                    share(seconds / 60.0, limits.max_minutes)}),
          seconds};
}

GridRunner::GridRunner(std::vector<GridRun> runs, std::string program, Index jobs,
                       std::ostream& out, bool terminal)
    : runs_(std::move(runs)),
      program_(std::move(program)),
      jobs_(jobs),
      out_(out),
      terminal_(terminal),
      last_shown_(std::chrono::steady_clock::now()) {}

GridRunner::~GridRunner() = default;

GridOutcome GridRunner::run() {
  const StopSignals signals;
  while (true) {
    if (StopSignals::requested() && !outcome_.stopped) stop_all();
    if (!outcome_.stopped) start_some();
    if (active_.empty()) break;
    std::this_thread::sleep_for(kPoll);
    collect();
    show_progress();
  }
  if (shown_width_ > 0) message("");
  return outcome_;
}

void GridRunner::start_some() {
  while (next_ < runs_.size() && static_cast<Index>(active_.size()) < jobs_) {
    const GridRun& run = runs_[next_++];
    if (RunDirectory(run.directory).done()) {
      ++outcome_.finished;
      continue;
    }
    Active active{&run, read_progress(run), {}, nullptr};
    active.process = std::make_unique<ChildProcess>(run.command(program_), run.log());
    active_.push_back(std::move(active));
    if (!terminal_) message(fmt::format("{}: started, log in {}", run.name, run.log().string()));
  }
}

void GridRunner::collect() {
  std::vector<Active> running;
  for (Active& active : active_) {
    const std::optional<int> status = active.process->poll();
    if (status) {
      finish(active, *status);
    } else {
      running.push_back(std::move(active));
    }
  }
  active_ = std::move(running);
}

void GridRunner::finish(const Active& active, int status) {
  const GridRun& run = *active.run;
  const std::string line = last_line(tail(run.log(), 4096), /*partial=*/true);
  const double seconds = active.process->seconds();
  if (status == 0 && RunDirectory(run.directory).done()) {
    ++outcome_.finished;
    if (active.begin.fraction == 0) durations_.emplace_back(run.model, seconds);
    const std::string prefix = run.model + ": ";
    message(fmt::format("{}: {} ({})", run.name,
                        line.starts_with(prefix) ? line.substr(prefix.size()) : line,
                        duration_text(seconds)));
    return;
  }
  if (outcome_.stopped) return;
  FailedRun failed{run.name, line, run.log()};
  if (status > 128) failed.message = fmt::format("killed by signal {}; {}", status - 128, line);
  message(fmt::format("{}: FAILED: {}", run.name, failed.message));
  outcome_.failed.push_back(std::move(failed));
}

void GridRunner::stop_all() {
  outcome_.stopped = true;
  message(fmt::format("stopping {} runs, each after a checkpoint", active_.size()));
  for (Active& active : active_) active.process->terminate();
}

void GridRunner::message(const std::string& line) {
  if (terminal_) {
    out_ << fmt::format("\r{:<{}}", line, shown_width_) << std::endl;
    shown_width_ = 0;
  } else {
    out_ << line << std::endl;
  }
}

void GridRunner::show_progress() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_shown_ < (terminal_ ? kTerminalInterval : kLineInterval)) return;
  last_shown_ = now;
  const std::string line = progress_line();
  if (!terminal_) {
    message(line);
    return;
  }
  const std::string shown = line.substr(0, terminal_width());
  out_ << fmt::format("\r{:<{}}", shown, shown_width_) << std::flush;
  shown_width_ = shown.size();
}

std::string GridRunner::progress_line() {
  for (Active& active : active_) active.now = read_progress(*active.run);
  std::string line = fmt::format("{} of {} runs done", outcome_.finished, runs_.size());
  if (!outcome_.failed.empty()) line += fmt::format(", {} failed", outcome_.failed.size());
  const double left = seconds_left();
  if (left >= 0) line += fmt::format(", {} left", duration_text(left));
  for (std::size_t i = 0; i < active_.size(); ++i) {
    line += fmt::format("{} {} {:.0f} %", i == 0 ? ";" : ",", active_[i].run->name,
                        100.0 * active_[i].now.fraction);
  }
  return line;
}

/// Runs that have not begun take as long as those of the same model, or else as the mean of all.
/// Below 0: not known yet.
double GridRunner::seconds_left() const {
  std::vector<std::pair<std::string, double>> known = durations_;
  double longest = 0;
  double sum = 0;
  for (const Active& active : active_) {
    const RunProgress progress = active.now;
    if (progress.fraction <= 0) {
      if (active.run->baseline.empty()) return -1.0;
      continue;
    }
    const double whole = progress.seconds / progress.fraction;
    known.emplace_back(active.run->model, whole);
    const double left = whole - progress.seconds;
    longest = std::max(longest, left);
    sum += left;
  }
  const auto mean = [&known](const std::string& model) {
    double total = 0;
    double count = 0;
    for (const auto& [name, seconds] : known) {
      if (!model.empty() && name != model) continue;
      total += seconds;
      ++count;
    }
    return count > 0 ? total / count : -1.0;
  };
  for (std::size_t i = next_; i < runs_.size(); ++i) {
    if (RunDirectory(runs_[i].directory).done() || !runs_[i].baseline.empty()) continue;
    double whole = mean(runs_[i].model);
    if (whole < 0) whole = mean("");
    if (whole < 0) return -1.0;
    sum += whole * (1.0 - read_progress(runs_[i]).fraction);
  }
  return std::max(longest, sum / static_cast<double>(jobs_));
}

}  // namespace seqlab

// seqlab bench-ranks: what training over several ranks spends on talking.

#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/error.hpp"
#include "seqlab/training/communicator.hpp"

namespace seqlab {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kWarmup = 3;

/// The median time of `action`, in seconds, begun by all ranks together.
template <typename Action>
double median_seconds(Communicator& communicator, int repetitions, Action&& action) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> seconds;
  for (int i = 0; i < kWarmup + repetitions; ++i) {
    communicator.wait_for_all();
    const Clock::time_point start = Clock::now();
    action();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  seconds.erase(seconds.begin(), seconds.begin() + kWarmup);
  const auto middle = seconds.begin() + repetitions / 2;
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

Json measure(Communicator& communicator, Index parameters, int repetitions) {
  Workers workers(1);
  FlatBuffer gradient(static_cast<std::size_t>(parameters), Real(0));
  const double sum =
      median_seconds(communicator, repetitions, [&] { communicator.sum(gradient, workers); });
  const double small = median_seconds(communicator, repetitions, [&] { communicator.any(false); });
  const double ranks = communicator.size();
  const double sent = 2.0 * (ranks - 1.0) / ranks * static_cast<double>(parameters * sizeof(Real));
  return {{"ranks", communicator.size()},
          {"parameters", parameters},
          {"sum_ms", 1e3 * sum},
          {"sent_gb_per_second", sent / sum / 1e9},
          {"one_number_us", 1e6 * small}};
}

}  // namespace

int bench_ranks_main(int argc, char** argv) {
  using boost::program_options::value;
  const std::unique_ptr<Communicator> communicator = connect_ranks();
  CommandLine command(
      "bench-ranks", "",
      "Measures what an update costs several ranks beside its arithmetic: the sum of a gradient "
      "of\n"
      "so many parameters, and the sum of one number. Medians, seen from rank 0. GB/s is what "
      "each\n"
      "rank sends: 2 (N - 1) / N of the gradient.",
      "  mpirun -np 2 seqlab bench-ranks\n"
      "  mpirun -np 64 --map-by node seqlab bench-ranks --parameters 5000000 --json");
  command.add()("parameters",
                value<std::vector<Index>>()->multitoken()->value_name("N ...")->default_value(
                    {65536, 1048576, 8388608}, "65536 1048576 8388608"),
                "sizes of the gradient");
  command.add()("steps", value<int>()->value_name("N")->default_value(20), "measured sums of each");
  command.add()("json", "print a list with an object for each size");
  if (!command.parse(argc, argv)) return 0;
  const auto sizes = command.get<std::vector<Index>>("parameters");
  const int steps = command.get<int>("steps");
  if (steps < 1 || std::any_of(sizes.begin(), sizes.end(), [](Index n) { return n < 1; })) {
    throw UsageError("--parameters and --steps must be 1 or more");
  }
  Json results = Json::array();
  for (const Index parameters : sizes) results.push_back(measure(*communicator, parameters, steps));
  if (!communicator->root()) return 0;
  if (command.has("json")) {
    std::cout << results.dump(2) << '\n';
    return 0;
  }
  std::cout << fmt::format("{:>6}{:>12}{:>10}{:>8}{:>15}\n", "ranks", "parameters", "sum ms",
                           "GB/s", "one number us");
  for (const Json& row : results) {
    std::cout << fmt::format("{:>6}{:>12}{:>10.3f}{:>8.2f}{:>15.1f}\n", row["ranks"].get<int>(),
                             row["parameters"].get<Index>(), row["sum_ms"].get<double>(),
                             row["sent_gb_per_second"].get<double>(),
                             row["one_number_us"].get<double>());
  }
  return 0;
}

}  // namespace seqlab

#include "seqlab/data/synthetic.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>
#include <unordered_set>
#include <utility>

#include "seqlab/error.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab {
namespace {

using Symbols = std::vector<Index>;  // positions in the alphabet

/// What distinguishes the tasks.
struct Task {
  std::string name;
  bool has_keys;  // n distinct keys with values and a query, else n symbols
};

const std::vector<Task> kTasks = {
    {"copy", false}, {"reverse", false}, {"sort", false}, {"associative_recall", true}};

const Task& find_task(const std::string& name) {
  const auto found = std::find_if(kTasks.begin(), kTasks.end(),
                                  [&](const Task& task) { return task.name == name; });
  if (found == kTasks.end()) {
    throw UsageError(fmt::format("unknown synthetic task \"{}\"; expected one of {}", name,
                                 fmt::join(synthetic_tasks(), ", ")));
  }
  return *found;
}

void check_options(const SyntheticOptions& o) {
  const Task& task = find_task(o.task);
  const auto require = [&](bool condition, const std::string& what) {
    if (!condition) throw UsageError(fmt::format("synthetic task {}: {}", o.task, what));
  };
  require(o.symbols >= 2, fmt::format("{} symbols; expected at least 2", o.symbols));
  for (const auto& [name, low, high] :
       {std::tuple("training", o.train_min, o.train_max), {"test", o.test_min, o.test_max}}) {
    require(low >= 1 && low <= high,
            fmt::format("{} lengths {} to {}; expected 1 <= least <= greatest", name, low, high));
    require(!task.has_keys || high <= o.symbols,
            fmt::format("{} lengths up to {} need as many different keys; expected at least {} "
                        "symbols, not {}",
                        name, high, high, o.symbols));
  }
  require(o.train_size >= 1 && o.valid_size >= 1 && o.test_size >= 1,
          fmt::format("{} training, {} validation and {} test pairs; expected at least 1 of each",
                      o.train_size, o.valid_size, o.test_size));
}

/// a b c .. where letters suffice, else s0 s1 ..
std::string symbol_name(Index symbol, Index symbols) {
  if (symbols <= 26) return std::string(1, static_cast<char>('a' + symbol));
  return fmt::format("s{}", symbol);
}

class Generator {
 public:
  explicit Generator(const SyntheticOptions& options)
      : options_(options), task_(find_task(options.task)) {}

  /// Source and target of one example of length n.
  std::pair<std::string, std::string> draw(Index length, Random& random) const {
    return task_.has_keys ? draw_recall(length, random) : draw_sequence(length, random);
  }

  /// How many different sources of length n there are.
  double count(Index length) const {
    const auto symbols = static_cast<double>(options_.symbols);
    double result = task_.has_keys ? static_cast<double>(length) : 1.0;  // which key is asked for
    for (Index i = 0; i < length; ++i) {
      result *= symbols * (task_.has_keys ? symbols - static_cast<double>(i) : 1.0);
    }
    return result;
  }

 private:
  Index draw_symbol(Random& random) const {
    return static_cast<Index>(random.below(static_cast<std::uint64_t>(options_.symbols)));
  }

  std::string text(const Symbols& symbols) const {
    std::string result;
    for (const Index symbol : symbols) {
      if (!result.empty()) result += ' ';
      result += symbol_name(symbol, options_.symbols);
    }
    return result;
  }

  std::pair<std::string, std::string> draw_sequence(Index length, Random& random) const {
    Symbols source;
    for (Index i = 0; i < length; ++i) source.push_back(draw_symbol(random));
    Symbols target = source;
    if (task_.name == "reverse") std::reverse(target.begin(), target.end());
    if (task_.name == "sort") std::sort(target.begin(), target.end());
    return {text(source), text(target)};
  }

  std::pair<std::string, std::string> draw_recall(Index length, Random& random) const {
    Symbols keys(static_cast<std::size_t>(options_.symbols));
    std::iota(keys.begin(), keys.end(), Index{0});
    random.shuffle(std::span(keys));
    const std::size_t asked = random.below(static_cast<std::uint64_t>(length));
    std::string source;
    std::string target;
    for (std::size_t i = 0; i < static_cast<std::size_t>(length); ++i) {
      const std::string value = fmt::format("v{}", draw_symbol(random));
      source += fmt::format("k{} {} ", keys[i], value);
      if (i == asked) target = value;
    }
    return {source + fmt::format("k{}", keys[asked]), target};
  }

  const SyntheticOptions& options_;
  const Task& task_;
};

void append(ParallelText& text, std::pair<std::string, std::string> example) {
  text.source.push_back(std::move(example.first));
  text.target.push_back(std::move(example.second));
}

/// Lengths least, least + 1, .., greatest, least, ..: each equally often.
ParallelText draw_evenly(const Generator& generator, Index size, Index least, Index greatest,
                         Random random) {
  ParallelText text;
  for (Index i = 0; i < size; ++i) {
    append(text, generator.draw(least + i % (greatest - least + 1), random));
  }
  return text;
}

/// Sources held out from training, and for which lengths that is fair.
class HeldOut {
 public:
  HeldOut(const SyntheticOptions& options, const ParallelText& valid, const ParallelText& test)
      : options_(options) {
    sources_.insert(valid.source.begin(), valid.source.end());
    sources_.insert(test.source.begin(), test.source.end());
  }

  bool contains(const std::string& source) const { return sources_.contains(source); }

  /// Whether the held-out sources of this length leave nine of ten for training.
  bool is_small(Index length, double count) const {
    return count >
           10.0 * (per_length(options_.valid_size, options_.train_min, options_.train_max, length) +
                   per_length(options_.test_size, options_.test_min, options_.test_max, length));
  }

 private:
  static double per_length(Index size, Index least, Index greatest, Index length) {
    if (length < least || length > greatest) return 0.0;
    return static_cast<double>(size) / static_cast<double>(greatest - least + 1) + 1.0;
  }

  const SyntheticOptions& options_;
  std::unordered_set<std::string> sources_;
};

}  // namespace

const std::vector<std::string>& synthetic_tasks() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const Task& task : kTasks) result.push_back(task.name);
    return result;
  }();
  return names;
}

Index synthetic_source_tokens(const std::string& task, Index n) {
  return find_task(task).has_keys ? 2 * n + 1 : n;
}

SyntheticText make_synthetic(const SyntheticOptions& options) {
  check_options(options);
  const Generator generator(options);
  SyntheticText text;
  text.valid = draw_evenly(generator, options.valid_size, options.train_min, options.train_max,
                           Random(options.seed, "synthetic valid"));
  text.test = draw_evenly(generator, options.test_size, options.test_min, options.test_max,
                          Random(options.seed, "synthetic test"));

  const HeldOut held_out(options, text.valid, text.test);
  Random random(options.seed, "synthetic train");
  const auto lengths = static_cast<std::uint64_t>(options.train_max - options.train_min + 1);
  for (Index i = 0; i < options.train_size; ++i) {
    const Index length = options.train_min + static_cast<Index>(random.below(lengths));
    auto example = generator.draw(length, random);
    if (held_out.is_small(length, generator.count(length))) {
      while (held_out.contains(example.first)) example = generator.draw(length, random);
    }
    append(text.train, std::move(example));
  }
  return text;
}

}  // namespace seqlab

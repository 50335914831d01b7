#include "seqlab/data/synthetic.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

#include "support.hpp"

namespace {

using namespace seqlab;

using Words = std::vector<std::string>;

Words split(const std::string& text) {
  std::istringstream input(text);
  return Words(std::istream_iterator<std::string>(input), {});
}

SyntheticOptions options_of(const std::string& task) {
  SyntheticOptions options;
  options.task = task;
  options.symbols = 26;
  options.train_min = 2;
  options.train_max = 9;
  options.test_min = 3;
  options.test_max = 14;
  options.train_size = 3000;
  options.valid_size = 160;
  options.test_size = 600;
  return options;
}

/// The answer to a task, by the definition in the header.
Words expected_target(const std::string& task, Words source) {
  if (task == "reverse") std::reverse(source.begin(), source.end());
  if (task == "sort") std::sort(source.begin(), source.end());
  if (task == "associative_recall") {
    const auto key = std::find(source.begin(), source.end() - 1, source.back());
    return {*(key + 1)};
  }
  return source;
}

std::size_t length_of(const std::string& task, const std::string& source) {
  const std::size_t words = split(source).size();
  return task == "associative_recall" ? (words - 1) / 2 : words;
}

std::map<std::size_t, std::size_t> lengths_of(const std::string& task, const ParallelText& text) {
  std::map<std::size_t, std::size_t> counts;
  for (const std::string& source : text.source) ++counts[length_of(task, source)];
  return counts;
}

}  // namespace

TEST_CASE("synthetic tasks have the right answers, lengths and sizes") {
  for (const std::string& task : synthetic_tasks()) {
    CAPTURE(task);
    const SyntheticText text = make_synthetic(options_of(task));
    CHECK(text.train.size() == 3000);
    CHECK(text.valid.size() == 160);
    CHECK(text.test.size() == 600);
    for (const ParallelText* part : {&text.train, &text.valid, &text.test}) {
      REQUIRE(part->source.size() == part->target.size());
      for (std::size_t i = 0; i < part->size(); ++i) {
        REQUIRE(split(part->target[i]) == expected_target(task, split(part->source[i])));
      }
    }
    for (const std::string& source : text.train.source) {
      REQUIRE(static_cast<Index>(split(source).size()) ==
              synthetic_source_tokens(task, static_cast<Index>(length_of(task, source))));
    }
    const auto train = lengths_of(task, text.train);
    const auto valid = lengths_of(task, text.valid);
    const auto test = lengths_of(task, text.test);
    CHECK(train.size() == 8);
    CHECK(train.begin()->first == 2);
    CHECK(train.rbegin()->first == 9);
    for (const auto& [length, count] : train) CHECK(count > 3000 / 8 / 2);
    CHECK(valid.size() == 8);
    for (const auto& [length, count] : valid) CHECK(count == 20);
    CHECK(test.size() == 12);
    CHECK(test.begin()->first == 3);
    for (const auto& [length, count] : test) CHECK(count == 50);
  }
}

TEST_CASE("associative recall asks for each of its distinct keys") {
  const SyntheticText text = make_synthetic(options_of("associative_recall"));
  std::set<std::ptrdiff_t> asked;
  for (const std::string& source : text.test.source) {
    const Words words = split(source);
    std::set<std::string> keys;
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) keys.insert(words[i]);
    REQUIRE(keys.size() == (words.size() - 1) / 2);
    asked.insert(std::find(words.begin(), words.end(), words.back()) - words.begin());
  }
  CHECK(asked.size() == 14);
}

TEST_CASE("symbols are used evenly, all of them, and have short names") {
  for (const Index symbols : {5, 26, 40}) {
    SyntheticOptions options = options_of("copy");
    options.symbols = symbols;
    const SyntheticText text = make_synthetic(options);
    std::map<std::string, double> counts;
    double total = 0;
    for (const std::string& source : text.train.source) {
      for (const std::string& word : split(source)) {
        ++counts[word];
        ++total;
      }
    }
    CHECK(static_cast<Index>(counts.size()) == symbols);
    CHECK(counts.contains(symbols > 26 ? "s0" : "a"));
    for (const auto& [name, count] : counts) {
      CHECK(count == doctest::Approx(total / static_cast<double>(symbols)).epsilon(0.2));
    }
  }
}

TEST_CASE("sorting follows the alphabet's order also beyond letters") {
  SyntheticOptions options = options_of("sort");
  options.symbols = 40;
  const SyntheticText text = make_synthetic(options);
  for (const std::string& target : text.test.target) {
    std::vector<int> numbers;
    for (const std::string& word : split(target)) numbers.push_back(std::stoi(word.substr(1)));
    CHECK(std::is_sorted(numbers.begin(), numbers.end()));
  }
}

TEST_CASE("what is held out does not occur in training, unless the space is too small") {
  SyntheticOptions options = options_of("reverse");
  options.symbols = 10;
  options.train_min = 1;
  options.train_max = 6;
  options.train_size = 20000;
  const SyntheticText text = make_synthetic(options);
  const std::set<std::string> train(text.train.source.begin(), text.train.source.end());
  std::size_t short_ones = 0;
  for (const std::string& source : text.test.source) {
    const std::size_t length = length_of("reverse", source);
    // 10^3 sequences against 50 + 26 held-out ones: nine of ten are left.
    if (length >= 3) CHECK(!train.contains(source));
  }
  for (const std::string& source : text.valid.source) {
    const std::size_t length = length_of("reverse", source);
    if (length >= 3) CHECK(!train.contains(source));
    if (length == 1) short_ones += train.contains(source) ? 1 : 0;
  }
  CHECK(short_ones > 0);
  CHECK(lengths_of("reverse", text.train)[1] > 2500);
}

TEST_CASE("synthetic text depends on the seed alone") {
  const SyntheticOptions options = options_of("sort");
  const SyntheticText first = make_synthetic(options);
  const SyntheticText again = make_synthetic(options);
  CHECK(first.train.source == again.train.source);
  CHECK(first.test.target == again.test.target);
  SyntheticOptions other = options;
  other.seed = 2;
  const SyntheticText different = make_synthetic(other);
  CHECK(first.train.source != different.train.source);
  CHECK(first.test.source != different.test.source);
  CHECK(first.test.source != first.valid.source);
}

TEST_CASE("make_synthetic refuses what cannot be") {
  const auto error = [](const SyntheticOptions& options) {
    return message_of<UsageError>([&] { make_synthetic(options); });
  };
  CHECK(contains(error(options_of("revert")),
                 "\"revert\"; expected one of copy, reverse, sort, associative_recall"));
  SyntheticOptions options = options_of("reverse");
  options.symbols = 1;
  CHECK(contains(error(options), "1 symbols; expected at least 2"));
  options = options_of("reverse");
  options.train_min = 0;
  CHECK(contains(error(options), "training lengths 0 to 9"));
  options = options_of("reverse");
  options.test_max = 2;
  CHECK(contains(error(options), "test lengths 3 to 2"));
  options = options_of("associative_recall");
  options.symbols = 13;
  CHECK(contains(error(options), "test lengths up to 14 need as many different keys"));
  options = options_of("copy");
  options.test_size = 0;
  CHECK(contains(error(options), "0 test pairs"));
}

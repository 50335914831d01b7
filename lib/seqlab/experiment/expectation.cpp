#include "seqlab/experiment/expectation.hpp"

#include <boost/algorithm/string/trim.hpp>
#include <charconv>
#include <limits>

#include "seqlab/error.hpp"
#include "seqlab/experiment/config_parser.hpp"

namespace seqlab {

namespace {

/// Reads an expectation from left to right.
class Reader {
 public:
  Reader(std::string text, std::string where) : text_(std::move(text)), where_(std::move(where)) {}

  std::vector<Term> sum() {
    std::vector<Term> terms;
    double sign = accept('-') ? -1.0 : 1.0;
    while (true) {
      terms.push_back(term());
      terms.back().factor *= sign;
      if (accept('+')) {
        sign = 1.0;
      } else if (accept('-')) {
        sign = -1.0;
      } else {
        return terms;
      }
    }
  }

  bool accept(char wanted) {
    skip_space();
    if (place_ >= text_.size() || text_[place_] != wanted) return false;
    ++place_;
    return true;
  }

  bool at_end() {
    skip_space();
    return place_ == text_.size();
  }

  [[noreturn]] void fail(const std::string& expected) const {
    throw UsageError(fmt::format(
        "{}: expected {} {}; an expectation looks like 'bleu(bahdanau, long) > bleu(lstm, long) + "
        "1 | source: published numbers'",
        where_, expected,
        place_ >= text_.size() ? "at the end" : fmt::format("before '{}'", text_.substr(place_))));
  }

 private:
  Term term() {
    Term term;
    skip_space();
    if (number(term.factor) && !accept('*')) return term;
    term.measure = word("(");
    const std::vector<std::string>& known = expectation_measures();
    if (std::find(known.begin(), known.end(), term.measure) == known.end()) {
      throw UsageError(
          fmt::format("{}: {}", where_, unknown_name_message("measure", term.measure, known)));
    }
    if (!accept('(')) fail("'(' and a model");
    term.model = word(",()");
    if (term.model.empty()) fail("a model");
    if (accept(',')) {
      term.bucket = word(")");
      const bool named = term.bucket == "short" || term.bucket == "long";
      if (!named && !parse_length_range(term.bucket)) fail("short, long, 21-30 or 61+");
    }
    if (!accept(')')) fail("')'");
    return term;
  }

  /// Up to one of `ends`, without the space around it.
  std::string word(const char* ends) {
    skip_space();
    const std::size_t end = std::min(text_.find_first_of(ends, place_), text_.size());
    const std::string found = text_.substr(place_, end - place_);
    place_ = end;
    return boost::trim_copy(found);
  }

  bool number(double& value) {
    const char* begin = text_.data() + place_;
    const auto [stop, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc()) return false;
    place_ += static_cast<std::size_t>(stop - begin);
    return true;
  }

  void skip_space() { place_ = std::min(text_.find_first_not_of(" \t", place_), text_.size()); }

  std::string text_;
  std::string where_;
  std::size_t place_ = 0;
};

}  // namespace

std::optional<LengthRange> parse_length_range(const std::string& text) {
  LengthRange range{0, std::numeric_limits<double>::infinity()};
  const char* end = text.data() + text.size();
  const auto [after_low, low_error] = std::from_chars(text.data(), end, range.low);
  if (low_error != std::errc() || after_low == end) return {};
  if (*after_low == '+') return after_low + 1 == end ? std::optional(range) : std::nullopt;
  if (*after_low != '-') return {};
  const auto [after_high, high_error] = std::from_chars(after_low + 1, end, range.high);
  const bool good = high_error == std::errc() && after_high == end && range.low <= range.high;
  return good ? std::optional(range) : std::nullopt;
}

const std::vector<std::string>& expectation_measures() {
  static const std::vector<std::string> names = {"bleu",     "chrf",  "exact",
                                                 "accuracy", "ratio", "perplexity"};
  return names;
}

Expectation parse_expectation(const std::string& name, const std::string& text,
                              const std::string& where) {
  Expectation expectation;
  expectation.name = name;
  expectation.where = where;
  const std::size_t bar = std::min(text.find('|'), text.size());
  expectation.statement = boost::trim_copy(text.substr(0, bar));
  expectation.published = boost::trim_copy(text.substr(std::min(bar + 1, text.size())));
  Reader reader(expectation.statement, where);
  expectation.more = reader.sum();
  const bool swapped = reader.accept('<');
  if (!swapped && !reader.accept('>')) reader.fail("'>' or '<'");
  expectation.less = reader.sum();
  if (swapped) std::swap(expectation.more, expectation.less);
  if (!reader.at_end()) reader.fail("'+', '-' or the end");
  return expectation;
}

}  // namespace seqlab

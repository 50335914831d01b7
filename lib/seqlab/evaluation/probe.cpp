#include "seqlab/evaluation/probe.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>

#include "seqlab/data/batches.hpp"
#include "seqlab/error.hpp"
#include "seqlab/tensor/workers.hpp"

namespace seqlab {
namespace {

constexpr std::array kPenalties{1e-4, 1e-2, 1e-1, 1.0};

/// Rare tokens at a position are not worth a class of their own.
constexpr std::size_t kMostClasses = 300;

using Places = std::vector<std::size_t>;

std::size_t row_count(const DoubleMatrix& m) { return m.shape()[0]; }

/// The first four fifths, and the rest.
std::pair<Places, Places> held_out_split(std::size_t count) {
  Places places(count);
  std::iota(places.begin(), places.end(), std::size_t{0});
  const auto middle = places.begin() + static_cast<std::ptrdiff_t>(count * 4 / 5);
  return {{places.begin(), middle}, {middle, places.end()}};
}

/// Fits on x and y with the penalty that scores best (greatest score(prediction, truth)) on a
/// held-out fifth.
template <typename Score>
Ridge fit(const DoubleMatrix& x, const DoubleMatrix& y, Score&& score) {
  const auto [fitted, held_out] = held_out_split(row_count(x));
  Ridge part(rows_at(x, fitted), rows_at(y, fitted));
  const DoubleMatrix rest_x = rows_at(x, held_out), rest_y = rows_at(y, held_out);
  double best_penalty = kPenalties.back();
  std::optional<double> best;
  for (const double penalty : kPenalties) {
    part.solve(penalty);
    const double reached = score(part.predict(rest_x), rest_y);
    if (best && !(reached > *best)) continue;
    best = reached;
    best_penalty = penalty;
  }
  Ridge whole(x, y);
  whole.solve(best_penalty);
  return whole;
}

DoubleMatrix lengths_of(const std::vector<Sentence>& sentences) {
  DoubleMatrix lengths = DoubleMatrix::from_shape({sentences.size(), 1});
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    lengths(i, 0) = static_cast<double>(sentences[i].size());
  }
  return lengths;
}

/// The sentences of a bucket that have a word at a position.
Places having(const std::vector<Sentence>& sentences, const LengthBucket& bucket,
              std::size_t position) {
  Places places;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    if (bucket.contains(static_cast<Index>(sentences[i].size())) &&
        sentences[i].size() > position) {
      places.push_back(i);
    }
  }
  return places;
}

/// The tokens at a position, most frequent first, and their numbers in this order.
class Classes {
 public:
  Classes(const std::vector<Sentence>& sentences, const Places& places, std::size_t position) {
    std::map<TokenId, std::size_t> counts;
    for (const std::size_t i : places) ++counts[sentences[i][position]];
    std::vector<std::pair<TokenId, std::size_t>> ranked(counts.begin(), counts.end());
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    ranked.resize(std::min(ranked.size(), kMostClasses));
    for (const auto& [token, count] : ranked) {
      numbers_[token] = static_cast<Index>(numbers_.size());
    }
  }

  std::size_t size() const { return numbers_.size(); }
  /// -1 for a token that is none of them.
  Index number(TokenId token) const {
    const auto found = numbers_.find(token);
    return found == numbers_.end() ? -1 : found->second;
  }
  /// The class of each sentence's token at the position.
  std::vector<Index> of(const std::vector<Sentence>& sentences, const Places& places,
                        std::size_t position) const {
    std::vector<Index> numbers;
    for (const std::size_t i : places) numbers.push_back(number(sentences[i][position]));
    return numbers;
  }

 private:
  std::map<TokenId, Index> numbers_;
};

/// A row with a one at its class; all zero for none.
DoubleMatrix indicators(const std::vector<Index>& classes, std::size_t count) {
  DoubleMatrix out = DoubleMatrix::from_shape({classes.size(), count});
  out.fill(0.0);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] >= 0) out(i, static_cast<std::size_t>(classes[i])) = 1.0;
  }
  return out;
}

double accuracy(const DoubleMatrix& prediction, const DoubleMatrix& truth) {
  const std::vector<Index> best = best_columns(prediction);
  double right = 0;
  for (std::size_t i = 0; i < best.size(); ++i) {
    right += truth(i, static_cast<std::size_t>(best[i]));
  }
  return right / static_cast<double>(best.size());
}

}  // namespace

ProbeScore probe_length(const DoubleMatrix& train_vectors, const std::vector<Sentence>& train,
                        const DoubleMatrix& test_vectors, const std::vector<Sentence>& test) {
  const Ridge probe = fit(train_vectors, lengths_of(train), r_squared);
  return {LengthBucket{},
          -1,
          static_cast<Index>(train.size()),
          static_cast<Index>(test.size()),
          r_squared(probe.predict(test_vectors), lengths_of(test)),
          0.0};
}

std::vector<ProbeScore> probe_words(const DoubleMatrix& train_vectors,
                                    const std::vector<Sentence>& train,
                                    const DoubleMatrix& test_vectors,
                                    const std::vector<Sentence>& test,
                                    const std::vector<LengthBucket>& buckets) {
  std::vector<ProbeScore> scores;
  for (const LengthBucket& bucket : buckets) {
    for (std::size_t position = 0;; ++position) {
      const Places fitted = having(train, bucket, position);
      const Places tested = having(test, bucket, position);
      if (fitted.size() < kProbeTrain || tested.size() < kProbeTest) break;
      const Classes classes(train, fitted, position);
      const DoubleMatrix truth = indicators(classes.of(test, tested, position), classes.size());
      const Ridge probe =
          fit(rows_at(train_vectors, fitted),
              indicators(classes.of(train, fitted, position), classes.size()), accuracy);
      double most_frequent = 0;
      for (std::size_t i = 0; i < tested.size(); ++i) most_frequent += truth(i, 0);
      scores.push_back({bucket, static_cast<Index>(position), static_cast<Index>(fitted.size()),
                        static_cast<Index>(tested.size()),
                        accuracy(probe.predict(rows_at(test_vectors, tested)), truth),
                        most_frequent / static_cast<double>(tested.size())});
    }
  }
  return scores;
}

inline namespace SEQLAB_PRECISION {
namespace {

/// Puts the values with one name side by side into the rows of the batch's sentences.
void collect(const Tape& tape, const std::vector<ShownResult>& shown, const Batch& batch,
             SentenceVectors& into) {
  std::size_t column = 0;
  for (const ShownResult& result : shown) {
    if (result.name != into.name) continue;
    const ConstMatrixRef values = ref(tape.value(result.variable));
    for (std::size_t b = 0; b < batch.sentences.size(); ++b) {
      const Real* row = values.row(static_cast<Index>(b));
      std::copy(row, row + values.cols, &into.values(batch.sentences[b], column));
    }
    column += static_cast<std::size_t>(values.cols);
  }
}

/// Columns of all values with a name.
std::size_t width_of(const Tape& tape, const std::vector<ShownResult>& shown,
                     const std::string& name) {
  Index width = 0;
  for (const ShownResult& result : shown) {
    if (result.name == name) width += tape.cols(result.variable);
  }
  return static_cast<std::size_t>(width);
}

}  // namespace

std::vector<SentenceVectors> sentence_vectors(const SequenceModel& model,
                                              const std::vector<Sentence>& sources, Index threads) {
  // The vectors do not depend on the targets, so these are empty.
  Corpus corpus;
  corpus.source = sources;
  corpus.target.resize(sources.size());
  corpus.line.resize(sources.size());
  const std::vector<Batch> batches = ordered_batches(corpus, {});

  std::vector<SentenceVectors> vectors;
  const auto pass = [&](const Batch& batch, auto&& use) {
    Tape tape(model.parameters().values());
    std::vector<ShownResult> shown;
    tape.show_to(&shown);
    model.loss(tape, batch, {});
    use(tape, shown);
  };
  pass(batches.back(), [&](const Tape& tape, const std::vector<ShownResult>& shown) {
    for (const char* name : {"encoder.summary", "decoder.start"}) {
      const std::size_t width = width_of(tape, shown, name);
      if (width == 0) continue;
      vectors.push_back({name, DoubleMatrix::from_shape({sources.size(), width})});
    }
  });
  Workers workers(std::clamp<Index>(threads, 1, static_cast<Index>(batches.size())));
  workers.run(static_cast<Index>(batches.size()), [&](Index i) {
    const Batch& batch = batches[static_cast<std::size_t>(i)];
    pass(batch, [&](const Tape& tape, const std::vector<ShownResult>& shown) {
      for (SentenceVectors& each : vectors) {
        collect(tape, shown, batch, each);
      }
    });
  });
  return vectors;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab

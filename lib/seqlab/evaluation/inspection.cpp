#include "seqlab/evaluation/inspection.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "seqlab/data/utf8.hpp"
#include "seqlab/evaluation/forced_pass.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

constexpr std::size_t kNearest = 3;
constexpr TokenId kFirstWord = 4;  // after the special tokens

bool known(const Matrix& m) { return m.size() > 0; }

std::span<const Real> row_of(const Matrix& m, Index row) {
  return {ref(m).row(row), static_cast<std::size_t>(cols(m))};
}

double dot(std::span<const Real> a, std::span<const Real> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}
double norm(std::span<const Real> a) { return std::sqrt(dot(a, a)); }
double cosine(std::span<const Real> a, std::span<const Real> b) {
  const double length = norm(a) * norm(b);
  return length > 0 ? dot(a, b) / length : 0.0;
}

/// Cosines of every row of a with every row of b; not known if they live in different spaces.
Matrix cosines(const Matrix& a, const Matrix& b) {
  if (!known(a) || !known(b) || cols(a) != cols(b)) return Matrix::from_shape({0, 0});
  Matrix m = make_matrix(rows(a), rows(b));
  for (Index i = 0; i < rows(a); ++i) {
    for (Index j = 0; j < rows(b); ++j) {
      ref(m).row(i)[j] = static_cast<Real>(cosine(row_of(a, i), row_of(b, j)));
    }
  }
  return m;
}

/// Where tokens of one side of a translation come from.
struct Side {
  ConstMatrixRef table;  // of embeddings
  const Tokenizer* tokenizer;
};

/// A token as a model reads it.
struct ReadToken {
  TokenId token;
  const Side* side;

  std::string text() const { return side->tokenizer->token(token); }
  std::span<const Real> embedding() const {
    return {side->table.row(token), static_cast<std::size_t>(side->table.cols)};
  }
};
using Reading = std::vector<ReadToken>;

/// The table of the first of these names that there is.
ConstMatrixRef embedding_table(const ParameterStore& store, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    for (const NamedParameter& p : store.parameters()) {
      if (p.name != name) continue;
      return {store.values().data() + p.place.offset, p.place.rows, p.place.cols, p.place.cols};
    }
  }
  throw std::logic_error("the model has no embeddings");
}

std::vector<std::string> texts_of(const Reading& reading) {
  std::vector<std::string> texts;
  for (const ReadToken& read : reading) texts.push_back(read.text());
  return texts;
}

Matrix embeddings_of(const Reading& reading) {
  const Index width = reading.front().side->table.cols;
  Matrix m = make_matrix(static_cast<Index>(reading.size()), width);
  for (std::size_t i = 0; i < reading.size(); ++i) {
    std::ranges::copy(reading[i].embedding(), ref(m).row(static_cast<Index>(i)));
  }
  return m;
}

/// The words of the side whose embeddings are most like a vector.
std::vector<std::string> nearest(const Side& side, std::span<const Real> vector, TokenId but_for) {
  if (static_cast<Index>(vector.size()) != side.table.cols) return {};
  std::vector<std::pair<double, TokenId>> all;
  for (TokenId token = kFirstWord; token < side.table.rows; ++token) {
    if (token == but_for) continue;
    all.emplace_back(-cosine(vector, {side.table.row(token), vector.size()}), token);
  }
  const std::size_t count = std::min(kNearest, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<Index>(count), all.end());
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) texts.push_back(side.tokenizer->token(all[i].second));
  return texts;
}

/// Mean over heads of shown weights [heads * rows, columns].
Matrix mean_over_heads(const Matrix& weights, Index row_count) {
  const Index heads = rows(weights) / row_count;
  Matrix mean = zeros(row_count, cols(weights));
  for (Index h = 0; h < heads; ++h) {
    add(ref(mean), ref(weights).row_block(h * row_count, row_count));
  }
  for (Real& x : ref(mean).flat()) x /= static_cast<Real>(heads);
  return mean;
}

/// Mean over heads of scale * q k^T, where heads of keys may serve several heads of queries.
Matrix mean_scores(const Matrix& queries, const Matrix& keys, Index heads, bool scaled) {
  if (!known(queries) || !known(keys)) return Matrix::from_shape({0, 0});
  const Index width = cols(queries) / heads;
  const Index key_heads = cols(keys) / width;
  if (key_heads == 0 || heads % key_heads != 0) return Matrix::from_shape({0, 0});
  const double scale =
      (scaled ? 1.0 / std::sqrt(static_cast<double>(width)) : 1.0) / static_cast<double>(heads);
  Matrix scores = make_matrix(rows(queries), rows(keys));
  const auto size = static_cast<std::size_t>(width);
  for (Index i = 0; i < rows(queries); ++i) {
    for (Index j = 0; j < rows(keys); ++j) {
      double sum = 0;
      for (Index h = 0; h < heads; ++h) {
        const Index key_head = h / (heads / key_heads);
        sum += dot(row_of(queries, i).subspan(static_cast<std::size_t>(h) * size, size),
                   row_of(keys, j).subspan(static_cast<std::size_t>(key_head) * size, size));
      }
      ref(scores).row(i)[j] = static_cast<Real>(scale * sum);
    }
  }
  return scores;
}

Inspection inspect_one(const ForcedPass& shown, const std::string& name, const Reading& asking,
                       const Reading& asked) {
  const auto row_count = static_cast<Index>(asking.size());
  const auto column_count = static_cast<Index>(asked.size());
  Inspection result;
  result.name = name;
  result.rows = texts_of(asking);
  result.columns = texts_of(asked);
  result.embeddings = embeddings_of(asking);
  const Matrix weights = shown.all(name);
  result.weights = mean_over_heads(weights, row_count);
  result.queries = shown.all(name + ".query");
  result.keys = shown.first(name + ".key", column_count);
  result.values = shown.first(name + ".value", column_count);
  result.contexts = shown.all(name + ".context");
  result.scores = mean_scores(result.queries, result.keys, rows(weights) / row_count,
                              name != "decoder.attention");
  const Matrix entering = shown.all(name + ".before");
  const Matrix leaving = shown.all(name + ".after");
  const bool self = known(entering) && name.ends_with(".self_attention");
  result.before = self ? cosines(entering, entering) : cosines(result.queries, result.keys);
  result.after = self ? cosines(leaving, leaving) : cosines(result.contexts, result.values);
  for (Index i = 0; i < row_count; ++i) {
    const ReadToken& read = asking[static_cast<std::size_t>(i)];
    result.nearest_before.push_back(nearest(*read.side, read.embedding(), read.token));
    if (!known(entering)) continue;
    result.nearest_after.push_back(nearest(*read.side, row_of(leaving, i), /*but_for=*/-1));
    std::vector<Real> moved(row_of(leaving, i).begin(), row_of(leaving, i).end());
    for (std::size_t d = 0; d < moved.size(); ++d) moved[d] -= row_of(entering, i)[d];
    result.change.push_back(norm(moved) / norm(row_of(entering, i)));
  }
  return result;
}

std::string show_norm(const Matrix& m, std::size_t row) {
  if (!known(m)) return "-";
  return fmt::format("{:.2f}", norm(row_of(m, static_cast<Index>(row))));
}

std::string show_cell(const Matrix& m, std::size_t row, std::size_t column) {
  if (!known(m)) return "-";
  return fmt::format("{:.3f}", row_of(m, static_cast<Index>(row))[column]);
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t size = utf8_width(text);
  return size < width ? text + std::string(width - size, ' ') : text;
}

std::string most_looked_at(const Inspection& inspection, std::size_t row) {
  const std::span<const Real> weights = row_of(inspection.weights, static_cast<Index>(row));
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return weights[i]; });
  order.resize(std::min(order.size(), kNearest));
  std::vector<std::string> texts;
  for (const std::size_t column : order) {
    texts.push_back(fmt::format("{} {:.2f}", inspection.columns[column], weights[column]));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

std::vector<Inspection> inspect(const SequenceModel& model, const TokenizerPair& tokenizers,
                                const Sentence& source, const Sentence& target) {
  const ForcedPass pass(model, source, target);
  const ParameterStore& store = model.parameters();
  const Side source_side{embedding_table(store, {"encoder.embedding", "decoder.source_embedding",
                                                 "decoder.embedding"}),
                         tokenizers.source.get()};
  const Side target_side{embedding_table(store, {"decoder.embedding"}), tokenizers.target.get()};
  Reading from;
  for (const TokenId token : source) from.push_back({token, &source_side});
  if (model.reads_source_backwards()) std::ranges::reverse(from);
  from.push_back({kEos, &source_side});
  Reading to = {{kBos, &target_side}};
  for (const TokenId token : target) to.push_back({token, &target_side});
  Reading joined = from;  // of a translation as one sequence
  joined.insert(joined.end(), to.begin(), to.end());

  std::vector<Inspection> inspections;
  for (const SeenAttention& seen : pass.attentions()) {
    const Reading& asking = seen.joined                         ? joined
                            : seen.kind == AttentionKind::encoder ? from
                                                                  : to;
    const Reading& asked = seen.kind == AttentionKind::cross ? from : asking;
    inspections.push_back(inspect_one(pass, seen.name, asking, asked));
  }
  return inspections;
}

std::string describe_tokens(const Inspection& inspection) {
  constexpr std::size_t kToken = 14;
  constexpr std::size_t kLooks = 44;
  constexpr std::size_t kNear = 32;
  const bool self = inspection.rows == inspection.columns;
  std::string text =
      fmt::format("{}\n\n{:>3} {} {:>6} {:>6} {:>6} {:>6} {:>7} {:>6}  {}{}{}\n", inspection.name,
                  "", padded("token", kToken), "|x|", "|q|", "|k|", "|v|", "|cont.|", "change",
                  padded("looks at", kLooks), padded("nearest before", kNear), "after");
  for (std::size_t i = 0; i < inspection.rows.size(); ++i) {
    text +=
        fmt::format("{:>3} {} {:>6} {:>6} {:>6} {:>6} {:>7} {:>6}  {}{}{}\n", i,
                    padded(inspection.rows[i], kToken), show_norm(inspection.embeddings, i),
                    show_norm(inspection.queries, i), self ? show_norm(inspection.keys, i) : "-",
                    self ? show_norm(inspection.values, i) : "-", show_norm(inspection.contexts, i),
                    inspection.change.empty() ? "-" : fmt::format("{:.2f}", inspection.change[i]),
                    padded(most_looked_at(inspection, i), kLooks),
                    padded(fmt::format("{}", fmt::join(inspection.nearest_before[i], " ")), kNear),
                    inspection.nearest_after.empty()
                        ? "-"
                        : fmt::format("{}", fmt::join(inspection.nearest_after[i], " ")));
  }
  return text;
}

std::string describe_token(const Inspection& inspection, std::size_t row) {
  constexpr std::size_t kToken = 20;
  std::string text = fmt::format("{} {}\n\n{:>3} {} {:>6} {:>6} {:>8} {:>8} {:>8} {:>8}\n", row,
                                 inspection.rows[row], "", padded("looks at", kToken), "|k|", "|v|",
                                 "score", "weight", "before", "after");
  for (std::size_t j = 0; j < inspection.columns.size(); ++j) {
    text += fmt::format("{:>3} {} {:>6} {:>6} {:>8} {:>8} {:>8} {:>8}\n", j,
                        padded(inspection.columns[j], kToken), show_norm(inspection.keys, j),
                        show_norm(inspection.values, j), show_cell(inspection.scores, row, j),
                        show_cell(inspection.weights, row, j), show_cell(inspection.before, row, j),
                        show_cell(inspection.after, row, j));
  }
  return text;
}

std::string inspection_tsv(const Inspection& inspection) {
  std::string tsv = "row\trow_token\tcolumn\tcolumn_token\tscore\tweight\tbefore\tafter\n";
  for (std::size_t i = 0; i < inspection.rows.size(); ++i) {
    for (std::size_t j = 0; j < inspection.columns.size(); ++j) {
      tsv += fmt::format("{}\t{}\t{}\t{}", i, inspection.rows[i], j, inspection.columns[j]);
      for (const Matrix* m :
           {&inspection.scores, &inspection.weights, &inspection.before, &inspection.after}) {
        tsv += known(*m) ? fmt::format("\t{:.6f}", row_of(*m, static_cast<Index>(i))[j]) : "\tNaN";
      }
      tsv += '\n';
    }
  }
  return tsv;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab

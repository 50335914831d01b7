#include "seqlab/evaluation/inspection.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "seqlab/data/utf8.hpp"
#include "seqlab/evaluation/heatmap.hpp"
#include "seqlab/tensor/gemm.hpp"
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

/// Cosines of every row of a with every row of b.
Matrix cosines(const Matrix& a, const Matrix& b) {
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

/// The parameter with this name, [0, 0] if there is none.
ConstMatrixRef find_parameter(const ParameterStore& store, const std::string& name) {
  for (const NamedParameter& p : store.parameters()) {
    if (p.name != name) continue;
    return {store.values().data() + p.place.offset, p.place.rows, p.place.cols, p.place.cols};
  }
  return {nullptr, 0, 0, 0};
}

/// The table of the first of these names that there is.
ConstMatrixRef embedding_table(const ParameterStore& store, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const ConstMatrixRef table = find_parameter(store, name);
    if (table.rows > 0) return table;
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

/// The columns of one of `count` heads, or all.
Matrix columns_of_head(Matrix m, Index head, Index count) {
  if (head < 0 || !known(m)) return m;
  const Index width = cols(m) / count;
  Matrix part = make_matrix(rows(m), width);
  copy(ref(std::as_const(m)).column_block(head * width, width), ref(part));
  return part;
}

/// Of weights [heads * rows, columns], those of one head, or the mean over heads.
Matrix weights_of_head(const Matrix& weights, Index head, Index heads) {
  const Index height = rows(weights) / heads;
  Matrix mean = zeros(height, cols(weights));
  const Index first = std::max<Index>(head, 0), count = head < 0 ? heads : 1;
  for (Index h = first; h < first + count; ++h) {
    add(ref(mean), ref(weights).row_block(h * height, height));
  }
  for (Real& x : ref(mean).flat()) x /= static_cast<Real>(count);
  return mean;
}

/// How long each value is after weighting, over one head or all: weights [heads * rows, columns],
/// values [columns, .], result [rows, columns].
Matrix mix_norms(const Matrix& weights, const Matrix& values, Index head, Index heads,
                 Index key_heads) {
  const Index height = rows(weights) / heads, width = cols(values) / key_heads;
  const Index first = std::max<Index>(head, 0), count = head < 0 ? heads : 1;
  Matrix norms = zeros(height, cols(weights));
  for (Index h = first; h < first + count; ++h) {
    for (Index j = 0; j < rows(values); ++j) {
      const std::span<const Real> value =
          row_of(values, j).subspan(static_cast<std::size_t>(h / (heads / key_heads) * width),
                                    static_cast<std::size_t>(width));
      for (Index i = 0; i < height; ++i) {
        const double part = ref(weights).row(h * height + i)[j] * norm(value);
        ref(norms).row(i)[j] += static_cast<Real>(part * part);
      }
    }
  }
  for (Real& x : ref(norms).flat()) x = std::sqrt(x);
  return norms;
}

/// Mean over heads of scale * q k^T, where heads of keys may serve several heads of queries.
Matrix dot_scores(const Matrix& queries, const Matrix& keys, Index heads, bool scaled) {
  const Index width = cols(queries) / heads;
  const Index shared = heads / (cols(keys) / width);  // heads of queries to one of keys
  const double scale =
      (scaled ? 1.0 / std::sqrt(static_cast<double>(width)) : 1.0) / static_cast<double>(heads);
  Matrix scores = make_matrix(rows(queries), rows(keys));
  const auto part = [&](const Matrix& m, Index row, Index head) {
    return row_of(m, row).subspan(static_cast<std::size_t>(head * width),
                                  static_cast<std::size_t>(width));
  };
  for (Index i = 0; i < rows(queries); ++i) {
    for (Index j = 0; j < rows(keys); ++j) {
      double sum = 0;
      for (Index h = 0; h < heads; ++h) sum += dot(part(queries, i, h), part(keys, j, h / shared));
      ref(scores).row(i)[j] = static_cast<Real>(scale * sum);
    }
  }
  return scores;
}

/// A causal query never meets the keys of later positions.
void hide_later(Matrix& scores) {
  for (Index i = 0; i < rows(scores); ++i) {
    std::fill(ref(scores).row(i) + i + 1, ref(scores).row(i) + cols(scores),
              std::numeric_limits<Real>::quiet_NaN());
  }
}

/// Bahdanau's attention: the decoder asks by W_q s, where s is its state of the step before, and
/// scores are v . tanh(query + key). The step makes both inside; here they are made again.
struct AdditiveAttention {
  ConstMatrixRef w_query, v;

  explicit AdditiveAttention(const ParameterStore& store)
      : w_query(find_parameter(store, "decoder.attention.w_query")),
        v(find_parameter(store, "decoder.attention.v")) {}
  bool exists() const { return v.rows > 0; }

  Matrix queries(const ForcedPass& pass, Index steps) const {
    const Matrix start = pass.first("decoder.start", 1);
    const Matrix states = pass.all("decoder.attention.states");
    Matrix before = make_matrix(steps, cols(states));
    copy(ref(start), ref(before).row_block(0, 1));
    copy(ref(states).row_block(0, steps - 1), ref(before).row_block(1, steps - 1));
    Matrix queries = make_matrix(steps, w_query.rows);
    multiply_nt(ref(std::as_const(before)), w_query, Real(0), ref(queries));
    return queries;
  }
  Matrix scores(const Matrix& queries, const Matrix& keys) const {
    Matrix scores = make_matrix(rows(queries), rows(keys));
    for (Index i = 0; i < rows(queries); ++i) {
      for (Index j = 0; j < rows(keys); ++j) {
        Real sum = 0;
        for (Index d = 0; d < v.cols; ++d) {
          sum += v.row(0)[d] * std::tanh(ref(queries).row(i)[d] + ref(keys).row(j)[d]);
        }
        ref(scores).row(i)[j] = sum;
      }
    }
    return scores;
  }
};

/// What attention made of the tokens' own vectors, where a residual connection brings them along.
void add_residual_view(Inspection& result, const Matrix& entering, const Matrix& leaving,
                       const Reading& asking) {
  for (Index i = 0; i < rows(entering); ++i) {
    const Side& side = *asking[static_cast<std::size_t>(i)].side;
    result.nearest_after.push_back(nearest(side, row_of(leaving, i), /*but_for=*/-1));
    std::vector<Real> moved(row_of(leaving, i).begin(), row_of(leaving, i).end());
    for (std::size_t d = 0; d < moved.size(); ++d) moved[d] -= row_of(entering, i)[d];
    result.change.push_back(norm(moved) / norm(row_of(entering, i)));
  }
}

Inspection inspect_one(const ForcedPass& pass, const SeenAttention& seen, Index head,
                       const AdditiveAttention& additive, const Reading& asking,
                       const Reading& asked) {
  Inspection result;
  result.kind = seen.kind;
  result.layer = seen.layer;
  result.head = head;
  result.name = head < 0 ? seen.name : fmt::format("{}, head {}", seen.name, head);
  result.heads = seen.heads;
  result.rows = texts_of(asking);
  result.columns = texts_of(asked);
  result.embeddings = embeddings_of(asking);
  const bool recurrent = seen.name == "decoder.attention";
  const bool adds = recurrent && additive.exists();
  const Matrix queries = adds ? additive.queries(pass, seen.rows) : pass.all(seen.name + ".query");
  const Matrix keys = pass.first(seen.name + ".key", seen.columns);
  const Index key_heads = cols(keys) / (cols(queries) / seen.heads);
  const Index key_head = head < 0 ? -1 : head / (seen.heads / key_heads);
  result.queries = columns_of_head(queries, head, seen.heads);
  result.keys = columns_of_head(keys, key_head, key_heads);
  const Matrix values = pass.first(seen.name + ".value", seen.columns);
  result.values = columns_of_head(values, key_head, key_heads);
  result.contexts = columns_of_head(pass.all(seen.name + ".context"), head, seen.heads);
  result.scores =
      adds ? additive.scores(queries, keys)
           : dot_scores(result.queries, result.keys, head < 0 ? seen.heads : 1, !recurrent);
  if (seen.kind == AttentionKind::decoder) hide_later(result.scores);
  const Matrix weights = pass.all(seen.name);
  result.weights = weights_of_head(weights, head, seen.heads);
  result.mix = mix_norms(weights, values, head, seen.heads, key_heads);
  for (const ReadToken& read : asking) {
    result.nearest_before.push_back(nearest(*read.side, read.embedding(), read.token));
  }
  const Matrix entering = pass.all(seen.name + ".before");
  const Matrix leaving = pass.all(seen.name + ".after");
  if (known(entering)) add_residual_view(result, entering, leaving, asking);
  const bool own = known(entering) && seen.kind != AttentionKind::cross;
  result.before = own ? cosines(entering, entering) : cosines(result.queries, result.keys);
  result.after = own ? cosines(leaving, leaving) : cosines(result.contexts, result.values);
  return result;
}

std::string show_norm(const Matrix& m, std::size_t row) {
  return fmt::format("{:.2f}", norm(row_of(m, static_cast<Index>(row))));
}

std::string show_cell(const Matrix& m, std::size_t row, std::size_t column) {
  const Real value = row_of(m, static_cast<Index>(row))[column];
  return std::isnan(value) ? "-" : fmt::format("{:.3f}", value);
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
                                const Sentence& source, const Sentence& target, Index head) {
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
  const AdditiveAttention additive(store);
  for (const SeenAttention& seen : pass.attentions()) {
    if (head >= seen.heads) continue;
    const Reading& own = seen.kind == AttentionKind::encoder ? from : to;
    const Reading& asking = seen.joined ? joined : own;
    const Reading& asked = seen.kind == AttentionKind::cross ? from : asking;
    inspections.push_back(inspect_one(pass, seen, head, additive, asking, asked));
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
  std::string text = fmt::format(
      "{} {}: embedding |x| {}, query |q| {}, context vector |cont.| {}\n\n"
      "{:>3} {} {:>6} {:>6} {:>8} {:>8} {:>10} {:>8} {:>8}\n",
      row, inspection.rows[row], show_norm(inspection.embeddings, row),
      show_norm(inspection.queries, row), show_norm(inspection.contexts, row), "",
      padded("looks at", kToken), "|k|", "|v|", "score", "weight", "|weight v|", "before", "after");
  for (std::size_t j = 0; j < inspection.columns.size(); ++j) {
    text += fmt::format("{:>3} {} {:>6} {:>6} {:>8} {:>8} {:>10} {:>8} {:>8}\n", j,
                        padded(inspection.columns[j], kToken), show_norm(inspection.keys, j),
                        show_norm(inspection.values, j), show_cell(inspection.scores, row, j),
                        show_cell(inspection.weights, row, j), show_cell(inspection.mix, row, j),
                        show_cell(inspection.before, row, j), show_cell(inspection.after, row, j));
  }
  return text;
}

std::string inspection_tsv(const Inspection& inspection) {
  std::string tsv = "row\trow_token\tcolumn\tcolumn_token\tscore\tweight\tbefore\tafter\n";
  for (std::size_t i = 0; i < inspection.rows.size(); ++i) {
    for (std::size_t j = 0; j < inspection.columns.size(); ++j) {
      tsv += fmt::format("{}\t{}\t{}\t{}", i, table_token(inspection.rows[i]), j,
                         table_token(inspection.columns[j]));
      for (const Matrix* m :
           {&inspection.scores, &inspection.weights, &inspection.before, &inspection.after}) {
        const Real value = row_of(*m, static_cast<Index>(i))[j];
        tsv += std::isnan(value) ? "\tNaN" : fmt::format("\t{:.6f}", value);
      }
      tsv += '\n';
    }
  }
  return tsv;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab

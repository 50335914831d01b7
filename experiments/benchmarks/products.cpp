// GFLOP/s of OpenBLAS, oneDNN and panel_product for the matrix products of training and decoding,
// on one core: what the choice in lib/seqlab/tensor/gemm.cpp rests on; and of panel_product for
// matrices in bfloat16, where the processor multiplies them. Sizes are those of `seqlab
// bench`: width 256, 8000 words, 64 sentences of 25 positions, and tiny: width 128, 4000 words. The
// last lines are the time that a training step of each family, greedy decoding of a batch by the
// Transformer, and that of half a batch (what each of two threads decodes) would take if they were
// nothing but these products, each by the fastest of the three.
//
//   ninja -C build product_bench && build/product_bench

#include <cblas.h>
#include <fmt/format.h>
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <vector>

#include "seqlab/tensor/bf16_panels.hpp"
#include "seqlab/tensor/bf16_products.hpp"

namespace {

using seqlab::Index;
using seqlab::Matrix;
using seqlab::Transpose;

/// How often a product comes in a training step of each family, and in decoding by the Transformer.
/// Of half a batch: in decoding by the RNN and by the Transformer.
struct Counts {
  double rnn = 0, lstm = 0, bahdanau = 0, transformer = 0, decoding = 0;
  double rnn_half = 0, transformer_half = 0;
};

/// [m, n] = op(A) op(B) with the inner size k; 'T' transposes, 'P' is a B laid out for
/// panel_product, or for the libraries row after row.
struct Product {
  std::string_view place;
  char op_a;
  char op_b;
  Index m, n, k;
  Counts counts = {};

  double operations() const { return 2.0 * static_cast<double>(m * n * k); }
};

/// Between the rows of a weight laid out for the libraries, which do not like them a power of two
/// apart.
constexpr Index kPadding = 16;

/// Those of a model with d columns and so many words.
std::vector<Product> products(Index d, Index words) {
  constexpr Index kBlock = 128;  // rows of the output layer's blocks, 12.5 of 1600
  constexpr Counts kOutput{12.5, 12.5, 12.5, 12.5};
  return {
      {"linear, all positions", 'N', 'T', 1600, d, d, {2, 0, 0, 36, 18, 0.5, 9}},
      {"linear, all positions", 'N', 'T', 1600, 4 * d, d, {0, 2, 0, 6, 3, 0, 1.5}},
      {"linear, all positions", 'N', 'T', 1600, d, 4 * d, {0, 0, 1, 6, 3, 0, 1.5}},
      {"gates of a GRU", 'N', 'T', 1600, 3 * d, d, {0, 0, 3}},
      {"both directions", 'N', 'T', 1600, d, 2 * d, {0, 0, 1}},
      {"its input's gradient", 'N', 'N', 1600, d, d, {2, 0, 0, 36}},
      {"its input's gradient", 'N', 'N', 1600, d, 4 * d, {0, 2, 0, 6}},
      {"its input's gradient", 'N', 'N', 1600, 4 * d, d, {0, 0, 1, 6}},
      {"gates of a GRU, back", 'N', 'N', 1600, d, 3 * d, {0, 0, 3}},
      {"both directions, back", 'N', 'N', 1600, 2 * d, d, {0, 0, 1}},
      {"its weight's gradient", 'T', 'N', d, d, 1600, {4, 0, 4, 36}},
      {"its weight's gradient", 'T', 'N', 4 * d, d, 1600, {0, 4, 0, 6}},
      {"its weight's gradient", 'T', 'N', d, 4 * d, 1600, {0, 0, 1, 6}},
      {"gates of a GRU, weight", 'T', 'N', 3 * d, d, 1600, {0, 0, 3}},
      {"gates of a GRU, weight", 'T', 'N', 3 * d, 2 * d, 1600, {0, 0, 1}},
      {"gates of a GRU, weight", 'T', 'N', 2 * d, d, 1600, {0, 0, 3}},
      {"both directions, weight", 'T', 'N', d, 2 * d, 1600, {0, 0, 1}},
      {"output layer, a block", 'N', 'P', kBlock, words, d, kOutput},
      {"its input's gradient", 'N', 'N', kBlock, d, words, kOutput},
      {"its weight's gradient", 'T', 'N', words, d, kBlock, kOutput},
      {"a step: linear", 'N', 'P', 64, d, d, {51, 0, 101, 0, 450}},
      {"a step: gates of an LSTM", 'N', 'P', 64, 4 * d, d, {0, 51, 0, 0, 75}},
      {"a step: gates of a GRU", 'N', 'P', 64, 2 * d, d, {0, 0, 75}},
      {"a step: gates of a GRU", 'N', 'P', 64, 3 * d, 2 * d, {0, 0, 25}},
      {"a step: 4 d inputs", 'N', 'P', 64, d, 4 * d, {0, 0, 0, 0, 75}},
      {"a step: output", 'N', 'P', 64, words, d, {0, 0, 0, 0, 25}},
      {"back through linear", 'N', 'N', 64, d, d, {51, 0, 101}},
      {"back through an LSTM", 'N', 'N', 64, d, 4 * d, {0, 51}},
      {"back through a GRU", 'N', 'N', 64, d, 2 * d, {0, 0, 75}},
      {"back through a GRU", 'N', 'N', 64, 2 * d, 3 * d, {0, 0, 25}},
      {"half its rows: linear", 'N', 'P', 32, d, d, {0, 0, 0, 0, 0, 100, 450}},
      {"half its rows: gates", 'N', 'P', 32, 4 * d, d, {0, 0, 0, 0, 0, 0, 75}},
      {"half its rows: 4 d inputs", 'N', 'P', 32, d, 4 * d, {0, 0, 0, 0, 0, 0, 75}},
      {"half its rows: output", 'N', 'P', 32, words, d, {0, 0, 0, 0, 0, 25, 25}},
      {"half its rows: back", 'N', 'N', 32, d, 4 * d},
      {"beam of five: linear", 'N', 'P', 5, d, d},
      {"beam of five: output", 'N', 'P', 5, words, d},
      {"one row: linear", 'N', 'P', 1, d, d},
      {"one row: output", 'N', 'P', 1, words, d},
      {"a head's scores", 'N', 'T', 25, 25, d / 4, {0, 0, 0, 4608}},
      {"its context", 'N', 'N', 25, d / 4, 25, {0, 0, 0, 6912}},
      {"its keys' gradient", 'T', 'N', 25, d / 4, 25, {0, 0, 0, 4608}},
  };
}

class Measurement {
 public:
  explicit Measurement(const Product& p)
      : p_(p),
        a_(seqlab::zeros(p.op_a == 'T' ? p.k : p.m, p.op_a == 'T' ? p.m : p.k)),
        b_(copies(p.k * p.n), p.op_b == 'T'
                                  ? seqlab::zeros(p.n, p.k)
                                  : seqlab::zeros(p.k, p.n + (p.op_b == 'P' ? kPadding : 0))),
        c_(seqlab::zeros(p.m, p.n)) {}

  /// Turn by turn, so that what else the machine does meets all; medians in GFLOP/s of OpenBLAS,
  /// oneDNN and panel_product, the last also in bfloat16 (0: not here).
  std::array<double, 4> run() {
    constexpr int kTurns = 31;
    std::array<std::vector<double>, 4> rates;
    const bool bf16 = seqlab::bf16_products_available();
    for (int turn = 0; turn < kTurns; ++turn) {
      rates[0].push_back(rate([&] { openblas(); }));
      rates[1].push_back(rate([&] { onednn(); }));
      rates[2].push_back(rate([&] { panels(); }));
      rates[3].push_back(bf16 ? rate([&] { bf16_panels(); }) : 0);
    }
    return {median(rates[0]), median(rates[1]), median(rates[2]), median(rates[3])};
  }

 private:
  /// So many that all of a model's weights are read between two uses of one, as in a step; what
  /// attention multiplies has just been made.
  static std::size_t copies(Index size) {
    constexpr Index kModel = 3 << 20;
    constexpr Index kWeight = 1 << 13;
    return size < kWeight ? 1 : static_cast<std::size_t>(kModel / size) + 1;
  }

  static Transpose op(char t) { return t == 'T' ? Transpose::yes : Transpose::no; }

  static double median(std::vector<double>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  }

  template <typename Action>
  double rate(Action&& action) {
    using Clock = std::chrono::steady_clock;
    const int times = std::max(1, static_cast<int>(1e7 / p_.operations()));
    const auto start = Clock::now();
    for (int i = 0; i < times; ++i) {
      action();
      next_ = (next_ + 1) % b_.size();
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return times * p_.operations() / seconds / 1e9;
  }

  void openblas() {
    const auto cblas = [](char t) { return t == 'T' ? CblasTrans : CblasNoTrans; };
    const auto size = [](Index n) { return static_cast<blasint>(n); };
    cblas_sgemm(CblasRowMajor, cblas(p_.op_a), cblas(p_.op_b), size(p_.m), size(p_.n), size(p_.k),
                1.0F, a_.data(), size(cols(a_)), b().data(), size(cols(b())), 0.0F, c_.data(),
                size(cols(c_)));
  }

  void onednn() {
    dnnl_sgemm(p_.op_a, p_.op_b == 'T' ? 'T' : 'N', p_.m, p_.n, p_.k, 1.0F, a_.data(), cols(a_),
               b().data(), cols(b()), 0.0F, c_.data(), cols(c_));
  }

  void panels() {
    if (p_.op_b == 'P') {
      seqlab::panel_product(ref(a_), {b().data(), p_.k, p_.n}, {1.0F, 0.0F, ref(c_)});
    } else {
      seqlab::panel_product(op(p_.op_a), op(p_.op_b), ref(a_), ref(b()), {1.0F, 0.0F, ref(c_)});
    }
  }

  /// The zeros of the matrices in single precision are zeros in bfloat16, too, twice as many.
  void bf16_panels() {
    const auto bf16 = [](const Matrix& m) {
      return seqlab::Bf16Matrix{reinterpret_cast<const seqlab::Bf16*>(m.data()), rows(m), cols(m),
                                cols(m)};
    };
    if (p_.op_b == 'P') {
      seqlab::panel_product(bf16(a_), {b().data(), p_.k / 2, p_.n}, {1.0F, 0.0F, ref(c_)});
    } else {
      seqlab::panel_product(op(p_.op_a), op(p_.op_b), bf16(a_), bf16(b()), {1.0F, 0.0F, ref(c_)});
    }
  }

  const Matrix& b() const { return b_[next_]; }

  Product p_;
  Matrix a_;
  std::vector<Matrix> b_;
  Matrix c_;
  std::size_t next_ = 0;  ///< the copy that the next product reads
};

void measure(std::string_view size, Index width, Index words) {
  fmt::print("{:<28} {:>2}  {:>5} {:>5} {:>5} {:>9} {:>7} {:>14} {:>5}\n", size, "op", "m", "n",
             "k", "OpenBLAS", "oneDNN", "panel_product", "bf16");
  Counts ms;
  for (const Product& p : products(width, words)) {
    const auto [openblas, onednn, panels, bf16] = Measurement(p).run();
    const double each = 1e-6 * p.operations() / std::max({openblas, onednn, panels});
    ms.rnn += each * p.counts.rnn;
    ms.lstm += each * p.counts.lstm;
    ms.bahdanau += each * p.counts.bahdanau;
    ms.transformer += each * p.counts.transformer;
    ms.decoding += each * p.counts.decoding;
    ms.rnn_half += each * p.counts.rnn_half;
    ms.transformer_half += each * p.counts.transformer_half;
    fmt::print("{:<28} {}{}  {:>5} {:>5} {:>5} {:>9.1f} {:>7.1f} {:>14.1f} {:>5.0f}\n", p.place,
               p.op_a, p.op_b, p.m, p.n, p.k, openblas, onednn, panels, bf16);
  }
  fmt::print(
      "a training step, products alone: {:.1f} ms rnn, {:.1f} lstm, {:.1f} bahdanau, {:.1f} "
      "transformer\n",
      ms.rnn, ms.lstm, ms.bahdanau, ms.transformer);
  fmt::print("decoding a batch, products alone: {:.1f} ms transformer\n", ms.decoding);
  fmt::print("decoding half a batch, products alone: {:.1f} ms rnn, {:.1f} transformer\n\n",
             ms.rnn_half, ms.transformer_half);
}

}  // namespace

int main() {
  openblas_set_num_threads(1);
  omp_set_num_threads(1);
  measure("default", 256, 8000);
  measure("tiny", 128, 4000);
}

// GFLOP/s of OpenBLAS, oneDNN and small_product for the matrix products of training and decoding,
// on one core: what the choice in lib/seqlab/tensor/gemm.cpp rests on. Sizes are those of `seqlab
// bench`: width 256, 8000 words, 64 sentences of 25 positions, and tiny: width 128, 4000 words. The
// last lines are the time that a training step of the Transformer (3 + 3 layers) would take if it
// were nothing but these products (attention's small ones apart), each by the faster library: what
// no program can pass that calls these libraries.
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

#include "seqlab/tensor/small_product.hpp"

namespace {

using seqlab::Index;
using seqlab::Matrix;
using seqlab::Transpose;

/// [m, n] = op(A) op(B) with the inner size k; 'T' transposes.
struct Product {
  std::string_view place;
  char op_a;
  char op_b;
  Index m, n, k;
  double in_step = 0;  ///< how often a training step of the Transformer has it
  Index padding = 0;   ///< columns that B has and the product does not read

  double operations() const { return 2.0 * static_cast<double>(m * n * k); }
};

constexpr double kBlocks = 1600.0 / 192.0;  // of rows in the output layer
constexpr Index kPadding = 16;              // of a weight laid out for products of few rows

/// Those of a model with d columns and so many words.
std::vector<Product> products(Index d, Index words) {
  return {
      {"linear, all positions", 'N', 'T', 1600, d, d, 36},
      {"linear, all positions", 'N', 'T', 1600, 4 * d, d, 6},
      {"linear, all positions", 'N', 'T', 1600, d, 4 * d, 6},
      {"its input's gradient", 'N', 'N', 1600, d, d, 36},
      {"its input's gradient", 'N', 'N', 1600, d, 4 * d, 6},
      {"its input's gradient", 'N', 'N', 1600, 4 * d, d, 6},
      {"its weight's gradient", 'T', 'N', d, d, 1600, 36},
      {"its weight's gradient", 'T', 'N', 4 * d, d, 1600, 6},
      {"its weight's gradient", 'T', 'N', d, 4 * d, 1600, 6},
      {"output layer, a block", 'N', 'T', 192, words, d},
      {"the same, weight laid out", 'N', 'N', 192, words, d, kBlocks, kPadding},
      {"its input's gradient", 'N', 'N', 192, d, words, kBlocks},
      {"its weight's gradient", 'T', 'N', words, d, 192, kBlocks},
      {"a step: gates of an LSTM", 'N', 'T', 64, 4 * d, d},
      {"a step: linear", 'N', 'T', 64, d, d},
      {"a step: back through gates", 'N', 'N', 64, d, 4 * d},
      {"a step of decoding: gates", 'N', 'N', 64, 4 * d, d, 0, kPadding},
      {"a step of decoding: linear", 'N', 'N', 64, d, d, 0, kPadding},
      {"a step of decoding: output", 'N', 'N', 64, words, d, 0, kPadding},
      {"half its rows: gates", 'N', 'N', 32, 4 * d, d, 0, kPadding},
      {"half its rows: linear", 'N', 'N', 32, d, d, 0, kPadding},
      {"half its rows: 4 d inputs", 'N', 'N', 32, d, 4 * d, 0, kPadding},
      {"half its rows: back", 'N', 'N', 32, d, 4 * d},
      {"half its rows: output", 'N', 'N', 32, words, d, 0, kPadding},
      {"beam of five: linear", 'N', 'N', 5, d, d, 0, kPadding},
      {"beam of five: output", 'N', 'N', 5, words, d, 0, kPadding},
      {"one row: linear", 'N', 'N', 1, d, d, 0, kPadding},
      {"one row: output", 'N', 'N', 1, words, d, 0, kPadding},
      {"a head's scores", 'N', 'T', 25, 25, d / 4},
      {"its context", 'N', 'N', 25, d / 4, 25},
      {"its keys' gradient", 'T', 'N', 25, d / 4, 25},
  };
}

class Measurement {
 public:
  explicit Measurement(const Product& p)
      : p_(p),
        a_(seqlab::zeros(p.op_a == 'T' ? p.k : p.m, p.op_a == 'T' ? p.m : p.k)),
        b_(copies(p.k * p.n),
           seqlab::zeros(p.op_b == 'T' ? p.n : p.k, (p.op_b == 'T' ? p.k : p.n) + p.padding)),
        c_(seqlab::zeros(p.m, p.n)) {}

  /// Turn by turn, so that what else the machine does meets all; medians in GFLOP/s of OpenBLAS,
  /// oneDNN and small_product (0 where it does not suit).
  std::array<double, 3> run() {
    constexpr int kTurns = 31;
    const bool small = seqlab::suits_small_product(op(p_.op_b), p_.m, p_.n, p_.k);
    std::array<std::vector<double>, 3> rates;
    for (int turn = 0; turn < kTurns; ++turn) {
      rates[0].push_back(rate([&] { openblas(); }));
      rates[1].push_back(rate([&] { onednn(); }));
      rates[2].push_back(small ? rate([&] { small_product(); }) : 0.0);
    }
    return {median(rates[0]), median(rates[1]), median(rates[2])};
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
    dnnl_sgemm(p_.op_a, p_.op_b, p_.m, p_.n, p_.k, 1.0F, a_.data(), cols(a_), b().data(), cols(b()),
               0.0F, c_.data(), cols(c_));
  }

  void small_product() {
    seqlab::small_product(op(p_.op_a), op(p_.op_b), 1.0F, ref(a_),
                          ref(b()).column_block(0, cols(b()) - p_.padding), 0.0F, ref(c_));
  }

  const Matrix& b() const { return b_[next_]; }

  Product p_;
  Matrix a_;
  std::vector<Matrix> b_;
  Matrix c_;
  std::size_t next_ = 0;  ///< the copy that the next product reads
};

void measure(std::string_view size, Index width, Index words) {
  fmt::print("{:<28} {:>2}  {:>5} {:>5} {:>5} {:>9} {:>7} {:>14}\n", size, "op", "m", "n", "k",
             "OpenBLAS", "oneDNN", "small_product");
  double step_ms = 0.0;
  for (const Product& p : products(width, words)) {
    const auto [openblas, onednn, small] = Measurement(p).run();
    step_ms += 1e-6 * p.in_step * p.operations() / std::max(openblas, onednn);
    fmt::print("{:<28} {}{}  {:>5} {:>5} {:>5} {:>9.1f} {:>7.1f} {:>14}\n", p.place, p.op_a, p.op_b,
               p.m, p.n, p.k, openblas, onednn, small > 0.0 ? fmt::format("{:.1f}", small) : "");
  }
  fmt::print("a training step of the Transformer, products alone: {:.0f} ms\n\n", step_ms);
}

}  // namespace

int main() {
  openblas_set_num_threads(1);
  omp_set_num_threads(1);
  measure("default", 256, 8000);
  measure("tiny", 128, 4000);
}

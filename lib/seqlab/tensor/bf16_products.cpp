#include "seqlab/tensor/bf16_products.hpp"

#include "seqlab/tensor/bf16_panels.hpp"
#include "seqlab/tensor/simd.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

#ifdef SEQLAB_HAVE_BF16

namespace {

/// What this thread's products find rounded already, the parameters first; empty: products do not
/// round.
thread_local std::vector<const RoundedRange*> active_ranges;
thread_local const RoundedParameters* active_parameters = nullptr;

/// `m` as somebody has rounded it already.
std::optional<Bf16Matrix> find_rounded(ConstMatrixRef m) {
  for (const RoundedRange* range : active_ranges) {
    if (const Bf16* found = range->find(m.data)) return Bf16Matrix{found, m.rows, m.cols, m.stride};
  }
  return std::nullopt;
}

/// Rounds into a buffer that is kept for the thread's next product.
Bf16Matrix rounded(ConstMatrixRef m, PooledVector<Bf16>& buffer) {
  if (const std::optional<Bf16Matrix> found = find_rounded(m)) return *found;
  const auto size = static_cast<std::size_t>(m.rows * m.cols);
  if (buffer.size() < size) buffer.resize(size);
  if (m.contiguous()) {
    round_to_bf16(m.data, buffer.data(), m.rows * m.cols);
  } else {
    for (Index r = 0; r < m.rows; ++r) {
      round_to_bf16(m.row(r), buffer.data() + r * m.cols, m.cols);
    }
  }
  return {buffer.data(), m.rows, m.cols, m.cols};
}

}  // namespace

void round_to_bf16(const Real* from, Bf16* to, Index n) {
  const auto round = [](Simd values) {
    return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(values));
  };
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), round(Simd::load_unaligned(from + i)));
  }
  if (i < n) {
    _mm256_mask_storeu_epi16(to + i, first_lanes(n - i),
                             round(load_partial(from + i, n - i, Real(0))));
  }
}

bool bf16_products_available() { return true; }

Bf16Products::Bf16Products(const RoundedParameters* parameters) {
  if (parameters == nullptr) return;
  check(active_ranges.empty(), "bf16 products inside of others");
  active_ranges.push_back(&parameters->range());
  active_parameters = parameters;
}

Bf16Products::~Bf16Products() {
  active_ranges.clear();
  active_parameters = nullptr;
}

RoundedInput::RoundedInput(ConstMatrixRef m) {
  if (active_ranges.empty() || !m.contiguous()) return;
  range_ = RoundedRange(m.flat());
  round_to_bf16(m.data, range_.rounded(), m.rows * m.cols);
  active_ranges.push_back(&range_);
}

RoundedInput::~RoundedInput() {
  if (!range_.values().empty()) active_ranges.pop_back();
}

bool bf16_gemm(Transpose transpose_a, Transpose transpose_b, ConstMatrixRef a, ConstMatrixRef b,
               const ProductResult& result) {
  if (active_ranges.empty() || result.alpha != Real(1)) return false;
  thread_local PooledVector<Bf16> a_buffer, b_buffer;
  const Bf16Matrix left = rounded(a, a_buffer);
  if (transpose_a == Transpose::no && a.rows <= kMostRowsOfPacked) {
    if (const std::optional<Panels> packed = active_parameters->find_packed(transpose_b, b)) {
      panel_product(left, *packed, result);
      return true;
    }
  }
  panel_product(transpose_a, transpose_b, left, rounded(b, b_buffer), result);
  return true;
}

#else

void round_to_bf16(const Real*, Bf16*, Index) { check(false, "no bf16 in this build"); }
bool bf16_products_available() { return false; }
Bf16Products::Bf16Products(const RoundedParameters* parameters) {
  check(parameters == nullptr, "bf16 products in a build without them");
}
Bf16Products::~Bf16Products() = default;
RoundedInput::RoundedInput(ConstMatrixRef) {}
RoundedInput::~RoundedInput() = default;
bool bf16_gemm(Transpose, Transpose, ConstMatrixRef, ConstMatrixRef, const ProductResult&) {
  return false;
}

#endif

void require_bf16_products() {
  if (bf16_products_available()) return;
  throw UsageError(
      "precision = bf16: this processor has no bfloat16 products (AVX512-BF16), or seqlab was "
      "built for another (SEQLAB_NATIVE=OFF); set precision = fp32");
}

void RoundedParameters::update(Workers& workers) {
  const Real* const values = range_.values().data();
  workers.run_blocks(static_cast<Index>(range_.values().size()),
                     [&](Index, Index begin, Index end) {
                       round_to_bf16(values + begin, range_.rounded() + begin, end - begin);
                     });
  transposes_.update(workers);
  row_pairs_.update(workers);
}

std::optional<Panels> RoundedParameters::find_packed(Transpose transpose,
                                                     ConstMatrixRef weight) const {
  const Bf16* const found = range_.find(weight.data);
  if (found == nullptr || weight.cols % 2 != 0 || weight.stride % 2 != 0) return std::nullopt;
  return (transpose == Transpose::yes ? transposes_ : row_pairs_)
      .find(in_pairs({found, weight.rows, weight.cols, weight.stride}));
}

const Bf16* RoundedRange::find(const Real* value) const {
  const std::less<const Real*> before;
  if (before(value, values_.data()) || !before(value, values_.data() + values_.size())) {
    return nullptr;
  }
  return reinterpret_cast<const Bf16*>(rounded_.data()) + (value - values_.data());
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab

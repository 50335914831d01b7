#include "seqlab/tensor/bf16_pairs.hpp"

#include <algorithm>

#include "seqlab/tensor/simd.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

ConstMatrixRef in_pairs(Bf16Matrix m) {
  check(m.cols % 2 == 0 && m.stride % 2 == 0, "pairs of {} columns, stride {}", m.cols, m.stride);
  return {reinterpret_cast<const Real*>(m.data), m.rows, m.cols / 2, m.stride / 2};
}

Bf16Matrix out_of_pairs(ConstMatrixRef pairs) {
  return {reinterpret_cast<const Bf16*>(pairs.data), pairs.rows, 2 * pairs.cols, 2 * pairs.stride};
}

#ifdef SEQLAB_HAVE_BF16
void interleave_rows(Bf16Matrix from, Index first, MatrixRef to) {
  for (Index p = 0; p < to.rows; ++p) {
    const Bf16* low = from.row(2 * p) + first;
    const bool both = 2 * p + 1 < from.rows;
    const Bf16* high = both ? from.row(2 * p + 1) + first : low;
    for (Index c = 0; c < to.cols; c += kLanes) {
      const Index rest = to.cols - c;
      const auto mask = rest < kLanes ? first_lanes(rest) : static_cast<__mmask16>(0xffff);
      const auto load = [&](__mmask16 lanes, const Bf16* row) {
        return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes, row + c));
      };
      const __m512i high_bits = _mm512_slli_epi32(load(both ? mask : __mmask16{0}, high), 16);
      const __m512i pairs = _mm512_or_si512(load(mask, low), high_bits);
      _mm512_storeu_ps(to.row(p) + c, _mm512_castsi512_ps(pairs));
    }
  }
}
#else
void interleave_rows(Bf16Matrix, Index, MatrixRef) { check(false, "no bf16 in this build"); }
#endif

EvenMatrix::EvenMatrix(Bf16Matrix m) : matrix_(m) {
  if (m.cols % 2 == 0 && m.stride % 2 == 0) return;
  const Index cols = m.cols + m.cols % 2;
  copy_.assign(static_cast<std::size_t>(m.rows * cols), Bf16{0});
  for (Index r = 0; r < m.rows; ++r) std::copy_n(m.row(r), m.cols, copy_.data() + r * cols);
  matrix_ = {copy_.data(), m.rows, cols, cols};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab

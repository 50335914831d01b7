#include "seqlab/tensor/bf16_panels.hpp"

#include <cstring>

#include "seqlab/tensor/bf16_tiles.hpp"
#include "seqlab/tensor/panel_kernel.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

#ifdef SEQLAB_HAVE_BF16

using namespace panels;

namespace {

/// Pairs of bfloat16 numbers, one in the place of each Real: an instruction adds two terms.
struct Bf16Pairs {
  using Number = Bf16;
  static Simd broadcast(const Bf16* factors) {
    std::int32_t pair;
    std::memcpy(&pair, factors, sizeof(pair));
    return Simd(_mm512_castsi512_ps(_mm512_set1_epi32(pair)));
  }
  static Simd add(Simd factors, Simd pairs, Simd sum) {
    return Simd(_mm512_dpbf16_ps(sum, bits(factors), bits(pairs)));
  }

 private:
  static __m512bh bits(Simd pairs) {
    return reinterpret_cast<__m512bh>(static_cast<__m512>(pairs));
  }
};

/// op(a), its terms in pairs.
class LeftPairs {
 public:
  LeftPairs(Transpose transpose, Bf16Matrix a)
      : even_(transpose == Transpose::yes ? Bf16Matrix{} : a),
        count_(((transpose == Transpose::yes ? a.rows : a.cols) + 1) / 2),
        factor_{even_.get().data, even_.get().stride, 2} {
    if (transpose == Transpose::no) return;
    // A register more than it takes: a distance between rows that is a power of two would make them
    // shed each other from the nearest cache.
    interleaved_ = make_matrix(count_, whole_registers(a.cols) + kLanes);
    interleave_rows(a, 0, ref(interleaved_).column_block(0, a.cols));
    factor_ = {reinterpret_cast<const Bf16*>(interleaved_.data()), 2, 2 * cols(interleaved_)};
  }
  LeftPairs(const LeftPairs&) = delete;
  LeftPairs& operator=(const LeftPairs&) = delete;

  Index count() const { return count_; }
  LeftFactor<Bf16Pairs> from(Index pair) const {
    return {factor_.data + pair * factor_.step, factor_.row, factor_.step};
  }

 private:
  EvenMatrix even_;
  Index count_;
  Matrix interleaved_ = make_matrix(0, 0);
  LeftFactor<Bf16Pairs> factor_;
};

}  // namespace

void pack_row_pairs(Bf16Matrix weight, Index first, Index count, Real* to) {
  for_each_block((weight.rows + 1) / 2, [&](Index pair, Index pairs) {
    Real* const block = to + pair * whole_registers(weight.cols);
    const Bf16Matrix rows = weight.row_block(2 * pair, std::min(2 * pairs, weight.rows - 2 * pair));
    for (Index col = first; col < first + count; col += kPanel) {
      const Index panel_cols = std::min(kPanel, weight.cols - col);
      interleave_rows(rows, col,
                      {block + col * pairs, pairs, panel_cols, whole_registers(panel_cols)});
    }
  });
}

namespace {

/// b is laid out as a whole: the matrix unit is so fast that with a panel at a time it would wait
/// for the rows of a and of the result, all of them for each panel.
void tile_product(Transpose transpose_a, Transpose transpose_b, Bf16Matrix a, Bf16Matrix b,
                  const ProductResult& result) {
  const EvenMatrix rows_of_b(transpose_b == Transpose::yes ? b : Bf16Matrix{});
  const Index terms = transpose_b == Transpose::yes ? b.cols : b.rows, pairs = (terms + 1) / 2;
  Matrix panels = make_matrix(1, panels_size(pairs, result.c.cols));
  if (transpose_b == Transpose::yes) {
    pack_transpose(in_pairs(rows_of_b.get()), 0, b.rows, panels.data());
  } else {
    pack_row_pairs(b, 0, b.cols, panels.data());
  }
  tile_product(transpose_a, a, {panels.data(), pairs, result.c.cols}, result);
}

}  // namespace

void panel_product(Transpose transpose_a, Transpose transpose_b, Bf16Matrix a, Bf16Matrix b,
                   const ProductResult& result) {
  if (tiles_available()) return tile_product(transpose_a, transpose_b, a, b, result);
  const LeftPairs left(transpose_a, a);
  const EvenMatrix rows_of_b(transpose_b == Transpose::yes ? b : Bf16Matrix{});
  alignas(64) std::array<Real, static_cast<std::size_t>(kTerms * kPanel)> packed;
  for_each_block(left.count(), [&](Index pair, Index pairs) {
    const ProductResult block = pair == 0 ? result : result.rest();
    for (Index col = 0; col < result.c.cols; col += kPanel) {
      const Index count = std::min(kPanel, result.c.cols - col), width = whole_registers(count);
      const MatrixRef panel{packed.data(), pairs, width, width};
      if (transpose_b == Transpose::yes) {
        pack_transposed_panel(in_pairs(rows_of_b.get()).column_block(pair, pairs), col, count,
                              panel.data);
      } else {
        const Bf16Matrix terms = b.row_block(2 * pair, std::min(2 * pairs, b.rows - 2 * pair));
        interleave_rows(terms, col, panel.column_block(0, count));
      }
      multiply_panel(left.from(pair), panel, nullptr, block.column_block(col, count));
    }
  });
}

void panel_product(Bf16Matrix a, const Panels& b, const ProductResult& result) {
  if (tiles_available()) return tile_product(Transpose::no, a, b, result);
  const EvenMatrix rows(a);
  multiply_panels<Bf16Pairs>({rows.get().data, rows.get().stride, 2}, b, result);
}

#else

void pack_row_pairs(Bf16Matrix, Index, Index, Real*) { check(false, "no bf16 in this build"); }
void panel_product(Transpose, Transpose, Bf16Matrix, Bf16Matrix, const ProductResult&) {
  check(false, "no bf16 in this build");
}
void panel_product(Bf16Matrix, const Panels&, const ProductResult&) {
  check(false, "no bf16 in this build");
}

#endif

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab

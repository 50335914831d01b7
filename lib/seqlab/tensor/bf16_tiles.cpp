#include "seqlab/tensor/bf16_tiles.hpp"

#include <array>
#include <cstdint>

#include "seqlab/tensor/panel_kernel.hpp"

#if defined(SEQLAB_HAVE_BF16) && defined(__AMX_BF16__) && defined(__linux__)
#define SEQLAB_HAVE_TILES
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace seqlab {
inline namespace SEQLAB_PRECISION {

#ifdef SEQLAB_HAVE_TILES

using namespace panels;

namespace {

constexpr Index kTile = 16;  // rows of a tile, and pairs or sums in each
constexpr Index kTileSize = kTile * kTile;
/// Rows of the result that stay in the cache beside all of b.
constexpr Index kBlockRows = 128;

constexpr Index tiles_of(Index n) { return (n + kTile - 1) / kTile; }
constexpr Index bytes(Index numbers) { return numbers * static_cast<Index>(sizeof(Real)); }

/// Some rows of op(a) as tiles, each of which lies in one piece, with zeros to the end of the last
/// ones.
class LeftTiles {
 public:
  explicit LeftTiles(Index pairs)
      : tiles_in_row_(tiles_of(pairs)),
        tiles_(make_matrix(tiles_of(kBlockRows), tiles_in_row_ * kTileSize)) {}

  void set_rows(Bf16Matrix a) {
    for (Index row = 0; row < a.rows; row += kTile) {
      for (Index tile = 0; tile < tiles_in_row_; ++tile) {
        const Index first = 2 * kTile * tile, count = std::min(2 * kTile, a.cols - first);
        const auto numbers = static_cast<__mmask32>((std::uint64_t{1} << count) - 1U);
        for (Index r = 0; r < kTile; ++r) {
          const bool exists = row + r < a.rows;
          const Bf16* from = exists ? a.row(row + r) + first : a.data;
          _mm512_store_si512(at(row, tile * kTile) + r * kTile,
                             _mm512_maskz_loadu_epi16(exists ? numbers : 0U, from));
        }
      }
    }
  }

  void set_columns(Bf16Matrix a) {
    alignas(64) std::array<Real, static_cast<std::size_t>(kTile * kBlockRows)> interleaved;
    const MatrixRef pairs{interleaved.data(), kTile, whole_registers(a.cols), kBlockRows};
    for (Index tile = 0; tile < tiles_in_row_; ++tile) {
      const Index first = 2 * kTile * tile, count = std::min(2 * kTile, a.rows - first);
      if (count < 2 * kTile) interleaved.fill(Real(0));
      interleave_rows(a.row_block(first, count), 0,
                      pairs.row_block(0, (count + 1) / 2).column_block(0, a.cols));
      for (Index row = 0; row < a.cols; row += kTile) {
        transpose(pairs.column_block(row, kTile), {at(row, tile * kTile), kTile, kTile, kTile});
      }
    }
  }

  /// The first tile of those that begin at this row, a multiple of kTile as is `pair`; the next
  /// ones follow.
  Real* at(Index row, Index pair) {
    return tiles_.data() + (row / kTile * tiles_in_row_ + pair / kTile) * kTileSize;
  }

 private:
  Index tiles_in_row_;
  Matrix tiles_;
};

/// Two by two tiles of sums, or fewer: rows of a times columns of b, of which two tiles lie beside
/// each other.
struct Block {
  const Real* upper;
  const Real* lower;
  const Real* columns;
  Index columns_stride;
  Index whole_tiles;
  const Real* tail;  // columns of a last tile, one piece of memory, or nullptr
  const Real* start;  // what the sums are added to, or nullptr
  Index start_stride;
  Real* c;
  Index c_stride;
};

/// Tiles 0 to 3 hold sums: upper left, upper right, lower left, lower right.
template <bool kLower, bool kRight>
void multiply_block(const Block& block) {
  if (block.start != nullptr) {
    const Real* const lower = block.start + kTile * block.start_stride;
    _tile_loadd(0, block.start, bytes(block.start_stride));
    if constexpr (kRight) _tile_loadd(1, block.start + kTile, bytes(block.start_stride));
    if constexpr (kLower) _tile_loadd(2, lower, bytes(block.start_stride));
    if constexpr (kLower && kRight) _tile_loadd(3, lower + kTile, bytes(block.start_stride));
  } else {
    _tile_zero(0);
    if constexpr (kRight) _tile_zero(1);
    if constexpr (kLower) _tile_zero(2);
    if constexpr (kLower && kRight) _tile_zero(3);
  }
  const auto add = [&](Index tile, const Real* columns, Index stride) {
    _tile_loadd(4, block.upper + tile * kTileSize, bytes(kTile));
    _tile_loadd(6, columns, bytes(stride));
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (kRight) {
      _tile_loadd(7, columns + kTile, bytes(stride));
      _tile_dpbf16ps(1, 4, 7);
    }
    if constexpr (kLower) {
      _tile_loadd(5, block.lower + tile * kTileSize, bytes(kTile));
      _tile_dpbf16ps(2, 5, 6);
    }
    if constexpr (kLower && kRight) _tile_dpbf16ps(3, 5, 7);
  };
  for (Index tile = 0; tile < block.whole_tiles; ++tile) {
    add(tile, block.columns + tile * kTile * block.columns_stride, block.columns_stride);
  }
  if (block.tail != nullptr) add(block.whole_tiles, block.tail, 2 * kTile);
  Real* const lower = block.c + kTile * block.c_stride;
  _tile_stored(0, block.c, bytes(block.c_stride));
  if constexpr (kRight) _tile_stored(1, block.c + kTile, bytes(block.c_stride));
  if constexpr (kLower) _tile_stored(2, lower, bytes(block.c_stride));
  if constexpr (kLower && kRight) _tile_stored(3, lower + kTile, bytes(block.c_stride));
}

/// What the instruction LDTILECFG reads (Intel, Architecture Instruction Set Extensions, 3.2).
struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::array<std::uint8_t, 14> reserved{};
  std::array<std::uint16_t, 16> row_bytes{};
  std::array<std::uint8_t, 16> rows{};
};
static_assert(sizeof(TileConfig) == 64);

/// This thread's tiles, while a product uses them.
class Tiles {
 public:
  Tiles() = default;
  /// Gives them back: the system would save them at each change of thread.
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;

  /// Rows of `a`, terms from `pair` on, times a panel of pairs.
  void multiply(LeftTiles& a, Index pair, ConstMatrixRef panel, const ProductResult& result) {
    const auto& [alpha, beta, start, c] = result;
    for (Index col = 0; col < c.cols; col += 2 * kTile) {
      const Index cols = std::min(2 * kTile, c.cols - col);
      const Index right = std::max(Index{0}, cols - kTile);
      const ConstMatrixRef columns = panel.column_block(col, whole_registers(cols));
      const Index whole_tiles = panel.rows / kTile;
      const ConstMatrixRef rest = columns.row_block(whole_tiles * kTile, panel.rows % kTile);
      alignas(64) std::array<Real, 2 * kTileSize> tail;
      if (rest.rows > 0) {
        tail.fill(Real(0));
        for (Index r = 0; r < rest.rows; ++r) {
          std::copy_n(rest.row(r), rest.cols, tail.data() + r * 2 * kTile);
        }
      }
      asm volatile("" : : "r"(tail.data()) : "memory");  // GCC misses what tiles are loaded from
      for (Index row = 0; row < c.rows; row += 2 * kTile) {
        const Index rows = std::min(2 * kTile, c.rows - row);
        const Index lower = std::max(Index{0}, rows - kTile);
        set_shape({rows - lower, lower, cols - right, right});
        const auto multiply =
            lower > 0 ? (right > 0 ? multiply_block<true, true> : multiply_block<true, false>)
                      : (right > 0 ? multiply_block<false, true> : multiply_block<false, false>);
        multiply({a.at(row, pair), a.at(row + kTile, pair), columns.data, columns.stride,
                  whole_tiles, rest.rows > 0 ? tail.data() : nullptr,
                  beta != Real(0) ? start.row(row) + col : nullptr, start.stride,
                  c.row(row) + col, c.stride});
      }
    }
  }

 private:
  /// Of two by two tiles of sums; 0 rows or columns: there is no such tile.
  struct Shape {
    Index upper_rows = 0, lower_rows = 0;
    Index left_cols = 0, right_cols = 0;
    bool operator==(const Shape&) const = default;
  };

  void set_shape(const Shape& shape) {
    if (shape == shape_) return;
    shape_ = shape;
    TileConfig config;
    const auto set = [&](std::size_t tile, Index rows, Index cols) {
      if (rows == 0 || cols == 0) return;
      config.rows[tile] = static_cast<std::uint8_t>(rows);
      config.row_bytes[tile] = static_cast<std::uint16_t>(bytes(cols));
    };
    set(0, shape.upper_rows, shape.left_cols);
    set(1, shape.upper_rows, shape.right_cols);
    set(2, shape.lower_rows, shape.left_cols);
    set(3, shape.lower_rows, shape.right_cols);
    set(4, shape.upper_rows, kTile);
    set(5, shape.lower_rows, kTile);
    set(6, kTile, shape.left_cols);
    set(7, kTile, shape.right_cols);
    asm volatile("ldtilecfg %0" : : "m"(config));
  }

  Shape shape_;
};

}  // namespace

bool tiles_available() {
  // A process asks once, since its threads' areas for saved registers grow (Linux, arch_prctl(2)).
  static const bool granted = [] {
    constexpr long kRequestPermission = 0x1023, kTileData = 18;
    return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  }();
  return granted;
}

void tile_product(Transpose transpose_a, Bf16Matrix a, const Panels& b,
                  const ProductResult& result) {
  check(result.alpha == Real(1) && (result.beta == Real(0) || result.beta == Real(1)),
        "tiles: alpha {}, beta {}", result.alpha, result.beta);
  LeftTiles left(b.terms);
  Tiles tiles;
  for (Index row = 0; row < result.c.rows; row += kBlockRows) {
    const Index count = std::min(kBlockRows, result.c.rows - row);
    const ProductResult rows = result.row_block(row, count);
    if (transpose_a == Transpose::yes) {
      left.set_columns(a.column_block(row, count));
    } else {
      left.set_rows(a.row_block(row, count));
    }
    for_each_panel(b, [&](Index pair, Index col, ConstMatrixRef panel, const Real*) {
      const ProductResult block = pair == 0 ? rows : rows.rest();
      tiles.multiply(left, pair, panel, block.column_block(col, std::min(kPanel, b.cols - col)));
    });
  }
}

#else

bool tiles_available() { return false; }
void tile_product(Transpose, Bf16Matrix, const Panels&, const ProductResult&) {
  check(false, "no tiles in this build");
}

#endif

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab

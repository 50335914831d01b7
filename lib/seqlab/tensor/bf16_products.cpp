#include "seqlab/tensor/bf16_products.hpp"

#if defined(SEQLAB_HAVE_ONEDNN) && !defined(SEQLAB_DOUBLE)
#include <bit>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <unordered_map>
#endif

namespace seqlab {
inline namespace SEQLAB_PRECISION {

#if defined(SEQLAB_HAVE_ONEDNN) && !defined(SEQLAB_DOUBLE)

namespace {

using Memory = dnnl::memory;

/// What this thread's products find rounded already, the parameters first; empty: products do not
/// round.
thread_local std::vector<const RoundedRange*> active_ranges;

const Bf16* find_rounded(const Real* value) {
  for (const RoundedRange* range : active_ranges) {
    if (const Bf16* found = range->find(value)) return found;
  }
  return nullptr;
}

/// An input of a product: a rounded matrix with its distance between rows.
struct Rounded {
  const Bf16* data;
  Index stride;
};

/// Rounds into a buffer that is kept for the thread's next product.
Rounded rounded(ConstMatrixRef m, std::vector<Bf16, BufferAllocator<Bf16>>& buffer) {
  if (const Bf16* found = find_rounded(m.data)) return {found, m.stride};
  const auto size = static_cast<std::size_t>(m.rows * m.cols);
  if (buffer.size() < size) buffer.resize(size);
  if (m.contiguous()) {
    round_to_bf16(m.data, buffer.data(), m.rows * m.cols);
  } else {
    for (Index r = 0; r < m.rows; ++r) {
      round_to_bf16(m.row(r), buffer.data() + r * m.cols, m.cols);
    }
  }
  return {buffer.data(), m.cols};
}

/// What a product is added to: nothing, what is in the result, or a bias in every row.
enum class Start { nothing, result, bias };

/// One thread's products: a oneDNN primitive for each layout of the inputs and each start, which
/// takes the sizes when it runs.
class Primitives {
 public:
  void run(Transpose transpose_a, Transpose transpose_b, Start start, const Real* bias, Index m,
           Index n, Index k, Rounded a, Rounded b, MatrixRef c) {
    const Memory a_memory(descriptor(Memory::data_type::bf16, {m, k}, transpose_a, a.stride),
                          engine_, const_cast<Bf16*>(a.data));
    const Memory b_memory(descriptor(Memory::data_type::bf16, {k, n}, transpose_b, b.stride),
                          engine_, const_cast<Bf16*>(b.data));
    const Memory c_memory(descriptor(Memory::data_type::f32, {m, n}, Transpose::no, c.stride),
                          engine_, c.data);
    std::unordered_map<int, Memory> arguments{{DNNL_ARG_SRC, a_memory},
                                              {DNNL_ARG_WEIGHTS, b_memory},
                                              {DNNL_ARG_DST, c_memory}};
    if (start == Start::bias) {
      const auto row = descriptor(Memory::data_type::f32, {1, n}, Transpose::no, n);
      arguments.emplace(DNNL_ARG_BIAS, Memory(row, engine_, const_cast<Real*>(bias)));
    }
    primitive(transpose_a, transpose_b, start).execute(stream_, arguments);
    stream_.wait();
  }

 private:
  static Memory::desc descriptor(Memory::data_type type, Memory::dims shape, Transpose transpose,
                                 Index stride) {
    const Memory::dims strides =
        transpose == Transpose::no ? Memory::dims{stride, 1} : Memory::dims{1, stride};
    return {std::move(shape), type, strides};
  }

  dnnl::matmul& primitive(Transpose transpose_a, Transpose transpose_b, Start start) {
    const auto place = [](auto choice) { return static_cast<std::size_t>(choice); };
    std::optional<dnnl::matmul>& found =
        primitives_[place(transpose_a)][place(transpose_b)][place(start)];
    if (!found) {
      constexpr Index any = DNNL_RUNTIME_DIM_VAL;
      const auto input = [](Transpose transpose) {
        return descriptor(Memory::data_type::bf16, {any, any}, transpose, any);
      };
      dnnl::primitive_attr attributes;
      if (start == Start::result) {
        dnnl::post_ops sum;
        sum.append_sum(1.0F);
        attributes.set_post_ops(sum);
      }
      const auto bias = start == Start::bias
                            ? descriptor(Memory::data_type::f32, {1, any}, Transpose::no, any)
                            : Memory::desc();
      const dnnl::matmul::desc product(
          input(transpose_a), input(transpose_b), bias,
          descriptor(Memory::data_type::f32, {any, any}, Transpose::no, any));
      found.emplace(dnnl::matmul::primitive_desc(product, attributes, engine_));
    }
    return *found;
  }

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::optional<dnnl::matmul> primitives_[2][2][3];
};

}  // namespace

// NaN, whose rounding could carry into the exponent, keeps its upper bits and one more.
void round_to_bf16(const Real* from, Bf16* to, Index n) {
  for (Index i = 0; i < n; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(from[i]);
    const std::uint32_t nearest = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
    const bool nan = (bits & 0x7fffffffU) > 0x7f800000U;
    to[i] = static_cast<Bf16>(nan ? (bits >> 16) | 0x40U : nearest);
  }
}

bool bf16_products_available() {
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx512_core_bf16 || isa == dnnl::cpu_isa::avx512_core_amx;
}

Bf16Products::Bf16Products(const RoundedParameters* parameters) {
  if (parameters == nullptr) return;
  check(bf16_products_available(), "bf16 products on this processor");
  check(active_ranges.empty(), "bf16 products inside of others");
  active_ranges.push_back(&parameters->range());
}

Bf16Products::~Bf16Products() { active_ranges.clear(); }

RoundedInput::RoundedInput(ConstMatrixRef m) {
  if (active_ranges.empty() || !m.contiguous()) return;
  range_.values = m.flat();
  range_.rounded.resize(m.flat().size());
  round_to_bf16(m.data, range_.rounded.data(), m.rows * m.cols);
  active_ranges.push_back(&range_);
}

RoundedInput::~RoundedInput() {
  if (!range_.values.empty()) active_ranges.pop_back();
}

bool bf16_gemm(Transpose transpose_a, Transpose transpose_b, ConstMatrixRef a, ConstMatrixRef b,
               const ProductResult& result) {
  const auto [alpha, beta, start, c] = result;
  if (active_ranges.empty() || alpha != Real(1) || (beta != Real(0) && beta != Real(1))) {
    return false;
  }
  const Start kind = beta == Real(0)        ? Start::nothing
                     : start.data == c.data ? Start::result
                                            : Start::bias;
  thread_local Primitives primitives;
  thread_local std::vector<Bf16, BufferAllocator<Bf16>> a_buffer, b_buffer;
  const Index k = transpose_a == Transpose::yes ? a.rows : a.cols;
  primitives.run(transpose_a, transpose_b, kind, start.data, c.rows, c.cols, k,
                 rounded(a, a_buffer), rounded(b, b_buffer), c);
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
      "precision = bf16: this processor has no bfloat16 products (AVX512-BF16 or AMX), or seqlab was "
      "built without oneDNN; set precision = fp32");
}

void RoundedParameters::update(Workers& workers) {
  workers.run_blocks(static_cast<Index>(range_.values.size()), [&](Index, Index begin, Index end) {
    round_to_bf16(range_.values.data() + begin, range_.rounded.data() + begin, end - begin);
  });
}

const Bf16* RoundedRange::find(const Real* value) const {
  const std::less<const Real*> before;
  if (before(value, values.data()) || !before(value, values.data() + values.size())) {
    return nullptr;
  }
  return rounded.data() + (value - values.data());
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab

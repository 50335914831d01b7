#include "seqlab/tensor/buffer.hpp"

#include <cstring>
#include <thread>

#include "seqlab/tensor/matrix.hpp"

namespace seqlab {

TEST_CASE("buffers: blocks are aligned, large enough and do not overlap") {
  struct Block {
    unsigned char* data;
    std::size_t bytes;
    unsigned char mark;
  };
  std::vector<Block> blocks;
  unsigned char mark = 0;
  for (std::size_t bytes = 1; bytes < (std::size_t{40} << 20); bytes += bytes / 3 + 7) {
    auto* data = static_cast<unsigned char*>(allocate_buffer(bytes));
    REQUIRE(reinterpret_cast<std::uintptr_t>(data) % 64 == 0);
    std::memset(data, ++mark, bytes);
    blocks.push_back({data, bytes, mark});
  }
  REQUIRE(blocks.size() > 30);
  for (const Block& b : blocks) {
    CHECK(std::all_of(b.data, b.data + b.bytes, [&](unsigned char c) { return c == b.mark; }));
    release_buffer(b.data, b.bytes);
  }
}

TEST_CASE("buffers: a released block is handed out again, to the same and to smaller requests") {
  for (const std::size_t bytes : {std::size_t{100}, std::size_t{5000}, std::size_t{9} << 20}) {
    CAPTURE(bytes);
    void* first = allocate_buffer(bytes);
    release_buffer(first, bytes);
    const BufferStatistics before = buffer_statistics();
    void* second = allocate_buffer(bytes);
    CHECK(second == first);
    release_buffer(second, bytes);
    void* smaller = allocate_buffer(bytes - 1);
    CHECK(smaller == first);
    release_buffer(smaller, bytes - 1);
    CHECK(buffer_statistics().system_requests == before.system_requests);
  }
}

TEST_CASE("buffers: nothing is asked of the operating system once the pool is warm") {
  const auto work = [] {
    std::vector<Matrix> matrices;
    for (Index i = 1; i < 200; ++i) matrices.push_back(make_matrix(i, 37));
  };
  work();
  const BufferStatistics before = buffer_statistics();
  for (int i = 0; i < 10; ++i) work();
  CHECK(buffer_statistics().reserved_bytes == before.reserved_bytes);
  CHECK(buffer_statistics().system_requests == before.system_requests);
}

TEST_CASE("buffers: no memory, no block") {
  CHECK(allocate_buffer(0) == nullptr);
  release_buffer(nullptr, 0);
  CHECK(make_matrix(0, 5).size() == 0);
}

TEST_CASE("buffers: poisoned memory is NaN throughout, and only while asked for") {
  poison_new_buffers(true);
  const Matrix poisoned = make_matrix(5, 7);
  poison_new_buffers(false);
  for (const Real x : ref(poisoned).flat()) CHECK(std::isnan(x));
  CHECK(zeros(2, 3)(1, 2) == 0);
}

TEST_CASE("buffers: threads get blocks of their own") {
  std::array<bool, 4> right{};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < right.size(); ++t) {
    threads.emplace_back([t, &right] {
      bool all = true;
      for (int round = 0; round < 300; ++round) {
        Matrix m = make_matrix(13, 11 + round % 5);
        m.fill(static_cast<Real>(t));
        std::this_thread::yield();
        for (const Real x : ref(m).flat()) all = all && x == static_cast<Real>(t);
      }
      right[t] = all;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const bool r : right) CHECK(r);
}

TEST_CASE("matrices: blocks of rows and columns look at the right numbers") {
  Matrix m = make_matrix(4, 6);
  for (std::size_t i = 0; i < m.size(); ++i) m.data()[i] = static_cast<Real>(i);
  const MatrixRef block = ref(m).row_block(1, 2).column_block(3, 2);
  CHECK(block.rows == 2);
  CHECK(block.cols == 2);
  CHECK(block.row(0)[0] == 9);
  CHECK(block.row(1)[1] == 16);
  CHECK_FALSE(block.contiguous());
  CHECK(ref(m).row_block(2, 2).contiguous());
  CHECK(ref(m).row_block(2, 2).flat().size() == 12);
  // Moved without copying: operations hold references across growth of the tape.
  CHECK(std::is_nothrow_move_constructible_v<Matrix>);
}

}  // namespace seqlab

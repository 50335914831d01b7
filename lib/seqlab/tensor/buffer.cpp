#include "seqlab/tensor/buffer.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

namespace seqlab {
namespace {

constexpr std::size_t kSmallest = 1024;  // a sixteenth of it is a multiple of the alignment
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kChunk = std::size_t{32} << 20;
constexpr std::size_t kLarge = std::size_t{256} << 10;
constexpr std::size_t kStepsPerDoubling = 16;  // so at most a sixteenth of a block is unused

std::size_t round_up(std::size_t n, std::size_t unit) { return (n + unit - 1) / unit * unit; }

/// Sizes grow geometrically with kStepsPerDoubling classes between powers of two.
std::size_t class_size(std::size_t bytes) {
  if (bytes <= kSmallest) return kSmallest;
  const std::size_t step = std::bit_floor(bytes - 1) / kStepsPerDoubling;
  return round_up(bytes, step);
}

std::size_t class_index(std::size_t size) {
  const auto doubling = static_cast<std::size_t>(std::bit_width(size) - 1);
  const std::size_t step = (std::size_t{1} << doubling) / kStepsPerDoubling;
  return doubling * kStepsPerDoubling + (size - (std::size_t{1} << doubling)) / step;
}

class Pool {
 public:
  void* allocate(std::size_t bytes) {
    const std::size_t size = class_size(bytes);
    const std::size_t index = class_index(size);
    const std::scoped_lock lock(mutex_);
    // A large block may stand in for one of half its size: batches of all lengths, and a batch that
    // shrinks while sentences finish, pass through many sizes, and fresh memory for each would cost
    // more than the work on it.
    const std::size_t last = size >= kLarge ? index + kStepsPerDoubling : index;
    for (std::size_t i = index; i <= last; ++i) {
      if (free_[i].empty()) continue;
      void* block = free_[i].back();
      free_[i].pop_back();
      return block;
    }
    return carve(size);
  }

  void release(void* block, std::size_t bytes) noexcept {
    const std::size_t size = class_size(bytes);
    const std::scoped_lock lock(mutex_);
    free_[size >= kLarge ? class_of_large_.find(block)->second : class_index(size)].push_back(block);
  }

  BufferStatistics statistics() {
    const std::scoped_lock lock(mutex_);
    return statistics_;
  }

 private:
  void* carve(std::size_t size) {
    const std::size_t index = class_index(size);
    // A place for each block in its list now, so that `release` never needs memory.
    if (free_[index].capacity() < ++blocks_[index]) free_[index].reserve(2 * blocks_[index]);
    void* block = size >= kChunk / 2 ? map(round_up(size, kHugePage)) : carve_from_chunk(size);
    if (size >= kLarge) class_of_large_.emplace(block, index);
    return block;
  }

  void* carve_from_chunk(std::size_t size) {
    if (chunk_left_ < size) {
      chunk_ = static_cast<std::byte*>(map(kChunk));
      chunk_left_ = kChunk;
    }
    void* block = chunk_;
    chunk_ += size;
    chunk_left_ -= size;
    return block;
  }

  void* map(std::size_t bytes) {
    // One huge page more than asked for, so that the block can start on a huge-page boundary.
    void* raw = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) throw std::bad_alloc();
    const auto address = reinterpret_cast<std::uintptr_t>(raw);
    void* aligned = reinterpret_cast<void*>(round_up(address, kHugePage));
    madvise(aligned, bytes, MADV_HUGEPAGE);  // advice only: ordinary pages work too
    statistics_.reserved_bytes += bytes;
    ++statistics_.system_requests;
    return aligned;
  }

  std::mutex mutex_;
  std::array<std::vector<void*>, 64 * kStepsPerDoubling> free_;
  std::array<std::size_t, 64 * kStepsPerDoubling> blocks_{};  // of each class, free or not
  std::unordered_map<void*, std::size_t> class_of_large_;
  std::byte* chunk_ = nullptr;
  std::size_t chunk_left_ = 0;
  BufferStatistics statistics_;
};

Pool& pool() {
  static Pool* const instance = new Pool;  // never destroyed: matrices may outlive any static
  return *instance;
}

std::atomic<bool> poison{false};

}  // namespace

BufferStatistics buffer_statistics() { return pool().statistics(); }

void* allocate_buffer(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* block = pool().allocate(bytes);
  // All bits set is a NaN in every floating-point format.
  if (poison.load(std::memory_order_relaxed)) {
    std::fill_n(static_cast<unsigned char*>(block), bytes, static_cast<unsigned char>(0xff));
  }
  return block;
}

void release_buffer(void* block, std::size_t bytes) noexcept {
  if (block != nullptr) pool().release(block, bytes);
}

void* allocate_unpooled(std::size_t bytes) {
  const bool large = bytes >= kHugePage;
  const std::size_t alignment = large ? kHugePage : 64;
  const std::size_t size = round_up(bytes, alignment);
  void* block = std::aligned_alloc(alignment, size);
  if (block == nullptr) throw std::bad_alloc();
  if (large) madvise(block, size, MADV_HUGEPAGE);
  return block;
}

void release_unpooled(void* block) noexcept { std::free(block); }

void poison_new_buffers(bool on) { poison.store(on); }

}  // namespace seqlab

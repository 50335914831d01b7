#pragma once

// Memory of all matrices. A first touch of fresh memory costs more than the arithmetic done on it
// (about 11 microseconds a page on a virtual machine), so freed blocks are kept and handed out
// again, and all of them lie in huge pages. After the first steps of a training run no call
// reaches the operating system.

#include <cstddef>
#include <limits>
#include <vector>

namespace seqlab {

/// Bytes taken from the operating system so far, and the number of times it was asked.
struct BufferStatistics {
  std::size_t reserved_bytes = 0;
  std::size_t system_requests = 0;
};
BufferStatistics buffer_statistics();

/// A block of at least `bytes`, aligned to 64 bytes. Thread-safe. The content is undefined.
void* allocate_buffer(std::size_t bytes);
void release_buffer(void* block, std::size_t bytes) noexcept;

/// The same outside the pool: given back to the system when released. For the few buffers that grow
/// by copies, each of which a pool would keep.
void* allocate_unpooled(std::size_t bytes);
void release_unpooled(void* block) noexcept;

/// When on, every new block is filled with NaN, so that a kernel which reads what it has not
/// written shows up in the result. For tests.
void poison_new_buffers(bool on);

/// The allocator of `Matrix`.
template <typename T>
class BufferAllocator {
 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using pointer = T*;
  using const_pointer = const T*;
  using reference = T&;
  using const_reference = const T&;
  template <typename U>
  struct rebind {
    using other = BufferAllocator<U>;
  };

  BufferAllocator() = default;
  template <typename U>
  BufferAllocator(const BufferAllocator<U>&) noexcept {}  // NOLINT: allocators convert

  T* allocate(std::size_t n) { return static_cast<T*>(allocate_buffer(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) noexcept { release_buffer(p, n * sizeof(T)); }
  std::size_t max_size() const { return std::numeric_limits<std::size_t>::max() / sizeof(T); }
  template <typename U, typename... Args>
  void construct(U* p, Args&&... args) {
    ::new (static_cast<void*>(p)) U(static_cast<Args&&>(args)...);
  }
  template <typename U>
  void destroy(U* p) {
    p->~U();
  }

  friend bool operator==(const BufferAllocator&, const BufferAllocator&) { return true; }
  friend bool operator!=(const BufferAllocator&, const BufferAllocator&) { return false; }
};

/// An allocator of blocks outside the pool.
template <typename T>
struct UnpooledAllocator {
  using value_type = T;
  UnpooledAllocator() = default;
  template <typename U>
  UnpooledAllocator(const UnpooledAllocator<U>&) noexcept {}  // NOLINT: allocators convert
  T* allocate(std::size_t n) { return static_cast<T*>(allocate_unpooled(n * sizeof(T))); }
  void deallocate(T* p, std::size_t) noexcept { release_unpooled(p); }
  friend bool operator==(const UnpooledAllocator&, const UnpooledAllocator&) { return true; }
};

/// A list with memory from the pool: for lists that every training step makes anew.
template <typename T>
using PooledVector = std::vector<T, BufferAllocator<T>>;

}  // namespace seqlab

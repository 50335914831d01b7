#pragma once

// The safetensors format: 8 bytes with the header's length (little-endian), the header as JSON
// padded with blanks, then the tensors' bytes without gaps, row-major and little-endian. The header
// maps each name to {"dtype", "shape", "data_offsets"}, and "__metadata__" to a map of strings.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace seqlab {

using Metadata = std::map<std::string, std::string>;

enum class TensorType { f32, f64, i64 };

/// A named array of numbers that somebody else owns, for writing. Throws std::logic_error if the
/// shape does not fit the values.
struct NamedTensor {
  NamedTensor(std::string tensor_name, std::vector<std::int64_t> tensor_shape,
              std::span<const float> values)
      : NamedTensor(std::move(tensor_name), std::move(tensor_shape), TensorType::f32,
                    std::as_bytes(values)) {}
  NamedTensor(std::string tensor_name, std::vector<std::int64_t> tensor_shape,
              std::span<const double> values)
      : NamedTensor(std::move(tensor_name), std::move(tensor_shape), TensorType::f64,
                    std::as_bytes(values)) {}
  NamedTensor(std::string tensor_name, std::vector<std::int64_t> tensor_shape,
              std::span<const std::int64_t> values)
      : NamedTensor(std::move(tensor_name), std::move(tensor_shape), TensorType::i64,
                    std::as_bytes(values)) {}
  NamedTensor(std::string tensor_name, std::vector<std::int64_t> tensor_shape,
              TensorType tensor_type, std::span<const std::byte> tensor_bytes);

  std::string name;
  std::vector<std::int64_t> shape;
  TensorType type;
  std::span<const std::byte> bytes;
};

/// Replaces `file` atomically: writes to a temporary name in the same folder, flushes to the disk
/// and renames. Throws RuntimeFailure with the system's reason; then `file` is what it was.
/// Throws std::logic_error if a name occurs twice.
void write_safetensors(const std::filesystem::path& file, const std::vector<NamedTensor>& tensors,
                       const Metadata& metadata);

/// A file whose header has been read and checked; tensors are read when asked for. All errors are RuntimeFailure and name file and tensor.
class Safetensors {
 public:
  /// Throws if the file cannot be read, is cut off, is not in this format, or if its tensors
  /// overlap, leave gaps or do not fit their shapes.
  explicit Safetensors(std::filesystem::path file);

  struct Tensor {
    TensorType type;
    std::vector<std::int64_t> shape;
    std::size_t begin;  ///< in bytes, after the header
    std::size_t end;
  };
  const std::map<std::string, Tensor>& tensors() const { return tensors_; }
  const Metadata& metadata() const { return metadata_; }

  /// Throws if there is no tensor of that name, or it has another type or shape; else returns it.
  const Tensor& expect(const std::string& name, const std::vector<std::int64_t>& shape,
                       TensorType type) const;

  /// Reads a tensor. Throws if there is none of that name, or it has another type or shape.
  void read(const std::string& name, const std::vector<std::int64_t>& shape,
            std::span<float> values) const;
  void read(const std::string& name, const std::vector<std::int64_t>& shape,
            std::span<double> values) const;
  void read(const std::string& name, const std::vector<std::int64_t>& shape,
            std::span<std::int64_t> values) const;

  /// Throws unless the file has exactly these tensors; lists what is missing and what is unknown.
  void expect_names(const std::vector<std::string>& names) const;

 private:
  void read_bytes(std::size_t begin, std::span<std::byte> bytes) const;
  void parse_header();
  void check_layout() const;
  void read(const std::string& name, const std::vector<std::int64_t>& shape, TensorType type,
            std::span<std::byte> bytes) const;

  std::filesystem::path file_;
  std::map<std::string, Tensor> tensors_;
  Metadata metadata_;
  mutable std::ifstream stream_;  // its position is no part of the object's state
  std::size_t data_begin_ = 0;
  std::size_t data_bytes_ = 0;
};

}  // namespace seqlab

#include "seqlab/training/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"

namespace seqlab {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kAlignment = 64;  // of the first tensor, so that readers can map the file
constexpr std::size_t kMaxHeaderBytes = 100'000'000;  // the format's own limit
constexpr std::string_view kMetadataKey = "__metadata__";

struct TypeInfo {
  TensorType type;
  std::string_view name;
  std::size_t bytes;
};
constexpr TypeInfo kTypes[] = {
    {TensorType::f32, "F32", 4}, {TensorType::f64, "F64", 8}, {TensorType::i64, "I64", 8}};

const TypeInfo& info(TensorType type) { return kTypes[static_cast<std::size_t>(type)]; }

std::string joined(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& reason) {
  throw RuntimeFailure(fmt::format("{}: {}", file.string(), reason));
}

/// Number of bytes of a tensor, or nothing if that is no sensible number.
std::optional<std::size_t> byte_count(TensorType type, const std::vector<std::int64_t>& shape) {
  std::size_t count = info(type).bytes;
  for (const std::int64_t extent : shape) {
    std::size_t product = 0;
    if (extent < 0 || __builtin_mul_overflow(count, static_cast<std::size_t>(extent), &product)) {
      return std::nullopt;
    }
    count = product;
  }
  return count;
}

std::string make_header(const std::vector<NamedTensor>& tensors, const Metadata& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[std::string(kMetadataKey)] = metadata;
  std::size_t offset = 0;
  for (const NamedTensor& tensor : tensors) {
    check(tensor.name != kMetadataKey && !header.contains(tensor.name),
          "safetensors: the name {} is taken", tensor.name);
    header[tensor.name] = {{"dtype", info(tensor.type).name},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  std::string text = header.dump();
  const std::size_t end = kLengthBytes + text.size();
  text.append((kAlignment - end % kAlignment) % kAlignment, ' ');
  return text;
}

}  // namespace

NamedTensor::NamedTensor(std::string tensor_name, std::vector<std::int64_t> tensor_shape,
                         TensorType tensor_type, std::span<const std::byte> tensor_bytes)
    : name(std::move(tensor_name)),
      shape(std::move(tensor_shape)),
      type(tensor_type),
      bytes(tensor_bytes) {
  check(byte_count(type, shape) == bytes.size(), "safetensors: {} bytes for tensor {} {}",
        bytes.size(), name, joined(shape));
}

void write_safetensors(const std::filesystem::path& file, const std::vector<NamedTensor>& tensors,
                       const Metadata& metadata) {
  const std::string header = make_header(tensors, metadata);
  const auto header_bytes = std::bit_cast<std::array<char, kLengthBytes>>(
      static_cast<std::uint64_t>(header.size()));
  std::vector<std::string_view> parts{{header_bytes.data(), kLengthBytes}, header};
  for (const NamedTensor& tensor : tensors) {
    parts.emplace_back(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  }
  write_file_atomically(file, parts);
}

Safetensors::Safetensors(std::filesystem::path file)
    : file_(std::move(file)), stream_(file_, std::ios::binary) {
  std::error_code reason;
  const std::uintmax_t size = std::filesystem::file_size(file_, reason);
  if (!stream_ || reason) {
    fail(file_, fmt::format("cannot be read ({})",
                            reason ? reason.message() : std::generic_category().message(errno)));
  }
  if (size < kLengthBytes) {
    fail(file_, fmt::format("no safetensors file: it has {} bytes only", size));
  }
  std::uint64_t header_bytes = 0;
  read_bytes(0, std::as_writable_bytes(std::span(&header_bytes, 1)));
  char first = '{';
  if (size > kLengthBytes) {
    read_bytes(kLengthBytes, std::as_writable_bytes(std::span(&first, 1)));
  }
  if (header_bytes > kMaxHeaderBytes || header_bytes < 2 || first != '{') {
    fail(file_, "no safetensors file: it does not begin with the length of a header and '{'");
  }
  if (header_bytes > size - kLengthBytes) {
    fail(file_, fmt::format("cut off: the header has {} bytes, but the file ends after {}",
                            header_bytes, size - kLengthBytes));
  }
  data_begin_ = kLengthBytes + static_cast<std::size_t>(header_bytes);
  data_bytes_ = static_cast<std::size_t>(size) - data_begin_;
  try {
    parse_header();
  } catch (const nlohmann::json::exception& error) {
    fail(file_, fmt::format("damaged: its header cannot be understood ({})", error.what()));
  }
  check_layout();
}

void Safetensors::read_bytes(std::size_t begin, std::span<std::byte> bytes) const {
  stream_.clear();
  stream_.seekg(static_cast<std::streamoff>(begin));
  stream_.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!stream_) fail(file_, fmt::format("{} bytes from byte {} cannot be read", bytes.size(), begin));
}

void Safetensors::parse_header() {
  std::string text(data_begin_ - kLengthBytes, ' ');
  read_bytes(kLengthBytes, std::as_writable_bytes(std::span(text)));
  const nlohmann::json header = nlohmann::json::parse(text);
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadataKey) {
      metadata_ = entry.get<Metadata>();
      continue;
    }
    const auto dtype = entry.at("dtype").get<std::string>();
    const TypeInfo* type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                        [&](const TypeInfo& t) { return t.name == dtype; });
    if (type == std::end(kTypes)) {
      fail(file_, fmt::format("tensor {}: the type {} is not known; expected F32, F64 or I64", name,
                              dtype));
    }
    const auto offsets = entry.at("data_offsets").get<std::array<std::uint64_t, 2>>();
    tensors_[name] = {type->type, entry.at("shape").get<std::vector<std::int64_t>>(), offsets[0],
                      offsets[1]};
  }
}

/// The tensors must cover the data without gaps and without overlap.
void Safetensors::check_layout() const {
  std::vector<std::pair<std::string, Tensor>> ordered(tensors_.begin(), tensors_.end());
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second.begin, a.second.end) < std::pair(b.second.begin, b.second.end);
  });
  std::size_t expected = 0;
  for (const auto& [name, tensor] : ordered) {
    if (tensor.begin != expected) {
      fail(file_, fmt::format("damaged: tensor {} begins at byte {}, expected {}: tensors overlap "
                              "or leave gaps",
                              name, tensor.begin, expected));
    }
    const std::optional<std::size_t> bytes = byte_count(tensor.type, tensor.shape);
    if (tensor.end < tensor.begin || bytes != tensor.end - tensor.begin) {
      fail(file_, fmt::format("damaged: tensor {} has the shape {} of type {}, but its data reach "
                              "from byte {} to {}",
                              name, joined(tensor.shape), info(tensor.type).name, tensor.begin,
                              tensor.end));
    }
    if (tensor.end > data_bytes_) {
      fail(file_, fmt::format("cut off: tensor {} ends at byte {} of the data, which has {} bytes",
                              name, tensor.end, data_bytes_));
    }
    expected = tensor.end;
  }
  if (expected != data_bytes_) {
    fail(file_,
         fmt::format("damaged: {} bytes of data, but the tensors end at {}", data_bytes_, expected));
  }
}

const Safetensors::Tensor& Safetensors::expect(const std::string& name,
                                               const std::vector<std::int64_t>& shape,
                                               TensorType type) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) fail(file_, fmt::format("tensor {} is missing", name));
  const Tensor& tensor = found->second;
  if (tensor.type != type || tensor.shape != shape) {
    fail(file_, fmt::format("tensor {} is {} {}; expected {} {}", name, info(tensor.type).name,
                            joined(tensor.shape), info(type).name, joined(shape)));
  }
  return tensor;
}

void Safetensors::read(const std::string& name, const std::vector<std::int64_t>& shape,
                       TensorType type, std::span<std::byte> bytes) const {
  const Tensor& tensor = expect(name, shape, type);
  check(bytes.size() == tensor.end - tensor.begin, "safetensors: {} bytes for tensor {} {}",
        bytes.size(), name, joined(shape));
  read_bytes(data_begin_ + tensor.begin, bytes);
}

void Safetensors::read(const std::string& name, const std::vector<std::int64_t>& shape,
                       std::span<float> values) const {
  read(name, shape, TensorType::f32, std::as_writable_bytes(values));
}

void Safetensors::read(const std::string& name, const std::vector<std::int64_t>& shape,
                       std::span<double> values) const {
  read(name, shape, TensorType::f64, std::as_writable_bytes(values));
}

void Safetensors::read(const std::string& name, const std::vector<std::int64_t>& shape,
                       std::span<std::int64_t> values) const {
  read(name, shape, TensorType::i64, std::as_writable_bytes(values));
}

void Safetensors::expect_names(const std::vector<std::string>& names) const {
  std::vector<std::string> missing;
  const std::set<std::string> wanted(names.begin(), names.end());
  for (const std::string& name : wanted) {
    if (!tensors_.contains(name)) missing.push_back(name);
  }
  std::vector<std::string> unknown;
  for (const auto& [name, tensor] : tensors_) {
    if (!wanted.contains(name)) unknown.push_back(name);
  }
  if (missing.empty() && unknown.empty()) return;
  std::string reason = "it belongs to another model:";
  if (!missing.empty()) reason += fmt::format(" missing: {};", fmt::join(missing, ", "));
  if (!unknown.empty()) reason += fmt::format(" not expected: {};", fmt::join(unknown, ", "));
  reason.pop_back();
  fail(file_, reason);
}

}  // namespace seqlab

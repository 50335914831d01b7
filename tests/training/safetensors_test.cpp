#include "seqlab/training/safetensors.hpp"

#include <array>
#include <cstring>
#include <fstream>

#include <doctest/doctest.h>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "support.hpp"

namespace seqlab {
namespace {

constexpr std::array<float, 6> kFloats = {1.0f, -2.5f, 3e-40f, 0.0f, -0.0f, 1e38f};
constexpr std::array<double, 2> kDoubles = {0.1, -1e300};
constexpr std::array<std::int64_t, 1> kIntegers = {-1234567890123};

std::filesystem::path write_example(const TemporaryFolder& folder) {
  const std::filesystem::path file = folder / "example.safetensors";
  write_safetensors(file,
                    {{"layer.weight", {2, 3}, std::span<const float>(kFloats)},
                     {"empty", {0, 4}, std::span<const float>()},
                     {"doubles", {2}, std::span<const double>(kDoubles)},
                     {"scalar", {}, std::span<const std::int64_t>(kIntegers)}},
                    {{"note", "a \"quoted\" \n text, \u00e9"}});
  return file;
}

/// A file of the given header and data.
std::filesystem::path write_raw(const TemporaryFolder& folder, const std::string& header,
                                const std::string& data) {
  const std::filesystem::path file = folder / "raw.safetensors";
  const std::uint64_t length = header.size();
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(&length), 8);
  out << header << data;
  return file;
}

std::string complaint(const std::filesystem::path& file) {
  const std::string message = message_of<RuntimeFailure>([&] { const Safetensors read(file); });
  CHECK(contains(message, file.string()));
  return message;
}

TEST_CASE("what is written is read back bit by bit") {
  const TemporaryFolder folder;
  const Safetensors file(write_example(folder));
  CHECK(file.metadata().at("note") == "a \"quoted\" \n text, \u00e9");
  CHECK(file.tensors().size() == 4);
  CHECK(file.tensors().at("layer.weight").shape == std::vector<std::int64_t>{2, 3});

  std::array<float, 6> floats{};
  file.read("layer.weight", {2, 3}, std::span<float>(floats));
  CHECK(std::memcmp(floats.data(), kFloats.data(), sizeof floats) == 0);
  std::array<double, 2> doubles{};
  file.read("doubles", {2}, std::span<double>(doubles));
  CHECK(doubles == kDoubles);
  std::array<std::int64_t, 1> integers{};
  file.read("scalar", {}, std::span<std::int64_t>(integers));
  CHECK(integers == kIntegers);
  file.read("empty", {0, 4}, std::span<float>());
}

TEST_CASE("the bytes are those of the format") {
  const TemporaryFolder folder;
  const std::string content = read_file(write_example(folder));
  std::uint64_t header = 0;
  std::memcpy(&header, content.data(), 8);
  CHECK((8 + header) % 8 == 0);
  CHECK(content[8] == '{');
  CHECK(content.size() == 8 + header + 24 + 16 + 8);
  CHECK(contains(content.substr(8, header),
                 R"("layer.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]})"));
  CHECK(std::memcmp(content.data() + 8 + header, kFloats.data(), 24) == 0);
}

TEST_CASE("a file that is cut off anywhere is refused") {
  const TemporaryFolder folder;
  const std::string whole = read_file(write_example(folder));
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    const std::filesystem::path file = folder / "cut.safetensors";
    write_file_atomically(file, std::string_view(whole).substr(0, size));
    CAPTURE(size);
    CHECK_FALSE(complaint(file).empty());
  }
}

TEST_CASE("files that are something else or damaged are refused with the reason") {
  const TemporaryFolder folder;
  CHECK(contains(complaint(folder / "none.safetensors"), "none.safetensors"));
  write_file_atomically(folder / "text", "This is a text and no tensors at all.");
  CHECK(contains(complaint(folder / "text"), "no safetensors file"));
  CHECK(contains(complaint(write_raw(folder, "{nonsense}", "")), "header"));
  CHECK(contains(complaint(write_raw(folder, R"({"a":{"dtype":"F32"}})", "")), "header"));
  CHECK(contains(complaint(write_raw(folder, R"({"a":5})", "")), "header"));
  CHECK(contains(complaint(write_raw(folder, R"({"__metadata__":{"a":1}})", "")), "header"));
}

TEST_CASE("tensors must lie side by side and fit their shapes") {
  const TemporaryFolder folder;
  const auto file_with = [&](const std::string& entries, std::size_t bytes) {
    return write_raw(folder, "{" + entries + "}", std::string(bytes, '\0'));
  };
  const auto tensor = [](const std::string& name, const std::string& shape, int begin, int end,
                         const std::string& type = "F32") {
    return fmt::format(R"("{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", name, type,
                       shape, begin, end);
  };
  const std::string a = tensor("a", "2", 0, 8);
  CHECK(Safetensors(file_with(a + "," + tensor("b", "1", 8, 12), 12)).tensors().size() == 2);

  const std::string overlap = complaint(file_with(a + "," + tensor("b", "1", 4, 8), 8));
  CHECK(contains(overlap, "tensor b"));
  CHECK(contains(overlap, "overlap"));
  CHECK(contains(complaint(file_with(a + "," + tensor("b", "1", 12, 16), 16)), "tensor b"));
  CHECK(contains(complaint(file_with(tensor("a", "3", 0, 8), 8)), "tensor a has the shape [3]"));
  CHECK(contains(complaint(file_with(tensor("a", "-2", 0, 8), 8)), "tensor a"));
  CHECK(contains(complaint(file_with(tensor("a", "4611686018427387904,4", 0, 0), 0)), "tensor a"));
  CHECK(contains(complaint(file_with(tensor("a", "2", 8, 0), 8)), "tensor a"));
  CHECK(contains(complaint(file_with(a, 12)), "12 bytes of data"));
  CHECK(contains(complaint(file_with(a, 7)), "cut off: tensor a"));
  CHECK(contains(complaint(file_with(tensor("a", "2", 0, 4, "F16"), 4)), "F16"));
}

TEST_CASE("tensors are asked for by name, type and shape") {
  const TemporaryFolder folder;
  const std::filesystem::path path = write_example(folder);
  const Safetensors file(path);
  std::array<float, 6> floats{};
  std::array<double, 6> doubles{};
  const auto complaint_about = [&](const std::string& name, std::vector<std::int64_t> shape,
                                   auto& values) {
    const std::string message = message_of<RuntimeFailure>(
        [&] { file.read(name, shape, std::span(values.data(), values.size())); });
    CHECK(contains(message, path.string()));
    CHECK(contains(message, name));
    return message;
  };
  CHECK(contains(complaint_about("layer.bias", {6}, floats), "missing"));
  CHECK(contains(complaint_about("layer.weight", {3, 2}, floats), "[2, 3]; expected F32 [3, 2]"));
  CHECK(contains(complaint_about("layer.weight", {2, 3}, doubles), "expected F64"));

  file.expect_names({"layer.weight", "empty", "doubles", "scalar"});
  const std::string names = message_of<RuntimeFailure>([&] {
    file.expect_names({"layer.weight", "empty", "doubles", "layer.bias"});
  });
  CHECK(contains(names, "missing: layer.bias"));
  CHECK(contains(names, "not expected: scalar"));
}

TEST_CASE("a failed write leaves nothing behind") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(write_safetensors(folder / "no" / "such" / "folder", {}, {}), RuntimeFailure);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("shapes must fit values and names must differ") {
  const std::span<const float> six(kFloats);
  CHECK_THROWS_AS(NamedTensor("a", {5}, six), std::logic_error);
  const TemporaryFolder folder;
  CHECK_THROWS_AS(write_safetensors(folder / "x", {{"a", {6}, six}, {"a", {6}, six}}, {}),
                  std::logic_error);
}

}  // namespace
}  // namespace seqlab

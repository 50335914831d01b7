#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "seqlab/error.hpp"

namespace seqlab {

/// A new folder for temporary files, removed with all that is in it when the object goes.
/// Throws RuntimeFailure when it cannot be made.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "seqlab-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw RuntimeFailure("cannot make a temporary folder like " + name +
                           "; set TMPDIR to a folder that can be written to");
    }
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace seqlab

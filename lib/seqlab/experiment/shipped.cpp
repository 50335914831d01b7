#include "seqlab/experiment/shipped.hpp"

#include "seqlab/error.hpp"

namespace seqlab {

namespace {

/// Looks for a file beside the build folder by `in_source`, in the installed folder by `installed`.
std::filesystem::path find_shipped(const std::filesystem::path& in_source,
                                   const std::filesystem::path& installed,
                                   const std::string& advice) {
  const std::filesystem::path folder =
      std::filesystem::read_symlink("/proc/self/exe").parent_path();
  for (const std::filesystem::path& candidate :
       {folder / ".." / in_source, folder / "../share/seqlab" / installed}) {
    if (std::filesystem::exists(candidate)) return candidate.lexically_normal();
  }
  throw UsageError(
      fmt::format("the program's own {} was not found; {}", in_source.string(), advice));
}

}  // namespace

std::filesystem::path find_plots() {
  return find_shipped("plots/common.gp", "plots/common.gp", "give the folder plots by --plots")
      .parent_path();
}

std::filesystem::path find_eliza_script() {
  return find_shipped("experiments/eliza/advisor.script", "eliza/advisor.script",
                      "give a script by 'seqlab eliza --script'");
}

}  // namespace seqlab

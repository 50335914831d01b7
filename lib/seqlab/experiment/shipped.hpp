#pragma once

// Files that come with the program, found from where it is: beside the build folder, or where it is
// installed. They throw UsageError if there are none.

#include <filesystem>

namespace seqlab {

/// The folder of the gnuplot drawings.
std::filesystem::path find_plots();

/// The project's own script for ELIZA.
std::filesystem::path find_eliza_script();

}  // namespace seqlab

#pragma once

namespace seqlab {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace seqlab

#include "seqlab/evaluation/signature.hpp"

namespace seqlab {

std::string to_string(const Signature& signature) {
  std::string result;
  for (const auto& [name, value] : signature) {
    if (!result.empty()) result += '|';
    result += name + ':' + value;
  }
  return result;
}

}  // namespace seqlab

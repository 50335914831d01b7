#include "seqlab/experiment/manifest.hpp"

#include <fstream>
#include <thread>

#include "seqlab/experiment/version.hpp"
#include "seqlab/tensor/gemm.hpp"

namespace seqlab {

namespace {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string compiler_settings() {
  std::string settings = "C++20";
#ifdef __OPTIMIZE__
  settings += ", optimised";
#else
  settings += ", not optimised";
#endif
#ifdef __AVX512F__
  settings += ", AVX-512";
#elif defined(__AVX2__)
  settings += ", AVX2";
#endif
#ifdef __FMA__
  settings += ", FMA";
#endif
#ifdef __SANITIZE_ADDRESS__
  settings += ", address sanitizer";
#endif
  return settings;
}

}  // namespace

Json machine_manifest() {
  Json manifest;
  manifest["program"] = fmt::format("seqlab {}", kVersion);
#ifdef __clang__
  manifest["compiler"] = fmt::format("Clang {}", __clang_version__);
#else
  manifest["compiler"] = fmt::format("GCC {}", __VERSION__);
#endif
  manifest["compiler_settings"] = compiler_settings();
  manifest["processor"] = processor_name();
  manifest["processors"] = std::thread::hardware_concurrency();
  manifest["matrix_products"] = gemm_description();
  return manifest;
}

std::string parameter_job(const std::string& name) {
  if (name.find("embedding") != std::string::npos) return "embeddings";
  return name.starts_with("output") ? "output" : "body";
}

ParameterCounts count_parameters(const ParameterStore& parameters) {
  ParameterCounts counts;
  for (const NamedParameter& parameter : parameters.parameters()) {
    const Index size = parameter.place.rows * parameter.place.cols;
    const std::string job = parameter_job(parameter.name);
    (job == "embeddings" ? counts.embeddings
     : job == "output"   ? counts.output
                         : counts.body) += size;
  }
  return counts;
}

}  // namespace seqlab

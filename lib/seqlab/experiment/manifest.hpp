#pragma once

// What a reader of results must know about how they came about.

#include <nlohmann/json.hpp>
#include <string>

#include "seqlab/models/sequence_model.hpp"

namespace seqlab {

using Json = nlohmann::ordered_json;

/// Program, compiler, processor and libraries.
Json machine_manifest();

/// Numbers of parameters by their job: embeddings, body, output (what is left of the output layer
/// when its weight is an embedding), and all.
struct ParameterCounts {
  Index embeddings = 0;
  Index body = 0;
  Index output = 0;

  Index all() const { return embeddings + body + output; }
};

ParameterCounts count_parameters(const ParameterStore& parameters);

/// The job of a parameter by its name: "embeddings", "output" or "body".
std::string parameter_job(const std::string& name);

}  // namespace seqlab

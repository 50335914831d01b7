#pragma once

// [sweep]: keys with several values. Every combination of values is a point of the experiment.
//
//   [sweep]
//   model.width = 64 128                                 all models: lstm-64, lstm-128, gru-64, ..
//   model.transformer.positions = sinusoidal alibi       one model: transformer-sinusoidal, ..
//   data.max_source_tokens = 30 50                       all models: lstm-30, lstm-50, ..
//   data.task = copy reverse                             another test: folders copy/ and reverse/
//
// Values of keys that change models, training or the training text make models of their own, side
// by side in one table. Values of other keys (the test text, the search, the measures) make
// experiments of their own, in folders of their own, since their numbers cannot share a table.

#include <string>
#include <vector>

#include "seqlab/experiment/config_parser.hpp"

namespace seqlab {

struct SweptKey {
  std::string section;
  std::string key;
  std::vector<std::string> values;
  std::string where;

  /// Whether it makes models of their own in one table.
  bool shares_table() const;
  /// Whether `model` has such a key.
  bool concerns(const std::string& model) const;
};

/// One value for each of some swept keys.
struct SweepPoint {
  std::string name;  ///< the values, joined by "-"; of true the key, of false nothing or no_KEY, of a file its name
  std::vector<Setting> settings;
};

/// Throws UsageError with file and line on keys that cannot be swept and values that occur twice.
std::vector<SweptKey> swept_keys(const ConfigText& config);

/// All combinations, the last key changing fastest; one point without settings if `keys` is empty.
std::vector<SweepPoint> sweep_points(const std::vector<SweptKey>& keys);

/// The config with the settings of a point, which are swept no more.
ConfigText at_point(const ConfigText& config, const SweepPoint& point);

/// "lstm" and "64" to "lstm-64"; either may be empty.
std::string join_names(const std::string& name, const std::string& more);

}  // namespace seqlab

// Options by their names and values as text, for languages that do not see the C++ structs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "attend/options.hpp"

namespace attend::api {

struct NamedOptions {
  LoadOptions load;
  PredictOptions predict;
  Sampling sampling;  // of PredictOptions once `samples`
  bool samples = false;
  /// TargetRequest::stream of the first text; the command line counts lines from 1.
  std::uint64_t stream = 1;

  /// Sets an option by the name that it has on the command line, without dashes
  /// (include/attend/attend.h lists them). Throws UsageError for a name that is not known and for a
  /// value of another kind or out of range, and as Dictionary::load() does.
  void set(std::string_view name, const std::string& value);
  /// Returns the options of prediction: with the sampling if one was asked for, else with a beam
  /// that is wide enough for the n best.
  PredictOptions wanted() const;
};

}  // namespace attend::api

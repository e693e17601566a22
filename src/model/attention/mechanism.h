// A score of attention (§1.5), as the list of all scores holds it. Each score is one file of this
// folder, and a line in mechanisms.cc. Internal to src/model.
#pragma once

#include <string_view>
#include <vector>

#include "model/configuration.h"
#include "step/step.h"

namespace attend::model {

/// One value of the option attention.score.
struct Mechanism {
  std::string_view name;     ///< "additive"
  std::string_view section;  ///< of docs/models.md: "§1.5"
  /// Throws UsageError, with the reason, for a configuration that the score cannot be combined
  /// with. Null if it can be combined with all.
  void (*check)(const Configuration&);
  /// Builds the energies e_ij [row and position: 1] of a query [row: n] and the annotations h_j
  /// [position: n_h].
  step::Value (*energies)(step::Builder&, const Configuration&, step::Value query,
                          step::Value annotations);
};

/// Returns all scores, in the order of the option's choices.
const std::vector<Mechanism>& mechanisms();

/// Returns the score that the configuration names.
const Mechanism& mechanism(const AttentionConfig& attention);

/// Throws UsageError("name needs decoder.units as large as annotations: …") when a query and an
/// annotation have different sizes.
void check_equal_sizes(const Configuration& configuration, std::string_view option);

}  // namespace attend::model

// The memory that training takes for the activations of a batch, read from the step program.
#pragma once

#include <cstdint>

#include "model/configuration.h"
#include "model/parameters.h"

namespace attend::model {

/// A rough estimate from the sizes of the layers, not a bound. Most models never hold the logits of
/// a whole batch, which are not counted then. Hard attention (§13.2) keeps the logits of all
/// positions, steps and sentences, and they are counted.
class ActivationMemory {
 public:
  ActivationMemory(const Configuration& configuration, const VocabularySizes& sizes);

  /// Estimates the bytes of all activations and their gradients for `sentences` examples that are
  /// padded to these lengths. `kept_logits` is the number of logits of a target position whose
  /// gradients training keeps, in bfloat16; 0 if it keeps none.
  std::int64_t bytes(std::int64_t kept_logits, std::int64_t sentences, std::int64_t source_length,
                     std::int64_t target_length) const;

 private:
  bool rounds_;                            // whether training keeps values in bfloat16 too
  std::int64_t source_values_;             // of one source position
  std::int64_t target_values_;             // of one target position
  std::int64_t target_and_source_values_;  // of one target position and one source position
  std::int64_t target_pair_values_;        // of two target positions
};

}  // namespace attend::model

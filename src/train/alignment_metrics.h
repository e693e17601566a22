// Metrics of alignments for validation: how a model that is told the targets looks at the sources
// (docs/models.md §14.6, §14.7). Needs no libtorch.
#pragma once

#include <optional>
#include <string_view>

#include "base/base.h"
#include "model/model.h"
#include "train/data.h"

namespace attend::train {

enum class AlignmentMetric {
  /// "alignment_error_rate": of links between words and Dataset::validation_gold, in percent
  kErrorRate,
  /// "alignment_entropy": the mean over the target units, without </s>, in nats
  kEntropy
};

/// Returns the metric of this name, or nothing.
std::optional<AlignmentMetric> find_alignment_metric(std::string_view name);

/// Aligns the validation pairs with the runtime. kErrorRate takes from each target word the link of
/// alignment::best_links(), without a shift, and needs validation_gold. The result does not depend
/// on the number of workers. Lower is better for both. The model must have an alignment.
double alignment_metric(const Dataset& data, const model::Weights& weights, AlignmentMetric metric,
                        Workers& workers);

}  // namespace attend::train

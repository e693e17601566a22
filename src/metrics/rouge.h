// ROUGE-L of captions as coco-caption computes it (docs/models.md §14.9).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/captions.h"

namespace attend::metrics {

/// Returns the length of the longest sequence of units that both sequences hold in this order, with
/// other units between them or without. Time O(|a| · |b| / 64), memory O(|a| + |b|).
std::size_t longest_common_subsequence(std::span<const std::uint32_t> a,
                                       std::span<const std::uint32_t> b);

/// Returns the F of one caption, 0 to 100, which weighs recall with β = 1.2. Precision and recall
/// are those of the longest common subsequence of words, the best over at least one reference each.
/// An empty caption has 100 if a reference is empty, else 0.
double rouge_l(std::span<const std::string> caption,
               std::span<const std::vector<std::string>> references);

/// Returns the signature of a score, for example "nrefs:5|case:lc|tok:none|beta:1.2".
/// `reference_count` is that of every image, or "var".
std::string rouge_l_signature(std::string_view reference_count, const CaptionOptions& options = {});

}  // namespace attend::metrics

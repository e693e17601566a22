// The location-aware score (§1.5; Chorowski et al. 2015): e_ij = v · tanh(W s + U h_j + W_f f_ij +
// b), where f_i = F * α_{i-1} are k filters over the alignment of the step before. With coverage
// (§13.3) W_c C_{i-1,j} is added within the tanh.
//
// α_0 is 0. The first energies are then those of the additive score, and no step needs to know how
// long the source is, or where it is padded.
#include <fmt/format.h>

#include "base/base.h"
#include "model/attention/mechanism.h"

namespace attend::model {

step::Value carry_alignment(step::Builder& b, const Configuration& c) {
  if (!mechanism(c.attention).reads_alignment) return {};
  // The first alignment of monotonic attention is its own (§13.1).
  const bool monotonic = c.attention.kind == AttentionKind::kMonotonic;
  const step::Value first = monotonic ? b.first_position() : b.zero_positions();
  if (!monotonic) b.write(first, {"α_0j", "first alignment", "0"});
  return b.carry("attention.last_alignment", first, "α_{i-1,j}");
}

namespace {

step::Value energies(step::Builder& b, const Configuration& c, const ScoreInputs& in) {
  const auto [query, keys] = additive_parts(b, c, in);
  const step::Value found = b.convolution(
      {.name = "attention.filter_weight", .units = c.attention.filters, .symbol = "F"},
      c.attention.filter_width, in.last_alignment);
  b.write(found, {"f_ij", "location features", "(F * α_{i-1})_j"});
  std::vector<step::Feature> features{{found, "attention.feature_weight", "W_f"}};
  if (in.coverage.defined()) features.push_back({in.coverage, "attention.coverage_weight", "W_c"});
  return b.additive_energies("attention.energy_weight", query, keys, features);
}

void check_location_aware(const Configuration& c) {
  const AttentionConfig& attention = c.attention;
  const std::string name = "attention.score: location-aware";
  if (attention.filter_width % 2 == 0) {
    throw UsageError(
        fmt::format("{} needs an odd attention.filter_width, because a filter has a middle; "
                    "attention.filter_width is {}",
                    name, attention.filter_width));
  }
  if (attention.is_hard()) {
    throw UsageError(name + " needs attention.kind: soft or monotonic, because hard attention " +
                     "leaves no weights to the next step");
  }
  if (attention.window != Window::kAll) {
    throw UsageError(name + " needs attention.window: all, because the filters read the last " +
                     "alignment at every position");
  }
}

}  // namespace

Mechanism location_aware() {
  return {.name = "location-aware",
          .section = "§1.5",
          .formula = "v · tanh(W s + U h + W_f (filters of the last alignment) + b)",
          .energies = energies,
          .check = check_location_aware,
          .reads_coverage = true,
          .reads_cell = true,
          .reads_alignment = true};
}

}  // namespace attend::model

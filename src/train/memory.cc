#include "train/memory.h"

#include <algorithm>

#include "base/base.h"
#include "kernels/kernels.h"

namespace attend::train {
namespace {

// Counts the values of one source position: all activations and their gradients.
std::int64_t source_values(const model::Configuration& c) {
  const std::int64_t n = c.encoder.units, n_h = c.encoder.annotation_units();
  const auto directions = static_cast<std::int64_t>(c.encoder.directions().size());
  const std::int64_t gates = c.encoder.cell.gate_count() * n;
  // A cell keeps its gates, its state, and the reset state or c. With layer normalisation, W x and
  // U h are kept as well as their sum.
  const std::int64_t cell = (c.encoder.layer_norm ? 2 * gates : gates) + 2 * n;
  std::int64_t values = c.encoder.embedding + c.encoder.layers * directions * cell;
  values += 2 * n_h + 2 * c.attention.units;  // annotations in two layouts; projected keys
  return 2 * values;
}

// Counts the values of one target position that looks at a source of this length.
std::int64_t target_values(const model::Configuration& c, std::int64_t source_length) {
  const model::DecoderConfig& decoder = c.decoder;
  const std::int64_t n = decoder.units;
  std::int64_t values = decoder.layers * (decoder.cell.gate_count() * n + 3 * n);
  values += 2 * decoder.embedding + c.attention.units + c.encoder.annotation_units();
  values += source_length + 3 * decoder.readout_units;
  return 2 * values;
}

}  // namespace

std::int64_t activation_bytes(const model::Configuration& configuration, std::int64_t kept_logits,
                              std::int64_t sentences, std::int64_t source_length,
                              std::int64_t target_length) {
  const std::int64_t values = source_length * source_values(configuration) +
                              target_length * target_values(configuration, source_length);
  constexpr std::int64_t kFloat = sizeof(float), kHalf = sizeof(kernels::Bfloat16);
  // In bfloat16 training a rounded copy is kept of about one in two values.
  const bool rounds = configuration.training.precision == Precision::kBfloat16;
  const std::int64_t halves = (rounds ? values / 2 : 0) + target_length * kept_logits;
  return sentences * (values * kFloat + halves * kHalf);
}

std::vector<std::span<const model::Example* const>> cut_by_memory(
    const model::Configuration& configuration, std::int64_t kept_logits,
    std::span<const model::Example* const> examples, std::int64_t bytes) {
  std::vector<std::span<const model::Example* const>> runs;
  std::size_t first = 0, source = 0, target = 0;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    source = std::max(source, examples[i]->source.tokens.size());
    target = std::max(target, examples[i]->target.size());
    const std::int64_t needed =
        activation_bytes(configuration, kept_logits, static_cast<std::int64_t>(i + 1 - first),
                         static_cast<std::int64_t>(source), static_cast<std::int64_t>(target));
    if (bytes == 0 || needed <= bytes || i == first) continue;
    runs.push_back(examples.subspan(first, i - first));
    first = i;
    source = examples[i]->source.tokens.size();
    target = examples[i]->target.size();
  }
  if (first < examples.size()) runs.push_back(examples.subspan(first));
  return runs;
}

}  // namespace attend::train

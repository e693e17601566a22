#include "model/memory.h"

#include <algorithm>

#include "model/step_program.h"

namespace attend::model {
namespace {

// Counts the values of one region that convolutions keep: their results, before and after the norm
// and after ReLU.
std::int64_t convolutional_values(const Configuration& c) {
  std::int64_t values = 0;
  for (int stage = 0; stage < c.encoder.stages; ++stage) {
    const std::int64_t pixels =
        static_cast<std::int64_t>(c.image.height >> (stage + 1)) * (c.image.width >> (stage + 1));
    const std::int64_t convolutions = 1 + 2 * c.encoder.blocks(stage);
    values += 3 * convolutions * pixels * c.encoder.channels(stage);
  }
  return values / std::max(1, c.regions());
}

// Counts the values of one source position that the encoder keeps. With several levels the words
// are counted, which are by far the most.
std::int64_t encoder_values(const Configuration& configuration) {
  const EncoderConfig& encoder = configuration.encoder;
  if (encoder.kind == EncoderKind::kFeatures) return 0;
  if (encoder.kind == EncoderKind::kConvolutional) return convolutional_values(configuration);
  const std::int64_t n = encoder.units;
  const auto directions = static_cast<std::int64_t>(encoder.directions().size());
  const std::int64_t gates = encoder.cell.gate_count() * n;
  // A cell keeps its gates, its state, and the reset state or c. With layer normalisation, W x and
  // U h are kept as well as their sum.
  const std::int64_t cell = (encoder.layer_norm ? 2 * gates : gates) + 2 * n;
  // Pooling keeps its hidden units, and the annotations times their weights.
  const bool weighted = encoder.levels > 1 && encoder.pooling == Pooling::kAttention;
  const std::int64_t pooling = weighted ? encoder.pooling_units + encoder.annotation_units() : 0;
  const std::int64_t embedding = encoder.ngrams > 0 ? 2 * encoder.embedding : encoder.embedding;
  return embedding + 2 * encoder.position_units + encoder.layers * directions * cell + pooling;
}

}  // namespace

// Every value is counted twice, because its gradient is kept too. Annotations and keys exist in two
// layouts.
ActivationMemory::ActivationMemory(const Configuration& configuration, const VocabularySizes& sizes)
    : rounds_(configuration.training.precision == Precision::kBfloat16) {
  const step::KeptValues kept = step::kept_values(step_program(configuration, sizes));
  source_values_ = 2 * (encoder_values(configuration) + 2 * kept.per_position);
  target_values_ = 2 * kept.per_step;
  target_and_source_values_ = 2 * kept.per_step_and_position;
  target_pair_values_ = 2 * kept.per_pair_of_steps;
}

std::int64_t ActivationMemory::bytes(std::int64_t kept_logits, std::int64_t sentences,
                                     std::int64_t source_length, std::int64_t target_length) const {
  const std::int64_t values =
      source_length * source_values_ +
      target_length * (target_values_ + source_length * target_and_source_values_ +
                       target_length * target_pair_values_);
  constexpr std::int64_t kFloat = 4, kHalf = 2;  // bytes
  // In bfloat16 training a rounded copy is kept of about one in two values.
  const std::int64_t halves = (rounds_ ? values / 2 : 0) + target_length * kept_logits;
  return sentences * (values * kFloat + halves * kHalf);
}

}  // namespace attend::model

#include "model/parameters.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "model/entities.h"
#include "model/ngrams.h"
#include "model/step_program.h"

namespace attend::model {
namespace {

// Declares what pools the annotations of a level. It starts as the score learned-query does.
void add_pooling(step::ParameterList& table, const EncoderConfig& encoder, int level) {
  if (encoder.pooling != Pooling::kAttention) return;
  const std::string name = pooling_name(level);
  const std::int64_t units = encoder.pooling_units;
  table.matrix(name + ".weight", units, encoder.annotation_units(), step::kAttentionDeviation);
  table.vector(name + ".bias", units);
  const double limit = std::sqrt(6.0 / static_cast<double>(units + 1));  // Glorot, for [1, units]
  table.vector(name + ".query", units, step::Initial::kUniform, limit);
}

void add_encoder(step::ParameterList& table, const EncoderConfig& encoder,
                 std::int64_t vocabulary) {
  if (encoder.embedding > 0) {
    table.embedding("source_embedding.weight", vocabulary, encoder.embedding);
  }
  std::int64_t inputs = encoder.embedding > 0 ? encoder.embedding : vocabulary;
  if (encoder.ngrams > 0) table.embedding(kNgramTable, encoder.ngrams, encoder.embedding);
  for (std::size_t entity = 0; encoder.position_units > 0 && entity < kEntities; ++entity) {
    table.embedding(distance_table(entity) + ".weight", distance_rows(encoder.position_reach),
                    encoder.position_units);
    inputs += encoder.position_units;
  }
  for (int level = 0; level < encoder.levels; ++level) {
    for (int layer = 0; layer < encoder.layers; ++layer) {
      for (const std::string_view direction : encoder.directions()) {
        table.cell(encoder_cell_name(level, layer, direction), encoder.cell, inputs, encoder.units,
                   encoder.layer_norm);
      }
      inputs = encoder.annotation_units();
    }
    if (level + 1 < encoder.levels) add_pooling(table, encoder, level);
  }
}

// Declares a convolution of 3 × 3 and the gain and bias of its group norm. The deviation is that of
// He et al. (2015), whatever the initialization of other matrices is: it keeps the variance of what
// passes through ReLU.
void add_convolution(step::ParameterList& table, const std::string& name, std::int64_t outputs,
                     std::int64_t inputs) {
  const std::int64_t columns = 9 * inputs;
  table.normal_matrix(name + ".weight", outputs, columns,
                      std::sqrt(2.0 / static_cast<double>(columns)));
  table.vector(name + ".gain", outputs, step::Initial::kOne);
  table.vector(name + ".bias", outputs);
}

void add_convolutional_encoder(step::ParameterList& table, const EncoderConfig& encoder) {
  for (int stage = 0; stage < encoder.stages; ++stage) {
    const std::int64_t channels = encoder.channels(stage);
    const std::int64_t below = stage == 0 ? kPixelValues : encoder.channels(stage - 1);
    add_convolution(table, entrance_name(stage), channels, below);
    for (int block = 0; block < encoder.blocks(stage); ++block) {
      for (const char* part : kBlockParts) {
        add_convolution(table, block_name(stage, block, part), channels, channels);
      }
    }
  }
}

}  // namespace

std::vector<TensorSpec> parameter_table(const Configuration& configuration,
                                        const VocabularySizes& sizes) {
  step::ParameterList encoder(configuration.training.initialization);
  if (configuration.encoder.kind == EncoderKind::kRecurrent) {
    add_encoder(encoder, configuration.encoder, sizes.source);
  } else if (configuration.encoder.kind == EncoderKind::kConvolutional) {
    add_convolutional_encoder(encoder, configuration.encoder);
  }
  std::vector<TensorSpec> table = encoder.list();
  const std::vector<TensorSpec> decoder = step_program(configuration, sizes).parameters;
  table.insert(table.end(), decoder.begin(), decoder.end());
  if (configuration.encoder.bag_of_words) {
    step::ParameterList bag(configuration.training.initialization);
    bag.matrix("bag_of_words.weight", sizes.target, configuration.encoder.annotation_units());
    bag.vector("bag_of_words.bias", sizes.target);
    table.insert(table.end(), bag.list().begin(), bag.list().end());
  }
  return table;
}

std::string encoder_cell_name(int level, int layer, std::string_view direction) {
  static constexpr const char* kLevels[] = {"encoder", "sentence_encoder", "paragraph_encoder"};
  return fmt::format("{}.{}.{}", kLevels[level], layer, direction);
}

std::string entrance_name(int stage) { return fmt::format("encoder.{}.entrance", stage); }

int entrance_before(const EncoderConfig& encoder, int stage) {
  return stage + 1 < encoder.stages ? 1 : 0;
}

std::string block_name(int stage, int block, std::string_view part) {
  return fmt::format("encoder.{}.{}.{}", stage, block, part);
}

std::string pooling_name(int level) { return level == 0 ? "word_pooling" : "sentence_pooling"; }

std::int64_t parameter_count(const std::vector<TensorSpec>& table) {
  std::int64_t total = 0;
  for (const TensorSpec& spec : table) total += spec.count();
  return total;
}

std::string target_embedding_name(const DecoderConfig& decoder) {
  return decoder.shares_source_embedding() ? "source_embedding.weight" : "target_embedding.weight";
}

std::string output_weight_name(const DecoderConfig& decoder) {
  return decoder.ties_output() ? target_embedding_name(decoder) : "output.weight";
}

std::string source_embedding_table(const Configuration& configuration) {
  if (configuration.encoder.reads_pictures()) return "";
  return configuration.encoder.embedding > 0 ? "source_embedding.weight" : "";
}

std::string target_embedding_table(const Configuration& configuration) {
  const DecoderConfig& decoder = configuration.decoder;
  return decoder.feedback == Feedback::kPrevious ? target_embedding_name(decoder) : "";
}

std::vector<std::string> frozen_parameters(const Configuration& configuration) {
  const Freeze freeze = configuration.training.freeze;
  std::vector<std::string> names;
  if (freeze == Freeze::kSourceEmbedding || freeze == Freeze::kEmbeddings) {
    names.push_back(source_embedding_table(configuration));
  }
  if (freeze == Freeze::kTargetEmbedding || freeze == Freeze::kEmbeddings) {
    names.push_back(target_embedding_table(configuration));
  }
  if (freeze == Freeze::kEncoder) {
    for (const TensorSpec& spec : parameter_table(configuration, {1, 1})) {
      const bool of_encoder =
          spec.name.starts_with("encoder.") || spec.name.starts_with("sentence_encoder.") ||
          spec.name.starts_with("paragraph_encoder.") || spec.name.starts_with("word_pooling.") ||
          spec.name.starts_with("sentence_pooling.");
      if (of_encoder) names.push_back(spec.name);
    }
    return names;
  }
  std::erase(names, "");
  if (names.size() == 2 && names[0] == names[1]) names.pop_back();  // the sides share their table
  return names;
}

}  // namespace attend::model

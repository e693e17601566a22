#include "model/parameters.h"

#include <fmt/format.h>

#include <string_view>

#include "model/step_program.h"

namespace attend::model {
namespace {

void add_encoder(step::ParameterList& table, const EncoderConfig& encoder,
                 std::int64_t vocabulary) {
  if (encoder.embedding > 0) {
    table.embedding("source_embedding.weight", vocabulary, encoder.embedding);
  }
  std::int64_t inputs = encoder.embedding > 0 ? encoder.embedding : vocabulary;
  for (int layer = 0; layer < encoder.layers; ++layer) {
    for (const std::string_view direction : encoder.directions()) {
      table.cell(fmt::format("encoder.{}.{}", layer, direction), encoder.cell, inputs,
                 encoder.units, encoder.layer_norm);
    }
    inputs = encoder.annotation_units();
  }
}

}  // namespace

std::vector<TensorSpec> parameter_table(const Configuration& configuration,
                                        const VocabularySizes& sizes) {
  step::ParameterList encoder(configuration.training.initialization);
  add_encoder(encoder, configuration.encoder, sizes.source);
  std::vector<TensorSpec> table = encoder.list();
  const std::vector<TensorSpec> decoder = step_program(configuration, sizes).parameters;
  table.insert(table.end(), decoder.begin(), decoder.end());
  return table;
}

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
  std::erase(names, "");
  if (names.size() == 2 && names[0] == names[1]) names.pop_back();  // the sides share their table
  return names;
}

}  // namespace attend::model

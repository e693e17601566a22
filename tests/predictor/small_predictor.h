// A small predictor with random weights.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "predictor/predictor.h"

namespace attend::predictor::testing {

/// Returns a model of random weights. Its predictions are nonsense, but consistent nonsense.
inline model::Model random_model(const model::Configuration& configuration,
                                 const std::vector<std::string>& units) {
  model::ModelText text{
      configuration,
      model::make_side(configuration, model::SideName::kSource, text::Vocabulary(units)),
      model::make_side(configuration, model::SideName::kTarget, text::Vocabulary(units))};
  const auto table = model::parameter_table(configuration, text.sizes());
  auto values =
      std::make_shared<std::vector<float>>(static_cast<std::size_t>(model::parameter_count(table)));
  Random random(11);
  for (float& value : *values) value = static_cast<float>(random.normal());
  std::map<std::string, model::TensorView> tensors;
  std::size_t start = 0;
  for (const model::TensorSpec& spec : table) {
    const auto count = static_cast<std::size_t>(spec.count());
    tensors[spec.name] = {spec.shape, std::span<const float>(*values).subspan(start, count)};
    start += count;
  }
  return {std::move(text), model::Weights(std::move(tensors), values)};
}

/// Returns a configuration of characters with small layers.
inline model::Configuration small() {
  model::Configuration c = model::preset("default");
  model::SideConfig characters;
  characters.unit = model::UnitChoice::kCharacters;
  for (model::SideConfig* side : {&c.source, &c.target}) {
    model::keep_preparation(*side, characters);
  }
  c.encoder.embedding = c.decoder.embedding = 5;
  c.encoder.units = c.decoder.units = c.attention.units = c.decoder.readout_units = 6;
  return c;
}

/// Returns a configuration of labels, each of which is one unit.
inline model::Configuration small_labels() {
  model::Configuration c = small();
  for (const char* setting :
       {"target.unit=whole", "target.end_token=false", "target.fixed_length=1", "decoder.cell=none",
        "decoder.initial_state=zero", "decoder.feedback=none"}) {
    model::set_option(c, setting);
  }
  return c;
}

/// Returns units for small_labels(), of which "very good" only occurs as a label.
inline std::vector<std::string> small_label_units() {
  return {"<pad>", "<unk>", "</s>", "a", "b", "c", " ", "very good"};
}

/// Returns a predictor with random weights for texts of "abcé" and blanks.
inline Predictor small_predictor() {
  return Predictor(random_model(small(), {"<pad>", "<unk>", "</s>", "a", "b", "c", " ", "é"}));
}

}  // namespace attend::predictor::testing

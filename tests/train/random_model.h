// Random configurations for the tests that hold two ways of computing together.
#pragma once

#include "base/base.h"
#include "model/model.h"

namespace attend::train::testing {

// Any model that check() allows, of small sizes.
inline model::Configuration random_configuration(Random& random) {
  using namespace model;
  const auto size = [&](int largest) { return 1 + static_cast<int>(random.below(largest)); };
  const auto pick = [&]<typename E>(std::initializer_list<E> values) {
    return *(values.begin() + random.below(values.size()));
  };
  Configuration c;
  c.source.unit = c.target.unit = UnitChoice::kCharacters;
  for (CellConfig* cell : {&c.encoder.cell, &c.decoder.cell}) {
    cell->type = pick({Cell::kGru, Cell::kLstm});
    cell->reset = pick({GruReset::kBefore, GruReset::kAfter});
    cell->update = pick({GruUpdate::kNew, GruUpdate::kOld});
    cell->gates = pick({Gates::kLogistic, Gates::kHard});
  }
  c.encoder.embedding = pick({0, size(9), size(9)});
  c.encoder.units = size(20);
  c.encoder.layers = size(3);
  c.encoder.layer_norm = random.chance(0.3);
  if (random.chance(0.25)) {
    c.encoder.padding = Padding::kVisible;
    c.source.fixed_length = size(9);
  }
  c.attention.units = size(20);
  c.attention.energies = pick({Energies::kLinear, Energies::kRelu});
  c.attention.energy_bias = random.chance(0.5);
  c.decoder.embedding = size(20);
  c.decoder.units = size(20);
  c.decoder.layers = size(3);
  c.decoder.feedback = random.chance(0.75) ? Feedback::kPrevious : Feedback::kNone;
  c.decoder.initial_state = pick(
      {InitialState::kZero, InitialState::kBackward, InitialState::kMean, InitialState::kLast});
  c.decoder.order = pick({Order::kLookUpdateGenerate, Order::kLookGenerateUpdate});
  c.decoder.readout = pick({Readout::kNone, Readout::kTanh, Readout::kMaxout, Readout::kLinear});
  c.decoder.readout_units = size(20);
  if (random.chance(0.3) && c.decoder.feedback == Feedback::kPrevious) {
    const bool all = random.chance(0.5);
    c.decoder.tied_embeddings = all ? TiedEmbeddings::kAll : TiedEmbeddings::kTarget;
    c.shared_vocabulary = all;
    c.decoder.embedding =
        c.decoder.readout == Readout::kNone ? c.decoder.units : c.decoder.readout_units;
    if (all) c.encoder.embedding = c.decoder.embedding;
  }
  if (random.chance(0.3)) {
    c.target.end_token = false;
    c.target.fixed_length = size(6);
  }
  model::check(c);
  return c;
}

}  // namespace attend::train::testing

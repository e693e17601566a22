// Random configurations for the tests that hold two ways of computing together.
#pragma once

#include "base/base.h"
#include "model/model.h"

namespace attend::network::testing {

// One of the orders that the readout and the feedback allow.
inline void choose_order(Random& random, model::DecoderConfig& decoder) {
  using namespace model;
  if (decoder.readout == Readout::kNone || random.chance(0.5)) {
    decoder.order = random.chance(0.5) ? Order::kLookUpdateGenerate : Order::kLookGenerateUpdate;
    return;
  }
  decoder.order = Order::kUpdateLookGenerate;
  if (decoder.feedback == Feedback::kNone || random.chance(0.7)) {
    decoder.input_feeding = InputFeeding::kReadout;
  }
}

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
  c.encoder.direction = pick({Direction::kBidirectional, Direction::kBidirectional,
                              Direction::kForward, Direction::kBackward});
  c.encoder.layer_norm = random.chance(0.3);
  if (random.chance(0.25)) {
    c.encoder.padding = Padding::kVisible;
    c.source.fixed_length = size(9);
  }
  c.attention.score = pick({Score::kAdditive, Score::kAdditive, Score::kDot, Score::kGeneral});
  c.attention.units = size(20);
  c.attention.energies = pick({Energies::kLinear, Energies::kRelu});
  c.attention.energy_bias = random.chance(0.5);
  c.decoder.embedding = size(20);
  c.decoder.units = size(20);
  c.decoder.layers = size(3);
  c.decoder.feedback = random.chance(0.75) ? Feedback::kPrevious : Feedback::kNone;
  c.decoder.initial_state = pick(
      {InitialState::kZero, InitialState::kMean, InitialState::kLast, InitialState::kCopy,
       c.encoder.direction == Direction::kForward ? InitialState::kZero : InitialState::kBackward});
  c.decoder.readout = pick({Readout::kNone, Readout::kTanh, Readout::kMaxout, Readout::kLinear});
  c.decoder.readout_units = size(20);
  c.decoder.readout_feedback = random.chance(0.7) ? Feedback::kPrevious : Feedback::kNone;
  choose_order(random, c.decoder);
  if (c.decoder.initial_state == InitialState::kCopy) {
    c.decoder.layers = c.encoder.layers;
    c.decoder.cell.type = c.encoder.cell.type;
  }
  if (c.decoder.initial_state == InitialState::kCopy || c.attention.score == Score::kDot) {
    c.decoder.units = c.encoder.annotation_units();
  }
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

}  // namespace attend::network::testing

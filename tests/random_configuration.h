// Random configurations for every test that holds two ways of computing a model together. They are
// drawn from the list of options, so that a new choice is tested as soon as the list has it.
#pragma once

#include <cstdint>
#include <string>

#include "base/base.h"
#include "model/model.h"

namespace attend::testing {

/// Whether an option says what the model computes, not how text is cut or how training goes.
inline bool is_of_the_network(const std::string& option) {
  return option.starts_with("encoder.") || option.starts_with("attention.") ||
         option.starts_with("decoder.");
}

/// A size for a numeric option: 1 … `largest` units, one to three layers, one-hot embeddings now
/// and then.
inline int random_size(const std::string& option, int largest, Random& random) {
  const auto below = [&](std::uint64_t bound) { return static_cast<int>(random.below(bound)); };
  if (option.ends_with(".layers")) return 1 + below(3);
  if (option == "encoder.embedding") return below(3) == 0 ? 0 : 1 + below(9);
  return 1 + below(static_cast<std::uint64_t>(largest));
}

/// Sets sizes that the choices of `c` force.
inline void fit_sizes(Random& random, model::Configuration& c) {
  using namespace model;
  const auto size = [&](int largest) {
    return 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(largest)));
  };
  if (c.encoder.padding == Padding::kVisible) c.source.fixed_length = size(9);
  // Float cannot hold its digits where two or three nearly equal values are normalised.
  if (c.encoder.layer_norm) c.encoder.units += 4;
  if (c.decoder.cell.type == Cell::kNone) {
    c.decoder.order = Order::kLookUpdateGenerate;
    c.decoder.initial_state = InitialState::kZero;
    c.decoder.input_feeding = InputFeeding::kNone;
    c.decoder.layers = 1;
  }
  const bool copies = c.decoder.initial_state == InitialState::kCopy;
  if (copies) {
    c.decoder.layers = c.encoder.layers;
    c.decoder.cell.type = c.encoder.cell.type;
  }
  if (copies || c.attention.score == "dot") c.decoder.units = c.encoder.annotation_units();
  if (c.decoder.tied_embeddings == TiedEmbeddings::kNone) return;
  c.decoder.embedding =
      c.decoder.readout == Readout::kNone ? c.decoder.units : c.decoder.readout_units;
  if (c.decoder.tied_embeddings == TiedEmbeddings::kTarget) return;
  c.shared_vocabulary = true;
  c.encoder.embedding = c.decoder.embedding;
}

inline bool is_valid(const model::Configuration& configuration) {
  try {
    model::check(configuration);
  } catch (const UsageError&) {
    return false;
  }
  return true;
}

/// Any model that check() allows, with layers of 1 … `largest` units (a few more where they are
/// normalised, and where other sizes force it). Choices that contradict each other are drawn again.
inline model::Configuration random_configuration(Random& random, int largest = 20) {
  constexpr int kAttempts = 10000;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    model::Configuration c;
    c.source.unit = c.target.unit = model::UnitChoice::kCharacters;
    for (const model::Option& option : model::options(c)) {
      if (!is_of_the_network(option.name)) continue;
      option.set(option.choices.empty() ? std::to_string(random_size(option.name, largest, random))
                                        : option.choices[random.below(option.choices.size())]);
    }
    fit_sizes(random, c);
    if (random.chance(0.3)) {
      c.target.end_token = false;
      c.target.fixed_length = 1 + static_cast<int>(random.below(6));
    }
    if (is_valid(c)) return c;
  }
  throw CheckFailure("no random configuration is valid");
}

}  // namespace attend::testing

// Random configurations for every test that holds two ways of computing a model together. They are
// drawn from the list of options, so that a new choice is tested as soon as the list has it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "model/model.h"

namespace attend::testing {

/// Whether an option says what the model computes, not how text is cut or how training goes.
inline bool is_of_the_network(const std::string& option) {
  return option.starts_with("encoder.") || option.starts_with("attention.") ||
         option.starts_with("decoder.");
}

/// A value for a numeric option: 1 … `largest` units, one to three layers, one-hot embeddings now
/// and then, windows of a few positions.
inline std::string random_number(const std::string& option, int largest, Random& random) {
  const auto below = [&](std::uint64_t bound) { return static_cast<int>(random.below(bound)); };
  if (option == "attention.coverage_loss") return random.chance(0.5) ? "0" : "0.7";
  int size = 0;
  if (option.ends_with(".layers") || option == "attention.reach") {
    size = 1 + below(3);
  } else if (option == "encoder.embedding") {
    size = below(3) == 0 ? 0 : 1 + below(9);
  } else {
    size = 1 + below(static_cast<std::uint64_t>(largest));
  }
  return std::to_string(size);
}

/// The values of options that are drawn once, while all others are drawn again until they fit. The
/// choices of these options contradict others so unequally that some would be rare otherwise.
using KeptValues = std::map<std::string, std::string>;

/// Draws a score: for every second model one that has plans, so that plans stay frequent.
inline std::string random_score(const std::vector<std::string>& choices, Random& random) {
  std::vector<std::string> planned;
  for (const std::string& choice : choices) {
    model::AttentionConfig attention;
    attention.score = choice;
    if (model::plan_score(attention)) planned.push_back(choice);
  }
  const std::vector<std::string>& drawn = random.chance(0.5) ? planned : choices;
  return drawn[random.below(drawn.size())];
}

/// Draws the score and the order of a step, and in two models of five another kind of attention
/// than the soft one, or a window, or coverage. No two of these three go together.
inline KeptValues random_kept_values(Random& random) {
  model::Configuration usual;
  KeptValues kept;
  std::vector<std::pair<std::string, std::string>> others;
  for (const model::Option& option : model::options(usual)) {
    if (option.name == "attention.score") {
      kept[option.name] = random_score(option.choices, random);
    } else if (option.name == "decoder.order") {
      kept[option.name] = option.choices[random.below(option.choices.size())];
    } else if (option.name == "attention.kind" || option.name == "attention.window" ||
               option.name == "attention.coverage") {
      kept[option.name] = option.get();
      for (const std::string& choice : option.choices) {
        if (choice != option.get()) others.emplace_back(option.name, choice);
      }
    }
  }
  if (random.chance(0.6)) return kept;
  const auto& [name, value] = others[random.below(others.size())];
  kept[name] = value;
  return kept;
}

/// Sets the choices that hard attention forces: nothing but the output layer sees a position.
inline void fit_hard_attention(model::Configuration& c) {
  using namespace model;
  c.decoder.order = Order::kUpdateLookGenerate;
  c.decoder.feedback = Feedback::kPrevious;
  c.decoder.input_feeding = InputFeeding::kNone;
  c.decoder.readout = Readout::kTanh;
  if (c.decoder.readout_units < 2) c.decoder.readout_units = 2;
  c.decoder.tied_embeddings = TiedEmbeddings::kNone;
  c.attention.end_token = EndToken::kVisible;
}

/// Sets the choices that a decoder without a look forces.
inline void fit_no_look(model::Configuration& c) {
  using namespace model;
  c.decoder.order = Order::kLookUpdateGenerate;
  if (c.attention.kind == AttentionKind::kFixed) return;
  c.decoder.feedback = Feedback::kPrevious;
  if (c.decoder.initial_state == InitialState::kZero) c.decoder.initial_state = InitialState::kMean;
}

/// Sets the choices that the kind of attention, its window and its coverage force.
inline void fit_attention(Random& random, model::Configuration& c) {
  using namespace model;
  AttentionConfig& attention = c.attention;
  const bool needs_cell =
      attention.kind != AttentionKind::kSoft || attention.window != Window::kAll;
  if (needs_cell && c.decoder.cell.type == Cell::kNone) {
    c.decoder.cell.type = random.chance(0.5) ? Cell::kGru : Cell::kLstm;
  }
  if (attention.is_hard()) fit_hard_attention(c);
  if (!attention.looks()) fit_no_look(c);
  if (attention.coverage == Coverage::kNone) {
    attention.coverage_loss = 0;
  } else if (attention.score != "normed-additive" && attention.score != "concat-code") {
    attention.score = "additive";  // the others do not read the coverage
  }
}

/// Sets the choices that a decoder without a cell and one with two cells force.
inline void fit_cells(model::Configuration& c) {
  using namespace model;
  for (CellConfig* cell : {&c.encoder.cell, &c.decoder.cell}) {
    if (!cell->resets_after()) cell->bias = GruBias::kBoth;
  }
  if (c.decoder.cell.type == Cell::kNone) {
    c.decoder.order = Order::kLookUpdateGenerate;
    c.decoder.initial_state = InitialState::kZero;
    c.decoder.input_feeding = InputFeeding::kNone;
    c.decoder.layers = 1;
  }
  if (c.decoder.order != Order::kUpdateLookUpdate) return;
  c.decoder.feedback = Feedback::kPrevious;
  c.decoder.input_feeding = InputFeeding::kNone;
  c.decoder.layers = 1;
  if (c.decoder.initial_state == InitialState::kCopy) c.encoder.layers = 1;
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
  const bool copies = c.decoder.initial_state == InitialState::kCopy;
  if (copies) {
    c.decoder.layers = c.encoder.layers;
    c.decoder.cell.type = c.encoder.cell.type;
  }
  const bool is_dot = c.attention.score == "dot" || c.attention.score == "scaled-dot";
  if (copies || is_dot) c.decoder.units = c.encoder.annotation_units();
  // The direction of one number is its sign, whose gradient is 0 but for rounding.
  if (c.attention.score == "normed-additive" && c.attention.units == 1) c.attention.units = 2;
  if (c.decoder.tied_embeddings == TiedEmbeddings::kNone) return;
  c.decoder.embedding =
      c.decoder.readout == Readout::kNone ? c.decoder.units : c.decoder.readout_units;
  if (c.decoder.tied_embeddings == TiedEmbeddings::kTarget) return;
  c.shared_vocabulary = true;
  c.encoder.embedding = c.decoder.embedding;
}

/// A decoder whose steps are all equal gives one token.
inline void fit_targets(model::Configuration& c) {
  const bool equal = c.decoder.cell.type == model::Cell::kNone &&
                     c.decoder.feedback == model::Feedback::kNone &&
                     c.attention.coverage == model::Coverage::kNone;
  if (!equal) return;
  c.target.end_token = false;
  c.target.fixed_length = 1;
}

inline bool is_valid(const model::Configuration& configuration) {
  try {
    model::check(configuration);
  } catch (const UsageError&) {
    return false;
  }
  return true;
}

/// Sets every option of the network to a drawn value, or to the value that `kept` says.
inline void draw_choices(const std::vector<model::Option>& options, const KeptValues& kept,
                         int largest, Random& random) {
  for (const model::Option& option : options) {
    if (!is_of_the_network(option.name)) continue;
    const auto found = kept.find(option.name);
    option.set(found != kept.end()      ? found->second
               : option.choices.empty() ? random_number(option.name, largest, random)
                                        : option.choices[random.below(option.choices.size())]);
  }
}

/// Any model that check() allows, with layers of 1 … `largest` units (a few more where they are
/// normalised, and where other sizes force it). Choices that contradict each other are drawn again.
/// `given` options have their values unless other choices force another.
inline model::Configuration random_configuration(Random& random, int largest = 20,
                                                 const KeptValues& given = {}) {
  constexpr int kAttempts = 10000;
  KeptValues kept = random_kept_values(random);
  for (const auto& [name, value] : given) kept[name] = value;
  model::Configuration c;
  const std::vector<model::Option> options = model::options(c);  // of the fields of c
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    c = {};
    c.source.unit = c.target.unit = model::UnitChoice::kCharacters;
    draw_choices(options, kept, largest, random);
    fit_attention(random, c);
    fit_cells(c);
    fit_sizes(random, c);
    if (random.chance(0.3)) {
      c.target.end_token = false;
      c.target.fixed_length = 1 + static_cast<int>(random.below(6));
    }
    fit_targets(c);
    if (is_valid(c)) return c;
  }
  throw CheckFailure("no random configuration is valid");
}

}  // namespace attend::testing

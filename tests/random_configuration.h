// Random configurations for every test that holds two ways of computing a model together. They are
// drawn from the list of options, so that a new choice is tested as soon as the list has it.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "model/model.h"

namespace attend::testing {

/// How many random models a test draws: `all` of them, but a fifth under a sanitizer, where each
/// model takes ten times as long.
constexpr int drawn_models(int all) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return all / 5;
#else
  return all;
#endif
}

/// Whether an option says what the model computes, not how text is cut or how training goes.
inline bool is_of_the_network(const std::string& option) {
  return option.starts_with("encoder.") || option.starts_with("attention.") ||
         option.starts_with("decoder.");
}

/// A value for a numeric option: 1 … `largest` units, one to three layers, one-hot embeddings now
/// and then, windows of a few positions.
inline std::string random_number(const std::string& option, int largest, Random& random) {
  const auto below = [&](std::uint64_t bound) { return static_cast<int>(random.below(bound)); };
  if (option == "attention.coverage_loss") return random.chance(0.3) ? "0" : "0.7";
  if (option == "attention.noise") return random.chance(0.5) ? "0" : "1";
  if (option == "attention.initial_energy_bias") return random.chance(0.5) ? "0" : "-1.5";
  if (option == "attention.heads") return std::to_string(1 + below(3));
  if (option == "decoder.transitions") return std::to_string(1 + below(2));
  if (option == "decoder.self_attention_window") return std::to_string(below(4));
  if (option == "attention.doubly_stochastic") return random.chance(0.7) ? "0" : "0.5";
  if (option == "attention.reward_weight") return "0";  // its factor is no function of the model
  if (option == "attention.entropy_weight") return random.chance(0.5) ? "0" : "0.3";
  if (option == "attention.baseline_decay") return "0.9";
  if (option == "encoder.stages" || option == "encoder.groups") return "1";       // given by tests
  if (option == "encoder.levels" || option == "decoder.temperature") return "1";  // given by tests
  if (option == "decoder.line_temperature") return "1";  // it changes no probability
  if (option == "encoder.position_units" || option == "encoder.ngrams") return "0";  // likewise
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

/// Options and choices that are younger than the seeds of tests. They are drawn with random numbers
/// of their own, so that a seed keeps the model that it has, but for them. The number is that of
/// the choices which are as old as the seeds; 0: the whole option is young.
inline const std::map<std::string, std::size_t>& young_options() {
  static const std::map<std::string, std::size_t> kYoung{{"encoder.kind", 0},
                                                         {"encoder.stages", 0},
                                                         {"encoder.groups", 0},
                                                         {"encoder.bag_of_words", 0},
                                                         {"attention.doubly_stochastic", 0},
                                                         {"attention.doubly_stochastic_scale", 0},
                                                         {"attention.sampling", 0},
                                                         {"attention.stochastic_prediction", 0},
                                                         {"attention.expectation_gradient", 0},
                                                         {"attention.reward_weight", 0},
                                                         {"attention.entropy_weight", 0},
                                                         {"attention.baseline_decay", 0},
                                                         {"decoder.readout_feedback", 2}};
  return kYoung;
}

/// Random numbers of their own for what is younger than a seed; `random` stays as it is.
inline Random young_numbers(Random random) { return Random(random.next()); }

/// Whether a choice other than the usual one takes the decoder off its plan, or contradicts others.
inline bool is_rare_choice(const std::string& option) {
  return option == "attention.kind" || option == "attention.window" ||
         option == "attention.coverage" || option == "attention.normaliser" ||
         option == "attention.temporal" || option == "decoder.copy";
}

/// The options that say where the context enters, who asks, and which further cells there are.
/// Their choices have no plan, and fit few of the other options.
inline constexpr const char* kPlacements[] = {
    "attention.query",        "attention.context_gate", "attention.fixed_context",
    "decoder.input_feeding",  "decoder.input_layer",    "decoder.query_layer",
    "decoder.context_layers", "decoder.gru_context",    "decoder.transitions"};

/// Draws the placements: the usual ones, and in three models of ten one or two others.
inline void keep_placements(Random& random, KeptValues& kept) {
  model::Configuration usual;
  for (const model::Option& option : model::options(usual)) {
    for (const char* name : kPlacements) {
      if (option.name == name) kept[name] = option.get();
    }
  }
  kept["decoder.input_feeding"] = random.chance(0.5) ? "none" : "readout";
  if (!random.chance(0.3)) return;
  for (int k = 0; k < 2; ++k) {
    const std::string name = kPlacements[random.below(std::size(kPlacements))];
    for (const model::Option& option : model::options(usual)) {
      if (option.name != name) continue;
      kept[name] = option.choices.empty() ? random_number(name, 1, random) : option.choices.back();
    }
  }
}

/// Draws the keys, and how many heads have them: the usual ones, and in one model of seven others.
inline void keep_keys(Random& random, KeptValues& kept) {
  kept["attention.keys"] = "annotations";
  kept["attention.heads"] = "1";
  if (!random.chance(0.15)) return;
  kept["attention.keys"] = random.chance(0.4) ? "halves" : "projected";
  if (kept["attention.keys"] == "halves" || random.chance(0.4)) return;
  kept["attention.heads"] = random.chance(0.5) ? "2" : "3";
  kept["attention.score"] = random.chance(0.5) ? "dot" : "scaled-dot";
}

/// Draws attention to earlier states, in one model of six.
inline void keep_self_attention(Random& random, KeptValues& kept) {
  const bool looks = random.chance(0.17);
  model::Configuration usual;
  for (const model::Option& option : model::options(usual)) {
    if (!option.name.starts_with("decoder.self_attention")) continue;
    if (!looks) {
      kept[option.name] = option.get();
    } else if (option.choices.empty()) {
      kept[option.name] = random_number(option.name, 3, random);
    } else {
      const bool none = option.name == "decoder.self_attention";  // its first choice
      const std::size_t first = none ? 1 : 0;
      kept[option.name] = option.choices[first + random.below(option.choices.size() - first)];
    }
  }
}

/// Draws the score and the order of a step, the placements, the keys, attention to earlier states,
/// and in two models of five a rare choice: another kind of attention than the soft one, a window,
/// coverage, another normaliser, a division by the past, or copies. Most pairs of them contradict
/// each other. A window or coverage may have another normaliser too, and coverage a division by the
/// past.
inline KeptValues random_kept_values(Random& random) {
  model::Configuration usual;
  KeptValues kept;
  Random young = young_numbers(random);
  keep_placements(random, kept);
  keep_self_attention(random, kept);
  std::vector<std::pair<std::string, std::string>> others;
  for (const model::Option& option : model::options(usual)) {
    if (option.name == "attention.score") {
      kept[option.name] = random_score(option.choices, random);
    } else if (option.name == "decoder.order") {
      kept[option.name] = option.choices[random.below(option.choices.size())];
    } else if (is_rare_choice(option.name)) {
      kept[option.name] = option.get();
      for (const std::string& choice : option.choices) {
        const bool is_young = choice == "stochastic";
        if (choice != option.get() && !is_young) others.emplace_back(option.name, choice);
      }
    }
  }
  keep_keys(random, kept);
  if (random.chance(0.6)) {
    if (young.chance(0.05)) kept["attention.kind"] = "stochastic";
    return kept;
  }
  const auto& [name, value] = others[random.below(others.size())];
  kept[name] = value;
  const bool covers = name == "attention.coverage";
  if (covers && random.chance(0.3)) {
    kept["attention.temporal"] = "past";
  } else if ((covers || name == "attention.window") && random.chance(0.4)) {
    kept["attention.normaliser"] = random.chance(0.5) ? "sparsemax" : "entmax";
  }
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

/// Sets the usual placements, and no copies.
inline void reset_placements(model::Configuration& c) {
  using namespace model;
  c.attention.query = Query::kState;
  c.attention.context_gate = ContextGate::kNone;
  c.attention.fixed_context = FixedContext::kState;
  DecoderConfig& decoder = c.decoder;
  if (decoder.initial_state == InitialState::kContext) decoder.initial_state = InitialState::kLast;
  if (decoder.input_feeding == InputFeeding::kContext) decoder.input_feeding = InputFeeding::kNone;
  decoder.input_layer = InputLayer::kNone;
  decoder.query_layer = QueryLayer::kTop;
  decoder.context_layers = ContextLayers::kBottom;
  decoder.gru_context = GruContext::kOutside;
  decoder.transitions = 0;
  decoder.copy = Copy::kNone;
}

/// Whether any placement is not the usual one.
inline bool has_placements(const model::Configuration& c) {
  using namespace model;
  const DecoderConfig& decoder = c.decoder;
  return c.attention.query != Query::kState || c.attention.context_gate != ContextGate::kNone ||
         c.attention.fixed_context != FixedContext::kState ||
         decoder.input_feeding == InputFeeding::kContext ||
         decoder.input_layer != InputLayer::kNone || decoder.query_layer != QueryLayer::kTop ||
         decoder.context_layers != ContextLayers::kBottom ||
         decoder.gru_context != GruContext::kOutside || decoder.transitions > 0;
}

/// Sets the choices that a decoder without a look forces.
inline void fit_no_look(model::Configuration& c) {
  using namespace model;
  const bool fixed = c.attention.has_fixed_context();
  if (!fixed || c.decoder.order != Order::kLookGenerateUpdate) {
    c.decoder.order = Order::kLookUpdateGenerate;
  }
  c.decoder.input_feeding = InputFeeding::kNone;
  if (fixed) return;
  c.decoder.feedback = Feedback::kPrevious;
  if (c.decoder.initial_state == InitialState::kZero) c.decoder.initial_state = InitialState::kMean;
}

/// Sets the choices that a decoder which copies forces: soft attention to the whole source.
inline void fit_copying(model::Configuration& c) {
  using namespace model;
  if (c.decoder.copy == Copy::kNone) return;
  c.attention.kind = AttentionKind::kSoft;
  c.attention.window = Window::kAll;
  c.attention.normaliser = Normaliser::kSoftmax;
  c.attention.fixed_context = FixedContext::kState;
  if (c.attention.score == "location") c.attention.score = "general";
  if (c.decoder.cell.type == Cell::kNone) c.decoder.cell.type = Cell::kGru;
  if (c.decoder.initial_state == InitialState::kContext) {
    c.decoder.initial_state = InitialState::kLast;
  }
  c.encoder.padding = Padding::kMasked;
}

/// Sets the choices that the kind of attention, its window and its coverage force.
inline void fit_attention(Random& random, model::Configuration& c) {
  using namespace model;
  fit_copying(c);
  AttentionConfig& attention = c.attention;
  const bool usual_look =
      attention.kind == AttentionKind::kSoft && attention.normaliser == Normaliser::kSoftmax &&
      attention.window == Window::kAll && attention.coverage == Coverage::kNone &&
      attention.temporal == Temporal::kNone;
  if (attention.fixed_context == FixedContext::kTanh && usual_look) {
    attention.kind = AttentionKind::kFixed;
  }
  const bool needs_cell =
      (attention.kind != AttentionKind::kSoft && !attention.has_fixed_context()) ||
      attention.window != Window::kAll || has_placements(c);
  if (needs_cell && c.decoder.cell.type == Cell::kNone) {
    c.decoder.cell.type = random.chance(0.5) ? Cell::kGru : Cell::kLstm;
  }
  if (attention.kind == AttentionKind::kMonotonic) {
    attention.energies = Energies::kLinear;
    if (attention.score == "location") attention.score = "general";
  }
  if (attention.moves_by_offsets()) {
    attention.score = "general";
    attention.energies = Energies::kLinear;
    attention.energy_bias = false;
  }
  if (!attention.energy_bias) attention.initial_energy_bias = 0;
  if (attention.is_hard()) fit_hard_attention(c);
  if (!attention.looks()) fit_no_look(c);
  if (attention.score == "location-aware") {
    attention.filter_width |= 1;
    if (attention.window != Window::kAll || attention.is_hard()) attention.score = "general";
  }
  if (attention.coverage != Coverage::kSum) attention.coverage_loss = 0;
  if (attention.coverage == Coverage::kNone) return;
  if (attention.score != "normed-additive" && attention.score != "concat-code" &&
      attention.score != "location-aware") {
    attention.score = "additive";  // the others do not read the coverage
  }
}

/// Sets the choices that a decoder without a cell and one with two cells force.
inline void fit_cells(model::Configuration& c) {
  using namespace model;
  if (c.decoder.readout == Readout::kActivation) {
    if (c.decoder.cell.type != Cell::kNone) c.decoder.readout = Readout::kTanh;
    if (c.decoder.cell.type == Cell::kNone) c.decoder.feedback = Feedback::kNone;
  }
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
  c.decoder.layers = 1;
  if (c.decoder.initial_state == InitialState::kCopy) c.encoder.layers = 1;
}

/// Gives encoder and decoder this cell, if the decoder copies its first states.
inline void fit_cell(model::Configuration& c, model::Cell cell) {
  const bool copies = c.decoder.initial_state == model::InitialState::kCopy;
  for (model::CellConfig* own : {&c.decoder.cell, &c.encoder.cell}) {
    if (own == &c.encoder.cell && !copies) continue;
    own->type = cell;
    if (cell == model::Cell::kLstm) own->bias = model::GruBias::kBoth;
  }
}

/// Sets what is fed to the first update, which needs an order that updates first and, if a layer
/// mixes it with the token, a token.
inline void fit_feeding(Random& random, model::Configuration& c) {
  using namespace model;
  DecoderConfig& decoder = c.decoder;
  const bool two_cells = decoder.order == Order::kUpdateLookUpdate;
  const bool mixes = decoder.input_layer == InputLayer::kLinear;
  const bool reads_readout = decoder.input_feeding == InputFeeding::kReadout;
  if (reads_readout && decoder.order != Order::kUpdateLookGenerate) {
    decoder.input_feeding = InputFeeding::kNone;
  }
  if (mixes) decoder.feedback = Feedback::kPrevious;
  if (mixes && decoder.input_feeding == InputFeeding::kNone) {
    const bool context = two_cells || random.chance(0.5);
    decoder.input_feeding = context ? InputFeeding::kContext : InputFeeding::kReadout;
  }
  if (decoder.input_feeding != InputFeeding::kNone && !two_cells) {
    decoder.order = Order::kUpdateLookGenerate;
  }
}

/// Sets the choices that a context inside the reset gate forces.
inline void fit_inside(model::Configuration& c) {
  using namespace model;
  DecoderConfig& decoder = c.decoder;
  if (decoder.gru_context == GruContext::kOutside) return;
  fit_cell(c, Cell::kGru);
  decoder.cell.reset = GruReset::kAfter;
  decoder.feedback = Feedback::kPrevious;
  decoder.input_feeding = InputFeeding::kNone;
  if (decoder.order != Order::kLookGenerateUpdate) decoder.order = Order::kLookUpdateGenerate;
}

/// Sets the choices that placements force, and drops placements that contradict others.
inline void fit_placements(Random& random, model::Configuration& c) {
  using namespace model;
  AttentionConfig& attention = c.attention;
  DecoderConfig& decoder = c.decoder;
  const bool soft = attention.kind == AttentionKind::kSoft ||
                    attention.kind == AttentionKind::kMonotonic || attention.is_stochastic();
  const bool fixed = attention.has_fixed_context();
  if ((!soft && !fixed) || decoder.cell.type == Cell::kNone) return reset_placements(c);
  if (fixed) {
    const FixedContext context = attention.fixed_context;
    const ContextLayers layers = decoder.context_layers;
    const GruContext place = decoder.gru_context;
    reset_placements(c);
    attention.fixed_context = context;
    decoder.context_layers = layers;
    decoder.gru_context = place;
    if (random.chance(0.3)) decoder.initial_state = InitialState::kContext;
    return fit_inside(c);
  }
  attention.fixed_context = FixedContext::kState;
  if (decoder.initial_state == InitialState::kContext) decoder.initial_state = InitialState::kLast;
  if (decoder.transitions > 0) decoder.order = Order::kUpdateLookUpdate;
  fit_feeding(random, c);
  const bool updates_first = decoder.transitions > 0 ||
                             decoder.input_feeding == InputFeeding::kContext ||
                             decoder.input_layer == InputLayer::kLinear;
  if (updates_first) decoder.gru_context = GruContext::kOutside;
  if (decoder.gru_context == GruContext::kInside) attention.query = Query::kState;
  if (attention.query == Query::kStateAndCell) {
    fit_cell(c, Cell::kLstm);
    attention.score = "additive";
  }
  fit_inside(c);
  const bool chooses_layers =
      decoder.query_layer == QueryLayer::kBottom || decoder.context_layers == ContextLayers::kAll;
  if (!chooses_layers || decoder.order == Order::kUpdateLookUpdate) return;
  if (decoder.order == Order::kUpdateLookGenerate) decoder.query_layer = QueryLayer::kBottom;
  if (decoder.layers < 2) decoder.layers = 2;
  if (decoder.initial_state == InitialState::kCopy && c.encoder.layers < 2) c.encoder.layers = 2;
}

/// Sets the choices that keys and heads force, and drops those that contradict others.
inline void fit_keys(model::Configuration& c) {
  using namespace model;
  AttentionConfig& attention = c.attention;
  const bool is_dot = attention.score == "dot" || attention.score == "scaled-dot";
  const bool copies = c.decoder.initial_state == InitialState::kCopy;
  const bool halves = attention.keys == Keys::kHalves;
  if (!attention.looks() || attention.score == "location" || (halves && copies && is_dot)) {
    attention.keys = Keys::kAnnotations;
  }
  if (attention.keys == Keys::kHalves && c.encoder.annotation_units() % 2 != 0) ++c.encoder.units;
  const bool several = attention.keys == Keys::kProjected && is_dot &&
                       attention.kind == AttentionKind::kSoft &&
                       attention.temporal == Temporal::kNone;
  if (!several) attention.heads = 1;
  // The direction of one number is its sign, whose gradient is 0 but for rounding.
  if (attention.score == "cosine" && attention.key_units == 1) attention.key_units = 2;
}

inline void reset_self_attention(model::Configuration& c) {
  c.decoder.self_attention = model::SelfAttention::kNone;
  c.decoder.self_attention_window = 0;
  c.decoder.self_attention_parts = model::StateParts::kWhole;
}

/// Sets what attention to earlier states forces, or drops it where it contradicts others.
inline void fit_self_attention(model::Configuration& c) {
  using namespace model;
  const bool fits =
      c.decoder.cell.type != Cell::kNone && c.decoder.order != Order::kLookGenerateUpdate;
  if (!fits || c.decoder.self_attention == SelfAttention::kNone) return reset_self_attention(c);
  if (c.decoder.readout == Readout::kNone) c.decoder.readout = Readout::kTanh;
}

/// Makes the state divisible into its parts, or leaves it whole if its size is forced.
inline void fit_state_parts(model::Configuration& c, bool forced) {
  using model::StateParts;
  const StateParts kind = c.decoder.self_attention_parts;
  const int parts = kind == StateParts::kWhole ? 1 : kind == StateParts::kKeyValue ? 2 : 3;
  if (c.decoder.units % parts == 0) return;
  if (forced) {
    c.decoder.self_attention_parts = StateParts::kWhole;
  } else {
    c.decoder.units += parts - c.decoder.units % parts;
  }
}

/// Sets what the sum of both directions forces, or drops it where the decoder reads last states.
inline void fit_join(model::Configuration& c) {
  using namespace model;
  if (c.encoder.join == Join::kConcatenate) return;
  const InitialState first = c.decoder.initial_state;
  const bool reads_last = first == InitialState::kBackward || first == InitialState::kLast ||
                          first == InitialState::kCopy || c.attention.kind == AttentionKind::kFixed;
  if (reads_last || c.encoder.direction != Direction::kBidirectional) {
    c.encoder.join = Join::kConcatenate;
  }
}

/// Sets what several levels force.
inline void fit_levels(model::Configuration& c) {
  if (c.encoder.levels == 1) return;
  c.source.end_token = false;
  c.source.fixed_length = 0;
  c.encoder.padding = model::Padding::kMasked;
  c.encoder.reverse = model::Reverse::kAll;
  c.attention.end_token = model::EndToken::kVisible;
  c.decoder.copy = model::Copy::kNone;
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
  const bool is_dot = (c.attention.score == "dot" || c.attention.score == "scaled-dot") &&
                      c.attention.keys != Keys::kProjected;
  if (copies || is_dot) c.decoder.units = is_dot ? c.key_units() : c.encoder.annotation_units();
  fit_state_parts(c, copies || is_dot);
  // The direction of one number is its sign, whose gradient is 0 but for rounding.
  if (c.attention.score == "normed-additive" && c.attention.units == 1) c.attention.units = 2;
  if (c.decoder.ties_output()) {
    c.decoder.embedding =
        c.decoder.readout == Readout::kNone ? c.decoder.units : c.decoder.readout_units;
  }
  if (!c.decoder.shares_source_embedding()) return;
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

/// Sets what stochastic attention, the doubly stochastic cost and a readout to which E y_{i-1} is
/// added force. Sources are texts: tests of pictures have configurations of their own.
inline void fit_captions(model::Configuration& c) {
  using namespace model;
  AttentionConfig& attention = c.attention;
  DecoderConfig& decoder = c.decoder;
  c.encoder.kind = EncoderKind::kRecurrent;
  c.encoder.bag_of_words = false;
  if (!attention.looks() || attention.is_hard()) attention.doubly_stochastic = 0;
  if (attention.is_stochastic()) attention.window = Window::kAll;
  if (decoder.feedback == Feedback::kSum) decoder.feedback = Feedback::kPrevious;
  if (decoder.readout_feedback != Feedback::kSum) return;
  const bool fits = decoder.readout == Readout::kTanh || decoder.readout == Readout::kLinear;
  if (!fits || decoder.feedback == Feedback::kNone || attention.is_hard()) {
    decoder.readout_feedback = Feedback::kPrevious;
  } else {
    decoder.embedding = decoder.readout_units;
  }
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
  Random young = young_numbers(random);
  const auto draw = [&](const model::Option& option, std::size_t choices, Random& numbers) {
    return choices == 0 ? random_number(option.name, largest, numbers)
                        : option.choices[numbers.below(choices)];
  };
  for (const model::Option& option : options) {
    if (!is_of_the_network(option.name)) continue;
    const auto found = kept.find(option.name);
    const auto is_young = young_options().find(option.name);
    if (found != kept.end()) {
      option.set(found->second);
    } else if (is_young == young_options().end()) {
      option.set(draw(option, option.choices.size(), random));
    } else {
      if (is_young->second > 0) option.set(draw(option, is_young->second, random));
      const bool changes = is_young->second == 0 || young.chance(0.1);
      if (changes) option.set(draw(option, option.choices.size(), young));
    }
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
    fit_placements(random, c);
    fit_cells(c);
    fit_keys(c);
    fit_self_attention(c);
    fit_join(c);
    fit_levels(c);
    fit_captions(c);
    fit_sizes(random, c);
    if (random.chance(0.3) && c.decoder.copy == model::Copy::kNone) {
      c.target.end_token = false;
      c.target.fixed_length = 1 + static_cast<int>(random.below(6));
    }
    fit_targets(c);
    if (is_valid(c)) return c;
  }
  throw CheckFailure("no random configuration is valid");
}

}  // namespace attend::testing

// The models whose gradients gradient_test.cc compares with central differences. Each is a change
// of small_configuration().
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fixtures.h"
#include "look_cases.h"
#include "model/model.h"
#include "random_configuration.h"

namespace attend::network {

using model::Configuration;

struct Case {
  std::string name;
  std::function<void(Configuration&)> change;
};

inline void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

// Adds a case for every score in every order (§1.4, §1.5).
inline void add_score_cases(std::vector<Case>& list) {
  using namespace model;
  for (const std::string& score : testing::choices_of("attention.score")) {
    for (const Order order :
         {Order::kLookUpdateGenerate, Order::kLookGenerateUpdate, Order::kUpdateLookGenerate}) {
      for (const Cell cell : {Cell::kGru, Cell::kLstm}) {
        list.push_back({testing::name_of_choice(score) +
                            (order == Order::kUpdateLookGenerate   ? "_update_first"
                             : order == Order::kLookGenerateUpdate ? "_generate_first"
                                                                   : "") +
                            (cell == Cell::kLstm ? "_lstm" : "_gru"),
                        [score, order, cell](Configuration& c) {
                          c.attention.score = score;
                          c.attention.maximum_source = 3;  // some sources are longer
                          c.decoder.order = order;
                          c.decoder.cell.type = cell;
                          if (score.ends_with("dot")) c.decoder.units = 8;
                        }});
      }
    }
  }
}

// Adds cases that look in different ways.
inline void add_look_cases(std::vector<Case>& list) {
  for (const auto& [name, settings] : testing::look_cases()) {
    list.push_back(
        {name, [settings = settings](Configuration& c) { model::set_options(c, settings); }});
  }
}

// Adds cases with input feeding (§6.4).
inline void add_feeding_cases(std::vector<Case>& list) {
  using namespace model;
  for (const auto& [name, readout] : {std::pair{"tanh", Readout::kTanh},
                                      {"maxout", Readout::kMaxout},
                                      {"linear", Readout::kLinear}}) {
    for (const Feedback seen : {Feedback::kPrevious, Feedback::kNone}) {
      for (const Feedback feedback : {Feedback::kPrevious, Feedback::kNone}) {
        list.push_back({std::string("fed_") + name +
                            (seen == Feedback::kNone ? "_readout_of_two" : "") +
                            (feedback == Feedback::kNone ? "_no_feedback" : ""),
                        [readout, seen, feedback](Configuration& c) {
                          c.attention.score = "general";
                          c.decoder.order = Order::kUpdateLookGenerate;
                          c.decoder.input_feeding = InputFeeding::kReadout;
                          c.decoder.readout = readout;
                          c.decoder.readout_feedback = seen;
                          c.decoder.feedback = feedback;
                        }});
      }
    }
  }
}

// Adds cases in which first states are copied layer by layer (§6.1).
inline void add_copying_cases(std::vector<Case>& list) {
  using namespace model;
  for (const Direction direction :
       {Direction::kBidirectional, Direction::kForward, Direction::kBackward}) {
    for (const Cell cell : {Cell::kGru, Cell::kLstm}) {
      list.push_back({std::string("copied_") +
                          (direction == Direction::kForward    ? "forward"
                           : direction == Direction::kBackward ? "backward"
                                                               : "both") +
                          (cell == Cell::kLstm ? "_lstm" : "_gru"),
                      [direction, cell](Configuration& c) {
                        c.encoder.direction = direction;
                        c.encoder.cell.type = c.decoder.cell.type = cell;
                        c.encoder.layers = c.decoder.layers = 2;
                        c.decoder.units = c.encoder.annotation_units();
                        c.decoder.initial_state = InitialState::kCopy;
                      }});
    }
  }
}

inline void add_luong_cases(std::vector<Case>& list) {
  using namespace model;
  add_score_cases(list);
  add_feeding_cases(list);
  add_copying_cases(list);
  list.push_back({"luong", [](Configuration& c) {
                    c = preset("luong");
                    c.training.label_smoothing = 0;
                    c.encoder.layers = c.decoder.layers = 2;
                    c.encoder.units = c.decoder.units = 4;
                    c.encoder.embedding = c.decoder.embedding = 3;
                    c.decoder.readout_units = 5;
                  }});
  list.push_back({"relu_dot", [](Configuration& c) {
                    c.attention.score = "dot";
                    c.attention.energies = Energies::kRelu;
                    c.attention.energy_bias = true;
                    c.decoder.units = 8;
                  }});
}

inline std::vector<Case> cases() {
  using namespace model;
  std::vector<Case> list{{"default", [](Configuration&) {}}};
  for (const Cell cell : {Cell::kGru, Cell::kLstm}) {
    for (const GruReset reset : {GruReset::kBefore, GruReset::kAfter}) {
      for (const GruUpdate update : {GruUpdate::kNew, GruUpdate::kOld}) {
        for (const Gates gates : {Gates::kLogistic, Gates::kHard}) {
          for (const bool norm : {false, true}) {
            if (cell == Cell::kLstm && (reset == GruReset::kAfter || update == GruUpdate::kOld)) {
              continue;
            }
            const CellConfig config{cell, reset, update, gates};
            std::string name = cell == Cell::kLstm ? "lstm" : "gru";
            if (cell == Cell::kGru) {
              name += reset == GruReset::kBefore ? "_before" : "_after";
              name += update == GruUpdate::kNew ? "_new" : "_old";
            }
            name += gates == Gates::kHard ? "_hard" : "";
            name += norm ? "_norm" : "";
            list.push_back({name, [config, norm](Configuration& c) {
                              c.encoder.cell = c.decoder.cell = config;
                              c.encoder.layer_norm = norm;
                            }});
          }
        }
      }
    }
  }
  for (const auto& [name, state] : {std::pair{"zero", InitialState::kZero},
                                    {"backward", InitialState::kBackward},
                                    {"mean", InitialState::kMean},
                                    {"last", InitialState::kLast}}) {
    list.push_back({std::string("initial_") + name, [state](Configuration& c) {
                      c.decoder.initial_state = state;
                      c.decoder.cell.type = Cell::kLstm;
                    }});
  }
  for (const auto& [name, readout] : {std::pair{"none", Readout::kNone},
                                      {"tanh", Readout::kTanh},
                                      {"maxout", Readout::kMaxout},
                                      {"linear", Readout::kLinear}}) {
    for (const Order order : {Order::kLookUpdateGenerate, Order::kLookGenerateUpdate}) {
      for (const Feedback feedback : {Feedback::kPrevious, Feedback::kNone}) {
        list.push_back({std::string("readout_") + name +
                            (order == Order::kLookGenerateUpdate ? "_generate_first" : "") +
                            (feedback == Feedback::kNone ? "_no_feedback" : ""),
                        [readout, order, feedback](Configuration& c) {
                          c.decoder.readout = readout;
                          c.decoder.order = order;
                          c.decoder.feedback = feedback;
                        }});
      }
    }
  }
  list.push_back({"relu_energies", [](Configuration& c) {
                    c.attention.energies = Energies::kRelu;
                    c.attention.energy_bias = true;
                  }});
  list.push_back({"one_hot", [](Configuration& c) { c.encoder.embedding = 0; }});
  list.push_back({"visible_padding", [](Configuration& c) {
                    c.encoder.padding = Padding::kVisible;
                    c.source.fixed_length = 5;
                  }});
  list.push_back({"layers", [](Configuration& c) {
                    c.encoder.layers = 2;
                    c.decoder.layers = 3;
                    c.decoder.cell.type = Cell::kLstm;
                  }});
  list.push_back({"tied_target", [](Configuration& c) {
                    c.decoder.embedding = c.decoder.readout_units = 5;
                    c.decoder.tied_embeddings = TiedEmbeddings::kTarget;
                  }});
  list.push_back({"tied_all", [](Configuration& c) {
                    c.decoder.embedding = c.decoder.readout_units = c.encoder.embedding = 5;
                    c.decoder.tied_embeddings = TiedEmbeddings::kAll;
                    c.shared_vocabulary = true;
                  }});
  for (const auto& [name, direction] :
       {std::pair{"forward", Direction::kForward}, {"backward", Direction::kBackward}}) {
    for (const InitialState state : {InitialState::kMean, InitialState::kLast}) {
      list.push_back({std::string(name) + (state == InitialState::kMean ? "_mean" : "_last"),
                      [direction, state](Configuration& c) {
                        c.encoder.direction = direction;
                        c.encoder.layers = 2;
                        c.encoder.layer_norm = state == InitialState::kMean;
                        c.decoder.initial_state = state;
                      }});
    }
  }
  list.push_back({"backward_first", [](Configuration& c) {
                    c.encoder.direction = Direction::kBackward;
                    c.decoder.initial_state = InitialState::kBackward;
                  }});
  add_luong_cases(list);
  add_look_cases(list);
  list.push_back({"label_smoothing", [](Configuration& c) { c.training.label_smoothing = 0.2; }});
  return list;
}

/// Models whose context, query or further cells have other places than the usual ones (§1.6, §3,
/// §4.6), and models that copy (§13.4).
inline std::vector<Case> placement_cases() {
  std::vector<Case> list;
  const auto add = [&](const char* name, const std::vector<std::string>& settings) {
    list.push_back({name, [settings](Configuration& c) { model::set_options(c, settings); }});
  };
  const std::string updates_first = "decoder.order=update-look-generate";
  const std::string generates_first = "decoder.order=look-generate-update";
  const std::string two_cells = "decoder.order=update-look-update";
  const std::string fed = "decoder.input_feeding=context", mixed = "decoder.input_layer=linear";
  const std::string after = "decoder.gru_reset=after", inside = "decoder.gru_context=inside";
  const std::string bottom = "decoder.query_layer=bottom", all = "decoder.context_layers=all";
  const std::string layers = "decoder.layers=2", lstm = "decoder.cell=lstm";
  const std::string fixed = "attention.kind=fixed";
  add("context_fed", {updates_first, fed});
  add("context_mixed", {updates_first, fed, mixed, lstm});
  add("readout_mixed", {updates_first, "decoder.input_feeding=readout", mixed});
  add("context_fed_to_two_cells", {two_cells, fed, mixed});
  add("further_cells", {two_cells, after, "decoder.gru_bias=outside", "decoder.transitions=2"});
  add("further_cells_with_both_biases",
      {two_cells, after, "decoder.second_gru_bias=both", "decoder.transitions=1"});
  add("further_lstm_cells", {two_cells, lstm, "decoder.transitions=1"});
  add("inside", {inside, after});
  add("inside_in_all_layers", {inside, after, generates_first, layers, all});
  add("fixed_generate_first", {fixed, generates_first});
  add("fixed_inside",
      {fixed, inside, after, "attention.fixed_context=tanh", "decoder.initial_state=context"});
  add("fixed_in_all_layers", {fixed, layers, all, "attention.fixed_context=tanh"});
  add("bottom_query", {bottom, all, layers, lstm});
  add("bottom_query_generate_first", {bottom, layers, generates_first});
  add("bottom_query_update_first", {bottom, all, "decoder.layers=3", updates_first, fed});
  add("bottom_query_without_readout", {bottom, all, layers, updates_first, "decoder.readout=none"});
  add("query_of_state_and_cell", {"attention.query=state-and-cell", lstm, two_cells});
  add("context_gate", {"attention.context_gate=scalar", updates_first});
  add("tied_inputs", {"decoder.tied_embeddings=inputs", "shared_vocabulary=true",
                      "encoder.embedding=5", "decoder.embedding=5"});
  const std::string copies = "decoder.copy=pointer";
  for (const std::string& order : testing::choices_of("decoder.order")) {
    list.push_back({"copies_" + testing::name_of_choice(order), [=](Configuration& c) {
                      model::set_options(c, std::vector{copies, "decoder.order=" + order});
                    }});
  }
  add("copies_with_coverage", {copies, updates_first, fed, mixed, lstm, "decoder.start=own",
                               "attention.query=state-and-cell", "attention.coverage=sum"});
  add("copies_without_feedback", {copies, "decoder.feedback=none"});
  add("copies_and_starts_with_the_end", {copies, "decoder.start=end"});
  return list;
}

// Models that answer with a label, and random decoders over sentences (§8, §9).
inline std::vector<Case> level_cases() {
  using namespace model;
  std::vector<Case> list;
  const auto add = [&](const std::string& name, std::function<void(Configuration&)> change) {
    list.push_back({name, [change = std::move(change)](Configuration& c) {
                      c.source.end_token = c.target.end_token = false;
                      c.target.fixed_length = 1;
                      c.decoder.cell.type = Cell::kNone;
                      c.decoder.feedback = Feedback::kNone;
                      c.decoder.initial_state = InitialState::kZero;
                      c.decoder.readout = Readout::kNone;
                      c.encoder.pooling_units = 5;
                      c.attention.score = "learned-query";
                      change(c);
                    }});
  };
  for (const int levels : {1, 2, 3}) {
    for (const auto& [name, pooling, kind] :
         {std::tuple{"attention", Pooling::kAttention, AttentionKind::kSoft},
          {"mean", Pooling::kMean, AttentionKind::kMean},
          {"max", Pooling::kMax, AttentionKind::kMax}}) {
      add(std::string(name) + "_" + std::to_string(levels), [=](Configuration& c) {
        c.encoder.levels = levels;
        c.encoder.pooling = pooling;
        c.attention.kind = kind;
      });
    }
  }
  add("last", [](Configuration& c) { c.attention.kind = AttentionKind::kFixed; });
  add("sum_of_lstms", [](Configuration& c) {
    c.encoder.cell.type = Cell::kLstm;
    c.encoder.join = Join::kSum;
    c.encoder.layers = 2;
    c.attention.score = "linear-pooling";
    c.decoder.readout = Readout::kActivation;
  });
  add("deep_levels", [](Configuration& c) {
    c.encoder.levels = 2;
    c.encoder.layers = 2;
    c.encoder.embedding = 0;
    c.encoder.layer_norm = true;
  });
  for (const int levels : {1, 3}) {
    add("ngrams_" + std::to_string(levels), [levels](Configuration& c) {
      c.encoder.levels = levels;
      c.encoder.ngrams = 6;
    });
  }
  add("position_embeddings", [](Configuration& c) {
    c.encoder.position_units = 2;
    c.encoder.position_reach = 3;
  });
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    list.push_back(
        {"decoder_" + std::to_string(seed), [seed](Configuration& c) {
           Random random(seed + 100);
           const std::string levels = std::to_string(2 + seed % 2);
           c = attend::testing::random_configuration(random, 20, {{"encoder.levels", levels}});
         }});
  }
  return list;
}

/// Models that read pictures (§7).
inline std::vector<Case> picture_cases() {
  using namespace model;
  std::vector<Case> list;
  for (const EncoderKind kind : {EncoderKind::kConvolutional, EncoderKind::kFeatures}) {
    const std::string name = kind == EncoderKind::kFeatures ? "features" : "convolutions";
    const auto add = [&](const std::string& what, std::vector<std::string> settings) {
      list.push_back({name + "_" + what, [kind, settings](Configuration& c) {
                        c = testing::picture_configuration(kind);
                        set_options(c, settings);
                      }});
    };
    add("plain", {});
    add("captioner", {"attention.context_gate=scalar", "decoder.cell=lstm", "decoder.embedding=7",
                      "decoder.readout_feedback=sum", "attention.doubly_stochastic=0.7",
                      "training.batch_size=3"});
    add("linear_readout",
        {"decoder.embedding=7", "decoder.readout_feedback=sum", "decoder.readout=linear",
         "attention.doubly_stochastic=0.4", "attention.doubly_stochastic_scale=code"});
    add("mean", {"attention.kind=mean"});
    // What is drawn has no gradient; of its costs the entropy has one.
    add("stochastic",
        {"attention.kind=stochastic", "attention.reward_weight=0", "attention.entropy_weight=0.3"});
  }
  list.push_back({"convolutions_in_blocks", [](Configuration& c) {
                    c = testing::picture_configuration(EncoderKind::kConvolutional);
                    c.encoder.layers = 2;
                    c.encoder.groups = 1;
                  }});
  return list;
}

}  // namespace attend::network

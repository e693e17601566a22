// Compares gradients with central differences, in double, for every part of the models.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fixtures.h"
#include "look_cases.h"
#include "network/network.h"
#include "random_configuration.h"

namespace attend::network {
namespace {

using model::Configuration;
using testing::choices_of;
using testing::name_of_choice;
using testing::pointers;
using testing::random_examples;
using testing::small_configuration;

struct Case {
  std::string name;
  std::function<void(Configuration&)> change;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

// Draws random values to replace the initial ones, so that no tensor is zero. A random point is not
// expected to be at a kink of relu or of hard gates.
Tensor random_values(std::int64_t size, double scale) {
  Random random(7);
  const Tensor values = at::empty({size}, at::kDouble);
  for (std::int64_t i = 0; i < size; ++i) {
    values.data_ptr<double>()[i] = scale * (2 * random.uniform() - 1);
  }
  return values;
}

double cost_at(const Network& network, const Batch& batch) {
  const at::NoGradGuard no_gradient;
  return network.cost(batch, nullptr).cost.item<double>();
}

// Whether the cost has kinks or jumps: hard gates, energies with relu, weights that become 0,
// maxout, windows, which move by whole positions, and the smaller of two numbers in the cost of
// coverage.
bool has_kinks(const Configuration& c) {
  return c.encoder.cell.gates == model::Gates::kHard ||
         c.decoder.cell.gates == model::Gates::kHard ||
         c.attention.energies == model::Energies::kRelu ||
         c.attention.normaliser != model::Normaliser::kSoftmax ||
         c.decoder.readout == model::Readout::kMaxout ||
         c.attention.window == model::Window::kPredicted || c.attention.coverage_loss > 0;
}

class Gradients : public ::testing::TestWithParam<Case> {};

// The test bounds the relative error of the derivatives along the coordinate axes. It covers every
// value of small tensors and a sample of large ones. The difference is extrapolated (Richardson),
// so that its own error is far below the tolerance.
TEST_P(Gradients, EqualCentralDifferences) {
  Configuration configuration = small_configuration();
  GetParam().change(configuration);
  model::check(configuration);
  const bool visible = configuration.encoder.padding == model::Padding::kVisible;
  const model::VocabularySizes sizes{8, configuration.shared_vocabulary ? 8 : 9};
  const Layout layout(model::parameter_table(configuration, sizes));
  const Tensor values = random_values(layout.size(), 0.7);
  Leaves leaves(layout, values);
  const Network network(configuration, leaves.tensors, std::make_shared<PlainOperations>());
  auto examples = random_examples(3, sizes, 5, 4, 11);
  if (visible) {
    for (Example& example : examples) example.source.tokens.resize(5, 0);
  }
  const Batch batch = make_batch(pointers(examples), values.options());
  network.cost(batch, nullptr).cost.backward();

  Tensor flat = values;
  double* position = flat.data_ptr<double>();
  const double* gradient = leaves.gradient.data_ptr<double>();
  Random random(3);
  double scale = leaves.gradient.abs().max().item<double>();
  ASSERT_GT(scale, 0);
  for (std::size_t tensor = 0; tensor < layout.table().size(); ++tensor) {
    const model::TensorSpec& spec = layout.table()[tensor];
    const std::int64_t offset = layout.offsets()[tensor];
    const std::int64_t count = std::min<std::int64_t>(spec.count(), 8);
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t index =
          offset +
          (count == spec.count()
               ? k
               : static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(spec.count()))));
      const double saved = position[index];
      const auto difference = [&](double step) {
        position[index] = saved + step;
        const double above = cost_at(network, batch);
        position[index] = saved - step;
        const double below = cost_at(network, batch);
        position[index] = saved;
        return (above - below) / (2 * step);
      };
      double expected = 0;
      const auto error_at = [&](double step) {
        expected = (4 * difference(step) - difference(2 * step)) / 3;
        return std::abs(gradient[index] - expected) /
               std::max({std::abs(expected), std::abs(gradient[index]), 1e-3});
      };
      double error = error_at(1e-4);
      // A kink within the distance spoils the difference; a tenth of the distance leaves it out.
      if (error > 1e-6 && has_kinks(configuration)) error = error_at(1e-5);
      EXPECT_LE(error, 1e-6) << spec.name << " value " << index - offset << ": " << gradient[index]
                             << " against " << expected;
    }
  }
}

// Adds a case for every score in every order (§1.4, §1.5).
void add_score_cases(std::vector<Case>& list) {
  using namespace model;
  for (const std::string& score : choices_of("attention.score")) {
    for (const Order order :
         {Order::kLookUpdateGenerate, Order::kLookGenerateUpdate, Order::kUpdateLookGenerate}) {
      for (const Cell cell : {Cell::kGru, Cell::kLstm}) {
        list.push_back({name_of_choice(score) +
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
void add_look_cases(std::vector<Case>& list) {
  for (const auto& [name, settings] : testing::look_cases()) {
    list.push_back(
        {name, [settings = settings](Configuration& c) { model::set_options(c, settings); }});
  }
}

// Adds cases with input feeding (§6.4).
void add_feeding_cases(std::vector<Case>& list) {
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
void add_copying_cases(std::vector<Case>& list) {
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

void add_luong_cases(std::vector<Case>& list) {
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

std::vector<Case> cases() {
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

INSTANTIATE_TEST_SUITE_P(Models, Gradients, ::testing::ValuesIn(cases()),
                         [](const auto& one) { return one.param.name; });

// Makes random models, which combine choices that the other cases do not combine.
std::vector<Case> random_cases() {
  std::vector<Case> list;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    list.push_back({"seed_" + std::to_string(seed), [seed](Configuration& c) {
                      Random random(seed);
                      c = attend::testing::random_configuration(random);
                      c.source.fixed_length = c.source.fixed_length > 0 ? 5 : 0;
                    }});
  }
  return list;
}

INSTANTIATE_TEST_SUITE_P(RandomModels, Gradients, ::testing::ValuesIn(random_cases()),
                         [](const auto& one) { return one.param.name; });

Configuration fed_configuration() {
  Configuration c = small_configuration();
  c.decoder.order = model::Order::kUpdateLookGenerate;
  c.decoder.input_feeding = model::InputFeeding::kReadout;
  c.decoder.initial_state = model::InitialState::kCopy;
  c.decoder.units = c.encoder.annotation_units();
  return c;
}

class DropoutGradients : public ::testing::TestWithParam<std::tuple<bool, bool>> {};

// With dropout the cost is still a function of the parameters alone, because every pass draws its
// masks from one seed.
TEST_P(DropoutGradients, EqualCentralDifferences) {
  const auto [variational, fed] = GetParam();
  Configuration configuration = fed ? fed_configuration() : small_configuration();
  configuration.encoder.layers = configuration.decoder.layers = 2;
  configuration.training.dropout = {0.3, 0.3, 0.3, 0.3, 0.3, variational};
  const model::VocabularySizes sizes{8, 9};
  const Layout layout(model::parameter_table(configuration, sizes));
  const Tensor values = random_values(layout.size(), 0.7);
  Leaves leaves(layout, values);
  const Network network(configuration, leaves.tensors, std::make_shared<PlainOperations>());
  const auto examples = random_examples(3, sizes, 5, 4, 11);
  const Batch batch = make_batch(pointers(examples), values.options());
  const auto cost = [&] {
    Dropout dropout(configuration.training.dropout, 5, 6, 0);
    return network.cost(batch, &dropout).cost;
  };
  cost().backward();
  const Tensor direction = random_values(layout.size(), 1.0).flip(0);
  const double slope = (leaves.gradient * direction).sum().item<double>();
  const at::NoGradGuard no_gradient;
  const auto difference = [&](double step) {
    values.add_(direction, step);
    const double above = cost().item<double>();
    values.sub_(direction, 2 * step);
    const double below = cost().item<double>();
    values.add_(direction, step);
    return (above - below) / (2 * step);
  };
  const double expected = (4 * difference(1e-5) - difference(2e-5)) / 3;
  EXPECT_NEAR(slope / expected, 1.0, 1e-6);
}

INSTANTIATE_TEST_SUITE_P(VariationalAndFed, DropoutGradients,
                         ::testing::Combine(::testing::Bool(), ::testing::Bool()));

}  // namespace
}  // namespace attend::network

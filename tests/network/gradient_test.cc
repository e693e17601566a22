// Compares gradients with central differences, in double, for every part of the models.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "fixtures.h"
#include "gradient_cases.h"
#include "network/network.h"
#include "random_configuration.h"

namespace attend::network {
namespace {

using testing::pointers;
using testing::random_examples;
using testing::small_configuration;

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
  const bool takes_largest = (c.encoder.levels > 1 && c.encoder.pooling == model::Pooling::kMax) ||
                             c.attention.kind == model::AttentionKind::kMax;
  const bool convolves = c.encoder.kind == model::EncoderKind::kConvolutional;  // with ReLU
  return takes_largest || convolves || c.attention.is_stochastic() ||
         c.encoder.cell.gates == model::Gates::kHard ||
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
  auto examples = configuration.encoder.reads_pictures()
                      ? testing::random_pictures(3, configuration, sizes.target, 4, 11)
                      : random_examples(3, sizes, 5, 4, 11);
  if (visible) {
    for (Example& example : examples) example.source.tokens.resize(5, 0);
  }
  if (configuration.decoder.copy != model::Copy::kNone) {
    testing::add_random_copies(examples, sizes.target, 5);
  }
  testing::add_random_borders(examples, configuration.encoder.levels, 7);
  testing::add_random_entities(examples, configuration.encoder, 9);
  testing::add_random_ngrams(examples, configuration.encoder, 10);
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

INSTANTIATE_TEST_SUITE_P(Models, Gradients, ::testing::ValuesIn(cases()),
                         [](const auto& one) { return one.param.name; });
INSTANTIATE_TEST_SUITE_P(Pictures, Gradients, ::testing::ValuesIn(picture_cases()),
                         [](const auto& one) { return one.param.name; });
INSTANTIATE_TEST_SUITE_P(Placements, Gradients, ::testing::ValuesIn(placement_cases()),
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
INSTANTIATE_TEST_SUITE_P(Levels, Gradients, ::testing::ValuesIn(level_cases()),
                         [](const auto& one) { return one.param.name; });

// The costs of single examples have factors.
TEST(WeightedGradients, AreThoseOfTheCostsTimesTheirFactors) {
  const Configuration configuration = small_configuration();
  const model::VocabularySizes sizes{8, 9};
  const Layout layout(model::parameter_table(configuration, sizes));
  const Tensor values = random_values(layout.size(), 0.7);
  auto examples = random_examples(3, sizes, 5, 4, 11);
  const auto gradient_of = [&](std::vector<Example> some) {
    Leaves leaves(layout, values);
    const Network network(configuration, leaves.tensors, std::make_shared<PlainOperations>());
    network.cost(make_batch(pointers(some), values.options()), nullptr).cost.backward();
    return leaves.gradient.clone();
  };
  const Tensor expected = 2.5 * gradient_of({examples[0]}) + 0.5 * gradient_of({examples[1]}) +
                          gradient_of({examples[2]});
  examples[0].weight = 2.5F;
  examples[1].weight = 0.5F;
  EXPECT_LT((gradient_of(examples) - expected).abs().max().item<double>(), 1e-12);
}

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

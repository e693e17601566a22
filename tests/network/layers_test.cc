// Compares layers with the golden vectors of §16, and tests dropout.
#include "network/layers.h"

#include <gtest/gtest.h>

#include "model/attention/mechanism.h"
#include "network/dropout.h"
#include "network/network.h"

namespace attend::network {
namespace {

Tensor tensor(std::vector<double> values, at::IntArrayRef shape) {
  return at::tensor(values, at::kDouble).view(shape);
}

void expect_values(const Tensor& found, const std::vector<double>& expected) {
  const Tensor flat = found.contiguous().view(-1);
  ASSERT_EQ(flat.numel(), static_cast<std::int64_t>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(flat[static_cast<std::int64_t>(i)].item<double>(), expected[i], 1e-6) << i;
  }
}

// One step of attention with a given query over annotations [1, source_length, 2], as a step
// program in double.
struct Look {
  Tensor energies, alignment, context;
};

struct GoldenAttention {
  std::string score = "additive";
  Tensor annotations = tensor({1, 0, 0, 1, .5, -.5}, {1, 3, 2});
  Tensor mask;  // as in ProgramInputs
  bool relu = false;
  double energy_bias = 0;

  Look look() const {
    model::Configuration c;
    c.attention.score = score;
    c.attention.units = c.decoder.units = 2;
    step::Builder b({.annotation_units = 2, .encoder_units = 2, .target_vocabulary = 1},
                    step::Initialization::kGlorot);
    const step::Value h = b.annotations("");
    step::Value energies =
        model::mechanism(c.attention).energies(b, c, {b.first_backward(), h, {}});
    energies = b.add(energies, b.parameter("attention.energy_bias", 1, "b_e"));
    if (relu) energies = b.relu(energies);
    const step::Value alignment = b.softmax(energies);
    const step::Value context = b.weighted_sum(alignment, h);
    for (const step::Value value : {energies, alignment, context}) {
      b.observe("", value, step::Over::kSource);
    }
    b.output({context, "output.weight", "output.bias"});
    const bool general = score == "general";  // W is the additive score's query weight
    const Tensors tensors{
        {"attention.query_weight", tensor({.5, -.3, .1, .2}, {2, 2})},
        {"attention.annotation_weight",
         general ? tensor({.5, -.3, .1, .2}, {2, 2}) : tensor({.2, .1, -.4, .3}, {2, 2})},
        {"attention.bias", tensor({0, 0}, {2})},
        {"attention.energy_weight", tensor({1, -.5}, {2})},
        {"attention.energy_bias", tensor({energy_bias}, {1})}};
    ProgramInputs inputs;
    inputs.steps = 1;
    inputs.annotations = annotations;
    inputs.mask = mask;
    inputs.first_backward = tensor({.3, -.7}, {1, 2});
    PlainOperations operations;
    const auto found = StepProgram(b.finish()).run(tensors, operations, inputs).observations;
    return {found[0], found[1], found[2]};
  }
};

TEST(Attention, EqualsTheGoldenVectors) {
  const Look look = GoldenAttention().look();
  expect_values(look.energies, {0.742950, 0.336211, 0.603515});
  expect_values(look.alignment, {0.394373, 0.262581, 0.343046});
  expect_values(look.context, {0.565896, 0.091058});
}

TEST(Attention, GivesMaskedPositionsNothing) {
  GoldenAttention golden;
  golden.annotations = tensor({1, 0, 0, 1, 0, 0}, {1, 3, 2});
  golden.mask = tensor({1, 1, 0}, {1, 3}).log();
  const Look look = golden.look();
  expect_values(look.alignment, {0.600306, 0.399694, 0});
  expect_values(look.context, {0.600306, 0.399694});
  EXPECT_EQ(look.alignment[0][0][2].item<double>(), 0.0);
}

TEST(Attention, GivesNothingWhereNoPositionIsAllowed) {
  GoldenAttention golden;
  golden.mask = tensor({0, 0, 0}, {1, 3}).log();
  const Look look = golden.look();
  expect_values(look.alignment, {0, 0, 0});
  expect_values(look.context, {0, 0});
}

TEST(Attention, AppliesReluAfterTheEnergyBias) {
  GoldenAttention golden;
  golden.relu = true;
  golden.energy_bias = -0.5;
  expect_values(golden.look().energies, {0.242950, 0, 0.103515});
}

TEST(Attention, DotAndGeneralEqualTheGoldenVectors) {
  GoldenAttention golden;
  golden.score = "dot";
  expect_values(golden.look().alignment, {0.386207, 0.142078, 0.471715});
  golden.score = "general";
  const Look look = golden.look();
  expect_values(look.energies, {0.08, -0.23, 0.155});
  expect_values(look.alignment, {0.355703, 0.260890, 0.383407});
  expect_values(look.context, {0.355703 + 0.383407 / 2, 0.260890 - 0.383407 / 2});
}

State golden_gru_step(model::GruReset reset, model::GruUpdate update) {
  const Tensor input = tensor({.1, .2, .3, -.1, .4, 0, -.2, .5, .6, -.4, .2, .1}, {6, 2});
  CellTensors cell;
  cell.recurrent_weight = tensor({.3, -.2, .1, .4, -.1, .2, .5, .3, .2, .7, -.3, .5}, {6, 2});
  if (reset == model::GruReset::kAfter) cell.recurrent_bias = at::zeros({2}, at::kDouble);
  model::CellConfig config;
  config.reset = reset;
  config.update = update;
  return Recurrence(config, 2, cell)
      .step(tensor({.5, -1}, {1, 2}).mm(input.t()), {tensor({.2, .4}, {1, 2}), {}}, {});
}

TEST(Gru, EqualsTheGoldenVectors) {
  using model::GruReset;
  using model::GruUpdate;
  expect_values(golden_gru_step(GruReset::kBefore, GruUpdate::kNew).hidden, {0.421408, 0.186316});
  expect_values(golden_gru_step(GruReset::kBefore, GruUpdate::kOld).hidden, {0.462436, 0.260996});
  expect_values(golden_gru_step(GruReset::kAfter, GruUpdate::kOld).hidden, {0.474866, 0.264734});
  expect_values(golden_gru_step(GruReset::kAfter, GruUpdate::kNew).hidden, {0.431895, 0.192062});
}

TEST(Lstm, FollowsItsEquations) {
  CellTensors cell;
  cell.recurrent_weight = at::zeros({4, 1}, at::kDouble);
  const Recurrence recurrence({model::Cell::kLstm, {}, {}, model::Gates::kLogistic}, 1, cell);
  const State state = recurrence.step(tensor({.1, .2, .3, .4}, {1, 4}),
                                      {tensor({.5}, {1, 1}), tensor({.6}, {1, 1})}, {});
  const auto logistic = [](double x) { return 1 / (1 + std::exp(-x)); };
  const double c = logistic(.2) * .6 + logistic(.1) * std::tanh(.4);
  expect_values(state.cell, {c});
  expect_values(state.hidden, {logistic(.3) * std::tanh(c)});
}

TEST(Lstm, ClipsHardGates) {
  CellTensors cell;
  cell.recurrent_weight = at::zeros({4, 1}, at::kDouble);
  const Recurrence recurrence({model::Cell::kLstm, {}, {}, model::Gates::kHard}, 1, cell);
  const State state = recurrence.step(tensor({9, -9, 1, .4}, {1, 4}),
                                      {tensor({.5}, {1, 1}), tensor({.6}, {1, 1})}, {});
  expect_values(state.cell, {std::tanh(.4)});
  expect_values(state.hidden, {0.7 * std::tanh(std::tanh(.4))});
}

TEST(NormalizeBlocks, NormalisesEachGateByItself) {
  const double d = std::sqrt(0.25 + 1e-5);
  expect_values(normalize_blocks(tensor({1, 2, 30, 31}, {1, 4}), 2),
                {-.5 / d, .5 / d, -.5 / d, .5 / d});
}

TEST(Dropout, DependsOnSeedUpdateAndShardOnly) {
  const auto mask = [](std::uint64_t seed, std::int64_t update, int shard) {
    return Dropout({}, seed, update, shard).mask({50}, 0.5, at::kFloat);
  };
  EXPECT_TRUE(mask(1, 2, 3).equal(mask(1, 2, 3)));
  EXPECT_FALSE(mask(1, 2, 3).equal(mask(2, 2, 3)));
  EXPECT_FALSE(mask(1, 2, 3).equal(mask(1, 3, 3)));
  EXPECT_FALSE(mask(1, 2, 3).equal(mask(1, 2, 4)));
}

TEST(Dropout, KeepsTheExpectation) {
  const Tensor mask = Dropout({}, 1, 1, 0).mask({100000}, 0.3, at::kDouble);
  EXPECT_NEAR(mask.mean().item<double>(), 1.0, 0.01);
  EXPECT_NEAR((mask == 0).to(at::kDouble).mean().item<double>(), 0.3, 0.01);
}

TEST(Dropout, VariationalMasksAreTheSameAtAllSteps) {
  model::DropoutConfig config;
  config.variational = true;
  const Tensor x = at::ones({3, 4, 5}, at::kDouble);
  const Tensor shared = Dropout(config, 1, 1, 0).sequence(x, 0.5);
  EXPECT_TRUE(shared[0].equal(shared[1]) && shared[1].equal(shared[2]));
  config.variational = false;
  const Tensor plain = Dropout(config, 1, 1, 0).sequence(x, 0.5);
  EXPECT_FALSE(plain[0].equal(plain[1]));
}

}  // namespace
}  // namespace attend::network

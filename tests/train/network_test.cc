// Properties of a whole model and of its gradients over threads.
#include "train/network.h"

#include <gtest/gtest.h>

#include "fixtures.h"
#include "random_model.h"
#include "train/sharded_gradient.h"
#include "train/memory.h"
#include "train/parameters.h"

namespace attend::train {
namespace {

using model::Configuration;
using testing::pointers;
using testing::random_examples;
using testing::small_configuration;

constexpr model::VocabularySizes kSizes{8, 9};

Network make_network(const Configuration& configuration, at::ScalarType type) {
  const Layout layout(model::parameter_table(configuration, kSizes));
  return {configuration, layout.views(initial_values(layout, 3, type))};
}

TEST(Parameters, TheDatesPresetHasAsManyAsPublished) {
  const Layout layout(model::parameter_table(model::preset("dates"), {37, 11}));
  EXPECT_EQ(layout.parameters(), 52'960);
}

TEST(Parameters, BeginAtCacheLines) {
  const Layout layout(model::parameter_table(small_configuration(), kSizes));
  const Tensor values = initial_values(layout, 1, at::kFloat);
  for (const auto& [name, tensor] : layout.views(values)) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data_ptr<float>()) % 64, 0U) << name;
  }
  EXPECT_LT(layout.parameters(), layout.size());
}

// What lies between tensors may be anything.
TEST(Parameters, TheLargestIsThatOfTensors) {
  const Layout layout(model::parameter_table(small_configuration(), kSizes));
  const Tensor flat = at::full({layout.size()}, 9.0F);
  for (const auto& [name, tensor] : layout.views(flat)) tensor.fill_(-2.0F);
  EXPECT_EQ(layout.largest(flat), 2.0);
  layout.views(flat).begin()->second.flatten()[0].fill_(std::nan(""));
  EXPECT_TRUE(std::isnan(layout.largest(flat)));
}

TEST(Parameters, RecurrentWeightsStartOrthogonal) {
  const Layout layout(model::parameter_table(small_configuration(), kSizes));
  const Tensors views = layout.views(initial_values(layout, 1, at::kDouble));
  const Tensor weight = views.at("encoder.0.forward.recurrent_weight");  // [3 · 4, 4]
  for (int block = 0; block < 3; ++block) {
    const Tensor u = weight.narrow(0, 4 * block, 4);
    EXPECT_TRUE(at::allclose(u.t().mm(u), at::eye(4, at::kDouble), 0, 1e-12));
  }
}

TEST(Parameters, DependOnTheSeed) {
  const Layout layout(model::parameter_table(small_configuration(), kSizes));
  EXPECT_TRUE(initial_values(layout, 1, at::kFloat).equal(initial_values(layout, 1, at::kFloat)));
  EXPECT_FALSE(initial_values(layout, 1, at::kFloat).equal(initial_values(layout, 2, at::kFloat)));
}

TEST(Parameters, SurviveTheModelFolder) {
  const Layout layout(model::parameter_table(small_configuration(), kSizes));
  const Tensor values = initial_values(layout, 1, at::kFloat);
  EXPECT_TRUE(flat_values(layout, make_weights(layout, values, {}), at::kFloat).equal(values));
}

TEST(Network, AlignmentsAreDistributionsWithoutPadding) {
  const auto examples = random_examples(6, kSizes, 7, 5, 1);
  const Batch batch = make_batch(pointers(examples), at::kDouble);
  const Forced forced = make_network(small_configuration(), at::kDouble).forced(batch);
  EXPECT_TRUE(at::allclose(forced.alignments.sum(2), at::ones({}, at::kDouble)));
  EXPECT_TRUE(at::allclose(forced.log_probabilities.exp().sum(2), at::ones({}, at::kDouble)));
  for (std::int64_t b = 0; b < 6; ++b) {
    const auto length =
        static_cast<std::int64_t>(examples[static_cast<std::size_t>(b)].source.size());
    const Tensor padding = forced.alignments.select(1, b).slice(1, length);
    EXPECT_TRUE(padding.eq(0).all().item<bool>());
  }
}

// A sentence by itself, in a batch, and in a batch with more padding than it needs.
TEST(Network, NeighboursAndPaddingDoNotMatter) {
  for (const model::InitialState initial :
       {model::InitialState::kBackward, model::InitialState::kMean, model::InitialState::kLast,
        model::InitialState::kCopy}) {
    Configuration configuration = small_configuration();
    configuration.encoder.layers = 2;
    configuration.encoder.cell.type = model::Cell::kLstm;
    configuration.decoder.initial_state = initial;
    if (initial == model::InitialState::kCopy) {
      configuration.encoder.direction = model::Direction::kBackward;
      configuration.attention.score = model::Score::kDot;
      configuration.decoder.cell.type = model::Cell::kLstm;
      configuration.decoder.layers = 2;
      configuration.decoder.units = configuration.encoder.annotation_units();
      configuration.decoder.order = model::Order::kUpdateLookGenerate;
      configuration.decoder.input_feeding = model::InputFeeding::kReadout;
    }
    const Network network = make_network(configuration, at::kDouble);
    const auto examples = random_examples(5, kSizes, 7, 5, 2);
    const auto all = pointers(examples);
    const Forced together = network.forced(make_batch(all, at::kDouble));
    const Forced padded = network.forced(make_batch(all, at::kDouble, {12, 9}));
    for (std::size_t b = 0; b < examples.size(); ++b) {
      const Forced alone = network.forced(make_batch({all.data() + b, 1}, at::kDouble));
      const auto steps = static_cast<std::int64_t>(examples[b].target.size());
      const auto length = static_cast<std::int64_t>(examples[b].source.size());
      const auto row = static_cast<std::int64_t>(b);
      for (const Forced* other : {&together, &padded}) {
        EXPECT_TRUE(at::allclose(alone.log_probabilities.select(1, 0),
                                 other->log_probabilities.select(1, row).narrow(0, 0, steps), 0,
                                 1e-12));
        EXPECT_TRUE(at::allclose(
            alone.alignments.select(1, 0),
            other->alignments.select(1, row).narrow(0, 0, steps).narrow(1, 0, length), 0, 1e-12));
      }
    }
  }
}

TEST(Network, CostIsTheNegativeLogLikelihoodOfTheTargets) {
  const auto examples = random_examples(4, kSizes, 6, 5, 3);
  const Network network = make_network(small_configuration(), at::kDouble);
  const Batch batch = make_batch(pointers(examples), at::kDouble);
  const Tensor scores = network.forced(batch).log_probabilities;
  double expected = 0;
  for (std::size_t b = 0; b < examples.size(); ++b) {
    for (std::size_t i = 0; i < examples[b].target.size(); ++i) {
      expected +=
          scores[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(b)][examples[b].target[i]]
              .item<double>();
    }
  }
  const Cost cost = network.cost(batch, nullptr);
  EXPECT_NEAR(cost.log_likelihood.item<double>(), expected, 1e-10);
  EXPECT_NEAR(cost.cost.item<double>(), -expected, 1e-10);
}

TEST(Network, LabelSmoothingMixesInTheUniformDistribution) {
  const auto examples = random_examples(1, kSizes, 6, 1, 3);
  Configuration configuration = small_configuration();
  configuration.training.label_smoothing = 0.1;
  const Network network = make_network(configuration, at::kDouble);
  const Batch batch = make_batch(pointers(examples), at::kDouble);
  const Tensor scores = network.forced(batch).log_probabilities[0][0];
  const double expected =
      -0.9 * scores[examples[0].target[0]].item<double>() - 0.1 * scores.mean().item<double>();
  EXPECT_NEAR(network.cost(batch, nullptr).cost.item<double>(), expected, 1e-12);
}

class Engines : public ::testing::TestWithParam<model::LossScale> {};

TEST_P(Engines, ShardsAddUpToTheWholeGradient) {
  Configuration configuration = small_configuration();
  configuration.training.optimizer.loss_scale = GetParam();
  const auto examples = random_examples(7, kSizes, 6, 5, 4);
  const auto batch = pointers(examples);
  ShardedGradient one(configuration, kSizes, 1);
  ShardedGradient three(configuration, kSizes, 3);
  const BatchSums alone = one.compute_gradient(batch, 1);
  const BatchSums shared = three.compute_gradient(batch, 1);
  EXPECT_EQ(alone.tokens, shared.tokens);
  EXPECT_NEAR(alone.cost, shared.cost, 1e-4);
  EXPECT_TRUE(at::allclose(one.gradient(), three.gradient(), 1e-4, 1e-6));
  EXPECT_NEAR(three.evaluate(batch).log_likelihood, -alone.cost, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(LossScales, Engines,
                         ::testing::Values(model::LossScale::kSum, model::LossScale::kSentenceMean,
                                           model::LossScale::kTokenMean));

TEST(ShardedGradient, GivesTheSameBitsEveryTime) {
  Configuration configuration = small_configuration();
  configuration.training.dropout = {0.2, 0.2, 0.2, 0.2, 0.2, false};
  const auto examples = random_examples(20, kSizes, 6, 5, 5);
  ShardedGradient first(configuration, kSizes, 3);
  ShardedGradient second(configuration, kSizes, 3);
  for (std::int64_t update = 1; update < 4; ++update) {
    first.compute_gradient(pointers(examples), update);
    second.compute_gradient(pointers(examples), update);
    EXPECT_TRUE(first.gradient().equal(second.gradient()));
  }
}

// Any model on three threads, with every gradient in the queue that can be.
class QueuedModels : public ::testing::TestWithParam<int> {};

TEST_P(QueuedModels, ShardsAddUpToTheWholeGradient) {
  Random random(static_cast<std::uint64_t>(GetParam()));
  const Configuration c = testing::random_configuration(random);
  const model::VocabularySizes sizes{9, c.shared_vocabulary ? 9 : 12};
  auto examples = random_examples(1 + random.below(7), sizes, 6, 5, 4);
  for (Example& example : examples) {
    if (c.encoder.padding != model::Padding::kVisible) break;
    example.source.resize(static_cast<std::size_t>(c.source.fixed_length), 0);
  }
  ShardedGradient one(c, sizes, 1), three(c, sizes, 3, 1), again(c, sizes, 3, 1);
  for (std::int64_t update = 1; update <= 2; ++update) {
    const BatchSums sums = one.compute_gradient(pointers(examples), update);
    three.compute_gradient(pointers(examples), update);
    again.compute_gradient(pointers(examples), update);
    EXPECT_LE((one.gradient() - three.gradient()).norm().item<double>(), 1e-5 * sums.gradient_norm);
    EXPECT_TRUE(three.gradient().equal(again.gradient()));
  }
}

INSTANTIATE_TEST_SUITE_P(RandomModels, QueuedModels, ::testing::Range(1, 61));

// Parameters large enough for the queue.
model::Configuration wide_configuration(Precision precision) {
  model::Configuration configuration;
  configuration.encoder.units = configuration.decoder.units = 256;
  configuration.training.precision = precision;
  return configuration;
}

class WideEngines : public ::testing::TestWithParam<Precision> {};

TEST_P(WideEngines, ShardsAddUpToTheWholeGradient) {
  const model::VocabularySizes sizes{40, 1200};
  const auto examples = random_examples(9, sizes, 9, 8, 4);
  const model::Configuration configuration = wide_configuration(GetParam());
  ShardedGradient one(configuration, sizes, 1), three(configuration, sizes, 3);
  const double tolerance = GetParam() == Precision::kFloat32 ? 1e-5 : 1e-2;
  for (std::int64_t update = 1; update <= 2; ++update) {
    one.compute_gradient(pointers(examples), update);
    const BatchSums sums = three.compute_gradient(pointers(examples), update);
    const at::Tensor difference = (one.gradient() - three.gradient()).norm();
    EXPECT_LE(difference.item<double>(), tolerance * sums.gradient_norm);
    EXPECT_NEAR(sums.gradient_norm, three.gradient().to(at::kDouble).norm().item<double>(),
                1e-5 * sums.gradient_norm);
  }
}

TEST_P(WideEngines, GiveTheSameBitsInParts) {
  const model::VocabularySizes sizes{40, 1200};
  const auto examples = random_examples(24, sizes, 90, 80, 4);
  model::Configuration configuration = wide_configuration(GetParam());
  configuration.training.batch_memory = 8;
  ShardedGradient first(configuration, sizes, 2), second(configuration, sizes, 2);
  configuration.training.batch_memory = 0;
  ShardedGradient whole(configuration, sizes, 2);
  const double tolerance = GetParam() == Precision::kFloat32 ? 1e-5 : 1e-2;
  const BatchSums sums = whole.compute_gradient(pointers(examples), 1);
  for (std::int64_t update = 1; update <= 2; ++update) {
    first.compute_gradient(pointers(examples), update);
    second.compute_gradient(pointers(examples), update);
    EXPECT_TRUE(first.gradient().equal(second.gradient()));
    EXPECT_LE((first.gradient() - whole.gradient()).norm().item<double>(),
              tolerance * sums.gradient_norm);
  }
}

// Weights packed as they change, gradients cleared as they are read.
TEST_P(WideEngines, UpdateInPiecesAsAtOnce) {
  const model::VocabularySizes sizes{40, 1200};
  const auto examples = random_examples(9, sizes, 9, 8, 4);
  for (const int units : {256, 44}) {  // rows of 44 units do not fit into tiles
    model::Configuration configuration = wide_configuration(GetParam());
    configuration.decoder.units = units;
    for (const int threads : {1, 3}) {
      ShardedGradient row_blocks(configuration, sizes, threads),
          whole(configuration, sizes, threads);
      Optimizer first(configuration.training.optimizer, row_blocks.values());
      Optimizer second(configuration.training.optimizer, whole.values());
      for (std::int64_t update = 1; update <= 3; ++update) {
        row_blocks.compute_gradient(pointers(examples), update);
        whole.compute_gradient(pointers(examples), update);
        ASSERT_TRUE(row_blocks.gradient().equal(whole.gradient()));
        const UpdateOptions options{0.01, update, 0.5};
        row_blocks.update(first, options);
        second.step(whole.values(), whole.gradient(), options, whole.workers());
        ASSERT_TRUE(row_blocks.values().equal(whole.values()));
      }
      EXPECT_EQ(row_blocks.evaluate(pointers(examples)).cost,
                whole.evaluate(pointers(examples)).cost);
    }
  }
}

// What others add to shared output weights does not pass by the queue.
TEST_P(WideEngines, TieOutputsToEmbeddings) {
  const model::VocabularySizes sizes{40, 1200};
  const auto examples = random_examples(9, sizes, 9, 8, 4);
  model::Configuration configuration = wide_configuration(GetParam());
  configuration.decoder.tied_embeddings = model::TiedEmbeddings::kTarget;
  configuration.decoder.embedding = configuration.decoder.readout_units = 256;
  ShardedGradient one(configuration, sizes, 1), three(configuration, sizes, 3);
  const double tolerance = GetParam() == Precision::kFloat32 ? 1e-5 : 1e-2;
  one.compute_gradient(pointers(examples), 1);
  const BatchSums sums = three.compute_gradient(pointers(examples), 1);
  EXPECT_LE((one.gradient() - three.gradient()).norm().item<double>(),
            tolerance * sums.gradient_norm);
}

INSTANTIATE_TEST_SUITE_P(Precisions, WideEngines,
                         ::testing::Values(Precision::kFloat32, Precision::kBfloat16));

// A row for each of a source's distinct words, here one, as a bias is one row.
TEST(ShardedGradient, LeavesTheParametersOfANormalisedLayerAlone) {
  Configuration configuration = small_configuration();
  configuration.encoder.layer_norm = true;
  const std::vector<Example> examples{{{4, 4, 4, 4}, {5, 6}}};
  ShardedGradient engine(configuration, kSizes, 1);
  const Tensor before = engine.values().clone();
  engine.evaluate(pointers(examples));
  engine.compute_gradient(pointers(examples), 1);
  EXPECT_TRUE(engine.values().equal(before));
}

// One MiB holds one or two of these sentences at a time.
TEST(ShardedGradient, WorksABatchOffInPartsThatFitIntoMemory) {
  Configuration configuration;
  const model::VocabularySizes sizes{40, 50};
  const auto examples = random_examples(9, sizes, 90, 80, 4);
  const auto batch = pointers(examples);
  ShardedGradient whole(configuration, sizes, 1);
  configuration.training.batch_memory = 1;
  EXPECT_GT(cut_by_memory(configuration, sizes.target, batch, 1 << 20).size(), 4u);
  ShardedGradient parts(configuration, sizes, 1);
  const BatchSums expected = whole.compute_gradient(batch, 1);
  const BatchSums found = parts.compute_gradient(batch, 1);
  EXPECT_EQ(found.tokens, expected.tokens);
  EXPECT_EQ(found.sentences, expected.sentences);
  EXPECT_NEAR(found.cost, expected.cost, 1e-6 * expected.cost);
  EXPECT_TRUE(at::allclose(parts.gradient(), whole.gradient(), 1e-4, 1e-5));
  EXPECT_NEAR(parts.evaluate(batch).log_likelihood, -expected.cost, 1e-6 * expected.cost);
}

TEST(CutByMemory, RunsFitAndHoldEveryExampleInOrder) {
  const Configuration configuration = small_configuration();
  const auto examples = random_examples(30, kSizes, 20, 20, 9);
  const auto batch = pointers(examples);
  EXPECT_EQ(cut_by_memory(configuration, kSizes.target, batch, 0).size(), 1u);
  EXPECT_EQ(cut_by_memory(configuration, kSizes.target, batch, 1).size(), batch.size());
  EXPECT_TRUE(cut_by_memory(configuration, kSizes.target, {}, 1).empty());
  const std::int64_t limit = activation_bytes(configuration, kSizes.target, 4, 20, 20);
  std::size_t next = 0;
  for (const auto run : cut_by_memory(configuration, kSizes.target, batch, limit)) {
    std::size_t source = 0, target = 0;
    for (const Example* example : run) {
      EXPECT_EQ(example, batch[next++]);
      source = std::max(source, example->source.size());
      target = std::max(target, example->target.size());
    }
    EXPECT_LE(
        activation_bytes(configuration, kSizes.target, static_cast<std::int64_t>(run.size()),
                         static_cast<std::int64_t>(source), static_cast<std::int64_t>(target)),
        limit);
    if (next == batch.size()) break;  // the last run may be short
    EXPECT_GE(run.size(), 4u);
  }
  EXPECT_EQ(next, batch.size());
}

TEST(ActivationBytes, CountWhatIsKeptInBfloat16) {
  Configuration configuration = small_configuration();
  const std::int64_t exact = activation_bytes(configuration, 0, 3, 5, 7);
  EXPECT_EQ(activation_bytes(configuration, 1000, 3, 5, 7) - exact, 3 * 7 * 1000 * 2);
  configuration.training.precision = Precision::kBfloat16;
  EXPECT_GT(activation_bytes(configuration, 0, 3, 5, 7), exact);
}

TEST(ShardedGradient, WorksWithFewerExamplesThanThreads) {
  const auto examples = random_examples(1, kSizes, 3, 2, 6);
  ShardedGradient engine(small_configuration(), kSizes, 4);
  EXPECT_EQ(engine.compute_gradient(pointers(examples), 1).sentences, 1);
}

TEST(Workers, RethrowTheFirstException) {
  Workers workers(3);
  EXPECT_THROW(workers.run([](int index) {
    if (index == 2) throw Error("two");
  }),
               Error);
  int calls[3] = {};
  workers.run([&](int index) { ++calls[index]; });
  EXPECT_TRUE(calls[0] == 1 && calls[1] == 1 && calls[2] == 1);
}

}  // namespace
}  // namespace attend::train

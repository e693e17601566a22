// Tests gradients with several threads and in parts, and the memory that a batch takes.
#include "train/sharded_gradient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "network/fixtures.h"
#include "random_configuration.h"
#include "train/memory.h"
#include "train/optimizer.h"

namespace attend::train {
namespace {

using model::Configuration;
using model::Example;
using network::testing::pointers;
using network::testing::random_examples;
using network::testing::small_configuration;

constexpr model::VocabularySizes kSizes{8, 9};

// Example i has picture i / captions, and the memory of two and a half pictures is too little for
// three.
TEST(CutByMemory, KeepsTheCaptionsOfAPictureTogether) {
  const Configuration configuration = small_configuration();
  const model::ActivationMemory memory(configuration, kSizes);
  auto examples = random_examples(12, kSizes, 6, 5, 4);
  for (Example& example : examples) {
    example.source.tokens.resize(6, 1);
    example.target.resize(5, 1);
  }
  const auto cut = [&](std::size_t captions, std::int64_t examples_that_fit) {
    for (std::size_t i = 0; i < examples.size(); ++i) {
      const bool begins = i % captions == 0;
      examples[i].source.picture =
          begins ? std::make_shared<model::Picture>() : examples[i - 1].source.picture;
    }
    const auto batch = pointers(examples);
    std::vector<std::size_t> sizes;
    for (const auto& run :
         cut_by_memory(memory, 0, batch, memory.bytes(0, examples_that_fit, 6, 5))) {
      sizes.push_back(run.size());
    }
    return sizes;
  };
  EXPECT_EQ(cut(1, 5), (std::vector<std::size_t>{5, 5, 2}));
  EXPECT_EQ(cut(2, 5), (std::vector<std::size_t>{4, 4, 4}));
  EXPECT_EQ(cut(3, 7), (std::vector<std::size_t>{6, 6}));
  EXPECT_EQ(cut(6, 4), (std::vector<std::size_t>{4, 2, 4, 2})) << "a picture that takes more";
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

// The costs of links and of the diagonal are sums over target tokens, like the cost of the tokens.
TEST(ShardedGradient, OfGuidedAlignmentAddsUpOverShards) {
  Configuration configuration = small_configuration();
  configuration.training.guidance = {2, model::GuidedLoss::kCrossEntropy, 3, 0.2};
  auto examples = random_examples(9, kSizes, 6, 5, 4);
  network::testing::add_random_links(examples, 6);
  const auto batch = pointers(examples);
  ShardedGradient one(configuration, kSizes, 1), three(configuration, kSizes, 3);
  const BatchSums alone = one.compute_gradient(batch, 1);
  const BatchSums shared = three.compute_gradient(batch, 1);
  EXPECT_NEAR(alone.cost, shared.cost, 1e-5 * alone.cost);
  EXPECT_GT(alone.cost, -alone.log_likelihood);
  EXPECT_TRUE(at::allclose(one.gradient(), three.gradient(), 1e-4, 1e-5));
  const BatchSums evaluated = three.evaluate(batch);
  EXPECT_NEAR(evaluated.cost, alone.cost, 1e-5 * alone.cost);
  EXPECT_NEAR(evaluated.log_likelihood, alone.log_likelihood, 1e-4);
}

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

// Tests random models on three threads. Every gradient that can go through the queue does.
class QueuedModels : public ::testing::TestWithParam<int> {};

TEST_P(QueuedModels, ShardsAddUpToTheWholeGradient) {
  Random random(static_cast<std::uint64_t>(GetParam()));
  Configuration c = attend::testing::random_configuration(random);
  c.attention.noise = 0;  // every shard draws its own, and its own positions too
  if (c.attention.is_stochastic()) c.attention.kind = model::AttentionKind::kSoft;
  const model::VocabularySizes sizes{9, c.shared_vocabulary ? 9 : 12};
  auto examples = random_examples(1 + random.below(7), sizes, 6, 5, 4);
  for (Example& example : examples) {
    if (c.encoder.padding != model::Padding::kVisible) break;
    example.source.tokens.resize(static_cast<std::size_t>(c.source.fixed_length), 0);
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

// Makes a model whose parameters are large enough for the queue.
model::Configuration wide_configuration(Precision precision) {
  model::Configuration configuration;
  configuration.encoder.units = configuration.decoder.units = 256;
  configuration.training.precision = precision;
  return configuration;
}

// Makes wide models of every family of decoders that has a plan.
std::vector<model::Configuration> wide_configurations(Precision precision) {
  std::vector<model::Configuration> all(4, wide_configuration(precision));
  all[1].decoder.order = model::Order::kUpdateLookUpdate;
  all[2].attention.kind = model::AttentionKind::kFixed;
  all[3].attention.kind = model::AttentionKind::kNone;
  return all;
}

class WideEngines : public ::testing::TestWithParam<Precision> {};

TEST_P(WideEngines, ShardsAddUpToTheWholeGradient) {
  const model::VocabularySizes sizes{40, 1200};
  const auto examples = random_examples(9, sizes, 9, 8, 4);
  for (const model::Configuration& configuration : wide_configurations(GetParam())) {
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

// An update that packs weights and clears gradients block by block equals an update of the whole
// buffer.
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

// The gradients of tied output weights must include those of the embeddings, which do not go
// through the queue.
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

// Returns the values of one parameter of a flat buffer.
Tensor values_of(const ShardedGradient& engine, const Tensor& flat, const std::string& name) {
  return engine.layout().views(flat).at(name);
}

// All other gradients are those of the model that learns everything.
TEST_P(WideEngines, FreezeEmbeddings) {
  const model::VocabularySizes sizes{40, 1200};
  const auto examples = random_examples(9, sizes, 9, 8, 4);
  for (const model::TiedEmbeddings tied :
       {model::TiedEmbeddings::kNone, model::TiedEmbeddings::kTarget}) {
    model::Configuration configuration = wide_configuration(GetParam());
    configuration.decoder.tied_embeddings = tied;
    configuration.decoder.embedding = configuration.decoder.readout_units = 256;
    for (const int threads : {1, 3}) {
      configuration.training.freeze = model::Freeze::kNone;
      ShardedGradient free(configuration, sizes, threads);
      configuration.training.freeze = model::Freeze::kEmbeddings;
      configuration.training.optimizer.weight_decay = 0.1;
      ShardedGradient engine(configuration, sizes, threads);
      Optimizer optimizer(configuration.training.optimizer, engine.values());
      const Tensor start = engine.values().clone();
      for (std::int64_t update = 1; update <= 3; ++update) {
        free.values().copy_(engine.values());
        free.compute_gradient(pointers(examples), update);
        const BatchSums sums = engine.compute_gradient(pointers(examples), update);
        double squares = 0;
        for (const model::TensorSpec& spec : engine.layout().table()) {
          const Tensor own = values_of(engine, engine.gradient(), spec.name);
          squares += own.to(at::kDouble).square().sum().item<double>();
          if (spec.name.find("_embedding.weight") != std::string::npos) {
            EXPECT_EQ(own.abs().max().item<double>(), 0) << spec.name;
          } else {
            const Tensor expected = values_of(free, free.gradient(), spec.name);
            EXPECT_LE((own - expected).norm().item<double>(), 1e-5 * sums.gradient_norm)
                << spec.name;
          }
        }
        EXPECT_NEAR(sums.gradient_norm, std::sqrt(squares), 1e-5 * sums.gradient_norm);
        engine.update(optimizer, {0.01, update, 0.5});
      }
      for (const model::TensorSpec& spec : engine.layout().table()) {
        const bool stays = spec.name.find("_embedding.weight") != std::string::npos;
        EXPECT_EQ(values_of(engine, engine.values(), spec.name)
                      .equal(values_of(engine, start, spec.name)),
                  stays)
            << spec.name;
      }
    }
  }
}

// The sources have one distinct word, so that their rows have the shape of a bias: one row.
TEST(ShardedGradient, LeavesTheParametersOfANormalisedLayerAlone) {
  Configuration configuration = small_configuration();
  configuration.encoder.layer_norm = true;
  const std::vector<Example> examples{{{{4, 4, 4, 4}}, {5, 6}}};
  ShardedGradient engine(configuration, kSizes, 1);
  const Tensor before = engine.values().clone();
  engine.evaluate(pointers(examples));
  engine.compute_gradient(pointers(examples), 1);
  EXPECT_TRUE(engine.values().equal(before));
}

// Memory of one MiB is enough for one or two of these sentences at a time.
TEST(ShardedGradient, WorksABatchOffInPartsThatFitIntoMemory) {
  Configuration configuration;
  const model::VocabularySizes sizes{40, 50};
  const auto examples = random_examples(9, sizes, 90, 80, 4);
  const auto batch = pointers(examples);
  ShardedGradient whole(configuration, sizes, 1);
  configuration.training.batch_memory = 1;
  EXPECT_GT(cut_by_memory({configuration, sizes}, sizes.target, batch, 1 << 20).size(), 4u);
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
  const model::ActivationMemory memory(small_configuration(), kSizes);
  const auto examples = random_examples(30, kSizes, 20, 20, 9);
  const auto batch = pointers(examples);
  EXPECT_EQ(cut_by_memory(memory, kSizes.target, batch, 0).size(), 1u);
  EXPECT_EQ(cut_by_memory(memory, kSizes.target, batch, 1).size(), batch.size());
  EXPECT_TRUE(cut_by_memory(memory, kSizes.target, {}, 1).empty());
  const std::int64_t limit = memory.bytes(kSizes.target, 4, 20, 20);
  std::size_t next = 0;
  for (const auto run : cut_by_memory(memory, kSizes.target, batch, limit)) {
    std::size_t source = 0, target = 0;
    for (const Example* example : run) {
      EXPECT_EQ(example, batch[next++]);
      source = std::max(source, example->source.tokens.size());
      target = std::max(target, example->target.size());
    }
    EXPECT_LE(memory.bytes(kSizes.target, static_cast<std::int64_t>(run.size()),
                           static_cast<std::int64_t>(source), static_cast<std::int64_t>(target)),
              limit);
    if (next == batch.size()) break;  // the last run may be short
    EXPECT_GE(run.size(), 4u);
  }
  EXPECT_EQ(next, batch.size());
}

TEST(ActivationBytes, CountWhatIsKeptInBfloat16) {
  Configuration configuration = small_configuration();
  const auto bytes = [&](std::int64_t kept_logits) {
    return model::ActivationMemory(configuration, kSizes).bytes(kept_logits, 3, 5, 7);
  };
  const std::int64_t exact = bytes(0);
  EXPECT_EQ(bytes(1000) - exact, 3 * 7 * 1000 * 2);
  configuration.training.precision = Precision::kBfloat16;
  EXPECT_GT(bytes(0), exact);
}

// Each has a gradient too. Other models never hold the logits of a whole batch.
TEST(ActivationBytes, CountTheLogitsOfHardAttention) {
  const auto more = [](const std::string& kind) {
    Configuration c = small_configuration();
    model::set_option(c, "decoder.order=update-look-generate");
    model::set_option(c, "attention.kind=" + kind);
    model::check(c);
    const auto bytes = [&](std::int64_t vocabulary) {
      return model::ActivationMemory(c, {8, vocabulary}).bytes(0, 3, 5, 7);
    };
    return bytes(1009) - bytes(9);
  };
  EXPECT_EQ(more("soft"), 0);
  for (const std::string kind : {"hard", "hard-monotonic"}) {
    EXPECT_EQ(more(kind), 2 * 4 * 3 * 5 * 7 * 1000) << kind;
  }
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

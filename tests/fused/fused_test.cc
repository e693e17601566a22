// The fused functions over kernels must give the cost and the gradients of the plain tensor
// operations, for random models and ragged batches.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "comparison.h"
#include "fused/embedding.h"
#include "random_configuration.h"

namespace attend::fused {
namespace {

using network::Batch;
using network::DecoderPath;
using network::initial_values;
using network::make_batch;
using network::testing::pointers;
using network::testing::small_configuration;
using namespace testing;

struct Case {
  Configuration configuration;
  model::VocabularySizes sizes;
  std::vector<Example> examples;
  Tensor values;
};

Case random_case(std::uint64_t seed, const attend::testing::KeptValues& given = {}) {
  Random random(seed);
  Case result;
  Configuration& c = result.configuration =
      attend::testing::random_configuration(random, 20, given);
  if (random.chance(0.4)) c.decoder.layers = 1;
  if (c.decoder.initial_state == model::InitialState::kCopy) c.encoder.layers = c.decoder.layers;
  if (random.chance(0.5)) c.training.dropout = {0.3, 0.2, 0.2, 0.3, 0, random.chance(0.5)};
  if (random.chance(0.3) && !c.attention.is_hard()) c.training.label_smoothing = 0.1;
  model::VocabularySizes& sizes = result.sizes;
  sizes.source = 2 + static_cast<std::int64_t>(random.below(20));
  sizes.target =
      c.shared_vocabulary ? sizes.source : 2 + static_cast<std::int64_t>(random.below(20));
  result.examples =
      network::testing::random_examples(1 + random.below(9), sizes, 9, 7, random.next());
  if (c.encoder.padding == model::Padding::kVisible) {
    for (Example& example : result.examples) {
      example.source.tokens.resize(static_cast<std::size_t>(c.source.fixed_length), 0);
    }
  }
  network::testing::add_random_borders(result.examples, c.encoder.levels, seed);
  network::testing::add_random_entities(result.examples, c.encoder, seed);
  network::testing::add_random_ngrams(result.examples, c.encoder, seed);
  if (random.chance(0.5)) {
    std::sort(result.examples.begin(), result.examples.end(),
              [](const Example& a, const Example& b) {
                return a.source.tokens.size() > b.source.tokens.size();
              });
  }
  const Layout layout(model::parameter_table(c, sizes));
  result.values = at::empty({layout.size()}, at::kFloat);
  for (std::int64_t i = 0; i < layout.size(); ++i) {
    result.values.data_ptr<float>()[i] = static_cast<float>(0.5 * random.normal());
  }
  if (random.chance(0.4)) c.training.dropout.recurrent = 0.3;
  return result;
}

class FusedPath : public ::testing::TestWithParam<int> {};

TEST_P(FusedPath, EqualsTensorOperations) {
  const Case random = random_case(static_cast<std::uint64_t>(GetParam()) + 1000);
  SCOPED_TRACE(model::write_yaml(random.configuration));
  expect_fused_equals_plain(random.configuration, random.sizes, random.examples, random.values);
}

// The kernels know how many first positions of each source attention may look at.
TEST_P(FusedPath, EqualsTensorOperationsWhereAttentionMayLookAtFirstPositionsOnly) {
  Case random = random_case(static_cast<std::uint64_t>(GetParam()) + 3000);
  Random lengths(static_cast<std::uint64_t>(GetParam()));
  for (Example& example : random.examples) {
    const std::size_t length = example.source.tokens.size();
    if (lengths.chance(0.3)) continue;
    example.source.allowed.assign(length, 0);
    // Hard attention gives a token no probability where it may look nowhere.
    const std::size_t least = random.configuration.attention.is_hard() ? 1 : 0;
    std::fill_n(example.source.allowed.begin(), std::max(lengths.below(length + 1), least),
                char{1});
  }
  SCOPED_TRACE(model::write_yaml(random.configuration));
  expect_fused_equals_plain(random.configuration, random.sizes, random.examples, random.values);
}

INSTANTIATE_TEST_SUITE_P(RandomModels, FusedPath, ::testing::Range(1, 151));

// The weights are smaller than in other tests, because rounding can turn a gradient around where
// energies are sharp.
TEST(FusedLevels, EqualTensorOperations) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Case random = random_case(seed + 5000, {{"encoder.levels", std::to_string(2 + seed % 2)}});
    random.values.mul_(0.5);
    SCOPED_TRACE(model::write_yaml(random.configuration));
    expect_fused_equals_plain(random.configuration, random.sizes, random.examples, random.values);
  }
}

TEST(FusedNgrams, EqualTensorOperations) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Case random = random_case(
        seed + 7000,
        {{"encoder.ngrams", "15"}, {"encoder.levels", std::to_string(seed % 3 == 0 ? 2 : 1)}});
    SCOPED_TRACE(model::write_yaml(random.configuration));
    expect_fused_equals_plain(random.configuration, random.sizes, random.examples, random.values);
  }
}

TEST(FusedDistances, EqualTensorOperations) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Case random = random_case(
        seed + 6000, {{"encoder.position_units", "3"}, {"encoder.position_reach", "4"}});
    SCOPED_TRACE(model::write_yaml(random.configuration));
    expect_fused_equals_plain(random.configuration, random.sizes, random.examples, random.values);
  }
}

TEST(FusedLevels, EqualTensorOperationsInClassifiersWithFactorsOfTheirCosts) {
  for (const char* preset :
       {"han", "han-mean", "han-max", "att-blstm", "flat-attention", "flat-mean", "flat-last"}) {
    SCOPED_TRACE(preset);
    Configuration c = model::preset(preset);
    c.training.dropout = {};
    const model::VocabularySizes sizes{40, 3};
    auto examples = network::testing::random_examples(9, sizes, 30, 1, 8);
    network::testing::add_random_borders(examples, c.encoder.levels, 3);
    for (std::size_t b = 0; b < examples.size(); ++b) examples[b].weight = 0.5F + 0.25F * float(b);
    const Layout layout(model::parameter_table(c, sizes));
    expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
    c.training.dropout = {0.3, 0.3, 0, 0.3, 0, false};
    expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
  }
}

// The models are wide enough for whole vectors and for several panels of weights.
TEST(FusedPath, EqualsTensorOperationsInLargeModels) {
  for (const model::Cell cell : {model::Cell::kGru, model::Cell::kLstm}) {
    Configuration c;
    c.encoder.cell.type = c.decoder.cell.type = cell;
    c.encoder.layers = 2;
    const model::VocabularySizes sizes{40, 50};
    const auto examples = network::testing::random_examples(33, sizes, 20, 15, 8);
    const Layout layout(model::parameter_table(c, sizes));
    expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
  }
}

// A bfloat16 factor keeps 8 bits of its mantissa, with a relative error of up to 2^-9. The errors
// have either sign, so a gradient through some dozens of products is off by a per cent or two.
TEST(FusedPath, Bfloat16StaysWithinItsRounding) {
  for (const model::Cell cell : {model::Cell::kGru, model::Cell::kLstm}) {
    Configuration c;
    c.encoder.cell.type = c.decoder.cell.type = cell;
    c.encoder.layers = 2;
    // With tiles, a vocabulary and units as large as these take code paths that small models do not
    // take.
    const model::VocabularySizes sizes{40, 150};
    const Batch batch =
        make_batch(pointers(network::testing::random_examples(33, sizes, 20, 15, 8)), at::kFloat);
    const Layout layout(model::parameter_table(c, sizes));
    const Tensor values = initial_values(layout, 3, at::kFloat);
    const Result exact = run(c, layout, values, batch, fused_operations(c));
    c.training.precision = Precision::kBfloat16;
    for (const DecoderPath path : {DecoderPath::kFastest, DecoderPath::kProgram}) {
      const Result rounded = run(c, layout, values, batch, fused_operations(c, path));
      EXPECT_NE(rounded.cost, exact.cost);
      EXPECT_NEAR(rounded.cost, exact.cost, 2e-3 * exact.cost);
      const double error = (rounded.gradient - exact.gradient).norm().item<double>();
      EXPECT_LE(error, 0.02 * exact.gradient.norm().item<double>());
    }
  }
}

// Whether the model has functions with a kink, or weights whose gradient jumps where they become 0.
// Where rounding decides on which side of a kink a
// value lies, the gradient differs.
bool has_kinks(const Configuration& c) {
  const bool takes_largest = (c.encoder.levels > 1 && c.encoder.pooling == model::Pooling::kMax) ||
                             c.attention.kind == model::AttentionKind::kMax;
  return takes_largest || c.encoder.cell.gates == model::Gates::kHard ||
         c.decoder.cell.gates == model::Gates::kHard ||
         c.attention.energies == model::Energies::kRelu ||
         c.attention.normaliser != model::Normaliser::kSoftmax ||
         c.decoder.readout == model::Readout::kMaxout;
}

// The weights are smaller than in other tests, because rounding can turn a gradient around where
// energies are sharp.
TEST(FusedPath, Bfloat16TakesModelsOfAnySize) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Case random = random_case(seed);
    random.values.mul_(0.3);
    SCOPED_TRACE(model::write_yaml(random.configuration));
    const Layout layout(model::parameter_table(random.configuration, random.sizes));
    const Batch batch = make_batch(pointers(random.examples), at::kFloat);
    const Result exact = run(random.configuration, layout, random.values, batch,
                             fused_operations(random.configuration));
    random.configuration.training.precision = Precision::kBfloat16;
    for (const DecoderPath path : {DecoderPath::kFastest, DecoderPath::kProgram}) {
      const Result rounded = run(random.configuration, layout, random.values, batch,
                                 fused_operations(random.configuration, path));
      EXPECT_NEAR(rounded.cost, exact.cost, 0.02 * exact.cost);
      if (has_kinks(random.configuration)) continue;
      const double error = (rounded.gradient - exact.gradient).norm().item<double>();
      EXPECT_LE(error, 0.05 * exact.gradient.norm().item<double>());
    }
  }
}

// With targets of one token, no previous token is read, and one of the orders updates no state.
TEST(FusedPath, TakesTargetsOfOneToken) {
  for (const model::Order order :
       {model::Order::kLookUpdateGenerate, model::Order::kLookGenerateUpdate,
        model::Order::kUpdateLookGenerate}) {
    for (const model::Start start : {model::Start::kZero, model::Start::kEnd, model::Start::kOwn}) {
      for (const double dropout : {0.0, 0.2}) {
        Configuration c = small_configuration();
        c.decoder.order = order;
        c.decoder.start = start;
        c.training.dropout.embedding = dropout;
        const model::VocabularySizes sizes{8, 9};
        const auto examples = network::testing::random_examples(3, sizes, 5, 1, 8);
        const Layout layout(model::parameter_table(c, sizes));
        expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
      }
    }
  }
}

// Both parts of a readout share rows: those of the previous token and those of a fixed context.
TEST(FusedLinear, AddsUpPartsThatShareRows) {
  const std::int64_t positions = 6;
  const Tensor own = at::linspace(-1, 1, positions * 2, at::kFloat).view({positions, 2});
  const Tensor words = at::linspace(2, -1, 6, at::kFloat).view({2, 3});
  const Tensor sources = at::linspace(0, 1, 3, at::kFloat).view({3, 1});
  const Tensor of_words = at::tensor({0, 1, 1, 0, 0, 1}, at::kLong).view({2, 3});
  const Tensor of_sources = at::tensor({0, 1, 2, 0, 1, 2}, at::kLong).view({2, 3});
  const Tensor weight = at::linspace(-2, 2, 24, at::kFloat).view({4, 6});
  const Tensor bias = at::linspace(1, 2, 4, at::kFloat);
  const auto compute = [&](network::Operations& operations) {
    std::vector<Tensor> leaves;
    for (const Tensor& one : {own, words, sources, weight, bias}) {
      leaves.push_back(one.clone().requires_grad_(true));
    }
    operations.begin_pass();
    const Tensor result =
        operations.linear({{leaves[0], {}}, {leaves[1], of_words}, {leaves[2], of_sources}},
                          leaves[3], leaves[4], network::Activation::kTanh);
    result.backward(at::linspace(1, 3, result.numel(), at::kFloat).view(result.sizes()));
    std::vector<Tensor> found{result.detach()};
    for (const Tensor& leaf : leaves) found.push_back(leaf.grad());
    return found;
  };
  network::PlainOperations plain;
  FusedOperations fused(Precision::kFloat32);
  const std::vector<Tensor> expected = compute(plain), found = compute(fused);
  for (std::size_t k = 0; k < expected.size(); ++k) {
    EXPECT_LE(distance(found[k], expected[k]), 1e-5) << k;
  }
}

// Luong's models are wide enough for whole vectors and for products over all steps.
TEST(FusedPath, EqualsTensorOperationsInLuongsModels) {
  for (const char* score : {"additive", "dot", "general"}) {
    for (const model::Direction direction :
         {model::Direction::kBidirectional, model::Direction::kForward,
          model::Direction::kBackward}) {
      Configuration c = model::preset("luong");
      c.attention.score = score;
      c.encoder.direction = direction;
      c.encoder.units = 140;
      c.decoder.units = c.encoder.annotation_units();
      c.decoder.readout_units = 70;
      const model::VocabularySizes sizes{40, 50};
      const auto examples = network::testing::random_examples(17, sizes, 20, 15, 8);
      const Layout layout(model::parameter_table(c, sizes));
      expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
    }
  }
}

// Every cell has one dropout mask for a whole sequence, in both directions of the encoder and in a
// decoder whose initial state is a copy.
TEST(FusedPath, EqualsTensorOperationsWithRecurrentDropout) {
  using namespace model;
  for (const CellConfig cell :
       {CellConfig{Cell::kLstm}, CellConfig{Cell::kGru, GruReset::kBefore, GruUpdate::kNew},
        CellConfig{Cell::kGru, GruReset::kAfter, GruUpdate::kOld}}) {
    Configuration c;
    c.encoder.cell = c.decoder.cell = cell;
    c.encoder.units = 34;
    c.decoder.units = c.encoder.annotation_units();
    c.decoder.initial_state = InitialState::kCopy;
    c.training.dropout.recurrent = 0.4;
    const VocabularySizes sizes{40, 50};
    const auto examples = network::testing::random_examples(17, sizes, 20, 15, 8);
    const Layout layout(parameter_table(c, sizes));
    expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
  }
}

// Every cell is tested in two layers, over embedded words and over one-hot vectors.
TEST(FusedPath, EqualsTensorOperationsWithLayerNormalisation) {
  using namespace model;
  for (const CellConfig cell :
       {CellConfig{Cell::kLstm}, CellConfig{Cell::kGru, GruReset::kBefore, GruUpdate::kNew},
        CellConfig{Cell::kGru, GruReset::kAfter, GruUpdate::kOld}}) {
    for (const int embedding : {0, 30}) {
      Configuration c;
      c.encoder.cell = cell;
      c.encoder.layer_norm = true;
      c.encoder.layers = 2;
      c.encoder.embedding = embedding;
      c.encoder.units = 37;
      c.training.dropout.recurrent = 0.2;
      const VocabularySizes sizes{40, 50};
      const auto examples = network::testing::random_examples(17, sizes, 20, 15, 8);
      const Layout layout(parameter_table(c, sizes));
      expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
    }
  }
}

TEST(FusedPath, EqualsTensorOperationsWithAFedReadout) {
  using namespace model;
  for (const Readout readout : {Readout::kTanh, Readout::kLinear, Readout::kMaxout}) {
    for (const double dropout : {0.0, 0.3}) {
      Configuration c;
      c.decoder.order = Order::kUpdateLookGenerate;
      c.decoder.input_feeding = InputFeeding::kReadout;
      c.decoder.readout = readout;
      c.decoder.readout_units = 37;
      c.training.dropout.readout = dropout;
      const VocabularySizes sizes{40, 50};
      const auto examples = network::testing::random_examples(9, sizes, 20, 15, 8);
      const Layout layout(parameter_table(c, sizes));
      expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
    }
  }
}

// Every order is tested with all kinds of dropout, with and without input feeding.
TEST(FusedPath, EqualsTensorOperationsInStackedDecoders) {
  using namespace model;
  for (const Order order :
       {Order::kLookUpdateGenerate, Order::kLookGenerateUpdate, Order::kUpdateLookGenerate}) {
    for (const InputFeeding feeding : {InputFeeding::kNone, InputFeeding::kReadout}) {
      for (const bool variational : {false, true}) {
        Configuration c;
        if (feeding == InputFeeding::kReadout && order != Order::kUpdateLookGenerate) continue;
        c.decoder.order = order;
        c.decoder.input_feeding = feeding;
        c.decoder.layers = 3;
        c.decoder.cell.type = variational ? Cell::kLstm : Cell::kGru;
        c.training.dropout = {0.2, 0.2, 0.3, 0.3, 0.2, variational};
        const VocabularySizes sizes{40, 50};
        const auto examples = network::testing::random_examples(9, sizes, 20, 15, 8);
        const Layout layout(parameter_table(c, sizes));
        expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
      }
    }
  }
}

Tensor ids_of(std::vector<std::int64_t> ids, std::int64_t steps) {
  return at::tensor(ids, at::kLong).view({steps, -1});
}

TEST(EmbedWords, SharesRowsOfEqualWords) {
  const Tensor table = at::randn({5, 3});
  const Tensor ids = ids_of({-1, -1, 4, 2, 4, 4, 2, 2}, 4);
  const WordRows words = embed_words(table, ids);
  ASSERT_TRUE(words.shared());
  EXPECT_EQ(words.rows.size(0), 3);
  EXPECT_TRUE(words.index.sizes() == ids.sizes());
  const Tensor positions = words.rows.index_select(0, words.index.view(-1));
  EXPECT_TRUE(positions[0].equal(at::zeros({3})));
  EXPECT_TRUE(positions[2].equal(table[4]));
  EXPECT_TRUE(positions[3].equal(table[2]));
  EXPECT_TRUE(positions[7].equal(table[2]));
}

TEST(EmbedWords, GivesEveryPositionARowWhereFewAreEqual) {
  const Tensor table = at::randn({6, 3});
  const Tensor ids = ids_of({0, 1, 3, 2, 4, -1, 4, 5}, 2);
  const WordRows words = embed_words(table, ids);
  ASSERT_FALSE(words.shared());
  ASSERT_EQ(words.rows.size(0), 8);
  EXPECT_TRUE(words.rows[6].equal(table[4]));
  EXPECT_TRUE(words.rows[5].equal(at::zeros({3})));
}

TEST(EmbedWords, AddsToTheGradientThatALeafHas) {
  Tensor table = at::zeros({3, 2}).requires_grad_(true);
  const Tensor gradient = at::ones({3, 2});
  table.mutable_grad() = gradient;
  const WordRows words = embed_words(table, ids_of({-1, 2, 2, 2}, 2));
  words.rows.backward(at::tensor({1.0F, 2.0F, 4.0F, 8.0F}).view({2, 2}));
  EXPECT_TRUE(table.grad().is_same(gradient));
  EXPECT_TRUE(gradient.equal(at::tensor({1.0F, 1.0F, 1.0F, 1.0F, 5.0F, 9.0F}).view({3, 2})));
}

// The kernels know how many first positions attention may look at, and nothing else. Other
// positions go through the step program.
TEST(FusedPath, EqualsTensorOperationsWhereAttentionMayLookAtAnyPositions) {
  const model::VocabularySizes sizes{4, 4};
  const Configuration c = small_configuration();
  const Layout layout(model::parameter_table(c, sizes));
  const std::vector<Example> examples{{{{1, 2, 3}, {1, 0, 1}}, {1, 2}}, {{{3, 2}}, {1}}};
  expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
}

// A cost beside the cross-entropy is differentiated with it: 3 Σ x² adds 6 x to the gradient.
TEST(FusedLoss, AddsAnExtraCost) {
  const Tensor values = at::linspace(-1, 1, 12, at::kFloat).view({3, 4});
  const auto compute = [&](network::Operations& operations, bool adds) {
    const Tensor leaf = values.clone().requires_grad_(true);
    const Tensor weight = at::linspace(-1, 2, 20, at::kFloat).view({5, 4}).requires_grad_(true);
    const Tensor bias = at::zeros({5}, at::kFloat).requires_grad_(true);
    for (const Tensor& one : {leaf, weight, bias}) one.mutable_grad() = at::zeros_like(one);
    network::LossInputs inputs;
    inputs.rows = leaf * 2;
    inputs.weight = weight;
    inputs.bias = bias;
    inputs.targets = at::tensor({4, 0, 2}, at::kLong);
    if (adds) inputs.extra = leaf.square().sum() * 3;
    operations.begin_pass();
    const network::LossSums sums = operations.accumulate_gradient(inputs, {0.1, kScale});
    EXPECT_NEAR(operations.evaluate(inputs, {0.1, 1.0}).cost, sums.cost, 1e-5);
    return std::pair(sums.cost, leaf.grad().clone());
  };
  network::PlainOperations plain;
  FusedOperations fused(Precision::kFloat32);
  for (network::Operations* operations :
       {static_cast<network::Operations*>(&plain), static_cast<network::Operations*>(&fused)}) {
    const auto [cost, gradient] = compute(*operations, true);
    const auto [cost_without, gradient_without] = compute(*operations, false);
    EXPECT_NEAR(cost - cost_without, 3 * values.square().sum().item<double>(), 1e-5);
    EXPECT_LT(distance(gradient - gradient_without, values * 6 * kScale), 1e-5);
  }
}

// Returns cells that differ in where they add the parts of W x + b.
std::vector<model::CellConfig> cells() {
  model::CellConfig before, after, lstm;
  before.reset = model::GruReset::kBefore;
  after.reset = model::GruReset::kAfter;
  lstm.type = model::Cell::kLstm;
  return {before, after, lstm};
}

// The vocabularies are so small that positions share rows in the source and in the target.
TEST(FusedPath, EqualsTensorOperationsWhereWordsShareRows) {
  const model::VocabularySizes sizes{4, 4};
  const auto examples = network::testing::random_examples(7, sizes, 9, 8, 21);
  const Batch batch = make_batch(pointers(examples), at::kFloat);
  ASSERT_TRUE(embed_words(at::zeros({4, 1}), batch.source).shared());
  ASSERT_TRUE(embed_words(at::zeros({4, 1}), batch.previous).shared());
  for (const model::CellConfig& cell : cells()) {
    for (const model::Direction direction :
         {model::Direction::kBidirectional, model::Direction::kForward,
          model::Direction::kBackward}) {
      for (const model::Order order :
           {model::Order::kLookUpdateGenerate, model::Order::kLookGenerateUpdate,
            model::Order::kUpdateLookGenerate, model::Order::kUpdateLookUpdate}) {
        Configuration c = small_configuration();
        c.encoder.cell = c.decoder.cell = cell;
        c.encoder.direction = direction;
        c.decoder.order = order;
        c.decoder.initial_state = model::InitialState::kMean;
        SCOPED_TRACE(model::write_yaml(c));
        const Layout layout(model::parameter_table(c, sizes));
        expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
      }
    }
  }
}

// Input feeding uses a readout that reads the embedding of the previous token.
TEST(FusedPath, EqualsTensorOperationsWhereReadoutsShareRows) {
  const model::VocabularySizes sizes{4, 4};
  const auto examples = network::testing::random_examples(7, sizes, 9, 8, 22);
  Configuration c = model::preset("luong");
  c.decoder.readout_feedback = model::Feedback::kPrevious;
  ASSERT_GT(c.decoder.readout_previous_units(), 0);
  const Layout layout(model::parameter_table(c, sizes));
  c.training.dropout = {};
  expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
}

// Runs a model twice: once on sources with few distinct words, and once on copies where every
// position has a word of its own with an equal embedding. Only the first run shares rows.
TEST(FusedPath, SharedRowsChangeNothingButRounding) {
  constexpr std::int64_t kSentences = 6, kLength = 7, kWords = 5, kPositions = kSentences * kLength;
  const auto examples =
      network::testing::random_examples(kSentences, {kWords, 9}, kLength, 6, 23, true);
  std::vector<Example> apart = examples;
  std::vector<std::int64_t> words;
  for (Example& example : apart) {
    for (text::TokenId& token : example.source.tokens) {
      words.push_back(token);
      token = static_cast<text::TokenId>(words.size()) - 1;
    }
  }
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    for (const model::CellConfig& cell : cells()) {
      Configuration c;
      c.encoder.cell = cell;
      c.training.precision = precision;
      c.training.dropout = {};
      const Layout one(model::parameter_table(c, {kWords, 9}));
      const Layout other(model::parameter_table(c, {kPositions, 9}));
      const Tensor values = initial_values(one, 3, at::kFloat), twin = at::empty({other.size()});
      const Tensors from = one.views(values), to = other.views(twin);
      const Tensor index = at::tensor(words, at::kLong);
      for (const auto& [name, tensor] : to) {
        const bool table = name == "source_embedding.weight";
        tensor.copy_(table ? from.at(name).index_select(0, index) : from.at(name));
      }
      const Batch batch = make_batch(pointers(examples), at::kFloat);
      const Batch batch_apart = make_batch(pointers(apart), at::kFloat);
      ASSERT_TRUE(embed_words(from.at("source_embedding.weight"), batch.source).shared());
      ASSERT_FALSE(embed_words(to.at("source_embedding.weight"), batch_apart.source).shared());
      const Result shared = run(c, one, values, batch, fused_operations(c));
      const Result single = run(c, other, twin, batch_apart, fused_operations(c));
      EXPECT_NEAR(shared.cost, single.cost, 1e-6 * single.cost);
      const Tensors found = one.views(shared.gradient), expected = other.views(single.gradient);
      const double tolerance = precision == Precision::kFloat32 ? 1e-5 : 4e-3;  // about 2^-8
      const double whole = shared.gradient.norm().item<double>();
      for (const auto& [name, gradient] : found) {
        Tensor sum = expected.at(name);
        if (name == "source_embedding.weight") {
          sum = at::zeros_like(gradient).index_add(0, index, sum);
        }
        // Energies hardly depend on a query, so the gradients of the query weights are mostly
        // rounding. The tolerance is therefore at least a fraction of the whole gradient.
        const double scale = std::max(sum.norm().item<double>(), 1e-3 * whole);
        EXPECT_LE((gradient - sum).norm().item<double>(), tolerance * scale) << name;
      }
    }
  }
}

// Large vocabularies and batches are worked off in blocks.
TEST(FusedPath, EqualsTensorOperationsWithManyTargets) {
  Configuration c;
  c.training.dropout = {};
  const model::VocabularySizes sizes{3000, 6000};
  const auto examples = network::testing::random_examples(64, sizes, 20, 20, 8);
  const Layout layout(model::parameter_table(c, sizes));
  expect_fused_equals_plain(c, sizes, examples, initial_values(layout, 3, at::kFloat));
}

TEST(FusedPath, GivesTheSameBitsAgain) {
  Configuration c;
  const model::VocabularySizes sizes{40, 50};
  const auto examples = network::testing::random_examples(9, sizes, 20, 15, 8);
  const Batch batch = make_batch(pointers(examples), at::kFloat);
  const Layout layout(model::parameter_table(c, sizes));
  const Tensor values = initial_values(layout, 3, at::kFloat);
  const Result once = run(c, layout, values, batch, fused_operations(c));
  const Result again = run(c, layout, values, batch, fused_operations(c));
  EXPECT_EQ(once.cost, again.cost);
  EXPECT_TRUE(once.gradient.equal(again.gradient));
}

}  // namespace
}  // namespace attend::fused

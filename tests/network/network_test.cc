// Tests properties of a whole model and of its parameters in a flat buffer.
#include "network/network.h"

#include <gtest/gtest.h>

#include <memory>

#include "fixtures.h"

namespace attend::network {
namespace {

using model::Configuration;
using testing::pointers;
using testing::random_examples;
using testing::small_configuration;

constexpr model::VocabularySizes kSizes{8, 9};

Network make_network(const Configuration& configuration, at::ScalarType type) {
  const Layout layout(model::parameter_table(configuration, kSizes));
  return {configuration, layout.views(initial_values(layout, 3, type)),
          std::make_shared<PlainOperations>()};
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

// The gaps between tensors may hold any values.
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
        static_cast<std::int64_t>(examples[static_cast<std::size_t>(b)].source.tokens.size());
    const Tensor padding = forced.alignments.select(1, b).slice(1, length);
    EXPECT_TRUE(padding.eq(0).all().item<bool>());
  }
}

TEST(Batch, TellsWhereAttentionMayLook) {
  std::vector<Example> examples{{{{1, 2, 3}}, {1}}, {{{3, 2, 1}}, {1}}};
  EXPECT_FALSE(make_batch(pointers(examples), at::kFloat).attention_mask.defined());
  examples[1].source.allowed = {1, 1, 1};
  EXPECT_FALSE(make_batch(pointers(examples), at::kFloat).attention_mask.defined());
  examples[1].source.allowed = {1, 0, 0};
  Batch batch = make_batch(pointers(examples), at::kFloat);
  EXPECT_FALSE(batch.source_mask.defined());
  EXPECT_TRUE(
      batch.attention_mask.equal(at::tensor({1.0F, 1.0F, 1.0F, 0.0F, 1.0F, 0.0F}).view({3, 2})));
  EXPECT_EQ(batch.attention_sizes, (std::vector<std::int32_t>{3, 1}));
  examples[0].source = {{1, 2}, {0, 1}};
  batch = make_batch(pointers(examples), at::kFloat);
  EXPECT_TRUE(
      batch.source_mask.equal(at::tensor({1.0F, 1.0F, 1.0F, 1.0F, 0.0F, 1.0F}).view({3, 2})));
  EXPECT_TRUE(
      batch.attention_mask.equal(at::tensor({0.0F, 1.0F, 1.0F, 0.0F, 0.0F, 0.0F}).view({3, 2})));
  EXPECT_TRUE(batch.attention_sizes.empty());
  examples[0].source.allowed = {1};
  EXPECT_THROW(make_batch(pointers(examples), at::kFloat), CheckFailure);
  examples[0].source = {{1, 2}, {}, {0, 1}};
  EXPECT_THROW(make_batch(pointers(examples), at::kFloat), CheckFailure);
}

// Compares a sentence alone, in a batch, and in a batch with more padding than it needs.
// Documents of one long sentence and many short ones.
std::vector<Example> uneven_documents(std::size_t count) {
  std::vector<Example> examples;
  for (std::size_t k = 0; k < count; ++k) {
    Example example{{std::vector<text::TokenId>(100 + k, 4)}, {5}};
    for (std::size_t j = 0; j < example.source.tokens.size(); ++j) {
      example.source.tokens[j] = static_cast<text::TokenId>((j * j + k) % kSizes.source);
    }
    example.source.sentences = {0};
    for (std::size_t first = 50; first < 100; first += 2) {
      example.source.sentences.push_back(static_cast<std::int32_t>(first));
    }
    examples.push_back(example);
  }
  return examples;
}

TEST(Batch, OfDocumentsHasLittlePadding) {
  const auto examples = uneven_documents(5);
  const Batch batch = make_batch(pointers(examples), at::kDouble);
  ASSERT_GT(batch.below.size(), 1U);
  std::int64_t sentences = 0, tokens = 0, positions = 0;
  for (const auto& below : batch.below) {
    sentences += below->sentences;
    positions += below->source.numel();
    for (const std::int32_t size : below->source_sizes) tokens += size;
  }
  EXPECT_EQ(sentences, 5 * 26);
  EXPECT_EQ(tokens, 100 + 101 + 102 + 103 + 104);
  EXPECT_LT(positions, 3 * tokens);  // 50 · 130 in one batch: 12 times the tokens
  EXPECT_EQ(batch.below_rows.max().item<std::int64_t>(), sentences - 1);
}

// Paragraphs of one to forty sentences.
TEST(Batch, OfParagraphsHasLittlePadding) {
  auto examples = uneven_documents(20);
  for (std::size_t k = 0; k < examples.size(); ++k) {
    model::Source& source = examples[k].source;
    source.sentences.clear();
    source.paragraphs = {0};
    for (std::size_t j = 0; j < source.tokens.size(); ++j) {
      source.sentences.push_back(static_cast<std::int32_t>(j));
      if (j >= 40) source.paragraphs.push_back(static_cast<std::int32_t>(j));
    }
  }
  const Batch batch = make_batch(pointers(examples), at::kDouble);
  ASSERT_GT(batch.below.size(), 1U);
  std::int64_t paragraphs = 0, sentences = 0, positions = 0;
  for (const auto& below : batch.below) {
    paragraphs += below->sentences;
    positions += below->source.numel();
    for (const auto& own : below->below) sentences += own->sentences;
  }
  std::size_t expected = 0;
  for (const Example& example : examples) expected += example.source.tokens.size();
  EXPECT_EQ(sentences, static_cast<std::int64_t>(expected));
  EXPECT_EQ(batch.below_rows.max().item<std::int64_t>(), paragraphs);  // padding of documents
  EXPECT_LT(positions, 2 * sentences);  // 1,590 · 40 in one batch: 26 times the sentences
}

TEST(Network, ADocumentAmongOthersIsADocumentAlone) {
  for (const char* preset : {"han", "han-mean", "han-max", "three levels"}) {
    SCOPED_TRACE(preset);
    Configuration configuration = model::preset(preset[0] == 'h' ? preset : "han");
    configuration.encoder.levels = preset[0] == 'h' ? 2 : 3;
    const Network network = make_network(configuration, at::kDouble);
    auto examples = uneven_documents(5);
    for (Example& example : examples) {
      if (preset[0] == 't') example.source.paragraphs = {0, 1, 2, 20};
    }
    const Tensor all =
        network.forced(make_batch(pointers(examples), at::kDouble)).log_probabilities;
    for (std::size_t b = 0; b < examples.size(); ++b) {
      const std::vector<Example> one{examples[b]};
      const Tensor alone = network.forced(make_batch(pointers(one), at::kDouble)).log_probabilities;
      EXPECT_TRUE(
          at::allclose(all.select(1, static_cast<std::int64_t>(b)), alone.select(1, 0), 0, 1e-12));
    }
  }
}

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
      configuration.attention.score = "dot";
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
      const auto length = static_cast<std::int64_t>(examples[b].source.tokens.size());
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

}  // namespace
}  // namespace attend::network

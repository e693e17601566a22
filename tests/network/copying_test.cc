// The distribution of a decoder that copies (§13.4) in plain loops, against the network, the
// runtime and the search.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "fixtures.h"
#include "network/network.h"
#include "runtime/runtime.h"
#include "search/search.h"

namespace attend::network {
namespace {

using testing::pointers;
using testing::random_examples;
using testing::small_configuration;

constexpr std::int64_t kVocabulary = 9;
constexpr text::TokenId kUnknown = 1, kEnd = 8;
const model::VocabularySizes kSizes{8, kVocabulary};

model::Configuration copying_configuration() {
  model::Configuration c = small_configuration();
  model::set_option(c, "decoder.copy=pointer");
  model::check(c);
  return c;
}

Tensor random_values(const Layout& layout, std::uint64_t seed, double scale = 0.7) {
  Random random(seed);
  const Tensor values = at::empty({layout.size()}, at::kDouble);
  for (std::int64_t i = 0; i < layout.size(); ++i) {
    values.data_ptr<double>()[i] = scale * random.normal();
  }
  return values;
}

// A model whose p_gen is σ(gate) in every step.
struct Model {
  explicit Model(double gate, std::uint64_t seed = 3)
      : configuration(copying_configuration()),
        layout(model::parameter_table(configuration, kSizes)),
        values(random_values(layout, seed)) {
    Tensors views = layout.views(values);
    views.at("copy.weight").zero_();
    views.at("copy.bias").fill_(gate);
  }

  Network network(const Tensor& of, std::shared_ptr<Operations> operations) const {
    return {configuration, layout.views(of), std::move(operations)};
  }
  std::unique_ptr<model::Engine> engine() const {
    const Tensor floats = values.to(at::kFloat);
    return runtime::make_engine(configuration, kSizes, kEnd, make_weights(layout, floats, {}));
  }

  model::Configuration configuration;
  Layout layout;
  Tensor values;
};

// Words of the source: 9 and 10 are its own, and 9 occurs twice; 4 and 5 are target words too. The
// target has a word of the source alone twice, one of both, one of the vocabulary alone, one of
// neither, and </s>.
Example small_example() {
  Example example;
  example.source.tokens = {3, 1, 4, 1, 1, 5, 2};
  example.source.copies.ids = {text::kNoToken, 9, 4, 10, 9, 5, kEnd};
  example.source.copies.units = {"rare", "seldom"};
  example.source.copies.unknown = kUnknown;
  example.target = {9, 4, 7, kUnknown, 10, kEnd};
  return example;
}

// The example for a model that does not copy: words of the source alone are unknown to it.
Example read_example() {
  Example example = small_example();
  example.source.copies = {};
  for (text::TokenId& id : example.target) id = id >= kVocabulary ? kUnknown : id;
  return example;
}

// P(w) = p_gen P_vocab(w) + (1 − p_gen) Σ_{j: x_j = w} α_j for all words of step i. P_vocab and α
// are those of the model that does not copy, whose states are the same.
std::vector<double> plain_distribution(const Model& model, std::int64_t i, double gate) {
  const Example example = read_example(), copied = small_example();
  model::Configuration c = model.configuration;
  c.decoder.copy = model::Copy::kNone;
  const Network network(c, model.layout.views(model.values), std::make_shared<PlainOperations>());
  const Forced forced = network.forced(make_batch(std::vector{&example}, at::kDouble));
  const double generates = 1 / (1 + std::exp(-gate));
  std::vector<double> p(kVocabulary + 2, 0);
  for (std::int64_t w = 0; w < kVocabulary; ++w) {
    p[static_cast<std::size_t>(w)] =
        generates * std::exp(forced.log_probabilities[i][0][w].item<double>());
  }
  const std::vector<text::TokenId>& ids = copied.source.copies.ids;
  for (std::size_t j = 0; j < ids.size(); ++j) {
    if (ids[j] == text::kNoToken) continue;
    p[static_cast<std::size_t>(ids[j])] +=
        (1 - generates) * forced.alignments[i][0][static_cast<std::int64_t>(j)].item<double>();
  }
  return p;
}

TEST(Copying, EqualsItsEquationInTrainingAndPrediction) {
  for (const double gate : {-1.5, 0.3}) {
    const Model model(gate);
    const Example example = small_example();
    const Batch batch = make_batch(std::vector{&example}, at::kDouble);
    const Network network = model.network(model.values, std::make_shared<PlainOperations>());
    const Tensor scores = network.forced(batch).log_probabilities;
    ASSERT_EQ(scores.size(2), kVocabulary + 2);
    const auto engine = model.engine();
    const auto decoding = engine->annotate(std::vector{example.source});
    model::StepRow row;
    double log_likelihood = 0;
    for (std::size_t i = 0; i < example.target.size(); ++i) {
      const auto step = static_cast<std::int64_t>(i);
      const std::vector<double> expected = plain_distribution(model, step, gate);
      const model::StepResult result = decoding->step(std::span(&row, 1));
      ASSERT_EQ(result.target_vocabulary, expected.size());
      for (std::size_t w = 0; w < expected.size(); ++w) {
        const auto id = static_cast<std::int64_t>(w);
        EXPECT_NEAR(scores[step][0][id].item<double>(), std::log(expected[w]), 1e-10) << w;
        EXPECT_NEAR(result.log_probabilities[w], std::log(expected[w]), 2e-5) << w;
      }
      EXPECT_NEAR(result.observed("p_gen")[0], 1 / (1 + std::exp(-gate)), 1e-6);
      log_likelihood += std::log(expected[static_cast<std::size_t>(example.target[i])]);
      row.parent = 0;
      row.previous = example.target[i];
    }
    const Cost cost = network.cost(batch, nullptr);
    EXPECT_NEAR(cost.log_likelihood.item<double>(), log_likelihood, 1e-9);
    EXPECT_NEAR(cost.cost.item<double>(), -log_likelihood, 1e-9);
  }
}

// log σ(z) and log σ(−z) are exact where p_gen is 0 or 1 in float; the loss and its gradient stay
// finite, even for words that the model can hardly write.
TEST(Copying, StaysFiniteWhereItSurelyCopiesOrGenerates) {
  for (const double gate : {-200.0, 200.0}) {
    const Model model(gate);
    const Tensor floats = model.values.to(at::kFloat);
    Leaves leaves(model.layout, floats);
    const Network network(model.configuration, leaves.tensors, std::make_shared<PlainOperations>());
    const Example example = small_example();
    const Tensor cost = network.cost(make_batch(std::vector{&example}, at::kFloat), nullptr).cost;
    EXPECT_TRUE(std::isfinite(cost.item<double>())) << gate;
    EXPECT_GT(cost.item<double>(), 100) << gate;
    cost.backward();
    EXPECT_TRUE(leaves.gradient.isfinite().all().item<bool>()) << gate;
  }
}

// Ids that only other sources of the batch have are impossible.
TEST(Copying, GivesASourceItsOwnWordsAlone) {
  const Model model(-1);
  Example first = small_example(), second = read_example();
  second.source.copies.ids.assign(second.source.tokens.size(), 4);
  second.source.copies.unknown = kUnknown;
  const auto engine = model.engine();
  const auto decoding = engine->annotate(std::vector{first.source, second.source});
  const std::vector<model::StepRow> rows{{.source = 0}, {.source = 1}};
  const model::StepResult result = decoding->step(rows);
  ASSERT_EQ(result.target_vocabulary, 11U);
  for (const std::size_t own : {9U, 10U}) {
    EXPECT_TRUE(std::isfinite(result.log_probabilities[own]));
    EXPECT_EQ(result.log_probabilities[result.target_vocabulary + own],
              -std::numeric_limits<float>::infinity());
  }
}

// The beam finds words that only the source has, and forced scoring and training agree with it.
TEST(Copying, DecodedForcedAndTrainedScoresAreEqual) {
  std::size_t copied = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const Model model(-0.5, seed);
    auto examples = random_examples(5, kSizes, 9, 7, seed);
    testing::add_random_copies(examples, kVocabulary, seed);
    std::vector<model::Source> sources;
    for (const Example& example : examples) sources.push_back(example.source);
    const auto engine = model.engine();
    search::SearchOptions options;
    options.beam = 4;
    options.n_best = 2;
    const auto found = search::search(*engine, sources, options);
    for (std::size_t s = 0; s < sources.size(); ++s) {
      for (const search::Hypothesis& one : found[s]) {
        copied += static_cast<std::size_t>(std::count_if(
            one.tokens.begin(), one.tokens.end(), [](auto id) { return id >= kVocabulary; }));
        if (!one.finished) continue;
        const auto forced =
            search::score(*engine, std::span(&sources[s], 1), std::span(&one.tokens, 1), 1.0);
        const double tolerance = 1e-5 * std::max(1.0, std::abs(one.log_probability));
        EXPECT_NEAR(forced[0].log_probability, one.log_probability, tolerance);
        Example example{sources[s], one.tokens};
        example.target.push_back(kEnd);
        const Network network = model.network(model.values, std::make_shared<PlainOperations>());
        const Cost cost = network.cost(make_batch(std::vector{&example}, at::kDouble), nullptr);
        EXPECT_NEAR(cost.log_likelihood.item<double>(), one.log_probability, 10 * tolerance);
      }
    }
  }
  EXPECT_GT(copied, 0U);
}

TEST(Copying, KeepsTheBestOfAllIds) {
  const Model model(-1);
  const Example example = small_example();
  const auto engine = model.engine();
  const auto whole = engine->annotate(std::vector{example.source});
  const auto kept = engine->annotate(std::vector{example.source});
  kept->keep_best(4);
  const model::StepRow row;
  const model::StepResult all = whole->step(std::span(&row, 1));
  const model::StepResult best = kept->step(std::span(&row, 1));
  ASSERT_EQ(best.best_count, 4U);
  std::vector<float> sorted(all.log_probabilities.begin(), all.log_probabilities.end());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(best.best[k].log_probability, sorted[k]);
    EXPECT_EQ(all.log_probabilities[static_cast<std::size_t>(best.best[k].token)], sorted[k]);
  }
}

}  // namespace
}  // namespace attend::network

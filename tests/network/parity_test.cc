// Tests that the runtime and training compute one definition: it compares the decoder's forced
// score with the training likelihood for random configurations.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "fixtures.h"
#include "network/network.h"
#include "random_configuration.h"
#include "runtime/runtime.h"
#include "search/search.h"

namespace attend::network {
namespace {

using attend::testing::random_configuration;
using model::Configuration;
using testing::pointers;
using testing::random_examples;

struct RandomModel {
  Configuration configuration;
  model::VocabularySizes sizes;
  std::optional<text::TokenId> end;
  std::vector<Example> examples;  // targets end with </s> if the model has one
  Tensor values;                  // of all parameters
  model::Weights weights;
  Forced forced;
};

// Returns whether input feeding uses a readout without bounds. Such a readout multiplies rounding
// errors in every step. With large weights the error of float32 itself then exceeds the tolerance.
bool feeds_without_bounds(const model::DecoderConfig& decoder) {
  return decoder.input_feeding == model::InputFeeding::kReadout &&
         decoder.readout != model::Readout::kTanh;
}

// Where attention may look in the sources of a random model.
enum class Allowed { kEverywhere, kSomewhere };

// Forbids attention to look at random positions of random examples, and at all positions of some.
void close_positions(std::vector<Example>& examples, std::uint64_t seed) {
  Random random(seed);
  for (Example& example : examples) {
    if (random.chance(0.2)) continue;
    const double open = random.chance(0.2) ? 0.0 : 0.6;
    example.source.allowed.resize(example.source.tokens.size());
    for (char& allowed : example.source.allowed) allowed = random.chance(open) ? 1 : 0;
  }
}

// Computes the log-probabilities of the targets of examples as training does.
Forced force(const RandomModel& random_model, const std::vector<Example>& examples) {
  const at::NoGradGuard no_gradient;
  const Configuration& c = random_model.configuration;
  const Layout layout(model::parameter_table(c, random_model.sizes));
  return Network(c, layout.views(random_model.values), std::make_shared<PlainOperations>())
      .forced(make_batch(pointers(examples), at::kFloat));
}

// The logarithm of the probability of the first `count` tokens of the target of example `b`.
double log_likelihood(const Forced& forced, const std::vector<Example>& examples, std::size_t b,
                      std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += forced
               .log_probabilities[static_cast<std::int64_t>(i)][static_cast<std::int64_t>(b)]
                                 [examples[b].target[i]]
               .item<double>();
  }
  return sum;
}

// The logarithm of the probability of the whole target.
double log_likelihood(const Forced& forced, const std::vector<Example>& examples, std::size_t b) {
  return log_likelihood(forced, examples, b, examples[b].target.size());
}

// Any model whose decoder fits an encoder of pictures of this kind.
Configuration random_picture_configuration(Random& random, model::EncoderKind kind) {
  for (;;) {
    Configuration c = random_configuration(random, 20);
    const Configuration pictures = testing::picture_configuration(kind);
    c.source = pictures.source;
    c.image = pictures.image;
    // Where few values are normalised together, float cannot hold their digits.
    c.image.height = c.image.width = 16;
    c.encoder = pictures.encoder;
    c.encoder.layers = 1 + static_cast<int>(random.below(2));
    c.attention.end_token = model::EndToken::kVisible;
    c.shared_vocabulary = false;
    if (random.chance(0.7)) c.decoder.initial_state = model::InitialState::kMean;
    if (attend::testing::is_valid(c)) return c;
  }
}

RandomModel make_random_model(std::uint64_t seed, Allowed allowed = Allowed::kEverywhere,
                              const attend::testing::KeptValues& given = {},
                              model::EncoderKind kind = model::EncoderKind::kRecurrent) {
  Random random(seed);
  RandomModel random_model;
  const bool pictures = kind != model::EncoderKind::kRecurrent;
  random_model.configuration = pictures ? random_picture_configuration(random, kind)
                                        : random_configuration(random, 20, given);
  const Configuration& c = random_model.configuration;
  random_model.sizes.source = 2 + static_cast<std::int64_t>(random.below(20));
  random_model.sizes.target = c.shared_vocabulary ? random_model.sizes.source
                                                  : 2 + static_cast<std::int64_t>(random.below(20));
  const bool visible = c.encoder.padding == model::Padding::kVisible;
  const auto fixed_target = static_cast<std::size_t>(c.target.fixed_length);
  const std::size_t longest = fixed_target > 0 ? fixed_target : 7, count = 1 + random.below(6);
  random_model.examples =
      pictures ? testing::random_pictures(count, c, random_model.sizes.target, longest, seed + 1)
               : random_examples(count, random_model.sizes, 9, longest, seed + 1);
  if (c.target.end_token)
    random_model.end = static_cast<text::TokenId>(random_model.sizes.target - 1);
  for (Example& example : random_model.examples) {
    if (visible) example.source.tokens.resize(static_cast<std::size_t>(c.source.fixed_length), 0);
    if (fixed_target > 0) example.target.resize(fixed_target, 0);
    if (!random_model.end) continue;
    for (text::TokenId& token : example.target) {
      if (token == *random_model.end) token = 0;
    }
    example.target.push_back(*random_model.end);
  }
  if (c.decoder.copy != model::Copy::kNone) {
    testing::add_random_copies(random_model.examples, random_model.sizes.target, seed + 3);
  }
  testing::add_random_borders(random_model.examples, c.encoder.levels, seed + 4);
  testing::add_random_entities(random_model.examples, c.encoder, seed + 5);
  testing::add_random_ngrams(random_model.examples, c.encoder, seed + 6);
  if (allowed == Allowed::kSomewhere) close_positions(random_model.examples, seed + 2);
  const Layout layout(model::parameter_table(c, random_model.sizes));
  const Tensor values = at::empty({layout.size()}, at::kFloat);
  const double scale = feeds_without_bounds(c.decoder) ? 0.2 : 0.5;
  for (std::int64_t i = 0; i < layout.size(); ++i) {
    values.data_ptr<float>()[i] = static_cast<float>(scale * random.normal());
  }
  random_model.values = values;
  random_model.weights = make_weights(layout, values, {});
  random_model.forced = force(random_model, random_model.examples);
  return random_model;
}

void expect_close(float found, float expected, const char* what) {
  if (found == expected) return;  // −infinity too: hard attention that may look nowhere
  ASSERT_NEAR(found, expected, 1e-5 * std::max(1.0f, std::abs(expected))) << what;
}

void expect_runtime_equals_training(const RandomModel& random_model) {
  SCOPED_TRACE(model::write_yaml(random_model.configuration));
  const auto engine = runtime::make_engine(random_model.configuration, random_model.sizes,
                                           random_model.end, random_model.weights);
  std::vector<model::Source> sources;
  std::size_t steps = 0;
  for (const Example& example : random_model.examples) {
    sources.push_back(example.source);
    steps = std::max(steps, example.target.size());
  }
  const auto decoding = engine->annotate(sources);
  const auto scores = random_model.forced.log_probabilities.accessor<float, 3>();
  const Tensor& alignments = random_model.forced.alignments;  // undefined without a look
  std::vector<std::int32_t> row_of(sources.size(), -1);
  for (std::size_t i = 0; i < steps; ++i) {
    std::vector<model::StepRow> rows;  // examples whose target has not ended
    for (std::size_t b = 0; b < sources.size(); ++b) {
      const auto& target = random_model.examples[b].target;
      if (i >= target.size()) continue;
      rows.push_back(
          {static_cast<std::int32_t>(b), row_of[b], i == 0 ? text::kNoToken : target[i - 1]});
      row_of[b] = static_cast<std::int32_t>(rows.size()) - 1;
    }
    const model::StepResult result = decoding->step(rows);
    const auto step = static_cast<std::int64_t>(i);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      for (std::size_t k = 0; k < result.target_vocabulary; ++k) {
        expect_close(result.log_probabilities[r * result.target_vocabulary + k],
                     scores[step][rows[r].source][static_cast<std::int64_t>(k)], "log p");
      }
      if (!alignments.defined()) continue;
      const Tensor expected = alignments[step][rows[r].source];
      for (std::size_t j = 0; j < result.source_length; ++j) {
        expect_close(result.alignment[r * result.source_length + j],
                     expected[static_cast<std::int64_t>(j)].item<float>(), "alignment");
      }
    }
  }
}

void expect_forced_equals_training(const RandomModel& random_model) {
  SCOPED_TRACE(model::write_yaml(random_model.configuration));
  const auto engine = runtime::make_engine(random_model.configuration, random_model.sizes,
                                           random_model.end, random_model.weights);
  std::vector<model::Source> sources;
  std::vector<std::vector<text::TokenId>> targets;
  for (const Example& example : random_model.examples) {
    sources.push_back(example.source);
    targets.push_back(example.target);
    if (random_model.end) targets.back().pop_back();
  }
  const auto hypotheses = search::score(*engine, sources, targets, 1.0);
  for (std::size_t b = 0; b < sources.size(); ++b) {
    const double expected = log_likelihood(random_model.forced, random_model.examples, b);
    if (hypotheses[b].log_probability == expected) continue;  // −infinity too
    EXPECT_NEAR(hypotheses[b].log_probability, expected, 1e-5 * std::max(1.0, std::abs(expected)));
  }
}

// Compares the log-probabilities of what a beam finds with those that training computes for it.
// Training needs targets that end in </s>. Those of unfinished hypotheses get one that is not
// counted.
void expect_beam_equals_training(const RandomModel& random_model) {
  SCOPED_TRACE(model::write_yaml(random_model.configuration));
  const auto engine = runtime::make_engine(random_model.configuration, random_model.sizes,
                                           random_model.end, random_model.weights);
  std::vector<model::Source> sources;
  for (const Example& example : random_model.examples) sources.push_back(example.source);
  search::SearchOptions options;
  options.beam = options.n_best = 4;
  options.maximum_length = 7;
  const auto found = search::search(*engine, sources, options);
  std::vector<Example> examples;
  std::vector<double> scores;
  std::vector<std::size_t> counts;
  for (std::size_t b = 0; b < sources.size(); ++b) {
    for (const search::Hypothesis& one : found[b]) {
      examples.push_back({sources[b], one.tokens});
      if (random_model.end) examples.back().target.push_back(*random_model.end);
      counts.push_back(one.tokens.size() + (one.finished && random_model.end ? 1 : 0));
      scores.push_back(one.log_probability);
    }
  }
  const Forced forced = force(random_model, examples);
  for (std::size_t k = 0; k < examples.size(); ++k) {
    const double expected = log_likelihood(forced, examples, k, counts[k]);
    if (scores[k] == expected) continue;  // −infinity too
    EXPECT_NEAR(scores[k], expected, 1e-5 * std::max(1.0, std::abs(expected))) << "found " << k;
  }
}

class Parity : public ::testing::TestWithParam<int> {};

TEST_P(Parity, RuntimeEqualsTraining) {
  expect_runtime_equals_training(make_random_model(static_cast<std::uint64_t>(GetParam())));
}

TEST_P(Parity, RuntimeEqualsTrainingWhereAttentionMayNotLookEverywhere) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  expect_runtime_equals_training(make_random_model(seed, Allowed::kSomewhere));
}

TEST_P(Parity, ForcedScoreEqualsTheTrainingLikelihood) {
  expect_forced_equals_training(make_random_model(static_cast<std::uint64_t>(GetParam())));
}

INSTANTIATE_TEST_SUITE_P(RandomModels, Parity, ::testing::Range(1, 101));

class ScoreParity : public ::testing::TestWithParam<std::string> {};

// Sources have up to nine tokens, and the location score knows one to six positions.
TEST_P(ScoreParity, RuntimeEqualsTraining) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const std::string rows = std::to_string(1 + seed % 6);
    expect_runtime_equals_training(
        make_random_model(seed, seed % 3 == 0 ? Allowed::kSomewhere : Allowed::kEverywhere,
                          {{"attention.score", GetParam()}, {"attention.maximum_source", rows}}));
  }
}

INSTANTIATE_TEST_SUITE_P(Scores, ScoreParity,
                         ::testing::ValuesIn(testing::choices_of("attention.score")),
                         [](const auto& one) { return testing::name_of_choice(one.param); });

class HardParity : public ::testing::TestWithParam<std::string> {};

// The filter of hard attention follows the beam, and its postponed operations the chosen tokens.
TEST_P(HardParity, RuntimeEqualsTraining) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const RandomModel random_model =
        make_random_model(seed, seed % 2 == 0 ? Allowed::kSomewhere : Allowed::kEverywhere,
                          {{"attention.kind", GetParam()},
                           {"attention.window", "all"},
                           {"attention.coverage", "none"},
                           {"attention.normaliser", "softmax"},
                           {"attention.temporal", "none"}});
    expect_runtime_equals_training(random_model);
    expect_forced_equals_training(random_model);
    expect_beam_equals_training(random_model);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, HardParity,
                         ::testing::Values("hard", "hard-monotonic", "hard-monotonic-1"),
                         [](const auto& one) { return testing::name_of_choice(one.param); });

TEST(KeyParity, RuntimeEqualsTrainingWithOtherKeysThanAnnotations) {
  for (const char* keys : {"halves", "projected"}) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
      expect_runtime_equals_training(
          make_random_model(seed, seed % 3 == 0 ? Allowed::kSomewhere : Allowed::kEverywhere,
                            {{"attention.keys", keys}, {"attention.heads", "1"}}));
    }
  }
}

TEST(KeyParity, RuntimeEqualsTrainingWithSeveralHeads) {
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    const RandomModel random_model =
        make_random_model(seed, seed % 3 == 0 ? Allowed::kSomewhere : Allowed::kEverywhere,
                          {{"attention.keys", "projected"},
                           {"attention.heads", std::to_string(2 + seed % 2)},
                           {"attention.score", seed % 2 == 0 ? "dot" : "scaled-dot"},
                           {"attention.kind", "soft"},
                           {"attention.fixed_context", "state"},
                           {"attention.coverage", "none"},
                           {"attention.temporal", "none"},
                           {"attention.query", "state"}});
    ASSERT_GT(random_model.configuration.attention.heads, 1);
    expect_runtime_equals_training(random_model);
  }
}

// Compares the weights with which the levels below the top pool their positions.
void expect_equal_pooling(const RandomModel& random_model) {
  const auto engine = runtime::make_engine(random_model.configuration, random_model.sizes,
                                           random_model.end, random_model.weights);
  std::vector<model::Source> sources;
  for (const Example& example : random_model.examples) sources.push_back(example.source);
  const auto decoding = engine->annotate(sources);
  for (std::size_t b = 0; b < sources.size(); ++b) {
    // A document alone has the weights that it has among others.
    const Forced alone = force(random_model, {random_model.examples[b]});
    for (std::size_t level = 0; level < alone.pooling_weights.size(); ++level) {
      const std::vector<std::int32_t>& firsts =
          level == 0 ? sources[b].sentences : sources[b].paragraphs;
      const std::span<const float> found = decoding->pooling_weights(b, level);
      const Tensor expected = alone.pooling_weights[level];  // [positions]
      ASSERT_EQ(found.size(), level == 0 ? sources[b].tokens.size() : sources[b].sentences.size());
      // Sequences are ordered by falling length, so they are compared as sorted rows.
      std::vector<std::vector<float>> rows;
      for (std::size_t k = 0; k < firsts.size(); ++k) {
        const auto end =
            k + 1 < firsts.size() ? static_cast<std::size_t>(firsts[k + 1]) : found.size();
        const auto begin = static_cast<std::size_t>(firsts[k]);
        rows.emplace_back(found.begin() + static_cast<std::ptrdiff_t>(begin),
                          found.begin() + static_cast<std::ptrdiff_t>(end));
        double sum = 0;
        for (const float weight : rows.back()) sum += weight;
        EXPECT_NEAR(sum, 1, 1e-5);
      }
      std::stable_sort(rows.begin(), rows.end(),
                       [](const auto& x, const auto& y) { return x.size() > y.size(); });
      std::int64_t place = 0;
      for (const std::vector<float>& row : rows) {
        for (const float weight : row) {
          expect_close(weight, expected[place++].item<float>(), "pooling weight");
        }
      }
      EXPECT_EQ(place, expected.size(0));
    }
  }
}

TEST(LevelParity, RuntimeEqualsTrainingWithSeveralLevels) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const RandomModel random_model = make_random_model(
        seed, Allowed::kEverywhere, {{"encoder.levels", std::to_string(2 + seed % 2)}});
    expect_runtime_equals_training(random_model);
    expect_forced_equals_training(random_model);
    expect_beam_equals_training(random_model);
    expect_equal_pooling(random_model);
  }
}

TEST(LevelParity, RuntimeEqualsTrainingWhereEachLevelPoolsInEveryWay) {
  for (const std::string& pooling : testing::choices_of("encoder.pooling")) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      expect_runtime_equals_training(
          make_random_model(seed, Allowed::kEverywhere,
                            {{"encoder.levels", std::to_string(2 + seed % 2)},
                             {"encoder.pooling", pooling},
                             {"attention.kind", pooling == "attention" ? "soft" : pooling},
                             {"attention.window", "all"},
                             {"attention.coverage", "none"},
                             {"attention.normaliser", "softmax"},
                             {"attention.temporal", "none"}}));
    }
  }
}

TEST(PictureParity, RuntimeEqualsTraining) {
  for (const auto kind : {model::EncoderKind::kConvolutional, model::EncoderKind::kFeatures}) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      const RandomModel random_model = make_random_model(
          seed, seed % 3 == 0 ? Allowed::kSomewhere : Allowed::kEverywhere, {}, kind);
      expect_runtime_equals_training(random_model);
      expect_forced_equals_training(random_model);
      expect_beam_equals_training(random_model);
    }
  }
}

TEST(StochasticParity, RuntimeEqualsTrainingInEveryWayOfPrediction) {
  for (const std::string& way : testing::choices_of("attention.stochastic_prediction")) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      expect_runtime_equals_training(
          make_random_model(seed, seed % 3 == 0 ? Allowed::kSomewhere : Allowed::kEverywhere,
                            {{"attention.kind", "stochastic"},
                             {"attention.stochastic_prediction", way},
                             {"attention.window", "all"},
                             {"attention.normaliser", "softmax"},
                             {"attention.heads", "1"},
                             {"decoder.copy", "none"}}));
    }
  }
}

TEST(DistanceParity, RuntimeEqualsTrainingWithPositionEmbeddings) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const RandomModel random_model =
        make_random_model(seed, Allowed::kEverywhere,
                          {{"encoder.position_units", std::to_string(1 + seed % 4)},
                           {"encoder.position_reach", std::to_string(1 + seed % 5)}});
    ASSERT_GT(random_model.configuration.encoder.position_units, 0);
    expect_runtime_equals_training(random_model);
    expect_forced_equals_training(random_model);
    expect_beam_equals_training(random_model);
  }
}

TEST(NgramParity, RuntimeEqualsTraining) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    attend::testing::KeptValues given{{"encoder.ngrams", std::to_string(1 + seed)}};
    if (seed % 3 == 0) given["encoder.levels"] = std::to_string(2 + seed % 2);
    if (seed % 3 == 1) given["encoder.position_units"] = "3";
    const RandomModel random_model = make_random_model(seed, Allowed::kEverywhere, given);
    ASSERT_GT(random_model.configuration.encoder.ngrams, 0);
    expect_runtime_equals_training(random_model);
    expect_forced_equals_training(random_model);
  }
}

class CopyParity : public ::testing::TestWithParam<std::string> {};

TEST_P(CopyParity, RuntimeEqualsTraining) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const RandomModel random_model =
        make_random_model(seed, seed % 3 == 0 ? Allowed::kSomewhere : Allowed::kEverywhere,
                          {{"decoder.copy", "pointer"}, {"decoder.order", GetParam()}});
    ASSERT_EQ(random_model.configuration.decoder.copy, model::Copy::kPointer);
    expect_runtime_equals_training(random_model);
  }
}

INSTANTIATE_TEST_SUITE_P(Orders, CopyParity,
                         ::testing::ValuesIn(testing::choices_of("decoder.order")),
                         [](const auto& one) { return testing::name_of_choice(one.param); });

// Positions without a number count as outside the source for everything that makes weights of
// energies.
TEST(LocationParity, RuntimeEqualsTrainingWithEveryWayToMakeWeights) {
  const auto expect_equal = [](attend::testing::KeptValues given) {
    given.insert({{"attention.kind", "soft"},
                  {"attention.coverage", "none"},
                  {"attention.score", "location"}});
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      given["attention.maximum_source"] = std::to_string(2 + seed % 3);
      expect_runtime_equals_training(make_random_model(
          seed, seed % 2 == 0 ? Allowed::kSomewhere : Allowed::kEverywhere, given));
    }
  };
  for (const std::string& normaliser : testing::choices_of("attention.normaliser")) {
    for (const std::string& window : testing::choices_of("attention.window")) {
      expect_equal({{"attention.normaliser", normaliser},
                    {"attention.window", window},
                    {"attention.temporal", "none"}});
    }
  }
  expect_equal({{"attention.normaliser", "softmax"},
                {"attention.window", "all"},
                {"attention.temporal", "past"}});
}

class SelfAttentionParity : public ::testing::TestWithParam<std::string> {};

// Models that look at their earlier states, with all parts of a state, windows, and readouts that
// come back to the state.
TEST_P(SelfAttentionParity, RuntimeEqualsTraining) {
  std::uint64_t seed = 1;
  for (const std::string& parts : testing::choices_of("decoder.self_attention_parts")) {
    for (const std::string window : {"0", "1", "3"}) {
      for (const std::string feeding : {"none", "readout"}) {
        const RandomModel random_model =
            make_random_model(++seed, Allowed::kEverywhere,
                              {{"decoder.self_attention", GetParam()},
                               {"decoder.self_attention_parts", parts},
                               {"decoder.self_attention_window", window},
                               {"decoder.order", "update-look-generate"},
                               {"decoder.cell", "lstm"},
                               {"decoder.input_feeding", feeding}});
        expect_runtime_equals_training(random_model);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Scores, SelfAttentionParity,
                         ::testing::Values("dot", "general", "additive"));

// A search keeps several hypotheses, which share their beginnings or do not. Training gives each
// the log-probability that the search found, and so does forced scoring.
TEST(SelfAttentionSearch, FindsTheLikelihoodsOfTraining) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const RandomModel random_model =
        make_random_model(seed, Allowed::kEverywhere,
                          {{"decoder.self_attention", seed % 2 == 0 ? "general" : "additive"},
                           {"decoder.self_attention_window", seed % 3 == 0 ? "2" : "0"},
                           {"decoder.order", "update-look-generate"},
                           {"decoder.cell", "gru"},
                           {"decoder.input_feeding", seed % 4 == 0 ? "readout" : "none"}});
    const Configuration& c = random_model.configuration;
    SCOPED_TRACE(model::write_yaml(c));
    const auto engine =
        runtime::make_engine(c, random_model.sizes, random_model.end, random_model.weights);
    std::vector<model::Source> sources;
    for (const Example& example : random_model.examples) sources.push_back(example.source);
    search::SearchOptions options;
    options.beam = options.n_best = 5;
    options.maximum_length = 8;
    const auto found = search::search(*engine, sources, options);
    for (std::size_t s = 0; s < sources.size(); ++s) {
      for (const search::Hypothesis& one : found[s]) {
        if (!one.finished || !std::isfinite(one.log_probability)) continue;
        const std::vector<model::Source> source{sources[s]};
        const std::vector<std::vector<text::TokenId>> target{one.tokens};
        const double forced = search::score(*engine, source, target, 1.0).front().log_probability;
        const double tolerance = 1e-5 * std::max(1.0, std::abs(forced));
        EXPECT_NEAR(one.log_probability, forced, tolerance);
        Example example{sources[s], one.tokens};
        if (random_model.end) example.target.push_back(*random_model.end);
        EXPECT_NEAR(one.log_probability,
                    log_likelihood(force(random_model, {example}), {example}, 0), tolerance);
      }
    }
  }
}

}  // namespace
}  // namespace attend::network

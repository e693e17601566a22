// The runtime against the plain model in double, over random configurations.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "random_configuration.h"
#include "random_model.h"
#include "reference_model.h"
#include "runtime/runtime.h"

namespace attend::runtime {
namespace {

using model::Configuration;
using namespace runtime::testing;

double difference(std::span<const float> found, const Row& expected) {
  double worst = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::isinf(expected[i]) && found[i] == expected[i]) continue;
    const double scale = std::max(1.0, std::abs(expected[i]));
    const double error = std::abs(found[i] - expected[i]) / scale;
    if (std::isnan(error)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, error);
  }
  return worst;
}

// The largest difference of one row from the reference; infinite when padding or a position where
// attention may not look is not what it must be.
double row_difference(const model::StepResult& result, std::size_t row, std::size_t length,
                      const ReferenceStep& expected) {
  const auto part = [&](std::span<const float> all, std::size_t width) {
    return all.subspan(row * width, width);
  };
  const double worst = difference(part(result.log_probabilities, result.target_vocabulary),
                                  expected.log_probabilities);
  if (expected.alignment.empty()) {  // the decoder does not look
    const bool shows = !result.alignment.empty() || !result.observations.empty();
    return shows ? std::numeric_limits<double>::infinity() : worst;
  }
  const auto alignment = part(result.alignment, result.source_length);
  const auto energies = part(result.observed("energies"), result.source_length);
  for (std::size_t j = 0; j < result.source_length; ++j) {
    if (j < length && !std::isinf(expected.energies[j])) continue;
    if (alignment[j] != 0.0F || energies[j] != -std::numeric_limits<float>::infinity()) {
      return std::numeric_limits<double>::infinity();
    }
  }
  return std::max(
      {worst, difference(alignment, expected.alignment), difference(energies, expected.energies),
       difference(part(result.observed("context"), expected.context.size()), expected.context)});
}

struct Shape {
  model::VocabularySizes sizes;
  std::size_t sources = 3;
  std::size_t longest = 5;
  std::size_t steps = 3;
  double scale = 0.5;   // of the weights
  bool closes = false;  // whether attention may not look everywhere
};

double worst_difference(const Configuration& configuration, const Shape& shape, DecoderPath way,
                        Random random) {
  const model::Weights weights = random_weights(configuration, shape.sizes, random, shape.scale);
  auto sources = model::make_sources(
      random_sources(configuration, shape.sizes, shape.sources, shape.longest, random));
  if (shape.closes) close_positions(sources, random);
  const ReferenceModel reference(configuration, shape.sizes, weights);
  std::vector<ReferenceModel::Encoded> encoded;
  for (const model::Source& source : sources) {
    encoded.push_back(reference.encode(source.tokens));
    if (source.allowed.empty()) continue;
    encoded.back().allowed = source.allowed;
    const bool hides = configuration.attention.end_token == model::EndToken::kHidden;
    if (hides) encoded.back().allowed.back() = 0;
  }
  const auto engine = make_engine(configuration, shape.sizes, 0, weights, {.path = way});
  const auto decoding = engine->annotate(sources);
  const auto vocabulary = static_cast<std::size_t>(shape.sizes.target);
  std::vector<Path> paths;
  double worst = 0.0;
  for (std::size_t step = 0; step < shape.steps; ++step) {
    const auto rows =
        step == 0 ? first_rows(sources.size(), paths)
                  : next_rows(1 + random.below(shape.sources + 1), vocabulary, random, paths);
    const model::StepResult result = decoding->step(rows);
    EXPECT_EQ(result.rows, rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto& own = encoded[static_cast<std::size_t>(paths[row].source)];
      const ReferenceStep expected = reference.last_step(own, paths[row].tokens);
      worst = std::max(worst, row_difference(result, row, own.annotations.size(), expected));
    }
  }
  return worst;
}

// The largest difference of all ways.
double worst_difference(const Configuration& configuration, const Shape& shape, Random& random) {
  const Random same = Random::stream(random.next(), 0);
  double worst = 0.0;
  for (const DecoderPath way : {DecoderPath::kPlan, DecoderPath::kProgram}) {
    worst = std::max(worst, worst_difference(configuration, shape, way, same));
  }
  return worst;
}

// Draws until the reference model knows the decoder: one that has a plan.
Configuration random_known_configuration(Random& random, int largest) {
  for (;;) {
    Configuration drawn = attend::testing::random_configuration(random, largest);
    if (model::has_plan(drawn)) return drawn;
  }
}

std::string describe(Configuration configuration) { return model::write_yaml(configuration); }

// Tests that draw thousands of models, in parts that run beside each other. Each part has random
// numbers of its own.
class RandomModels : public ::testing::TestWithParam<std::uint64_t> {};

class SmallRandomModels : public RandomModels {};

TEST_P(SmallRandomModels, EqualThePlainModel) {
  Random random = Random::stream(1, GetParam());
  for (int i = 0; i < attend::testing::drawn_models(1000); ++i) {
    const Configuration configuration = random_known_configuration(random, 4);
    const std::int64_t source = 2 + static_cast<std::int64_t>(random.below(4));
    const model::VocabularySizes sizes{source, configuration.shared_vocabulary ? source : 4};
    ASSERT_LT(worst_difference(configuration, {sizes, 2, 4}, random), 1e-5)
        << describe(configuration);
  }
}

INSTANTIATE_TEST_SUITE_P(Parity, SmallRandomModels, ::testing::Range<std::uint64_t>(0, 10));

TEST(Parity, LargerRandomModelsEqualThePlainModel) {
  Random random(2);
  for (int i = 0; i < 60; ++i) {
    const Configuration configuration = random_known_configuration(random, 40);
    const Shape shape{{40, configuration.shared_vocabulary ? 40 : 37}, 6, 5, 4, 0.25};
    ASSERT_LT(worst_difference(configuration, shape, random), 1e-5) << describe(configuration);
  }
}

class ClosedRandomModels : public RandomModels {};

TEST_P(ClosedRandomModels, HaveEnergiesOfMinusInfinityWhereAttentionMayNotLook) {
  Random random = Random::stream(6, GetParam());
  for (int i = 0; i < attend::testing::drawn_models(500); ++i) {
    const Configuration configuration = random_known_configuration(random, 6);
    Shape shape{{5, 5}, 3, 6};
    shape.closes = true;
    ASSERT_LT(worst_difference(configuration, shape, random), 1e-5) << describe(configuration);
  }
}

INSTANTIATE_TEST_SUITE_P(Parity, ClosedRandomModels, ::testing::Range<std::uint64_t>(0, 4));

// Draws models of one family, whose choices random configurations seldom make together.
template <class Choose>
void expect_equal_models(std::uint64_t seed, const Choose& choose) {
  Random random(seed);
  int models = 0;
  while (models < attend::testing::drawn_models(300)) {
    Configuration configuration = attend::testing::random_configuration(random, 6);
    attend::testing::reset_placements(configuration);
    configuration.attention.keys = model::Keys::kAnnotations;
    configuration.attention.heads = 1;
    attend::testing::reset_self_attention(configuration);
    choose(configuration);
    configuration.decoder.layers = 1;
    if (configuration.decoder.readout_feedback == model::Feedback::kSum) {
      configuration.decoder.readout_feedback = model::Feedback::kPrevious;
    }
    if (configuration.decoder.initial_state == model::InitialState::kCopy) {
      configuration.encoder.layers = 1;
    }
    if (!attend::testing::is_valid(configuration)) continue;
    ++models;
    ASSERT_TRUE(model::has_plan(configuration)) << describe(configuration);
    const model::VocabularySizes sizes{5, 5};
    ASSERT_LT(worst_difference(configuration, {sizes, 3, 6}, random), 1e-5)
        << describe(configuration);
  }
}

TEST(Parity, ModelsOfTwoCells) {
  expect_equal_models(7, [](Configuration& c) {
    if (!model::plan_score(c.attention)) c.attention.score = "additive";
    c.attention.kind = model::AttentionKind::kSoft;
    c.attention.normaliser = model::Normaliser::kSoftmax;
    c.attention.window = model::Window::kAll;
    c.attention.coverage = model::Coverage::kNone;
    c.attention.coverage_loss = 0;
    c.attention.temporal = model::Temporal::kNone;
    c.decoder.order = model::Order::kUpdateLookUpdate;
    c.decoder.input_feeding = model::InputFeeding::kNone;
  });
}

TEST(Parity, ModelsWithoutALook) {
  for (const model::AttentionKind kind :
       {model::AttentionKind::kFixed, model::AttentionKind::kNone}) {
    expect_equal_models(8, [kind](Configuration& c) {
      if (c.decoder.cell.type == model::Cell::kNone) {  // a program alone has no cell
        c.decoder.cell.type = model::Cell::kGru;
        c.decoder.initial_state = model::InitialState::kMean;
      }
      c.attention.kind = kind;
      c.attention.normaliser = model::Normaliser::kSoftmax;
      c.attention.window = model::Window::kAll;
      c.attention.coverage = model::Coverage::kNone;
      c.attention.coverage_loss = 0;
      c.attention.temporal = model::Temporal::kNone;
      c.decoder.order = model::Order::kLookUpdateGenerate;
      c.decoder.input_feeding = model::InputFeeding::kNone;
    });
  }
}

TEST(Parity, LargeMatrices) {
  Random random(3);
  Configuration configuration;
  configuration.encoder.units = configuration.decoder.units = 300;  // 900 × 300 recurrent weights
  configuration.encoder.embedding = configuration.decoder.embedding = 300;
  const Shape shape{{20, 20}, 2, 3, 2, 0.05};
  EXPECT_LT(worst_difference(configuration, shape, random), 1e-5);
  Shape closes = shape;
  closes.closes = true;
  EXPECT_LT(worst_difference(configuration, closes, random), 1e-5);
}

TEST(Parity, LuongPreset) {
  Random random(5);
  Configuration configuration = model::preset("luong");
  configuration.encoder.layers = configuration.decoder.layers = 2;
  EXPECT_LT(worst_difference(configuration, {{30, 40}, 5, 9, 6, 0.1}, random), 1e-5);
}

TEST(Parity, DatesPreset) {
  Random random(4);
  const Configuration configuration = model::preset("dates");
  const Shape shape{{37, 11}, 3, 30, 3, 0.2};
  EXPECT_EQ(model::parameter_count(model::parameter_table(configuration, shape.sizes)), 52960);
  EXPECT_LT(worst_difference(configuration, shape, random), 1e-5);
}

}  // namespace
}  // namespace attend::runtime

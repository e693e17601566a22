#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "random_model.h"
#include "runtime/runtime.h"

namespace attend::runtime {
namespace {

using model::Configuration;
using namespace testing;

constexpr model::VocabularySizes kSizes{30, 20};

// A copy of a StepResult, which is only valid until the next step.
struct Copy {
  std::vector<float> log_probabilities, alignment, context;
};

Copy copy_row(const model::StepResult& result, std::size_t row) {
  const auto part = [&](std::span<const float> all, std::size_t width) {
    const auto values = all.subspan(row * width, width);
    return std::vector<float>(values.begin(), values.end());
  };
  return {part(result.log_probabilities, result.target_vocabulary),
          part(result.alignment, result.source_length),
          part(result.observed("context"), result.observed("context").size() / result.rows)};
}

// Compares two results, whose alignments may be padded differently.
void expect_equal(const Copy& a, const Copy& b, double tolerance) {
  ASSERT_EQ(a.log_probabilities.size(), b.log_probabilities.size());
  for (std::size_t i = 0; i < a.log_probabilities.size(); ++i) {
    ASSERT_NEAR(a.log_probabilities[i], b.log_probabilities[i], tolerance);
  }
  const std::size_t longest = std::max(a.alignment.size(), b.alignment.size());
  for (std::size_t j = 0; j < longest; ++j) {
    const float left = j < a.alignment.size() ? a.alignment[j] : 0.0F;
    const float right = j < b.alignment.size() ? b.alignment[j] : 0.0F;
    ASSERT_NEAR(left, right, tolerance);
  }
  ASSERT_EQ(a.context.size(), b.context.size());
  for (std::size_t k = 0; k < a.context.size(); ++k) {
    ASSERT_NEAR(a.context[k], b.context[k], tolerance);
  }
}

// Decodes one source with given tokens, as row 0 of a batch of its own.
std::vector<Copy> alone(const model::Engine& engine, const std::vector<TokenId>& source,
                        const std::vector<TokenId>& tokens) {
  const auto decoding = engine.annotate(model::make_sources(std::span(&source, 1)));
  std::vector<Copy> steps;
  model::StepRow row;
  for (std::size_t i = 0; i <= tokens.size(); ++i) {
    steps.push_back(copy_row(decoding->step(std::span(&row, 1)), 0));
    if (i < tokens.size()) row = {0, 0, tokens[i]};
  }
  return steps;
}

// Covers all orders, one of them with input feeding, both cells, and both ways of computing the
// decoder: a mistake with rows shows in one of these.
class EngineTest
    : public ::testing::TestWithParam<std::tuple<model::Order, model::Cell, DecoderPath>> {
 protected:
  EngineTest() {
    std::tie(configuration_.decoder.order, configuration_.decoder.cell.type, path_) = GetParam();
    configuration_.encoder.cell.type = configuration_.decoder.cell.type;
    configuration_.encoder.units = 12;
    configuration_.encoder.embedding = configuration_.decoder.embedding = 9;
    configuration_.encoder.layers = configuration_.decoder.layers = 2;
    configuration_.attention.units = 11;
    configuration_.decoder.units = 13;
    configuration_.decoder.readout_units = 10;
    if (configuration_.decoder.order == model::Order::kUpdateLookGenerate) {
      configuration_.decoder.input_feeding = model::InputFeeding::kReadout;
      configuration_.decoder.initial_state = model::InitialState::kCopy;
      configuration_.decoder.units = configuration_.encoder.annotation_units();
      configuration_.attention.score = "dot";
    }
    if (configuration_.decoder.order == model::Order::kUpdateLookUpdate) {
      configuration_.decoder.layers = 1;
    }
    engine_ = make_engine(configuration_, kSizes, 2,
                          random_weights(configuration_, kSizes, random_), {.path = path_});
    sources_ = random_sources(configuration_, kSizes, 9, 8, random_);
  }

  Random random_{5};
  Configuration configuration_;
  DecoderPath path_ = DecoderPath::kPlan;
  std::unique_ptr<model::Engine> engine_;
  std::vector<std::vector<TokenId>> sources_;
};

TEST_P(EngineTest, AloneEqualsInABatchWhateverTheOrder) {
  const std::vector<TokenId> tokens = {4, 7, 0, 19};
  std::vector<std::size_t> order(sources_.size());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  for (int round = 0; round < 3; ++round) {
    random_.shuffle(std::span(order));
    std::vector<std::vector<TokenId>> batch;
    for (const std::size_t k : order) batch.push_back(sources_[k]);
    // Over-padded: one source is much longer than all others.
    if (round == 2) batch.emplace_back(50, 1);
    const auto decoding = engine_->annotate(model::make_sources(batch));
    std::vector<Path> paths;
    std::vector<model::StepRow> rows = first_rows(batch.size(), paths);
    for (std::size_t i = 0; i <= tokens.size(); ++i) {
      const model::StepResult result = decoding->step(rows);
      for (std::size_t k = 0; k < order.size(); ++k) {
        expect_equal(copy_row(result, k), alone(*engine_, batch[k], tokens)[i], 1e-6);
      }
      for (std::size_t k = 0; k < rows.size() && i < tokens.size(); ++k) {
        rows[k] = {static_cast<std::int32_t>(k), static_cast<std::int32_t>(k), tokens[i]};
      }
    }
  }
}

TEST_P(EngineTest, AlignmentSumsToOneAndIsZeroOnPadding) {
  const auto decoding = engine_->annotate(model::make_sources(sources_));
  std::vector<Path> paths;
  std::vector<model::StepRow> rows = first_rows(sources_.size(), paths);
  for (int step = 0; step < 5; ++step) {
    const model::StepResult result = decoding->step(rows);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const Copy copy = copy_row(result, row);
      const std::size_t length = sources_[static_cast<std::size_t>(paths[row].source)].size();
      double sum = 0.0, probability = 0.0;
      for (std::size_t j = 0; j < copy.alignment.size(); ++j) {
        sum += copy.alignment[j];
        if (j >= length) {
          EXPECT_EQ(copy.alignment[j], 0.0F);
        }
      }
      for (const float score : copy.log_probabilities) probability += std::exp(score);
      EXPECT_NEAR(sum, 1.0, 1e-6);
      EXPECT_NEAR(probability, 1.0, 3e-6);
    }
    rows = next_rows(1 + random_.below(12), 20, random_, paths);
  }
}

TEST_P(EngineTest, PermutedRowsAndSharedParentsGiveTheSameAsAlone) {
  const auto decoding = engine_->annotate(model::make_sources(sources_));
  std::vector<Path> paths;
  decoding->step(first_rows(sources_.size(), paths));
  for (const std::size_t count : {20, 1, 40, 7}) {  // grow, shrink, drop most parents
    const auto rows = next_rows(count, 20, random_, paths);
    const model::StepResult result = decoding->step(rows);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto& source = sources_[static_cast<std::size_t>(paths[row].source)];
      expect_equal(copy_row(result, row), alone(*engine_, source, paths[row].tokens).back(), 1e-6);
    }
  }
}

TEST_P(EngineTest, ASourceMayStartAgainBesideRowsThatGoOn) {
  const auto decoding = engine_->annotate(model::make_sources(sources_));
  std::vector<Path> paths;
  decoding->step(first_rows(sources_.size(), paths));
  const std::vector<model::StepRow> rows = {{3, -1, text::kNoToken}, {1, 1, 5}};
  const model::StepResult result = decoding->step(rows);
  expect_equal(copy_row(result, 0), alone(*engine_, sources_[3], {})[0], 1e-6);
  expect_equal(copy_row(result, 1), alone(*engine_, sources_[1], {5})[1], 1e-6);
}

TEST_P(EngineTest, ThreadsShareOneEngine) {
  const std::vector<TokenId> tokens = {3, 1};
  std::vector<Copy> expected, found(sources_.size());
  for (const auto& source : sources_) expected.push_back(alone(*engine_, source, tokens).back());
  std::vector<std::thread> threads;
  for (std::size_t k = 0; k < sources_.size(); ++k) {
    threads.emplace_back([&, k] { found[k] = alone(*engine_, sources_[k], tokens).back(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t k = 0; k < sources_.size(); ++k) expect_equal(found[k], expected[k], 0.0);
}

TEST_P(EngineTest, NoRowsAndNoSourcesGiveEmptyResults) {
  const auto decoding = engine_->annotate(model::make_sources(sources_));
  EXPECT_EQ(decoding->step({}).rows, 0U);
  const auto nothing = engine_->annotate({});
  EXPECT_TRUE(nothing->step({}).log_probabilities.empty());
}

TEST_P(EngineTest, WithoutAllowedPositionsAlignmentAndContextAreZero) {
  std::vector<model::Source> sources = model::make_sources(sources_);
  sources[3].allowed.assign(sources[3].tokens.size(), 0);
  const auto decoding = engine_->annotate(sources);
  std::vector<Path> paths;
  std::vector<model::StepRow> rows = first_rows(sources.size(), paths);
  for (int step = 0; step < 4; ++step) {
    const model::StepResult result = decoding->step(rows);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const Copy copy = copy_row(result, row);
      double probability = 0.0;
      for (const float score : copy.log_probabilities) probability += std::exp(score);
      EXPECT_NEAR(probability, 1.0, 3e-6);
      const bool looks = paths[row].source != 3;
      const auto is_zero = [](float x) { return x == 0.0F; };
      EXPECT_EQ(std::all_of(copy.alignment.begin(), copy.alignment.end(), is_zero), !looks);
      EXPECT_EQ(std::all_of(copy.context.begin(), copy.context.end(), is_zero), !looks);
    }
    rows = next_rows(12, 20, random_, paths);
  }
}

TEST_P(EngineTest, AllowingEveryPositionChangesNothing) {
  std::vector<model::Source> sources = model::make_sources(sources_);
  const auto whole = engine_->annotate(sources);
  for (std::size_t k = 0; k < sources.size(); k += 2) {
    sources[k].allowed.assign(sources[k].tokens.size(), 1);
  }
  const auto allowed = engine_->annotate(sources);
  std::vector<Path> paths;
  std::vector<model::StepRow> rows = first_rows(sources.size(), paths);
  for (int step = 0; step < 3; ++step) {
    const model::StepResult expected = whole->step(rows), found = allowed->step(rows);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      expect_equal(copy_row(found, row), copy_row(expected, row), 0.0);
    }
    rows = next_rows(12, 20, random_, paths);
  }
}

TEST_P(EngineTest, SourcesOfAnotherKindAreCheckFailures) {
  const auto annotate = [&](const model::Source& source) {
    engine_->annotate(std::span(&source, 1));
  };
  EXPECT_NO_THROW(annotate({{1, 2}, {1, 0}}));
  EXPECT_THROW(annotate({{1, 2}, {1}}), CheckFailure);
  EXPECT_THROW(annotate({{1, 2}, {}, {0, 1}}), CheckFailure);
  model::Source picture{{1, 2}};
  picture.picture = std::make_shared<model::Picture>();
  EXPECT_THROW(annotate(picture), CheckFailure);
}

TEST_P(EngineTest, BrokenPromisesAreCheckFailures) {
  using Sources = std::vector<std::vector<TokenId>>;
  EXPECT_THROW(engine_->annotate(model::make_sources(Sources{{}})), CheckFailure);
  EXPECT_THROW(engine_->annotate(model::make_sources(Sources{{30}})), CheckFailure);
  EXPECT_THROW(engine_->annotate(model::make_sources(Sources{{-1}})), CheckFailure);
  const auto decoding = engine_->annotate(model::make_sources(sources_));
  const auto step = [&](model::StepRow row) { decoding->step(std::span(&row, 1)); };
  EXPECT_THROW(step({9, -1, text::kNoToken}), CheckFailure);
  EXPECT_THROW(step({-1, -1, text::kNoToken}), CheckFailure);
  EXPECT_THROW(step({0, 0, 1}), CheckFailure);  // there is no parent row yet
  EXPECT_THROW(step({0, -1, 20}), CheckFailure);
  EXPECT_THROW(step({0, -1, -2}), CheckFailure);
}

INSTANTIATE_TEST_SUITE_P(
    OrdersAndCells, EngineTest,
    ::testing::Combine(::testing::Values(model::Order::kLookUpdateGenerate,
                                         model::Order::kLookGenerateUpdate,
                                         model::Order::kUpdateLookGenerate,
                                         model::Order::kUpdateLookUpdate),
                       ::testing::Values(model::Cell::kGru, model::Cell::kLstm),
                       ::testing::Values(DecoderPath::kPlan, DecoderPath::kProgram)));

TEST(Engine, EndsWithATokenOrAtAFixedLength) {
  Random random(6);
  Configuration configuration;
  const auto until_end =
      make_engine(configuration, kSizes, 2, random_weights(configuration, kSizes, random));
  EXPECT_EQ(until_end->end(), 2);
  EXPECT_EQ(until_end->fixed_target_length(), 0U);
  EXPECT_EQ(until_end->target_vocabulary(), 20U);
  configuration = model::preset("dates");
  const auto fixed = make_engine(configuration, kSizes, std::nullopt,
                                 random_weights(configuration, kSizes, random));
  EXPECT_EQ(fixed->end(), std::nullopt);
  EXPECT_EQ(fixed->fixed_target_length(), 10U);
}

TEST(Engine, WeightsOfAnotherConfigurationAreAModelError) {
  Random random(7);
  Configuration configuration;
  const model::Weights weights = random_weights(configuration, kSizes, random);
  EXPECT_THROW(make_engine(model::preset("dates"), kSizes, 2, weights), ModelError);
  configuration.decoder.units += 1;
  EXPECT_THROW(make_engine(configuration, kSizes, 2, weights), ModelError);
}

TEST(Engine, ModelsThatEndWithATokenNeedOne) {
  Random random(8);
  const Configuration configuration;
  const model::Weights weights = random_weights(configuration, kSizes, random);
  EXPECT_THROW(make_engine(configuration, kSizes, std::nullopt, weights), CheckFailure);
  EXPECT_THROW(make_engine(configuration, kSizes, 20, weights), CheckFailure);
}

}  // namespace
}  // namespace attend::runtime

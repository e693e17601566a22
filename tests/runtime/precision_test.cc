// Tests models of rounded weights: they must be close to the exact ones, and a row must not depend
// on other rows.
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

constexpr model::VocabularySizes kSizes{40, 50};

std::vector<Configuration> configurations() {
  std::vector<Configuration> list(4);
  for (Configuration& c : list) {
    c.encoder.embedding = c.decoder.embedding = 24;
    c.encoder.units = 40;
    c.attention.units = 32;
    c.decoder.units = 70;
    c.decoder.readout_units = 66;
  }
  list[1].encoder.cell.type = list[1].decoder.cell.type = model::Cell::kLstm;
  list[1].encoder.layers = list[1].decoder.layers = 2;
  list[2].decoder.order = model::Order::kLookGenerateUpdate;
  list[2].encoder.layer_norm = true;
  list[2].encoder.units = 200;  // large enough for projected contexts
  list[2].decoder.units = 220;
  list[3].attention.score = "general";
  list[3].decoder.order = model::Order::kUpdateLookGenerate;
  list[3].decoder.input_feeding = model::InputFeeding::kReadout;
  return list;
}

// Returns the log-probabilities of one source with given tokens, as row 0 of a batch of its own.
std::vector<std::vector<float>> alone(const model::Engine& engine,
                                      const std::vector<TokenId>& source,
                                      const std::vector<TokenId>& tokens) {
  const auto decoding = engine.annotate(model::make_sources(std::span(&source, 1)));
  std::vector<std::vector<float>> steps;
  model::StepRow row;
  for (std::size_t i = 0; i <= tokens.size(); ++i) {
    const auto scores = decoding->step(std::span(&row, 1)).log_probabilities;
    steps.emplace_back(scores.begin(), scores.end());
    if (i < tokens.size()) row = {0, 0, tokens[i]};
  }
  return steps;
}

class PrecisionTest : public ::testing::TestWithParam<Precision> {};

// Weights of 8 bits have errors of at most half of 1/127 of the largest of their row, a relative
// error of about 1 % of a typical value; independent errors of n inputs add up as √n, as the
// products themselves do, so that every layer adds about 1 % of its values' size. Some seven
// layers stand between source and scores, whose deviation is about 1 here: 0.1 is a bound that a
// wrong scale, a lost row or a shifted column breaks at once. bfloat16 rounds to 1/256 of each
// value: a third of that.
TEST_P(PrecisionTest, LogProbabilitiesStayCloseToFloat32) {
  Random random(71);
  const double bound = GetParam() == Precision::kInt8 ? 0.1 : 0.03;
  for (const Configuration& configuration : configurations()) {
    const model::Weights weights = random_weights(configuration, kSizes, random, 0.12);
    const auto exact = make_engine(configuration, kSizes, 2, weights);
    const auto rounded = make_engine(configuration, kSizes, 2, weights, {.precision = GetParam()});
    double worst = 0, spread = 0;
    for (const auto& source : random_sources(configuration, kSizes, 6, 9, random)) {
      const std::vector<TokenId> tokens = {4, 9, 30};
      const auto expected = alone(*exact, source, tokens), found = alone(*rounded, source, tokens);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        for (std::size_t id = 0; id < expected[i].size(); ++id) {
          worst = std::max<double>(worst, std::abs(expected[i][id] - found[i][id]));
        }
        const auto [low, high] = std::minmax_element(expected[i].begin(), expected[i].end());
        spread = std::max<double>(spread, *high - *low);
      }
    }
    EXPECT_LT(worst, bound);
    EXPECT_GT(worst, 0.0);         // weights were rounded
    EXPECT_GT(spread, 5 * bound);  // scores vary enough to be wrong
  }
}

TEST_P(PrecisionTest, AloneInABatchAndOverPaddedAreTheSameBits) {
  Random random(72);
  for (const Configuration& configuration : configurations()) {
    const auto engine =
        make_engine(configuration, kSizes, 2, random_weights(configuration, kSizes, random, 0.2),
                    {.precision = GetParam()});
    auto sources = random_sources(configuration, kSizes, 37, 8, random);
    sources.emplace_back(60, 1);  // over-pads every other batch
    const std::vector<TokenId> tokens = {4, 7, 0};
    const auto decoding = engine->annotate(model::make_sources(sources));
    std::vector<Path> paths;
    std::vector<model::StepRow> rows = first_rows(sources.size(), paths);
    for (std::size_t i = 0; i <= tokens.size(); ++i) {
      const model::StepResult result = decoding->step(rows);
      for (std::size_t k = 0; k < sources.size(); k += 5) {
        const auto expected = alone(*engine, sources[k], tokens)[i];
        const auto row = result.log_probabilities.subspan(k * expected.size(), expected.size());
        ASSERT_TRUE(std::equal(expected.begin(), expected.end(), row.begin()));
      }
      for (std::size_t k = 0; k < rows.size() && i < tokens.size(); ++k) {
        rows[k] = {static_cast<std::int32_t>(k), static_cast<std::int32_t>(k), tokens[i]};
      }
    }
  }
}

TEST_P(PrecisionTest, ThreadsChangeNoBit) {
  Random random(73);
  const Configuration configuration = configurations()[0];
  const auto engine =
      make_engine(configuration, kSizes, 2, random_weights(configuration, kSizes, random, 0.2),
                  {.precision = GetParam()});
  const auto sources = random_sources(configuration, kSizes, 8, 8, random);
  std::vector<std::vector<std::vector<float>>> found(sources.size());
  std::vector<std::thread> threads;
  for (std::size_t k = 0; k < sources.size(); ++k) {
    threads.emplace_back([&, k] { found[k] = alone(*engine, sources[k], {3, 1}); });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t k = 0; k < sources.size(); ++k) {
    EXPECT_EQ(found[k], alone(*engine, sources[k], {3, 1}));
  }
}

// Weights that `attend quantize` stores must give nearly the results of rounding at load time.
TEST_P(PrecisionTest, StoredAndRoundedAtLoadTimeAgree) {
  Random random(74);
  const Configuration configuration = configurations()[0];
  const model::Weights weights = random_weights(configuration, kSizes, random, 0.12);
  const auto loaded = make_engine(configuration, kSizes, 2, weights.rounded(GetParam()));
  const auto rounded = make_engine(configuration, kSizes, 2, weights, {.precision = GetParam()});
  const std::vector<TokenId> source = {3, 8, 20};
  const auto a = alone(*loaded, source, {5, 6}), b = alone(*rounded, source, {5, 6});
  // Blocks of a matrix have scales of their own when they are rounded at load time.
  const double bound = GetParam() == Precision::kInt8 ? 0.1 : 0.03;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t id = 0; id < a[i].size(); ++id) ASSERT_NEAR(a[i][id], b[i][id], bound);
  }
}

INSTANTIATE_TEST_SUITE_P(All, PrecisionTest,
                         ::testing::Values(Precision::kBfloat16, Precision::kInt8),
                         [](const auto& one) { return std::string(precision_name(one.param)); });

}  // namespace
}  // namespace attend::runtime

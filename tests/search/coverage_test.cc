// Tests the coverage penalty against all targets of small models.
#include <gtest/gtest.h>

#include <cmath>

#include "all_targets.h"

namespace attend::search::testing {
namespace {

const std::vector<Tokens> kSources{{5, 6, 7}, {8}, {5, 6}};

// β Σ_j ln min(1, Σ_i α_ij), from the definition. A target that ends in </s> has one step more
// than tokens.
double penalty(double beta, const Tokens& source, const Tokens& target, bool ends = true) {
  std::vector<float> sums(source.size(), 0);
  for (std::size_t i = 0; i < target.size() + (ends ? 1 : 0); ++i) {
    const Tokens prefix(target.begin(), target.begin() + static_cast<std::ptrdiff_t>(i));
    const auto row = toy_alignment(source, prefix);
    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += row[j];
  }
  double result = 0;
  for (const float sum : sums) {
    result += beta * std::log(std::min(1.0, std::max(kLeastCoverage, static_cast<double>(sum))));
  }
  return result;
}

struct Penalty : ::testing::TestWithParam<double> {};

TEST_P(Penalty, LargeBeamFindsEveryTargetInOrder) {
  const double beta = GetParam();
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const ToyEngine engine(historic(seed, 3), {3, 1});
    for (const int n_best : {1, 3, 1000}) {
      SearchOptions options = make_options(1000, n_best, seed % 2 == 0 ? 1.0 : 0.0, 5);
      options.coverage = beta;
      const auto found = search(engine, kSources, options);
      for (std::size_t s = 0; s < kSources.size(); ++s) {
        Targets wanted{5, options.length_normalisation};
        wanted.bonus = [&](const Tokens& source, const Tokens& target) {
          return penalty(beta, source, target);
        };
        auto expected = all_targets(engine, kSources[s], wanted);
        expected.resize(std::min(expected.size(), static_cast<std::size_t>(n_best)));
        ASSERT_EQ(found[s].size(), expected.size());
        for (std::size_t k = 0; k < expected.size(); ++k) {
          EXPECT_EQ(found[s][k].tokens, expected[k].tokens);
          EXPECT_NEAR(found[s][k].score, expected[k].score, 1e-9);
          EXPECT_DOUBLE_EQ(found[s][k].log_probability, expected[k].log_probability);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Beta, Penalty, ::testing::Values(0.2, 1.0, 7.0));

TEST(Coverage, ChangesWhichTargetIsBest) {
  int changed = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const ToyEngine engine(historic(seed, 3), {3, 1});
    SearchOptions options = make_options(50, 1, 1.0, 5);
    const auto without = search(engine, kSources, options);
    options.coverage = 2;
    const auto with = search(engine, kSources, options);
    for (std::size_t s = 0; s < kSources.size(); ++s) {
      if (with[s][0].tokens != without[s][0].tokens) ++changed;
    }
  }
  EXPECT_GT(changed, 10);
}

TEST(Coverage, WorksWithoutKeptAlignmentsAndForFixedLengths) {
  const ToyEngine engine(historic(3, 3), {3, std::nullopt, 4});
  SearchOptions options = make_options(100, 100, 1.0, 0);
  options.coverage = 1;
  options.alignments = Alignments::kDropped;
  const auto found = search(engine, kSources, options);
  for (std::size_t s = 0; s < kSources.size(); ++s) {
    Targets wanted;
    wanted.bonus = [](const Tokens& source, const Tokens& target) {
      return penalty(1, source, target, false);
    };
    const auto expected = all_targets(engine, kSources[s], wanted);
    ASSERT_EQ(found[s].size(), expected.size());
    EXPECT_EQ(found[s][0].tokens, expected[0].tokens);
    EXPECT_TRUE(found[s][0].alignment.empty());
  }
}

TEST(Coverage, LeavesOutPositionsWhereAttentionMayNotLook) {
  const ToyEngine engine(historic(3, 3), {3, 1});
  SearchOptions options = make_options(50, 1, 0.0, 3);
  options.coverage = 1;
  std::vector<model::Source> sources = model::make_sources(kSources);
  sources[0].allowed = {0, 0, 0};
  const auto found = attend::search::search(engine, sources, options);
  EXPECT_DOUBLE_EQ(found[0][0].score, found[0][0].log_probability);
}

// The source is a, b, c, </s> and padding; the target is one token and </s>.
TEST(Coverage, SumsOverUnitsOfTheSourceAndAllSteps) {
  const Weights weights = [](const Tokens&, const Tokens& prefix) {
    return prefix.empty() ? std::vector<float>{0.5F, 0.25F, 0.0F, 0.25F, 0.0F}
                          : std::vector<float>{0.25F, 0.25F, 0.0F, 0.5F, 0.0F};
  };
  const Distribution one_token = [](const Tokens&, const Tokens& prefix) {
    return prefix.empty() ? std::vector<float>{kImpossible, -1.0F}
                          : std::vector<float>{-0.5F, kImpossible};
  };
  const ToyEngine engine(one_token, {2, 0, 0, true, weights});
  SearchOptions options = make_options(2, 1, 0.0, 3);
  options.coverage = 2;
  const auto penalty_of = [&](const model::Source& source) {
    const auto found = attend::search::search(engine, std::span(&source, 1), options);
    EXPECT_DOUBLE_EQ(found[0][0].log_probability, -1.5);
    return found[0][0].score + 1.5;
  };
  model::Source source{{5, 6, 7, 0, 1}};
  source.behind_units = 2;
  const double a = std::log(0.75), b = std::log(0.5), c = std::log(kLeastCoverage);
  EXPECT_NEAR(penalty_of(source), 2 * (a + b + c), 1e-6);
  source.allowed = {1, 0, 1, 0, 0};
  EXPECT_NEAR(penalty_of(source), 2 * (a + c), 1e-6);
  source.allowed = {1, 1, 0, 1, 1};
  EXPECT_NEAR(penalty_of(source), 2 * (a + b), 1e-6);
  source.allowed = {};
  source.behind_units = 0;
  EXPECT_NEAR(penalty_of(source), 2 * (a + b + 2 * c + std::log(0.75)), 1e-6);
}

// A model that reverses its source, sure of each token and less sure of its end. Attention is on
// the unit that a token repeats, and on the </s> of the source where the target is complete.
TEST(Coverage, DoesNotPreferTargetsThatRunOn) {
  constexpr std::size_t kIds = 12;  // 0 is </s>
  const auto units = [](const Tokens& source) { return source.size() - 1; };
  const Weights weights = [&](const Tokens& source, const Tokens& prefix) {
    std::vector<float> row(source.size(), 0.01F);
    row[prefix.size() < units(source) ? units(source) - 1 - prefix.size() : units(source)] = 0.9F;
    return row;
  };
  const Distribution reversed = [&](const Tokens& source, const Tokens& prefix) {
    const bool complete = prefix.size() >= units(source);
    const float right = complete ? 0.6F : 0.9F;
    std::vector<float> row(kIds, std::log((1 - right) / static_cast<float>(kIds - 1)));
    row[complete ? 0 : static_cast<std::size_t>(source[units(source) - 1 - prefix.size()])] =
        std::log(right);
    return row;
  };
  const ToyEngine engine(reversed, {kIds, 0, 0, true, weights});
  Random random(5);
  for (std::size_t length = 1; length < 9; ++length) {
    model::Source source;
    for (std::size_t j = 0; j < length; ++j) {
      source.tokens.push_back(1 + static_cast<TokenId>(random.below(kIds - 1)));
    }
    const Tokens expected(source.tokens.rbegin(), source.tokens.rend());
    source.tokens.push_back(0);
    source.behind_units = 1;
    for (const double beta : {0.2, 2.0}) {
      SearchOptions options = make_options(5, 1, 1.0, 30);
      options.coverage = beta;
      const auto found = attend::search::search(engine, std::span(&source, 1), options);
      EXPECT_EQ(found[0][0].tokens, expected) << beta;
    }
  }
}

TEST(Coverage, NeedsAnAlignment) {
  const ToyEngine engine(historic(3, 3), {.vocabulary = 3, .has_alignment = false});
  SearchOptions options;
  options.coverage = 1;
  EXPECT_THROW(search(engine, kSources, options), UsageError);
}

}  // namespace
}  // namespace attend::search::testing

// Tests that targets are drawn as often as they should be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "all_targets.h"

namespace attend::search::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr std::size_t kVocabulary = 4;
constexpr std::size_t kLongest = 3;
constexpr TokenId kEnd = 3;

SearchOptions sampling(const Sampling& wanted, int samples = 1000) {
  SearchOptions options = make_options(1, samples, 1.0, kLongest);
  options.sampling = wanted;
  return options;
}

// Returns the distribution that a token is drawn from, computed from the definition.
std::vector<double> token_probabilities(const std::vector<float>& log_probabilities,
                                        const Sampling& wanted) {
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t id = 0; id < log_probabilities.size(); ++id) {
    order.emplace_back(
        std::pow(std::exp(static_cast<double>(log_probabilities[id])), 1 / wanted.temperature), id);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (wanted.top_k > 0) {
    order.resize(std::min(order.size(), static_cast<std::size_t>(wanted.top_k)));
  }
  double all = 0, sum = 0;
  for (const auto& [weight, id] : order) all += weight;
  std::size_t kept = 0;
  while (kept < order.size() && sum < wanted.top_p * all) sum += order[kept++].first;
  std::vector<double> result(log_probabilities.size(), 0);
  for (std::size_t k = 0; k < kept; ++k) result[order[k].second] = order[k].first / sum;
  return result;
}

// Adds the probability of every target below `prefix`; a target that was cut ends in kNoToken.
void add_targets(const ToyEngine& engine, const Sampling& wanted, const Tokens& source,
                 const Tokens& prefix, double probability, std::map<Tokens, double>& all) {
  const auto tokens = token_probabilities(engine.distribution(source, prefix), wanted);
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id] == 0) continue;
    const auto token = static_cast<TokenId>(id);
    Tokens next = prefix;
    if (token == kEnd) {
      all[next] += probability * tokens[id];
    } else if (prefix.size() == kLongest) {
      next.push_back(text::kNoToken);
      all[next] += probability * tokens[id];
    } else {
      next.push_back(token);
      add_targets(engine, wanted, source, next, probability * tokens[id], all);
    }
  }
}

struct Drawn : ::testing::TestWithParam<Sampling> {};

TEST_P(Drawn, FrequenciesAreWithinThreeStandardErrors) {
  const ToyEngine engine(historic(3, kVocabulary), {kVocabulary, kEnd});
  const Tokens source{5, 6};
  constexpr int kRounds = 40, kSamples = 1000;
  std::map<Tokens, double> expected, counts;
  add_targets(engine, GetParam(), source, {}, 1, expected);
  const std::vector<Tokens> sources(kRounds, source);
  std::vector<Request> requests(kRounds);
  for (std::size_t r = 0; r < kRounds; ++r) requests[r].stream = r;
  for (const auto& hypotheses : search(engine, sources, sampling(GetParam(), kSamples), requests)) {
    EXPECT_THAT(hypotheses, SizeIs(kSamples));
    for (const Hypothesis& one : hypotheses) {
      Tokens target = one.tokens;
      if (!one.finished) target.push_back(text::kNoToken);
      counts[target] += 1;
    }
  }
  constexpr double kAll = 1.0 * kRounds * kSamples;
  double sum = 0, squares = 0;
  for (const auto& [target, probability] : expected) {
    sum += probability;
    squares += std::pow(counts[target] - kAll * probability, 2) / (kAll * probability);
    const double error = std::sqrt(probability * (1 - probability) / kAll);
    EXPECT_NEAR(counts[target] / kAll, probability, 3 * error + 1e-12);
  }
  EXPECT_NEAR(sum, 1, 1e-9);
  for (const auto& [target, count] : counts) EXPECT_TRUE(expected.contains(target));
  ASSERT_GE(expected.size(), 3U);
  const auto freedom = static_cast<double>(expected.size() - 1);
  EXPECT_LT(squares, freedom + 4 * std::sqrt(2 * freedom)) << "chi-squared, over all targets";
}

INSTANTIATE_TEST_SUITE_P(Sampling, Drawn,
                         ::testing::Values(Sampling{1, 0, 1, 11}, Sampling{0.5, 0, 1, 11},
                                           Sampling{3, 0, 1, 11}, Sampling{1, 2, 1, 11},
                                           Sampling{1, 0, 0.6, 11}, Sampling{1.7, 3, 0.9, 11}));

TEST(Sampling, ProbabilitiesAreThoseOfTheModel) {
  const ToyEngine engine(historic(3, kVocabulary), {kVocabulary, kEnd});
  const std::vector<Tokens> sources{{5, 6}};
  const auto found = search(engine, sources, sampling({2, 3, 0.9, 1}, 50));
  for (const Hypothesis& one : found[0]) {
    if (!one.finished) continue;
    const std::vector<Tokens> target{one.tokens};
    const Hypothesis scored = score(engine, sources, target, 1.0)[0];
    EXPECT_EQ(one.token_scores, scored.token_scores);
    EXPECT_DOUBLE_EQ(one.log_probability, scored.log_probability);
    EXPECT_DOUBLE_EQ(one.score, scored.score);
    EXPECT_EQ(one.alignment, scored.alignment);
  }
}

TEST(Sampling, DependsOnSeedAndStreamAndNotOnTheBatch) {
  const ToyEngine engine(historic(3, 9), {9, 0});
  const std::vector<Tokens> sources{{5, 6}, {5, 6}, {7}};
  std::vector<Request> requests(3);
  for (std::size_t s = 0; s < 3; ++s) requests[s].stream = 10 + s;
  const auto targets = [](const std::vector<Hypothesis>& hypotheses) {
    std::vector<Tokens> result;
    for (const Hypothesis& one : hypotheses) result.push_back(one.tokens);
    return result;
  };
  const auto together = search(engine, sources, sampling({1, 0, 1, 4}, 20), requests);
  for (std::size_t s = 0; s < 3; ++s) {
    const auto alone =
        search(engine, std::span(&sources[s], 1), sampling({1, 0, 1, 4}, 20), {requests[s]});
    EXPECT_EQ(targets(alone[0]), targets(together[s]));
    const auto other =
        search(engine, std::span(&sources[s], 1), sampling({1, 0, 1, 5}, 20), {requests[s]});
    EXPECT_NE(targets(other[0]), targets(together[s]));
  }
  EXPECT_NE(targets(together[0]), targets(together[1])) << "the streams differ";
  const auto fewer = search(engine, sources, sampling({1, 0, 1, 4}, 3), requests);
  EXPECT_THAT(targets(fewer[0]),
              ElementsAre(together[0][0].tokens, together[0][1].tokens, together[0][2].tokens));
}

TEST(Sampling, OfTheBestTokenIsGreedySearch) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ToyEngine engine(historic(seed, 6), {6, 2});
    const std::vector<Tokens> sources{{5, 6}, {7}};
    const auto greedy = search(engine, sources, make_options(1, 1, 1.0, kLongest));
    const auto drawn = search(engine, sources, sampling({1, 1, 1, seed}, 1));
    for (std::size_t s = 0; s < sources.size(); ++s) {
      EXPECT_EQ(drawn[s][0].tokens, greedy[s][0].tokens);
      EXPECT_EQ(drawn[s][0].finished, greedy[s][0].finished);
      EXPECT_DOUBLE_EQ(drawn[s][0].score, greedy[s][0].score);
    }
  }
}

TEST(Sampling, KeepsToPrefixAndForbiddenNgrams) {
  const ToyEngine engine(historic(3, kVocabulary), {kVocabulary, kEnd});
  const std::vector<Tokens> sources{{5, 6}};
  SearchOptions options = sampling({2, 0, 1, 1}, 500);
  options.maximum_extra = 8;
  options.no_repeat = 2;
  options.forbidden_ngrams = {{2, 0}};
  options.forbidden = {1};
  options.minimum_length = 3;
  const auto found = search(engine, sources, options, {Request{{1, 0}, {}}});
  for (const Hypothesis& one : found[0]) {
    EXPECT_TRUE(begins(one.tokens, {1, 0}));
    EXPECT_FALSE(repeats(one.tokens, 2, 2));
    EXPECT_FALSE(contains(one.tokens, {2, 0}));
    EXPECT_FALSE(contains(one.tokens, {1}, 2));
    EXPECT_TRUE(one.tokens.size() >= 3 || !one.finished);
  }
}

TEST(Sampling, DrawsAFixedLength) {
  const ToyEngine engine(historic(3, 3), {3, std::nullopt, 4});
  const std::vector<Tokens> sources{{5, 6}};
  const auto found = search(engine, sources, sampling({}, 30));
  for (const Hypothesis& one : found[0]) {
    EXPECT_THAT(one.tokens, SizeIs(4));
    EXPECT_THAT(one.token_scores, SizeIs(4));
    EXPECT_TRUE(one.finished);
  }
}

TEST(Sampling, OfImpossibleTokensStops) {
  const ToyEngine engine(
      [](const Tokens&, const Tokens& prefix) {
        return prefix.empty() ? std::vector<float>{kImpossible, 0.0F}
                              : std::vector<float>{kImpossible, kNotANumber};
      },
      {2, 0});
  const std::vector<Tokens> sources{{5}};
  const auto found = search(engine, sources, sampling({}, 3));
  ASSERT_THAT(found[0], SizeIs(3));
  for (const Hypothesis& one : found[0]) {
    EXPECT_THAT(one.tokens, ElementsAre(1));
    EXPECT_FALSE(one.finished);
    EXPECT_TRUE(one.dead_end);
  }
}

TEST(Sampling, ToTheLongestLengthIsNoDeadEnd) {
  const ToyEngine engine(
      [](const Tokens&, const Tokens&) {
        return std::vector<float>{kImpossible, 0.0F};
      },
      {2, 0});
  const std::vector<Tokens> sources{{5}};
  const auto found = search(engine, sources, sampling({}, 3));
  for (const Hypothesis& one : found[0]) {
    EXPECT_THAT(one.tokens, SizeIs(kLongest));
    EXPECT_FALSE(one.finished);
    EXPECT_FALSE(one.dead_end);
  }
}

}  // namespace
}  // namespace attend::search::testing

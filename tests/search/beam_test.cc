#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "toy_engine.h"

namespace attend::search::testing {
namespace {

using ::testing::ElementsAre;

const std::vector<Tokens> kSources{{5, 6, 7}, {8}, {5, 6}, {9, 9, 9, 9}};

// Greedy search as a plain loop.
Plain greedy(const ToyEngine& engine, const Tokens& source, double exponent, std::size_t longest) {
  Plain result;
  while (true) {
    const auto scores = engine.distribution(source, result.tokens);
    const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
    result.finished = engine.end() == static_cast<TokenId>(best);
    if (!result.finished && engine.end() && result.tokens.size() == longest) break;
    result.log_probability += static_cast<double>(scores[static_cast<std::size_t>(best)]);
    if (result.finished) break;
    result.tokens.push_back(static_cast<TokenId>(best));
    if (!engine.end() && result.tokens.size() == engine.fixed_target_length()) {
      result.finished = true;
      break;
    }
  }
  const bool counts_end = result.finished && engine.end();
  result.score =
      plain_score(result.log_probability, result.tokens.size() + (counts_end ? 1 : 0), exponent);
  return result;
}

// Collects every finished target of at most `longest` tokens, best first.
void enumerate(const ToyEngine& engine, const Tokens& source, double exponent, std::size_t longest,
               const Plain& prefix, std::vector<Plain>& all) {
  const auto scores = engine.distribution(source, prefix.tokens);
  const std::size_t length = prefix.tokens.size();
  if (!engine.end() && length == engine.fixed_target_length()) {
    all.push_back(prefix);
    all.back().score = plain_score(prefix.log_probability, length, exponent);
    return;
  }
  for (std::size_t token = 0; token < scores.size(); ++token) {
    Plain next = prefix;
    next.log_probability += static_cast<double>(scores[token]);
    if (engine.end() == static_cast<TokenId>(token)) {
      next.score = plain_score(next.log_probability, length + 1, exponent);
      all.push_back(next);
    } else if (length < longest) {
      next.tokens.push_back(static_cast<TokenId>(token));
      enumerate(engine, source, exponent, longest, next, all);
    }
  }
}

std::vector<Plain> exhaustive(const ToyEngine& engine, const Tokens& source, double exponent,
                              std::size_t longest) {
  std::vector<Plain> all;
  enumerate(engine, source, exponent, longest, {}, all);
  std::stable_sort(all.begin(), all.end(),
                   [](const Plain& a, const Plain& b) { return a.score > b.score; });
  return all;
}

// Beam search with whole hypotheses, full sorts and no early stop.
std::vector<Plain> slow_beam(const ToyEngine& engine, const Tokens& source,
                             const SearchOptions& options) {
  const auto longest = static_cast<std::size_t>(options.maximum_extra);
  std::vector<Plain> live(1), finished;
  for (std::size_t length = 0; length <= longest && !live.empty(); ++length) {
    std::vector<Plain> candidates;  // by parent, then token: a stable sort keeps ties
    for (const Plain& parent : live) {
      const auto scores = engine.distribution(source, parent.tokens);
      for (std::size_t token = 0; token < scores.size(); ++token) {
        candidates.push_back(parent);
        candidates.back().tokens.push_back(static_cast<TokenId>(token));
        candidates.back().log_probability += static_cast<double>(scores[token]);
      }
    }
    std::stable_sort(candidates.begin(), candidates.end(), [](const Plain& a, const Plain& b) {
      return a.log_probability > b.log_probability;
    });
    candidates.resize(std::min(candidates.size(), static_cast<std::size_t>(options.beam)));
    live.clear();
    for (Plain& one : candidates) {
      if (one.tokens.back() != engine.end()) {
        live.push_back(one);
        continue;
      }
      one.tokens.pop_back();
      one.finished = true;
      one.score = plain_score(one.log_probability, length + 1, options.length_normalisation);
      finished.push_back(one);
    }
  }
  std::stable_sort(finished.begin(), finished.end(),
                   [](const Plain& a, const Plain& b) { return a.score > b.score; });
  finished.resize(std::min(finished.size(), static_cast<std::size_t>(options.n_best)));
  return finished;
}

void expect_equal(const std::vector<Hypothesis>& found, const std::vector<Plain>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t k = 0; k < found.size(); ++k) {
    EXPECT_EQ(found[k].tokens, expected[k].tokens) << "hypothesis " << k;
    EXPECT_DOUBLE_EQ(found[k].log_probability, expected[k].log_probability);
    EXPECT_DOUBLE_EQ(found[k].score, expected[k].score);
  }
}

void expect_same(const std::vector<Hypothesis>& a, const std::vector<Hypothesis>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    EXPECT_EQ(a[k].tokens, b[k].tokens);
    EXPECT_EQ(a[k].token_scores, b[k].token_scores);
    EXPECT_EQ(a[k].log_probability, b[k].log_probability);
    EXPECT_EQ(a[k].score, b[k].score);
    EXPECT_EQ(a[k].finished, b[k].finished);
    EXPECT_EQ(a[k].alignment, b[k].alignment);
    EXPECT_EQ(a[k].source_length, b[k].source_length);
  }
}

TEST(Greedy, BeamOneIsTheGreedyLoop) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const bool table = seed % 2 == 0;
    const ToyEngine engine(table ? markov(seed, 6) : historic(seed, 6), {6, 2});
    const auto found = search(engine, kSources, make_options(1, 1, 0.7, 9));
    ASSERT_EQ(found.size(), kSources.size());
    for (std::size_t s = 0; s < kSources.size(); ++s) {
      const Plain expected = greedy(engine, kSources[s], 0.7, 9);
      expect_equal(found[s], {expected});
      EXPECT_EQ(found[s][0].finished, expected.finished);
    }
  }
}

TEST(Greedy, BeamOneIsTheGreedyLoopForAFixedLength) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ToyEngine engine(historic(seed, 5), {5, std::nullopt, 6});
    const auto found = search(engine, kSources, make_options(1, 1, 1.0, 0));
    for (std::size_t s = 0; s < kSources.size(); ++s) {
      expect_equal(found[s], {greedy(engine, kSources[s], 1.0, 0)});
      EXPECT_TRUE(found[s][0].finished);
    }
  }
}

struct Exhaustive : ::testing::TestWithParam<double> {};

TEST_P(Exhaustive, LargeBeamFindsEveryTargetInOrder) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const std::size_t vocabulary = 3 + seed % 2;
    const int longest = 1 + static_cast<int>(seed % 4);
    const ToyEngine engine(historic(seed, vocabulary), {vocabulary, 1});
    const auto all = search(engine, kSources, make_options(500, 500, GetParam(), longest));
    for (std::size_t s = 0; s < kSources.size(); ++s) {
      const auto expected =
          exhaustive(engine, kSources[s], GetParam(), static_cast<std::size_t>(longest));
      expect_equal(all[s], expected);
    }
  }
}

// A table gives equal sums to targets with the same pairs of neighbours, so the order among these
// is not tested.
TEST_P(Exhaustive, LargeBeamFindsEveryTargetOfATable) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const ToyEngine engine(markov(seed, 4), {4, 1});
    const auto all = search(engine, kSources, make_options(500, 500, GetParam(), 4));
    for (std::size_t s = 0; s < kSources.size(); ++s) {
      std::map<Tokens, double> expected, found;
      for (const Plain& one : exhaustive(engine, kSources[s], GetParam(), 4)) {
        expected[one.tokens] = one.score;
      }
      for (const Hypothesis& one : all[s]) found[one.tokens] = one.score;
      EXPECT_EQ(all[s].size(), expected.size());
      EXPECT_EQ(found, expected);
      EXPECT_TRUE(std::is_sorted(all[s].begin(), all[s].end(),
                                 [](const auto& a, const auto& b) { return a.score > b.score; }));
    }
  }
}

TEST_P(Exhaustive, EarlyStopLosesNoneOfTheNBest) {
  for (std::uint64_t seed = 100; seed < 140; ++seed) {
    const ToyEngine engine(historic(seed, 3), {3, 2});
    for (const int n_best : {1, 2, 5}) {
      const auto found = search(engine, kSources, make_options(400, n_best, GetParam(), 4));
      for (std::size_t s = 0; s < kSources.size(); ++s) {
        auto expected = exhaustive(engine, kSources[s], GetParam(), 4);
        expected.resize(static_cast<std::size_t>(n_best));
        expect_equal(found[s], expected);
      }
    }
  }
}

TEST_P(Exhaustive, LargeBeamFindsEveryTargetOfAFixedLength) {
  const ToyEngine engine(historic(3, 3), {3, std::nullopt, 4});
  const auto found = search(engine, kSources, make_options(300, 300, GetParam(), 0));
  for (std::size_t s = 0; s < kSources.size(); ++s) {
    EXPECT_EQ(found[s].size(), 81U);
    expect_equal(found[s], exhaustive(engine, kSources[s], GetParam(), 4));
  }
}

TEST_P(Exhaustive, SmallBeamsEqualTheSlowSearchThatNeverStopsEarly) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const ToyEngine engine(seed % 3 == 0 ? tying(seed, 7) : historic(seed, 7), {7, 4});
    for (const int beam : {1, 2, 3, 6, 20}) {
      const auto options = make_options(beam, std::max(1, beam / 2), GetParam(), 7);
      const auto found = search(engine, kSources, options);
      for (std::size_t s = 0; s < kSources.size(); ++s) {
        const auto expected = slow_beam(engine, kSources[s], options);
        if (expected.empty()) {
          EXPECT_FALSE(found[s].at(0).finished);
        } else {
          expect_equal(found[s], expected);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(LengthNormalisation, Exhaustive, ::testing::Values(0.0, 0.6, 1.0, 2.0));

TEST(Beam, LongerHypothesisOvertakesWhenLengthIsNormalised) {
  // The target ends at once with p = 0.5, or goes on with 0.45 · 0.99 · 0.99 · 0.99.
  const ToyEngine engine(
      [](const Tokens&, const Tokens& prefix) -> std::vector<float> {
        if (prefix.empty()) return {std::log(0.5F), std::log(0.45F), std::log(0.05F)};
        if (prefix.size() < 3) return {std::log(0.005F), std::log(0.99F), std::log(0.005F)};
        return {std::log(0.99F), std::log(0.005F), std::log(0.005F)};
      },
      {3, 0});
  const std::vector<Tokens> sources{{7}};
  const auto plain = search(engine, sources, make_options(2, 1, 0.0, 6));
  EXPECT_THAT(plain[0][0].tokens, ElementsAre());
  EXPECT_EQ(engine.trace().size(), 1U) << "log 0.45 cannot overtake log 0.5";
  const auto normalised = search(engine, sources, make_options(2, 1, 1.0, 6));
  EXPECT_THAT(normalised[0][0].tokens, ElementsAre(1, 1, 1));
  EXPECT_GT(engine.trace().size(), 3U);
}

TEST(Beam, NBestIsSortedAndDistinct) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ToyEngine engine(historic(seed, 8), {8, 0});
    for (const auto& hypotheses : search(engine, kSources, make_options(8, 8, 1.0, 12))) {
      std::set<Tokens> distinct;
      for (std::size_t k = 0; k < hypotheses.size(); ++k) {
        EXPECT_TRUE(distinct.insert(hypotheses[k].tokens).second);
        EXPECT_GE(hypotheses[k > 0 ? k - 1 : 0].score, hypotheses[k].score);
      }
    }
  }
}

TEST(Beam, FullNBestWhenEnoughTargetsExist) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    // </s> is likely, so no hypothesis reaches the length limit.
    const ToyEngine engine(
        [seed](const Tokens& source, const Tokens& prefix) {
          auto scores = historic(seed, 8)(source, prefix);
          scores[0] = std::log(0.5F);
          return scores;
        },
        {8, 0});
    for (const auto& hypotheses : search(engine, kSources, make_options(6, 6, 1.0, 200))) {
      EXPECT_EQ(hypotheses.size(), 6U);
    }
  }
}

TEST(Beam, InABatchEqualsAlone) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ToyEngine engine(historic(seed, 6), {6, 3});
    const auto options = make_options(4, 3, 1.0, 8);
    const auto together = search(engine, kSources, options);
    for (std::size_t s = 0; s < kSources.size(); ++s) {
      expect_same(together[s], search(engine, std::span(&kSources[s], 1), options)[0]);
    }
  }
}

TEST(Beam, SourcesLeaveTheBatchWhenTheirDecodingIsOver) {
  // Each source says how many tokens its target has.
  const ToyEngine engine(
      [](const Tokens& source, const Tokens& prefix) -> std::vector<float> {
        const bool ends = prefix.size() == static_cast<std::size_t>(source[0]);
        return {ends ? -0.01F : -9.0F, ends ? -9.0F : -0.01F};
      },
      {2, 0});
  const std::vector<Tokens> sources{{2}, {0}, {3}};
  const auto found = search(engine, sources, make_options(1, 1, 1.0, 9));
  EXPECT_THAT(found[0][0].tokens, ElementsAre(1, 1));
  EXPECT_THAT(found[1][0].tokens, ElementsAre());
  EXPECT_THAT(found[2][0].tokens, ElementsAre(1, 1, 1));
  EXPECT_THAT(engine.trace(), ElementsAre(ElementsAre(0, 1, 2), ElementsAre(0, 2),
                                          ElementsAre(0, 2), ElementsAre(2)));
}

TEST(Beam, TiesGoToTheLowerParentThenTheLowerToken) {
  const ToyEngine engine(
      [](const Tokens&, const Tokens&) { return std::vector<float>(4, std::log(0.25F)); },
      {4, std::nullopt, 2});
  const std::vector<Tokens> sources{{7}};
  const auto found = search(engine, sources, make_options(4, 4, 1.0, 0));
  ASSERT_EQ(found[0].size(), 4U);
  for (TokenId k = 0; k < 4; ++k) {
    EXPECT_THAT(found[0][static_cast<std::size_t>(k)].tokens, ElementsAre(0, k));
  }
}

TEST(Beam, OfEqualScoresTheEarlierEndComesFirst) {
  const ToyEngine engine(
      [](const Tokens&, const Tokens&) {
        return std::vector<float>{-1.0F, -1.0F};
      },
      {2, 1});
  const std::vector<Tokens> sources{{7}};
  const auto found = search(engine, sources, make_options(3, 3, 1.0, 5));
  ASSERT_EQ(found[0].size(), 3U);
  EXPECT_THAT(found[0][0].tokens, ElementsAre());
  EXPECT_THAT(found[0][1].tokens, ElementsAre(0));
  EXPECT_THAT(found[0][2].tokens, ElementsAre(0, 0));
}

TEST(Beam, BeamLargerThanVocabulary) {
  const ToyEngine engine(historic(5, 3), {3, 0});
  for (const int beam : {4, 17, 1000}) {
    const auto options = make_options(beam, 4, 1.0, 5);
    const auto found = search(engine, kSources, options);
    for (std::size_t s = 0; s < kSources.size(); ++s) {
      expect_equal(found[s], slow_beam(engine, kSources[s], options));
    }
  }
}

TEST(Beam, AlignmentRowsFollowTheBackPointers) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ToyEngine engine(historic(seed, 6), {6, 3});
    const auto found = search(engine, kSources, make_options(5, 5, 1.0, 8));
    for (std::size_t s = 0; s < kSources.size(); ++s) {
      for (const Hypothesis& hypothesis : found[s]) {
        EXPECT_EQ(hypothesis.source_length, kSources[s].size());
        std::vector<float> expected;  // [tokens, source_length]
        Tokens prefix;
        for (const TokenId token : hypothesis.tokens) {
          const auto row = toy_alignment(kSources[s], prefix);
          expected.insert(expected.end(), row.begin(), row.end());
          prefix.push_back(token);
        }
        EXPECT_EQ(hypothesis.alignment, expected);
      }
    }
  }
}

TEST(Beam, DroppedAlignmentsChangeNothingElse) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const ToyEngine engine(historic(seed, 6), {6, 3});
    auto options = make_options(5, 5, 1.0, 8);
    auto kept = search(engine, kSources, options);
    options.alignments = Alignments::kDropped;
    const auto dropped = search(engine, kSources, options);
    for (std::size_t s = 0; s < kSources.size(); ++s) {
      for (Hypothesis& hypothesis : kept[s]) hypothesis.alignment.clear();
      expect_same(dropped[s], kept[s]);
    }
  }
}

TEST(Beam, NoSourcesGiveNoHypotheses) {
  const ToyEngine engine(historic(1, 4), {4, 0});
  EXPECT_TRUE(search(engine, std::vector<Tokens>{}, SearchOptions{}).empty());
}

}  // namespace
}  // namespace attend::search::testing

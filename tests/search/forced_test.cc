#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "toy_engine.h"

namespace attend::search::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::vector<Tokens> kSources{{5, 6, 7}, {8}, {5, 6}};

template <typename Call>
std::string usage_error(Call call) {
  try {
    call();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no UsageError";
}

void expect_forced_equals_decoded(const ToyEngine& engine) {
  const double exponent = 0.8;
  const auto found = search(engine, kSources, make_options(6, 6, exponent, 9));
  std::vector<Tokens> sources, targets;
  std::vector<Hypothesis> decoded;
  for (std::size_t s = 0; s < kSources.size(); ++s) {
    for (const Hypothesis& hypothesis : found[s]) {
      if (!hypothesis.finished) continue;
      sources.push_back(kSources[s]);
      targets.push_back(hypothesis.tokens);
      decoded.push_back(hypothesis);
    }
  }
  const auto forced = score(engine, sources, targets, exponent);
  ASSERT_EQ(forced.size(), decoded.size());
  for (std::size_t k = 0; k < forced.size(); ++k) {
    EXPECT_EQ(forced[k].tokens, decoded[k].tokens);
    EXPECT_EQ(forced[k].token_scores, decoded[k].token_scores);
    EXPECT_NEAR(forced[k].log_probability, decoded[k].log_probability, 1e-6);
    EXPECT_NEAR(forced[k].score, decoded[k].score, 1e-6);
    EXPECT_EQ(forced[k].alignment, decoded[k].alignment);
    EXPECT_EQ(forced[k].source_length, decoded[k].source_length);
    EXPECT_TRUE(forced[k].finished);
  }
}

TEST(ForcedScore, EqualsTheScoreOfTheDecoder) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    expect_forced_equals_decoded(ToyEngine(historic(seed, 6), {6, 5}));
    expect_forced_equals_decoded(ToyEngine(markov(seed, 6), {6, 5}));
  }
}

TEST(ForcedScore, EqualsTheScoreOfTheDecoderForAFixedLength) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    expect_forced_equals_decoded(ToyEngine(historic(seed, 6), {6, std::nullopt, 5}));
  }
}

TEST(ForcedScore, IsTheSumOverTheTargetAndItsEnd) {
  const ToyEngine engine(historic(3, 4), {4, 0});
  const std::vector<Tokens> sources{{5, 6}}, targets{{2, 1}};
  const Hypothesis result = score(engine, sources, targets, 1.0)[0];
  const double expected = static_cast<double>(engine.distribution({5, 6}, {})[2]) +
                          static_cast<double>(engine.distribution({5, 6}, {2})[1]) +
                          static_cast<double>(engine.distribution({5, 6}, {2, 1})[0]);
  EXPECT_DOUBLE_EQ(result.log_probability, expected);
  EXPECT_DOUBLE_EQ(result.score, expected / 3);
  EXPECT_THAT(result.token_scores, SizeIs(3));
  EXPECT_THAT(result.alignment, SizeIs(4));
}

TEST(ForcedScore, KeepsTheRowOfTheEnd) {
  const ToyEngine engine(historic(3, 4), {4, 0});
  const std::vector<Tokens> sources{{5, 6}, {5, 6}}, targets{{2, 1}, {2, 1, 3}};
  const auto results = score(engine, sources, targets, 1.0);
  const std::vector<float>& longer = results[1].alignment;
  EXPECT_THAT(results[0].end_alignment, SizeIs(2));
  EXPECT_EQ(results[0].end_alignment, std::vector<float>(longer.end() - 2, longer.end()));
  EXPECT_NE(results[0].end_alignment, results[1].end_alignment);
  const ToyEngine fixed(historic(3, 4), {4, std::nullopt, 2});
  EXPECT_TRUE(
      score(fixed, sources, std::vector<Tokens>{{2, 1}, {2, 3}}, 1.0)[0].end_alignment.empty());
}

TEST(ForcedScore, InABatchEqualsAlone) {
  const ToyEngine engine(historic(9, 4), {4, 0});
  const std::vector<Tokens> targets{{1}, {3, 2, 1, 1}, {}};
  const auto together = score(engine, kSources, targets, 0.0);
  for (std::size_t s = 0; s < kSources.size(); ++s) {
    const auto alone = score(engine, std::span(&kSources[s], 1), std::span(&targets[s], 1), 0.0)[0];
    EXPECT_EQ(together[s].log_probability, alone.log_probability);
    EXPECT_EQ(together[s].token_scores, alone.token_scores);
    EXPECT_EQ(together[s].alignment, alone.alignment);
    EXPECT_EQ(alone.alignment.empty(), targets[s].empty());
    const auto dropped = score(engine, std::span(&kSources[s], 1), std::span(&targets[s], 1), 0.0,
                               Alignments::kDropped)[0];
    EXPECT_TRUE(dropped.alignment.empty());
    EXPECT_EQ(dropped.log_probability, alone.log_probability);
  }
}

TEST(ForcedScore, EmptyTargetIsTheProbabilityOfTheEnd) {
  const ToyEngine engine(historic(9, 4), {4, 2});
  const std::vector<Tokens> sources{{5}}, targets{{}};
  const Hypothesis result = score(engine, sources, targets, 1.0)[0];
  EXPECT_DOUBLE_EQ(result.score, static_cast<double>(engine.distribution({5}, {})[2]));
}

TEST(ForcedScore, NotANumberCountsAsImpossible) {
  const ToyEngine engine(
      [](const Tokens&, const Tokens&) {
        return std::vector<float>{-1.0F, kNotANumber};
      },
      {2, 0});
  const std::vector<Tokens> sources{{5}}, targets{{1}};
  const Hypothesis result = score(engine, sources, targets, 1.0)[0];
  EXPECT_EQ(result.log_probability, static_cast<double>(kImpossible));
  EXPECT_EQ(result.token_scores[0], kImpossible);
}

TEST(ForcedScore, TargetOfAnotherLengthThanTheFixedOneIsAUsageError) {
  const ToyEngine engine(historic(9, 4), {4, std::nullopt, 3});
  const std::vector<Tokens> sources{{5}}, targets{{1, 1}};
  const auto message = usage_error([&] { score(engine, sources, targets, 1.0); });
  EXPECT_THAT(message, HasSubstr("found 2 tokens"));
  EXPECT_THAT(message, HasSubstr("have 3"));
}

TEST(ForcedScore, UnknownTokenIdIsAUsageError) {
  const ToyEngine engine(historic(9, 4), {4, 0});
  const std::vector<Tokens> sources{{5}};
  for (const TokenId bad : {-1, 4}) {
    const std::vector<Tokens> targets{{1, bad}};
    const auto message = usage_error([&] { score(engine, sources, targets, 1.0); });
    EXPECT_THAT(message, HasSubstr(std::to_string(bad)));
    EXPECT_THAT(message, HasSubstr("0 … 3"));
  }
}

TEST(ForcedScore, LengthNormalisationOutOfRangeIsAUsageError) {
  const ToyEngine engine(historic(9, 4), {4, 0});
  const std::vector<Tokens> sources{{5}}, targets{{1}};
  const auto message = usage_error([&] { score(engine, sources, targets, -0.5); });
  EXPECT_THAT(message, HasSubstr("length_normalisation: found -0.5, expected 0 … 10"));
}

}  // namespace
}  // namespace attend::search::testing

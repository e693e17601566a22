// Tests prefixes, required phrases, forbidden and repeated n-grams against all targets of small
// models.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "all_targets.h"

namespace attend::search::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::vector<Tokens> kSources{{5, 6, 7}, {8}};
constexpr std::size_t kLongest = 5;

// Searches with a beam that nothing falls out of, and compares with all accepted targets in order.
void expect_exhaustive(const ToyEngine& engine, SearchOptions options, const Request& request,
                       const Accepts& accepts) {
  options.beam = options.n_best = 1000;
  const auto found = search(engine, kSources, options, {request, request});
  const Targets wanted{kLongest, options.length_normalisation, accepts};
  for (std::size_t s = 0; s < kSources.size(); ++s) {
    auto expected = all_targets(engine, kSources[s], wanted);
    ASSERT_FALSE(expected.empty());
    expected.resize(std::min<std::size_t>(expected.size(), 1000));
    ASSERT_EQ(found[s].size(), expected.size());
    for (std::size_t k = 0; k < expected.size(); ++k) {
      EXPECT_EQ(found[s][k].tokens, expected[k].tokens) << "hypothesis " << k;
      EXPECT_DOUBLE_EQ(found[s][k].score, expected[k].score);
      EXPECT_TRUE(found[s][k].finished);
    }
  }
}

// The best of all targets is found too when the search stops early.
void expect_best(const ToyEngine& engine, SearchOptions options, const Request& request,
                 const Accepts& accepts) {
  options.beam = 1000;
  options.n_best = 2;
  const auto found = search(engine, kSources, options, {request, request});
  for (std::size_t s = 0; s < kSources.size(); ++s) {
    const auto expected =
        all_targets(engine, kSources[s], {kLongest, options.length_normalisation, accepts});
    ASSERT_GE(expected.size(), 2U);
    ASSERT_THAT(found[s], SizeIs(2));
    EXPECT_EQ(found[s][0].tokens, expected[0].tokens);
    EXPECT_EQ(found[s][1].tokens, expected[1].tokens);
  }
}

struct Case {
  const char* name;
  Request request;
  std::vector<Tokens> forbidden;
  int no_repeat = 0;
  std::vector<TokenId> never = {};
  int minimum_length = 0;
};

bool accepts(const Case& tested, const Tokens& target) {
  const std::size_t given = tested.request.prefix.size();
  if (!begins(target, tested.request.prefix)) return false;
  for (const Tokens& phrase : tested.request.required) {
    if (!contains(target, phrase)) return false;
  }
  for (const Tokens& ngram : tested.forbidden) {
    if (contains(target, ngram, given)) return false;
  }
  for (const TokenId token : tested.never) {
    if (contains(target, {token}, given)) return false;
  }
  if (tested.no_repeat > 0 && repeats(target, static_cast<std::size_t>(tested.no_repeat), given)) {
    return false;
  }
  return target.size() >= static_cast<std::size_t>(tested.minimum_length);
}

struct Constrained : ::testing::TestWithParam<Case> {};

TEST_P(Constrained, SearchFindsAllTargetsAndNoOthers) {
  const Case& tested = GetParam();
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const ToyEngine engine(historic(seed, 4), {4, 3});
    SearchOptions options = make_options(1, 1, seed % 2 == 0 ? 1.0 : 0.0, kLongest);
    options.no_repeat = tested.no_repeat;
    options.forbidden_ngrams = tested.forbidden;
    options.forbidden = tested.never;
    options.minimum_length = tested.minimum_length;
    const auto check = [&](const Tokens& target) { return accepts(tested, target); };
    expect_exhaustive(engine, options, tested.request, check);
    expect_best(engine, options, tested.request, check);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Search, Constrained,
    ::testing::Values(
        Case{"Prefix", {{1, 2}, {}}, {}}, Case{"PrefixOfAForbiddenToken", {{1, 2}, {}}, {}, 0, {1}},
        Case{"OnePhrase", {{}, {{1, 2}}}, {}}, Case{"PhraseThatRepeats", {{}, {{1, 1, 0}}}, {}},
        Case{"PhrasesThatOverlap", {{}, {{0, 1, 0}, {1, 0, 2}}}, {}},
        Case{"PhraseInsideAnother", {{}, {{0, 1, 2}, {1}}}, {}},
        Case{"EqualPhrases", {{}, {{0, 1}, {0, 1}}}, {}},
        Case{"ManyPhrases", {{}, {{0}, {1}, {2}, {0, 0}}}, {}},
        Case{"PrefixMeetsAPhrase", {{0, 1}, {{1}, {2, 2}}}, {}},
        Case{"PrefixBeginsAPhrase", {{0, 1}, {{1, 2}}}, {}}, Case{"ForbiddenToken", {}, {{1}}},
        Case{"ForbiddenNgrams", {}, {{0, 1}, {2, 2, 2}, {1, 0}}},
        Case{"ForbiddenBehindThePrefix", {{0, 1}, {}}, {{0, 1}, {1, 1}}},
        Case{"NoTokenTwice", {}, {}, 1}, Case{"NoPairTwice", {}, {}, 2},
        Case{"NoTripleTwice", {}, {}, 3}, Case{"NoPairOfThePrefixAgain", {{0, 0, 0}, {}}, {}, 2},
        Case{"MinimumLength", {{1}, {{2}}}, {}, 0, {}, 4},
        Case{"Everything", {{1}, {{0, 2}}}, {{2, 2}, {1, 1}}, 2, {}, 3}),
    [](const auto& tested) { return tested.param.name; });

TEST(Constraints, HoldForAFixedLength) {
  const ToyEngine engine(historic(4, 3), {3, std::nullopt, 4});
  SearchOptions options = make_options(1000, 1000, 1.0, 0);
  options.no_repeat = 2;
  const Request request{{1}, {{0, 2}}};
  const auto found = search(engine, kSources, options, {request, request});
  const Targets wanted{
      4, 1.0, [](const Tokens& target) {
        return begins(target, {1}) && contains(target, {0, 2}) && !repeats(target, 2, 1);
      }};
  for (std::size_t s = 0; s < kSources.size(); ++s) {
    const auto expected = all_targets(engine, kSources[s], wanted);
    ASSERT_EQ(found[s].size(), expected.size());
    for (std::size_t k = 0; k < expected.size(); ++k) {
      EXPECT_EQ(found[s][k].tokens, expected[k].tokens);
    }
  }
}

// The grid keeps a place for every number of phrase tokens, so even the smallest beam meets them.
TEST(Constraints, AreMetByEveryBeam) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const ToyEngine engine(historic(seed, 9), {9, 0});
    for (const int beam : {1, 2, 5}) {
      SearchOptions options = make_options(beam, beam, 1.0, 20);
      const Request request{{4}, {{1, 2, 3}, {3, 5}, {8}, {7, 7}}};
      for (const auto& hypotheses : search(engine, kSources, options, {request, request})) {
        ASSERT_THAT(hypotheses, Not(IsEmpty()));
        for (const Hypothesis& hypothesis : hypotheses) {
          EXPECT_TRUE(begins(hypothesis.tokens, {4}));
          for (const Tokens& phrase : request.required) {
            EXPECT_TRUE(contains(hypothesis.tokens, phrase));
          }
        }
      }
    }
  }
}

TEST(Constraints, ThatAreImpossibleGiveNoHypothesis) {
  const ToyEngine engine(historic(1, 4), {4, 3});
  const auto none = [&](SearchOptions options, const Request& request) {
    options.beam = options.n_best = 50;
    return search(engine, kSources, options, {request, request});
  };
  SearchOptions options = make_options(1, 1, 1.0, 3);
  EXPECT_THAT(none(options, {{}, {{0, 1}, {2, 2}}}), Each(IsEmpty())) << "four tokens, three fit";
  options.forbidden_ngrams = {{1, 2}};
  EXPECT_THAT(none(options, {{}, {{0, 1, 2}}}), Each(IsEmpty()));
  options = make_options(1, 1, 1.0, 3);
  options.no_repeat = 1;
  EXPECT_THAT(none(options, {{}, {{0, 0}}}), Each(IsEmpty()));
}

TEST(Constraints, ThatLeaveNothingToSayGiveAnUnfinishedHypothesis) {
  const ToyEngine engine(historic(1, 4), {4, 3});
  SearchOptions options = make_options(2, 1, 1.0, 9);
  options.no_repeat = 1;
  options.minimum_length = 5;  // of three tokens, each once
  for (const auto& hypotheses : search(engine, kSources, options)) {
    ASSERT_THAT(hypotheses, SizeIs(1));
    EXPECT_THAT(hypotheses[0].tokens, SizeIs(3));
    EXPECT_FALSE(hypotheses[0].finished);
    EXPECT_TRUE(hypotheses[0].dead_end);
  }
  options.maximum_length = options.minimum_length = 3;
  for (const auto& hypotheses : search(engine, kSources, options)) {
    EXPECT_TRUE(hypotheses[0].finished);
    EXPECT_FALSE(hypotheses[0].dead_end);
  }
}

TEST(Constraints, OfOneSourceForbidItsNgrams) {
  const ToyEngine engine(historic(2, 4), {4, 0});
  const std::vector<Tokens> sources{{5}, {5}};
  Request request;
  request.forbidden_ngrams = {{1, 2}, {3}};
  const auto found =
      search(engine, sources, make_options(1000, 1000, 1.0, 4), {request, Request{}});
  Targets wanted;
  wanted.accepts = [](const Tokens& target) {
    return !contains(target, {1, 2}) && !contains(target, {3});
  };
  const auto held = all_targets(engine, sources[0], wanted),
             all = all_targets(engine, sources[1], {});
  ASSERT_EQ(found[0].size(), held.size());
  ASSERT_EQ(found[1].size(), all.size());
  for (std::size_t k = 0; k < held.size(); ++k) EXPECT_EQ(found[0][k].tokens, held[k].tokens);
}

TEST(Constraints, CountTheTokensThatWereGiven) {
  const ToyEngine engine(historic(2, 5), {5, 0});
  SearchOptions options = make_options(3, 3, 1.0, 6);
  const std::vector<Request> requests(kSources.size(), Request{{1, 2}});
  for (const bool draws : {false, true}) {
    if (draws) options.beam = 1;
    if (draws) options.sampling = Sampling{};
    for (const auto& hypotheses : search(engine, kSources, options, requests)) {
      for (const Hypothesis& one : hypotheses) EXPECT_EQ(one.given, 2U);
    }
    for (const auto& hypotheses : search(engine, kSources, options)) {
      for (const Hypothesis& one : hypotheses) EXPECT_EQ(one.given, 0U);
    }
  }
}

TEST(Constraints, DifferByTheSource) {
  const ToyEngine engine(historic(2, 5), {5, 0});
  const SearchOptions options = make_options(3, 1, 1.0, 6);
  const std::vector<Tokens> sources{{5}, {5}, {5}};
  const auto found =
      search(engine, sources, options, {Request{{1, 2}, {}}, Request{}, Request{{}, {{4, 4}}}});
  EXPECT_TRUE(begins(found[0][0].tokens, {1, 2}));
  EXPECT_EQ(found[1][0].tokens, search(engine, std::span(&sources[1], 1), options)[0][0].tokens);
  EXPECT_TRUE(contains(found[2][0].tokens, {4, 4}));
}

TEST(Constraints, MakeRoomForALongPrefix) {
  const ToyEngine engine(historic(2, 5), {5, 0});
  const Request request{Tokens(12, 3), {}};
  const auto found = search(engine, kSources, make_options(2, 1, 1.0, 4), {request, request});
  for (const auto& hypotheses : found) EXPECT_EQ(hypotheses[0].tokens, Tokens(12, 3));
}

TEST(MinimumRatio, BoundsTheLengthFromBelow) {
  const ToyEngine engine(
      [](const Tokens&, const Tokens&) {
        return std::vector<float>{-0.01F, -5.0F};
      },
      {2, 0});
  const std::vector<Tokens> sources{{7, 7, 7}, {7}};
  SearchOptions options;
  options.minimum_ratio = 1.5;
  const auto found = search(engine, sources, options);
  EXPECT_THAT(found[0][0].tokens, SizeIs(4));  // ⌊4.5⌋
  EXPECT_THAT(found[1][0].tokens, SizeIs(1));
  options.maximum_ratio = 1;
  options.maximum_extra = 0;
  EXPECT_THAT(search(engine, sources, options)[0][0].tokens, SizeIs(3)) << "no longer than allowed";
}

struct BadRequest {
  const char* name;
  Request request;
  const char* message;
};

class RequestOutOfRange : public ::testing::TestWithParam<BadRequest> {};

TEST_P(RequestOutOfRange, IsAUsageError) {
  const ToyEngine engine(historic(1, 4), {4, 0});
  SearchOptions options;
  options.maximum_length = 3;
  try {
    search(engine, kSources, options, {Request{}, GetParam().request});
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), GetParam().message);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Search, RequestOutOfRange,
    ::testing::Values(
        BadRequest{"LongPrefix", {{1, 1, 1, 1}, {}}, "prefix: found 4 tokens, expected at most 3"},
        BadRequest{"PrefixWithAnUnknownId", {{4}, {}}, "prefix: found 4, expected 0 … 3"},
        BadRequest{"PrefixThatEnds", {{1, 0}, {}}, "prefix: found </s>"},
        BadRequest{"EmptyPhrase", {{}, {{1}, {}}}, "required: found an empty phrase"},
        BadRequest{"PhraseThatEnds", {{}, {{0}}}, "required: found </s>"},
        BadRequest{"NinePhrases",
                   {{}, {{1}, {1}, {1}, {1}, {1}, {1}, {1}, {1}, {1}}},
                   "required: found 9 phrases, expected at most 8"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace attend::search::testing

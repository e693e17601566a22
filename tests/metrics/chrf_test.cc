#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/base.h"
#include "corpus_scores.h"
#include "metrics/metrics.h"

namespace attend::metrics {
namespace {

using testing::chrf;
using testing::CorpusChrf;

using Texts = std::vector<std::string>;
using References = std::vector<Texts>;

const Texts kHypotheses = {"the cat sat on the mat .", "a small dog runs in the park"};
const References kReferences = {{"the cat is sitting on the mat ."},
                                {"a little dog is running through the park"}};

double score(const std::string& hypothesis, const std::string& reference,
             const ChrfOptions& options = {}) {
  return chrf(Texts{hypothesis}, References{{reference}}, options).score;
}

ChrfOptions epsilon_smoothed(double beta) {
  ChrfOptions options;
  options.beta = beta;
  options.epsilon_smoothing = true;
  return options;
}

// The examples of docs/models.md §16.
TEST(Chrf, GivesTheSampleScores) {
  const CorpusChrf plain = chrf(kHypotheses, kReferences);
  EXPECT_NEAR(plain.score, 36.203903, 5e-7);
  EXPECT_EQ(plain.signature, "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no");
  EXPECT_NEAR(score("abc", "abd"), 38.888889, 5e-7);

  ChrfOptions plus_plus;
  plus_plus.word_order = 2;
  EXPECT_NEAR(chrf(kHypotheses, kReferences, plus_plus).score, 39.828273, 5e-7);

  ChrfOptions whitespace;
  whitespace.whitespace = true;
  EXPECT_NEAR(chrf(kHypotheses, kReferences, whitespace).score, 45.779816, 5e-7);

  const CorpusChrf smoothed = chrf(kHypotheses, kReferences, epsilon_smoothed(2));
  EXPECT_NEAR(smoothed.score, 36.199985, 5e-7);
  EXPECT_EQ(smoothed.signature, "nrefs:1|case:mixed|eff:no|nc:6|nw:0|space:no");
}

// sacreBLEU's own test suite asserts these scores to 1e-4 (its test/test_chrf.py).
TEST(Chrf, GivesThePublishedScores) {
  const ChrfOptions smoothed = epsilon_smoothed(3);
  EXPECT_EQ(score("abcdefg", "hijklmnop", smoothed), 0);
  EXPECT_EQ(score("", "reference", smoothed), 0);
  EXPECT_NEAR(score("aa", "ab", smoothed), 8.3333, 1e-4);
  EXPECT_NEAR(chrf(Texts{"a", "b"}, References{{"a"}, {"c"}}, smoothed).score, 8.3333, 1e-4);
  EXPECT_NEAR(score("a", "a", smoothed), 16.6667, 1e-4);
  EXPECT_NEAR(score("a b c", "abc", smoothed), 50, 1e-4);
  EXPECT_NEAR(
      score(" Die    Beziehung zwischen  Obama und Netanjahu ist nicht gerade  freundlich. ",
            "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.",
            smoothed),
      64.1302698, 1e-4);
  EXPECT_NEAR(
      score("Co nás nejvíc trápí, protože lékaři si vybírají, kdo bude žít a kdo zemře.",
            "Nejvíce smutní jsme z toho, že musíme rozhodovat o tom, kdo bude žít a kdo zemře.",
            epsilon_smoothed(2)),
      39.14078509, 1e-4);

  ChrfOptions effective;
  effective.beta = 3;
  EXPECT_EQ(score("a", "a", effective), 100);
  EXPECT_EQ(score("", "c", effective), 0);
  EXPECT_NEAR(score("aa", "ab", effective), 25, 1e-4);
  EXPECT_NEAR(chrf(Texts{"a", "b"}, References{{"a"}, {"c"}}, effective).score, 50, 1e-4);

  effective.whitespace = true;
  EXPECT_NEAR(
      score("Die Beziehung zwischen Obama und Netanjahu ist nicht gerade freundlich.",
            "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.",
            effective),
      67.3481606, 1e-4);
}

TEST(Chrf, TakesTheBestReference) {
  const CorpusChrf both = chrf(Texts{"the cat"}, References{{"a dog ran", "the cats"}});
  EXPECT_DOUBLE_EQ(both.score, score("the cat", "the cats"));
  EXPECT_GT(both.score, score("the cat", "a dog ran"));
}

TEST(Chrf, CountsCodePoints) {
  const CorpusChrf result = chrf(Texts{"日本語"}, References{{"日本"}});
  EXPECT_EQ(result.counts[0].hypothesis, 3u);
  EXPECT_EQ(result.counts[0].reference, 2u);
  EXPECT_EQ(result.counts[0].matches, 2u);
  EXPECT_EQ(result.counts[1].matches, 1u);
}

TEST(Chrf, IgnoresHypothesisOrdersThatTheReferenceLacks) {
  const CorpusChrf result = chrf(Texts{"abcd"}, References{{"ab"}});
  EXPECT_EQ(result.counts[1].hypothesis, 3u);
  EXPECT_EQ(result.counts[2].hypothesis, 0u);
}

TEST(ChrfPlusPlus, SplitsOneMarkOffAWord) {
  ChrfOptions options;
  options.word_order = 1;
  const auto words = [&](const std::string& hypothesis, const std::string& reference) {
    return chrf(Texts{hypothesis}, References{{reference}}, options).counts[6].matches;
  };
  EXPECT_EQ(words("(hi)", "hi ) ("), 1u);  // a mark at the end goes: "(hi" and ")"
  EXPECT_EQ(words("(hi", "hi ("), 2u);     // otherwise one at the start
  EXPECT_EQ(words(".", "."), 1u);          // a mark alone stays
  EXPECT_EQ(words("hi!!", "hi ! !"), 1u);  // only one mark: "hi!" and "!"
  EXPECT_EQ(words("hi。", "hi 。"), 0u);   // only ASCII marks
}

TEST(Chrf, LowersWhenAsked) {
  EXPECT_LT(score("ÉTÉ", "été"), 100);
  ChrfOptions options;
  options.lowercase = true;
  EXPECT_DOUBLE_EQ(score("ÉTÉ", "été", options), 100);
}

TEST(Chrf, IsFullForIdenticalAndZeroForDisjointOrEmptyText) {
  EXPECT_DOUBLE_EQ(score("a longer sentence", "a longer sentence"), 100);
  EXPECT_EQ(score("abc", "xyz"), 0);
  EXPECT_EQ(chrf_from_counts(count_chrf("", Texts{""})), 0);
  EXPECT_EQ(score("", "abc"), 0);
  EXPECT_EQ(score("abc", ""), 0);
}

TEST(Chrf, CountsAsTheDefinitionOnRandomText) {
  std::mt19937_64 random(6);
  const auto random_text = [&] {
    std::string text(random() % 14, ' ');
    for (char& c : text) c = "abc "[random() % 4];
    return text;
  };
  const auto ngrams_of = [](const std::string& text, std::size_t order) {
    std::map<std::string, std::size_t> counts;
    for (std::size_t i = 0; i + order <= text.size(); ++i) ++counts[text.substr(i, order)];
    return counts;
  };
  ChrfOptions options;
  options.whitespace = true;
  for (int round = 0; round < 300; ++round) {
    const std::string hypothesis = random_text();
    const std::string reference = random_text();
    const CorpusChrf result = chrf(Texts{hypothesis}, References{{reference}}, options);
    for (std::size_t order = 1; order <= 6; ++order) {
      auto expected = ngrams_of(reference, order);
      std::size_t matches = 0;
      for (const auto& [ngram, count] : ngrams_of(hypothesis, order))
        matches += std::min(count, expected[ngram]);
      EXPECT_EQ(result.counts[order - 1].matches, matches);
    }
    EXPECT_GE(result.score, 0);
    EXPECT_LE(result.score, 100 + 1e-9);
  }
}

TEST(Chrf, RefusesWhatItCannotScore) {
  EXPECT_THROW(chrf(Texts{}, References{}), UsageError);
  EXPECT_THROW(chrf(Texts{"a"}, References{}), CheckFailure);
  EXPECT_THROW(chrf(Texts{"a"}, References{{}}), UsageError);
  ChrfOptions options;
  options.character_order = 0;
  EXPECT_THROW(score("a", "a", options), UsageError);
  options = {};
  options.word_order = 17;
  EXPECT_THROW(score("a", "a", options), UsageError);
  options = {};
  options.beta = std::numeric_limits<double>::infinity();
  EXPECT_THROW(score("a", "a", options), UsageError);
}

}  // namespace
}  // namespace attend::metrics

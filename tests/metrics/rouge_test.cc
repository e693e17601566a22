// ROUGE-L of captions.
#include "metrics/rouge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/base.h"
#include "corpus_scores.h"
#include "metrics/metrics.h"

namespace attend::metrics {
namespace {

using testing::segments_of;

using Texts = std::vector<std::string>;
using Units = std::vector<std::uint32_t>;

double score(const std::string& caption, const Texts& references,
             const CaptionOptions& options = {}) {
  EvaluateOptions how;
  how.captions = options;
  return evaluate(Metric::kRougeL, segments_of(Texts{caption}),
                  segments_of(std::vector<Texts>{references}), how);
}

double f_score(double precision, double recall) {
  return 100 * (1 + 1.44) * precision * recall / (recall + 1.44 * precision);
}

/// States the length of the longest common subsequence.
std::size_t stated_length(const Units& a, const Units& b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1
                                         : std::max(table[i - 1][j], table[i][j - 1]);
    }
  }
  return table[a.size()][b.size()];
}

Units random_units(std::mt19937_64& random, std::size_t longest, std::uint32_t kinds) {
  Units units(random() % (longest + 1));
  for (std::uint32_t& unit : units) unit = static_cast<std::uint32_t>(random() % kinds);
  return units;
}

TEST(LongestCommonSubsequence, EqualsTheTableOnRandomSequences) {
  std::mt19937_64 random(31);
  for (const std::size_t longest : {10u, 64u, 70u, 200u}) {
    for (const std::uint32_t kinds : {1u, 2u, 5u, 50u}) {
      for (int round = 0; round < 40; ++round) {
        const Units a = random_units(random, longest, kinds);
        const Units b = random_units(random, longest, kinds);
        EXPECT_EQ(longest_common_subsequence(a, b), stated_length(a, b));
      }
    }
  }
}

TEST(LongestCommonSubsequence, EndsAtTheEdgesOfBlocks) {
  for (const std::size_t size : {1u, 63u, 64u, 65u, 128u, 129u}) {
    const Units same(size, 7);
    EXPECT_EQ(longest_common_subsequence(same, same), size);
    EXPECT_EQ(longest_common_subsequence(Units(300, 7), same), size);
    EXPECT_EQ(longest_common_subsequence(same, Units(300, 7)), size);
    EXPECT_EQ(longest_common_subsequence(same, Units(300, 8)), 0u);
  }
  EXPECT_EQ(longest_common_subsequence(Units{}, Units{1}), 0u);
  EXPECT_EQ(longest_common_subsequence(Units{1}, Units{}), 0u);
}

// The example of docs/models.md §16. "a dog on the grass" has 5 words in common with the first
// reference, of 7, and "dog on grass" 3 with the second, of 3.
TEST(RougeL, TakesTheBestPrecisionAndTheBestRecallOfTheReferences) {
  const std::string caption = "a dog runs on the grass";
  const std::string first = "a dog is running on the grass", second = "dog on grass";
  EXPECT_NEAR(score(caption, {first}), f_score(5.0 / 6, 5.0 / 7), 1e-9);
  EXPECT_NEAR(score(caption, {second}), f_score(3.0 / 6, 3.0 / 3), 1e-9);
  EXPECT_NEAR(score(caption, {first, second}), f_score(5.0 / 6, 1), 1e-9);
  EXPECT_NEAR(score(caption, {first, second}), 92.424242, 5e-7);
}

TEST(RougeL, NeedsTheWordsInOrderButNotSideBySide) {
  EXPECT_NEAR(score("a b c d", {"a x b x c x d"}), f_score(1, 4.0 / 7), 1e-9);
  EXPECT_NEAR(score("d c b a", {"a b c d"}), 25, 1e-9);
}

TEST(RougeL, IsFullForACaptionThatIsAReference) {
  EXPECT_NEAR(score("a b c", {"x y", "a b c"}), 100, 1e-9);
  EXPECT_EQ(score("a b c", {"x y", "z"}), 0);
}

TEST(RougeL, AcceptsEmptyTexts) {
  EXPECT_EQ(score("", {""}), 100);
  EXPECT_EQ(score("", {"a", ""}), 100);
  EXPECT_EQ(score("", {"a"}), 0);
  EXPECT_EQ(score("a", {""}), 0);
  EXPECT_NEAR(score("a", {"", "a"}), 100, 1e-9);
}

TEST(RougeL, IsTheMeanOfTheImages) {
  const auto captions = segments_of(Texts{"a b", "c d", "e f"});
  const auto references = segments_of(std::vector<Texts>{{"a b"}, {"x y"}, {"e g"}});
  EXPECT_NEAR(evaluate(Metric::kRougeL, captions, references), (100 + 0 + 50) / 3.0, 1e-9);
  const CorpusMetric prepared = prepare(Metric::kRougeL, captions, references);
  EXPECT_NEAR(prepared(std::vector<std::size_t>{0, 0, 2, 1}), 250 / 4.0, 1e-9);
}

TEST(RougeL, CutsWordsAsItsSignatureSays) {
  CaptionOptions options;
  EXPECT_NEAR(score("A dog.", {"a dog ."}, options), 0, 1e-9);
  options.lowercase = true;
  options.tokenizer = Tokenizer::k13a;
  EXPECT_NEAR(score("A dog.", {"a dog ."}, options), 100, 1e-9);
  EXPECT_EQ(rouge_l_signature("5", options), "nrefs:5|case:lc|tok:13a|beta:1.2");
  const auto lists = segments_of(std::vector<Texts>{{"a"}, {"b", "c"}});
  EXPECT_EQ(metric_signature(Metric::kRougeL, lists), "nrefs:var|case:mixed|tok:none|beta:1.2");
}

}  // namespace
}  // namespace attend::metrics

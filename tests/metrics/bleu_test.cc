#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
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

using testing::bleu;
using testing::CorpusBleu;

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Texts = std::vector<std::string>;
using References = std::vector<Texts>;

BleuOptions smoothed(Smoothing smoothing) {
  BleuOptions options;
  options.smoothing = smoothing;
  return options;
}

// The first example of docs/models.md §16.
TEST(Bleu, GivesTheSampleScore) {
  const CorpusBleu result = bleu(Texts{"the cat sat on the mat .", "a small dog runs in the park"},
                                 References{{"the cat is sitting on the mat ."},
                                            {"a little dog is running through the park"}});
  EXPECT_NEAR(result.score, 25.459983, 5e-7);
  EXPECT_THAT(result.counts.matches, ElementsAre(10, 5, 2, 1));
  EXPECT_THAT(result.counts.totals, ElementsAre(14, 12, 10, 8));
  EXPECT_EQ(result.counts.hypothesis_length, 14u);
  EXPECT_EQ(result.counts.reference_length, 16u);
  EXPECT_NEAR(result.brevity_penalty, 0.866878, 5e-7);
  EXPECT_THAT(result.precisions, ElementsAre(DoubleNear(1000.0 / 14, 1e-12),
                                             DoubleNear(500.0 / 12, 1e-12), 20.0, 12.5));
  EXPECT_EQ(result.signature, "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp");
}

// The second example of docs/models.md §16.
TEST(Bleu, SmoothsAsTheSamples) {
  const Texts hypotheses = {"a b c d", "x y"};
  const References references = {{"a b d c"}, {"x z"}};
  const CorpusBleu exponential = bleu(hypotheses, references);
  EXPECT_THAT(exponential.counts.matches, ElementsAre(5, 1, 0, 0));
  EXPECT_THAT(exponential.counts.totals, ElementsAre(6, 4, 2, 1));
  EXPECT_NEAR(exponential.score, 33.78, 5e-3);
  EXPECT_EQ(bleu(hypotheses, references, smoothed(Smoothing::kNone)).score, 0);
  const CorpusBleu floor = bleu(hypotheses, references, smoothed(Smoothing::kFloor));
  EXPECT_NEAR(floor.score, 17.9652, 5e-5);
  EXPECT_EQ(floor.signature, "nrefs:1|case:mixed|eff:no|tok:13a|smooth:floor[0.10]");
  const CorpusBleu add_k = bleu(hypotheses, references, smoothed(Smoothing::kAddK));
  EXPECT_NEAR(add_k.score, 48.5492, 5e-5);
  EXPECT_THAT(add_k.counts.matches, ElementsAre(5, 1, 0, 0));
  EXPECT_EQ(add_k.signature, "nrefs:1|case:mixed|eff:no|tok:13a|smooth:add-k[1.00]");
}

// The third example of docs/models.md §16.
TEST(Bleu, ScoresShortSentencesOnlyWithEffectiveOrder) {
  const Texts hypotheses = {"x y"};
  const References references = {{"x y"}};
  EXPECT_EQ(bleu(hypotheses, references).score, 0);
  BleuOptions options;
  options.effective_order = true;
  const CorpusBleu result = bleu(hypotheses, references, options);
  EXPECT_DOUBLE_EQ(result.score, 100);
  EXPECT_EQ(result.signature, "nrefs:1|case:mixed|eff:yes|tok:13a|smooth:exp");
}

// The fourth example of docs/models.md §16.
TEST(Bleu, ClipsMatchesByTheBestOfSeveralReferences) {
  const CorpusBleu result =
      bleu(Texts{"the the the the the the the"},
           References{{"the cat is on the mat", "there is a cat on the mat"}});
  EXPECT_NEAR(result.score, 7.80985, 5e-6);
  EXPECT_THAT(result.counts.matches, ElementsAre(2, 0, 0, 0));
  EXPECT_EQ(result.counts.totals[0], 7u);
  EXPECT_EQ(result.counts.reference_length, 7u);
  EXPECT_EQ(result.signature, "nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp");
}

// sacreBLEU's own test suite asserts these scores (its test/test_bleu.py).
TEST(Bleu, GivesThePublishedScoresWithTwoReferences) {
  const Texts hypotheses = {"The dog bit the man.", "It wasn't surprising.",
                            "The man had just bitten him."};
  const References references = {{"The dog bit the man.", "The dog had bit the man."},
                                 {"It was not unexpected.", "No one was surprised."},
                                 {"The man bit him first.", "The man had bitten the dog."}};
  EXPECT_NEAR(bleu(hypotheses, references).score, 48.530827, 5e-7);
  EXPECT_NEAR(bleu(hypotheses, references, smoothed(Smoothing::kNone)).score, 48.530827, 5e-7);
  BleuOptions options;
  options.tokenizer = Tokenizer::kNone;
  EXPECT_NEAR(bleu(hypotheses, references, options).score, 49.1919566, 5e-8);
  options.tokenizer = Tokenizer::kIntl;
  EXPECT_NEAR(bleu(hypotheses, references, options).score, 43.91623493, 5e-9);
  EXPECT_EQ(bleu(hypotheses, references, options).signature,
            "nrefs:2|case:mixed|eff:no|tok:intl|smooth:exp");
  EXPECT_EQ(bleu(Texts{"", "", ""}, references).score, 0);
}

// sacreBLEU's own test suite asserts these scores of given counts.
TEST(Bleu, GivesThePublishedScoresOfCounts) {
  EXPECT_NEAR(bleu_from_counts({{9, 7, 5, 3}, {10, 8, 6, 4}, 11, 11}).score, 83.75922397, 5e-9);
  const BleuOptions floor = smoothed(Smoothing::kFloor);
  EXPECT_EQ(bleu_from_counts({{0, 0, 0, 0}, {10, 11, 12, 0}, 14, 10}, floor).score, 0);
  EXPECT_EQ(bleu_from_counts({{0, 0, 0, 0}, {0, 0, 0, 0}, 0, 0}, floor).score, 0);
  EXPECT_EQ(bleu_from_counts({{6, 5, 4, 0}, {6, 5, 4, 3}, 6, 6}, smoothed(Smoothing::kNone)).score,
            0);
}

TEST(Bleu, TakesTheShorterOfEquallyCloseReferences) {
  const auto length = [](const Texts& references) {
    return bleu(Texts{"a b c d e"}, References{references}).counts.reference_length;
  };
  EXPECT_EQ(length({"1 2 3 4 5 6 7", "1 2 3"}), 3u);
  EXPECT_EQ(length({"1 2 3", "1 2 3 4 5 6 7"}), 3u);
  EXPECT_EQ(length({"1 2", "1 2 3 4 5 6 7"}), 7u);
}

// Field users have seen BLEU 0 for good translations into Chinese: 13a makes one word a sentence.
TEST(Bleu, NeedsTheTokenizerOfTheScript) {
  const Texts hypotheses = {"那只黑猫坐在垫子上。", "今天天气很好。"};
  const References references = {{"那只黑猫睡在垫子上。"}, {"今天天气很好。"}};
  BleuOptions options;
  options.smoothing = Smoothing::kNone;
  EXPECT_EQ(bleu(hypotheses, references, options).score, 0);
  options.tokenizer = Tokenizer::kZh;
  // 16 of 17 characters; of 15, 13 and 11 longer n-grams all but the 2, 3 and 4 with the wrong one.
  const CorpusBleu chinese = bleu(hypotheses, references, options);
  EXPECT_THAT(chinese.counts.matches, ElementsAre(16, 13, 10, 7));
  EXPECT_THAT(chinese.counts.totals, ElementsAre(17, 15, 13, 11));
  options.tokenizer = Tokenizer::kChar;
  EXPECT_DOUBLE_EQ(bleu(hypotheses, references, options).score, chinese.score);
}

TEST(Bleu, LowersWhenAsked) {
  const Texts hypotheses = {"DER ÄRGER IST GROẞ HEUTE"};
  const References references = {{"der ärger ist groß heute"}};
  EXPECT_EQ(bleu(hypotheses, references).score, 0);
  BleuOptions options;
  options.lowercase = true;
  const CorpusBleu result = bleu(hypotheses, references, options);
  EXPECT_DOUBLE_EQ(result.score, 100);
  EXPECT_EQ(result.signature, "nrefs:1|case:lc|eff:no|tok:13a|smooth:exp");
}

TEST(Bleu, AcceptsEmptyHypothesesAndReferences) {
  const BleuScore both = bleu_from_counts(count_bleu("", Texts{""}));
  EXPECT_EQ(both.score, 0);
  EXPECT_EQ(both.brevity_penalty, 1);
  const CorpusBleu no_hypothesis = bleu(Texts{""}, References{{"a b"}});
  EXPECT_EQ(no_hypothesis.score, 0);
  EXPECT_EQ(no_hypothesis.brevity_penalty, 0);
  EXPECT_EQ(no_hypothesis.counts.reference_length, 2u);
  const CorpusBleu no_reference = bleu(Texts{"a b"}, References{{""}});
  EXPECT_EQ(no_reference.score, 0);
  EXPECT_EQ(no_reference.brevity_penalty, 1);
}

TEST(Bleu, CountsVaryingReferencesInTheSignature) {
  const CorpusBleu result = bleu(Texts{"a", "b"}, References{{"a"}, {"b", "c"}});
  EXPECT_THAT(result.signature, HasSubstr("nrefs:var|"));
}

TEST(Bleu, RefusesWhatItCannotScore) {
  EXPECT_THROW(bleu(Texts{}, References{}), UsageError);
  EXPECT_THROW(bleu(Texts{"a"}, References{}), CheckFailure);
  EXPECT_THROW(bleu(Texts{"a"}, References{{}}), UsageError);
  BleuOptions options;
  options.max_order = 0;
  EXPECT_THROW(bleu(Texts{"a"}, References{{"a"}}, options), UsageError);
  options = smoothed(Smoothing::kFloor);
  for (const double value : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    options.smoothing_value = value;
    EXPECT_THROW(bleu(Texts{"a"}, References{{"a"}}, options), UsageError);
  }
  EXPECT_THROW(bleu_from_counts({{1}, {1}, 1, 1}), CheckFailure);
}

TEST(Bleu, NamesEverySmoothing) {
  std::vector<std::string_view> names;
  for (const Smoothing smoothing : all_smoothings()) names.push_back(smoothing_name(smoothing));
  EXPECT_THAT(names, ElementsAre("exp", "floor", "add-k", "none"));
}

Texts random_words(std::mt19937_64& random, std::size_t longest) {
  Texts words(random() % (longest + 1));
  for (std::string& word : words) word = std::string(1, static_cast<char>('a' + random() % 4));
  return words;
}

std::string joined(const Texts& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::map<Texts, std::size_t> ngrams_of(const Texts& words, std::size_t order) {
  std::map<Texts, std::size_t> counts;
  for (std::size_t i = 0; i + order <= words.size(); ++i) {
    const auto begin = words.begin() + static_cast<std::ptrdiff_t>(i);
    ++counts[Texts(begin, begin + static_cast<std::ptrdiff_t>(order))];
  }
  return counts;
}

TEST(Bleu, CountsAsTheDefinitionOnRandomCorpora) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 200; ++round) {
    BleuCounts expected{std::vector<std::size_t>(4), std::vector<std::size_t>(4), 0, 0};
    Texts hypotheses;
    References references;
    for (std::size_t segments = 1 + random() % 4; hypotheses.size() < segments;) {
      const Texts hypothesis = random_words(random, 9);
      std::vector<Texts> choices(1 + random() % 3);
      for (Texts& choice : choices) choice = random_words(random, 9);
      hypotheses.push_back(joined(hypothesis));
      references.emplace_back();
      for (const Texts& choice : choices) references.back().push_back(joined(choice));
      for (std::size_t order = 1; order <= 4; ++order) {
        for (const auto& [ngram, count] : ngrams_of(hypothesis, order)) {
          std::size_t limit = 0;
          for (const Texts& choice : choices)
            limit = std::max(limit, ngrams_of(choice, order)[ngram]);
          expected.matches[order - 1] += std::min(count, limit);
          expected.totals[order - 1] += count;
        }
      }
    }
    const CorpusBleu result = bleu(hypotheses, references);
    EXPECT_EQ(result.counts.matches, expected.matches);
    EXPECT_EQ(result.counts.totals, expected.totals);
    EXPECT_GE(result.score, 0);
    EXPECT_LE(result.score, 100 + 1e-9);
  }
}

TEST(Bleu, IsFullOnlyForIdenticalCorpora) {
  std::mt19937_64 random(3);
  Texts hypotheses;
  References references;
  for (int i = 0; i < 20; ++i) {
    hypotheses.push_back("start of it " + joined(random_words(random, 12)));
    references.push_back({hypotheses.back()});
  }
  const CorpusBleu same = bleu(hypotheses, references);
  EXPECT_DOUBLE_EQ(same.score, 100);
  EXPECT_THAT(same.precisions, Each(100.0));
  hypotheses.front() = "begin of it";
  EXPECT_LT(bleu(hypotheses, references).score, 100);
}

}  // namespace
}  // namespace attend::metrics

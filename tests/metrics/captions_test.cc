// BLEU of captions, and what the metrics of captions have in common.
#include "metrics/captions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "base/base.h"
#include "corpus_scores.h"
#include "metrics/metrics.h"

namespace attend::metrics {
namespace {

using testing::segments_of;

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Texts = std::vector<std::string>;
using References = std::vector<Texts>;

constexpr Metric kBleus[] = {Metric::kBleu1, Metric::kBleu2, Metric::kBleu3, Metric::kBleu4};

double score(Metric metric, const Texts& captions, const References& references,
             const CaptionOptions& options = {}) {
  EvaluateOptions how;
  how.captions = options;
  return evaluate(metric, segments_of(captions), segments_of(references), how);
}

CaptionOptions with_penalty() {
  CaptionOptions options;
  options.brevity_penalty = BrevityPenalty::kClosest;
  return options;
}

// The captions of docs/models.md §16.
const Texts kCaptions = {"a dog runs on the lawn", "two children play in a park"};
const References kCaptionReferences = {{"a dog is running on the grass", "the dog runs on grass"},
                                       {"two children play in the park with a ball"}};

TEST(CaptionBleu, IsTheMeanOfThePrecisionsWithoutAPenalty) {
  // Matches: 5 and 6 words, 4 and 3 pairs, 1 and 2 triples, 0 and 1 of four words.
  const double precisions[] = {11.0 / 12, 7.0 / 10, 3.0 / 8, 1.0 / 6};
  double product = 1;
  for (std::size_t n = 1; n <= 4; ++n) {
    product *= precisions[n - 1];
    EXPECT_NEAR(score(kBleus[n - 1], kCaptions, kCaptionReferences),
                100 * std::pow(product, 1.0 / static_cast<double>(n)), 1e-9);
  }
  EXPECT_NEAR(score(Metric::kBleu4, kCaptions, kCaptionReferences), 44.750447, 5e-7);
}

TEST(CaptionBleu, HasThePenaltyOfTheClosestReferenceIfAskedTo) {
  // Of references with 7 and 5 words, both one word from the caption's 6, the shorter counts: 12
  // words in the captions and 5 + 9 in the references.
  for (const Metric metric : kBleus) {
    EXPECT_NEAR(score(metric, kCaptions, kCaptionReferences, with_penalty()),
                score(metric, kCaptions, kCaptionReferences) * std::exp(1 - 14.0 / 12), 1e-9);
  }
}

TEST(CaptionBleu, HasNoPenaltyForCaptionsThatAreLongEnough) {
  const Texts captions = {"a dog runs on the lawn and barks",
                          "two children play in a park with two balls"};
  for (const Metric metric : kBleus) {
    EXPECT_NEAR(score(metric, captions, kCaptionReferences, with_penalty()),
                score(metric, captions, kCaptionReferences), 1e-9);
  }
}

// The example of Papineni et al. 2002.
TEST(CaptionBleu, ClipsMatchesByTheBestOfSeveralReferences) {
  const Texts captions = {"the the the the the the the"};
  const References references = {{"the cat is on the mat", "there is a cat on the mat"}};
  EXPECT_NEAR(score(Metric::kBleu1, captions, references), 100 * 2.0 / 7, 1e-9);
  EXPECT_EQ(score(Metric::kBleu2, captions, references), 0) << "nothing is smoothed";
}

TEST(CaptionBleu, TakesTextsAsTokenisedUnlessAskedTo) {
  const Texts captions = {"A man , smiling."};
  const References references = {{"a man , smiling ."}};
  EXPECT_NEAR(score(Metric::kBleu1, captions, references), 50, 1e-9);
  CaptionOptions options;
  options.lowercase = true;
  EXPECT_NEAR(score(Metric::kBleu1, captions, references, options), 75, 1e-9);
  options.tokenizer = Tokenizer::k13a;
  EXPECT_NEAR(score(Metric::kBleu1, captions, references, options), 100, 1e-9);
}

/// Returns the places of `caption`'s n-gram at `start` in a text.
std::size_t occurrences(const Texts& ngram, const Texts& text) {
  std::size_t found = 0;
  for (auto at = text.begin(); at != text.end(); ++at) {
    found += static_cast<std::size_t>(text.end() - at) >= ngram.size() &&
             std::equal(ngram.begin(), ngram.end(), at);
  }
  return found;
}

/// States bleu-n: an n-gram counts as often as a reference has it, in the order of its places.
double stated_bleu(const std::vector<Texts>& captions,
                   const std::vector<std::vector<Texts>>& references, std::size_t order) {
  double product = 1;
  for (std::size_t n = 1; n <= order; ++n) {
    double matches = 0, total = 0;
    for (std::size_t i = 0; i < captions.size(); ++i) {
      const Texts& words = captions[i];
      for (auto at = words.begin(); words.end() - at >= static_cast<std::ptrdiff_t>(n); ++at) {
        const Texts ngram(at, at + static_cast<std::ptrdiff_t>(n));
        const Texts until(words.begin(), at + static_cast<std::ptrdiff_t>(n));
        const std::size_t rank = occurrences(ngram, until);
        matches += std::any_of(references[i].begin(), references[i].end(),
                               [&](const Texts& one) { return occurrences(ngram, one) >= rank; });
        ++total;
      }
    }
    product *= total > 0 ? matches / total : 0;
  }
  return 100 * std::pow(product, 1.0 / static_cast<double>(order));
}

TEST(CaptionBleu, EqualsItsStatementOnRandomCorpora) {
  std::mt19937_64 random(21);
  const auto some_words = [&] {
    Texts words(1 + random() % 8);
    for (std::string& word : words) word = std::string(1, static_cast<char>('a' + random() % 3));
    return words;
  };
  const auto joined = [](const Texts& words) {
    std::string text;
    for (const std::string& word : words) text += word + " ";
    return text;
  };
  std::size_t above_zero = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<Texts> captions;
    std::vector<std::vector<Texts>> references;
    Texts texts;
    References reference_texts;
    for (std::size_t images = 1 + random() % 4; captions.size() < images;) {
      captions.push_back(some_words());
      texts.push_back(joined(captions.back()));
      references.emplace_back();
      reference_texts.emplace_back();
      for (std::size_t count = 1 + random() % 3; references.back().size() < count;) {
        references.back().push_back(some_words());
        reference_texts.back().push_back(joined(references.back().back()));
      }
    }
    for (std::size_t n = 1; n <= 4; ++n) {
      const double expected = stated_bleu(captions, references, n);
      EXPECT_NEAR(score(kBleus[n - 1], texts, reference_texts), expected, 1e-9);
      above_zero += n == 4 && expected > 0;
    }
  }
  EXPECT_GT(above_zero, 10u);
}

TEST(CaptionBleu, SaysInItsSignatureWhetherThereIsAPenalty) {
  const auto lists = segments_of(References{{"a", "b"}, {"a", "b"}});
  EvaluateOptions options;
  EXPECT_EQ(metric_signature(Metric::kBleu1, lists, options),
            "nrefs:2|case:mixed|eff:no|tok:none|smooth:none|order:1|bp:no");
  EXPECT_EQ(metric_signature(Metric::kBleu4, lists, options),
            "nrefs:2|case:mixed|eff:no|tok:none|smooth:none|bp:no");
  options.captions = with_penalty();
  options.captions.lowercase = true;
  options.captions.tokenizer = Tokenizer::kIntl;
  EXPECT_EQ(metric_signature(Metric::kBleu2, lists, options),
            "nrefs:2|case:lc|eff:no|tok:intl|smooth:none|order:2|bp:closest");
  for (const Metric metric : kBleus) EXPECT_TRUE(has_signature(metric));
}

double describe(Metric metric, const Texts& captions, const CaptionOptions& options = {}) {
  return score(metric, captions, References(captions.size(), Texts{"any text"}), options);
}

TEST(DistinctCaptions, AreTheShareOfDifferentTexts) {
  EXPECT_EQ(describe(Metric::kDistinct, {"a dog", "a cat", "a  dog ", "A dog"}), 75);
  EXPECT_EQ(describe(Metric::kDistinct, {"", "", "", ""}), 25);
  EXPECT_EQ(describe(Metric::kDistinct, {"ab c", "a bc"}), 100);
  CaptionOptions options;
  options.lowercase = true;
  EXPECT_EQ(describe(Metric::kDistinct, {"a dog", "a cat", "a dog", "A dog"}, options), 50);
}

TEST(DistinctCaptions, AreCountedAmongTheChosenOnes) {
  const Texts captions = {"a", "b", "a", "c"};
  const CorpusMetric distinct =
      prepare(Metric::kDistinct, segments_of(captions), segments_of(References(4, Texts{"x"})));
  EXPECT_EQ(distinct(std::vector<std::size_t>{0, 1}), 100);
  EXPECT_EQ(distinct(std::vector<std::size_t>{0, 2}), 50);
  EXPECT_EQ(distinct(std::vector<std::size_t>{3}), 100);
}

TEST(MeanLength, IsThatOfTheCaptionsInWords) {
  EXPECT_EQ(describe(Metric::kMeanLength, {"a dog runs .", "", "two cats."}), 2);
  CaptionOptions options;
  options.tokenizer = Tokenizer::k13a;
  EXPECT_NEAR(describe(Metric::kMeanLength, {"a dog runs .", "", "two cats."}, options), 7.0 / 3,
              1e-9);
}

TEST(DescriptionsOfCaptions, HaveNoDirection) {
  for (const Metric metric : {Metric::kDistinct, Metric::kMeanLength}) {
    EXPECT_FALSE(has_direction(metric));
    EXPECT_THROW(higher_is_better(metric), CheckFailure);
    EXPECT_FALSE(has_signature(metric));
    EXPECT_EQ(metric_signature(metric, segments_of(References{{"a"}})), "");
  }
  EXPECT_TRUE(has_direction(Metric::kCiderD) && higher_is_better(Metric::kCiderD));
  EXPECT_TRUE(has_direction(Metric::kTer) && !higher_is_better(Metric::kTer));
  EXPECT_FALSE(has_interval(Metric::kDistinct));
  EXPECT_TRUE(has_interval(Metric::kMeanLength));
}

TEST(CaptionWords, AreThoseBetweenBlanks) {
  EXPECT_THAT(caption_words(" A  dog\u00A0. "), ElementsAre("A", "dog", "."));
  EXPECT_THAT(caption_words(""), IsEmpty());
  CaptionOptions options;
  options.lowercase = true;
  options.tokenizer = Tokenizer::k13a;
  EXPECT_THAT(caption_words("A dog.", options), ElementsAre("a", "dog", "."));
}

}  // namespace
}  // namespace attend::metrics

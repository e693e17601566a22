// CIDEr-D of captions.
#include "metrics/cider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "base/base.h"
#include "corpus_scores.h"
#include "metrics/metrics.h"

namespace attend::metrics {
namespace {

using testing::segments_of;

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;

using Texts = std::vector<std::string>;
using References = std::vector<Texts>;

std::vector<double> scores_of(const Texts& captions, const References& references) {
  std::vector<Texts> words;
  std::vector<std::vector<Texts>> lists;
  for (const std::string& caption : captions) words.push_back(caption_words(caption));
  for (const Texts& list : references) {
    lists.emplace_back();
    for (const std::string& reference : list) lists.back().push_back(caption_words(reference));
  }
  return cider_d(words, lists);
}

double score(const Texts& captions, const References& references,
             const CaptionOptions& options = {}) {
  EvaluateOptions how;
  how.captions = options;
  return evaluate(Metric::kCiderD, segments_of(captions), segments_of(references), how);
}

double penalty(double words) { return std::exp(-words * words / 72); }

// The example of docs/models.md §16. Every n-gram but "a" is in one image of two and is worth ln 2,
// which cosines do not depend on; "a" is in both and is worth nothing.
TEST(CiderD, GivesTheCosinesOfTheExample) {
  const std::vector<double> scores =
      scores_of({"a red cat", "a dog"}, {{"a red dress", "red shoes here"}, {"a dog barks"}});
  // With the first reference, one of two words that are worth something is equal, "red", and one of
  // two pairs, "a red". With the second, "red" is one of two words and one of three.
  const double first = (1.0 / 2 + 1.0 / 2) / 4, second = 1 / std::sqrt(6) / 4;
  EXPECT_NEAR(scores[0], 10 * (first + second) / 2, 1e-9);
  // "dog" is all that is worth something in the caption, and one of two words in the reference; "a
  // dog" is its only pair, and one of two. The caption is one word shorter.
  EXPECT_NEAR(scores[1], 10 * (2 / std::sqrt(2)) / 4 * penalty(1), 1e-9);
  EXPECT_NEAR(scores[0], 1.760310, 5e-7);
  EXPECT_NEAR(scores[1], 3.486769, 5e-7);
}

TEST(CiderD, ClipsAtTheWeightOfTheReference) {
  // One of three equal words counts, of a vector of length 3: 1 · 1 / (3 · √2).
  const double expected = 10 / (3 * std::sqrt(2)) / 4 * penalty(1);
  EXPECT_NEAR(scores_of({"b b b", "x"}, {{"b c"}, {"y"}})[0], expected, 1e-9);
}

TEST(CiderD, CountsAnImageOnceForANgram) {
  // "b" is in one image of three, though in two of its references and twice in one of them; "c" is
  // in two images.
  const double rare = std::log(3.0), common = std::log(1.5);
  const double cosine = rare * rare / (rare * std::hypot(rare, common));
  EXPECT_NEAR(scores_of({"b", "x", "x"}, {{"b c", "b b"}, {"c"}, {"d"}})[0],
              10 * (cosine + 1) / 2 / 4 * penalty(1), 1e-9);
}

TEST(CiderD, IsTenForReferencesOfFourWordsAndMore) {
  EXPECT_THAT(scores_of({"a b c d", "e f g h i"}, {{"a b c d"}, {"e f g h i"}}),
              Each(DoubleNear(10, 1e-9)));
  // Shorter texts have no n-grams of some orders, which count 0, as in coco-caption.
  EXPECT_THAT(scores_of({"a b c", "e"}, {{"a b c"}, {"e"}}),
              ElementsAre(DoubleNear(7.5, 1e-9), DoubleNear(2.5, 1e-9)));
}

TEST(CiderD, IsZeroWhereEveryImageHasTheWords) {
  EXPECT_THAT(scores_of({"a b c d"}, {{"a b c d"}}), ElementsAre(0)) << "one image: ln 1";
  EXPECT_THAT(scores_of({"a b c d", "a b c d"}, {{"a b c d"}, {"a b c d"}}), Each(0));
}

TEST(CiderD, AcceptsEmptyTexts) {
  EXPECT_THAT(scores_of({"", "", "a"}, {{"a b"}, {""}, {""}}), Each(0));
  EXPECT_THAT(scores_of({}, {}), ElementsAre());
}

TEST(CiderD, FallsWithTheDifferenceInLength) {
  const std::string right = "a man rides a brown horse";
  const References references = {{right}, {"nothing of this"}};
  double last = 10;
  for (std::string caption = right; caption.size() < 60; caption += " x") {
    const double found = scores_of({caption, "y"}, references)[0];
    EXPECT_LT(found, caption == right ? 10 + 1e-9 : last);
    last = found;
  }
}

/// States the vector of an order: tf-idf weights by n-gram, of which "\n" is in no word.
std::map<std::string, double> stated_vector(const Texts& words, std::size_t order,
                                            const std::vector<std::vector<Texts>>& references) {
  const auto joined = [order](const Texts& text, std::size_t start) {
    std::string ngram;
    for (std::size_t k = start; k < start + order; ++k) ngram += text[k] + "\n";
    return ngram;
  };
  std::map<std::string, double> counts;
  for (std::size_t i = 0; i + order <= words.size(); ++i) ++counts[joined(words, i)];
  for (auto& [ngram, weight] : counts) {
    double images = 0;
    for (const std::vector<Texts>& list : references) {
      bool found = false;
      for (const Texts& text : list)
        for (std::size_t i = 0; i + order <= text.size(); ++i)
          found = found || joined(text, i) == ngram;
      images += found;
    }
    weight *= std::log(static_cast<double>(references.size()) / std::max(1.0, images));
  }
  return counts;
}

double stated_score(const Texts& caption, const std::vector<Texts>& own,
                    const std::vector<std::vector<Texts>>& references) {
  double sum = 0;
  for (const Texts& reference : own) {
    for (std::size_t order = 1; order <= 4; ++order) {
      const auto ours = stated_vector(caption, order, references);
      auto theirs = stated_vector(reference, order, references);
      double product = 0, our_square = 0, their_square = 0;
      for (const auto& [ngram, weight] : theirs) their_square += weight * weight;
      for (const auto& [ngram, weight] : ours) {
        our_square += weight * weight;
        product += std::min(weight, theirs[ngram]) * theirs[ngram];
      }
      if (our_square == 0 || their_square == 0) continue;
      const double words =
          static_cast<double>(caption.size()) - static_cast<double>(reference.size());
      sum += product / std::sqrt(our_square * their_square) * penalty(words);
    }
  }
  return 10 * sum / 4 / static_cast<double>(own.size());
}

std::string random_text(std::mt19937_64& random, std::size_t longest) {
  std::string text;
  for (std::size_t length = random() % (longest + 1); length > 0; --length)
    text += std::string(text.empty() ? "" : " ") + "abcde"[random() % 5];
  return text;
}

TEST(CiderD, EqualsItsStatementOnRandomCorpora) {
  std::mt19937_64 random(41);
  for (int round = 0; round < 40; ++round) {
    Texts captions;
    References references;
    for (std::size_t images = 1 + random() % 6; captions.size() < images;) {
      captions.push_back(random_text(random, 9));
      references.emplace_back();
      for (std::size_t count = 1 + random() % 3; references.back().size() < count;)
        references.back().push_back(random_text(random, 9));
    }
    std::vector<std::vector<Texts>> lists;
    for (const Texts& list : references) {
      lists.emplace_back();
      for (const std::string& text : list) lists.back().push_back(caption_words(text));
    }
    const std::vector<double> found = scores_of(captions, references);
    for (std::size_t i = 0; i < captions.size(); ++i)
      EXPECT_NEAR(found[i], stated_score(caption_words(captions[i]), lists[i], lists), 1e-9);
    EXPECT_NEAR(
        score(captions, references),
        std::accumulate(found.begin(), found.end(), 0.0) / static_cast<double>(found.size()), 1e-9);
  }
}

/// Captions of twenty images that differ from their references in a word.
struct Gallery {
  Texts captions;
  References references;
};

Gallery gallery() {
  const Texts who = {"a man", "a woman", "two dogs", "a child", "three boys"};
  const Texts what = {"in a red shirt jumps", "runs over wet grass", "rides a blue bike",
                      "sits on a bench"};
  Gallery result;
  for (const std::string& subject : who) {
    for (const std::string& action : what) {
      result.captions.push_back(subject + " " + action + " outside");
      result.references.push_back({subject + " " + action, subject + " quietly " + action});
    }
  }
  return result;
}

TEST(CiderD, OfShuffledImagesIsMuchLower) {
  Gallery images = gallery();
  const double right = score(images.captions, images.references);
  std::rotate(images.captions.begin(), images.captions.begin() + 7, images.captions.end());
  EXPECT_LT(score(images.captions, images.references), 0.5 * right);
  EXPECT_GT(right, 4);
}

TEST(CiderD, DoesNotDependOnTheOrderOfTheImages) {
  const Gallery images = gallery();
  std::vector<std::size_t> order(images.captions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(42));
  Gallery shuffled;
  for (const std::size_t i : order) {
    shuffled.captions.push_back(images.captions[i]);
    shuffled.references.push_back({images.references[i][1], images.references[i][0]});
  }
  EXPECT_NEAR(score(shuffled.captions, shuffled.references),
              score(images.captions, images.references), 1e-9);
}

TEST(CiderD, KeepsTheFrequenciesOfTheCorpusForSomeOfItsImages) {
  const Gallery images = gallery();
  const std::vector<double> all = scores_of(images.captions, images.references);
  const CorpusMetric prepared =
      prepare(Metric::kCiderD, segments_of(images.captions), segments_of(images.references));
  EXPECT_NEAR(prepared(std::vector<std::size_t>{3}), all[3], 1e-9);
  EXPECT_NEAR(prepared(std::vector<std::size_t>{3, 3, 5, 0}), (2 * all[3] + all[5] + all[0]) / 4,
              1e-9);
}

TEST(CiderD, HasAPairedBootstrap) {
  const Gallery images = gallery();
  Texts worse = images.captions;
  for (std::size_t i = 0; i < worse.size(); ++i) worse[i] = "a man stands there " + worse[i];
  const auto references = segments_of(images.references);
  const std::vector<CorpusMetric> one = {
      prepare(Metric::kCiderD, segments_of(images.captions), references)};
  const std::vector<CorpusMetric> other = {
      prepare(Metric::kCiderD, segments_of(worse), references)};
  const PairedBootstrap found = paired_bootstrap(one, other, worse.size(), {.samples = 200})[0];
  EXPECT_LT(found.baseline.high, found.system.low);
  EXPECT_NEAR(found.p_value, 1.0 / 201, 1e-9);
  EXPECT_EQ(paired_bootstrap(one, one, worse.size(), {.samples = 200})[0].p_value, 1);
}

TEST(CiderD, CutsWordsAsItsSignatureSays) {
  CaptionOptions options;
  const Texts captions = {"A Big Dog.", "x"};
  const References references = {{"a big dog ."}, {"y"}};
  EXPECT_EQ(score(captions, references, options), 0);
  options.lowercase = true;
  options.tokenizer = Tokenizer::k13a;
  EXPECT_NEAR(score(captions, references, options), 5, 1e-9);
  EXPECT_EQ(cider_d_signature("5", options), "nrefs:5|case:lc|tok:13a|n:4|sigma:6|df:corpus");
  EXPECT_EQ(metric_signature(Metric::kCiderD, segments_of(references)),
            "nrefs:1|case:mixed|tok:none|n:4|sigma:6|df:corpus");
  EXPECT_EQ(metric_decimals(Metric::kCiderD), 4);
  EXPECT_EQ(metric_decimals(Metric::kRougeL), 2);
}

}  // namespace
}  // namespace attend::metrics

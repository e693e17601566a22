#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/base.h"
#include "predictor/predictor.h"

namespace attend::predictor {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Returns "Good food. Slow. Nice" as six units: "Good" "food" "." "Slow" "." "Nice".
Source document() {
  Source source;
  source.text = "Good food. Slow.  Nice";
  source.units = {{"good", {0, 4}},   {"food", {5, 9}}, {".", {9, 10}},
                  {"slow", {11, 15}}, {".", {15, 16}},  {"nice", {18, 22}}};
  return source;
}

// A document of three sentences.
Source of_two_levels() {
  Source source = document();
  source.sentences = {0, 3, 5};
  source.word_weights = {0.5F, 0.3F, 0.2F, 0.9F, 0.1F, 1};
  return source;
}

TEST(DescribeDocument, TakesTheWeightsOfWordsFromTheAlignmentOfOneLevel) {
  const std::vector<float> alignment{0.1F, 0.2F, 0.05F, 0.3F, 0.05F, 0.2F, 0.1F};  // </s> is last
  const Document described = describe_document(document(), alignment);
  EXPECT_THAT(described.sentences, IsEmpty());
  EXPECT_THAT(described.sentence_shares, IsEmpty());
  EXPECT_THAT(described.word_weights, ElementsAre(0.1F, 0.2F, 0.05F, 0.3F, 0.05F, 0.2F));
  EXPECT_EQ(described.importance, described.word_weights);
}

TEST(DescribeDocument, MultipliesTheRootOfTheSentenceWithTheWord) {
  const std::vector<float> alignment{0.64F, 0.04F, 0.32F};
  const Document described = describe_document(of_two_levels(), alignment);
  ASSERT_THAT(described.sentences, SizeIs(3));
  EXPECT_EQ(described.sentences[0].first, 0u);
  EXPECT_EQ(described.sentences[0].end, 3u);
  EXPECT_EQ(described.sentences[0].span, (text::ByteSpan{0, 10}));
  EXPECT_EQ(described.sentences[1].span, (text::ByteSpan{11, 16}));
  EXPECT_EQ(described.sentences[2].span, (text::ByteSpan{18, 22}));
  EXPECT_EQ(described.sentences[1].weight, 0.04F);
  EXPECT_EQ(described.sentence_shares, alignment);
  EXPECT_THAT(described.importance,
              ElementsAre(FloatNear(0.8F * 0.5F, 1e-6F), FloatNear(0.8F * 0.3F, 1e-6F),
                          FloatNear(0.8F * 0.2F, 1e-6F), FloatNear(0.2F * 0.9F, 1e-6F),
                          FloatNear(0.2F * 0.1F, 1e-6F), FloatNear(std::sqrt(0.32F), 1e-6F)));
}

TEST(DescribeDocument, MultipliesParagraphsWithTheirSentences) {
  Source source = of_two_levels();
  source.paragraphs = {0, 2};
  source.sentence_weights = {0.75F, 0.25F, 1};
  const std::vector<float> alignment{0.4F, 0.6F};
  const Document described = describe_document(source, alignment);
  ASSERT_THAT(described.paragraphs, SizeIs(2));
  EXPECT_EQ(described.paragraphs[0].end, 5u);
  EXPECT_EQ(described.paragraphs[0].span, (text::ByteSpan{0, 16}));
  EXPECT_EQ(described.paragraphs[1].weight, 0.6F);
  EXPECT_EQ(described.sentences[0].weight, 0.75F);
  EXPECT_THAT(described.sentence_shares,
              ElementsAre(FloatNear(0.3F, 1e-6F), FloatNear(0.1F, 1e-6F), FloatNear(0.6F, 1e-6F)));
  EXPECT_NEAR(described.importance[3], std::sqrt(0.1F) * 0.9F, 1e-6);
}

TEST(DescribeDocument, LeavesOutWeightsThatDoNotExist) {
  Source words = of_two_levels();
  words.word_weights.clear();  // pooled without weights
  const std::vector<float> alignment{0.5F, 0.25F, 0.25F};
  const Document no_words = describe_document(words, alignment);
  EXPECT_THAT(no_words.word_weights, IsEmpty());
  EXPECT_THAT(no_words.importance, IsEmpty());
  EXPECT_EQ(no_words.sentence_shares, alignment);
  const Document no_sentences = describe_document(of_two_levels(), {});
  EXPECT_FALSE(no_sentences.sentences[0].weight.has_value());
  EXPECT_THAT(no_sentences.sentence_shares, IsEmpty());
  EXPECT_EQ(no_sentences.importance, of_two_levels().word_weights);
  const Document nothing = describe_document(document(), {});
  EXPECT_THAT(nothing.word_weights, IsEmpty());
}

TEST(DescribeDocument, HasNoPartsOfAnEmptySource) {
  const Document described = describe_document(Source{}, {});
  EXPECT_THAT(described.sentences, IsEmpty());
  EXPECT_THAT(described.word_weights, IsEmpty());
}

TEST(DescribeDocument, ChecksThatWeightsAreThere) {
  const std::vector<float> one{1};
  EXPECT_THROW(describe_document(of_two_levels(), one), CheckFailure);
  Source source = of_two_levels();
  source.word_weights.pop_back();
  EXPECT_THROW(describe_document(source, std::vector<float>{0.5F, 0.25F, 0.25F}), CheckFailure);
}

}  // namespace
}  // namespace attend::predictor

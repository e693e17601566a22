// Tests that sources keep their borders on the way to the engine, whole, cut and in parts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "predictor/predictor.h"
#include "predictor/preparation.h"

namespace attend::predictor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

model::ModelText words_of_levels(int levels) {
  model::Configuration c;
  c.source.unit = c.target.unit = model::UnitChoice::kWords;
  c.source.end_token = false;
  c.encoder.levels = levels;
  const text::Vocabulary vocabulary({"<unk>", "</s>", "a", "b"});
  return {c, model::make_side(c, model::SideName::kSource, vocabulary),
          model::make_side(c, model::SideName::kTarget, vocabulary)};
}

struct Prepared {
  Prepared(const std::string& text, int levels, const PredictOptions& options = {}) : answers(1) {
    const model::ModelText model = words_of_levels(levels);
    sources = prepare_sources(model, {{&text, 1}, {}}, options, answers);
  }
  const Source& source() const { return answers.front().source; }
  std::vector<Answer> answers;
  PreparedSources sources;
};

TEST(PreparedBorders, AreThoseOfTheText) {
  const Prepared two("a b\ta\tb b b", 2);
  ASSERT_EQ(two.sources.sources.size(), 1u);
  EXPECT_THAT(two.sources.sources[0].sentences, ElementsAre(0, 2, 3));
  EXPECT_THAT(two.sources.sources[0].paragraphs, IsEmpty());
  EXPECT_THAT(two.source().sentences, ElementsAre(0, 2, 3));
  const Prepared three("A b. B.\ta", 3);
  EXPECT_THAT(three.sources.sources[0].sentences, ElementsAre(0, 2, 3));
  EXPECT_THAT(three.sources.sources[0].paragraphs, ElementsAre(0, 2));
  EXPECT_THAT(three.source().paragraphs, ElementsAre(0, 2));
  const Prepared one("a b\ta", 1);
  EXPECT_THAT(one.sources.sources[0].sentences, IsEmpty());
  EXPECT_THAT(one.source().sentences, IsEmpty());
}

TEST(PreparedBorders, AreCutWithALongSource) {
  PredictOptions options;
  options.maximum_source_length = 3;
  const Prepared cut("a b\ta b\tb", 2, options);
  EXPECT_EQ(cut.source().left_out, 2u);
  EXPECT_THAT(cut.sources.sources.at(0).sentences, ElementsAre(0, 2));
  EXPECT_THAT(cut.source().sentences, ElementsAre(0, 2));
  const Prepared of_three("A. B. A.\tB. A.", 3, options);
  EXPECT_THAT(of_three.sources.sources.at(0).sentences, ElementsAre(0, 1, 2));
  EXPECT_THAT(of_three.sources.sources.at(0).paragraphs, ElementsAre(0));
}

TEST(PreparedBorders, OfPartsCountInThePart) {
  PredictOptions options;
  options.maximum_source_length = 4;
  options.long_sources = LongSources::kSplit;
  const Prepared split("A. B. A.\tB. A. B.", 3, options);
  ASSERT_EQ(split.sources.sources.size(), 2u);
  EXPECT_THAT(split.sources.sources[0].sentences, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(split.sources.sources[0].paragraphs, ElementsAre(0, 3));
  EXPECT_THAT(split.sources.sources[1].sentences, ElementsAre(0, 1));
  EXPECT_THAT(split.sources.sources[1].paragraphs, ElementsAre(0));
  EXPECT_THAT(split.source().sentences, ElementsAre(0, 1, 2, 3, 4, 5));
}

}  // namespace
}  // namespace attend::predictor

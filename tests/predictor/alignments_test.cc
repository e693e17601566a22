// The alignment of answers, as src/alignment takes it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "predictor/predictor.h"
#include "small_predictor.h"

namespace attend::predictor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::random_model;
using ::testing::SizeIs;
using testing::small;
using testing::small_predictor;

Answer score(const Predictor& predictor, const std::string& source, const std::string& target,
             const PredictOptions& options = {}) {
  const std::vector<std::string> sources{source}, targets{target};
  return predictor.score(sources, targets, options).front();
}

std::vector<float> row(const Answer& answer, std::size_t i) {
  const std::size_t columns = answer.source.columns.size();
  const std::vector<float>& all = answer.predictions.front().alignment;
  return {all.begin() + static_cast<std::ptrdiff_t>(i * columns),
          all.begin() + static_cast<std::ptrdiff_t>((i + 1) * columns)};
}

TEST(EndAlignment, IsTheRowOfTheStepAfterTheLastUnit) {
  const Predictor predictor = small_predictor();
  const Answer shorter = score(predictor, "cab b", "ba"), longer = score(predictor, "cab b", "bac");
  const Prediction& prediction = shorter.predictions.front();
  ASSERT_THAT(prediction.end_alignment, SizeIs(shorter.source.columns.size()));
  for (std::size_t j = 0; j < prediction.end_alignment.size(); ++j) {
    EXPECT_NEAR(prediction.end_alignment[j], row(longer, 2)[j], 1e-6);
  }
  EXPECT_NE(prediction.end_alignment, row(shorter, 1));
}

TEST(EndAlignment, IsNotThereWithoutAStepForTheEnd) {
  model::Configuration fixed = small();
  fixed.target.fixed_length = 2;
  fixed.target.end_token = false;
  const Predictor without_end(random_model(fixed, {"<pad>", "<unk>", "</s>", "a", "b", "c", " "}));
  EXPECT_THAT(score(without_end, "abc", "ab").predictions.front().end_alignment, IsEmpty());
  PredictOptions dropped;
  dropped.search.alignments = search::Alignments::kDropped;
  EXPECT_THAT(score(small_predictor(), "abc", "ab", dropped).predictions.front().end_alignment,
              IsEmpty());
}

TEST(ColumnUnits, NameTheUnitOfEachColumn) {
  const Predictor predictor = small_predictor();
  EXPECT_THAT(score(predictor, "ab", "b").source.column_units,
              ElementsAre(0U, 1U, alignment::kNoUnit));
  PredictOptions parts;
  parts.maximum_source_length = 3;
  parts.long_sources = LongSources::kSplit;
  const std::vector<std::string> texts{"abc ab"};
  const Answer answer = predictor.predict(texts, parts).front();
  ASSERT_EQ(answer.source.parts, 2U);
  EXPECT_THAT(answer.source.column_units,
              ElementsAre(0U, 1U, 2U, alignment::kNoUnit, 4U, 5U, alignment::kNoUnit))
      << "unit 3 is the blank between the parts";
  EXPECT_EQ(answer.source.columns.size(), answer.source.column_units.size());
}

TEST(ColumnUnits, OfUnitsGiveTheLinksOfTheAnswer) {
  const Predictor predictor = small_predictor();
  const std::vector<std::string> texts{"abc", "cé ba", "bbbbbbbbbb", "a b c a b c"};
  PredictOptions options;
  options.maximum_source_length = 4;
  options.long_sources = LongSources::kSplit;
  for (const Answer& answer : predictor.predict(texts, options)) {
    const Prediction& best = answer.predictions.front();
    const alignment::WordWeights weights = alignment::word_weights(
        unit_weights(answer.source, best), alignment::group_each(answer.source.units.size()),
        alignment::group_each(best.units.size()));
    std::vector<std::pair<std::size_t, std::size_t>> links;
    for (const auto& [source, target] : alignment::best_links(weights)) {
      links.emplace_back(source, target);
    }
    EXPECT_EQ(links, best.links);
  }
}

}  // namespace
}  // namespace attend::predictor

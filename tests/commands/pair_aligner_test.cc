#include "commands/pair_aligner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "answers.h"
#include "base/base.h"

namespace attend::commands {
namespace {

using alignment::Link;
using alignment::Symmetrisation;
using attend::testing::make_answer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Link> links_of(const WordAnswer& words) {
  std::vector<Link> links;
  for (const WordLink& one : words.predictions.at(0).links) links.push_back(one.link);
  return links;
}

// Three words a side, of which each model reads one in two pieces, not the same.
const std::string kSource = "aa b c", kTarget = "x yy z";

Answer forward() {
  return make_answer(kSource, {"a", "a", "b", "c"}, kTarget, {"x", "y", "y", "z"},
                     {{0.4F, 0.4F, 0.2F, 0.0F, 0.0F},
                      {0.0F, 0.0F, 0.9F, 0.1F, 0.0F},
                      {0.0F, 0.0F, 0.9F, 0.1F, 0.0F},
                      {0.0F, 0.0F, 0.8F, 0.2F, 0.0F},
                      {0.0F, 0.0F, 0.0F, 0.0F, 1.0F}});
}

Answer reverse() {
  return make_answer(kTarget, {"x", "yy", "z"}, kSource, {"aa", "b", "c"},
                     {{0.9F, 0.1F, 0.0F, 0.0F},
                      {0.1F, 0.7F, 0.2F, 0.0F},
                      {0.1F, 0.2F, 0.7F, 0.0F},
                      {0.0F, 0.0F, 0.0F, 1.0F}});
}

AlignerOptions with_shift(int shift) {
  AlignerOptions options;
  options.shift = shift;
  return options;
}

TEST(PairAligner, LinksWordsByOneModel) {
  const Answer answer = forward();
  const PairAligner aligner(with_shift(0));
  EXPECT_THAT(links_of(aligner.align({&answer})), ElementsAre(Link{0, 0}, Link{1, 1}, Link{1, 2}));
  AlignerOptions strict = with_shift(0);
  strict.threshold = 0.85;
  EXPECT_THAT(links_of(PairAligner(strict).align({&answer})), ElementsAre(Link{1, 1}));
}

TEST(PairAligner, JoinsTheLinksOfTwoModels) {
  const Answer one = forward(), other = reverse();
  const auto joined = [&](Symmetrisation how) {
    AlignerOptions options = with_shift(0);
    options.symmetrise = how;
    return PairAligner(options).align({&one, &other});
  };
  EXPECT_THAT(links_of(joined(Symmetrisation::kIntersection)), ElementsAre(Link{0, 0}, Link{1, 1}));
  EXPECT_THAT(links_of(joined(Symmetrisation::kUnion)),
              ElementsAre(Link{0, 0}, Link{1, 1}, Link{1, 2}, Link{2, 2}));
  const WordAnswer words = joined(Symmetrisation::kUnion);
  const WordLink& last = words.predictions[0].links.back();
  EXPECT_NEAR(last.weight, 0.2, 1e-6);
  EXPECT_NEAR(*last.reverse_weight, 0.7, 1e-6);
}

TEST(PairAligner, LinksUnitsWhereItIsAsked) {
  const Answer one = forward(), other = reverse();
  AlignerOptions options = with_shift(0);
  options.units = AlignmentUnits::kUnits;
  EXPECT_THAT(links_of(PairAligner(options).align({&one})),
              ElementsAre(Link{0, 0}, Link{2, 1}, Link{2, 2}, Link{2, 3}));
  options.symmetrise = Symmetrisation::kUnion;
  EXPECT_THAT(PairAligner(options).problem({&one, &other}), HasSubstr("different units"));
  options.units = AlignmentUnits::kWords;
  EXPECT_THAT(PairAligner(options).problem({&one, &other}), IsEmpty());
}

TEST(PairAligner, GivesPairsWithoutAnswerNoLinks) {
  Answer blank, one = forward();
  blank.source.text = kTarget;
  AlignerOptions options = with_shift(0);
  EXPECT_THAT(PairAligner(options).align({&blank}).predictions, IsEmpty());
  options.symmetrise = Symmetrisation::kUnion;
  EXPECT_THAT(links_of(PairAligner(options).align({&one, &blank})), IsEmpty());
}

TEST(PairAligner, ReportsEachModelAndShift) {
  const Answer one = forward(), other = reverse();
  const metrics::GoldAlignment gold{{{0, 0}, {1, 1}, {2, 2}}, {{1, 2}}};
  AlignerOptions options = with_shift(0);
  options.symmetrise = Symmetrisation::kIntersection;
  PairAligner aligner(options);
  const AlignedPair pair{&one, &other, &gold};
  aligner.count(pair, aligner.align(pair));
  EXPECT_EQ(aligner.report(),
            "1 pair, 3 sure links, 1 more that is possible\n"
            "links of             shift      links  precision   recall     AER\n"
            "forward                 -1          2     100.00    33.33   40.00\n"
            "forward                  0*         3     100.00    66.67   16.67\n"
            "forward                  1          2      50.00    33.33   60.00\n"
            "reverse                 -1          2       0.00     0.00  100.00\n"
            "reverse                  0*         3     100.00   100.00    0.00\n"
            "reverse                  1          2      50.00     0.00   80.00\n"
            "intersection                        2     100.00    66.67   20.00\n");
}

TEST(PairAligner, ReportsAShiftThatItDoesNotTry) {
  const Answer one = forward();
  const metrics::GoldAlignment gold{{{0, 0}}, {}};
  PairAligner aligner(with_shift(-3));
  const AlignedPair pair{&one, nullptr, &gold};
  aligner.count(pair, aligner.align(pair));
  EXPECT_THAT(aligner.report(), HasSubstr("1 pair, 1 sure link, 0 more that are possible\n"));
  EXPECT_THAT(aligner.report(), HasSubstr("forward                 -3*         1"));
}

// A model one step behind: the row of a step belongs to the unit before it.
Answer late(const std::vector<std::string>& source, const std::vector<std::string>& target,
            std::size_t delay) {
  std::vector<std::vector<float>> rows(target.size() + 1, std::vector<float>(source.size() + 1, 0));
  for (std::size_t i = 0; i <= target.size(); ++i) {
    rows[i][i >= delay && i - delay < source.size() ? i - delay : source.size()] = 1;
  }
  std::string source_text, target_text;
  for (const std::string& word : source) source_text += word + " ";
  for (const std::string& word : target) target_text += word + " ";
  return make_answer(source_text, source, target_text, target, rows);
}

class ChosenShift : public ::testing::TestWithParam<int> {
 protected:
  ChosenShift() {
    const std::vector<std::vector<int>> sentences{{1, 2, 3, 4}, {3, 1, 4, 2}, {2, 4, 1, 3},
                                                  {4, 3, 2, 1}, {1, 3, 2, 4}, {2, 1, 4, 3}};
    for (const auto& sentence : sentences) {
      std::vector<std::string> source, target;
      for (const int word : sentence) {
        source.push_back("s" + std::to_string(word));
        target.push_back("t" + std::to_string(word));
      }
      answers_.push_back(late(source, target, static_cast<std::size_t>(GetParam())));
    }
    gold_ = {{{0, 0}, {1, 1}, {2, 2}, {3, 3}}, {}};
    options_.shift.reset();
  }

  std::vector<AlignedPair> pairs(const metrics::GoldAlignment* gold) const {
    std::vector<AlignedPair> result;
    for (const Answer& answer : answers_) result.push_back({&answer, nullptr, gold});
    return result;
  }

  std::vector<Answer> answers_;
  metrics::GoldAlignment gold_;
  AlignerOptions options_;
};

TEST_P(ChosenShift, IsTheRightOneWithAndWithoutGold) {
  for (const bool with_gold : {true, false}) {
    PairAligner aligner(options_);
    ASSERT_TRUE(aligner.needs_shifts());
    aligner.choose_shifts(pairs(with_gold ? &gold_ : nullptr));
    ASSERT_FALSE(aligner.needs_shifts());
    EXPECT_THAT(links_of(aligner.align({&answers_[0]})),
                ElementsAre(Link{0, 0}, Link{1, 1}, Link{2, 2}, Link{3, 3}))
        << aligner.describe_shifts();
    EXPECT_THAT(aligner.describe_shifts(), HasSubstr("shift " + std::to_string(GetParam())));
    EXPECT_THAT(aligner.describe_shifts(), HasSubstr(with_gold ? "error rate" : "lexical gain"));
  }
}

INSTANTIATE_TEST_SUITE_P(Delays, ChosenShift, ::testing::Values(0, 1));

TEST(ShiftOfNoPairs, IsZero) {
  AlignerOptions options;
  PairAligner aligner(options);
  aligner.choose_shifts({});
  EXPECT_THAT(aligner.describe_shifts(), HasSubstr("shift 0 "));
}

// The first chunk of a file may hold nothing but blank lines.
TEST_P(ChosenShift, WaitsForAPairWithLinks) {
  PairAligner aligner(options_);
  aligner.choose_shifts({});
  EXPECT_TRUE(aligner.needs_shifts());
  const Answer blank;
  const std::vector<AlignedPair> unanswered{{&blank, nullptr, nullptr}};
  aligner.choose_shifts(unanswered);
  EXPECT_TRUE(aligner.needs_shifts());
  EXPECT_THAT(aligner.align({&blank}).predictions, IsEmpty());
  aligner.choose_shifts(pairs(nullptr));
  EXPECT_FALSE(aligner.needs_shifts());
  EXPECT_THAT(aligner.describe_shifts(), HasSubstr("shift " + std::to_string(GetParam())));
}

}  // namespace
}  // namespace attend::commands

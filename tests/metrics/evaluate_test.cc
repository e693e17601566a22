#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/base.h"
#include "metrics/metrics.h"

namespace attend::metrics {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Segments = std::vector<Segment>;

Segment words(const std::string& text) {
  Segment segment{text, {}};
  std::string unit;
  for (const char c : text + " ") {
    if (c != ' ')
      unit += c;
    else if (!unit.empty())
      segment.units.push_back(std::exchange(unit, ""));
  }
  return segment;
}

TEST(Metric, NamesAreReadBack) {
  EXPECT_EQ(all_metrics().size(), 8u);
  for (const Metric metric : all_metrics()) EXPECT_EQ(parse_metric(metric_name(metric)), metric);
  EXPECT_EQ(parse_metric("exact_match"), Metric::kExactMatch);
  EXPECT_EQ(parse_metric("Exact-Match"), Metric::kExactMatch);
  EXPECT_EQ(parse_metric("BLEU"), Metric::kBleu);
  EXPECT_EQ(parse_metric("chrF++"), Metric::kChrfPlusPlus);
}

TEST(Metric, NamesThatAreUnknownListTheKnownOnes) {
  EXPECT_THAT([] { parse_metric("meteor"); },
              ThrowsMessage<UsageError>(
                  AllOf(HasSubstr("'meteor'"), HasSubstr("exact_match"), HasSubstr("macro_f1"))));
  EXPECT_THROW(parse_metric(""), UsageError);
}

TEST(Metric, ListsAreSeparatedByCommas) {
  EXPECT_THAT(parse_metrics("bleu, chrf"), ElementsAre(Metric::kBleu, Metric::kChrf));
  EXPECT_THAT(parse_metrics("bleu"), ElementsAre(Metric::kBleu));
  EXPECT_THROW(parse_metrics(""), UsageError);
  EXPECT_THROW(parse_metrics("bleu,"), UsageError);
  EXPECT_THROW(parse_metrics("bleu,BLEU"), UsageError);
}

TEST(Evaluate, IdenticalCorporaGetTheBestValueOfEveryMetric) {
  const Segments corpus = {words("the cat is on the mat"), words("a dog runs in the park")};
  for (const Metric metric : all_metrics())
    EXPECT_NEAR(evaluate(metric, corpus, corpus), higher_is_better(metric) ? 100 : 0, 1e-9)
        << metric_name(metric);
}

TEST(Evaluate, DisjointCorporaGetTheWorstValueOfEveryMetric) {
  const Segments hypotheses = {words("aaa bbb"), words("ccc ddd")};
  const Segments references = {words("xxx yyy"), words("zzz www")};
  for (const Metric metric : all_metrics())
    EXPECT_NEAR(evaluate(metric, hypotheses, references), higher_is_better(metric) ? 0 : 100, 1e-9)
        << metric_name(metric);
}

TEST(Evaluate, UsesTextsOrUnitsAsTheMetricSays) {
  const Segments hypotheses = {{"same", {"a", "b"}}};
  const Segments references = {{"same", {"a", "c"}}};
  EXPECT_EQ(evaluate(Metric::kExactMatch, hypotheses, references), 100);
  EXPECT_EQ(evaluate(Metric::kAccuracy, hypotheses, references), 100);
  EXPECT_EQ(evaluate(Metric::kUnitErrorRate, hypotheses, references), 50);
  EXPECT_EQ(evaluate(Metric::kSequenceErrorRate, hypotheses, references), 100);
}

TEST(Evaluate, EqualsTheMetricsOwnFunctions) {
  const Segments hypotheses = {words("the cat sat on the mat .")};
  const Segments references = {words("the cat is sitting on the mat .")};
  const std::vector<std::string> texts = {hypotheses[0].text};
  const std::vector<std::vector<std::string>> reference_texts = {{references[0].text}};
  EvaluateOptions options;
  options.bleu.tokenizer = Tokenizer::kNone;
  options.bleu.smoothing = Smoothing::kAddK;
  EXPECT_EQ(evaluate(Metric::kBleu, hypotheses, references, options),
            bleu(texts, reference_texts, options.bleu).score);
  EXPECT_EQ(evaluate(Metric::kChrf, hypotheses, references), chrf(texts, reference_texts).score);
  ChrfOptions plus_plus;
  plus_plus.word_order = 2;
  EXPECT_EQ(evaluate(Metric::kChrfPlusPlus, hypotheses, references),
            chrf(texts, reference_texts, plus_plus).score);
}

TEST(Evaluate, AcceptsSeveralReferences) {
  const Segments hypotheses = {words("b")};
  const std::vector<Segments> references = {{words("a"), words("b")}};
  EXPECT_EQ(evaluate(Metric::kExactMatch, hypotheses, references), 100);
  EXPECT_EQ(evaluate(Metric::kUnitErrorRate, hypotheses, references), 0);
  EXPECT_THROW(evaluate(Metric::kAccuracy, hypotheses, references), UsageError);
}

TEST(Evaluate, RefusesEmptyAndUnequalCorpora) {
  for (const Metric metric : all_metrics()) {
    EXPECT_THROW(evaluate(metric, Segments{}, Segments{}), UsageError);
    EXPECT_THROW(evaluate(metric, Segments{words("a")}, Segments{}), CheckFailure);
    EXPECT_THROW(evaluate(metric, Segments{words("a")}, std::vector<Segments>{{}}), UsageError);
  }
}

}  // namespace
}  // namespace attend::metrics

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "base/base.h"
#include "metrics/metrics.h"
#include "text/text.h"

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

/// Returns the metrics of any text that have a direction and are in per cent: not the one whose
/// labels are those of a task, CIDEr-D and descriptions, which have tests of their own.
std::vector<Metric> metrics_of_any_text() {
  std::vector<Metric> metrics(all_metrics().begin(), all_metrics().end());
  std::erase(metrics, Metric::kSemEval2010);
  std::erase(metrics, Metric::kCiderD);
  std::erase_if(metrics, [](Metric metric) { return !has_direction(metric); });
  return metrics;
}

TEST(Metric, NamesAreReadBack) {
  EXPECT_EQ(all_metrics().size(), 22u);
  for (const Metric metric : all_metrics()) EXPECT_EQ(parse_metric(metric_name(metric)), metric);
  EXPECT_EQ(parse_metric("exact_match"), Metric::kExactMatch);
  EXPECT_EQ(parse_metric("Exact-Match"), Metric::kExactMatch);
  EXPECT_EQ(parse_metric("BLEU"), Metric::kBleu);
  EXPECT_EQ(parse_metric("chrF++"), Metric::kChrfPlusPlus);
  EXPECT_EQ(parse_metric("TER"), Metric::kTer);
  EXPECT_EQ(parse_metric("BLEU-4"), Metric::kBleu4);
  EXPECT_EQ(parse_metric("bleu_1"), Metric::kBleu1);
  EXPECT_EQ(parse_metric("WER"), Metric::kWordErrorRate);
  EXPECT_EQ(parse_metric("cer"), Metric::kCharacterErrorRate);
  EXPECT_EQ(parse_metric("PER"), Metric::kPhoneErrorRate);
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
  for (const Metric metric : metrics_of_any_text())
    EXPECT_NEAR(evaluate(metric, corpus, corpus), higher_is_better(metric) ? 100 : 0, 1e-9)
        << metric_name(metric);
}

TEST(Evaluate, DisjointCorporaGetTheWorstValueOfEveryMetric) {
  const Segments hypotheses = {words("aaa bbb"), words("ccc ddd")};
  const Segments references = {words("xxx yyy"), words("zzz www")};
  for (const Metric metric : metrics_of_any_text()) {
    double worst = higher_is_better(metric) ? 0 : 100;
    if (metric == Metric::kCharacterErrorRate) worst = 600.0 / 7;  // the spaces are equal
    EXPECT_NEAR(evaluate(metric, hypotheses, references), worst, 1e-9) << metric_name(metric);
  }
}

// Returns texts of the words a to f, of which none is empty, and variants of them.
Segments random_corpus(std::mt19937_64& random, std::size_t count) {
  Segments corpus;
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = "start of it";
    for (std::size_t length = random() % 12; length > 0; --length)
      text += std::string(" ") + "abcdef"[random() % 6];
    corpus.push_back(words(text));
  }
  return corpus;
}

TEST(Evaluate, OrderOfTheExamplesDoesNotMatter) {
  std::mt19937_64 random(11);
  Segments hypotheses = random_corpus(random, 40), references = random_corpus(random, 40);
  for (std::size_t i = 0; i < 40; i += 3) hypotheses[i] = references[i];
  std::vector<std::size_t> order(hypotheses.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), random);
  Segments shuffled_hypotheses, shuffled_references;
  for (const std::size_t i : order) {
    shuffled_hypotheses.push_back(hypotheses[i]);
    shuffled_references.push_back(references[i]);
  }
  for (const Metric metric : metrics_of_any_text())
    EXPECT_NEAR(evaluate(metric, hypotheses, references),
                evaluate(metric, shuffled_hypotheses, shuffled_references), 1e-9)
        << metric_name(metric);
}

TEST(Evaluate, MoreReferencesNeverHurtAnErrorRateOrAMatch) {
  std::mt19937_64 random(12);
  const Segments hypotheses = random_corpus(random, 30);
  const Segments first = random_corpus(random, 30), second = random_corpus(random, 30);
  for (const Metric metric : {Metric::kExactMatch, Metric::kSequenceErrorRate}) {
    for (std::size_t i = 0; i < hypotheses.size(); ++i) {
      const Segments one = {hypotheses[i]};
      const std::vector<Segments> both = {{first[i], second[i]}}, alone = {{first[i]}};
      const double more = evaluate(metric, one, both), fewer = evaluate(metric, one, alone);
      EXPECT_TRUE(higher_is_better(metric) ? more >= fewer : more <= fewer) << metric_name(metric);
    }
  }
}

TEST(Prepare, EqualsTheMetricOfTheSelectedExamples) {
  std::mt19937_64 random(13);
  Segments hypotheses = random_corpus(random, 30), references = random_corpus(random, 30);
  hypotheses[4] = references[4] = {"", {}};
  const std::vector<std::size_t> chosen = {3, 4, 4, 29, 0};
  Segments some, some_references;
  std::vector<Segments> lists;
  for (const Segment& reference : references) lists.push_back({reference});
  for (const std::size_t i : chosen) {
    some.push_back(hypotheses[i]);
    some_references.push_back(references[i]);
  }
  for (const Metric metric : metrics_of_any_text()) {
    const CorpusMetric prepared = prepare(metric, hypotheses, lists);
    EXPECT_NEAR(prepared(chosen), evaluate(metric, some, some_references), 1e-9)
        << metric_name(metric);
    const double best = higher_is_better(metric) ? 100 : 0;
    EXPECT_EQ(prepared(std::vector<std::size_t>{4, 4}), best) << metric_name(metric);
  }
}

TEST(Evaluate, CountsWordsCharactersAndPhones) {
  const Segments hypotheses = {{"the cat sat", {"x"}}};
  const std::vector<Segments> references = {{{"a cat sat down", {"x"}}, {"the bat", {"x"}}}};
  // Both references have two edits of words: the longer one counts.
  EXPECT_DOUBLE_EQ(evaluate(Metric::kWordErrorRate, hypotheses, references), 50);
  EXPECT_DOUBLE_EQ(evaluate(Metric::kPhoneErrorRate, hypotheses, references), 50);
  // "the bat" has 7 characters and 5 edits: one letter, and four that are too many.
  EXPECT_DOUBLE_EQ(evaluate(Metric::kCharacterErrorRate, hypotheses, references), 500.0 / 7);
  EXPECT_EQ(evaluate(Metric::kUnitErrorRate, hypotheses, references), 0);
}

// The variants of a word in a pronouncing dictionary: the nearer one counts (docs/models.md §14.4).
TEST(Evaluate, TakesTheNearestPronunciation) {
  const Segments hypotheses = {words("T AH M EY T OW"), words("D EY T AH")};
  const std::vector<Segments> references = {{words("T AH M AA T OW"), words("T AH M EY T OW")},
                                            {words("D AE T AH")}};
  EXPECT_DOUBLE_EQ(evaluate(Metric::kPhoneErrorRate, hypotheses, references), 10);
  EXPECT_DOUBLE_EQ(evaluate(Metric::kSequenceErrorRate, hypotheses, references), 50);
}

TEST(Evaluate, LowersErrorRatesOfTextsWhenAsked) {
  const Segments hypotheses = {words("The Cat")}, references = {words("the cat")};
  EvaluateOptions options;
  EXPECT_EQ(evaluate(Metric::kWordErrorRate, hypotheses, references, options), 100);
  options.lowercase = true;
  EXPECT_EQ(evaluate(Metric::kWordErrorRate, hypotheses, references, options), 0);
  EXPECT_EQ(evaluate(Metric::kCharacterErrorRate, hypotheses, references, options), 0);
}

TEST(MetricSignature, IsThatOfTheScore) {
  const std::vector<Segments> references = {{words("a"), words("b")}};
  EvaluateOptions options;
  options.bleu.tokenizer = Tokenizer::kZh;
  const auto signature = [&](Metric metric) {
    return metric_signature(metric, references, options);
  };
  EXPECT_EQ(signature(Metric::kBleu), "nrefs:2|case:mixed|eff:no|tok:zh|smooth:exp");
  EXPECT_EQ(signature(Metric::kChrf), "nrefs:2|case:mixed|eff:yes|nc:6|nw:0|space:no");
  EXPECT_EQ(signature(Metric::kChrfPlusPlus), "nrefs:2|case:mixed|eff:yes|nc:6|nw:2|space:no");
  EXPECT_EQ(signature(Metric::kTer), "nrefs:2|case:lc|tok:tercom|norm:no|punct:yes|asian:no");
  EXPECT_EQ(signature(Metric::kExactMatch), "");
}

TEST(EvaluateOptions, HaveTheTokenizerOfTheReferences) {
  const auto tokenizer = [](const Segments& references) {
    return options_for(std::vector<Segments>{references}).bleu.tokenizer;
  };
  EXPECT_EQ(tokenizer({words("a cat")}), Tokenizer::k13a);
  EXPECT_EQ(tokenizer({words("我喜欢猫"), words("猫")}), Tokenizer::kZh);
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
  EXPECT_EQ(
      evaluate(Metric::kBleu, hypotheses, references, options),
      bleu_from_counts(count_bleu(texts[0], reference_texts[0], options.bleu), options.bleu).score);
  EXPECT_EQ(evaluate(Metric::kChrf, hypotheses, references),
            chrf_from_counts(count_chrf(texts[0], reference_texts[0])));
  ChrfOptions plus_plus;
  plus_plus.word_order = 2;
  EXPECT_EQ(evaluate(Metric::kChrfPlusPlus, hypotheses, references),
            chrf_from_counts(count_chrf(texts[0], reference_texts[0], plus_plus), plus_plus));
}

TEST(Evaluate, AcceptsSeveralReferences) {
  const Segments hypotheses = {words("b")};
  const std::vector<Segments> references = {{words("a"), words("b")}};
  EXPECT_EQ(evaluate(Metric::kExactMatch, hypotheses, references), 100);
  EXPECT_EQ(evaluate(Metric::kUnitErrorRate, hypotheses, references), 0);
  EXPECT_THROW(evaluate(Metric::kAccuracy, hypotheses, references), UsageError);
}

// "é" is written as one code point and as two; there are blanks of all kinds, also around the text.
TEST(Evaluate, SeesOneFormOfTextInAllMetrics) {
  const text::Segmenter words(text::SegmenterOptions{.unit = text::UnitMode::kWords, .remove = {}});
  const text::Segmenter characters(
      text::SegmenterOptions{.unit = text::UnitMode::kCharacters, .remove = {}});
  for (const text::Segmenter* segmenter : {&words, &characters}) {
    const Segments hypotheses = {make_segment(*segmenter, "caf\u00E9 au lait ?"),
                                 make_segment(*segmenter, "l'\u00E9t\u00E9 est l\u00E0")};
    const Segments references = {
        make_segment(*segmenter, "cafe\u0301  au\u00A0lait\u202F?"),
        make_segment(*segmenter, " l'e\u0301te\u0301 est\u3000la\u0300\u00A0")};
    for (const Metric metric : metrics_of_any_text()) {
      EXPECT_NEAR(evaluate(metric, hypotheses, references), higher_is_better(metric) ? 100 : 0,
                  1e-9)
          << metric_name(metric);
    }
  }
}

TEST(Evaluate, PreparesSegmentsThatWereMadeByHand) {
  const Segments hypotheses = {{"caf\u00E9 noir", {"caf\u00E9", "noir"}}};
  const Segments references = {{"cafe\u0301 \u00A0noir ", {"cafe\u0301", "noir"}}};
  for (const Metric metric : {Metric::kExactMatch, Metric::kUnitErrorRate, Metric::kAccuracy,
                              Metric::kMacroF1, Metric::kChrf, Metric::kChrfPlusPlus}) {
    EXPECT_NEAR(evaluate(metric, hypotheses, references), higher_is_better(metric) ? 100 : 0, 1e-9)
        << metric_name(metric);
  }
}

// A model that writes small letters and no commas is compared with references in this form.
TEST(Evaluate, ComparesWithWhatTheModelCanWrite) {
  const text::Segmenter target({.unit = text::UnitMode::kWords, .lowercase = true, .remove = ",;"});
  const Segments hypotheses = {make_segment(target, "the cat is on the mat")};
  const Segments references = {make_segment(target, "The cat, is on; The MAT")};
  EXPECT_EQ(references[0].text, "the cat is on the mat");
  EXPECT_EQ(references[0].units.size(), 6U);
  for (const Metric metric : metrics_of_any_text()) {
    EXPECT_NEAR(evaluate(metric, hypotheses, references), higher_is_better(metric) ? 100 : 0, 1e-9)
        << metric_name(metric);
  }
  EXPECT_THROW(make_segment(target, std::string("a\xff", 2)), DataError);
}

TEST(Evaluate, EmptyTextsThatShouldBeEmptyAreRight) {
  for (const Segments& corpus : {Segments{{"", {}}}, Segments{{"", {}}, {" ", {}}},
                                 Segments{{"", {}}, words("a b c d e")}}) {
    for (const Metric metric : metrics_of_any_text()) {
      EXPECT_NEAR(evaluate(metric, corpus, corpus), higher_is_better(metric) ? 100 : 0, 1e-9)
          << metric_name(metric) << " of " << corpus.size();
    }
  }
  const Segments nothing = {{"", {}}};
  const std::vector<Segments> either = {{words("a"), {"", {}}}};
  for (const Metric metric : {Metric::kExactMatch, Metric::kBleu, Metric::kChrf})
    EXPECT_EQ(evaluate(metric, nothing, either), 100) << metric_name(metric);
}

TEST(Evaluate, EmptyTextsInTheWrongPlaceAreWrong) {
  const Segments nothing = {{"", {}}}, something = {words("a b c d")};
  for (const Metric metric : metrics_of_any_text()) {
    EXPECT_NEAR(evaluate(metric, nothing, something), higher_is_better(metric) ? 0 : 100, 1e-9)
        << metric_name(metric);
    EXPECT_NEAR(evaluate(metric, something, nothing), higher_is_better(metric) ? 0 : 100, 1e-9)
        << metric_name(metric);
  }
  // One prediction is right and one should be empty: half of the sequences and of BLEU's precision.
  const Segments references = {words("a b c d"), {"", {}}};
  const Segments hypotheses = {words("a b c d"), words("e f g h")};
  EXPECT_EQ(evaluate(Metric::kExactMatch, hypotheses, references), 50);
  EXPECT_EQ(evaluate(Metric::kUnitErrorRate, hypotheses, references), 100);
  EXPECT_LT(evaluate(Metric::kBleu, hypotheses, references), 51);
  EXPECT_EQ(evaluate(Metric::kAccuracy, hypotheses, references), 50);
}

TEST(Evaluate, TakesTheAveragesOfTheLabelsThatAreNotIgnored) {
  const Segments hypotheses = {words("a"), words("Other"), words("Other")};
  const Segments references = {words("a"), words("a"), words("Other")};
  EvaluateOptions options;
  EXPECT_NEAR(evaluate(Metric::kMicroF1, hypotheses, references, options), 200.0 / 3, 1e-9);
  options.labels.ignored = {"Other"};
  EXPECT_NEAR(evaluate(Metric::kAccuracy, hypotheses, references, options), 200.0 / 3, 1e-9);
  EXPECT_NEAR(evaluate(Metric::kMacroF1, hypotheses, references, options), 200.0 / 3, 1e-9);
  options.labels.ignored = {"a"};
  EXPECT_NEAR(evaluate(Metric::kMicroF1, hypotheses, references, options), 200.0 / 3, 1e-9);
  EXPECT_NEAR(evaluate(Metric::kMacroF1, Segments{words("a")}, Segments{words("a")}, options), 0,
              1e-9);
}

TEST(Evaluate, ScoresSemEval2010) {
  const Segments references = {{"Cause-Effect(e1,e2)", {}}, {"Cause-Effect(e1,e2)", {}}};
  const Segments hypotheses = {{"Cause-Effect(e1,e2)", {}}, {" Cause-Effect(e2,e1) ", {}}};
  EXPECT_EQ(evaluate(Metric::kSemEval2010, hypotheses, references), 50);
  EXPECT_THROW(evaluate(Metric::kSemEval2010, hypotheses, Segments{words("a"), words("b")}),
               UsageError);
}

TEST(Evaluate, RefusesEmptyAndUnequalCorpora) {
  for (const Metric metric : all_metrics()) {
    EXPECT_THROW(evaluate(metric, Segments{}, Segments{}), UsageError);
    EXPECT_THROW(evaluate(metric, Segments{words("a")}, Segments{}), CheckFailure);
    EXPECT_THROW(evaluate(metric, Segments{words("a")}, std::vector<Segments>{{}}), UsageError);
  }
}

// sacreBLEU composes nothing. U+0958 is one code point, but two in every normal form.
TEST(Evaluate, CountsCodePointsAsTheyAreIfAskedTo) {
  EvaluateOptions raw;
  raw.form = TextForm::kRaw;
  const auto score = [&](Metric metric, const std::string& hypothesis, const std::string& reference,
                         const EvaluateOptions& options) {
    return evaluate(metric, std::vector{plain_segment(hypothesis)},
                    std::vector{plain_segment(reference)}, options);
  };
  // One of one character and one of two match: F = 5 · 1 · 0.5 / (4 · 1 + 0.5).
  EXPECT_NEAR(score(Metric::kChrf, "\u0958", "\u0958x", raw), 100 * 2.5 / 4.5, 1e-9);
  // Composed, two of two and two of three characters match, and one of one and one of two pairs.
  const double recall = (2.0 / 3 + 1.0 / 2) / 2;
  EXPECT_NEAR(score(Metric::kChrf, "\u0958", "\u0958x", {}), 500 * recall / (4 + recall), 1e-9);
  EXPECT_NEAR(score(Metric::kChrf, "abc", "abd", raw), 38.888889, 5e-7);
  EXPECT_EQ(score(Metric::kCharacterErrorRate, "\u0958", "a", raw), 100);
  EXPECT_EQ(score(Metric::kCharacterErrorRate, "\u0958", "a", {}), 200);
  // Vietnamese, decomposed and composed.
  const std::string apart = "Vie\u0323\u0302t", together = "Vi\u1EC7t";
  for (const Metric metric : {Metric::kWordErrorRate, Metric::kTer, Metric::kUnitErrorRate}) {
    EXPECT_EQ(score(metric, apart, together, raw), 100) << metric_name(metric);
    EXPECT_EQ(score(metric, apart, together, {}), 0) << metric_name(metric);
  }
  EXPECT_EQ(score(Metric::kCharacterErrorRate, apart, together, raw), 100 * 3.0 / 4);
  EXPECT_LT(score(Metric::kChrf, apart, together, raw), 100);
  EvaluateOptions characters = raw;
  characters.bleu.tokenizer = Tokenizer::kChar;
  EXPECT_LT(score(Metric::kBleu, apart, together, characters), 100);
  EXPECT_EQ(score(Metric::kExactMatch, apart, together, raw), 100) << "the texts are equivalent";
  EXPECT_EQ(score(Metric::kCharacterErrorRate, " a  b ", "a b", raw), 0);
}

TEST(IsUnchanged, SeesMoreThanFormsWhiteSpaceAndCapitals) {
  EXPECT_TRUE(is_unchanged({"a b", {}}, " a  b", false));
  EXPECT_TRUE(is_unchanged({"caf\u00E9", {}}, "cafe\u0301", false));
  EXPECT_FALSE(is_unchanged({"a", {}}, "A", false));
  EXPECT_TRUE(is_unchanged({"a", {}}, "A", true));
  EXPECT_FALSE(is_unchanged({"ab", {}}, "a,b", true));
}

}  // namespace
}  // namespace attend::metrics

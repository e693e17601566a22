#include "metrics/evaluate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/base.h"
#include "metrics/corpus_check.h"
#include "metrics/edit_distance.h"
#include "metrics/labels.h"
#include "metrics/unicode.h"

namespace attend::metrics {
namespace {

using References = std::span<const std::vector<Segment>>;

struct Description {
  Metric metric;
  std::string_view name;
  bool higher_is_better;
};

constexpr std::array<Description, 10> kDescriptions = {{
    {Metric::kExactMatch, "exact_match", true},
    {Metric::kUnitErrorRate, "unit_error_rate", false},
    {Metric::kSequenceErrorRate, "sequence_error_rate", false},
    {Metric::kBleu, "bleu", true},
    {Metric::kChrf, "chrf", true},
    {Metric::kChrfPlusPlus, "chrf++", true},
    {Metric::kAccuracy, "accuracy", true},
    {Metric::kMacroF1, "macro_f1", true},
    {Metric::kMicroF1, "micro_f1", true},
    {Metric::kSemEval2010, "semeval2010", true},
}};

constexpr auto kMetrics = [] {
  std::array<Metric, kDescriptions.size()> metrics{};
  std::transform(kDescriptions.begin(), kDescriptions.end(), metrics.begin(),
                 [](const Description& description) { return description.metric; });
  return metrics;
}();

const Description& describe(Metric metric) {
  for (const Description& description : kDescriptions)
    if (description.metric == metric) return description;
  throw CheckFailure("a metric without a description");
}

std::string canonical(std::string_view name) {
  std::string result(strip(name));
  for (char& c : result) {
    if (c == '-') c = '_';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::vector<std::string> texts(std::span<const Segment> segments) {
  return comparable_texts(segments);
}

std::vector<std::vector<std::string>> texts(References references) {
  std::vector<std::vector<std::string>> result;
  result.reserve(references.size());
  for (const auto& list : references) result.push_back(texts(std::span<const Segment>(list)));
  return result;
}

std::vector<std::vector<std::string>> units(std::span<const Segment> segments) {
  std::vector<std::vector<std::string>> result;
  result.reserve(segments.size());
  for (const Segment& segment : segments) {
    std::vector<std::string>& list = result.emplace_back();
    list.reserve(segment.units.size());
    for (const std::string& unit : segment.units) list.push_back(composed(unit));
  }
  return result;
}

ErrorRates unit_errors(std::span<const Segment> hypotheses, References references) {
  std::vector<std::vector<std::vector<std::string>>> reference_units;
  reference_units.reserve(references.size());
  for (const auto& list : references) reference_units.push_back(units(list));
  return error_rates(units(hypotheses), reference_units);
}

std::vector<std::string> expected_labels(References references) {
  std::vector<std::string> expected;
  for (const auto& list : references) {
    if (list.size() != 1) throw UsageError("a label has exactly one reference");
    expected.push_back(comparable(list.front().text));
  }
  return expected;
}

double accuracy(std::span<const Segment> hypotheses, References references) {
  return score_labels(texts(hypotheses), expected_labels(references)).accuracy;
}

/// Returns the F1 of macro or micro average. It is 0 where no label is left to average: a range of
/// source lengths may hold ignored labels alone.
double label_f1(LabelAverage LabelScores::*average, std::span<const Segment> hypotheses,
                References references, const LabelScoreOptions& options) {
  const std::vector<std::string> expected = expected_labels(references);
  const std::vector<std::string> predicted = texts(hypotheses);
  const auto ignored = [&](const std::string& label) {
    return std::find(options.ignored.begin(), options.ignored.end(), label) !=
           options.ignored.end();
  };
  if (options.averaged.empty() && std::all_of(expected.begin(), expected.end(), ignored) &&
      std::all_of(predicted.begin(), predicted.end(), ignored)) {
    return 0;
  }
  return (score_labels(predicted, expected, options).*average).f1;
}

/// Whether all hypotheses are empty and each has an empty reference.
bool nothing_is_written(std::span<const Segment> hypotheses, References references) {
  const auto empty = [](const Segment& segment) { return strip(segment.text).empty(); };
  return std::all_of(hypotheses.begin(), hypotheses.end(), empty) &&
         std::all_of(references.begin(), references.end(), [&](const auto& list) {
           return std::any_of(list.begin(), list.end(), empty);
         });
}

double bleu_score(std::span<const Segment> hypotheses, References references,
                  const BleuOptions& options) {
  if (nothing_is_written(hypotheses, references)) return 100;
  return bleu(texts(hypotheses), texts(references), options).score;
}

double chrf_score(std::span<const Segment> hypotheses, References references,
                  const ChrfOptions& options) {
  if (nothing_is_written(hypotheses, references)) return 100;
  return chrf(texts(hypotheses), texts(references), options).score;
}

ChrfOptions chrf_plus_plus(ChrfOptions options) {
  if (options.word_order == 0) options.word_order = 2;
  return options;
}

}  // namespace

std::span<const Metric> all_metrics() { return kMetrics; }

std::string_view metric_name(Metric metric) { return describe(metric).name; }

bool higher_is_better(Metric metric) { return describe(metric).higher_is_better; }

Metric parse_metric(std::string_view name) {
  const std::string wanted = canonical(name);
  std::vector<std::string_view> names;
  for (const Description& description : kDescriptions) {
    if (description.name == wanted) return description.metric;
    names.push_back(description.name);
  }
  throw UsageError(fmt::format("unknown metric '{}' (there are {})", name, fmt::join(names, ", ")));
}

std::vector<Metric> parse_metrics(std::string_view names) {
  std::vector<Metric> metrics;
  for (std::size_t begin = 0; begin <= names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    const Metric metric = parse_metric(names.substr(begin, end - begin));
    if (std::find(metrics.begin(), metrics.end(), metric) != metrics.end())
      throw UsageError(fmt::format("metric '{}' is named twice", metric_name(metric)));
    metrics.push_back(metric);
    begin = end + 1;
  }
  return metrics;
}

Segment make_segment(const text::Segmenter& target, std::string_view raw) {
  if (const std::size_t place = text::find_broken_utf8(raw); place != std::string_view::npos) {
    throw DataError(fmt::format("byte {} of a text is not UTF-8", place + 1));
  }
  // The text is composed first, so that canonically equivalent texts become equal units, whatever
  // the normal form of the side is.
  Segment segment;
  for (text::Unit& unit : target.split(composed(raw)))
    segment.units.push_back(std::move(unit.text));
  segment.text = target.join(segment.units).text;
  return segment;
}

std::vector<std::string> comparable_texts(std::span<const Segment> segments) {
  std::vector<std::string> result;
  result.reserve(segments.size());
  for (const Segment& segment : segments) result.push_back(comparable(segment.text));
  return result;
}

double evaluate(Metric metric, std::span<const Segment> hypotheses, References references,
                const EvaluateOptions& options) {
  check_corpus(hypotheses.size(), references);
  switch (metric) {
    case Metric::kExactMatch:
      return exact_match(texts(hypotheses), texts(references));
    case Metric::kUnitErrorRate:
      return unit_errors(hypotheses, references).unit_error_rate;
    case Metric::kSequenceErrorRate:
      return unit_errors(hypotheses, references).sequence_error_rate;
    case Metric::kBleu:
      return bleu_score(hypotheses, references, options.bleu);
    case Metric::kChrf:
      return chrf_score(hypotheses, references, options.chrf);
    case Metric::kChrfPlusPlus:
      return chrf_score(hypotheses, references, chrf_plus_plus(options.chrf));
    case Metric::kAccuracy:
      return accuracy(hypotheses, references);
    case Metric::kMacroF1:
      return label_f1(&LabelScores::macro, hypotheses, references, options.labels);
    case Metric::kMicroF1:
      return label_f1(&LabelScores::micro, hypotheses, references, options.labels);
    case Metric::kSemEval2010:
      return semeval2010_score(texts(hypotheses), expected_labels(references));
  }
  throw CheckFailure("a metric without an evaluation");
}

double evaluate(Metric metric, std::span<const Segment> hypotheses,
                std::span<const Segment> references, const EvaluateOptions& options) {
  std::vector<std::vector<Segment>> lists;
  lists.reserve(references.size());
  for (const Segment& reference : references) lists.push_back({reference});
  return evaluate(metric, hypotheses, lists, options);
}

}  // namespace attend::metrics

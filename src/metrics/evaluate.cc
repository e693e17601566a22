#include "metrics/evaluate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/base.h"
#include "metrics/unicode.h"

namespace attend::metrics {
namespace {

using References = std::span<const std::vector<Segment>>;

enum class Better { kHigher, kLower, kNeither };

struct Description {
  Metric metric;
  std::string_view name;
  Better better;
};

constexpr std::array<Description, 22> kDescriptions = {{
    {Metric::kExactMatch, "exact_match", Better::kHigher},
    {Metric::kUnitErrorRate, "unit_error_rate", Better::kLower},
    {Metric::kSequenceErrorRate, "sequence_error_rate", Better::kLower},
    {Metric::kBleu, "bleu", Better::kHigher},
    {Metric::kChrf, "chrf", Better::kHigher},
    {Metric::kChrfPlusPlus, "chrf++", Better::kHigher},
    {Metric::kTer, "ter", Better::kLower},
    {Metric::kWordErrorRate, "wer", Better::kLower},
    {Metric::kCharacterErrorRate, "cer", Better::kLower},
    {Metric::kPhoneErrorRate, "per", Better::kLower},
    {Metric::kAccuracy, "accuracy", Better::kHigher},
    {Metric::kMacroF1, "macro_f1", Better::kHigher},
    {Metric::kMicroF1, "micro_f1", Better::kHigher},
    {Metric::kSemEval2010, "semeval2010", Better::kHigher},
    {Metric::kBleu1, "bleu-1", Better::kHigher},
    {Metric::kBleu2, "bleu-2", Better::kHigher},
    {Metric::kBleu3, "bleu-3", Better::kHigher},
    {Metric::kBleu4, "bleu-4", Better::kHigher},
    {Metric::kRougeL, "rouge-l", Better::kHigher},
    {Metric::kCiderD, "cider-d", Better::kHigher},
    {Metric::kDistinct, "distinct", Better::kNeither},
    {Metric::kMeanLength, "mean-length", Better::kNeither},
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

}  // namespace

std::span<const Metric> all_metrics() { return kMetrics; }

std::string_view metric_name(Metric metric) { return describe(metric).name; }

bool has_direction(Metric metric) { return describe(metric).better != Better::kNeither; }

bool higher_is_better(Metric metric) {
  ATTEND_CHECK(has_direction(metric));
  return describe(metric).better == Better::kHigher;
}

bool has_interval(Metric metric) { return metric != Metric::kDistinct; }

int metric_decimals(Metric metric) { return metric == Metric::kCiderD ? 4 : 2; }

Metric parse_metric(std::string_view name) {
  const std::string wanted = canonical(name);
  std::vector<std::string_view> names;
  for (const Description& description : kDescriptions) {
    if (canonical(description.name) == wanted) return description.metric;
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

bool is_unchanged(const Segment& prepared, std::string_view raw, bool lowercase) {
  const auto form = [lowercase](std::string_view text) {
    return comparable(lowercase ? lower_case(text) : text);
  };
  return prepared.text == raw || form(prepared.text) == form(raw);
}

Segment plain_segment(std::string text) {
  Segment segment;
  const std::vector<std::string_view> words = split_words(text);
  segment.units.assign(words.begin(), words.end());
  segment.text = std::move(text);
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
  const CorpusMetric prepared = prepare(metric, hypotheses, references, options);
  std::vector<std::size_t> everything(hypotheses.size());
  std::iota(everything.begin(), everything.end(), std::size_t{0});
  return prepared(everything);
}

double evaluate(Metric metric, std::span<const Segment> hypotheses,
                std::span<const Segment> references, const EvaluateOptions& options) {
  std::vector<std::vector<Segment>> lists;
  lists.reserve(references.size());
  for (const Segment& reference : references) lists.push_back({reference});
  return evaluate(metric, hypotheses, lists, options);
}

}  // namespace attend::metrics

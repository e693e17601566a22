// Metrics chosen by name: for the command line and for the trainer's validation.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/bleu.h"
#include "metrics/chrf.h"
#include "text/text.h"

namespace attend::metrics {

enum class Metric {
  kExactMatch,         ///< "exact_match": texts
  kUnitErrorRate,      ///< "unit_error_rate": units
  kSequenceErrorRate,  ///< "sequence_error_rate": units
  kBleu,               ///< "bleu": texts
  kChrf,               ///< "chrf": texts
  kChrfPlusPlus,       ///< "chrf++": texts
  kAccuracy,           ///< "accuracy": texts as labels
  kMacroF1             ///< "macro_f1": texts as labels
};

/// All of them, in the order of their declaration.
std::span<const Metric> all_metrics();
/// As written above.
std::string_view metric_name(Metric metric);
/// Hyphens count as underscores, capitals as small letters. UsageError lists the names.
Metric parse_metric(std::string_view name);
/// A comma-separated list, each metric once; UsageError for an empty list or a repeated name too.
std::vector<Metric> parse_metrics(std::string_view names);
/// False for error rates.
bool higher_is_better(Metric metric);

/// One side of an example as text and as the units it was cut into. Metrics on texts leave the
/// units unread and the other way round.
struct Segment {
  std::string text;
  std::vector<std::string> units;
};

/// A text as the target side of a model prepares and cuts it. Hypotheses and references are both
/// made so: a metric then compares with what the model is able to write, and a reference in
/// capitals is no error of a model that learnt small letters. DataError (no file) for text that
/// cannot be cut.
Segment make_segment(const text::Segmenter& target, std::string_view raw);

struct EvaluateOptions {
  BleuOptions bleu;
  ChrfOptions chrf;  ///< chrf++ takes word order 2 if this has 0
};

/// The metric over a corpus, in percent. Each hypothesis has one reference, or a list of at least
/// one. Accuracy and macro F1 need exactly one (UsageError).
///
/// All metrics see texts and units in one form: canonically composed (NFC), and of texts every run
/// of white space as one space and none at either end.
///
/// Texts may be empty. Two empty ones are equal: an exact match, no errors, the same label. BLEU
/// and chrF count n-grams, of which an empty text has none: a pair of empty texts changes neither,
/// and a corpus in which nothing is written, nor should be, has 100. What is written in place of an
/// empty reference is wrong for BLEU, but chrF, as sacreBLEU computes it, does not see it.
double evaluate(Metric metric, std::span<const Segment> hypotheses,
                std::span<const Segment> references, const EvaluateOptions& options = {});
double evaluate(Metric metric, std::span<const Segment> hypotheses,
                std::span<const std::vector<Segment>> references,
                const EvaluateOptions& options = {});

}  // namespace attend::metrics

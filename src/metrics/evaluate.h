// Metrics chosen by name, for the command line and for validation in training.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/bleu.h"
#include "metrics/captions.h"
#include "metrics/chrf.h"
#include "metrics/labels.h"
#include "metrics/ter.h"
#include "text/text.h"

namespace attend::metrics {

enum class Metric {
  kExactMatch,          ///< "exact_match": texts
  kUnitErrorRate,       ///< "unit_error_rate": units
  kSequenceErrorRate,   ///< "sequence_error_rate": units
  kBleu,                ///< "bleu": texts
  kChrf,                ///< "chrf": texts
  kChrfPlusPlus,        ///< "chrf++": texts
  kTer,                 ///< "ter": texts
  kWordErrorRate,       ///< "wer": texts, cut at white space
  kCharacterErrorRate,  ///< "cer": texts; code points
  kPhoneErrorRate,      ///< "per": texts of phones, cut at white space
  kAccuracy,            ///< "accuracy": texts as labels
  kMacroF1,             ///< "macro_f1": texts as labels
  kMicroF1,             ///< "micro_f1": texts as labels
  kSemEval2010,         ///< "semeval2010": texts as labels of SemEval-2010 task 8
  kBleu1,               ///< "bleu-1": texts as captions
  kBleu2,               ///< "bleu-2": texts as captions
  kBleu3,               ///< "bleu-3": texts as captions
  kBleu4,               ///< "bleu-4": texts as captions
  kRougeL,              ///< "rouge-l": texts as captions
  kCiderD,              ///< "cider-d": texts as captions
  kDistinct,            ///< "distinct": texts as captions; a description without a direction
  kMeanLength           ///< "mean-length": texts as captions; a description without a direction
};

/// Returns all metrics in the order of their declaration.
std::span<const Metric> all_metrics();
/// Returns the name given above.
std::string_view metric_name(Metric metric);
/// Hyphens count as underscores and capitals as small letters. Throws UsageError, which lists the
/// names, for any other name.
Metric parse_metric(std::string_view name);
/// Reads a comma-separated list. Throws UsageError for an unknown name, an empty list and a name
/// that occurs twice.
std::vector<Metric> parse_metrics(std::string_view names);
/// Returns false for metrics that describe predictions and do not say how good they are: distinct
/// and mean-length.
bool has_direction(Metric metric);
/// Returns false for error rates. The metric must have a direction.
bool higher_is_better(Metric metric);
/// Returns whether a bootstrap says how sure a metric is. It does not for distinct: a sample, which
/// holds some examples twice and others not at all, has fewer distinct predictions than the corpus.
bool has_interval(Metric metric);
/// Returns the number of decimals with which a metric is printed: 2 of per cent, and 4 of cider-d.
int metric_decimals(Metric metric);

/// One side of an example, as text and as the units it was cut into. Metrics on texts do not read
/// the units, and metrics on units do not read the text.
struct Segment {
  std::string text;
  std::vector<std::string> units;
};

/// Prepares and cuts a text as the target side of a model does. Make both hypotheses and references
/// in this way: a metric then compares with text that the model is able to produce, and a reference
/// in capitals is no error of a model that learnt small letters. Throws DataError, without a file,
/// for text that cannot be cut.
Segment make_segment(const text::Segmenter& target, std::string_view raw);

/// Returns whether preparation has left a text as it was, but for white space, composition (NFC)
/// and, if `lowercase`, capitals.
bool is_unchanged(const Segment& prepared, std::string_view raw, bool lowercase);

/// Makes a segment of a text that no model prepares: its units are the words between white space.
Segment plain_segment(std::string text);

/// Returns the texts of segments in the form in which metrics compare them (see evaluate()): the
/// labels that score_labels() and confusion_matrix() take.
std::vector<std::string> comparable_texts(std::span<const Segment> segments);

/// The text that metrics count. White space is one space a run in both.
enum class TextForm {
  kComposed,  ///< canonically composed (NFC): equivalent texts are equal
  kRaw        ///< the code points as they are, as sacreBLEU counts them
};

struct EvaluateOptions {
  /// For bleu, chrf, chrf++, ter, wer, cer, per, the metrics of captions and those on units. All
  /// other metrics ask whether texts are equal, and compare composed ones.
  TextForm form = TextForm::kComposed;
  BleuOptions bleu;
  ChrfOptions chrf;  ///< chrf++ uses word order 2 if this has 0
  TerOptions ter;
  CaptionOptions captions;  ///< bleu-1 and all metrics declared below it
  bool lowercase = false;   ///< wer, cer and per compare small letters
  /// The labels that macro F1 and micro F1 average; both are 0 where all of them are ignored.
  /// semeval2010 has a choice of its own.
  LabelScoreOptions labels;
};

/// Returns options whose tokeniser of BLEU fits the script of the references (choose_tokenizer).
EvaluateOptions options_for(std::span<const std::vector<Segment>> references);
EvaluateOptions options_for(std::span<const Segment> references);

/// Returns whether the words of a metric are those of EvaluateOptions::captions: bleu-1 to
/// bleu-4, rouge-l, cider-d and mean-length.
bool counts_caption_words(Metric metric);

/// Returns whether metric_signature() gives a metric a signature: bleu, chrf, chrf++, ter, bleu-1
/// to bleu-4, rouge-l and cider-d.
bool has_signature(Metric metric);

/// Returns what a metric with a signature must be quoted with, in the form of sacreBLEU without its
/// version; empty for other metrics.
std::string metric_signature(Metric metric, std::span<const std::vector<Segment>> references,
                             const EvaluateOptions& options = {});

/// A metric of one corpus, computed over the examples with the given indices, of which there must
/// be at least one. An index may occur several times. May be called from several threads. cider-d
/// keeps the document frequencies of the whole corpus, whichever examples are chosen.
using CorpusMetric = std::function<double(std::span<const std::size_t> examples)>;

/// Prepares a metric. The texts are compared once; each call of the result adds up counts, except
/// for the metrics of labels. Otherwise as evaluate(), whose exceptions it throws, some of them
/// only when it is called.
CorpusMetric prepare(Metric metric, std::span<const Segment> hypotheses,
                     std::span<const std::vector<Segment>> references,
                     const EvaluateOptions& options = {});

/// Computes a metric over a corpus, in percent; cider-d is 0 to 10, and 0 for a single example, and
/// mean-length is a number of words. Each hypothesis has one reference, or a list of at least one.
/// The metrics of labels need exactly one and throw UsageError otherwise; semeval2010 also throws
/// it for labels that its task does not have (semeval2010_score).
///
/// All metrics see texts and units in one form, EvaluateOptions::form; in texts, every run of white
/// space is one space, with none at either end.
///
/// Texts may be empty. Two empty texts are equal: an exact match, no errors, one label. BLEU and
/// chrF count n-grams, which an empty text does not have: a pair of empty texts changes neither
/// score, and a corpus whose hypotheses are all empty, as they should be, has 100. A prediction for
/// an empty reference is wrong for BLEU, but chrF, as sacreBLEU computes it, ignores it.
/// ROUGE-L has 100 for a pair of empty texts, and CIDEr-D, as coco-caption computes it, 0.
double evaluate(Metric metric, std::span<const Segment> hypotheses,
                std::span<const Segment> references, const EvaluateOptions& options = {});
double evaluate(Metric metric, std::span<const Segment> hypotheses,
                std::span<const std::vector<Segment>> references,
                const EvaluateOptions& options = {});

}  // namespace attend::metrics

// Metrics chosen by name, over any selection of the examples of a corpus.
#include <algorithm>
#include <memory>
#include <utility>

#include "base/base.h"
#include "metrics/cider.h"
#include "metrics/corpus_check.h"
#include "metrics/edit_distance.h"
#include "metrics/evaluate.h"
#include "metrics/prepare_captions.h"
#include "metrics/rouge.h"
#include "metrics/unicode.h"

namespace attend::metrics {
namespace {

using Texts = std::vector<std::string>;
using References = std::span<const std::vector<Segment>>;
using Examples = std::span<const std::size_t>;

/// A corpus in the form in which texts are compared.
struct TextCorpus {
  Texts hypotheses;
  std::vector<Texts> references;  // [examples][references of the example]
  std::size_t size() const { return hypotheses.size(); }
};

Texts texts_of(std::span<const Segment> segments, TextForm form) {
  if (form == TextForm::kComposed) return comparable_texts(segments);
  Texts result;
  result.reserve(segments.size());
  for (const Segment& segment : segments) result.push_back(spaced(segment.text));
  return result;
}

TextCorpus texts_of(std::span<const Segment> hypotheses, References references, TextForm form) {
  TextCorpus corpus{texts_of(hypotheses, form), {}};
  corpus.references.reserve(references.size());
  for (const auto& list : references) corpus.references.push_back(texts_of(list, form));
  return corpus;
}

/// Adds up the counts of the selected examples. `finish` makes the metric of the sum.
template <class Counts, class Finish>
CorpusMetric summed(std::vector<Counts> counts, Finish finish) {
  return [counts = std::make_shared<const std::vector<Counts>>(std::move(counts)),
          finish](Examples examples) {
    Counts sum{};
    for (const std::size_t example : examples) sum += (*counts)[example];
    return finish(sum);
  };
}

/// Counts every example of a corpus of texts.
template <class Count>
auto counted(const TextCorpus& corpus, Count count) {
  std::vector<decltype(count(corpus.hypotheses[0], corpus.references[0]))> result;
  result.reserve(corpus.size());
  for (std::size_t i = 0; i < corpus.size(); ++i)
    result.push_back(count(corpus.hypotheses[i], corpus.references[i]));
  return result;
}

// ----------------------------------------------------------------------------------- n-grams ---

/// Counts of n-grams, with the number of examples in which something is written.
template <class Counts>
struct Written {
  Counts counts{};
  std::size_t written = 0;
  Written& operator+=(const Written& other) {
    counts += other.counts;
    written += other.written;
    return *this;
  }
};

/// Returns 0 for an empty hypothesis that has an empty reference, else 1.
std::size_t is_written(const std::string& hypothesis, const Texts& references) {
  const auto empty = [](const std::string& text) { return text.empty(); };
  return hypothesis.empty() && std::any_of(references.begin(), references.end(), empty) ? 0 : 1;
}

CorpusMetric prepare_bleu(const TextCorpus& corpus, const BleuOptions& options) {
  const auto count = [&](const std::string& hypothesis, const Texts& references) {
    return Written<BleuCounts>{count_bleu(hypothesis, references, options),
                               is_written(hypothesis, references)};
  };
  return summed(counted(corpus, count), [options](const Written<BleuCounts>& sum) {
    return sum.written == 0 ? 100 : bleu_from_counts(sum.counts, options).score;
  });
}

/// The counts of all orders.
struct ChrfOrders {
  std::vector<ChrfCounts> orders;
  ChrfOrders& operator+=(const ChrfOrders& other) {
    orders.resize(other.orders.size());
    for (std::size_t i = 0; i < orders.size(); ++i) orders[i] += other.orders[i];
    return *this;
  }
};

CorpusMetric prepare_chrf(const TextCorpus& corpus, const ChrfOptions& options) {
  const auto count = [&](const std::string& hypothesis, const Texts& references) {
    return Written<ChrfOrders>{{count_chrf(hypothesis, references, options)},
                               is_written(hypothesis, references)};
  };
  return summed(counted(corpus, count), [options](const Written<ChrfOrders>& sum) {
    return sum.written == 0 ? 100 : chrf_from_counts(sum.counts.orders, options);
  });
}

/// Returns the order of bleu-1 to bleu-4.
std::size_t bleu_order(Metric metric) {
  return static_cast<std::size_t>(metric) - static_cast<std::size_t>(Metric::kBleu1) + 1;
}

ChrfOptions chrf_plus_plus(ChrfOptions options) {
  if (options.word_order == 0) options.word_order = 2;
  return options;
}

// ------------------------------------------------------------------------------------- edits ---

CorpusMetric prepare_ter(const TextCorpus& corpus, const TerOptions& options) {
  const auto count = [&](const std::string& hypothesis, const Texts& references) {
    return count_ter(hypothesis, references, options);
  };
  return summed(counted(corpus, count), ter_from_counts);
}

double unit_error_rate(const EditCounts& counts) { return error_rates(counts).unit_error_rate; }
double sequence_error_rate(const EditCounts& counts) {
  return error_rates(counts).sequence_error_rate;
}

EditCounts count_words(const std::string& hypothesis, const Texts& references) {
  const auto words = [](const std::string& text) {
    const std::vector<std::string_view> found = split_words(text);
    return Texts(found.begin(), found.end());
  };
  std::vector<Texts> lists;
  for (const std::string& reference : references) lists.push_back(words(reference));
  return count_edits(words(hypothesis), lists);
}

EditCounts count_characters(const std::string& hypothesis, const Texts& references) {
  std::vector<std::vector<std::uint32_t>> lists;
  for (const std::string& reference : references) lists.push_back(code_points(reference));
  return count_edits(code_points(hypothesis), lists);
}

using CountEdits = EditCounts (*)(const std::string& hypothesis, const Texts& references);

CorpusMetric prepare_text_edits(TextCorpus corpus, CountEdits count, bool lowercase) {
  if (lowercase) {
    for (std::string& text : corpus.hypotheses) text = lower_case(text);
    for (Texts& list : corpus.references) {
      for (std::string& text : list) text = lower_case(text);
    }
  }
  return summed(counted(corpus, count), unit_error_rate);
}

Texts units_of(const Segment& segment, TextForm form) {
  if (form == TextForm::kRaw) return segment.units;
  Texts units;
  units.reserve(segment.units.size());
  for (const std::string& unit : segment.units) units.push_back(composed(unit));
  return units;
}

std::vector<EditCounts> unit_edits(std::span<const Segment> hypotheses, References references,
                                   TextForm form) {
  std::vector<EditCounts> counts;
  counts.reserve(hypotheses.size());
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    std::vector<Texts> lists;
    for (const Segment& reference : references[i]) lists.push_back(units_of(reference, form));
    counts.push_back(count_edits(units_of(hypotheses[i], form), lists));
  }
  return counts;
}

CorpusMetric prepare_exact_match(const TextCorpus& corpus) {
  const auto count = [](const std::string& hypothesis, const Texts& references) {
    const bool equal =
        std::find(references.begin(), references.end(), hypothesis) != references.end();
    return EditCounts{0, 0, equal ? std::size_t{0} : 1, 1};
  };
  return summed(counted(corpus, count), [](const EditCounts& sum) {
    return percent(sum.sequences - sum.wrong_sequences, sum.sequences);
  });
}

// ------------------------------------------------------------------------------------ labels ---

Texts pick(const Texts& labels, Examples examples) {
  Texts result;
  result.reserve(examples.size());
  for (const std::size_t example : examples) result.push_back(labels[example]);
  return result;
}

/// `score` takes the predicted and the expected labels.
template <class Score>
CorpusMetric prepare_labels(TextCorpus corpus, Score score) {
  Texts expected;
  for (Texts& list : corpus.references) {
    if (list.size() != 1) throw UsageError("a label has exactly one reference");
    expected.push_back(std::move(list.front()));
  }
  return [predicted = std::make_shared<const Texts>(std::move(corpus.hypotheses)),
          expected = std::make_shared<const Texts>(std::move(expected)), score](Examples examples) {
    return score(pick(*predicted, examples), pick(*expected, examples));
  };
}

double accuracy(const Texts& predicted, const Texts& expected) {
  return score_labels(predicted, expected).accuracy;
}

/// Returns the F1 of macro or micro average. It is 0 where no label is left to average: a range of
/// source lengths may hold ignored labels alone.
double label_f1(LabelAverage LabelScores::*average, const Texts& predicted, const Texts& expected,
                const LabelScoreOptions& options) {
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

CorpusMetric prepare_f1(TextCorpus corpus, LabelAverage LabelScores::*average,
                        const LabelScoreOptions& options) {
  return prepare_labels(std::move(corpus),
                        [average, options](const Texts& predicted, const Texts& expected) {
                          return label_f1(average, predicted, expected, options);
                        });
}

}  // namespace

EvaluateOptions options_for(References references) {
  std::vector<Segment> all;
  for (const auto& list : references) all.insert(all.end(), list.begin(), list.end());
  return options_for(std::span<const Segment>(all));
}

EvaluateOptions options_for(std::span<const Segment> references) {
  Texts texts;
  for (const Segment& reference : references) texts.push_back(reference.text);
  EvaluateOptions options;
  options.bleu.tokenizer = choose_tokenizer(texts).tokenizer;
  return options;
}

bool counts_caption_words(Metric metric) {
  return (metric >= Metric::kBleu1 && metric <= Metric::kCiderD) || metric == Metric::kMeanLength;
}

bool has_signature(Metric metric) {
  return metric == Metric::kBleu || metric == Metric::kChrf || metric == Metric::kChrfPlusPlus ||
         metric == Metric::kTer || (counts_caption_words(metric) && has_direction(metric));
}

std::string metric_signature(Metric metric, References references, const EvaluateOptions& options) {
  switch (metric) {
    case Metric::kBleu:
      return bleu_signature(reference_count_name(references), options.bleu);
    case Metric::kChrf:
      return chrf_signature(reference_count_name(references), options.chrf);
    case Metric::kChrfPlusPlus:
      return chrf_signature(reference_count_name(references), chrf_plus_plus(options.chrf));
    case Metric::kTer:
      return ter_signature(reference_count_name(references), options.ter);
    case Metric::kBleu1:
    case Metric::kBleu2:
    case Metric::kBleu3:
    case Metric::kBleu4:
      return caption_bleu_signature(reference_count_name(references), bleu_order(metric),
                                    options.captions);
    case Metric::kRougeL:
      return rouge_l_signature(reference_count_name(references), options.captions);
    case Metric::kCiderD:
      return cider_d_signature(reference_count_name(references), options.captions);
    default:
      return {};
  }
}

CorpusMetric prepare(Metric metric, std::span<const Segment> hypotheses, References references,
                     const EvaluateOptions& options) {
  check_corpus(hypotheses.size(), references);
  const auto texts = [&] { return texts_of(hypotheses, references, options.form); };
  const auto composed_corpus = [&] {
    return texts_of(hypotheses, references, TextForm::kComposed);
  };
  switch (metric) {
    case Metric::kExactMatch:
      return prepare_exact_match(composed_corpus());
    case Metric::kUnitErrorRate:
      return summed(unit_edits(hypotheses, references, options.form), unit_error_rate);
    case Metric::kSequenceErrorRate:
      return summed(unit_edits(hypotheses, references, options.form), sequence_error_rate);
    case Metric::kBleu:
      return prepare_bleu(texts(), options.bleu);
    case Metric::kChrf:
      return prepare_chrf(texts(), options.chrf);
    case Metric::kChrfPlusPlus:
      return prepare_chrf(texts(), chrf_plus_plus(options.chrf));
    case Metric::kTer:
      return prepare_ter(texts(), options.ter);
    case Metric::kWordErrorRate:
    case Metric::kPhoneErrorRate:
      return prepare_text_edits(texts(), count_words, options.lowercase);
    case Metric::kCharacterErrorRate:
      return prepare_text_edits(texts(), count_characters, options.lowercase);
    case Metric::kAccuracy:
      return prepare_labels(composed_corpus(), accuracy);
    case Metric::kMacroF1:
      return prepare_f1(composed_corpus(), &LabelScores::macro, options.labels);
    case Metric::kMicroF1:
      return prepare_f1(composed_corpus(), &LabelScores::micro, options.labels);
    case Metric::kSemEval2010:
      return prepare_labels(composed_corpus(), semeval2010_score);
    case Metric::kBleu1:
    case Metric::kBleu2:
    case Metric::kBleu3:
    case Metric::kBleu4:
      return prepare_bleu(texts(), caption_bleu(bleu_order(metric), options.captions));
    case Metric::kRougeL: {
      const TextCorpus corpus = texts();
      return prepare_rouge_l({corpus.hypotheses, corpus.references}, options.captions);
    }
    case Metric::kCiderD: {
      const TextCorpus corpus = texts();
      return prepare_cider_d({corpus.hypotheses, corpus.references}, options.captions);
    }
    case Metric::kDistinct:
      return prepare_distinct(texts().hypotheses, options.captions);
    case Metric::kMeanLength:
      return prepare_mean_length(texts().hypotheses, options.captions);
  }
  throw CheckFailure("a metric without an evaluation");
}

}  // namespace attend::metrics

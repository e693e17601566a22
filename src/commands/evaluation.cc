#include "commands/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <new>
#include <utility>

#include "api/api.h"
#include "base/base.h"
#include "commands/command_line.h"
#include "predictor/predictor.h"

namespace attend::commands {

using api::internals;
namespace {

constexpr const char* kTextMetrics = "exact_match,unit_error_rate,bleu,chrf";
constexpr const char* kLabelMetrics = "accuracy,macro_f1";
constexpr const char* kFileMetrics = "exact_match,wer,bleu,chrf";

// Returns the units of a reference that the model can never write. A decoder that copies can write
// those of the source too.
std::vector<std::string> unknown_units(const Predictor& predictor, const Source& source,
                                       const std::vector<std::string>& units) {
  const model::ModelText& text = internals(predictor).text();
  const bool copies = text.configuration.decoder.copy != model::Copy::kNone;
  const auto in_source = [&](const std::string& unit) {
    return std::any_of(source.units.begin(), source.units.end(),
                       [&](const text::Unit& one) { return one.text == unit; });
  };
  std::vector<std::string> unknown;
  for (const std::string& unit : units) {
    if (text.target.vocabulary.contains(unit) || (copies && in_source(unit))) continue;
    unknown.push_back(unit);
  }
  return unknown;
}

// Why a text cannot be compared with another; empty where `segment` gets its units.
std::string cut_into_units(const text::Segmenter& segmenter, const std::string& text,
                           metrics::Segment& segment) {
  try {
    segment = metrics::make_segment(segmenter, text);
    return {};
  } catch (const DataError& error) {
    return error.what();
  } catch (const std::bad_alloc&) {
    return "not enough memory for this line";
  }
}

// A prediction and its references, cut into units for the metrics.
struct Comparison {
  metrics::Segment hypothesis, baseline;
  std::vector<metrics::Segment> references;
  bool blank_reference = false;  // there is no other one
  std::size_t changed_references = 0;
};

// Returns the index of a reference among the labels of the model.
std::size_t label_index(const text::Vocabulary& labels, const std::vector<std::string>& units) {
  if (units.size() != 1 || !labels.contains(units.front())) return metrics::kUnknownLabel;
  return static_cast<std::size_t>(labels.id(units.front()).value());
}

// Adds what the model thought of a pair, unless its source has no answer.
void add_label(const std::vector<float>& log_probabilities, std::size_t right,
               Probabilities probabilities, EvaluatedPairs& result) {
  if (log_probabilities.empty()) return;
  result.judged.push_back(metrics::judge_label(log_probabilities, right));
  if (probabilities == Probabilities::kDropped) return;
  metrics::LabelProbabilities& kept = result.probabilities;
  kept.labels = log_probabilities.size();
  kept.log_probabilities.insert(kept.log_probabilities.end(), log_probabilities.begin(),
                                log_probabilities.end());
  kept.right.push_back(right);
}

// Predicts the pairs of a file chunk by chunk, and collects what metrics compare.
class PairEvaluation {
 public:
  PairEvaluation(const Predictor& predictor, const PredictOptions& options,
                 Probabilities probabilities, const ExtraTexts& extra, const std::string& pairs,
                 Notices& notices)
      : predictor_(predictor),
        options_(options),
        probabilities_(probabilities),
        extra_(extra),
        pairs_(pairs),
        notices_(notices) {}

  std::vector<Answer> answer(Chunk& chunk);
  void take(const Answer& answer, const Chunk& chunk, std::size_t i);
  EvaluatedPairs& result() { return result_; }

 private:
  const std::string& line_of(const TextFile& file, std::size_t line) const;
  std::vector<std::string> references_of(const Chunk& chunk, std::size_t i) const;
  std::string compare(const Answer& answer, const Chunk& chunk, std::size_t i,
                      Comparison& comparison) const;

  const Predictor& predictor_;
  const PredictOptions& options_;
  Probabilities probabilities_;
  const ExtraTexts& extra_;
  const std::string& pairs_;  // the name of the file
  Notices& notices_;
  EvaluatedPairs result_;
  // Of the chunk that is being answered:
  std::vector<Comparison> comparisons_;
  std::vector<std::vector<float>> label_rows_;  // empty unless answers are labels
};

const std::string& PairEvaluation::line_of(const TextFile& file, std::size_t line) const {
  if (line > file.lines.size()) check_lengths(pairs_, line, file);
  return file.lines[line - 1];
}

std::vector<std::string> PairEvaluation::references_of(const Chunk& chunk, std::size_t i) const {
  std::vector<std::string> texts{chunk.targets[i]};
  texts.insert(texts.end(), chunk.references[i].begin(), chunk.references[i].end());
  for (const TextFile& file : extra_.references) {
    texts.push_back(line_of(file, chunk.line_numbers[i]));
  }
  return written_references(std::move(texts));
}

// Returns the problem of a text that cannot be cut into units, or an empty text.
std::string PairEvaluation::compare(const Answer& answer, const Chunk& chunk, std::size_t i,
                                    Comparison& comparison) const {
  const text::Segmenter& segmenter = internals(predictor_).text().target.segmenter;
  const bool lowercase = internals(predictor_).text().target.config.lowercase;
  const std::vector<std::string> references = references_of(chunk, i);
  comparison.blank_reference = text::is_blank(references.front());
  for (const std::string& reference : references) {
    const std::string problem =
        cut_into_units(segmenter, reference, comparison.references.emplace_back());
    if (!problem.empty()) return problem;
    if (!metrics::is_unchanged(comparison.references.back(), reference, lowercase)) {
      ++comparison.changed_references;
    }
  }
  if (extra_.baseline) {
    const std::string& text = line_of(*extra_.baseline, chunk.line_numbers[i]);
    const std::string problem = cut_into_units(segmenter, text, comparison.baseline);
    if (!problem.empty()) return problem;
  }
  if (answer.predictions.empty()) return {};
  return cut_into_units(segmenter, answer.predictions.front().text, comparison.hypothesis);
}

// A pair with a text that cannot be cut into units, or with a picture that cannot be read, gets a
// problem.
std::vector<Answer> PairEvaluation::answer(Chunk& chunk) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  std::vector<Answer> answers;
  if (predictor::answers_with_one_label(internals(predictor_).text().configuration)) {
    LabelAnswers found = predictor_.classify(chunk.sources, options_, chunk.allowed);
    answers = std::move(found.answers);
    label_rows_ = std::move(found.log_probabilities);
  } else {
    answers = predictor_.predict(chunk.sources, options_, chunk.allowed, chunk.requests);
  }
  result_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
  comparisons_.assign(answers.size(), {});
  const bool pictures = predictor_.info().reads_pictures;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!chunk.problems[i].empty()) continue;
    // A picture that cannot be read is no test of the model.
    if (pictures && !answers[i].problem.empty()) {
      chunk.problems[i] = answers[i].problem;
      continue;
    }
    chunk.problems[i] = compare(answers[i], chunk, i, comparisons_[i]);
  }
  return answers;
}

void PairEvaluation::take(const Answer& answer, const Chunk& chunk, std::size_t i) {
  Comparison& comparison = comparisons_[i];
  if (text::is_blank(chunk.sources[i]) && comparison.blank_reference) {
    notices_.add_blank_pair();
    return;
  }
  if (comparison.blank_reference) notices_.add_empty_reference();
  const std::vector<std::string>& expected = comparison.references.front().units;
  notices_.add_reference(unknown_units(predictor_, answer.source, expected));
  if (!label_rows_.empty()) {
    const std::size_t right = label_index(internals(predictor_).text().target.vocabulary, expected);
    add_label(label_rows_[i], right, probabilities_, result_);
  }
  if (extra_.baseline) result_.baseline.push_back(std::move(comparison.baseline));
  const bool sure = !answer.predictions.empty() && answer.predictions.front().confidence;
  result_.log_probabilities.push_back(sure ? answer.predictions.front().rest_log_probability
                                           : -std::numeric_limits<double>::infinity());
  result_.changed_references += comparison.changed_references;
  result_.source_lengths.push_back(answer.source.units.size());
  result_.hypotheses.push_back(std::move(comparison.hypothesis));
  result_.references.push_back(std::move(comparison.references));
}

void check_extra_texts(const ExtraTexts& extra, const text::PairReader& reader) {
  for (const TextFile& file : extra.references) {
    check_lengths(reader.name(), reader.line_number(), file);
  }
  if (extra.baseline) check_lengths(reader.name(), reader.line_number(), *extra.baseline);
}

}  // namespace

void add_metrics_option(CLI::App& command, std::vector<metrics::Metric>& chosen) {
  std::string names;
  for (const metrics::Metric metric : metrics::all_metrics()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", metrics::metric_name(metric));
  }
  const auto take = [&chosen](const std::string& list) {
    try {
      chosen = metrics::parse_metrics(list);
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("--metrics: {}", error.what()));
    }
  };
  command
      .add_option_function<std::string>(
          "--metrics", take,
          fmt::format(
              "of {}; without: {}, or {} for a model of labels (target.unit: whole). bleu-1 "
              "to bleu-4, rouge-l and cider-d are for captions: bleu-1 to bleu-4 have no brevity "
              "penalty, and cider-d is 0 to 10, while the others are in per cent. distinct "
              "(predictions that differ, in per cent) and mean-length (words) describe predictions",
              names, kTextMetrics, kLabelMetrics))
      ->type_name("NAME,…");
}

std::vector<metrics::Metric> metrics_for(const model::ModelText& model,
                                         const std::vector<metrics::Metric>& chosen) {
  if (!chosen.empty()) return chosen;
  const bool labels = model::answers_with_labels(model.target.config);
  return metrics::parse_metrics(labels ? kLabelMetrics : kTextMetrics);
}

std::vector<metrics::Metric> metrics_of_files(const std::vector<metrics::Metric>& chosen) {
  return chosen.empty() ? metrics::parse_metrics(kFileMetrics) : chosen;
}

EvaluatedPairs evaluate_pairs(const Predictor& predictor, const text::CorpusFiles& files,
                              const PredictOptions& options, LineErrors errors,
                              const std::string& name, Probabilities probabilities,
                              const ExtraTexts& extra) {
  text::PairReader reader(files, text::BlankSides::kBoth);
  find_labels(reader, predictor, name);
  Notices notices(name, reader.name());
  if (!predictor.info().may_answer_nothing) notices.expect_answers();
  if (predictor.info().has_labels()) notices.expect_labels();
  LineOptions line_options;
  line_options.errors = errors;
  line_options.predict = options;
  line_options.chunk_lines = lines_together(predictor);
  line_options.predict.search.alignments = Alignments::kDropped;
  line_options.bad_lines = BadLines::kLeaveOut;
  const std::string pairs = reader.name();
  PairEvaluation evaluation(predictor, line_options.predict, probabilities, extra, pairs, notices);
  Lines lines(line_options, notices);
  lines.answer_all(reader, {[&](Chunk& chunk) { return evaluation.answer(chunk); },
                            [&](const Answer& answer, const Chunk& chunk, std::size_t i) {
                              evaluation.take(answer, chunk, i);
                            },
                            [] {}});
  lines.finish();
  check_extra_texts(extra, reader);
  if (evaluation.result().hypotheses.empty()) {
    throw DataError(reader.name(), 0, "no pair to evaluate");
  }
  notices.report();
  return std::move(evaluation.result());
}

}  // namespace attend::commands

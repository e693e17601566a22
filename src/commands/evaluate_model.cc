// The evaluation of a model. For labels it adds a table per class, confusions and calibration; it
// can fit a temperature.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/api.h"
#include "commands/evaluate_run.h"
#include "predictor/predictor.h"

namespace attend::commands {

using api::internals;
namespace {

constexpr std::string_view kName = "attend evaluate";

// Throws UsageError where a model has no labels, or no probabilities of all labels, that an option
// needs, and for an option that would change the labels whose probabilities are judged.
void check_label_options(const EvaluationRequest& request, const CLI::App& command,
                         const Predictor& predictor) {
  const auto fail = [](std::string_view flag) {
    throw UsageError(
        fmt::format("{}: the answers of this model are no labels (target.unit: whole)", flag));
  };
  if (!request.confusion.empty() && !predictor.info().has_labels()) fail("--confusion");
  if (!request.ignored.empty() && !predictor.info().has_labels()) fail("--ignore-label");
  const bool one = predictor::answers_with_one_label(internals(predictor).text().configuration);
  if (!request.reliability.empty() && !one) fail("--reliability");
  if (request.fit_temperature && predictor.info().has_labels() && !one) fail("--fit-temperature");
  if (one) {
    refuse_target_options(
        command, "the calibration of this model of labels needs the probabilities of all labels");
  }
  if (request.fit_temperature && predictor.info().models > 1) {
    throw UsageError("--fit-temperature stores a temperature in one model, and not in several");
  }
}

// Returns the labels that are left out of averages, in the form in which labels are compared.
metrics::LabelScoreOptions label_options(const EvaluationRequest& request,
                                         const Predictor& predictor) {
  std::vector<metrics::Segment> ignored;
  for (const std::string& label : request.ignored) {
    ignored.push_back(metrics::make_segment(internals(predictor).text().target.segmenter, label));
    const auto& units = ignored.back().units;
    if (units.size() != 1 ||
        !internals(predictor).text().target.vocabulary.contains(units.front())) {
      throw UsageError(fmt::format("--ignore-label: the model has no label '{}'", label));
    }
  }
  metrics::LabelScoreOptions result;
  result.ignored = metrics::comparable_texts(ignored);
  return result;
}

// Fits a temperature to what was evaluated.
metrics::FittedTemperature fit(const EvaluatedPairs& evaluated, const Predictor& predictor) {
  const auto known = [](std::size_t label) { return label != metrics::kUnknownLabel; };
  const std::vector<std::size_t>& right = evaluated.probabilities.right;
  if (std::none_of(right.begin(), right.end(), known)) {
    throw DataError("--fit-temperature: no pair has an answer and a label that the model knows");
  }
  return metrics::calibrate_with_temperature(
      evaluated.probabilities, internals(predictor).text().configuration.decoder.temperature);
}

// Returns the files of pairs for a model, which is given at most one positional argument.
text::CorpusFiles pair_files(const EvaluationRequest& request) {
  PairFiles pairs = request.pairs;
  if (request.files.size() > 1) {
    throw UsageError(fmt::format(
        "found '{}' behind '{}', expected one TSV of pairs; --references names further references",
        request.files[1], request.files[0]));
  }
  if (!request.files.empty()) pairs.tsv = request.files.front();
  const text::CorpusFiles files = pairs.files();
  std::vector<std::string> all{pairs.tsv, pairs.source, pairs.target, request.bootstrap.baseline};
  all.insert(all.end(), request.references.begin(), request.references.end());
  // A source and a target that are both standard input have a message of their own.
  if (!(pairs.source == "-" && pairs.target == "-")) check_standard_input(all);
  return files;
}

// Throws UsageError where a label would have several references.
void check_reference_options(const EvaluationRequest& request, const Predictor& predictor) {
  if (!predictor.info().has_labels()) return;
  if (request.references.empty() && request.pairs.columns.references.empty()) return;
  throw UsageError("--references and --reference-column: a label has one reference");
}

// What a model's answers are judged by, beside the metrics.
struct Judgement {
  std::optional<LabelReport> labels;
  std::optional<LineConfidence> confidence;  // for a model without labels
};

Judgement judge(const EvaluationRequest& request, const EvaluatedPairs& evaluated,
                const Predictor& predictor, const metrics::LabelScoreOptions& averaged) {
  Judgement result;
  if (predictor.info().has_labels()) {
    result.labels = report_labels(evaluated, predictor, averaged);
    if (request.fit_temperature) result.labels->fitted = fit(evaluated, predictor);
  } else {
    result.confidence = judge_lines(evaluated, predictor.info().line_temperature,
                                    request.fit_temperature ? Fit::kYes : Fit::kNo);
  }
  return result;
}

// Stores the temperature that was fitted in the folder of the model.
void store_temperature(const std::string& folder, const Predictor& predictor,
                       const Judgement& judgement) {
  const Precision precision = internals(predictor).weights().precision();
  if (judgement.confidence) {
    model::save_line_temperature(folder, internals(predictor).text(), precision,
                                 judgement.confidence->fitted->temperature);
    return;
  }
  const double temperature = judgement.labels->fitted->temperature;
  model::save_temperature(folder, internals(predictor).text(), precision, temperature);
  const std::string warning = metrics::temperature_warning(temperature);
  if (!warning.empty()) print_message(fmt::format("{}: {}\n", kName, warning));
}

// Puts into the signatures that both sides are in small letters, where the model prepares them so.
// Any other preparation has no place in a signature, and a notice tells of it.
void sign_preparation(const model::SideConfig& target, std::span<const metrics::Metric> wanted,
                      const EvaluatedPairs& evaluated, metrics::EvaluateOptions& how) {
  if (target.lowercase) {
    how.bleu.lowercase = how.chrf.lowercase = how.captions.lowercase = true;
    how.ter.case_sensitive = false;
  }
  const std::size_t changed = evaluated.changed_references;
  if (changed == 0 || std::none_of(wanted.begin(), wanted.end(), metrics::has_signature)) return;
  print_message(
      fmt::format("{}: the references were prepared as the model prepares its targets, which "
                  "changed {} of them; --hypotheses scores texts as they are\n",
                  kName, changed));
}

}  // namespace

void evaluate_model(const EvaluationRequest& given, const CLI::App& command) {
  EvaluationRequest request = given;
  complete_target_options(request.asked, request.predict);
  if (request.fit_temperature) check_fit_options(request.predict);
  check_shortlist(request.load, request.predict);
  const text::CorpusFiles files = pair_files(request);
  const Predictor predictor(request.models, request.load);
  check_marks(predictor, request.pairs.marks);
  check_label_options(request, command, predictor);
  check_target_options(predictor, request.predict);
  check_reference_options(request, predictor);
  const metrics::LabelScoreOptions averaged = label_options(request, predictor);
  report_precision(kName, predictor.info().precision);
  text::OutputFile target(request.target);
  SideFile curve(request.curve), confusion(request.confusion), reliability(request.reliability);
  const ExtraTexts extra = read_extra_texts(request.references, request.bootstrap.baseline);
  const EvaluatedPairs evaluated = evaluate_pairs(
      predictor, files, request.predict, request.errors, std::string(kName),
      request.fit_temperature ? Probabilities::kKept : Probabilities::kDropped, extra);
  const std::vector<metrics::Metric> wanted =
      metrics_for(internals(predictor).text(), request.metrics);
  metrics::EvaluateOptions how =
      evaluate_options(request.metric_options, wanted, evaluated.references, kName);
  sign_preparation(internals(predictor).text().target.config, wanted, evaluated, how);
  how.labels = averaged;
  const EvaluationReport report =
      report_evaluation(wanted, evaluated, request.edges, how, samples_of(request));
  const Judgement judgement = judge(request, evaluated, predictor, averaged);
  target.write(result_text(request, report, judgement.labels, judgement.confidence));
  curve.write([&] { return draw_by_length(report.table); });
  confusion.write([&] {
    return confusion_bytes(*judgement.labels, matrix_form("--confusion", request.confusion));
  });
  reliability.write([&] { return reliability_svg(*judgement.labels); });
  if (request.fit_temperature) {
    store_temperature(request.models.front(), predictor, judgement);
  }
  target.commit();
  for (SideFile* file : {&curve, &confusion, &reliability}) file->commit();
}

}  // namespace attend::commands

// attend evaluate: computes metrics on a test file, as a whole and by source length, of the
// predictions of a model or of those in a file. For labels it adds a table per class, confusions
// and calibration, and can fit a temperature.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/confidence.h"
#include "commands/evaluation.h"
#include "commands/evaluation_report.h"
#include "commands/hypotheses.h"
#include "commands/label_report.h"
#include "commands/metric_options.h"
#include "commands/target_options.h"
#include "metrics/metrics.h"

namespace attend::commands {
namespace {

enum class Report { kTable, kJson, kValue };

struct Options {
  std::vector<std::string> models;
  TargetOptions asked;
  std::string target = "-", curve, confusion, reliability, hypotheses;
  std::vector<std::string> files;       // a TSV of pairs, or files of references
  std::vector<std::string> references;  // files of further references
  std::vector<metrics::Metric> metrics;
  MetricOptions metric_options;
  BootstrapChoice bootstrap;
  std::vector<std::string> ignored;  // labels
  bool fit_temperature = false;
  PairFiles pairs;
  predictor::PredictOptions predict;
  std::vector<std::size_t> edges = metrics::default_length_edges();
  Report report = Report::kTable;
  predictor::LoadOptions load;
  LineErrors errors = LineErrors::kGoOn;
};

// A file beside the result, which may not be wanted. It appears with commit().
class SideFile {
 public:
  explicit SideFile(const std::string& name) {
    if (!name.empty()) file_.emplace(name);
  }
  void write(const std::function<std::string()>& bytes) {
    if (!file_) return;
    file_->write(bytes());
    file_->flush();  // a full disk is noticed before any file appears
  }
  void commit() {
    if (file_) file_->commit();
  }

 private:
  std::optional<AtomicFile> file_;
};

void check_files(const Options& options) {
  const std::vector<std::pair<std::string_view, const std::string*>> files = {
      {"--output", &options.target},
      {"--curve", &options.curve},
      {"--confusion", &options.confusion},
      {"--reliability", &options.reliability}};
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (std::size_t j = i + 1; j < files.size(); ++j) {
      check_distinct(files[i].first, *files[i].second, files[j].first, *files[j].second);
    }
  }
  check_svg("--curve", options.curve);
  check_svg("--reliability", options.reliability);
  if (!options.confusion.empty()) matrix_form("--confusion", options.confusion);
}

// Throws UsageError where a model has no labels, or no probabilities of all labels, that an option
// needs, and for an option that would change the labels whose probabilities are judged.
void check_label_options(const Options& options, const CLI::App& command,
                         const predictor::Predictor& predictor) {
  const auto fail = [](std::string_view flag) {
    throw UsageError(
        fmt::format("{}: the answers of this model are no labels (target.unit: whole)", flag));
  };
  if (!options.confusion.empty() && !predictor.has_labels()) fail("--confusion");
  if (!options.ignored.empty() && !predictor.has_labels()) fail("--ignore-label");
  const bool one = predictor::answers_with_one_label(predictor.text().configuration);
  if (!options.reliability.empty() && !one) fail("--reliability");
  if (options.fit_temperature && predictor.has_labels() && !one) fail("--fit-temperature");
  if (one) {
    refuse_target_options(
        command, "the calibration of this model of labels needs the probabilities of all labels");
  }
  if (options.fit_temperature && predictor.models() > 1) {
    throw UsageError("--fit-temperature stores a temperature in one model, and not in several");
  }
}

// Returns the labels that are left out of averages, in the form in which labels are compared.
metrics::LabelScoreOptions label_options(const Options& options,
                                         const predictor::Predictor& predictor) {
  std::vector<metrics::Segment> ignored;
  for (const std::string& label : options.ignored) {
    ignored.push_back(metrics::make_segment(predictor.text().target.segmenter, label));
    const auto& units = ignored.back().units;
    if (units.size() != 1 || !predictor.text().target.vocabulary.contains(units.front())) {
      throw UsageError(fmt::format("--ignore-label: the model has no label '{}'", label));
    }
  }
  metrics::LabelScoreOptions result;
  result.ignored = metrics::comparable_texts(ignored);
  return result;
}

// Fits a temperature to what was evaluated.
metrics::FittedTemperature fit(const EvaluatedPairs& evaluated,
                               const predictor::Predictor& predictor) {
  const auto known = [](std::size_t label) { return label != metrics::kUnknownLabel; };
  const std::vector<std::size_t>& right = evaluated.probabilities.right;
  if (std::none_of(right.begin(), right.end(), known)) {
    throw DataError("--fit-temperature: no pair has an answer and a label that the model knows");
  }
  return metrics::calibrate_with_temperature(evaluated.probabilities,
                                             predictor.text().configuration.decoder.temperature);
}

std::string result_text(const Options& options, const EvaluationReport& report,
                        const std::optional<LabelReport>& labels,
                        const std::optional<LineConfidence>& confidence) {
  switch (options.report) {
    case Report::kTable:
      return format_evaluation(report) + (labels ? format_labels(*labels) : "") +
             (confidence ? format_confidence(*confidence) : "");
    case Report::kJson: {
      nlohmann::ordered_json json = evaluation_json(report);
      if (labels) add_labels(json, *labels);
      if (confidence) add_confidence(json, *confidence);
      return json.dump() + "\n";
    }
    case Report::kValue:
      break;
  }
  return fmt::format("{:.2f}\n", report.table.all.values[0]);
}

std::optional<metrics::BootstrapOptions> samples_of(const Options& options) {
  if (!options.bootstrap.wanted()) return std::nullopt;
  return options.bootstrap.options();
}

// Returns the files of pairs for a model, which is given at most one positional argument.
text::CorpusFiles pair_files(const Options& options) {
  PairFiles pairs = options.pairs;
  if (options.files.size() > 1) {
    throw UsageError(fmt::format(
        "found '{}' behind '{}', expected one TSV of pairs; --references names further references",
        options.files[1], options.files[0]));
  }
  if (!options.files.empty()) pairs.tsv = options.files.front();
  const text::CorpusFiles files = pairs.files();
  std::vector<std::string> all{pairs.tsv, pairs.source, pairs.target, options.bootstrap.baseline};
  all.insert(all.end(), options.references.begin(), options.references.end());
  // A source and a target that are both standard input have a message of their own.
  if (!(pairs.source == "-" && pairs.target == "-")) check_standard_input(all);
  return files;
}

// Throws UsageError where a label would have several references.
void check_reference_options(const Options& options, const predictor::Predictor& predictor) {
  if (!predictor.has_labels()) return;
  if (options.references.empty() && options.pairs.columns.references.empty()) return;
  throw UsageError("--references and --reference-column: a label has one reference");
}

void evaluate_model(const Options& given, const CLI::App& command) {
  Options options = given;
  complete_target_options(options.asked, options.predict);
  if (options.fit_temperature) check_fit_options(options.predict);
  check_shortlist(options.load, options.predict);
  const text::CorpusFiles files = pair_files(options);
  const predictor::Predictor predictor(options.models, options.load);
  check_marks(predictor, options.pairs.marks);
  check_label_options(options, command, predictor);
  check_target_options(predictor, options.predict);
  check_reference_options(options, predictor);
  const metrics::LabelScoreOptions labels_averaged = label_options(options, predictor);
  report_precision("attend evaluate", predictor.precision());
  text::OutputFile target(options.target);
  SideFile curve(options.curve), confusion(options.confusion), reliability(options.reliability);
  const TextsBeside beside = read_texts_beside(options.references, options.bootstrap.baseline);
  const EvaluatedPairs evaluated = evaluate_pairs(
      predictor, files, options.predict, options.errors, "attend evaluate",
      options.fit_temperature ? Probabilities::kKept : Probabilities::kDropped, beside);
  const std::vector<metrics::Metric> wanted = metrics_for(predictor.text(), options.metrics);
  metrics::EvaluateOptions how =
      evaluate_options(options.metric_options, wanted, evaluated.references, "attend evaluate");
  how.labels = labels_averaged;
  const EvaluationReport report =
      report_evaluation(wanted, evaluated, options.edges, how, samples_of(options));
  std::optional<LabelReport> labels;
  if (predictor.has_labels()) {
    labels = report_labels(evaluated, predictor, how.labels);
    if (options.fit_temperature) labels->fitted = fit(evaluated, predictor);
  }
  std::optional<LineConfidence> confidence;
  if (!predictor.has_labels()) {
    confidence = judge_lines(evaluated, predictor.line_temperature(),
                             options.fit_temperature ? Fit::kYes : Fit::kNo);
  }
  target.write(result_text(options, report, labels, confidence));
  curve.write([&] { return draw_by_length(report.table); });
  confusion.write(
      [&] { return confusion_bytes(*labels, matrix_form("--confusion", options.confusion)); });
  reliability.write([&] { return reliability_svg(*labels); });
  if (options.fit_temperature && confidence) {
    model::save_line_temperature(options.models.front(), predictor.text(),
                                 predictor.weights().precision(), confidence->fitted->temperature);
  }
  if (options.fit_temperature && labels) {
    model::save_temperature(options.models.front(), predictor.text(),
                            predictor.weights().precision(), labels->fitted->temperature);
  }
  if (labels && labels->fitted) {
    const std::string warning = metrics::temperature_warning(labels->fitted->temperature);
    if (!warning.empty()) print_message(fmt::format("attend evaluate: {}\n", warning));
  }
  target.commit();
  for (SideFile* file : {&curve, &confusion, &reliability}) file->commit();
}

HypothesisFiles hypothesis_files(const Options& options) {
  HypothesisFiles files;
  files.hypotheses = options.hypotheses;
  files.files = options.files;
  files.references = options.references;
  if (!options.pairs.target.empty()) {
    files.references.insert(files.references.begin(), options.pairs.target);
  }
  files.source = options.pairs.source;
  files.baseline = options.bootstrap.baseline;
  files.columns = options.pairs.columns;
  return files;
}

// Throws UsageError for an option that needs a model.
void refuse_model_options(const CLI::App& command) {
  constexpr std::array kFits = {"--hypotheses",
                                "files",
                                "--source",
                                "--target",
                                "--source-column",
                                "--target-column",
                                "--reference-column",
                                "--references",
                                "--metrics",
                                "--lengths",
                                "--json",
                                "--value",
                                "--curve",
                                "--output",
                                "--tokenize",
                                "--smooth",
                                "--smooth-value",
                                "--lowercase",
                                "--ter-case-sensitive",
                                "--ter-normalized",
                                "--ter-no-punct",
                                "--ter-asian-support",
                                "--bootstrap",
                                "--bootstrap-seed",
                                "--baseline",
                                "--ignore-label",
                                "--strict"};
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || std::find(kFits.begin(), kFits.end(), name) != kFits.end())
      continue;
    throw UsageError(
        fmt::format("{}: --hypotheses scores predictions in a file, without a model", name));
  }
}

void evaluate_files(const Options& options, bool lengths_wanted) {
  const HypothesisFiles files = hypothesis_files(options);
  const bool sources = !files.source.empty() || !files.columns.source.empty();
  if (!sources && (lengths_wanted || !options.curve.empty())) {
    throw UsageError(fmt::format(
        "{}: the lengths of the sources are unknown: give --source FILE or --source-column N",
        lengths_wanted ? "--lengths" : "--curve"));
  }
  text::OutputFile target(options.target);
  SideFile curve(options.curve);
  const EvaluatedPairs evaluated = read_hypotheses(files);
  const std::vector<metrics::Metric> wanted = metrics_of_files(options.metrics);
  metrics::EvaluateOptions how =
      evaluate_options(options.metric_options, wanted, evaluated.references, "attend evaluate");
  std::vector<metrics::Segment> ignored;
  for (const std::string& label : options.ignored) ignored.push_back(metrics::plain_segment(label));
  how.labels.ignored = metrics::comparable_texts(ignored);
  const EvaluationReport report =
      report_evaluation(wanted, evaluated, options.edges, how, samples_of(options));
  target.write(result_text(options, report, std::nullopt, std::nullopt));
  curve.write([&] { return draw_by_length(report.table); });
  target.commit();
  curve.commit();
}

void run(const Options& options, const CLI::App& command) {
  if (options.report == Report::kValue && options.metrics.size() != 1) {
    throw UsageError("--value prints one number: name one metric with --metrics");
  }
  check_metric_options(options.metric_options);
  check_files(options);
  if (options.hypotheses.empty()) {
    if (options.models.empty()) {
      throw UsageError("--model is required, or --hypotheses FILE with predictions (see --help)");
    }
    check_models(command, options.models);
    return evaluate_model(options, command);
  }
  refuse_model_options(command);
  evaluate_files(options, command.get_option("--lengths")->count() > 0);
}

}  // namespace

void add_evaluate(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "evaluate", "metrics on a test file, of a model or of predictions in a file");
  add_models_option(*command, options->models, options->load);
  command->get_option("--model")->required(false);
  command
      ->add_option("files", options->files,
                   "TSV of source and target; with --hypotheses: files of references, one a line; "
                   "-: standard input")
      ->type_name("FILE")
      ->check(not_empty());
  add_parallel_options(*command, options->pairs);
  add_reference_column_option(*command, options->pairs.columns.references);
  command
      ->add_option("--references", options->references,
                   "further references, one a line; may be repeated; an empty line is none")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->check(not_empty());
  command
      ->add_option("--hypotheses", options->hypotheses,
                   "score the predictions in this file, one a line, without a model")
      ->type_name("FILE")
      ->check(not_empty());
  add_marks_options(*command, options->pairs.marks);
  add_metrics_option(*command, options->metrics);
  add_metric_options(*command, options->metric_options);
  add_bootstrap_options(*command, options->bootstrap);
  command->add_option("--lengths", options->edges, "longest source lengths of the table's rows")
      ->delimiter(',')
      ->check(whole_number())
      ->type_name("N,…");
  command
      ->add_option("--ignore-label", options->ignored,
                   "label left out of macro and micro F1; may be repeated")
      ->type_name("LABEL")
      ->allow_extra_args(false)
      ->check(not_empty());
  auto* json = command->add_flag_callback(
      "--json", [options] { options->report = Report::kJson; }, "one JSON object");
  auto* value =
      command
          ->add_flag_callback(
              "--value", [options] { options->report = Report::kValue; }, "only the number")
          ->excludes(json);
  command->add_option("--curve", options->curve, "first metric by source length as SVG")
      ->type_name("FILE")
      ->check(not_empty());
  command
      ->add_option("--confusion", options->confusion,
                   "confusion matrix of labels as .tsv, .svg or .png")
      ->type_name("FILE")
      ->check(not_empty());
  command
      ->add_option("--reliability", options->reliability,
                   "how often labels are right, by their probability, as SVG")
      ->type_name("FILE")
      ->check(not_empty());
  auto* fit_flag = command
                       ->add_flag("--fit-temperature", options->fit_temperature,
                                  "fit the temperature of labels, or of the confidence of whole "
                                  "predictions, on these pairs and store it in the model's folder, "
                                  "which changes; the fit holds for the --beam of this command")
                       ->excludes(value);
  command->add_option("-o,--output", options->target, "result; -: standard output")
      ->type_name("FILE")
      ->check(not_empty())
      ->capture_default_str();
  add_search_options(*command, options->predict);
  add_target_options(*command, options->asked, options->predict);
  add_long_sources_option(*command, options->predict, LongSourceChoices::kCutSkipSplit);
  add_strict_option(*command, options->errors);
  add_load_options(*command, options->load);
  fit_flag->excludes(command->get_option("--shortlist"));
  command->callback([options, command] { run(*options, *command); });
}

}  // namespace attend::commands

// attend evaluate: computes metrics on a test file, as a whole and by source length. For labels it
// adds a table per class, confusions and calibration, and can fit a temperature.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/evaluation.h"
#include "commands/label_report.h"
#include "metrics/metrics.h"
#include "view/view.h"

namespace attend::commands {
namespace {

using Json = nlohmann::ordered_json;

enum class Report { kTable, kJson, kValue };

struct Options {
  std::string model, target = "-", curve, confusion, reliability;
  std::vector<metrics::Metric> metrics;
  std::vector<std::string> ignored;  // labels
  bool fit_temperature = false;
  PairFiles pairs;
  predictor::PredictOptions predict;
  std::vector<std::size_t> edges = metrics::default_length_edges();
  Report report = Report::kTable;
  predictor::LoadOptions load;
  LineErrors errors = LineErrors::kGoOn;
};

std::string format_row(const metrics::BucketTable::Row& row) {
  std::string line = fmt::format("{:<12}{:>10}", row.name, row.examples);
  for (const double value : row.values) line += fmt::format("{:>22.2f}", value);
  return line + "\n";
}

std::string format_table(const metrics::BucketTable& table) {
  std::string text = fmt::format("{:<12}{:>10}", "length", "examples");
  for (const std::string& name : table.metrics) text += fmt::format("{:>22}", name);
  text += "\n";
  for (const auto& row : table.buckets) text += format_row(row);
  return text + format_row(table.all);
}

Json row_json(const metrics::BucketTable& table, const metrics::BucketTable::Row& row) {
  Json json{{"examples", row.examples}};
  for (std::size_t i = 0; i < row.values.size(); ++i) json[table.metrics[i]] = row.values[i];
  return json;
}

std::string format_json(const metrics::BucketTable& table,
                        const std::optional<LabelReport>& labels) {
  Json json = row_json(table, table.all);
  for (const auto& row : table.buckets) {
    json["by_source_length"][row.name] = row_json(table, row);
  }
  if (labels) add_labels(json, *labels);
  return json.dump() + "\n";
}

std::string draw_curve(const metrics::BucketTable& table) {
  std::vector<view::Bar> bars;
  for (const auto& row : table.buckets) bars.push_back({row.name, row.values[0], row.examples});
  view::BarOptions bar_options;
  bar_options.title = fmt::format("{} by source length", table.metrics[0]);
  bar_options.x_title = "source length";
  bar_options.y_title = table.metrics[0];
  return view::draw_bars(bars, bar_options);
}

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

bool answers_with_labels(const predictor::Predictor& predictor) {
  return predictor.text().target.config.unit == model::UnitChoice::kWhole;
}

// Throws UsageError where a model has no labels, or no probabilities of all labels, that an option
// needs.
void check_label_options(const Options& options, const predictor::Predictor& predictor) {
  const auto fail = [](std::string_view flag) {
    throw UsageError(
        fmt::format("{}: the answers of this model are no labels (target.unit: whole)", flag));
  };
  if (!options.confusion.empty() && !answers_with_labels(predictor)) fail("--confusion");
  if (!options.ignored.empty() && !answers_with_labels(predictor)) fail("--ignore-label");
  const bool one = predictor::answers_with_one_label(predictor.text().configuration);
  if (!options.reliability.empty() && !one) fail("--reliability");
  if (options.fit_temperature && !one) fail("--fit-temperature");
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

std::string result_text(const Options& options, const metrics::BucketTable& table,
                        const std::optional<LabelReport>& labels) {
  switch (options.report) {
    case Report::kTable:
      return format_table(table) + (labels ? format_labels(*labels) : "");
    case Report::kJson:
      return format_json(table, labels);
    case Report::kValue:
      break;
  }
  return fmt::format("{:.2f}\n", table.all.values[0]);
}

void run(const Options& options) {
  if (options.report == Report::kValue && options.metrics.size() != 1) {
    throw UsageError("--value prints one number: name one metric with --metrics");
  }
  check_files(options);
  const predictor::Predictor predictor(options.model, options.load);
  check_marks(predictor, options.pairs.marks);
  check_label_options(options, predictor);
  metrics::EvaluateOptions evaluate_options;
  evaluate_options.labels = label_options(options, predictor);
  report_precision("attend evaluate", predictor.precision());
  text::OutputFile target(options.target);
  SideFile curve(options.curve), confusion(options.confusion), reliability(options.reliability);
  const EvaluatedPairs evaluated = evaluate_pairs(
      predictor, options.pairs.files(), options.predict, options.errors, "attend evaluate",
      options.fit_temperature ? Probabilities::kKept : Probabilities::kDropped);
  const metrics::BucketTable table = metrics::tabulate(
      metrics_for(predictor.text(), options.metrics), evaluated.hypotheses, evaluated.references,
      evaluated.source_lengths, options.edges, evaluate_options);
  std::optional<LabelReport> labels;
  if (answers_with_labels(predictor)) {
    labels = report_labels(evaluated, predictor, evaluate_options.labels);
    if (options.fit_temperature) labels->fitted = fit(evaluated, predictor);
  }
  target.write(result_text(options, table, labels));
  curve.write([&] { return draw_curve(table); });
  confusion.write(
      [&] { return confusion_bytes(*labels, matrix_form("--confusion", options.confusion)); });
  reliability.write([&] { return reliability_svg(*labels); });
  if (options.fit_temperature) {
    if (const std::string notice = metrics::limit_notice(*labels->fitted); !notice.empty()) {
      print_message(fmt::format("attend evaluate: {}\n", notice));
    }
    model::save_temperature(options.model, predictor.text(), predictor.weights().precision(),
                            labels->fitted->temperature);
  }
  target.commit();
  for (SideFile* file : {&curve, &confusion, &reliability}) file->commit();
}

}  // namespace

void add_evaluate(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("evaluate", "metrics on a test file");
  add_model_option(*command, options->model);
  add_pair_options(*command, options->pairs);
  add_marks_options(*command, options->pairs.marks);
  add_metrics_option(*command, options->metrics);
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
                                  "fit the temperature of a model of labels on these pairs and "
                                  "store it in its folder")
                       ->excludes(value);
  command->add_option("-o,--output", options->target, "result; -: standard output")
      ->type_name("FILE")
      ->check(not_empty())
      ->capture_default_str();
  add_search_options(*command, options->predict);
  add_long_sources_option(*command, options->predict, LongSourceChoices::kCutSkipSplit);
  add_strict_option(*command, options->errors);
  add_load_options(*command, options->load);
  fit_flag->excludes(command->get_option("--shortlist"));
  command->callback([options] { run(*options); });
}

}  // namespace attend::commands

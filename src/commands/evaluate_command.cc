// attend evaluate: computes metrics on a test file, as a whole and by source length.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/evaluation.h"
#include "metrics/metrics.h"
#include "view/view.h"

namespace attend::commands {
namespace {

using Json = nlohmann::ordered_json;

enum class Report { kTable, kJson, kValue };

struct Options {
  std::string model, target = "-", curve;
  std::vector<metrics::Metric> metrics;
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

std::string format_json(const metrics::BucketTable& table) {
  Json json = row_json(table, table.all);
  for (const auto& row : table.buckets) {
    json["by_source_length"][row.name] = row_json(table, row);
  }
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

void run(const Options& options) {
  if (options.report == Report::kValue && options.metrics.size() != 1) {
    throw UsageError("--value prints one number: name one metric with --metrics");
  }
  check_distinct("--output", options.target, "--curve", options.curve);
  check_svg("--curve", options.curve);
  const predictor::Predictor predictor(options.model, options.load);
  check_marks(predictor, options.pairs.marks);
  report_precision("attend evaluate", predictor.precision());
  text::OutputFile target(options.target);
  std::optional<AtomicFile> curve;
  if (!options.curve.empty()) curve.emplace(options.curve);
  const EvaluatedPairs evaluated = evaluate_pairs(predictor, options.pairs.files(), options.predict,
                                                  options.errors, "attend evaluate");
  const metrics::BucketTable table =
      metrics::tabulate(metrics_for(predictor.text(), options.metrics), evaluated.hypotheses,
                        evaluated.references, evaluated.source_lengths, options.edges);
  switch (options.report) {
    case Report::kTable:
      target.write(format_table(table));
      break;
    case Report::kJson:
      target.write(format_json(table));
      break;
    case Report::kValue:
      target.write(fmt::format("{:.2f}\n", table.all.values[0]));
      break;
  }
  if (curve) curve->write(draw_curve(table));
  if (curve) curve->flush();  // a full disk is noticed before either file appears
  target.commit();
  if (curve) curve->commit();
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
  auto* json = command->add_flag_callback(
      "--json", [options] { options->report = Report::kJson; }, "one JSON object");
  command
      ->add_flag_callback(
          "--value", [options] { options->report = Report::kValue; }, "only the number")
      ->excludes(json);
  command->add_option("--curve", options->curve, "first metric by source length as SVG")
      ->type_name("FILE")
      ->check(not_empty());
  command->add_option("-o,--output", options->target, "result; -: standard output")
      ->type_name("FILE")
      ->check(not_empty())
      ->capture_default_str();
  add_search_options(*command, options->predict);
  add_long_sources_option(*command, options->predict, LongSourceChoices::kCutSkipSplit);
  add_strict_option(*command, options->errors);
  add_load_options(*command, options->load);
  command->callback([options] { run(*options); });
}

}  // namespace attend::commands

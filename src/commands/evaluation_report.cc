#include "commands/evaluation_report.h"

#include <fmt/format.h>

#include "base/base.h"
#include "view/view.h"

namespace attend::commands {
namespace {

using Json = nlohmann::ordered_json;
using metrics::BootstrapScores;
using metrics::BucketTable;

BootstrapReport report_bootstrap(std::span<const metrics::NamedMetric> system,
                                 std::span<const metrics::NamedMetric> baseline,
                                 std::size_t examples, const metrics::BootstrapOptions& options) {
  const auto values = [](std::span<const metrics::NamedMetric> metrics) {
    std::vector<metrics::CorpusMetric> result;
    for (const metrics::NamedMetric& metric : metrics) result.push_back(metric.value);
    return result;
  };
  BootstrapReport report{options, {}, {}};
  if (baseline.empty()) {
    report.system = metrics::bootstrap(values(system), examples, options);
    return report;
  }
  report.paired = metrics::paired_bootstrap(values(system), values(baseline), examples, options);
  for (const metrics::PairedBootstrap& one : report.paired) report.system.push_back(one.system);
  return report;
}

// ------------------------------------------------------------------------------------- text ---

using Metrics = std::vector<metrics::Metric>;  // [columns]

std::string format_row(const Metrics& columns, const BucketTable::Row& row) {
  std::string line = fmt::format("{:<12}{:>10}", row.name, row.examples);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    line += fmt::format("{:>22.{}f}", row.values[i], metrics::metric_decimals(columns[i]));
  }
  return line + "\n";
}

std::string format_table(const Metrics& columns, const BucketTable& table) {
  std::string text = fmt::format("{:<12}{:>10}", "length", "examples");
  for (const std::string& name : table.metrics) text += fmt::format("{:>22}", name);
  text += "\n";
  for (const auto& row : table.buckets) text += format_row(columns, row);
  return text + format_row(columns, table.all);
}

// Returns a number in a column of the table, or a hyphen where samples say nothing about a metric.
std::string sample_cell(metrics::Metric column, double value, int decimals) {
  return metrics::has_interval(column) ? fmt::format("{:>22.{}f}", value, decimals)
                                       : fmt::format("{:>22}", "-");
}

std::string score_line(const std::string& name, const Metrics& columns,
                       const std::vector<BootstrapScores>& scores) {
  std::string line = fmt::format("{:<22}", name);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    line += fmt::format("{:>22.{}f}", scores[i].score, metrics::metric_decimals(columns[i]));
  }
  return line + "\n";
}

std::string sample_line(const std::string& name, const Metrics& columns,
                        const std::vector<BootstrapScores>& scores,
                        double BootstrapScores::*field) {
  std::string line = fmt::format("{:<22}", name);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    line += sample_cell(columns[i], scores[i].*field, metrics::metric_decimals(columns[i]));
  }
  return line + "\n";
}

std::string p_value_line(const Metrics& columns,
                         const std::vector<metrics::PairedBootstrap>& paired) {
  std::string line = fmt::format("{:<22}", "p-value");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    line += sample_cell(columns[i], paired[i].p_value, 4);
  }
  return line + "\n";
}

std::string sample_lines(const std::string& prefix, std::size_t samples, const Metrics& columns,
                         const std::vector<BootstrapScores>& scores) {
  const auto line = [&](const std::string& name, double BootstrapScores::*field) {
    return sample_line(prefix + name, columns, scores, field);
  };
  return line(fmt::format("mean of {}", samples), &BootstrapScores::mean) +
         line("95 % from", &BootstrapScores::low) + line("95 % to", &BootstrapScores::high);
}

std::string format_bootstrap(const Metrics& columns, const BootstrapReport& report) {
  const std::size_t samples = report.options.samples;
  const std::string settings =
      fmt::format("bootstrap: {} samples, seed {}\n", samples, report.options.seed);
  if (report.paired.empty()) return sample_lines("", samples, columns, report.system) + settings;
  const auto lines_of = [&](const std::string& name, const std::vector<BootstrapScores>& scores) {
    return score_line(name, columns, scores) + sample_lines("  ", samples, columns, scores);
  };
  std::vector<BootstrapScores> baseline;
  for (const metrics::PairedBootstrap& one : report.paired) baseline.push_back(one.baseline);
  return lines_of("system", report.system) + lines_of("baseline", baseline) +
         p_value_line(columns, report.paired) + settings;
}

// ------------------------------------------------------------------------------------- JSON ---

Json row_json(const BucketTable& table, const BucketTable::Row& row) {
  Json json{{"examples", row.examples}};
  for (std::size_t i = 0; i < row.values.size(); ++i) json[table.metrics[i]] = row.values[i];
  return json;
}

Json scores_json(metrics::Metric metric, const BootstrapScores& scores) {
  if (!metrics::has_interval(metric)) return {{"score", scores.score}};
  return {
      {"score", scores.score}, {"mean", scores.mean}, {"low", scores.low}, {"high", scores.high}};
}

Json bootstrap_json(const Metrics& columns, const BootstrapReport& report) {
  Json json{{"samples", report.options.samples}, {"seed", report.options.seed}};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    Json one = scores_json(columns[i], report.system[i]);
    if (!report.paired.empty()) {
      one["baseline"] = scores_json(columns[i], report.paired[i].baseline);
      if (metrics::has_interval(columns[i])) one["p_value"] = report.paired[i].p_value;
    }
    json["metrics"][std::string(metrics::metric_name(columns[i]))] = std::move(one);
  }
  return json;
}

// sacreBLEU names samples and seed behind the number of references: "nrefs:1|bs:1000|seed:12345|…".
std::string with_samples(std::string signature, const metrics::BootstrapOptions& options) {
  const std::size_t place = signature.find('|');
  if (place == std::string::npos) return signature;
  return signature.insert(place, fmt::format("|bs:{}|seed:{}", options.samples, options.seed));
}

}  // namespace

EvaluationReport report_evaluation(std::span<const metrics::Metric> wanted,
                                   const EvaluatedPairs& evaluated,
                                   const std::vector<std::size_t>& edges,
                                   const metrics::EvaluateOptions& options,
                                   const std::optional<metrics::BootstrapOptions>& samples) {
  const auto prepare = [&](std::span<const metrics::Segment> hypotheses) {
    return metrics::prepare(wanted, hypotheses, evaluated.references, options);
  };
  const std::size_t examples = evaluated.hypotheses.size();
  const std::vector<metrics::NamedMetric> system = prepare(evaluated.hypotheses);
  EvaluationReport report;
  report.metrics.assign(wanted.begin(), wanted.end());
  report.table = evaluated.source_lengths.empty()
                     ? metrics::tabulate(system, examples)
                     : metrics::tabulate(system, evaluated.source_lengths, edges);
  for (const metrics::Metric metric : wanted) {
    std::string signature = metrics::metric_signature(metric, evaluated.references, options);
    report.signatures.push_back(samples ? with_samples(std::move(signature), *samples) : signature);
  }
  if (samples) {
    std::vector<metrics::NamedMetric> baseline;
    if (!evaluated.baseline.empty()) baseline = prepare(evaluated.baseline);
    report.bootstrap = report_bootstrap(system, baseline, examples, *samples);
  }
  return report;
}

std::string format_evaluation(const EvaluationReport& report) {
  std::string text = format_table(report.metrics, report.table);
  if (report.bootstrap) text += format_bootstrap(report.metrics, *report.bootstrap);
  for (std::size_t i = 0; i < report.signatures.size(); ++i) {
    if (report.signatures[i].empty()) continue;
    text += fmt::format("{}: {}\n", report.table.metrics[i], report.signatures[i]);
  }
  return text;
}

Json evaluation_json(const EvaluationReport& report) {
  const BucketTable& table = report.table;
  Json json = row_json(table, table.all);
  for (std::size_t i = 0; i < report.signatures.size(); ++i) {
    if (!report.signatures[i].empty()) json["signatures"][table.metrics[i]] = report.signatures[i];
  }
  if (report.bootstrap) json["bootstrap"] = bootstrap_json(report.metrics, *report.bootstrap);
  for (const auto& row : table.buckets) {
    json["by_source_length"][row.name] = row_json(table, row);
  }
  return json;
}

std::string draw_by_length(const BucketTable& table) {
  std::vector<view::Bar> bars;
  for (const auto& row : table.buckets) bars.push_back({row.name, row.values[0], row.examples});
  view::BarOptions options;
  options.title = fmt::format("{} by source length", table.metrics[0]);
  options.x_title = "source length";
  options.y_title = table.metrics[0];
  return view::draw_bars(bars, options);
}

}  // namespace attend::commands

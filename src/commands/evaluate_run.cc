// The parts that both ways of evaluating share, and the evaluation of predictions in a file.
#include "commands/evaluate_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "commands/hypotheses.h"

namespace attend::commands {
namespace {

HypothesisFiles hypothesis_files(const EvaluationRequest& request) {
  HypothesisFiles files;
  files.hypotheses = request.hypotheses;
  files.files = request.files;
  files.references = request.references;
  if (!request.pairs.target.empty()) {
    files.references.insert(files.references.begin(), request.pairs.target);
  }
  files.source = request.pairs.source;
  files.baseline = request.bootstrap.baseline;
  files.columns = request.pairs.columns;
  return files;
}

// Returns the labels that are left out of averages. Throws UsageError for one that no text has, and
// where no metric has an average.
metrics::LabelScoreOptions label_options(const EvaluationRequest& request,
                                         std::span<const metrics::Metric> wanted,
                                         const EvaluatedPairs& evaluated) {
  metrics::LabelScoreOptions result;
  if (request.ignored.empty()) return result;
  const bool averages = std::any_of(wanted.begin(), wanted.end(), [](metrics::Metric metric) {
    return metric == metrics::Metric::kMacroF1 || metric == metrics::Metric::kMicroF1;
  });
  if (!averages) {
    throw UsageError("--ignore-label: only macro_f1 and micro_f1 (--metrics) leave labels out");
  }
  std::vector<metrics::Segment> ignored;
  for (const std::string& label : request.ignored) {
    ignored.push_back(metrics::plain_segment(label));
  }
  result.ignored = metrics::comparable_texts(ignored);
  std::set<std::string> known;
  const auto add = [&](std::span<const metrics::Segment> segments) {
    for (std::string& text : metrics::comparable_texts(segments)) known.insert(std::move(text));
  };
  add(evaluated.hypotheses);
  for (const auto& list : evaluated.references) add(list);
  for (std::size_t i = 0; i < result.ignored.size(); ++i) {
    if (known.contains(result.ignored[i])) continue;
    throw UsageError(
        fmt::format("--ignore-label: neither the predictions nor the references have the label "
                    "'{}'",
                    request.ignored[i]));
  }
  return result;
}

}  // namespace

std::string result_text(const EvaluationRequest& request, const EvaluationReport& report,
                        const std::optional<LabelReport>& labels,
                        const std::optional<LineConfidence>& confidence) {
  switch (request.output) {
    case EvaluationOutput::kTable:
      return format_evaluation(report) + (labels ? format_labels(*labels) : "") +
             (confidence ? format_confidence(*confidence) : "");
    case EvaluationOutput::kJson: {
      nlohmann::ordered_json json = evaluation_json(report);
      if (labels) add_labels(json, *labels);
      if (confidence) add_confidence(json, *confidence);
      return json.dump() + "\n";
    }
    case EvaluationOutput::kValue:
      break;
  }
  return fmt::format("{:.{}f}\n", report.table.all.values[0],
                     metrics::metric_decimals(report.metrics[0]));
}

std::optional<metrics::BootstrapOptions> samples_of(const EvaluationRequest& request) {
  if (!request.bootstrap.wanted()) return std::nullopt;
  return request.bootstrap.options();
}

void evaluate_files(const EvaluationRequest& request, bool lengths_wanted) {
  const HypothesisFiles files = hypothesis_files(request);
  const bool sources = !files.source.empty() || !files.columns.source.empty();
  if (!sources && (lengths_wanted || !request.curve.empty())) {
    throw UsageError(fmt::format(
        "{}: the lengths of the sources are unknown: give --source FILE or --source-column N",
        lengths_wanted ? "--lengths" : "--curve"));
  }
  text::OutputFile target(request.target);
  SideFile curve(request.curve);
  const EvaluatedPairs evaluated = read_hypotheses(files);
  const std::vector<metrics::Metric> wanted = metrics_of_files(request.metrics);
  metrics::EvaluateOptions how =
      evaluate_options(request.metric_options, wanted, evaluated.references, "attend evaluate");
  how.form = metrics::TextForm::kRaw;
  how.labels = label_options(request, wanted, evaluated);
  const EvaluationReport report =
      report_evaluation(wanted, evaluated, request.edges, how, samples_of(request));
  target.write(result_text(request, report, std::nullopt, std::nullopt));
  curve.write([&] { return draw_by_length(report.table); });
  target.commit();
  curve.commit();
}

}  // namespace attend::commands

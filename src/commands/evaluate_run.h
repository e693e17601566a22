// What `attend evaluate` does when its options were read: it evaluates a model, or predictions in a
// file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/confidence.h"
#include "commands/evaluation_report.h"
#include "commands/label_report.h"
#include "commands/metric_options.h"
#include "commands/target_options.h"
#include "metrics/metrics.h"
#include "predictor/predictor.h"

namespace attend::commands {

enum class EvaluationOutput { kTable, kJson, kValue };

/// The options of the command.
struct EvaluationRequest {
  std::vector<std::string> models;
  TargetOptions asked;
  std::string target = "-", curve, confusion, reliability;  // files to write
  std::string hypotheses;               // a file of predictions; empty: those of the models
  std::vector<std::string> files;       // a TSV of pairs, or files of references
  std::vector<std::string> references;  // files of further references
  std::vector<metrics::Metric> metrics;
  MetricOptions metric_options;
  BootstrapChoice bootstrap;
  std::vector<std::string> ignored;  // labels
  bool fit_temperature = false;
  PairFiles pairs;
  PredictOptions predict;
  std::vector<std::size_t> edges = metrics::default_length_edges();
  EvaluationOutput output = EvaluationOutput::kTable;
  LoadOptions load;
  LineErrors errors = LineErrors::kGoOn;
};

/// A file that is written besides the result, unless its name is empty. It appears with commit().
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

/// Returns the bootstrap that is asked for, or nothing.
std::optional<metrics::BootstrapOptions> samples_of(const EvaluationRequest& request);

/// Returns the result in the form that is asked for.
std::string result_text(const EvaluationRequest& request, const EvaluationReport& report,
                        const std::optional<LabelReport>& labels,
                        const std::optional<LineConfidence>& confidence);

/// Evaluates the models of the request. `command` tells which options were given. Throws UsageError
/// for options that the models do not fit, and otherwise as evaluate_pairs().
void evaluate_model(const EvaluationRequest& request, const CLI::App& command);
/// Evaluates the predictions in the file of the request. Throws UsageError for options that need
/// sources or labels that the files do not have, and otherwise as read_hypotheses().
void evaluate_files(const EvaluationRequest& request, bool lengths_wanted);

}  // namespace attend::commands

// attend evaluate: computes metrics on a test file, as a whole and by source length, of the
// predictions of a model or of those in a file. For labels it adds a table per class, confusions
// and calibration, and can fit a temperature.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "base/base.h"
#include "commands/evaluate_run.h"
#include "commands/output_files.h"

namespace attend::commands {
namespace {

/// The options of the command line, and those of them that fit --hypotheses.
struct Options {
  EvaluationRequest request;
  std::set<const CLI::Option*> fit_files;
};

std::vector<NamedFile> input_files(const EvaluationRequest& request) {
  std::vector<NamedFile> inputs = named_files(request.pairs);
  for (const std::string& file : request.files) inputs.push_back({"a file of the test", file});
  for (const std::string& file : request.references) inputs.push_back({"--references", file});
  for (const NamedFile& file : named_files(request.load.pictures)) inputs.push_back(file);
  inputs.push_back({"--hypotheses", request.hypotheses});
  inputs.push_back({"--baseline", request.bootstrap.baseline});
  inputs.push_back({"--dictionary", request.asked.dictionary});
  return inputs;
}

void check_files(const EvaluationRequest& request) {
  const std::vector<NamedFile> outputs{{"--output", request.target},
                                       {"--curve", request.curve},
                                       {"--confusion", request.confusion},
                                       {"--reliability", request.reliability}};
  const std::vector<NamedFile> inputs = input_files(request);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    check_kept(inputs, outputs[i]);
    for (std::size_t j = i + 1; j < outputs.size(); ++j) {
      check_distinct(outputs[i].flag, outputs[i].file, outputs[j].flag, outputs[j].file);
    }
  }
  check_svg("--curve", request.curve);
  check_svg("--reliability", request.reliability);
  if (!request.confusion.empty()) matrix_form("--confusion", request.confusion);
}

// Throws UsageError for an option that needs a model.
void refuse_model_options(const CLI::App& command, const Options& options) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0 || options.fit_files.contains(option)) continue;
    throw UsageError(fmt::format("{}: --hypotheses scores predictions in a file, without a model",
                                 option->get_name()));
  }
}

void check_request(const EvaluationRequest& request) {
  metrics::bucket_by_length({}, request.edges);  // refuses wrong edges before the prediction
  if (request.output == EvaluationOutput::kValue) {
    if (request.metrics.size() != 1) {
      throw UsageError("--value prints one number: name one metric with --metrics");
    }
    if (request.bootstrap.wanted()) {
      throw UsageError(fmt::format("--value prints one number, and nothing of {}",
                                   request.bootstrap.samples ? "--bootstrap" : "--baseline"));
    }
  }
  check_metric_options(request.metric_options);
  check_bootstrap(request.bootstrap);
  check_files(request);
}

void run(const Options& options, const CLI::App& command) {
  const EvaluationRequest& request = options.request;
  check_request(request);
  if (request.hypotheses.empty()) {
    if (request.models.empty()) {
      throw UsageError("--model is required, or --hypotheses FILE with predictions (see --help)");
    }
    check_models(command, request.models);
    return evaluate_model(request, command);
  }
  refuse_model_options(command, options);
  evaluate_files(request, command.get_option("--lengths")->count() > 0);
}

// Adds options that fit --hypotheses too.
void add_fitting(CLI::App& command, Options& options, const std::function<void()>& add) {
  const std::size_t before = command.get_options().size();
  add();
  const std::vector<CLI::Option*> all = command.get_options();
  options.fit_files.insert(all.begin() + static_cast<std::ptrdiff_t>(before), all.end());
}

void add_input_options(CLI::App& command, EvaluationRequest& request) {
  command
      .add_option("files", request.files,
                  "TSV of source and target; with --hypotheses: files of references, one a line; "
                  "-: standard input")
      ->type_name("FILE")
      ->check(not_empty());
  add_parallel_options(command, request.pairs);
  add_reference_column_option(command, request.pairs.columns.references);
  command
      .add_option("--references", request.references,
                  "further references, one a line; may be repeated; an empty line is none")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->check(not_empty());
  command
      .add_option("--hypotheses", request.hypotheses,
                  "score the predictions in this file, one a line, without a model")
      ->type_name("FILE")
      ->check(not_empty());
}

void add_scoring_options(CLI::App& command, EvaluationRequest& request) {
  add_metrics_option(command, request.metrics);
  add_metric_options(command, request.metric_options);
  add_bootstrap_options(command, request.bootstrap);
  command.add_option("--lengths", request.edges, "longest source lengths of the table's rows")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(whole_number())
      ->type_name("N,…");
  command
      .add_option("--ignore-label", request.ignored,
                  "label left out of macro and micro F1; may be repeated")
      ->type_name("LABEL")
      ->allow_extra_args(false)
      ->check(not_empty());
  auto* json = command.add_flag_callback(
      "--json", [&request] { request.output = EvaluationOutput::kJson; }, "one JSON object");
  command
      .add_flag_callback(
          "--value", [&request] { request.output = EvaluationOutput::kValue; }, "only the number")
      ->excludes(json);
  command.add_option("--curve", request.curve, "first metric by source length as SVG")
      ->type_name("FILE")
      ->check(not_empty());
}

void add_label_options(CLI::App& command, EvaluationRequest& request) {
  command
      .add_option("--confusion", request.confusion,
                  "confusion matrix of labels as .tsv, .svg or .png")
      ->type_name("FILE")
      ->check(not_empty());
  command
      .add_option("--reliability", request.reliability,
                  "how often labels are right, by their probability, as SVG")
      ->type_name("FILE")
      ->check(not_empty());
  command
      .add_flag("--fit-temperature", request.fit_temperature,
                "fit the temperature of labels, or of the confidence of whole "
                "predictions, on these pairs and store it in the model's folder")
      ->excludes(command.get_option("--value"));
}

}  // namespace

void add_evaluate(CLI::App& program) {
  auto options = std::make_shared<Options>();
  EvaluationRequest& request = options->request;
  CLI::App* command = program.add_subcommand(
      "evaluate", "metrics on a test file, of a model or of predictions in a file");
  const auto fitting = [&](const std::function<void()>& add) {
    add_fitting(*command, *options, add);
  };
  add_models_option(*command, request.models, request.load);
  command->get_option("--model")->required(false);
  fitting([&] { add_input_options(*command, request); });
  options->fit_files.erase(command->get_option("--format"));
  add_marks_options(*command, request.pairs.marks);
  fitting([&] { add_scoring_options(*command, request); });
  add_label_options(*command, request);
  fitting([&] {
    command->add_option("-o,--output", request.target, "result; -: standard output")
        ->type_name("FILE")
        ->check(not_empty())
        ->capture_default_str();
  });
  add_search_options(*command, request.predict);
  add_target_options(*command, request.asked, request.predict);
  add_long_sources_option(*command, request.predict, LongSourceChoices::kCutSkipSplit);
  fitting([&] { add_strict_option(*command, request.errors); });
  add_load_options(*command, request.load);
  command->get_option("--fit-temperature")->excludes(command->get_option("--shortlist"));
  command->callback([options, command] { run(*options, *command); });
}

}  // namespace attend::commands

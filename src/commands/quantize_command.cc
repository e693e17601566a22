// attend quantize: writes a model folder with rounded weights, which is smaller and faster, and
// measures the loss of quality.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/evaluation.h"
#include "commands/model_labels.h"
#include "metrics/metrics.h"

namespace attend::commands {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string model, target, dev;
  text::PairColumns columns;
  text::PairFormat format = text::PairFormat::kOpen;
  std::vector<metrics::Metric> metrics;
  std::string precision = std::string(precision_name(Precision::kInt8));
  PredictOptions predict;
  LoadOptions load;  // of both models: where pictures lie
};

// Throws UsageError where the target folder must not be written: a model in training must not be
// replaced by one that cannot continue training, and other files must not be mixed with a model's.
void check_target(const Options& options) {
  std::error_code error;
  const fs::path source = options.model, target = options.target;
  if (fs::weakly_canonical(fs::absolute(source, error), error) ==
      fs::weakly_canonical(fs::absolute(target, error), error)) {
    throw UsageError(fmt::format("--output {} is the model itself", options.target));
  }
  for (const char* name : {"checkpoint", "metrics.jsonl"}) {
    if (fs::exists(target / name, error)) {
      throw UsageError(
          fmt::format("--output {} holds a model that was trained there", options.target));
    }
  }
  if (fs::is_directory(target, error) && !fs::is_empty(target, error) &&
      !fs::exists(target / "config.yml", error)) {
    throw UsageError(fmt::format("--output {} holds files that are no model's", options.target));
  }
}

text::CorpusFiles dev_files(const Options& options) {
  return {options.dev, "", "", {}, options.columns, options.format};
}

struct Evaluated {
  std::vector<double> values;  // one for each metric
  double seconds = 0;          // of prediction
};

Evaluated evaluate(const Predictor& predictor, const Options& options,
                   const std::vector<metrics::Metric>& wanted, const std::string& name) {
  const EvaluatedPairs pairs =
      evaluate_pairs(predictor, dev_files(options), options.predict, LineErrors::kGoOn,
                     fmt::format("attend quantize: {}", name));
  const metrics::BucketTable table =
      metrics::tabulate(wanted, pairs.hypotheses, pairs.references, pairs.source_lengths,
                        metrics::default_length_edges(), metrics::options_for(pairs.references));
  return {table.all.values, pairs.seconds};
}

std::string describe_sizes(const Options& options) {
  const auto before = static_cast<double>(model::weights_size(options.model));
  const auto after = static_cast<double>(model::weights_size(options.target));
  return fmt::format("{:<18}{:>12}{:>12}{:>14}\n{:<18}{:>12.3f}{:>12.3f}{:>13.2f}x\n", "",
                     "float32", options.precision, "", "megabytes", before / 1e6, after / 1e6,
                     before / after);
}

std::string compare(const Options& options, const std::vector<metrics::Metric>& wanted) {
  const Evaluated before =
      evaluate(Predictor(options.model, options.load), options, wanted, "float32");
  const Evaluated after =
      evaluate(Predictor(options.target, options.load), options, wanted, options.precision);
  std::string report;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const int decimals = metrics::metric_decimals(wanted[i]);
    report += fmt::format("{:<18}{:>12.{}f}{:>12.{}f}{:>+14.{}f}\n",
                          metrics::metric_name(wanted[i]), before.values[i], decimals,
                          after.values[i], decimals, after.values[i] - before.values[i], decimals);
  }
  return report + fmt::format("{:<18}{:>12.3f}{:>12.3f}{:>13.2f}x\n", "seconds", before.seconds,
                              after.seconds, before.seconds / after.seconds);
}

// Throws DataError for a file that cannot be read to its end and for one without any pair. Returns
// the format of its lines.
text::PairFormat check_pairs(const Options& options, const model::ModelText& model) {
  text::PairReader reader(dev_files(options), text::BlankSides::kBoth);
  find_labels(reader, model, "attend quantize");
  text::Pair pair;
  std::size_t count = 0;
  while (true) {
    try {
      if (!reader.next(pair)) break;
      count += text::is_blank(pair.source) && text::is_blank(pair.target) ? 0 : 1;
    } catch (const text::BadLine&) {
      // Evaluation will leave this line out and name it.
    }
  }
  if (count == 0) throw DataError(options.dev, 0, "no pair to evaluate");
  return reader.format();
}

void run(Options options) {
  check_target(options);
  // Everything that can fail is tried before anything is written.
  const model::Model model = model::load(options.model);
  if (!options.dev.empty() && options.dev != "-") {
    options.format = check_pairs(options, model.text);
    if (options.columns.any()) options.columns = options.columns.complete();  // told once
  }
  const Precision precision = parse_precision(options.precision);
  if (model.weights.precision() != Precision::kFloat32) {
    throw ModelError(fmt::format("{}: its weights are {} already: quantize the model it came from",
                                 options.model, precision_name(model.weights.precision())));
  }
  model::save_rounded(options.target, model.text, model.weights.rounded(precision));
  std::error_code none;
  if (fs::exists(model::shortlist_file(options.model), none)) {
    model::Shortlist::load(model::shortlist_file(options.model), model.text.sizes())
        .save(model::shortlist_file(options.target));
  } else {
    fs::remove(model::shortlist_file(options.target), none);  // of a model that was here before
  }
  report_precision("attend quantize", precision);
  std::string report = describe_sizes(options);
  if (!options.dev.empty()) report += compare(options, metrics_for(model.text, options.metrics));
  write_file("-", report);
}

}  // namespace

void add_quantize(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("quantize", "a smaller, faster model folder with rounded weights");
  add_model_option(*command, options->model);
  command->add_option("-o,--output", options->target, "model folder to write")
      ->required()
      ->type_name("FOLDER")
      ->check(not_empty());
  command->add_option("--precision", options->precision, "of the weights")
      ->check(CLI::IsMember({"int8", "bfloat16"}))
      ->option_text("int8|bfloat16")
      ->capture_default_str();
  command->add_option("--dev", options->dev, "TSV of pairs: report metrics before and after")
      ->type_name("FILE")
      ->check(not_empty());
  add_column_options(*command, options->columns, options->format);
  add_metrics_option(*command, options->metrics);
  add_search_options(*command, options->predict);
  add_picture_options(*command, options->load.pictures);
  command->callback([options] { run(*options); });
}

}  // namespace attend::commands

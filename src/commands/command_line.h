// What the commands share. Each file of this folder is one command: its options, a call, an exit
// code.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/lines.h"
#include "predictor/predictor.h"
#include "text/text.h"

namespace attend::commands {

// Each adds its subcommand to the program.
void add_align(CLI::App& program);
void add_dates(CLI::App& program);
void add_evaluate(CLI::App& program);
void add_info(CLI::App& program);
void add_predict(CLI::App& program);
void add_presets(CLI::App& program);
void add_quantize(CLI::App& program);
void add_score(CLI::App& program);
void add_shortlist(CLI::App& program);
void add_show(CLI::App& program);

/// A message with its control characters escaped, so that it stays one line.
std::string one_line(std::string_view message);

/// What a program does before anything else: standard streams that are closed stay so, and signals
/// leave no temporary file.
void start_program();

/// Calls `body` and turns every exception into one line on stderr and an exit code
/// (docs/commands.md). Control characters in it are escaped, so that it stays one line. Says too
/// when there is not enough memory, and needs none for that: `body` should hold two pointers at
/// most, for which std::function allocates nothing.
int guarded(std::string_view program, const std::function<int()>& body);

/// Parses and runs; CLI11's own errors become exit code 2 in the same form.
int parse_and_run(CLI::App& program, int argc, char** argv);

/// -m, --model
void add_model_option(CLI::App& command, std::string& folder);

/// A TSV as the first argument, or --source and --target.
struct PairFiles {
  std::string tsv, source, target;
  /// UsageError unless exactly one form is there.
  text::CorpusFiles files() const;
};
void add_pair_options(CLI::App& command, PairFiles& files);

/// Options of decoding: beam, longest targets and sources, and those of add_batch_options().
void add_search_options(CLI::App& command, predictor::PredictOptions& options);
/// Length normalisation, longest sources, threads, batch.
void add_batch_options(CLI::App& command, predictor::PredictOptions& options);
/// --long-sources, for commands that can answer a source in parts or only cut and skip it.
enum class LongSourceChoices { kCutSkip, kCutSkipSplit };
void add_long_sources_option(CLI::App& command, predictor::PredictOptions& options,
                             LongSourceChoices choices);
/// --strict, for commands that answer lines.
void add_strict_option(CLI::App& command, LineErrors& errors);

/// --precision and --shortlist: how a model is loaded.
void add_load_options(CLI::App& command, predictor::LoadOptions& options);
/// Tells on stderr when this processor is slow with it.
void report_precision(std::string_view command, Precision precision);

/// For options: digits only. CLI11 by itself takes -1 for the largest number.
CLI::Validator whole_number();
/// For options: a number from `low` to `high`. CLI11's Range takes nan.
CLI::Validator number_between(double low, double high);
/// For names of files and folders.
CLI::Validator not_empty();

/// An option whose values are names, in either case; any other name is wrong usage. `value` gets
/// what stands beside the name.
template <class Value>
CLI::Option* add_choice(CLI::App& command, const std::string& flag, Value& value,
                        const std::vector<std::pair<std::string, Value>>& choices,
                        const std::string& description) {
  std::vector<std::string> names;
  std::string text;
  for (const auto& [name, unused] : choices) {
    names.push_back(name);
    text += (text.empty() ? "" : "|") + name;
  }
  const auto take = [&value, choices](const std::string& name) {
    for (const auto& [known, one] : choices) {
      if (known == name) value = one;
    }
  };
  return command.add_option_function<std::string>(flag, take, description)
      ->transform(CLI::IsMember(names, CLI::ignore_case))
      ->option_text(text);
}

/// UsageError for a picture whose name does not end in .svg; "-" and devices have no such names.
void check_svg(std::string_view flag, const std::string& file);
/// UsageError when two options name one file to write.
void check_distinct(std::string_view flag, const std::string& file, std::string_view other_flag,
                    const std::string& other_file);

/// Pharaoh links "0-0 1-2" of a prediction.
std::string pharaoh(const predictor::Prediction& prediction);

using WriteText = std::function<void(std::string_view)>;

/// One JSON object and a line feed, in pieces: source, predictions with byte spans, links,
/// alignment matrix; `problem` or `withheld_probability` where that is why there are none
/// (ARCHITECTURE.md). The answer must have kept its alignments.
void write_json(const predictor::Answer& answer, const WriteText& write);

}  // namespace attend::commands

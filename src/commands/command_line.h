// Functions that the commands share. Every *_command.cc of this folder is one command: its options,
// a call, an exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attend/attend.hpp"
#include "commands/lines.h"
#include "text/text.h"

namespace attend::commands {

// Each of these adds its subcommand to the program.
void add_align(CLI::App& program);
void add_annotate(CLI::App& program);
void add_dates(CLI::App& program);
void add_evaluate(CLI::App& program);
void add_gaze(CLI::App& program);
void add_info(CLI::App& program);
void add_models(CLI::App& program);
void add_predict(CLI::App& program);
void add_presets(CLI::App& program);
void add_quantize(CLI::App& program);
void add_scenes(CLI::App& program);
void add_score(CLI::App& program);
void add_shortlist(CLI::App& program);
void add_show(CLI::App& program);

/// Returns a message with its control characters escaped, so that it stays on one line.
std::string one_line(std::string_view message);

/// Returns a number with `digits` digits after the point. Where all of them are 0 it has no sign:
/// the logarithm of a probability of 1 may be −0.
std::string fixed(double value, int digits);

/// Call this before anything else in a program. Standard streams that are closed stay closed, and
/// signals leave no temporary file.
void start_program();

/// Calls `body` and turns every exception into one line on stderr and an exit code
/// (docs/commands.md). Control characters are escaped, so that the message stays on one line.
/// Reports a lack of memory too, and needs no memory for this if `body` holds at most two pointers,
/// for which std::function allocates nothing.
int guarded(std::string_view program, const std::function<int()>& body);

/// Parses the arguments and runs the command. CLI11's own errors become exit code 2, in the form of
/// all other errors.
int parse_and_run(CLI::App& program, int argc, char** argv);

/// Adds -m, --model.
void add_model_option(CLI::App& command, std::string& folder);

/// Adds --allowed-column and --span-markup, which say where attention may look.
void add_marks_options(CLI::App& command, text::SourceMarks& marks);
/// Throws UsageError when marks are asked for and the model does not look at positions, or looks at
/// whole sentences.
void check_marks(const Predictor& predictor, const text::SourceMarks& marks);
/// Returns the option that asks for marks: "--allowed-column" or "--span-markup".
std::string_view marks_option(const text::SourceMarks& marks);

/// The files of pairs on a command line: a TSV as the first argument, or --source and --target.
struct PairFiles {
  std::string tsv, source, target;
  text::SourceMarks marks = {};
  text::PairColumns columns = {};
  text::PairFormat format = text::PairFormat::kOpen;
  /// Throws UsageError unless exactly one form was given.
  text::CorpusFiles files() const;
};
void add_pair_options(CLI::App& command, PairFiles& files);
/// Adds the options of add_pair_options() without its positional argument.
void add_parallel_options(CLI::App& command, PairFiles& files);
/// Adds --reference-column, which says where a line of a TSV has further targets.
void add_reference_column_option(CLI::App& command, text::Columns& columns);
/// Adds an option of columns; messages use the first of its `names`, which commas separate.
void add_columns_option(CLI::App& command, const std::string& names, text::Columns& columns,
                        const std::string& help);
/// Adds --source-column (--text-column), which says where a line has its source.
void add_source_column_option(CLI::App& command, text::Columns& columns);
/// Adds --source-column, --target-column (--label-column) and --format, which say how a line of a
/// TSV holds a pair. add_pair_options() adds them too.
void add_column_options(CLI::App& command, text::PairColumns& columns, text::PairFormat& format);
/// Finds out for a model of labels whether the labels of a TSV come first, where no option says it,
/// and tells on stderr what was found if it is not the usual order. Tells for any model which
/// column a side has that no option names, in lines of several columns. Call it before the first
/// pair is read. `is_label` is empty for other models. UsageError where either column may hold the
/// labels.
void find_labels(text::PairReader& reader, const text::IsLabel& is_label, std::string_view command);
void find_labels(text::PairReader& reader, const Predictor& predictor, std::string_view command);

/// Adds the beam, the longest target for a source (--maximum-ratio), and the options of
/// add_batch_options().
void add_search_options(CLI::App& command, PredictOptions& options);
/// Adds length normalisation, the longest sources and targets, batch size and threads.
void add_batch_options(CLI::App& command, PredictOptions& options);
/// Says which values --long-sources has: some commands cannot answer a source in parts.
enum class LongSourceChoices { kCutSkip, kCutSkipSplit };
void add_long_sources_option(CLI::App& command, PredictOptions& options, LongSourceChoices choices);
/// Adds --strict, for commands that answer lines.
void add_strict_option(CLI::App& command, LineErrors& errors);

/// Adds --images, --image-index, --features and --feature-names, which say where the pictures lie
/// that sources name.
void add_picture_options(CLI::App& command, PictureOptions& options);

/// Adds --precision and --shortlist, which say how a model is loaded.
void add_load_options(CLI::App& command, LoadOptions& options);
/// Prints a notice on stderr when this processor is slow with the precision.
void report_precision(std::string_view command, Precision precision);

/// Accepts digits only. CLI11 itself reads -1 as the largest number.
CLI::Validator whole_number();
/// Accepts a number from `low` to `high`. CLI11's Range accepts nan as well.
CLI::Validator number_between(double low, double high);
/// Accepts names of files and folders that are not empty.
CLI::Validator not_empty();

/// Puts the folder of an installed model in the place of its name.
CLI::Validator installed_model();

/// Adds an option whose values are names, in upper or lower case. Any other name is wrong usage.
/// `value` becomes the value that `choices` gives for the name.
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

/// Returns "the model has no alignment (attention.kind: none)" for a model whose decoder does not
/// look at positions, or an empty text.
std::string lack_of_alignment(const Predictor& predictor);
/// Throws UsageError when the model looks at sentences or at regions of pictures and not at words,
/// which `wanted` needs.
void check_words(const Predictor& predictor, std::string_view wanted);
/// Throws UsageError when the model has no alignment, which `wanted` ("--alignments") needs.
void check_alignment(const Predictor& predictor, std::string_view wanted);

/// Returns LineOptions::chunk_lines for a model: decoded pictures of one chunk take at most 256
/// MiB.
std::size_t lines_together(const Predictor& predictor);

}  // namespace attend::commands

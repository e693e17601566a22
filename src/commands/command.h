// What the commands share. Each file of this folder is one command: its options, a call, an exit
// code.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// What a program does before anything else: standard streams that are closed stay so, and signals
/// leave no temporary file.
void start_program();

/// Calls `body` and turns every exception into one line on stderr and an exit code (README.md).
/// Control characters in it are escaped, so that it stays one line. Says too when there is not
/// enough memory, and needs none for that: `body` should hold two pointers at most, for which
/// std::function allocates nothing.
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

/// Options of decoding: beam, n-best, length normalisation, threads, batch.
void add_search_options(CLI::App& command, predictor::PredictOptions& options);
void add_batch_options(CLI::App& command, predictor::PredictOptions& options);

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

/// Lines read ahead and predicted together.
inline constexpr std::size_t kChunkLines = 2048;

/// A chunk of lines or pairs with the line number of each, for messages.
struct Chunk {
  std::vector<std::string> sources, targets;
  std::vector<std::size_t> line_numbers;
  void clear() { sources.clear(), targets.clear(), line_numbers.clear(); }
};

/// Reads up to `lines`; false when there are none left.
bool read_chunk(text::LineReader& reader, std::size_t lines, Chunk& chunk);
bool read_chunk(text::PairReader& reader, std::size_t lines, Chunk& chunk);

/// DataError (file:line) for the first text of the chunk that a model cannot take: blank, or with
/// units that a vocabulary without <unk> lacks.
void check_chunk(const predictor::Predictor& predictor, const std::string& file,
                 const Chunk& chunk);

/// Counts unknown units, cut sources and cut predictions, and tells of them in one line each at the
/// end.
class Notices {
 public:
  void add(const predictor::Source& source);
  void add(const predictor::Source& source, const predictor::Prediction& best);
  /// Prints to stderr: "attend predict: 3 unknown units in 2 lines: 'ß' (2), 'å' (1)".
  void report(std::string_view command) const;

 private:
  std::map<std::string, std::size_t> unknown_;
  std::size_t unknown_lines_ = 0, cut_lines_ = 0, lines_ = 0, cut_predictions_ = 0;
};

/// Pharaoh links "0-0 1-2" of a prediction.
std::string pharaoh(const predictor::Prediction& prediction);

/// One JSON object, one line: source, predictions with byte spans, links, alignment matrix.
std::string to_json(const predictor::Answer& answer);

}  // namespace attend::commands

// attend predict: one output line for each source line, in order.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <optional>

#include "base/base.h"
#include "commands/command.h"

namespace attend::commands {
namespace {

enum class Format { kText, kJson, kMoses };
enum class AlignmentFormat { kPharaoh, kMatrix };

struct Options {
  std::string model, source = "-", target = "-", alignments;
  predictor::PredictOptions predict;
  Format format = Format::kText;
  AlignmentFormat alignment_format = AlignmentFormat::kPharaoh;
  predictor::LoadOptions load;
  bool line_buffered = false;
};

// text: the n-best texts of one source, separated by tabs. moses: id ||| text ||| features |||
// score.
std::string format_answer(const predictor::Answer& answer, Format format, std::size_t id) {
  if (format == Format::kJson) return to_json(answer) + "\n";
  std::string lines;
  for (const predictor::Prediction& prediction : answer.predictions) {
    if (format == Format::kMoses) {
      lines += fmt::format("{} ||| {} ||| logprob= {:.6f} ||| {:.6f}\n", id, prediction.text,
                           prediction.log_probability, prediction.score);
    } else {
      lines += fmt::format("{}{}", lines.empty() ? "" : "\t", prediction.text);
    }
  }
  return format == Format::kText ? lines + "\n" : lines;
}

// One row a target unit, columns separated by blanks; an empty line ends a sentence.
std::string format_matrix(const predictor::Answer& answer) {
  const predictor::Prediction& best = answer.predictions.front();
  const std::size_t columns = answer.source.columns.size();
  std::string text;
  for (std::size_t i = 0; i < best.units.size(); ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      text += fmt::format("{}{:.6g}", j == 0 ? "" : " ", best.alignment[i * columns + j]);
    }
    text += "\n";
  }
  return text + "\n";
}

void run(const Options& options) {
  if (options.predict.search.n_best > options.predict.search.beam) {
    throw UsageError(fmt::format("--n-best {} is larger than --beam {}",
                                 options.predict.search.n_best, options.predict.search.beam));
  }
  check_distinct("--output", options.target, "--alignments", options.alignments);
  const predictor::Predictor predictor(options.model, options.load);
  report_precision("attend predict", predictor.precision());
  text::LineReader reader(options.source);
  text::OutputFile target(options.target);
  std::optional<text::OutputFile> alignments;
  if (!options.alignments.empty()) alignments.emplace(options.alignments);
  // A person who types wants each answer at once, and so may a program.
  const bool at_once =
      options.line_buffered || (options.source == "-" && isatty(STDIN_FILENO) == 1);
  Notices notices;
  Chunk chunk;
  std::size_t id = 0;
  while (read_chunk(reader, at_once ? 1 : kChunkLines, chunk)) {
    check_chunk(predictor, reader.name(), chunk);
    for (const predictor::Answer& answer : predictor.predict(chunk.sources, options.predict)) {
      notices.add(answer.source, answer.predictions.front());
      target.write(format_answer(answer, options.format, id++));
      if (!alignments) continue;
      alignments->write(options.alignment_format == AlignmentFormat::kPharaoh
                            ? pharaoh(answer.predictions.front()) + "\n"
                            : format_matrix(answer));
    }
    target.flush();
    if (alignments && at_once) alignments->flush();
  }
  if (id == 0) throw DataError(reader.name(), 0, "no line to predict");
  if (alignments) alignments->flush();  // a full disk shows before either file appears
  target.commit();
  if (alignments) alignments->commit();
  notices.report("attend predict");
}

}  // namespace

void add_predict(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("predict", "predict the target of every source line");
  add_model_option(*command, options->model);
  command->add_option("-i,--input", options->source, "sources, one a line; -: standard input")
      ->type_name("FILE")
      ->check(not_empty())
      ->capture_default_str();
  command->add_option("-o,--output", options->target, "predictions; -: standard output")
      ->type_name("FILE")
      ->check(not_empty())
      ->capture_default_str();
  add_search_options(*command, options->predict);
  add_load_options(*command, options->load);
  command->add_option("--n-best", options->predict.search.n_best, "predictions for each source")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_flag("--line-buffered", options->line_buffered,
                    "answer every line before reading the next, as in a terminal");
  add_choice<Format>(*command, "--format", options->format,
                     {{"text", Format::kText}, {"json", Format::kJson}, {"moses", Format::kMoses}},
                     "text | json | moses");
  auto* alignments =
      command->add_option("--alignments", options->alignments, "alignments of the best predictions")
          ->type_name("FILE")
          ->check(not_empty());
  add_choice<AlignmentFormat>(
      *command, "--alignment-format", options->alignment_format,
      {{"pharaoh", AlignmentFormat::kPharaoh}, {"matrix", AlignmentFormat::kMatrix}},
      "pharaoh | matrix")
      ->needs(alignments);
  command->callback([options] { run(*options); });
}

}  // namespace attend::commands

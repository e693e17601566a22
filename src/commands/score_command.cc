// attend score: scores given pairs with a model.
#include <fmt/format.h>

#include <memory>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/output_files.h"
#include "commands/target_options.h"

namespace attend::commands {
namespace {

enum class Wanted { kLogProbability, kJson };

struct Options {
  std::vector<std::string> models;
  LoadOptions load;
  std::string target = "-";
  PairFiles pairs;
  PredictOptions predict;
  Wanted wanted = Wanted::kLogProbability;
  LineErrors errors = LineErrors::kGoOn;
};

void write_answer(const Answer& answer, AnswerKind kind, Wanted wanted, text::OutputFile& target) {
  if (wanted == Wanted::kJson) {
    write_json(answer, kind, [&](std::string_view text) { target.write(text); });
  } else if (answer.predictions.empty()) {
    target.write("\n");
  } else {
    target.write(fixed(answer.predictions.front().log_probability, 6) + "\n");
  }
}

void run(const Options& options) {
  check_kept(named_files(options.pairs), {"--output", options.target});
  text::PairReader reader(options.pairs.files(), text::BlankSides::kBoth);
  const Predictor predictor(options.models, options.load);
  check_marks(predictor, options.pairs.marks);
  find_labels(reader, predictor, "attend score");
  text::OutputFile target(options.target);
  Notices notices("attend score", reader.name());
  PredictOptions predict = options.predict;
  predict.search.alignments =
      options.wanted == Wanted::kLogProbability ? Alignments::kDropped : Alignments::kKept;
  LineOptions line_options;
  line_options.source_units = predictor.info().regions;
  line_options.errors = options.errors;
  line_options.predict = predict;
  line_options.chunk_lines = lines_together(predictor);
  Lines lines(line_options, notices);
  const NamedFile output{"--output", options.target};
  const KeptPictures kept(predictor, options.load.pictures, {&output, 1});
  const std::size_t count = lines.answer_all(
      reader, {[&](const Chunk& chunk) {
                 kept.check(chunk.sources);
                 return predictor.score(chunk.sources, chunk.targets, predict, chunk.allowed);
               },
               [&](const Answer& answer, const Chunk&, std::size_t) {
                 write_answer(answer, predictor.info().answers, options.wanted, target);
               },
               [&] { target.flush(); }});
  if (count == 0) lines.finish();  // there is no answer to keep
  target.commit();
  notices.report();
  lines.finish();
}

}  // namespace

void add_score(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("score", "natural log-probability of every pair");
  add_models_option(*command, options->models, options->load);
  add_pair_options(*command, options->pairs);
  add_marks_options(*command, options->pairs.marks);
  command->add_option("-o,--output", options->target, "result; -: standard output")
      ->type_name("FILE")
      ->check(not_empty())
      ->capture_default_str();
  add_batch_options(*command, options->predict);
  add_long_sources_option(*command, options->predict, LongSourceChoices::kCutSkip);
  add_strict_option(*command, options->errors);
  command->add_flag_callback(
      "--json", [options] { options->wanted = Wanted::kJson; },
      "JSON lines with the scores of all units and the alignment");
  command->callback([options, command] {
    check_models(*command, options->models);
    run(*options);
  });
}

}  // namespace attend::commands

// attend score and attend align: what a model thinks of given pairs.
#include <fmt/format.h>

#include <memory>

#include "base/base.h"
#include "commands/command.h"

namespace attend::commands {
namespace {

enum class Wanted { kLogProbability, kJson, kLinks };

struct Options {
  std::string model, target = "-";
  PairFiles pairs;
  predictor::PredictOptions predict;
  Wanted wanted = Wanted::kLogProbability;
};

std::string format_answer(const predictor::Answer& answer, Wanted wanted) {
  const predictor::Prediction& prediction = answer.predictions.front();
  switch (wanted) {
    case Wanted::kJson:
      return to_json(answer) + "\n";
    case Wanted::kLinks:
      return pharaoh(prediction) + "\n";
    case Wanted::kLogProbability:
      break;
  }
  return fmt::format("{:.6f}\n", prediction.log_probability);
}

void run(const Options& options, std::string_view name) {
  text::PairReader reader(options.pairs.files());
  const predictor::Predictor predictor(options.model);
  text::OutputFile target(options.target);
  Notices notices;
  Chunk chunk;
  while (read_chunk(reader, kChunkLines, chunk)) {
    check_chunk(predictor, reader.name(), chunk);
    for (const predictor::Answer& answer :
         predictor.score(chunk.sources, chunk.targets, options.predict)) {
      notices.add(answer.source);
      target.write(format_answer(answer, options.wanted));
    }
    target.flush();
  }
  target.commit();
  notices.report(name);
}

CLI::App* add(CLI::App& program, const char* name, const char* help,
              const std::shared_ptr<Options>& options) {
  CLI::App* command = program.add_subcommand(name, help);
  add_model_option(*command, options->model);
  add_pair_options(*command, options->pairs);
  command->add_option("-o,--output", options->target, "result; -: standard output")
      ->type_name("FILE")
      ->check(not_empty())
      ->capture_default_str();
  add_batch_options(*command, options->predict);
  command->callback(
      [options, full_name = fmt::format("attend {}", name)] { run(*options, full_name); });
  return command;
}

}  // namespace

void add_score(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add(program, "score", "natural log-probability of every pair", options);
  command->add_flag_callback(
      "--json", [options] { options->wanted = Wanted::kJson; },
      "JSON lines with the scores of all units and the alignment");
}

void add_align(CLI::App& program) {
  auto options = std::make_shared<Options>();
  options->wanted = Wanted::kLinks;
  CLI::App* command =
      add(program, "align", "links i-j (source-target, Pharaoh) of every pair", options);
  command->add_flag_callback(
      "--json", [options] { options->wanted = Wanted::kJson; },
      "JSON lines with byte spans and the full alignment");
}

}  // namespace attend::commands

#include "commands/train_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "model/model.h"

namespace attend::commands {
namespace {

// "float32|bfloat16", N or NAME.
std::string type_name(const model::Option& option) {
  if (!option.choices.empty()) return fmt::format("{}", fmt::join(option.choices, "|"));
  return option.range == "text" ? "NAME" : "N";
}

// Adds an option for each of the settings that people use most, as a short form of --set key=value
// with the help text of the setting.
void add_shorthands(CLI::App& command, TrainCommandOptions& options) {
  model::Configuration defaults = model::preset("default");
  const std::vector<model::Option> known = model::options(defaults);
  for (const char* name :
       {"epochs", "updates", "minutes", "seed", "threads", "precision", "batch_memory", "metric"}) {
    const std::string key = fmt::format("training.{}", name);
    const auto option = std::find_if(known.begin(), known.end(),
                                     [&](const model::Option& one) { return one.name == key; });
    std::string flag = fmt::format("--{}", name);
    std::replace(flag.begin(), flag.end(), '_', '-');
    command
        .add_option_function<std::string>(
            flag,
            [&options, key](const std::string& value) {
              options.settings.push_back(fmt::format("{}={}", key, value));
            },
            fmt::format("{} ({})", option->help, key))
        ->type_name(type_name(*option))
        ->default_str(option->get());
  }
}

}  // namespace

void add_train_options(CLI::App& command, TrainCommandOptions& options) {
  add_pair_options(command, options.pairs);
  command.add_option("-m,--model", options.model, "model folder to write")
      ->required()
      ->type_name("FOLDER")
      ->check(not_empty());
  command
      .add_option("--valid", options.valid, "TSV of validation pairs; without: a share is held out")
      ->type_name("FILE")
      ->check(not_empty());
  command.add_option("--valid-source", options.valid_source, "validation sources, one a line")
      ->type_name("FILE")
      ->check(not_empty());
  command.add_option("--valid-target", options.valid_target, "validation targets, one a line")
      ->type_name("FILE")
      ->check(not_empty());
  command
      .add_option("--valid-links", options.valid_links,
                  "gold alignments of the validation pairs (Pharaoh or NAACL), for --metric "
                  "alignment_error_rate")
      ->type_name("FILE")
      ->check(not_empty());
  add_marks_options(command, options.pairs.marks);
  command
      .add_option("--links", options.links,
                  "links of the pairs' words (0-0 1-2), one line a pair, which attention learns to "
                  "follow (training.guided_weight)")
      ->type_name("FILE")
      ->check(not_empty());
  command
      .add_option("--source-vectors", options.source_vectors,
                  "word vectors that the embedding of the sources starts with: word2vec (text or "
                  "binary), GloVe or .vec, of encoder.embedding values (training.freeze keeps them "
                  "as they are)")
      ->type_name("FILE")
      ->check(not_empty());
  command
      .add_option("--target-vectors", options.target_vectors,
                  "word vectors that the embedding of the targets starts with, of "
                  "decoder.embedding values")
      ->type_name("FILE")
      ->check(not_empty());
  command
      .add_option("--initial-model", options.initial_model,
                  "model whose parameters this one starts with, where their names and sizes are "
                  "equal")
      ->type_name("FOLDER")
      ->check(not_empty());
  add_picture_options(command, options.pictures);
  command
      .add_option("--preset", options.preset,
                  "configuration to start from (attend presets); it brings the defaults below")
      ->type_name("NAME")
      ->default_str("default");
  command.add_option("-c,--config", options.config, "YAML over the preset")
      ->type_name("FILE")
      ->check(not_empty());
  command.add_option("--set", options.settings, "key=value over both (attend presets --options)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  add_shorthands(command, options);
  command
      .add_option_function<std::string>(
          "--on-error",
          [&options](const std::string& choice) {
            options.bad_pairs = choice == "skip" ? LineErrors::kGoOn : LineErrors::kStop;
          },
          "at a pair that cannot be taken: stop, or skip it and count")
      ->type_name("stop|skip")
      ->check(CLI::IsMember({"stop", "skip"}))
      ->default_str("stop");
  command.add_flag_callback(
      "--allow-empty-targets",
      [&options] { options.settings.emplace_back("training.allow_empty_targets=true"); },
      "a TAB with nothing behind it is an empty target, which the model learns to answer");
  command.add_option("--plot", options.plot, "learning curves as SVG")
      ->type_name("FILE")
      ->check(not_empty());
}

}  // namespace attend::commands

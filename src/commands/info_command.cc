// attend info and attend presets: describe a model folder, and list presets and options.
#include <fmt/format.h>

#include <memory>

#include "base/base.h"
#include "commands/command_line.h"
#include "model/model.h"

namespace attend::commands {
namespace {

struct Options {
  std::string model;
  bool tensors = false;
};

std::string describe_side(const char* name, const model::Side& side) {
  return fmt::format("{:<12}{} {}{}\n", name, side.vocabulary.size(),
                     side.config.unit == model::UnitChoice::kCharacters   ? "characters"
                     : side.config.unit == model::UnitChoice::kCodePoints ? "code points"
                     : side.config.unit == model::UnitChoice::kWords      ? "words"
                     : side.config.unit == model::UnitChoice::kWhole      ? "whole lines"
                                                                          : "subwords",
                     side.config.fixed_length > 0
                         ? fmt::format(", always {} tokens", side.config.fixed_length)
                         : "");
}

// The multiply-adds of the decoder for one target token of a sentence pair of 20 tokens each.
std::string describe_work(const model::ModelText& text) {
  constexpr double kLength = 20;
  const step::Work work = step::work(model::step_program(text.configuration, text.sizes()));
  return fmt::format(
      "{:.3g} multiply-adds of the decoder a target token, plus {:.3g} for each "
      "source token ({:.3g} with {} tokens on both sides)",
      work.per_step, work.per_step_and_position, work.per_token(kLength, kLength), kLength);
}

void run(const Options& options) {
  const model::Model model = model::load(options.model);
  const auto table = model::parameter_table(model.text.configuration, model.text.sizes());
  const bool plan = model::has_plan(model.text.configuration);
  std::string text = fmt::format("{:<12}{}\n", "preset", model.text.configuration.preset);
  text += fmt::format("{:<12}{}\n", "parameters", model::parameter_count(table));
  text += fmt::format("{:<12}{}\n", "precision", precision_name(model.weights.precision()));
  text += describe_side("source", model.text.source);
  text += describe_side("target", model.text.target);
  text += fmt::format("{:<12}{}\n", "training",
                      plan ? "encoder, decoder, readout and loss on fused kernels"
                           : "encoder, projections and loss on fused kernels, decoder by its step "
                             "program");
  text += fmt::format("{:<12}{}\n", "prediction", plan ? "by a plan" : "by its step program");
  text += fmt::format("{:<12}{}\n", "work", describe_work(model.text));
  for (const auto& [key, value] : model.weights.metadata()) {
    if (key.starts_with("attend.")) continue;  // the provenance, which repeats the configuration
    text += fmt::format("{:<12}{}\n", key, value);
  }
  text += "\n" + model::write_yaml(model.text.configuration);
  if (options.tensors) {
    text += "\n";
    for (const model::TensorSpec& spec : table) {
      text += fmt::format("{:<36}[{}]\n", spec.name, fmt::join(spec.shape, ", "));
    }
  }
  write_file("-", text);
}

struct PresetOptions {
  std::string name;
  bool published = false;
  bool shows_options = false;
};

std::string list_presets() {
  std::string text;
  for (const model::Preset& preset : model::presets()) {
    text += fmt::format("{:<16}{}\n", preset.name, preset.description);
  }
  return text;
}

// Every option with its value, its help and its range.
std::string list_options(const std::string& preset, model::Configuration configuration) {
  std::string text =
      fmt::format("Options of config.yml and --set, with the values of the preset {}:\n", preset);
  for (const model::Option& option : model::options(configuration)) {
    text +=
        fmt::format("{:<36}{:<21}{} [{}]\n", option.name, option.get(), option.help, option.range);
  }
  return text;
}

// Without a name, lists the presets. With one, prints its options as YAML for attend train -c.
void run_presets(const PresetOptions& options) {
  if (options.name.empty()) {
    if (options.published) throw UsageError("--published needs the name of a preset");
    std::string text = list_presets();
    if (options.shows_options) text += "\n" + list_options("default", model::preset("default"));
    return write_file("-", text);
  }
  const model::Configuration configuration =
      options.published ? model::published(options.name) : model::preset(options.name);
  write_file("-", options.shows_options ? list_options(options.name, configuration)
                                        : model::write_yaml(configuration));
}

}  // namespace

void add_info(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("info", "what a model folder holds");
  add_model_option(*command, options->model);
  command->add_flag("--tensors", options->tensors, "list names and shapes of all tensors");
  command->callback([options] { run(*options); });
}

void add_presets(CLI::App& program) {
  auto options = std::make_shared<PresetOptions>();
  CLI::App* command = program.add_subcommand("presets", "the ready-made configurations");
  command->add_option("name", options->name, "print this preset as YAML for attend train -c")
      ->type_name("NAME")
      ->check(not_empty());
  command->add_flag("--published", options->published, "print it at the sizes of its paper");
  command->add_flag("--options", options->shows_options, "list every option of a configuration");
  command->callback([options] { run_presets(*options); });
}

}  // namespace attend::commands

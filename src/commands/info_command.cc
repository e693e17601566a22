// attend info and attend presets: describe a model folder, and list presets and options.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/base.h"
#include "commands/command_line.h"
#include "commands/diagram.h"
#include "commands/output_files.h"
#include "model/model.h"

namespace attend::commands {
namespace {

struct Options {
  std::string model;
  bool tensors = false;
  std::string diagram;  // a file; empty: none
};

// Returns a whole number with a comma after each third digit from the right: "1,250,000".
std::string with_commas(std::int64_t number) {
  std::string text = std::to_string(number);
  for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > 0; place -= 3) {
    text.insert(static_cast<std::size_t>(place), ",");
  }
  return text;
}

std::string describe_length(const model::Side& side, model::SideName name) {
  const int length = side.config.fixed_length;
  if (length == 0) return "";
  const bool always = name == model::SideName::kTarget || side.pads;
  return fmt::format(", {} {} token{}", always ? "always" : "at most", length,
                     length == 1 ? "" : "s");
}

std::string describe_side(const model::Side& side, model::SideName name) {
  return fmt::format("{:<12}{} {}{}\n", name == model::SideName::kSource ? "source" : "target",
                     side.vocabulary.size(),
                     side.config.unit == model::UnitChoice::kCharacters   ? "characters"
                     : side.config.unit == model::UnitChoice::kCodePoints ? "code points"
                     : side.config.unit == model::UnitChoice::kWords      ? "words"
                     : side.config.unit == model::UnitChoice::kTokens     ? "words and marks"
                     : side.config.unit == model::UnitChoice::kWhole      ? "labels"
                                                                          : "subwords",
                     describe_length(side, name));
}

// Returns the line of a source that is a picture.
std::string describe_pictures(const model::Configuration& c) {
  const std::string what = c.encoder.kind == model::EncoderKind::kFeatures
                               ? fmt::format("annotations of {} units", c.encoder.units)
                               : fmt::format("pictures of {} × {} pixels (height × width)",
                                             c.image.height, c.image.width);
  return fmt::format("{:<12}{}, {} regions\n", "source", what, c.regions());
}

// The numbers of tokens of a source and of its target.
struct Lengths {
  std::int64_t source = 0, target = 0;
  bool operator==(const Lengths&) const = default;
};

// Returns `length` for both sides, but the fixed length of a side that has no other, and the number
// of regions of a picture.
Lengths lengths_of(const model::ModelText& text, std::int64_t length) {
  const model::SideConfig &source = text.source.config, &target = text.target.config;
  const model::Configuration& c = text.configuration;
  if (c.encoder.reads_pictures()) {
    return {c.regions(), target.fixed_length > 0 ? target.fixed_length : length};
  }
  return {text.source.pads ? source.fixed_length : length,
          target.fixed_length > 0 ? target.fixed_length : length};
}

std::string describe(const Lengths& lengths, std::string_view position = "token") {
  return fmt::format("{} source {}{} and {} target token{}", lengths.source, position,
                     lengths.source == 1 ? "" : "s", lengths.target,
                     lengths.target == 1 ? "" : "s");
}

// Returns the name of what the decoder looks at: tokens, or what the highest level of a document is
// made of.
std::string_view position_name(const model::Configuration& configuration) {
  if (configuration.encoder.reads_pictures()) return "region";
  constexpr std::array<std::string_view, 3> kNames = {"token", "sentence", "paragraph"};
  return kNames.at(static_cast<std::size_t>(configuration.encoder.levels - 1));
}

// Returns the multiply-adds of the decoder by what they are needed for, and their sum for an
// example, in which each of these numbers comes back.
std::string describe_work(const model::ModelText& text) {
  const step::Work work = step::work(model::step_program(text.configuration, text.sizes()));
  const Lengths lengths = lengths_of(text, 20);
  const std::string_view position = position_name(text.configuration);
  std::int64_t all = 0;
  std::vector<std::string> kinds, terms;
  const auto add = [&](double products, const std::string& kind,
                       std::vector<std::int64_t> factors) {
    auto number = static_cast<std::int64_t>(products);
    if (number == 0) return;
    kinds.push_back(with_commas(number) + kind);
    std::string term;
    for (const std::int64_t factor : factors) term += fmt::format("{} × ", factor);
    terms.push_back(term + with_commas(number));
    for (const std::int64_t factor : factors) number *= factor;
    all += number;
  };
  add(work.per_step, " multiply-adds of the decoder for each target token", {lengths.target});
  add(work.per_step_and_position, fmt::format(" for each source {} in every step", position),
      {lengths.source, lengths.target});
  add(work.per_step_and_past,
      work.recent == 0   ? " for each earlier step in every step"
      : work.recent == 1 ? std::string(" for the last step in every step")
                         : fmt::format(" for each of the last {} steps in every step", work.recent),
      {static_cast<std::int64_t>(work.past_pairs(static_cast<double>(lengths.target)))});
  add(work.per_position, fmt::format(" once for each source {}", position), {lengths.source});
  add(work.per_source, " once a source", {});
  return fmt::format("{}\n{:<12}{}: {} = {}", fmt::join(kinds, ", plus "), "",
                     describe(lengths, position), fmt::join(terms, " + "), with_commas(all));
}

// Returns what the activations of a training batch take, for a few lengths (model/memory.h).
std::string describe_memory(const model::ModelText& text) {
  const model::TrainingConfig& training = text.configuration.training;
  const model::ActivationMemory memory(text.configuration, text.sizes());
  const bool rounds = training.precision == Precision::kBfloat16;
  std::vector<std::string> lines;
  Lengths before;
  for (const std::int64_t length : {20, 50, 100}) {
    const Lengths lengths = lengths_of(text, length);
    if (lengths == before) continue;
    before = lengths;
    const std::int64_t pairs =
        training.batch_unit == text::BatchUnit::kSentences
            ? training.batch_size
            : std::max<std::int64_t>(1, training.batch_size / lengths.target);
    const std::int64_t bytes =
        memory.bytes(rounds ? text.sizes().target : 0, pairs, lengths.source, lengths.target);
    lines.push_back(
        fmt::format("about {} MiB for the activations of a training batch of {} pair{} of {}",
                    with_commas((bytes + (1 << 20) - 1) >> 20), with_commas(pairs),
                    pairs == 1 ? "" : "s", describe(lengths, position_name(text.configuration))));
  }
  return fmt::format("{}", fmt::join(lines, fmt::format("\n{:<12}", "")));
}

// Returns the number of all parameters and those of each part, which the names of tensors begin
// with.
std::string describe_parameters(const std::vector<model::TensorSpec>& table) {
  std::vector<std::pair<std::string, std::int64_t>> parts;
  for (const model::TensorSpec& spec : table) {
    const std::string part = spec.name.substr(0, spec.name.find('.'));
    if (parts.empty() || parts.back().first != part) parts.emplace_back(part, 0);
    parts.back().second += spec.count();
  }
  std::vector<std::string> lines;
  for (const auto& [part, count] : parts) lines.push_back(part + " " + with_commas(count));
  return fmt::format("{} = {}", model::parameter_count(table), fmt::join(lines, " + "));
}

// Returns the files of a model folder, which no output may replace.
std::vector<NamedFile> files_of_folder(const std::string& folder) {
  std::vector<NamedFile> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    files.push_back({"a file of the model", entry.path().string()});
  }
  return files;
}

void run(const Options& options) {
  check_svg("--diagram", options.diagram);
  const model::Model model = model::load(options.model);
  if (!options.diagram.empty()) {
    check_kept(files_of_folder(options.model), {"--diagram", options.diagram});
    return write_diagram(options.diagram, model.text.configuration, model.text.sizes());
  }
  const auto table = model::parameter_table(model.text.configuration, model.text.sizes());
  const bool plan = model::has_plan(model.text.configuration);
  std::string text = fmt::format("{:<12}{}\n", "preset", model.text.configuration.preset);
  text += fmt::format("{:<12}{}\n", "parameters", describe_parameters(table));
  text += fmt::format("{:<12}{}\n", "precision", precision_name(model.weights.precision()));
  text += model.text.configuration.encoder.reads_pictures()
              ? describe_pictures(model.text.configuration)
              : describe_side(model.text.source, model::SideName::kSource);
  text += describe_side(model.text.target, model::SideName::kTarget);
  text += fmt::format("{:<12}{}\n", "training",
                      plan ? "encoder, decoder, readout and loss on fused kernels"
                           : "encoder, projections and loss on fused kernels, decoder by its step "
                             "program");
  text += fmt::format("{:<12}{}\n", "prediction", plan ? "by a plan" : "by its step program");
  text += fmt::format("{:<12}{}\n", "work", describe_work(model.text));
  text += fmt::format("{:<12}{}\n", "memory", describe_memory(model.text));
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
  std::string diagram;  // a file; empty: none
};

void add_diagram_option(CLI::App& command, std::string& file) {
  command
      .add_option("--diagram", file,
                  "draw the network as SVG into this file (- for standard output), and print "
                  "nothing else")
      ->type_name("FILE")
      ->check(not_empty());
}

std::string list_presets() {
  std::string text;
  for (const model::Preset& preset : model::presets()) {
    text += fmt::format("{:<21}{}\n", preset.name, preset.description);
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
  check_svg("--diagram", options.diagram);
  if (options.name.empty()) {
    if (!options.diagram.empty()) throw UsageError("--diagram needs the name of a preset");
    if (options.published) throw UsageError("--published needs the name of a preset");
    std::string text = list_presets();
    if (options.shows_options) text += "\n" + list_options("default", model::preset("default"));
    return write_file("-", text);
  }
  const model::Configuration configuration =
      options.published ? model::published(options.name) : model::preset(options.name);
  if (!options.diagram.empty()) return write_diagram(options.diagram, configuration, {});
  write_file("-", options.shows_options ? list_options(options.name, configuration)
                                        : model::write_yaml(configuration));
}

}  // namespace

void add_info(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("info", "what a model folder holds");
  add_model_option(*command, options->model);
  command->add_flag("--tensors", options->tensors, "list names and shapes of all tensors");
  add_diagram_option(*command, options->diagram);
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
  add_diagram_option(*command, options->diagram);
  command->callback([options] { run_presets(*options); });
}

}  // namespace attend::commands

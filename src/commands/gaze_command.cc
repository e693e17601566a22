// attend gaze: how often the words of captions look at the objects that they name.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/api.h"
#include "base/base.h"
#include "commands/command_line.h"
#include "commands/output_files.h"
#include "commands/target_options.h"
#include "predictor/predictor.h"
#include "scenes/scenes.h"

namespace attend::commands {

using api::internals;
namespace {

constexpr std::string_view kName = "attend gaze";

enum class Output { kTable, kJson, kValue };

struct Options {
  std::vector<std::string> models;
  LoadOptions load;
  std::string boxes, target = "-";
  PredictOptions predict;
  Output output = Output::kTable;
  LineErrors errors = LineErrors::kGoOn;
};

void check_model(const Predictor& predictor) {
  const model::Configuration& c = internals(predictor).text().configuration;
  if (!c.encoder.reads_pictures()) throw UsageError("attend gaze needs a model of pictures");
  check_alignment(predictor, kName);
  if (c.target.unit == model::UnitChoice::kWords) return;
  throw UsageError("attend gaze needs a model that writes words (target.unit: words)");
}

std::string result_text(const scenes::PointingScore& score, std::size_t pictures, Output output) {
  const double accuracy = 100 * score.accuracy();
  if (output == Output::kValue) return fixed(accuracy, 2) + "\n";
  if (output == Output::kJson) {
    const nlohmann::ordered_json json{{"pictures", pictures},
                                      {"words", score.words},
                                      {"hits", score.hits},
                                      {"not_written", score.others},
                                      {"pointing_accuracy", accuracy}};
    return json.dump() + "\n";
  }
  return fmt::format(
      "pictures             {:>8}\nwords that name      {:>8}\n  and look at it     {:>8}\n"
      "names not written    {:>8}\npointing accuracy    {:>8}\n",
      pictures, score.words, score.hits, score.others, fixed(accuracy, 2));
}

// Boxes count pixels of the whole picture, so that the regions of the model must cover all of it.
void check_whole(const model::ImageConfig& image, vision::Size size, const std::string& name) {
  const bool same_shape = static_cast<std::int64_t>(size.height) * image.width ==
                          static_cast<std::int64_t>(size.width) * image.height;
  if (same_shape || image.fit == vision::Fit::kStretch) return;
  throw DataError(
      fmt::format("{}: found {} × {} pixels (width × height), expected the shape that the "
                  "model sees ({} × {}), because boxes belong to the whole picture",
                  name, size.width, size.height, image.width, image.height));
}

// Returns how many pictures are described at once: their alignments take at most 64 MiB.
std::size_t pictures_together(const Predictor& predictor, const PredictOptions& options) {
  constexpr std::size_t kNumbers = std::size_t{1} << 24;
  const std::size_t regions = predictor.info().regions;
  const std::size_t numbers = regions * longest_target(options.search, regions);
  return std::clamp<std::size_t>(kNumbers / numbers, 1, lines_together(predictor));
}

// Boxes of other pictures would count as misses.
void check_boxes(std::span<const scenes::WordBox> words, vision::Size size,
                 const std::string& name) {
  for (const scenes::WordBox& word : words) {
    if (word.box.x1 <= size.width && word.box.y1 <= size.height) continue;
    throw DataError(
        fmt::format("{}: the box of '{}' ends at ({}, {}), expected it within the {} × "
                    "{} pixels of the picture",
                    name, word.text, word.box.x1, word.box.y1, size.width, size.height));
  }
}

// Counts the answers to some pictures, and names the first pictures without one. Returns how many
// pictures had one.
std::size_t add_answers(const Predictor& predictor, const Options& options,
                        std::span<const std::string> names, const scenes::NamedWords& named,
                        scenes::PointingScore& score, std::size_t& unanswered) {
  const auto answers = predictor.predict(names, options.predict);
  std::size_t answered = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Answer& answer = answers[i];
    if (!answer.problem.empty()) {
      if (options.errors == LineErrors::kStop) throw DataError(answer.problem);
      constexpr std::size_t kNamed = 10;
      if (++unanswered <= kNamed) print_message(fmt::format("{}: {}\n", kName, answer.problem));
      continue;
    }
    if (answer.predictions.empty()) continue;
    const Prediction& best = answer.predictions.front();
    const scenes::Grid grid{static_cast<int>(answer.source.grid_rows),
                            static_cast<int>(answer.source.grid_columns)};
    const vision::Size size = internals(predictor).picture_size(names[i]);
    check_whole(internals(predictor).text().configuration.image, size, names[i]);
    check_boxes(named.at(names[i]), size, names[i]);
    score.add(scenes::score_gaze(named.at(names[i]), best.units, best.alignment, grid, size.height,
                                 size.width));
    ++answered;
  }
  return answered;
}

void run(const Options& options) {
  std::vector<NamedFile> inputs = named_files(options.load.pictures);
  inputs.push_back({"--boxes", options.boxes});
  check_kept(inputs, {"--output", options.target});
  const Predictor predictor(options.models, options.load);
  check_model(predictor);
  const scenes::NamedWords named = scenes::read_boxes(options.boxes);
  std::vector<std::string> names;
  for (const auto& [name, words] : named) names.push_back(name);
  Options wanted = options;
  wanted.predict.search.alignments = Alignments::kKept;
  const NamedFile output{"--output", options.target};
  KeptPictures(predictor, options.load.pictures, {&output, 1}).check(names);
  text::OutputFile target(options.target);
  scenes::PointingScore score;
  const std::size_t chunk = pictures_together(predictor, wanted.predict);
  std::size_t answered = 0, unanswered = 0;
  for (std::size_t first = 0; first < names.size(); first += chunk) {
    answered += add_answers(predictor, wanted,
                            std::span(names).subspan(first, std::min(chunk, names.size() - first)),
                            named, score, unanswered);
  }
  if (unanswered > 0) {
    print_message(fmt::format("{}: {} of {} pictures could not be described\n", kName, unanswered,
                              names.size()));
  }
  if (answered == 0) throw DataError(options.boxes, 0, "none of its pictures could be described");
  target.write(result_text(score, answered, options.output));
  target.commit();
}

}  // namespace

void add_gaze(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "gaze", "how often words of captions look at the objects that they name");
  add_models_option(*command, options->models, options->load);
  command
      ->add_option("--boxes", options->boxes,
                   "boxes of the objects that words name, as attend scenes writes them")
      ->required()
      ->type_name("FILE")
      ->check(not_empty());
  command->add_option("-o,--output", options->target, "result; -: standard output")
      ->type_name("FILE")
      ->check(not_empty())
      ->capture_default_str();
  auto* json = command->add_flag_callback(
      "--json", [options] { options->output = Output::kJson; }, "one JSON object");
  command
      ->add_flag_callback(
          "--value", [options] { options->output = Output::kValue; }, "only the accuracy")
      ->excludes(json);
  add_search_options(*command, options->predict);
  add_strict_option(*command, options->errors);
  command->callback([options, command] {
    check_models(*command, options->models);
    run(*options);
  });
}

}  // namespace attend::commands

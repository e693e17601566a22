// attend scenes: writes pictures of shapes with captions and the boxes of what the captions name.
#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <vector>

#include "base/base.h"
#include "commands/command_line.h"
#include "scenes/scenes.h"
#include "view/view.h"

namespace attend::commands {
namespace {

constexpr std::uint64_t kMostScenes = 10'000'000;  // names have seven digits
constexpr std::size_t kMostOnSheet = 120;

struct Options {
  std::uint64_t count = 10000;
  std::string folder;
  std::string objects = "1-2";
  std::size_t sheet = 0;
  scenes::SceneOptions scenes;
};

// Reads "2" or "1-3".
void parse_objects(const std::string& text, scenes::SceneOptions& options) {
  const std::size_t hyphen = text.find('-');
  const auto number = [&](std::string_view part) {
    int value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.empty() || error != std::errc() || end != part.data() + part.size()) {
      throw UsageError(
          fmt::format("--objects: found '{}', expected a number from 1 to {} or a "
                      "range such as 1-{}",
                      text, scenes::kMostObjects, scenes::kMostObjects));
    }
    return value;
  };
  const std::string_view view = text;
  options.least_objects = number(view.substr(0, hyphen));
  options.most_objects =
      hyphen == std::string::npos ? options.least_objects : number(view.substr(hyphen + 1));
}

std::string draw_sheet(const std::vector<scenes::Scene>& shown) {
  view::PngOptions options;
  options.scale = 1;
  return view::svg_to_png(scenes::contact_sheet(shown), options);
}

void run(Options& options) {
  parse_objects(options.objects, options.scenes);
  const scenes::SceneGenerator generator(options.scenes);
  scenes::SceneFolder folder(options.folder);
  std::vector<scenes::Scene> shown;
  for (std::uint64_t i = 0; i < options.count; ++i) {
    scenes::Scene scene = generator.scene(i);
    folder.add(scene, scenes::picture_file(scene));
    if (i < options.sheet) shown.push_back(std::move(scene));
  }
  if (!shown.empty()) folder.add_file("sheet.png", draw_sheet(shown));
  folder.commit();
}

void add_content_options(CLI::App& command, Options& options) {
  scenes::SceneOptions& scenes = options.scenes;
  command.add_option("--size", scenes.side, "height and width of the pictures in pixels")
      ->check(CLI::Range(scenes::kLeastSide, scenes::kMostSide))
      ->capture_default_str();
  command
      .add_option("--objects", options.objects,
                  fmt::format("objects of a picture: a number from 1 to {}, or a range such as "
                              "1-{}",
                              scenes::kMostObjects, scenes::kMostObjects))
      ->type_name("N|N-M")
      ->capture_default_str();
  add_choice<scenes::SceneSplit>(command, "--split", scenes.split,
                                 {{"all", scenes::SceneSplit::kAll},
                                  {"train", scenes::SceneSplit::kTrain},
                                  {"test", scenes::SceneSplit::kTest}},
                                 "all | train | test: captions of one side only");
  command.add_option("--test-share", scenes.test_share, "share of the captions on the test side")
      ->capture_default_str();
}

}  // namespace

void add_scenes(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("scenes", "make pictures of shapes with captions and boxes");
  command->add_option("-o,--output", options->folder, "new folder to write")
      ->required()
      ->type_name("FOLDER")
      ->check(not_empty());
  command->add_option("--count", options->count, "pictures to make")
      ->check(CLI::Range(std::uint64_t{1}, kMostScenes))
      ->capture_default_str();
  add_content_options(*command, *options);
  command->add_option("--seed", options->scenes.seed, "seed")
      ->check(whole_number())
      ->capture_default_str();
  command
      ->add_option("--sheet", options->sheet,
                   "also draw the first N scenes with boxes and captions on sheet.png")
      ->check(CLI::Range(std::size_t{0}, kMostOnSheet))
      ->type_name("N")
      ->capture_default_str();
  command->callback([options] { run(*options); });
}

}  // namespace attend::commands

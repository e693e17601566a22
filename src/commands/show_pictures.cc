// attend show for models that read pictures: where each word of a caption looked.
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/base.h"
#include "commands/output_files.h"
#include "commands/show.h"

namespace attend::commands {
namespace {

constexpr int kShownSide = 512;  // pixels of the longer side of a picture in a file
constexpr int kTerminalSide = 256;

std::optional<float> gate_of(const ExplainedStep& step) {
  const auto gate = step.observed("gate");
  if (gate.empty()) return std::nullopt;
  return gate.front();
}

// Returns the weights of a step over the regions. A model without attention looks everywhere.
std::vector<float> weights_of(const ExplainedStep& step, std::size_t regions) {
  if (!step.alignment.empty()) return step.alignment;
  return std::vector<float>(regions, 1.0F / static_cast<float>(regions));
}

view::CaptionPicture picture_of(const Predictor& predictor, const Explanation& explanation,
                                int side) {
  const Source& source = explanation.source;
  const Prediction& prediction = explanation.prediction;
  Image image = predictor.shown_picture(source.text, side);
  view::CaptionPicture picture;
  picture.width = static_cast<std::size_t>(image.size.width);
  picture.height = static_cast<std::size_t>(image.size.height);
  picture.pixels = std::move(image.pixels);
  picture.grid_rows = source.grid_rows;
  picture.grid_columns = source.grid_columns;
  picture.caption = prediction.text;
  picture.title = source.text;
  const std::vector<char> joined = joined_units(prediction.spans);
  for (std::size_t i = 0; i < prediction.units.size(); ++i) {
    const ExplainedStep& step = explanation.steps[i];
    picture.words.push_back({prediction.units[i],
                             weights_of(step, source.grid_rows * source.grid_columns),
                             std::exp(step.chosen.log_probability), gate_of(step), joined[i] != 0});
  }
  return picture;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

view::TerminalGraphics graphics_of_terminal() {
  const std::string term = variable("TERM"), program = variable("TERM_PROGRAM"),
                    kitty = variable("KITTY_WINDOW_ID");
  return view::terminal_graphics({term, program, kitty});
}

std::string draw_file(const std::string& file, std::span<const view::CaptionPicture> pictures) {
  if (has_extension(file, ".html")) return view::draw_captions_html(pictures);
  const std::string svg = view::draw_captions_svg(pictures);
  return has_extension(file, ".png") ? view::svg_to_png(svg) : svg;
}

}  // namespace

void show_pictures(const Predictor& predictor, const ShowOptions& options, Notices& notices) {
  const bool to_file = !options.target.empty();
  std::vector<view::CaptionPicture> pictures;
  const Chunk given = read_texts(options);
  const NamedFile output{"--output", options.target};
  KeptPictures(predictor, options.load.pictures, {&output, 1}).check(given.sources);
  Undrawn undrawn(options.errors, notices);
  for (std::size_t i = 0; i < given.sources.size(); ++i) {
    try {
      if (!given.problems[i].empty()) throw DataError(given.problems[i]);
      const Explanation explanation =
          predictor.explain(given.sources[i], options.predict, 1, given.allowed[i]);
      pictures.push_back(picture_of(predictor, explanation, to_file ? kShownSide : kTerminalSide));
    } catch (const DataError& error) {
      undrawn.add(i, error.what());
    }
  }
  undrawn.finish(!pictures.empty());
  if (to_file) return write_file(options.target, draw_file(options.target, pictures));
  std::string text;
  for (const view::CaptionPicture& picture : pictures) {
    text += view::draw_caption_terminal(picture, terminal_options(options), graphics_of_terminal());
  }
  write_file("-", text);
}

}  // namespace attend::commands

// attend show: shows the alignment of a prediction in the terminal, as a picture, or step by step.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/base.h"
#include "commands/command_line.h"
#include "view/view.h"

namespace attend::commands {
namespace {

constexpr const char* kTexts = "text";  // messages call the arguments by this name

struct Options {
  std::string model, target, scale;
  std::vector<std::string> texts;
  text::SourceMarks marks;
  predictor::PredictOptions predict;
  bool explain = false;
  LineErrors errors = LineErrors::kGoOn;
};

// Returns the texts of the command line without their marks.
Chunk read_texts(const Options& options) {
  Chunk chunk;
  for (const std::string& text : options.texts) {
    text::MarkedSource source;
    std::string problem;
    try {
      // The predictor says which byte of a text is not UTF-8.
      const bool readable = text::find_broken_utf8(text) == std::string_view::npos;
      source = text::read_marked_line(text, readable ? options.marks : text::SourceMarks{});
    } catch (const DataError& error) {
      problem = error.what();
    }
    chunk.sources.push_back(std::move(source.text));
    chunk.allowed.push_back(std::move(source.allowed));
    chunk.problems.push_back(std::move(problem));
  }
  return chunk;
}

// Names the texts that have no picture. The last one is kept, because it becomes the error of the
// command when no text has a picture.
class Undrawn {
 public:
  Undrawn(LineErrors errors, Notices& notices) : errors_(errors), notices_(notices) {}
  /// `i` counts from 0. DataError under LineErrors::kStop.
  void add(std::size_t i, std::string_view problem) {
    if (errors_ == LineErrors::kStop) throw DataError(kTexts, i + 1, std::string(problem));
    name_last();
    last_ = {i + 1, std::string(problem)};
  }
  /// DataError where nothing was drawn.
  void finish(bool drawn) {
    if (!drawn) throw DataError(kTexts, last_.first, last_.second);
    name_last();
  }

 private:
  void name_last() {
    if (last_.first > 0) notices_.add_left_out("text", last_.second, last_.first);
    last_ = {};
  }

  LineErrors errors_;
  Notices& notices_;
  std::pair<std::size_t, std::string> last_;  // number, problem; 0: none
};

// Returns how many columns to draw: padding at the end without any weight is left out.
std::size_t drawn_columns(const predictor::Source& source,
                          const predictor::Prediction& prediction) {
  constexpr float kInvisible = 0.001F;
  const std::size_t columns = source.columns.size();
  std::size_t drawn = columns;
  while (drawn > source.units.size() && source.columns[drawn - 1] == text::kPadding) {
    for (std::size_t i = 0; i < prediction.units.size(); ++i) {
      if (prediction.alignment[i * columns + drawn - 1] >= kInvisible) return drawn;
    }
    --drawn;
  }
  return drawn;
}

view::AlignmentPicture picture_of(const predictor::Source& source,
                                  const predictor::Prediction& prediction) {
  view::AlignmentPicture picture;
  const std::size_t drawn = drawn_columns(source, prediction);
  picture.source_units.assign(source.columns.begin(),
                              source.columns.begin() + static_cast<std::ptrdiff_t>(drawn));
  std::replace(picture.source_units.begin() + static_cast<std::ptrdiff_t>(source.units.size()),
               picture.source_units.end(), std::string(text::kPadding), std::string("∅"));
  picture.target_units = prediction.units;
  for (std::size_t i = 0; i < prediction.units.size(); ++i) {
    const auto row =
        prediction.alignment.begin() + static_cast<std::ptrdiff_t>(i * source.columns.size());
    picture.alignment.insert(picture.alignment.end(), row,
                             row + static_cast<std::ptrdiff_t>(drawn));
  }
  picture.title = fmt::format("{} → {}", source.text, prediction.text);
  for (std::size_t i = 0; i < prediction.units.size(); ++i) {
    picture.target_probabilities.push_back(std::exp(prediction.unit_scores[i]));
  }
  return picture;
}

view::TerminalOptions terminal_options(const Options& options) {
  view::TerminalOptions terminal;
  winsize size{};
  if (isatty(STDOUT_FILENO) == 1) {
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) {
      terminal.width = size.ws_col;
    }
    const char* colour = std::getenv("COLORTERM");
    const bool plain = std::getenv("NO_COLOR") != nullptr;
    const bool full =
        colour != nullptr && std::string_view(colour).find("truecolor") != std::string_view::npos;
    terminal.colour = plain  ? view::TerminalOptions::Colour::kNone
                      : full ? view::TerminalOptions::Colour::kTrueColour
                             : view::TerminalOptions::Colour::k256;
  }
  if (!options.scale.empty()) terminal.scale = view::colour_scale(options.scale);
  return terminal;
}

// The widths of a step of an explanation, in characters.
struct Columns {
  std::size_t name = 9;             // of the names of its lines
  std::size_t all = 0;              // how many columns the source has
  std::vector<std::size_t> widths;  // [drawn columns]
};

// How many lines an observation has. With several lines, each has a number.
std::size_t line_count(const predictor::Observed& observed, std::size_t columns) {
  return observed.over == model::Over::kHeads && columns > 0 ? observed.values.size() / columns : 1;
}

// Returns the beginning of a line of an explanation, "  energies  ".
std::string line_name(std::string_view name, const Columns& columns) {
  return fmt::format("  {:<{}} ", name, columns.name);
}

// Returns a line of numbers below the labels of a source.
std::string below_labels(std::string_view name, std::span<const float> values,
                         const Columns& columns) {
  std::string line = line_name(name, columns);
  for (std::size_t j = 0; j < columns.widths.size(); ++j) {
    line += fmt::format("{:>{}.3f}", values[j], columns.widths[j]);
  }
  return line + "\n";
}

// Returns a line of the first numbers of a vector.
std::string first_numbers(std::string_view name, std::span<const float> values,
                          const Columns& columns) {
  constexpr std::size_t kShown = 8;
  std::string line = line_name(name, columns);
  for (const float value : values.first(std::min(kShown, values.size()))) {
    line += fmt::format("{:>8.3f}", value);
  }
  if (values.size() > kShown) line += fmt::format(" … ({} components)", values.size());
  return line + "\n";
}

// Returns a line of the earlier steps, as the units that they chose, and a number of each.
std::string earlier_steps(std::string_view name, std::span<const float> values,
                          std::span<const predictor::ExplainedStep> earlier,
                          const Columns& columns) {
  std::string line = line_name(name, columns);
  for (std::size_t t = 0; t < std::min(values.size(), earlier.size()); ++t) {
    line += fmt::format(" '{}' {:.3f}", view::visible_label(earlier[t].chosen.unit), values[t]);
  }
  return line + "\n";
}

// Returns the name of line number `line`, from 0.
std::string name_of_line(const predictor::Observed& observed, std::size_t line) {
  return observed.over == model::Over::kHeads ? fmt::format("{} {}", observed.name, line + 1)
                                              : observed.name;
}

std::string describe(const predictor::Observed& observed, const Columns& columns,
                     std::span<const predictor::ExplainedStep> earlier) {
  const std::span<const float> values = observed.values;
  switch (observed.over) {
    case model::Over::kSource:
      return below_labels(observed.name, values, columns);
    case model::Over::kHeads: {
      std::string lines;
      for (std::size_t head = 0; head < line_count(observed, columns.all); ++head) {
        lines += below_labels(name_of_line(observed, head),
                              values.subspan(head * columns.all, columns.all), columns);
      }
      return lines;
    }
    case model::Over::kPast:
      return earlier_steps(observed.name, values, earlier, columns);
    case model::Over::kUnits:
    case model::Over::kScalar:
      break;
  }
  return first_numbers(observed.name, values, columns);
}

// Returns the lines of what the engine shows of a step: energies, alignment, context, then others.
// A model without alignment has no line of it. `earlier` are the steps before.
std::string describe_observations(const predictor::ExplainedStep& step, const Columns& columns,
                                  std::span<const predictor::ExplainedStep> earlier) {
  std::string energies, context, others;
  for (const predictor::Observed& one : step.observations) {
    std::string& place = one.name == "energies"  ? energies
                         : one.name == "context" ? context
                                                 : others;
    place += describe(one, columns, earlier);
  }
  const std::string alignment =
      step.alignment.empty() ? "" : below_labels("alignment", step.alignment, columns);
  return energies + alignment + context + others;
}

// Returns how an explanation names the previous token. `token` is empty in the first step, which
// reads E y_0 (§1.3).
std::string previous_token(const std::string& token, const model::DecoderConfig& decoder) {
  if (decoder.feedback == model::Feedback::kNone) return "not fed back";
  if (!token.empty()) return fmt::format("'{}'", view::visible_label(token));
  switch (decoder.start) {
    case model::Start::kZero:
      break;
    case model::Start::kEnd:
      return "none (the embedding of </s>)";
    case model::Start::kOwn:
      return "none (a learned start vector)";
  }
  return "none (zero vector)";
}

std::string explain_step(std::size_t i, const predictor::ExplainedStep& step,
                         const predictor::Explanation& explanation,
                         const model::DecoderConfig& decoder) {
  const predictor::Source& source = explanation.source;
  std::string text =
      fmt::format("step {}: previous token {}\n", i + 1, previous_token(step.previous, decoder));
  const std::size_t drawn = drawn_columns(source, explanation.prediction);
  Columns columns;
  columns.all = source.columns.size();
  for (const predictor::Observed& one : step.observations) {
    const std::size_t lines = std::max<std::size_t>(1, line_count(one, columns.all));
    columns.name = std::max(columns.name, name_of_line(one, lines - 1).size());
  }
  std::string labels;
  for (std::size_t j = 0; j < drawn; ++j) {
    const std::string label = view::visible_label(source.columns[j]);
    const std::size_t width = std::max<std::size_t>(8, view::display_width(label) + 1);
    labels += std::string(width - view::display_width(label), ' ') + label;
    columns.widths.push_back(width);
  }
  if (drawn > 0) text += line_name("source", columns) + labels + "\n";
  text += describe_observations(step, columns, std::span(explanation.steps).first(i));
  text += fmt::format("{}'{}' p = {:.4f};", line_name("choice", columns),
                      view::visible_label(step.chosen.unit), std::exp(step.chosen.log_probability));
  for (const predictor::Choice& choice : step.choices) {
    text += fmt::format(" '{}' {:.4f}", view::visible_label(choice.unit),
                        std::exp(choice.log_probability));
  }
  return text + "\n";
}

std::string explain(const predictor::Predictor& predictor, const Options& options,
                    Notices& notices) {
  constexpr std::size_t kChoices = 4;
  std::string text;
  for (const step::Equation& equation : model::equations(predictor.text().configuration)) {
    text += fmt::format("{:<11} {}\n", equation.name, equation.text);
  }
  if (const std::string lack = lack_of_alignment(predictor); !lack.empty()) text += lack + "\n";
  Undrawn undrawn(options.errors, notices);
  bool drawn = false;
  const Chunk given = read_texts(options);
  for (std::size_t i = 0; i < given.sources.size(); ++i) {
    predictor::Explanation explanation;
    try {
      if (!given.problems[i].empty()) throw DataError(given.problems[i]);
      explanation =
          predictor.explain(given.sources[i], options.predict.search, kChoices, given.allowed[i]);
    } catch (const DataError& error) {
      undrawn.add(i, error.what());
      continue;
    }
    drawn = true;
    notices.add({explanation.source, {explanation.prediction}, {}, {}}, i + 1);
    text += fmt::format("\n{} → {}  (log-probability {:.4f})\n", given.sources[i],
                        explanation.prediction.text, explanation.prediction.log_probability);
    for (std::size_t k = 0; k < explanation.steps.size(); ++k) {
      text += explain_step(k, explanation.steps[k], explanation,
                           predictor.text().configuration.decoder);
    }
  }
  undrawn.finish(drawn);
  return text;
}

bool has_extension(const std::string& file, std::string_view extension) {
  return file.ends_with(extension);
}

std::string draw_file(const Options& options, std::span<const view::AlignmentPicture> pictures) {
  if (has_extension(options.target, ".html")) {
    view::HtmlOptions html;
    if (!options.scale.empty()) html.scale = view::colour_scale(options.scale);
    return view::draw_html(pictures, html);
  }
  view::PictureOptions picture;
  if (!options.scale.empty()) picture.scale = view::colour_scale(options.scale);
  const std::string svg = view::draw_svg(pictures.front(), picture);
  return has_extension(options.target, ".png") ? view::svg_to_png(svg) : svg;
}

void check_target(const Options& options) {
  if (options.target.empty()) return;
  for (const std::string_view extension : {".svg", ".png", ".html"}) {
    if (!has_extension(options.target, extension)) continue;
    if (options.texts.size() > 1 && extension != ".html") {
      throw UsageError("several texts go into .html or the terminal only");
    }
    return;
  }
  throw UsageError(
      fmt::format("--output: found '{}', expected a name that ends in .svg, .png or "
                  ".html",
                  options.target));
}

// Returns the answers of the texts that have one. DataError if none has one.
std::vector<predictor::Answer> answer_texts(const predictor::Predictor& predictor,
                                            const Options& options, Notices& notices) {
  std::vector<predictor::Answer> answered;
  const Chunk given = read_texts(options);
  auto answers = predictor.predict(given.sources, options.predict, given.allowed);
  Undrawn undrawn(options.errors, notices);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    predictor::Answer& answer = answers[i];
    if (answer.predictions.empty()) {
      const std::string& problem = given.problems[i].empty() ? answer.problem : given.problems[i];
      undrawn.add(i, problem.empty() ? "empty text" : problem);
      continue;
    }
    notices.add(answer, i + 1);
    answered.push_back(std::move(answer));
  }
  undrawn.finish(!answered.empty());
  return answered;
}

// Returns a line for each text, for a model whose alignment cannot be drawn.
std::string predictions_of(std::span<const predictor::Answer> answers) {
  std::string text;
  for (const predictor::Answer& answer : answers) {
    text += fmt::format("{} → {}\n", answer.source.text, answer.predictions.front().text);
  }
  return text;
}

void draw(const Options& options, std::span<const predictor::Answer> answers) {
  std::vector<view::AlignmentPicture> pictures;
  for (const predictor::Answer& answer : answers) {
    pictures.push_back(picture_of(answer.source, answer.predictions.front()));
  }
  if (!options.target.empty()) return write_file(options.target, draw_file(options, pictures));
  const view::TerminalOptions terminal = terminal_options(options);
  std::string text;
  for (const view::AlignmentPicture& picture : pictures) {
    text += view::draw_terminal(picture, terminal);
  }
  write_file("-", text);
}

void run(const Options& options) {
  check_target(options);
  if (options.explain && !options.target.empty()) {
    throw UsageError("--explain prints text and goes without --output");
  }
  const predictor::Predictor predictor(options.model);
  check_marks(predictor, options.marks);
  Notices notices("attend show", kTexts);
  if (options.explain) {
    write_file("-", explain(predictor, options, notices));
    notices.report();
    return;
  }
  if (!options.target.empty()) check_alignment(predictor, "--output");
  const std::vector<predictor::Answer> answers = answer_texts(predictor, options, notices);
  if (const std::string lack = lack_of_alignment(predictor); !lack.empty()) {
    write_file("-", predictions_of(answers) + lack + "\n");
  } else {
    draw(options, answers);
  }
  notices.report();
}

}  // namespace

void add_show(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("show", "what a prediction looked at");
  add_model_option(*command, options->model);
  command->add_option("texts", options->texts, "sources")->required()->type_name("TEXT");
  command->add_option("-o,--output", options->target, "picture: .svg, .png or .html")
      ->type_name("FILE")
      ->check(not_empty());
  command->add_option("--colours", options->scale, "grey | ink | perceptual")
      ->check(CLI::IsMember({"grey", "ink", "perceptual"}));
  command->add_flag("--explain", options->explain,
                    "print the equations and every step: energies, alignment, context, choice");
  command->add_flag_callback(
      "--strict", [options] { options->errors = LineErrors::kStop; },
      "draw nothing and end with code 3 at the first text that cannot be answered");
  add_marks_options(*command, options->marks);
  add_search_options(*command, options->predict);
  command->callback([options] { run(*options); });
}

}  // namespace attend::commands

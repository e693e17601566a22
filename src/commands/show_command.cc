// attend show: shows the alignment of a prediction in the terminal, as a picture, or step by step.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "api/api.h"
#include "base/base.h"
#include "commands/show.h"
#include "view/view.h"

namespace attend::commands {
namespace {

std::string draw_file(const ShowOptions& options,
                      std::span<const view::AlignmentPicture> pictures) {
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

void check_target(const ShowOptions& options) {
  if (options.target.empty()) return;
  for (const std::string_view extension : {".svg", ".png", ".html"}) {
    if (has_extension(options.target, extension)) return;
  }
  throw UsageError(
      fmt::format("--output: found '{}', expected a name that ends in .svg, .png or "
                  ".html",
                  options.target));
}

// A picture of an alignment has one text; captions of several pictures stand below one another.
void check_one_text(const ShowOptions& options) {
  const bool one = options.target.empty() || has_extension(options.target, ".html");
  if (options.texts.size() <= 1 || one) return;
  throw UsageError("several texts go into .html or the terminal only");
}

void check_explain(const ShowOptions& options) {
  if (!options.explain) return;
  if (!options.target.empty()) {
    throw UsageError("--explain prints text and goes without --output");
  }
  if (options.predict.unknown == UnknownUnits::kReplaced) {
    throw UsageError(
        "--explain and --replace-unknown: the steps show the units that the model chose, <unk> "
        "among them");
  }
}

// Returns the answers of the texts that have one. DataError if none has one.
std::vector<Answer> answer_texts(const Predictor& predictor, const ShowOptions& options,
                                 Notices& notices) {
  std::vector<Answer> answered;
  const Chunk given = read_texts(options);
  auto answers = predictor.predict(given.sources, options.predict, given.allowed);
  Undrawn undrawn(options.errors, notices);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Answer& answer = answers[i];
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
std::string predictions_of(std::span<const Answer> answers) {
  std::string text;
  for (const Answer& answer : answers) {
    text += fmt::format("{} → {}\n", answer.source.text, answer.predictions.front().text);
  }
  return text;
}

void draw(const ShowOptions& options, std::span<const Answer> answers) {
  std::vector<view::AlignmentPicture> pictures;
  for (const Answer& answer : answers) {
    pictures.push_back(api::picture_of(answer.source, answer.predictions.front()));
  }
  if (!options.target.empty()) return write_file(options.target, draw_file(options, pictures));
  const view::TerminalOptions terminal = terminal_options(options);
  std::string text;
  for (const view::AlignmentPicture& picture : pictures) {
    text += view::draw_terminal(picture, terminal);
  }
  write_file("-", text);
}

void run(const ShowOptions& given) {
  ShowOptions options = given;
  check_target(options);
  complete_target_options(options.asked, options.predict);
  check_explain(options);
  options.predict.request.stream = 1;  // texts are numbered from 1, as lines are
  const Predictor predictor(options.models, options.load);
  if (!predictor.info().reads_pictures) check_one_text(options);
  check_marks(predictor, options.marks);
  check_target_options(predictor, options.predict);
  Notices notices("attend show", kShownTexts);
  if (options.explain) {
    write_file("-", explain_texts(predictor, options, notices));
    notices.report();
    return;
  }
  if (predictor.info().reads_pictures) {
    show_pictures(predictor, options, notices);
    notices.report();
    return;
  }
  const bool shaded = has_shown_weights(predictor);
  if (!shaded && !options.target.empty()) check_alignment(predictor, "--output");
  ShowOptions wanted = options;
  if (predictor.info().has_labels()) want_labels(predictor, wanted.predict);
  const std::vector<Answer> answers = answer_texts(predictor, wanted, notices);
  if (shaded) {
    draw_documents(wanted, answers);
  } else if (const std::string lack = lack_of_alignment(predictor); lack.empty()) {
    draw(wanted, answers);
  } else {
    const std::string text = predictor.info().has_labels() ? draw_labels(wanted, answers) + "\n"
                                                           : predictions_of(answers);
    write_file("-", text + lack + "\n");
  }
  notices.report();
}

}  // namespace

void add_show(CLI::App& program) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command = program.add_subcommand("show", "what a prediction looked at");
  add_models_option(*command, options->models, options->load);
  command->add_option("texts", options->texts, "sources")->required()->type_name("TEXT");
  command->add_option("-o,--output", options->target, "picture: .svg, .png or .html")
      ->type_name("FILE")
      ->check(not_empty());
  command->add_option("--colours,--colors", options->scale, "grey | ink | perceptual")
      ->check(CLI::IsMember({"grey", "ink", "perceptual"}));
  command->add_flag("--explain", options->explain,
                    "print the equations and every step: energies, alignment, context, choice");
  command->add_flag_callback(
      "--strict", [options] { options->errors = LineErrors::kStop; },
      "draw nothing and end with code 3 at the first text that cannot be answered");
  add_marks_options(*command, options->marks);
  add_search_options(*command, options->predict);
  add_target_options(*command, options->asked, options->predict);
  const auto example = std::make_shared<ExampleOptions>();
  add_example_options(*command, *example);
  command->callback([options, example, command] {
    if (asks_for_example(*command, *example)) return print_example(*example);
    check_models(*command, options->models);
    run(*options);
  });
}

}  // namespace attend::commands

// What the files of `attend show` share. Internal to this folder.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/api.h"
#include "commands/command_line.h"
#include "commands/target_options.h"
#include "view/view.h"

namespace attend::commands {

using api::drawn_columns;
using api::joined_units;
using api::spans_of;

inline constexpr const char* kShownTexts = "text";  // messages call the arguments by this name

struct ShowOptions {
  std::vector<std::string> models;
  LoadOptions load;
  std::string target, scale;
  std::vector<std::string> texts;
  text::SourceMarks marks;
  TargetOptions asked;
  PredictOptions predict;
  bool explain = false;
  LineErrors errors = LineErrors::kGoOn;
};

/// Returns the texts of the command line without their marks.
Chunk read_texts(const ShowOptions& options);

/// Names the texts that have no picture. The last one is kept, because it becomes the error of the
/// command when no text has a picture.
class Undrawn {
 public:
  Undrawn(LineErrors errors, Notices& notices) : errors_(errors), notices_(notices) {}
  /// `i` counts from 0. DataError under LineErrors::kStop.
  void add(std::size_t i, std::string_view problem);
  /// DataError where nothing was drawn.
  void finish(bool drawn);

 private:
  void name_last();

  LineErrors errors_;
  Notices& notices_;
  std::pair<std::size_t, std::string> last_;  // number, problem; 0: none
};

/// Returns the width and the colours of the terminal; no colours where there is none.
view::TerminalOptions terminal_options(const ShowOptions& options);

/// Whether the picture is to be written to a file whose name ends so.
bool has_extension(const std::string& file, std::string_view extension);

/// Returns the equations of the model and every step of the predictions, with their numbers.
std::string explain_texts(const Predictor& predictor, const ShowOptions& options, Notices& notices);

struct ExampleOptions {
  std::string score = "dot", size = "3x2";
  int steps = 2;
  std::vector<CLI::Option*> given = {};  ///< --example and those that go with it, in this order
};
/// Adds --example and the options that go with it. With --example, a model and texts are not
/// required. Call it behind those of models and texts.
void add_example_options(CLI::App& command, ExampleOptions& options);
/// Whether --example was given. UsageError if options came with it that do not belong to it.
bool asks_for_example(const CLI::App& command, const ExampleOptions& options);
/// Prints attention worked out on given numbers. UsageError for a size that is none.
void print_example(const ExampleOptions& options);

/// Draws captions of pictures with the regions that each word looked at, in the terminal or into a
/// file. For a model that reads pictures.
void show_pictures(const Predictor& predictor, const ShowOptions& options, Notices& notices);

/// Whether words or sentences of a model of labels have weights that can be shown.
bool has_shown_weights(const Predictor& predictor);
/// Has the most probable labels of each text predicted, beside the best one; not where labels are
/// drawn at random.
void want_labels(const Predictor& predictor, PredictOptions& options);
/// Draws answers of a model of labels as shaded texts, in the terminal or into a file.
void draw_documents(const ShowOptions& options, std::span<const Answer> answers);
/// Returns the labels with their probabilities and below them the text, of each answer of a model
/// of labels that looks at nothing.
std::string draw_labels(const ShowOptions& options, std::span<const Answer> answers);

}  // namespace attend::commands

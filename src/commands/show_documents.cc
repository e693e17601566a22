// attend show for models of labels: texts with shaded words and sentences.
#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "commands/show.h"
#include "view/view.h"

namespace attend::commands {
namespace {

constexpr int kShownLabels = 5;

// Returns the raw text of each word. Words that share one character of the raw text are shown as
// the model reads them.
std::vector<std::string> raw_words(const Source& source) {
  std::vector<std::string> words;
  std::size_t end = 0;  // of the word before
  for (const text::Unit& unit : source.units) {
    const text::ByteSpan span = unit.span;
    const bool own = span.begin >= end && span.begin < span.end;
    const std::string raw = own ? source.text.substr(span.begin, span.end - span.begin) : unit.text;
    words.push_back(text::is_blank(unit.text) ? unit.text : raw);
    end = span.end;
  }
  return words;
}

// Returns the words and the labels of an answer, without weights.
view::DocumentPicture plain_picture_of(const Answer& answer) {
  const Source& source = answer.source;
  view::DocumentPicture picture;
  picture.words = raw_words(source);
  picture.joined = joined_units(spans_of(source));
  picture.sentences = source.sentences;
  picture.paragraphs = source.paragraphs;
  for (const Prediction& prediction : answer.predictions) {
    picture.labels.push_back({prediction.text, std::exp(prediction.log_probability)});
  }
  return picture;
}

view::DocumentPicture picture_of(const Answer& answer) {
  Document document = describe_document(answer.source, answer.predictions.front().alignment);
  view::DocumentPicture picture = plain_picture_of(answer);
  picture.word_weights = std::move(document.word_weights);
  picture.importance = std::move(document.importance);
  picture.sentence_weights = std::move(document.sentence_shares);
  return picture;
}

std::string draw_all(const ShowOptions& options, std::span<const view::DocumentPicture> pictures,
                     const view::DocumentOptions& how) {
  const view::TerminalOptions terminal = terminal_options(options);
  std::string text;
  for (const view::DocumentPicture& picture : pictures) {
    text += (text.empty() ? "" : "\n") + view::draw_document_terminal(picture, terminal, how);
  }
  return text;
}

std::string draw_file(const ShowOptions& options, std::span<const view::DocumentPicture> pictures,
                      const view::DocumentOptions& how) {
  if (has_extension(options.target, ".html")) return view::draw_documents_html(pictures, how);
  const std::string svg = view::draw_document_svg(pictures.front(), how);
  return has_extension(options.target, ".png") ? view::svg_to_png(svg) : svg;
}

}  // namespace

bool has_shown_weights(const Predictor& predictor) {
  const ModelInfo& info = predictor.info();
  return info.has_labels() && (info.has_alignment || info.has_section_weights);
}

void want_labels(const Predictor& predictor, PredictOptions& options) {
  if (options.search.sampling) return;
  const auto labels =
      static_cast<int>(std::min<std::size_t>(predictor.info().targets, kShownLabels));
  options.search.n_best = labels;
  options.search.beam = std::max(options.search.beam, labels);
}

void draw_documents(const ShowOptions& options, std::span<const Answer> answers) {
  view::DocumentOptions how;
  if (!options.scale.empty()) how.scale = view::colour_scale(options.scale);
  std::vector<view::DocumentPicture> pictures;
  for (const Answer& answer : answers) pictures.push_back(picture_of(answer));
  if (!options.target.empty()) {
    return write_file(options.target, draw_file(options, pictures, how));
  }
  write_file("-", draw_all(options, pictures, how));
}

std::string draw_labels(const ShowOptions& options, std::span<const Answer> answers) {
  std::vector<view::DocumentPicture> pictures;
  for (const Answer& answer : answers) pictures.push_back(plain_picture_of(answer));
  return draw_all(options, pictures, {});
}

}  // namespace attend::commands

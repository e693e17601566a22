// Draws a document with characters: its labels, then its words.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "base/base.h"
#include "view/document.h"
#include "view/labels.h"
#include "view/line_breaks.h"
#include "view/picture.h"
#include "view/shades.h"
#include "view/terminal_header.h"
#include "view/view.h"

namespace attend::view {
namespace {

using Colour = TerminalOptions::Colour;

constexpr std::size_t kNarrowest = 20;
constexpr std::size_t kLongestName = 30;  // in columns, of a label
constexpr std::size_t kLongestBar = 24;
constexpr std::size_t kProbability = 10;  // columns: "  0.1234  "
constexpr std::size_t kMargin = 5;        // columns: "0.12 "

class DocumentDrawing {
 public:
  DocumentDrawing(const DocumentPicture& picture, const TerminalOptions& terminal,
                  const DocumentOptions& options)
      : document_(picture, options), terminal_(terminal), options_(options) {
    margin_ = document_.has_sentence_weights() ? kMargin : 0;
    room_ = terminal.width - margin_;
  }

  std::string draw() {
    const std::string& title = document_.original().title;
    if (!title.empty()) {
      line(styled("1", isolated(shorten_columns(visible_title(title), terminal_.width))));
    }
    draw_labels();
    if (!text_.empty()) text_ += '\n';
    for (const ShownSentence& sentence : document_.sentences()) draw_sentence(sentence);
    if (document_.sentences().empty()) line(styled("2", kEmptySide));
    draw_notes();
    return std::move(text_);
  }

 private:
  bool plain() const { return terminal_.colour == Colour::kNone; }

  void draw_labels() {
    std::size_t longest = 0;
    for (const LabelProbability& one : document_.labels()) {
      longest = std::max(longest, display_width(one.label));
    }
    const std::size_t name = std::min({longest, kLongestName, terminal_.width - kProbability});
    const std::size_t bar = std::min(kLongestBar, terminal_.width - kProbability - name);
    for (std::size_t k = 0; k < document_.labels().size(); ++k) {
      const LabelProbability& one = document_.labels()[k];
      const auto full =
          static_cast<std::size_t>(std::lround(one.probability * static_cast<double>(bar)));
      const std::string label = pad_right(shorten_columns(one.label, name), name);
      std::string blocks;
      for (std::size_t i = 0; i < full; ++i) blocks += "█";
      line(fmt::format("{}  {:.4f}  {}", k == 0 ? styled("1", label) : label, one.probability,
                       blocks));
    }
  }

  void draw_sentence(const ShownSentence& sentence) {
    if (sentence.gap_before) line(std::string(margin_, ' ') + styled("2", "…"));
    if (sentence.begins_paragraph && !sentence.gap_before) text_ += '\n';
    std::vector<std::string> labels;
    std::vector<WordBox> boxes;
    for (std::size_t j = sentence.first; j < sentence.end; ++j) {
      labels.push_back(shorten_columns(visible_label(document_.original().words[j]), room_));
      boxes.push_back({static_cast<double>(display_width(labels.back())), document_.joined(j)});
    }
    const auto lines = break_lines(boxes, 1, static_cast<double>(room_));
    for (std::size_t k = 0; k < lines.size(); ++k) {
      const std::size_t end = k + 1 < lines.size() ? lines[k + 1] : boxes.size();
      draw_line(sentence, labels, lines[k], end);
    }
    if (sentence.cut || (sentence.end == sentence.first)) {
      line(std::string(margin_, ' ') + styled("2", sentence.cut ? "…" : kEmptySide));
    }
  }

  /// Draws the words [begin, end) of a sentence, and without colour the shades below them.
  void draw_line(const ShownSentence& sentence, std::span<const std::string> labels,
                 std::size_t begin, std::size_t end) {
    std::string words = begin == 0 ? margin_of(sentence) : std::string(margin_, ' ');
    std::string shades(margin_, ' ');
    bool shaded = false;
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t j = sentence.first + i;
      const bool space = i > begin && !document_.joined(j);
      const double weight = document_.word_shade(j);
      words += (space ? " " : "") + word(labels[i], weight);
      const bool visible = weight >= kShades[1].from;
      shades += space ? " " : "";
      for (std::size_t c = display_width(labels[i]); c > 0; --c) {
        shades += visible ? shade(weight) : " ";
      }
      shaded = shaded || visible;
    }
    line(with_direction(std::move(words), sentence.direction));
    if (plain() && shaded) line(shades);
  }

  /// Returns a line of words behind a mark of its direction, if the terminal is to order its words.
  std::string with_direction(std::string words, Direction direction) const {
    if (plain()) return words;  // each word stands above its shade
    if (direction == Direction::kRightToLeft) return kRightToLeftMark + std::move(words);
    return turns_its_line(words) ? kLeftToRightMark + std::move(words) : words;
  }

  std::string margin_of(const ShownSentence& sentence) const {
    if (margin_ == 0) return {};
    const std::string number = fmt::format("{:.2f}", document_.sentence_weight(sentence.number));
    const double weight = document_.sentence_shade(sentence.number);
    return on_colour(number, sentence_colour(weight, options_.scale),
                     has_colour(weight, options_.scale)) +
           " ";
  }

  std::string word(const std::string& label, double weight) const {
    const bool coloured = document_.has_word_weights() && has_colour(weight, options_.scale);
    return on_colour(plain() ? isolated(label) : label, word_colour(weight, options_.scale),
                     coloured);
  }

  std::string on_colour(const std::string& text, Rgb colour, bool coloured) const {
    if (plain() || !coloured) return text;
    return background_code(colour, terminal_.colour) +
           foreground_code(text_colour_on(colour), terminal_.colour) + text + "\x1b[0m";
  }

  void draw_notes() {
    if (const std::string note = document_.left_out_note(); !note.empty()) {
      text_ += '\n';
      wrap(note);
    }
    const std::string scale = document_.scale_note();
    if (scale.empty() || document_.sentences().empty()) return;
    text_ += '\n';
    std::string shades;
    if (plain()) {
      for (const Shade& step : std::span(kShades).subspan(1)) {
        shades += fmt::format("{} {}  ", step.glyph, step.meaning);
      }
      wrap(shades + "of " + scale);
      return;
    }
    constexpr int kSteps = 12;
    for (int i = 0; i <= kSteps; ++i) {
      shades += on_colour(" ", word_colour(i / double{kSteps}, options_.scale), true);
    }
    line("0 " + shades);
    wrap("the last colour is " + scale);
  }

  /// Adds a note in lines that fit.
  void wrap(const std::string& note) {
    std::vector<std::string> words;
    std::vector<WordBox> boxes;
    for (std::size_t at = 0; at < note.size();) {
      const std::size_t end = std::min(note.find(' ', at), note.size());
      if (end > at) {
        words.push_back(shorten_columns(note.substr(at, end - at), terminal_.width));
        boxes.push_back({static_cast<double>(display_width(words.back())), false});
      }
      at = end + 1;
    }
    const auto lines = break_lines(boxes, 1, static_cast<double>(terminal_.width));
    for (std::size_t k = 0; k < lines.size(); ++k) {
      std::string text;
      const std::size_t end = k + 1 < lines.size() ? lines[k + 1] : words.size();
      for (std::size_t i = lines[k]; i < end; ++i) text += (text.empty() ? "" : " ") + words[i];
      line(styled("2", text));
    }
  }

  std::string styled(const char* style, const std::string& text) const {
    return plain() ? text : fmt::format("\x1b[{}m{}\x1b[0m", style, text);
  }

  /// Adds a line without the spaces at its end.
  void line(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    text_ += text + '\n';
  }

  ShownDocument document_;
  const TerminalOptions& terminal_;
  const DocumentOptions& options_;
  std::size_t margin_ = 0;  // columns before the words
  std::size_t room_ = 0;    // columns for words
  std::string text_;
};

}  // namespace

std::string draw_document_terminal(const DocumentPicture& picture, const TerminalOptions& terminal,
                                   const DocumentOptions& options) {
  if (terminal.width < kNarrowest) {
    throw UsageError(
        fmt::format("a width of {} columns is too narrow to draw; at least {} are needed",
                    terminal.width, kNarrowest));
  }
  return DocumentDrawing(picture, terminal, options).draw();
}

}  // namespace attend::view

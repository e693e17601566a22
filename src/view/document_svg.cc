// Draws a document in SVG: labels with bars, then lines of shaded words.
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
#include "view/svg_writer.h"
#include "view/view.h"
#include "view/word_order.h"

namespace attend::view {
namespace {

constexpr double kMargin = 18;
constexpr double kFont = 14;
constexpr double kSmallFont = 11;
constexpr double kBold = 1.08;  // bold letters are so much wider
constexpr double kSpace = 2;    // between the boxes of two words
constexpr double kPadding = 2;  // of a word in its box, at either side
constexpr double kLine = 25;    // from one line to the next
constexpr double kBox = 20;     // the height of the box of a word
constexpr double kGutter = 84;  // for the weight of a sentence
constexpr double kNumber = 32;  // of them for its digits
constexpr double kSentenceBar = 42;
constexpr double kSentenceGap = 4;
constexpr double kParagraphGap = 14;
constexpr double kLabelLine = 22;
constexpr double kLabelBar = 220;
constexpr double kLongestName = 220;
constexpr double kLabelNumber = 60;  // for the digits behind a bar
constexpr double kLegendWidth = 160;
constexpr std::size_t kLongestWord = 26;  // in clusters
constexpr std::size_t kLongestTitle = 80;
constexpr double kNarrowest = 480, kWidest = 4000;
constexpr std::string_view kTrack = "#e8ebee";
constexpr std::string_view kBestLabel = "#0072b2", kOtherLabel = "#8b949e";

/// One line of a sentence: its words and where it stands.
struct Line {
  std::size_t begin = 0, end = 0;  // words of the sentence
  double y = 0;
};

struct SentencePlace {
  const ShownSentence* sentence = nullptr;
  std::vector<std::string> words;  // as they are drawn
  double gap_y = 0;                // of the dots before it, if sentences are left out there
  double y = 0;
  std::vector<Line> lines;
};

/// The layout of a document, in pixels.
class DocumentSheet {
 public:
  DocumentSheet(const DocumentPicture& picture, const DocumentOptions& options)
      : document_(picture, options), options_(options) {
    if (!(options.width >= kNarrowest && options.width <= kWidest)) {
      throw UsageError(fmt::format("a width of {} pixels is not between {} and {}", options.width,
                                   kNarrowest, kWidest));
    }
    left_ = kMargin + (document_.has_sentence_weights() ? kGutter : 0);
    room_ = options.width - left_ - kMargin;
    place();
  }

  std::string draw() {
    const std::string& title = document_.original().title;
    const std::string shown = shorten_clusters(visible_title(title), kLongestTitle);
    SvgWriter svg(options_.width, height_, shown.empty() ? "Document" : shown, description());
    if (!shown.empty()) svg.text({kMargin, kMargin + 14}, shown, {.size = 16, .bold = true});
    draw_labels(svg);
    svg.open_group("document");
    for (const SentencePlace& place : places_) draw_sentence(svg, place);
    svg.close_group();
    if (places_.empty()) {
      svg.text({left_, text_y_ + 15}, kEmptySide, {.size = kFont, .colour = kMutedColour});
    }
    draw_notes(svg);
    return svg.finish();
  }

 private:
  static double text_width(std::string_view text) { return em_width(text) * kFont; }

  double box_width(const std::string& word) const {
    return std::min(text_width(word) + 2 * kPadding, room_);
  }

  void place() {
    labels_y_ = kMargin + (document_.original().title.empty() ? 0 : 30);
    text_y_ = labels_y_ + kLabelLine * static_cast<double>(document_.labels().size());
    if (!document_.labels().empty()) text_y_ += 14;
    double y = text_y_;
    for (const ShownSentence& sentence : document_.sentences()) place_sentence(sentence, y);
    if (places_.empty()) y += kLine;
    notes_y_ = y + 14;
    const double legend = document_.scale_note().empty() ? 0 : 36;
    const double left_out = document_.left_out_note().empty() ? 0 : 20;
    height_ = std::ceil(notes_y_ + legend + left_out + kMargin);
  }

  void place_sentence(const ShownSentence& sentence, double& y) {
    SentencePlace place;
    place.sentence = &sentence;
    if (sentence.begins_paragraph) y += kParagraphGap;
    if (sentence.gap_before) {
      place.gap_y = y;
      y += kLine;
    }
    place.y = y;
    std::vector<WordBox> boxes;
    for (std::size_t j = sentence.first; j < sentence.end; ++j) {
      place.words.push_back(
          shorten_clusters(visible_label(document_.original().words[j]), kLongestWord));
      boxes.push_back({box_width(place.words.back()), document_.joined(j)});
    }
    const auto begins = break_lines(boxes, kSpace, room_);
    for (std::size_t k = 0; k < begins.size(); ++k) {
      const std::size_t end = k + 1 < begins.size() ? begins[k + 1] : boxes.size();
      place.lines.push_back({begins[k], end, y});
      y += kLine;
    }
    if (begins.empty() || sentence.cut) y += kLine;  // for dots or for a remark
    y += document_.has_sentence_weights() ? kSentenceGap : 0;
    places_.push_back(std::move(place));
  }

  void draw_labels(SvgWriter& svg) const {
    double name = 0;
    for (const LabelProbability& one : document_.labels()) {
      name = std::max(name, std::min(em_width(one.label) * kFont * kBold, kLongestName));
    }
    svg.open_group("labels");
    for (std::size_t k = 0; k < document_.labels().size(); ++k) {
      const LabelProbability& one = document_.labels()[k];
      const double y = labels_y_ + kLabelLine * static_cast<double>(k);
      const double x = kMargin + name + 12;
      const double bar = std::min(kLabelBar, options_.width - x - kLabelNumber - kMargin);
      svg.text({kMargin, y + 15}, shorten_ems(one.label, kLongestName / (kFont * kBold)),
               {.size = kFont, .bold = k == 0, .tooltip = one.label});
      svg.rectangle({x, y + 4}, bar, 13, kTrack);
      svg.rectangle({x, y + 4}, bar * one.probability, 13, k == 0 ? kBestLabel : kOtherLabel,
                    fmt::format("{:.6f}", one.probability));
      svg.text({x + bar + 8, y + 15}, fmt::format("{:.4f}", one.probability),
               {.size = kFont, .colour = kMutedColour});
    }
    svg.close_group();
  }

  void draw_sentence(SvgWriter& svg, const SentencePlace& place) const {
    const ShownSentence& sentence = *place.sentence;
    if (sentence.gap_before) draw_remark(svg, "…", place.gap_y, document_.direction());
    svg.open_group("sentence");
    if (document_.has_sentence_weights()) draw_sentence_weight(svg, place);
    draw_words(svg, place);
    svg.close_group();
    const double below = place.y + kLine * static_cast<double>(place.lines.size());
    if (sentence.cut) draw_remark(svg, "…", below, sentence.direction);
    if (place.lines.empty()) draw_remark(svg, kEmptySide, below, sentence.direction);
  }

  /// Draws a text where a line of this direction begins.
  void draw_remark(SvgWriter& svg, std::string_view text, double y, Direction direction) const {
    const bool left = direction == Direction::kLeftToRight;
    svg.text({left ? left_ : left_ + room_, y + 15}, text,
             {.size = kFont, .anchor = left ? "start" : "end", .colour = kMutedColour});
  }

  void draw_sentence_weight(SvgWriter& svg, const SentencePlace& place) const {
    const std::size_t number = place.sentence->number;
    const double share = document_.sentence_shade(number);
    const std::string note =
        fmt::format("sentence {}: {:.4f}", number + 1, document_.sentence_weight(number));
    svg.text({kMargin, place.y + 15}, fmt::format("{:.2f}", document_.sentence_weight(number)),
             {.size = kSmallFont, .colour = kMutedColour, .tooltip = note});
    svg.rectangle({kMargin + kNumber, place.y + 4}, kSentenceBar, 13, kTrack, note);
    svg.rectangle({kMargin + kNumber, place.y + 4}, kSentenceBar * share, 13,
                  hex(sentence_colour(std::max(share, 0.25), options_.scale)), note);
  }

  void draw_words(SvgWriter& svg, const SentencePlace& place) const {
    const ShownSentence& sentence = *place.sentence;
    const std::vector<char>& joined = document_.original().joined;
    const WordOrder order(place.words,
                          joined.empty()
                              ? std::span<const char>()
                              : std::span(joined).subspan(sentence.first, place.words.size()),
                          sentence.direction);
    for (const Line& line : place.lines) {
      draw_line(svg, place, order.line(line.begin, line.end), line.y);
    }
  }

  /// Returns the width of a piece. The pieces of a word take as much room as its box.
  double piece_width(const LinePiece& piece, const std::string& word) const {
    if (piece.is_space()) return kSpace;
    const double padding = (piece.begins_word ? kPadding : 0) + (piece.ends_word ? kPadding : 0);
    return (text_width(piece.text) + padding) * box_width(word) / (text_width(word) + 2 * kPadding);
  }

  /// Draws the pieces of a line in the order of reading, in which programs select and copy them.
  void draw_line(SvgWriter& svg, const SentencePlace& place, std::span<const LinePiece> line,
                 double y) const {
    std::vector<double> widths, places(line.size());
    double whole = 0;
    for (const LinePiece& piece : line) {
      widths.push_back(piece_width(piece, place.words[piece.word]));
      whole += widths.back();
    }
    const bool left = place.sentence->direction == Direction::kLeftToRight;
    double x = left ? left_ : left_ + room_ - whole;
    for (const std::size_t k : from_left(line)) {
      places[k] = x;
      x += widths[k];
    }
    for (std::size_t k = 0; k < line.size(); ++k) {
      if (line[k].is_space()) continue;
      draw_piece(svg, line[k], {places[k], y}, widths[k], *place.sentence);
    }
  }

  void draw_piece(SvgWriter& svg, const LinePiece& piece, Point corner, double width,
                  const ShownSentence& sentence) const {
    const std::size_t word = sentence.first + piece.word;
    const std::string note = document_.word_note(word, sentence.number);
    const double share = document_.word_shade(word);
    const bool coloured = document_.has_word_weights() && has_colour(share, options_.scale);
    const Rgb behind = word_colour(share, options_.scale);
    if (coloured) svg.rectangle(corner, width, kBox, hex(behind), note);
    const std::string colour = coloured ? hex(text_colour_on(behind)) : std::string(kTextColour);
    svg.text({corner.x + width / 2, corner.y + 15}, piece.text,
             {.size = kFont,
              .anchor = "middle",
              .colour = colour,
              .tooltip = note,
              .direction = piece.direction()});
  }

  void draw_notes(SvgWriter& svg) const {
    double y = notes_y_;
    const TextStyle small{.size = kSmallFont, .colour = kMutedColour};
    if (const std::string note = document_.left_out_note(); !note.empty()) {
      svg.text({kMargin, y + 10}, note, small);
      y += 20;
    }
    const std::string scale = document_.scale_note();
    if (scale.empty()) return;
    constexpr int kSteps = 40;
    const double step = kLegendWidth / kSteps;
    svg.open_group("legend");
    for (int i = 0; i < kSteps; ++i) {
      svg.rectangle({kMargin + 12 + i * step, y + 2}, i + 1 < kSteps ? step + 0.5 : step, 9,
                    hex(word_colour(i / double{kSteps - 1}, options_.scale)));
    }
    svg.text({kMargin, y + 10}, "0", small);
    svg.text({kMargin + 12 + kLegendWidth + 8, y + 10}, scale, small);
    svg.close_group();
  }

  /// Screen readers read this in place of the picture.
  std::string description() const {
    std::string text;
    for (const LabelProbability& one : document_.labels()) {
      text += fmt::format("{} {:.4f}. ", one.label, one.probability);
    }
    if (const std::string strongest = document_.strongest_words(); !strongest.empty()) {
      text += fmt::format("Words with the largest weights: {}. ", strongest);
    }
    return text + document_.left_out_note();
  }

  ShownDocument document_;
  const DocumentOptions& options_;
  std::vector<SentencePlace> places_;
  double left_ = 0;  // of the words
  double room_ = 0;  // for words
  double labels_y_ = 0, text_y_ = 0, notes_y_ = 0;
  double height_ = 0;
};

}  // namespace

std::string draw_document_svg(const DocumentPicture& picture, const DocumentOptions& options) {
  return DocumentSheet(picture, options).draw();
}

}  // namespace attend::view

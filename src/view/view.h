// The public face of src/view: pictures of alignments, of training, of predicted labels and of
// captions, for the terminal and as SVG, PNG and HTML. It knows nothing about models. Every
// function is pure and safe to call from several threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attend::view {

/// One prediction with its alignment (docs/models.md §4.7): a row for every target unit, a column
/// for every source unit, weights from 0 to 1. A row sums to 1 unless the source was cut. Units are
/// UTF-8 and may contain anything, including control characters and markup: invisible characters
/// are made visible.
///
/// A side may have no units, because an answer may be empty. Every picture then says "(empty)" in
/// its place.
///
/// Every draw_* function of a picture throws UsageError when there are too many units to draw and
/// Error when a weight or a probability is not a number. It fails a check when the sizes do not fit
/// together.
struct AlignmentPicture {
  std::vector<std::string> source_units;
  std::vector<std::string> target_units;
  std::vector<float> alignment;                  // [target_units, source_units]
  std::string title = {};                        ///< empty: none
  std::vector<float> target_probabilities = {};  ///< p(y_i), [target_units]; empty: none
  /// Whether each unit follows the one before without white space; empty: none does. Pages read it.
  std::vector<char> source_joined = {};  // [source_units]
  std::vector<char> target_joined = {};  // [target_units]
};

/// Says which colour a weight has.
enum class ColourScale {
  kGrey,        ///< 0 black, 1 white, as docs/models.md §4.7 demands
  kInk,         ///< 0 white, 1 nearly black: kGrey reversed, for paper
  kPerceptual,  ///< 0 dark violet over teal to 1 light yellow; even steps of lightness
};
/// "grey", "ink" or "perceptual"; UsageError for anything else.
ColourScale colour_scale(std::string_view name);

// ---------------------------------------------------------------------------------- terminal ---

struct TerminalOptions {
  enum class Colour { kNone, k256, kTrueColour };
  Colour colour = Colour::kNone;
  ColourScale scale = ColourScale::kPerceptual;  ///< used by the two colour modes
  std::size_t width = 80;                        ///< columns, at least 20
  std::size_t max_source_units = 400;            ///< further units are left out, with a note
  std::size_t max_target_units = 400;
};

/// Returns lines of text, each ended by a line feed. Without colour a weight is one of `·░▒▓█`. A
/// source that is wider than the terminal continues in panels below one another. No line exceeds
/// the width.
std::string draw_terminal(const AlignmentPicture& picture, const TerminalOptions& options = {});

/// Returns the number of columns that a terminal needs for a text: 2 for wide East Asian characters
/// and emoji, 0 for combining characters.
std::size_t display_width(std::string_view text);

/// Returns a unit as every picture writes it. A space is ␣, a control character its picture (␛), an
/// invisible or direction-changing character its number (U+202E); a combining mark without a base
/// is written on ◌, an empty unit is ∅, and broken UTF-8 is U+FFFD. After 200 characters the label
/// ends in `…`.
std::string visible_label(std::string_view unit);

/// Returns a text whose words are as visible_label() writes them, and whose spaces stay spaces: a
/// title, or a label of several words.
std::string visible_title(std::string_view text);

// ----------------------------------------------------------------------------------- pictures ---

struct PictureOptions {
  ColourScale scale = ColourScale::kGrey;
  double cell_size = 0;  ///< pixels, 4 to 100; 0: chosen from the number of units
  bool legend = true;
};

/// Returns a heat map as one SVG 1.1 document. Throws UsageError for more than 4,000 units a side
/// or 250,000 cells.
std::string draw_svg(const AlignmentPicture& picture, const PictureOptions& options = {});

struct PngOptions {
  double scale = 2;  ///< pixels of the PNG for one pixel of the SVG; reduced to keep the limit
  std::size_t max_pixels = std::size_t{64} << 20;
};

/// Turns an SVG document into a PNG with librsvg, which the first call opens. Throws Error when the
/// library is missing or rejects the document.
std::string svg_to_png(std::string_view svg, const PngOptions& options = {});

struct HtmlOptions {
  std::string title = "Alignment";
  ColourScale scale = ColourScale::kPerceptual;
  std::string language = "en";  ///< language of the page's own words, BCP 47
};

/// Returns one file that refers to nothing on the network: every picture with its tokens and its
/// heat map. Pointing at, focusing or tapping a target token shades the source by the row of the
/// token; a source token shades the target by its column. The page holds units and weights as JSON.
/// Throws UsageError when there is no picture or more than 250,000 cells.
std::string draw_html(std::span<const AlignmentPicture> pictures, const HtmlOptions& options = {});

// ---------------------------------------------------------------------------------- documents ---

struct LabelProbability {
  std::string label;
  double probability = 0;  ///< 0 … 1
};

/// A text that was answered with a label, and the weights that its words and sentences had
/// (docs/models.md §8). Words are UTF-8 and may contain anything, as in AlignmentPicture.
///
/// Each sentence runs in the direction of its first letter that has one. Pictures and pages order
/// the words of a line as the Unicode bidirectional algorithm (UAX #9) does.
///
/// Every draw_document* function throws Error when a weight or a probability is not a number, and
/// fails a check when the sizes do not fit together.
struct DocumentPicture {
  std::vector<std::string> words;
  std::vector<char> joined =
      {};  // [words]: 1 where no white space is before a word; empty: nowhere
  std::vector<float> word_weights = {};       // [words]: of each in its sentence; empty: none
  std::vector<float> importance = {};         // [words]: of each in the document, which shades it
  std::vector<std::size_t> sentences = {};    // the first word of each; empty: there are none
  std::vector<std::size_t> paragraphs = {};   // the first sentence of each; empty: there are none
  std::vector<float> sentence_weights = {};   // [sentences]: of each in the document; empty: none
  std::vector<LabelProbability> labels = {};  ///< best first; the first ten are drawn
  std::string title = {};                     ///< empty: none
};

/// Long documents are drawn in part: the sentences with the largest weights in the order of the
/// document, or where sentences have no weights the first ones. Every drawing says so.
struct DocumentOptions {
  /// Empty: words are tinted on the page. The largest weight of the document has the last colour of
  /// the scale, because the weights of many words are all small.
  std::optional<ColourScale> scale = {};
  std::size_t max_words = 2000;    ///< at least 1
  std::size_t max_sentences = 60;  ///< at least 1
  double width = 760;              ///< of an SVG, 480 to 4,000 pixels
};

/// Returns lines of text with shaded words, as draw_terminal does. Without colour, shades
/// `░▒▓█` stand below the words, whose first is always the leftmost; with colour, the terminal
/// orders the words of lines from right to left. The weight of a sentence is in the margin.
std::string draw_document_terminal(const DocumentPicture& picture,
                                   const TerminalOptions& terminal = {},
                                   const DocumentOptions& options = {});

/// Returns an SVG document: labels with bars, then the lines of the text with shaded words and a
/// bar for each sentence in the margin.
std::string draw_document_svg(const DocumentPicture& picture, const DocumentOptions& options = {});

/// Returns one page that refers to nothing on the network and needs no script. Pointing at a word
/// shows its weight. Throws UsageError when there is no picture or more than 250,000 words are to
/// be drawn.
std::string draw_documents_html(std::span<const DocumentPicture> pictures,
                                const DocumentOptions& options = {},
                                std::string_view language = "en");

// ----------------------------------------------------------------------------------- captions ---

/// A word of a caption, and where in the picture the captioner looked when it chose the word.
struct CaptionWord {
  std::string text;                       ///< UTF-8; may contain anything, as in AlignmentPicture
  std::vector<float> weights;             // [grid_rows, grid_columns]: its alignment; sum at most 1
  std::optional<float> probability = {};  ///< p(word), 0 … 1
  std::optional<float> gate = {};         ///< β, 0 … 1 (docs/models.md §1.6)
  bool joined = false;                    ///< no white space is before it
};

/// A picture and a caption of it. The grid divides the whole picture into equal regions.
///
/// A word is lit where it looked: its weights are enlarged to the size of the picture and smoothed
/// by a Gaussian, as Xu et al. 2015 did. The brightest place of a word is its largest weight,
/// however small that is.
///
/// Every draw_caption* function throws Error when a weight, a probability or a gate is not a
/// number, and UsageError when the picture has more than 100,000,000 pixels or a side of the grid
/// more than 128 regions. It fails a check when the sizes do not fit together.
struct CaptionPicture {
  std::size_t width = 0, height = 0;            ///< at least 1
  std::vector<std::uint8_t> pixels;             // [height, width, 3]: red, green and blue (sRGB)
  std::size_t grid_rows = 0, grid_columns = 0;  ///< at least 1 when there are words
  std::vector<CaptionWord> words;               ///< none: "(empty)" is drawn in their place
  std::string caption = {};                     ///< the whole caption; empty: the words joined
  std::vector<std::string> references = {};     ///< captions that people wrote; five are drawn
  std::string title = {};                       ///< empty: none
};

struct CaptionOptions {
  std::size_t max_words = 64;  ///< at least 1; further words are left out, with a note
  double width = 960;          ///< of an SVG, 480 to 4,000 pixels
  double panel = 172;          ///< the longer side of a panel of an SVG, 100 to 400 pixels
};

/// Returns an SVG document with the captions below one another: the picture, then for each word the
/// darkened picture, lit where the word looked. Pixels are drawn from at most 512 a side. Captions
/// of one picture, by several models, follow each other best. Throws UsageError when there is no
/// caption or more than 64.
std::string draw_captions_svg(std::span<const CaptionPicture> captions,
                              const CaptionOptions& options = {});

/// Returns one page that refers to nothing on the network. Pointing at a word, focusing or tapping
/// it lights the picture where the word looked. Without scripts, the panels of the words still show
/// it. Throws UsageError when there is no caption or more than 64.
std::string draw_captions_html(std::span<const CaptionPicture> captions,
                               const CaptionOptions& options = {},
                               std::string_view language = "en");

/// Says how a terminal shows pictures.
enum class TerminalGraphics {
  kBlocks,  ///< by half blocks, two pixels a character
  kKitty,   ///< by kitty's graphics protocol
};

/// What the environment says about a terminal. A variable that is not set is empty.
struct TerminalEnvironment {
  std::string_view term = {};             ///< TERM
  std::string_view term_program = {};     ///< TERM_PROGRAM
  std::string_view kitty_window_id = {};  ///< KITTY_WINDOW_ID
};

/// Returns kKitty for kitty, Ghostty and WezTerm. Inside tmux and screen, which do not pass
/// pictures on, the answer is kBlocks.
TerminalGraphics terminal_graphics(const TerminalEnvironment& environment);

/// Returns lines of text: the caption, the picture, and for each word a small map of its weights
/// with its probability, β and the place ("top left"). Without colour the picture is left out, and
/// maps are made of the shades `·░▒▓█`; `graphics` is not read then. No line exceeds the width.
std::string draw_caption_terminal(const CaptionPicture& caption,
                                  const TerminalOptions& terminal = {},
                                  TerminalGraphics graphics = TerminalGraphics::kBlocks,
                                  const CaptionOptions& options = {});

// ------------------------------------------------------------------------------------- charts ---

/// A line over updates. `x` and `y` have equal lengths. `x` must be finite and never fall. A y that
/// is not finite leaves a gap; so does a y ≤ 0 on a logarithmic axis.
struct Series {
  std::string name = {};
  std::vector<double> x;
  std::vector<double> y;
};

enum class AxisScale { kLinear, kLogarithmic };

/// Series that share a y axis.
struct CurvePanel {
  std::string title = {};  ///< the meaning of y: "loss per target unit"
  std::vector<Series> series;
  AxisScale scale = AxisScale::kLinear;
};

struct CurveOptions {
  std::string title = {};          ///< empty: none
  std::string x_title = "update";  ///< shared by all panels
  double width = 720;              ///< pixels, 200 to 4,000
  double panel_height = 240;       ///< pixels, 80 to 4,000
};

/// Returns learning curves as an SVG document, one panel below another on one x axis. The legend
/// also names a series that has nothing to draw. Throws UsageError when there is no panel.
std::string draw_curves(std::span<const CurvePanel> panels, const CurveOptions& options = {});

/// One bar: a value for a bucket (the lengths 1–10, or a language).
struct Bar {
  std::string label = {};
  double value = std::numeric_limits<double>::quiet_NaN();  ///< not finite: no bar
  std::size_t count = 0;  ///< examples that the value is computed from; 0: not shown
};

struct BarOptions {
  std::string title = {};    ///< empty: none
  std::string x_title = {};  ///< the meaning of the labels: "source length"
  std::string y_title = {};  ///< the meaning of the values: "BLEU"
  double width = 720;        ///< pixels, 200 to 4,000
  double height = 320;       ///< pixels, 120 to 4,000
};

/// Returns a bar chart from zero as an SVG document. Throws UsageError when there is no bar or more
/// than 500.
std::string draw_bars(std::span<const Bar> bars, const BarOptions& options = {});

// ------------------------------------------------------------------------------------- labels ---

/// How often each label was predicted in place of each label. Labels are UTF-8 and may contain
/// anything.
struct ConfusionPicture {
  std::vector<std::string> labels;
  std::vector<std::size_t> counts;  // [labels (expected), labels (predicted)]
  std::string title = {};           ///< empty: none
};

/// Returns a confusion matrix as an SVG document: a row for each expected and a column for each
/// predicted label. A cell is as dark as its share of its row, and holds its count where there is
/// room; tooltips give counts and shares. Readable up to 60 labels or so. Throws UsageError when
/// there are no labels or more than 200.
std::string draw_confusion(const ConfusionPicture& picture);

/// The examples whose confidence, the probability of the label that was chosen, is between `low`
/// and `high`. All but the count lie between 0 and 1.
struct ReliabilityBin {
  double low = 0, high = 0;
  std::size_t examples = 0;
  double confidence = 0;  ///< their mean confidence
  double accuracy = 0;    ///< the share of right labels among them
};

struct ReliabilityOptions {
  std::string title = {};  ///< empty: none
  std::string subtitle =
      {};  ///< a line below the title, such as the calibration error; empty: none
};

/// Returns a reliability diagram as an SVG document: the accuracy of each bin as a bar, its
/// distance to the mean confidence in a colour above the bar (overconfident) or in another one on
/// the bar (underconfident), the diagonal of perfect calibration, and below it the share of the
/// examples that each bin holds. Throws UsageError when there are no bins
/// or more than 100, and Error when a value is not a number between 0 and 1.
std::string draw_reliability(std::span<const ReliabilityBin> bins,
                             const ReliabilityOptions& options = {});

// ------------------------------------------------------------------------------------ diagrams ---

/// What a box of a diagram stands for, which decides its colour.
enum class BoxKind { kInput, kEncoder, kAttention, kDecoder, kOutput };

/// A box. Its lines are short texts; the first one is its name.
struct DiagramBox {
  std::vector<std::string> lines;
  BoxKind kind = BoxKind::kDecoder;
};

/// An arrow between two boxes, given by their places in Diagram::boxes. A feedback is dashed and
/// does not count when boxes are put in order: it shows a value that the next step reads.
struct DiagramArrow {
  std::size_t from = 0, to = 0;
  bool feedback = false;
};

/// Boxes and arrows. Without the feedback the arrows must have no circle.
struct Diagram {
  std::string title = {};
  std::vector<DiagramBox> boxes = {};
  std::vector<DiagramArrow> arrows = {};
  std::vector<std::string> notes = {};  ///< lines below the picture
};

/// Returns a diagram as one SVG 1.1 document. Arrows point upward, and feedback runs down on the
/// right. Fails a check when an arrow names a box that is missing or when arrows form a circle.
std::string draw_svg(const Diagram& diagram);

}  // namespace attend::view

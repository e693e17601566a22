// Pictures of alignments and of training: terminal, SVG, PNG, HTML. Knows nothing of models.
// Every function is pure and safe to call from several threads.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attend::view {

/// One prediction with what it looked at (§4.7): a row for every target unit, a column for every
/// source unit, weights from 0 to 1; a row sums to 1 unless the source was cut. Units are UTF-8;
/// they may hold anything, control characters and markup too: what cannot be seen is made visible.
///
/// A side may have no units: an answer may be empty. In its place every picture says "(empty)".
///
/// Every draw_* function of a picture throws UsageError when there are too many units to draw,
/// Error when a weight or a probability is not a number, and fails a check when the sizes do not
/// fit together.
struct AlignmentPicture {
  std::vector<std::string> source_units;
  std::vector<std::string> target_units;
  std::vector<float> alignment;                  // [target_units, source_units]
  std::string title = {};                        ///< empty: none
  std::vector<float> target_probabilities = {};  ///< p(y_i), [target_units]; empty: none
};

/// What a weight looks like.
enum class ColourScale {
  kGrey,        ///< 0 black, 1 white: the contract of §4.7
  kInk,         ///< 0 white, 1 nearly black: the same for paper
  kPerceptual,  ///< 0 dark violet over teal to 1 light yellow; even steps of lightness
};
/// "grey", "ink" or "perceptual"; UsageError for anything else.
ColourScale colour_scale(std::string_view name);

// ---------------------------------------------------------------------------------- terminal ---

struct TerminalOptions {
  enum class Colour { kNone, k256, kTrueColour };
  Colour colour = Colour::kNone;
  ColourScale scale = ColourScale::kPerceptual;  ///< of the two colour modes
  std::size_t width = 80;                        ///< columns, at least 20
  std::size_t max_source_units = 400;            ///< what is beyond is left out, with a note
  std::size_t max_target_units = 400;
};

/// Lines of text that end in a line feed. Without colour a weight is one of `·░▒▓█`. A source that
/// is wider than the terminal continues in panels below each other. Lines never exceed the width.
std::string draw_terminal(const AlignmentPicture& picture, const TerminalOptions& options = {});

/// Columns that a terminal needs for a text: 2 for wide East Asian characters and emoji, 0 for
/// combining ones.
std::size_t display_width(std::string_view text);

/// A unit as every picture writes it: a space is ␣, a control character its picture (␛),
/// invisible and direction-changing ones their number (U+202E), a lone combining mark stands on ◌,
/// an empty unit is ∅, and broken UTF-8 is U+FFFD. After 200 characters it ends in `…`.
std::string visible_label(std::string_view unit);

// ----------------------------------------------------------------------------------- pictures ---

struct PictureOptions {
  ColourScale scale = ColourScale::kGrey;
  double cell_size = 0;  ///< pixels, 4 to 100; 0: chosen by the number of units
  bool legend = true;
};

/// A heat map as one SVG 1.1 document. At most 4,000 units a side and 250,000 cells.
std::string draw_svg(const AlignmentPicture& picture, const PictureOptions& options = {});

struct PngOptions {
  double scale = 2;  ///< pixels of the PNG for one of the SVG; made smaller to respect the limit
  std::size_t max_pixels = std::size_t{64} << 20;
};

/// Draws an SVG document with librsvg, which is opened by the first call. Throws Error when the
/// library is missing or rejects the document.
std::string svg_to_png(std::string_view svg, const PngOptions& options = {});

struct HtmlOptions {
  std::string title = "Alignment";
  ColourScale scale = ColourScale::kPerceptual;
  std::string language = "en";  ///< of the page's own words; BCP 47
};

/// One file without any reference to the network: every picture with its tokens and heat map.
/// Pointing at, focusing or tapping a target token shades the source by its row; at a source token,
/// the target by its column. Units and weights lie in the page as JSON. At most 250,000
/// cells a page; UsageError when there is no picture.
std::string draw_html(std::span<const AlignmentPicture> pictures, const HtmlOptions& options = {});

// ------------------------------------------------------------------------------------- charts ---

/// A line over updates. `x` and `y` have one length; a y that is not finite leaves a gap (on a
/// logarithmic axis also a y ≤ 0). x must be finite and never fall.
struct Series {
  std::string name = {};
  std::vector<double> x;
  std::vector<double> y;
};

enum class AxisScale { kLinear, kLogarithmic };

/// Series that share a y axis.
struct CurvePanel {
  std::string title = {};  ///< what y is: "loss per target unit"
  std::vector<Series> series;
  AxisScale scale = AxisScale::kLinear;
};

struct CurveOptions {
  std::string title = {};          ///< empty: none
  std::string x_title = "update";  ///< shared by all panels
  double width = 720;              ///< pixels, 200 to 4,000
  double panel_height = 240;       ///< pixels, 80 to 4,000
};

/// Learning curves, one panel below the other on one x axis, as an SVG document. A series with
/// nothing to draw stays in the legend. UsageError when no panel is given.
std::string draw_curves(std::span<const CurvePanel> panels, const CurveOptions& options = {});

/// One bar: a value for a bucket (the lengths 1–10, a language).
struct Bar {
  std::string label = {};
  double value = std::numeric_limits<double>::quiet_NaN();  ///< not finite: no bar
  std::size_t count = 0;                                    ///< examples behind it; 0: not shown
};

struct BarOptions {
  std::string title = {};    ///< empty: none
  std::string x_title = {};  ///< what the labels are: "source length"
  std::string y_title = {};  ///< what the values are: "BLEU"
  double width = 720;        ///< pixels, 200 to 4,000
  double height = 320;       ///< pixels, 120 to 4,000
};

/// A bar chart from zero as an SVG document. UsageError when there is no bar or more than 500.
std::string draw_bars(std::span<const Bar> bars, const BarOptions& options = {});

}  // namespace attend::view

// Draws confusion matrices and reliability diagrams in SVG.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/base.h"
#include "view/axis.h"
#include "view/colours.h"
#include "view/labels.h"
#include "view/svg_writer.h"
#include "view/view.h"

namespace attend::view {
namespace {

constexpr std::size_t kMostLabels = 200;
constexpr std::size_t kMostBins = 100;
constexpr std::size_t kLongestLabel = 28;  // in clusters
constexpr std::size_t kLongestTitle = 100;
constexpr double kMargin = 18;
constexpr double kGap = 7;  // between labels and cells
constexpr double kSmallText = 11;
constexpr double kSin45 = 0.70710678;
constexpr ColourScale kScale = ColourScale::kInk;
constexpr std::string_view kGridColour = "#e4e7eb";
constexpr std::string_view kAxisColour = "#8b949e";

// Returns a label as pictures write it, but with blanks as blanks: those between the words of a
// label hide nothing.
std::string name_of(const std::string& label) {
  constexpr std::string_view kVisibleSpace = "\u2423";
  std::string name = visible_label(label);
  for (std::size_t at = 0; (at = name.find(kVisibleSpace, at)) != std::string::npos; ++at) {
    name.replace(at, kVisibleSpace.size(), " ");
  }
  return name;
}

/// The layout of a confusion matrix, in pixels.
class Confusion {
 public:
  explicit Confusion(const ConfusionPicture& picture)
      : picture_(picture), size_(picture.labels.size()) {
    if (size_ == 0) throw UsageError("nothing to draw: there are no labels");
    if (size_ > kMostLabels) {
      throw UsageError(
          fmt::format("{} labels are too many for a picture; the limit is {}", size_, kMostLabels));
    }
    ATTEND_CHECK_EQ(picture.counts.size(), size_ * size_);
    for (std::size_t i = 0; i < size_; ++i) {
      long_names_.push_back(name_of(picture.labels[i]));
      names_.push_back(shorten_clusters(long_names_.back(), kLongestLabel));
      const auto row = std::span(picture.counts).subspan(i * size_, size_);
      totals_.push_back(std::accumulate(row.begin(), row.end(), std::size_t{0}));
    }
    title_ = shorten_clusters(picture.title, kLongestTitle);
    place();
  }

  std::string draw() const {
    SvgWriter svg(
        width_, height_, title_.empty() ? "Confusion matrix" : title_,
        fmt::format("How often each of {} labels (columns) was predicted in place of each "
                    "(rows).",
                    size_));
    if (!title_.empty()) svg.text({kMargin, kMargin + 14}, title_, {.size = 16, .bold = true});
    draw_names(svg);
    draw_cells(svg);
    draw_totals(svg);
    draw_legend(svg);
    return svg.finish();
  }

 private:
  double side() const { return cell_ * static_cast<double>(size_); }
  double middle(std::size_t index) const { return (static_cast<double>(index) + 0.5) * cell_; }
  std::size_t count(std::size_t row, std::size_t column) const {
    return picture_.counts[row * size_ + column];
  }
  double share(std::size_t row, std::size_t column) const {
    if (totals_[row] == 0) return 0;
    return static_cast<double>(count(row, column)) / static_cast<double>(totals_[row]);
  }

  void place() {
    cell_ = std::clamp(std::floor(900 / static_cast<double>(size_)), 15.0, 48.0);
    font_ = std::clamp(cell_ * 0.5, 9.0, 13.0);
    upright_ = upright_headings(names_, (cell_ - 2) / font_);
    tilt_ = cell_ * kSin45 >= font_ * 1.25 ? 45 : 90;
    double longest = 0;
    for (const std::string& name : names_) longest = std::max(longest, em_width(name) * font_);
    const bool all_upright = std::find(upright_.begin(), upright_.end(), false) == upright_.end();
    const double above = all_upright ? font_ : tilt_ == 45 ? (longest + font_) * kSin45 : longest;
    const double heading = 20;  // "expected" and "predicted"
    grid_.x = kMargin + heading + longest + kGap;
    grid_.y = kMargin + (title_.empty() ? 0 : 34) + heading + above + kGap;
    double right = grid_.x + side() + 56;  // the totals
    if (!all_upright && tilt_ == 45) {
      const double last = em_width(names_.back()) * font_;
      right = std::max(right, grid_.x + middle(size_ - 1) + (last + font_) * kSin45);
    }
    right = std::max({right, grid_.x + 210, kMargin + em_width(title_) * 17});
    width_ = std::ceil(right + kMargin);
    height_ = std::ceil(grid_.y + side() + 54 + kMargin);
  }

  void draw_names(SvgWriter& svg) const {
    const TextStyle heading{.size = 12, .anchor = "middle", .colour = kMutedColour};
    TextStyle turned = heading;
    turned.rotate = -90;
    svg.text({grid_.x + side() / 2, kMargin + (title_.empty() ? 0 : 34) + 10}, "predicted",
             heading);
    svg.text({kMargin + 10, grid_.y + side() / 2}, "expected", turned);
    svg.open_group("predicted");
    for (std::size_t j = 0; j < size_; ++j) draw_column_name(svg, j);
    svg.close_group();
    svg.open_group("expected");
    for (std::size_t i = 0; i < size_; ++i) {
      svg.text({grid_.x - kGap, grid_.y + middle(i) + font_ * 0.36}, names_[i],
               {.size = font_, .anchor = "end", .tooltip = tooltip_of(i)});
    }
    svg.close_group();
  }

  void draw_column_name(SvgWriter& svg, std::size_t column) const {
    TextStyle style{.size = font_, .tooltip = tooltip_of(column)};
    double shift = 0;
    if (upright_[column]) {
      style.anchor = "middle";
    } else {
      style.rotate = -tilt_;
      shift = font_ * (tilt_ == 45 ? 0.2 : 0.36);
    }
    svg.text({grid_.x + middle(column) + shift, grid_.y - kGap}, names_[column], style);
  }

  // Returns more of the label where only its beginning is drawn.
  std::string_view tooltip_of(std::size_t label) const {
    return names_[label] == long_names_[label] ? std::string_view() : long_names_[label];
  }

  void draw_cells(SvgWriter& svg) const {
    svg.open_group("cells");
    for (std::size_t i = 0; i < size_; ++i) {
      for (std::size_t j = 0; j < size_; ++j) draw_cell(svg, i, j);
    }
    svg.close_group();
    svg.open_group("grid");
    for (std::size_t k = 0; k <= size_; ++k) {
      const double at = cell_ * static_cast<double>(k);
      const Stroke stroke{.colour = k == 0 || k == size_ ? "#3d444d" : "#d8dee4", .width = 0.5};
      svg.line({grid_.x + at, grid_.y}, {grid_.x + at, grid_.y + side()}, stroke);
      svg.line({grid_.x, grid_.y + at}, {grid_.x + side(), grid_.y + at}, stroke);
    }
    svg.close_group();
  }

  void draw_cell(SvgWriter& svg, std::size_t row, std::size_t column) const {
    if (count(row, column) == 0) return;
    const Rgb colour = colour_of(share(row, column), kScale);
    const Point corner{grid_.x + static_cast<double>(column) * cell_,
                       grid_.y + static_cast<double>(row) * cell_};
    svg.rectangle(corner, cell_, cell_, hex(colour),
                  fmt::format("expected “\u2068{}\u2069”, predicted “\u2068{}\u2069”: {} of {} "
                              "({:.1f} %)",
                              names_[row], names_[column], count(row, column), totals_[row],
                              100 * share(row, column)));
    const std::string number = fmt::format("{}", count(row, column));
    const double size = std::min(font_, (cell_ - 3) / em_width(number));
    if (size < 7) return;
    svg.text({corner.x + cell_ / 2, corner.y + cell_ / 2 + size * 0.36}, number,
             {.size = size,
              .anchor = "middle",
              .colour = luminance(colour) < 0.4 ? "#ffffff" : kTextColour});
  }

  void draw_totals(SvgWriter& svg) const {
    const double x = grid_.x + side() + kGap;
    const double size = std::min(kSmallText, font_);
    svg.open_group("totals");
    for (std::size_t i = 0; i < size_; ++i) {
      svg.text({x, grid_.y + middle(i) + size * 0.36}, fmt::format("n={}", totals_[i]),
               {.size = size, .colour = kMutedColour});
    }
    svg.close_group();
  }

  void draw_legend(SvgWriter& svg) const {
    constexpr int kSteps = 40;
    constexpr double kWidth = 160, kThickness = 9;
    const double y = grid_.y + side() + 20;
    const double step = kWidth / kSteps;
    svg.open_group("legend");
    for (int i = 0; i < kSteps; ++i) {
      svg.rectangle({grid_.x + i * step, y}, i + 1 < kSteps ? step + 0.5 : step, kThickness,
                    hex(colour_of(i / double{kSteps - 1}, kScale)));
    }
    const TextStyle small{.size = kSmallText, .anchor = "middle", .colour = kMutedColour};
    const double below = y + kThickness + 14;
    svg.text({grid_.x, below}, "0", small);
    svg.text({grid_.x + kWidth / 2, below}, "share of the row", small);
    svg.text({grid_.x + kWidth, below}, "1", small);
    svg.close_group();
  }

  const ConfusionPicture& picture_;
  std::size_t size_;
  std::vector<std::string> long_names_;  // of at most 200 characters, [labels]
  std::vector<std::string> names_;       // shortened, [labels]
  std::vector<std::size_t> totals_;      // of the rows, [labels]
  std::vector<bool> upright_;            // column headings, [labels]
  std::string title_;
  double cell_ = 0;
  double font_ = 0;
  double tilt_ = 0;  // in degrees, of headings that do not fit above their cells
  Point grid_;       // upper left corner of the cells
  double width_ = 0;
  double height_ = 0;
};

// -------------------------------------------------------------------------------- reliability ---

class Reliability {
 public:
  Reliability(std::span<const ReliabilityBin> bins, const ReliabilityOptions& options)
      : bins_(bins), options_(options) {
    if (bins_.empty()) throw UsageError("nothing to draw: there are no bins");
    if (bins_.size() > kMostBins) {
      throw UsageError(fmt::format("{} bins are too many for a picture; the limit is {}",
                                   bins_.size(), kMostBins));
    }
    for (const ReliabilityBin& bin : bins_) {
      for (const double value : {bin.low, bin.high, bin.confidence, bin.accuracy}) {
        if (!(value >= 0 && value <= 1 + 1e-6)) {
          throw Error(fmt::format("a reliability diagram of the value {}, expected 0 … 1", value));
        }
      }
      examples_ += bin.examples;
    }
    top_ = kMargin + (options_.title.empty() ? 0 : 30) + (options_.subtitle.empty() ? 0 : 20) + 28;
  }

  std::string draw() const {
    const double height = top_ + kSide + 44 + kStrip + 62;
    SvgWriter svg(kLeft + kSide + 24, height,
                  options_.title.empty() ? "Reliability diagram"
                                         : shorten_clusters(options_.title, kLongestTitle),
                  fmt::format("The accuracy of {} examples by their confidence, in {} bins.",
                              examples_, bins_.size()));
    draw_head(svg);
    draw_frame(svg);
    svg.open_group("bins");
    for (const ReliabilityBin& bin : bins_) draw_bin(svg, bin);
    svg.close_group();
    svg.line({x_of(0), y_of(0)}, {x_of(1), y_of(1)},
             {.colour = "#444444", .width = 1.2, .dashes = "5 4"});
    draw_strip(svg);
    return svg.finish();
  }

 private:
  static constexpr double kLeft = 66;
  static constexpr double kSide = 360;
  static constexpr double kStrip = 64;
  static constexpr std::string_view kOverconfidence = "#f0a878";
  static constexpr std::string_view kUnderconfidence = "#f7e36a";

  double x_of(double value) const { return kLeft + std::min(value, 1.0) * kSide; }
  double y_of(double value) const { return top_ + (1 - std::min(value, 1.0)) * kSide; }

  void draw_head(SvgWriter& svg) const {
    double y = kMargin + 14;
    if (!options_.title.empty()) {
      svg.text({kMargin, y}, shorten_clusters(options_.title, kLongestTitle),
               {.size = 16, .bold = true});
      y += 22;
    }
    if (!options_.subtitle.empty()) {
      svg.text({kMargin, y}, shorten_clusters(options_.subtitle, kLongestTitle),
               {.size = 12, .colour = kMutedColour});
    }
    draw_key(svg);
  }

  void draw_key(SvgWriter& svg) const {
    const double y = top_ - 12;
    const TextStyle style{.size = 12};
    svg.open_group("key");
    svg.rectangle({kLeft, y - 9}, 12, 10, kSeriesColours[0]);
    svg.text({kLeft + 17, y}, "accuracy", style);
    svg.rectangle({kLeft + 92, y - 9}, 12, 10, kOverconfidence);
    svg.text({kLeft + 109, y}, "overconfident by", style);
    svg.rectangle({kLeft + 230, y - 9}, 12, 10, kSeriesColours[0]);
    svg.rectangle({kLeft + 233, y - 9}, 6, 10, kUnderconfidence);
    svg.text({kLeft + 247, y}, "underconfident by", style);
    svg.close_group();
  }

  void draw_frame(SvgWriter& svg) const {
    const TextStyle tick{.size = kSmallText, .colour = kMutedColour};
    for (int i = 0; i <= 5; ++i) {
      const double value = i / 5.0;
      TextStyle left = tick, below = tick;
      left.anchor = "end";
      below.anchor = "middle";
      svg.line({x_of(0), y_of(value)}, {x_of(1), y_of(value)}, {.colour = kGridColour});
      svg.text({kLeft - 8, y_of(value) + 4}, short_number(value), left);
      svg.line({x_of(value), y_of(0)}, {x_of(value), y_of(0) + 4}, {.colour = kAxisColour});
      svg.text({x_of(value), y_of(0) + 17}, short_number(value), below);
    }
    svg.line({x_of(0), y_of(0)}, {x_of(1), y_of(0)}, {.colour = kAxisColour});
    TextStyle title{.size = 12, .anchor = "middle", .colour = kMutedColour};
    svg.text({x_of(0.5), y_of(0) + 34}, "confidence: the probability of the best label", title);
    title.rotate = -90;
    svg.text({20, y_of(0.5)}, "share of right labels", title);
  }

  void draw_bin(SvgWriter& svg, const ReliabilityBin& bin) const {
    if (bin.examples == 0) return;
    const double left = x_of(bin.low) + 1, width = x_of(bin.high) - x_of(bin.low) - 2;
    const std::string tooltip =
        fmt::format("{:.3f} to {:.3f}: {} examples, mean confidence {:.3f}, accuracy {:.3f}",
                    bin.low, bin.high, bin.examples, bin.confidence, bin.accuracy);
    svg.rectangle({left, y_of(bin.accuracy)}, width, y_of(0) - y_of(bin.accuracy),
                  kSeriesColours[0], tooltip);
    if (bin.confidence > bin.accuracy) {
      svg.rectangle({left, y_of(bin.confidence)}, width, y_of(bin.accuracy) - y_of(bin.confidence),
                    kOverconfidence, tooltip);
    } else if (bin.confidence < bin.accuracy) {
      // This lies on the bar, which stays visible on both of its sides up to the accuracy.
      svg.rectangle({left + width / 4, y_of(bin.accuracy)}, width / 2,
                    y_of(bin.confidence) - y_of(bin.accuracy), kUnderconfidence, tooltip);
    }
  }

  // Draws the share of the examples in each bin, below the diagram.
  void draw_strip(SvgWriter& svg) const {
    const double bottom = y_of(0) + 44 + kStrip + 14;
    double largest = 0;
    for (const ReliabilityBin& bin : bins_) largest = std::max(largest, share(bin));
    svg.open_group("examples");
    for (const ReliabilityBin& bin : bins_) {
      if (bin.examples == 0) continue;
      const double height = std::max(1.0, kStrip * share(bin) / largest);
      svg.rectangle({x_of(bin.low) + 1, bottom - height}, x_of(bin.high) - x_of(bin.low) - 2,
                    height, "#8b949e", fmt::format("{} of {} examples", bin.examples, examples_));
    }
    svg.close_group();
    svg.line({x_of(0), bottom}, {x_of(1), bottom}, {.colour = kAxisColour});
    const TextStyle small{.size = kSmallText, .anchor = "end", .colour = kMutedColour};
    svg.text({kLeft - 8, bottom - kStrip + 4}, fmt::format("{:.0f} %", 100 * largest), small);
    svg.text({kLeft - 8, bottom + 4}, "0", small);
    svg.text({x_of(0.5), bottom + 18}, fmt::format("share of the {} examples", examples_),
             {.size = 12, .anchor = "middle", .colour = kMutedColour});
  }

  double share(const ReliabilityBin& bin) const {
    return static_cast<double>(bin.examples) / static_cast<double>(examples_);
  }

  std::span<const ReliabilityBin> bins_;
  const ReliabilityOptions& options_;
  std::size_t examples_ = 0;
  double top_ = 0;  // of the diagram
};

}  // namespace

std::string draw_confusion(const ConfusionPicture& picture) { return Confusion(picture).draw(); }

std::string draw_reliability(std::span<const ReliabilityBin> bins,
                             const ReliabilityOptions& options) {
  return Reliability(bins, options).draw();
}

}  // namespace attend::view

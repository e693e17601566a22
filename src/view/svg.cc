// Draws an alignment as a heat map in SVG.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/base.h"
#include "view/colours.h"
#include "view/labels.h"
#include "view/picture.h"
#include "view/svg_writer.h"
#include "view/view.h"

namespace attend::view {
namespace {

constexpr std::size_t kMostUnits = 4000;
constexpr std::size_t kMostCells = 250'000;
// In pictures with more cells, cells that look like 0 are not written.
constexpr std::size_t kMostEmptyCells = 20'000;
constexpr std::size_t kLongestLabel = 28;  // in clusters
constexpr std::size_t kLongestTitle = 100;
constexpr double kMargin = 18;
constexpr double kGap = 8;  // between labels and cells
constexpr double kComfortableSide = 1100;
constexpr double kLegendWidth = 160;
constexpr double kSmallText = 11;
constexpr double kSin45 = 0.70710678;

/// The layout of a heat map, in pixels.
class HeatMap {
 public:
  HeatMap(const AlignmentPicture& picture, const PictureOptions& options)
      : picture_(picture),
        options_(options),
        rows_(picture_.target.size()),
        columns_(picture_.source.size()) {
    check_limits();
    shorten_labels();
    choose_sizes();
    place();
  }

  std::string draw() {
    SvgWriter svg(width_, height_, name(),
                  fmt::format("Attention weights of {} target units (rows) over {} source units "
                              "(columns).",
                              rows_, columns_));
    if (!title_.empty()) svg.text({kMargin, kMargin + 14}, title_, {.size = 16, .bold = true});
    draw_labels(svg);
    draw_cells(svg);
    if (picture_.has_probabilities()) draw_probabilities(svg);
    if (options_.legend) draw_legend(svg);
    draw_empty_sides(svg);
    return svg.finish();
  }

 private:
  void check_limits() const {
    if (rows_ > kMostUnits || columns_ > kMostUnits || rows_ * columns_ > kMostCells) {
      throw UsageError(fmt::format(
          "{} target units by {} source units are too many for a picture; the limits are {} a side "
          "and {} cells",
          rows_, columns_, kMostUnits, kMostCells));
    }
    const double cell = options_.cell_size;
    if (!(cell == 0 || (cell >= 4 && cell <= 100))) {
      throw UsageError(fmt::format("a cell size of {} pixels is not between 4 and 100", cell));
    }
  }

  void shorten_labels() {
    const auto shorten = [](const std::vector<std::string>& labels) {
      std::vector<std::string> shortened;
      for (const auto& label : labels) shortened.push_back(shorten_clusters(label, kLongestLabel));
      return shortened;
    };
    source_labels_ = shorten(picture_.source);
    target_labels_ = shorten(picture_.target);
    title_ = shorten_clusters(picture_.original.title, kLongestTitle);
  }

  void choose_sizes() {
    const double most = static_cast<double>(std::max(drawn_rows(), drawn_columns()));
    cell_ = options_.cell_size > 0 ? options_.cell_size
                                   : std::clamp(std::floor(kComfortableSide / most), 6.0, 30.0);
    font_ = std::clamp(cell_ * 0.55, std::min(cell_ * 0.8, 9.0), 15.0);
    upright_ = upright_headings(source_labels_, (cell_ - 1) / font_);
    tilt_ = cell_ * kSin45 >= font_ * 1.25 ? 45 : 90;
  }

  void place() {
    double left = 0, above = 0;
    for (const auto& label : target_labels_) left = std::max(left, em_width(label) * font_);
    if (rows_ == 0) left = em_width(kEmptySide) * font_;
    grid_.x = kMargin + std::max(left + kGap, 46.0);
    const double grid_width = cell_ * static_cast<double>(drawn_columns());
    const double right_gap = picture_.has_probabilities() ? 64 : 0;
    double right = grid_.x + grid_width + right_gap;
    for (std::size_t j = 0; j < columns_; ++j) {
      const double length = em_width(source_labels_[j]) * font_;
      const bool flat = upright_[j];
      above = std::max(above, flat ? font_ : tilt_ == 45 ? (length + font_) * kSin45 : length);
      if (!flat && tilt_ == 45) {
        right = std::max(right, centre_x(j) + (length + font_) * kSin45);
      }
    }
    if (columns_ == 0) {
      above = font_;
      right = std::max(right, grid_.x + em_width(kEmptySide) * font_);
    }
    const double title = title_.empty() ? 0 : 34;
    grid_.y = kMargin + title + above + kGap;
    const double bottom = grid_.y + cell_ * static_cast<double>(drawn_rows());
    right = std::max(right, kMargin + em_width(title_) * 17);
    if (options_.legend) right = std::max(right, grid_.x + kLegendWidth + 16);
    width_ = std::ceil(right + kMargin);
    height_ = std::ceil(bottom + kMargin + (options_.legend ? 52 : 0));
  }

  /// A side without units takes as much room as one unit.
  std::size_t drawn_rows() const { return std::max<std::size_t>(rows_, 1); }
  std::size_t drawn_columns() const { return std::max<std::size_t>(columns_, 1); }

  double centre_x(std::size_t column) const {
    return grid_.x + (static_cast<double>(column) + 0.5) * cell_;
  }
  double centre_y(std::size_t row) const {
    return grid_.y + (static_cast<double>(row) + 0.5) * cell_;
  }

  void draw_labels(SvgWriter& svg) const {
    svg.open_group("source");
    for (std::size_t j = 0; j < columns_; ++j) draw_source_label(svg, j);
    svg.close_group();
    svg.open_group("target");
    for (std::size_t i = 0; i < rows_; ++i) {
      svg.text({grid_.x - kGap, centre_y(i) + font_ * 0.36}, target_labels_[i],
               {.size = font_,
                .anchor = "end",
                .tooltip = tooltip_of(picture_.target[i], target_labels_[i])});
    }
    svg.close_group();
  }

  void draw_source_label(SvgWriter& svg, std::size_t column) const {
    const std::string& label = source_labels_[column];
    const double x = centre_x(column);
    const double y = grid_.y - kGap;
    TextStyle style{.size = font_, .tooltip = tooltip_of(picture_.source[column], label)};
    if (upright_[column]) {
      style.anchor = "middle";
      svg.text({x, y}, label, style);
    } else {
      style.rotate = -tilt_;
      svg.text({x + font_ * (tilt_ == 45 ? 0.2 : 0.36), y}, label, style);
    }
  }

  void draw_empty_sides(SvgWriter& svg) const {
    const TextStyle muted{.size = font_, .colour = kMutedColour};
    if (columns_ == 0) svg.text({grid_.x, grid_.y - kGap}, kEmptySide, muted);
    if (rows_ > 0) return;
    svg.text({grid_.x - kGap, centre_y(0) + font_ * 0.36}, kEmptySide,
             {.size = font_, .anchor = "end", .colour = kMutedColour});
  }

  /// Returns the whole label as a tooltip where only its beginning is drawn.
  static std::string_view tooltip_of(const std::string& whole, const std::string& drawn) {
    return whole == drawn ? std::string_view() : whole;
  }

  void draw_cells(SvgWriter& svg) const {
    const double width = cell_ * static_cast<double>(drawn_columns());
    const double height = cell_ * static_cast<double>(drawn_rows());
    const Rgb zero = colour_of(0, options_.scale);
    const bool has_cells = rows_ > 0 && columns_ > 0;
    svg.rectangle(grid_, width, height, has_cells ? hex(zero) : "#ffffff");
    svg.open_group("alignment");
    for (std::size_t i = 0; i < rows_; ++i) {
      svg.open_group("row");
      for (std::size_t j = 0; j < columns_; ++j) draw_cell(svg, i, j, zero);
      svg.close_group();
    }
    svg.close_group();
    draw_grid_lines(svg, width, height);
  }

  void draw_cell(SvgWriter& svg, std::size_t row, std::size_t column, Rgb zero) const {
    const double weight = picture_.weight(row, column);
    const Rgb colour = colour_of(weight, options_.scale);
    if (colour == zero && rows_ * columns_ > kMostEmptyCells) return;
    svg.rectangle(
        {grid_.x + static_cast<double>(column) * cell_, grid_.y + static_cast<double>(row) * cell_},
        cell_, cell_, hex(colour),
        fmt::format("target “\u2068{}\u2069” ← source “\u2068{}\u2069”: {:.4f}",
                    target_labels_[row], source_labels_[column], weight));
  }

  /// Draws lines that are thin enough to disappear in a large picture.
  void draw_grid_lines(SvgWriter& svg, double width, double height) const {
    const bool dark_zero = luminance(colour_of(0, options_.scale)) < 0.4;
    const Stroke stroke{.colour = dark_zero ? "#5b626a" : "#d8dee4", .width = 0.5};
    if (cell_ >= 9) {
      svg.open_group("grid");
      for (std::size_t j = 1; j < columns_; ++j) {
        const double x = grid_.x + static_cast<double>(j) * cell_;
        svg.line({x, grid_.y}, {x, grid_.y + height}, stroke);
      }
      for (std::size_t i = 1; i < rows_; ++i) {
        const double y = grid_.y + static_cast<double>(i) * cell_;
        svg.line({grid_.x, y}, {grid_.x + width, y}, stroke);
      }
      svg.close_group();
    }
    svg.path({grid_,
              {grid_.x + width, grid_.y},
              {grid_.x + width, grid_.y + height},
              {grid_.x, grid_.y + height},
              grid_},
             {.colour = "#3d444d", .width = 1});
  }

  /// Draws a bar and a number after every row.
  void draw_probabilities(SvgWriter& svg) const {
    constexpr double kBar = 24;
    const double x = grid_.x + cell_ * static_cast<double>(drawn_columns()) + kGap + 2;
    const double size = std::min(kSmallText, font_);
    svg.open_group("probabilities");
    if (!upright_.empty() && upright_.back()) {
      svg.text({x, grid_.y - kGap}, "p", {.size = size, .colour = kMutedColour});
    }
    for (std::size_t i = 0; i < rows_; ++i) {
      const double y = centre_y(i);
      const double thickness = std::min(5.0, cell_ * 0.5);
      svg.rectangle({x, y - thickness / 2}, kBar, thickness, "#e8ebee");
      svg.rectangle({x, y - thickness / 2}, kBar * picture_.probability(i), thickness, "#8b949e");
      svg.text({x + kBar + 5, y + size * 0.36}, fmt::format("{:.2f}", picture_.probability(i)),
               {.size = size, .colour = kMutedColour});
    }
    svg.close_group();
  }

  void draw_legend(SvgWriter& svg) const {
    constexpr int kSteps = 40;
    constexpr double kThickness = 9;
    const double y = grid_.y + cell_ * static_cast<double>(drawn_rows()) + 22;
    const double step = kLegendWidth / kSteps;
    svg.open_group("legend");
    for (int i = 0; i < kSteps; ++i) {
      const Rgb colour = colour_of(i / double{kSteps - 1}, options_.scale);
      svg.rectangle({grid_.x + i * step, y}, i + 1 < kSteps ? step + 0.5 : step, kThickness,
                    hex(colour));
    }
    const Point corner{grid_.x, y};
    svg.path({corner,
              {corner.x + kLegendWidth, y},
              {corner.x + kLegendWidth, y + kThickness},
              {corner.x, y + kThickness},
              corner},
             {.colour = "#3d444d", .width = 0.5});
    const TextStyle small{.size = kSmallText, .anchor = "middle", .colour = kMutedColour};
    const double below = y + kThickness + 14;
    svg.text({grid_.x, below}, "0", small);
    svg.text({grid_.x + kLegendWidth / 2, below}, "attention weight", small);
    svg.text({grid_.x + kLegendWidth, below}, "1", small);
    svg.close_group();
  }

  std::string name() const { return title_.empty() ? "Alignment" : title_; }

  CheckedPicture picture_;
  const PictureOptions& options_;
  std::size_t rows_;
  std::size_t columns_;
  std::vector<std::string> source_labels_;  // shortened, [source_units]
  std::vector<std::string> target_labels_;  // shortened, [target_units]
  std::vector<bool> upright_;               // headings, [source_units]
  std::string title_;
  double cell_ = 0;
  double font_ = 0;
  double tilt_ = 0;  // in degrees, for labels that do not fit above their cells
  Point grid_;       // upper left corner of the cells
  double width_ = 0;
  double height_ = 0;
};

}  // namespace

std::string draw_svg(const AlignmentPicture& picture, const PictureOptions& options) {
  return HeatMap(picture, options).draw();
}

}  // namespace attend::view

// Draws learning curves and bar charts in SVG.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/base.h"
#include "view/axis.h"
#include "view/labels.h"
#include "view/svg_writer.h"
#include "view/view.h"

namespace attend::view {
namespace {

constexpr double kLeft = 66;  // room for the numbers of the y axis
constexpr double kRight = 24;
constexpr double kLargest = 1e100;  // values beyond this are left out
constexpr double kTickText = 11;
constexpr double kMarkerRadius = 2.6;
constexpr std::size_t kMostMarkers = 40;  // a line with more points has no markers
constexpr std::size_t kMostSeries = 50;
constexpr std::size_t kMostPanels = 20;
constexpr std::size_t kMostBars = 500;
constexpr std::size_t kLongestName = 40;
constexpr std::string_view kGridColour = "#e4e7eb";
constexpr std::string_view kAxisColour = "#8b949e";
constexpr std::array<std::string_view, 3> kDashes = {"", "6 3", "2 3"};

struct Box {
  double left, top, right, bottom;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

void check_size(double value, double low, double high, const char* what) {
  if (!(value >= low && value <= high)) {
    throw UsageError(
        fmt::format("a chart {} of {} pixels is not between {} and {}", what, value, low, high));
  }
}

bool drawable(double y, AxisScale scale) {
  return std::abs(y) < kLargest && (scale == AxisScale::kLinear || y > 0);
}

Stroke stroke_of(std::size_t series) {
  return {.colour = kSeriesColours[series % kSeriesColours.size()],
          .width = 1.8,
          .dashes = kDashes[series / kSeriesColours.size() % kDashes.size()]};
}

std::string name_of(std::string_view name) { return shorten_clusters(name, kLongestName); }

// ------------------------------------------------------------------------------------- curves ---

/// Unbroken runs of points, in pixels. Where many points share one column of pixels, only the
/// first, the lowest, the highest and the last are kept, which does not change the drawing.
class Runs {
 public:
  void add(Point point) {
    if (column_.empty() || std::floor(point.x) != std::floor(column_.back().x)) {
      flush_column();
      column_ = {point};
    } else {
      column_.push_back(point);
    }
    ++points_;
  }
  void gap() {
    flush_column();
    column_.clear();
    if (!kept_.empty()) runs_.push_back(std::move(kept_));
    kept_ = {};
  }
  std::size_t points() const { return points_; }
  const std::vector<std::vector<Point>>& finished() {
    gap();
    return runs_;
  }

 private:
  void flush_column() {
    if (column_.size() <= 4) {
      kept_.insert(kept_.end(), column_.begin(), column_.end());
      return;
    }
    const auto [low, high] = std::minmax_element(
        column_.begin(), column_.end(), [](const Point& a, const Point& b) { return a.y < b.y; });
    const auto [first, second] = std::minmax(low, high);
    for (const Point& point : {column_.front(), *first, *second, column_.back()}) {
      kept_.push_back(point);
    }
  }

  std::vector<Point> column_;
  std::vector<Point> kept_;
  std::vector<std::vector<Point>> runs_;
  std::size_t points_ = 0;
};

class Curves {
 public:
  Curves(std::span<const CurvePanel> panels, const CurveOptions& options)
      : panels_(panels), options_(options) {
    check();
    Extent extent;
    for (const CurvePanel& panel : panels_) {
      for (const Series& series : panel.series) {
        for (const double x : series.x) extent.add(x);
      }
    }
    if (extent.empty()) extent = {0, 1};
    const int ticks = std::max(2, static_cast<int>(options_.width / 90));
    x_.emplace(extent.low, extent.high, AxisScale::kLinear, ticks);
  }

  std::string draw() const {
    const double title = options_.title.empty() ? 0 : 34;
    double height = 14 + title + 26;
    for (const CurvePanel& panel : panels_) height += panel_height(panel);
    SvgWriter svg(options_.width, height,
                  options_.title.empty() ? "Learning curves" : name_of(options_.title),
                  description());
    if (title > 0) svg.text({18, 32}, name_of(options_.title), {.size = 16, .bold = true});
    double top = 14 + title;
    for (const CurvePanel& panel : panels_) {
      draw_panel(svg, panel, top);
      top += panel_height(panel);
    }
    svg.text({(kLeft + options_.width - kRight) / 2, height - 12}, name_of(options_.x_title),
             {.size = 12, .anchor = "middle", .colour = kMutedColour});
    return svg.finish();
  }

 private:
  void check() const {
    check_size(options_.width, 200, 4000, "width");
    check_size(options_.panel_height, 80, 4000, "height");
    if (panels_.empty()) throw UsageError("nothing to draw: there are no curves");
    if (panels_.size() > kMostPanels) {
      throw UsageError(fmt::format("{} panels are too many for a picture; the limit is {}",
                                   panels_.size(), kMostPanels));
    }
    for (const CurvePanel& panel : panels_) {
      if (panel.series.size() > kMostSeries) {
        throw UsageError(fmt::format("{} curves are too many for a picture; the limit is {}",
                                     panel.series.size(), kMostSeries));
      }
      for (const Series& series : panel.series) {
        ATTEND_CHECK_EQ(series.x.size(), series.y.size());
        ATTEND_CHECK(std::all_of(series.x.begin(), series.x.end(),
                                 [](double x) { return std::abs(x) < kLargest; }));
        ATTEND_CHECK(std::is_sorted(series.x.begin(), series.x.end()));
      }
    }
  }

  std::string description() const {
    std::string text;
    for (const CurvePanel& panel : panels_) {
      text += fmt::format("{}{}:", text.empty() ? "" : "; ", name_of(panel.title));
      for (const Series& series : panel.series) {
        text += fmt::format(" {} ({} points)", name_of(series.name), series.x.size());
      }
    }
    return text;
  }

  /// Sets the entries of the legend in lines and returns the x offset and the line of each.
  std::vector<std::pair<double, int>> legend_places(const CurvePanel& panel) const {
    std::vector<std::pair<double, int>> places;
    double x = 0;
    int line = 0;
    for (const Series& series : panel.series) {
      const double width = 26 + em_width(name_of(series.name)) * 12 + 18;
      if (x > 0 && kLeft + x + width > options_.width - kRight + 18) {
        x = 0;
        ++line;
      }
      places.emplace_back(x, line);
      x += width;
    }
    return places;
  }

  /// Returns the height of the heading and the legend above the curves.
  double heading_height(const CurvePanel& panel) const {
    const auto places = legend_places(panel);
    return 30 + (places.empty() ? 0 : 18.0 * (places.back().second + 1));
  }

  double panel_height(const CurvePanel& panel) const {
    return heading_height(panel) + options_.panel_height + 30;
  }

  Axis y_axis(const CurvePanel& panel) const {
    Extent extent;
    for (const Series& series : panel.series) {
      for (const double y : series.y) {
        if (drawable(y, panel.scale)) extent.add(y);
      }
    }
    if (extent.empty()) extent = panel.scale == AxisScale::kLinear ? Extent{0, 1} : Extent{0.1, 1};
    const int ticks = std::max(2, static_cast<int>(options_.panel_height / 40));
    Axis axis(extent.low, extent.high, panel.scale, ticks);
    axis.round_outwards();
    return axis;
  }

  void draw_panel(SvgWriter& svg, const CurvePanel& panel, double top) const {
    const double plot = top + heading_height(panel);
    const Box box{kLeft, plot, options_.width - kRight, plot + options_.panel_height};
    const Axis y = y_axis(panel);
    svg.open_group("panel");
    svg.text({kLeft, top + 14}, name_of(panel.title), {.size = 13, .bold = true});
    draw_legend(svg, panel, top + 24);
    draw_axes(svg, box, y);
    for (std::size_t k = 0; k < panel.series.size(); ++k) {
      draw_series(svg, panel.series[k], panel.scale, box, y, stroke_of(k));
    }
    svg.close_group();
  }

  void draw_legend(SvgWriter& svg, const CurvePanel& panel, double top) const {
    const auto places = legend_places(panel);
    for (std::size_t k = 0; k < places.size(); ++k) {
      const double x = kLeft + places[k].first;
      const double y = top + 18.0 * places[k].second + 9;
      svg.line({x, y}, {x + 20, y}, stroke_of(k));
      svg.text({x + 26, y + 4}, name_of(panel.series[k].name), {.size = 12});
    }
  }

  void draw_axes(SvgWriter& svg, const Box& box, const Axis& y) const {
    for (const Tick& tick : y.ticks()) {
      const double at = box.bottom - y.share(tick.value) * box.height();
      svg.line({box.left, at}, {box.right, at}, {.colour = kGridColour});
      svg.text({box.left - 8, at + 4}, tick.label,
               {.size = kTickText, .anchor = "end", .colour = kMutedColour});
    }
    for (const Tick& tick : x_->ticks()) {
      const double at = box.left + x_->share(tick.value) * box.width();
      svg.line({at, box.bottom}, {at, box.bottom + 4}, {.colour = kAxisColour});
      svg.text({at, box.bottom + 17}, tick.label,
               {.size = kTickText, .anchor = "middle", .colour = kMutedColour});
    }
    svg.line({box.left, box.bottom}, {box.right, box.bottom}, {.colour = kAxisColour});
  }

  void draw_series(SvgWriter& svg, const Series& series, AxisScale scale, const Box& box,
                   const Axis& y, const Stroke& stroke) const {
    Runs runs;
    std::vector<std::pair<Point, std::string>> markers;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!drawable(series.y[i], scale)) {
        runs.gap();
        continue;
      }
      const Point point{box.left + x_->share(series.x[i]) * box.width(),
                        box.bottom - y.share(series.y[i]) * box.height()};
      runs.add(point);
      if (markers.size() <= kMostMarkers) {
        markers.emplace_back(
            point, fmt::format("{}: {} at {}", name_of(series.name), short_number(series.y[i]),
                               short_number(series.x[i])));
      }
    }
    const bool few = runs.points() <= kMostMarkers;
    Stroke thin = stroke;
    // So many points look like noise, not like a line.
    if (static_cast<double>(runs.points()) > box.width()) thin.width = 1;
    for (const std::vector<Point>& run : runs.finished()) {
      if (run.size() > 1) svg.path(run, thin);
      if (run.size() == 1 && !few) svg.circle(run.front(), stroke.width / 2, stroke.colour);
    }
    for (const auto& [point, tooltip] : markers) {
      if (few) svg.circle(point, kMarkerRadius, stroke.colour, tooltip);
    }
  }

  std::span<const CurvePanel> panels_;
  const CurveOptions& options_;
  std::optional<Axis> x_;
};

// --------------------------------------------------------------------------------------- bars ---

class Bars {
 public:
  Bars(std::span<const Bar> bars, const BarOptions& options) : bars_(bars), options_(options) {
    check_size(options_.width, 200, 4000, "width");
    check_size(options_.height, 120, 4000, "height");
    if (bars_.empty()) throw UsageError("nothing to draw: there are no bars");
    if (bars_.size() > kMostBars) {
      throw UsageError(fmt::format("{} bars are too many for a picture; the limit is {}",
                                   bars_.size(), kMostBars));
    }
    slot_ = (options_.width - kLeft - kRight) / static_cast<double>(bars_.size());
    font_ = std::clamp(slot_ * 0.8, 5.0, 12.0);
    double greatest = 0;
    bool whole = true;
    for (const Bar& bar : bars_) {
      labels_.push_back(shorten_clusters(visible_name(bar.label), 16));
      longest_ = std::max(longest_, em_width(labels_.back()) * font_);
      counted_ = counted_ || bar.count > 0;
      if (!drawable(bar.value, AxisScale::kLinear)) continue;
      greatest = std::max(greatest, std::abs(bar.value));
      whole = whole && bar.value == std::floor(bar.value);
    }
    decimals_ = whole ? 0 : greatest >= 10 ? 1 : greatest >= 1 ? 2 : 3;
    tilted_ = longest_ > slot_ - 4;
  }

  std::string draw() const {
    SvgWriter svg(options_.width, options_.height,
                  options_.title.empty() ? "Bars" : name_of(options_.title),
                  fmt::format("{} by {}: {} bars", name_of(options_.y_title),
                              name_of(options_.x_title), bars_.size()));
    if (!options_.title.empty()) {
      svg.text({18, 32}, name_of(options_.title), {.size = 16, .bold = true});
    }
    const Box box = place();
    svg.text({kLeft, box.top - 14}, name_of(options_.y_title), {.size = 13, .bold = true});
    svg.text({(box.left + box.right) / 2, options_.height - 12}, name_of(options_.x_title),
             {.size = 12, .anchor = "middle", .colour = kMutedColour});
    draw_bars(svg, box);
    return svg.finish();
  }

 private:
  static std::string visible_name(const std::string& label) {
    return label.find(' ') == std::string::npos ? visible_label(label) : label;
  }

  Box place() const {
    const double below = tilted_ ? std::min(longest_ * 0.71 + 12, options_.height / 3) : 18;
    const double top = (options_.title.empty() ? 0 : 34) + (options_.y_title.empty() ? 24 : 42);
    const double bottom = options_.height - 34 - below - (counted_ && !tilted_ ? 14 : 0);
    return {kLeft, top, options_.width - kRight, std::max(top + 20, bottom)};
  }

  void draw_bars(SvgWriter& svg, const Box& box) const {
    Extent extent{0, 0};
    for (const Bar& bar : bars_) {
      if (drawable(bar.value, AxisScale::kLinear)) extent.add(bar.value);
    }
    Axis axis(extent.low, extent.high == extent.low ? extent.low + 1 : extent.high,
              AxisScale::kLinear, std::max(2, static_cast<int>(box.height() / 30)));
    axis.round_outwards();
    const auto at = [&](double value) { return box.bottom - axis.share(value) * box.height(); };
    for (const Tick& tick : axis.ticks()) {
      svg.line({box.left, at(tick.value)}, {box.right, at(tick.value)}, {.colour = kGridColour});
      svg.text({box.left - 8, at(tick.value) + 4}, tick.label,
               {.size = kTickText, .anchor = "end", .colour = kMutedColour});
    }
    for (std::size_t k = 0; k < bars_.size(); ++k) draw_bar(svg, box, k, at(0), at);
    svg.line({box.left, at(0)}, {box.right, at(0)}, {.colour = kAxisColour});
  }

  template <typename Place>
  void draw_bar(SvgWriter& svg, const Box& box, std::size_t k, double zero,
                const Place& place_of) const {
    const Bar& bar = bars_[k];
    const double centre = box.left + (static_cast<double>(k) + 0.5) * slot_;
    const double width = std::min(slot_ * 0.72, 64.0);
    if (drawable(bar.value, AxisScale::kLinear)) {
      const double end = place_of(bar.value);
      svg.rectangle({centre - width / 2, std::min(end, zero)}, width, std::abs(end - zero),
                    kSeriesColours[0],
                    fmt::format("{}: {}{}", labels_[k], short_number(bar.value),
                                bar.count > 0 ? fmt::format(" ({} examples)", bar.count) : ""));
      const std::string number = fmt::format("{:.{}f}", bar.value, decimals_);
      if (em_width(number) * kTickText <= slot_ + 4) {
        svg.text({centre, bar.value < 0 ? end + 12 : end - 5}, number,
                 {.size = kTickText, .anchor = "middle"});
      }
    }
    if (tilted_) {
      svg.text({centre + font_ * 0.3, box.bottom + 14}, labels_[k],
               {.size = font_, .anchor = "end", .rotate = -45});
    } else {
      svg.text({centre, box.bottom + 17}, labels_[k], {.size = font_, .anchor = "middle"});
      draw_count(svg, {centre, box.bottom + 31}, bar.count);
    }
  }

  void draw_count(SvgWriter& svg, Point at, std::size_t count) const {
    const std::string text = fmt::format("n = {}", count);
    if (count > 0 && em_width(text) * 10 <= slot_) {
      svg.text(at, text, {.size = 10, .anchor = "middle", .colour = kMutedColour});
    }
  }

  std::span<const Bar> bars_;
  const BarOptions& options_;
  std::vector<std::string> labels_;
  double slot_ = 0;  // pixels of a bar and its gap
  double font_ = 0;
  double longest_ = 0;  // pixels of the longest label
  bool tilted_ = false;
  bool counted_ = false;
  int decimals_ = 0;  // of the numbers above the bars
};

}  // namespace

std::string draw_curves(std::span<const CurvePanel> panels, const CurveOptions& options) {
  return Curves(panels, options).draw();
}

std::string draw_bars(std::span<const Bar> bars, const BarOptions& options) {
  return Bars(bars, options).draw();
}

}  // namespace attend::view

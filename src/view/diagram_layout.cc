// A layered drawing after Sugiyama et al. 1981: each box gets a layer, arrows over several layers
// get a bend in each one, the vertices of a layer are put in the order of the mean place of their
// neighbours, and then get their distances. Layer 0 is the lowest one.
#include "view/diagram_layout.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/base.h"

namespace attend::view {
namespace {

constexpr double kMargin = 24;
constexpr double kBetween = 22;   // between two boxes of a layer
constexpr double kGap = 34;       // between two layers, without feedback
constexpr double kLane = 9;       // between two lines of feedback
constexpr double kBendWidth = 8;  // what an arrow takes between two boxes
constexpr double kPadding = 10;   // between the text of a box and its border
constexpr double kUpright = 9;    // the last part of an arrow, which its head lies on
constexpr int kSweeps = 24;

/// A box, or the bend of an arrow in a layer that it crosses.
struct Vertex {
  int layer = 0;
  double width = 0;
  double x = 0;  // of the middle
  std::vector<std::size_t> below = {}, above = {};
};

class Layers {
 public:
  explicit Layers(const Diagram& diagram) : diagram_(diagram) {
    for (const DiagramBox& box : diagram.boxes) {
      double width = 0;
      for (const std::string& line : box.lines) width = std::max(width, em_width(line));
      // A bold name is a little wider than the estimate.
      vertices_.push_back({.width = width * kDiagramText * 1.08 + 2 * kPadding});
      lines_ = std::max(lines_, box.lines.size());
    }
    choose_layers();
    add_bends();
    order();
    set_distances();
  }

  DiagramLayout finish(double above, double least_width);

 private:
  void choose_layers();
  void add_bends();
  void order();
  void set_distances();
  void push_apart(const std::vector<std::size_t>& layer, std::vector<double> wanted);
  double mean_of(const Vertex& vertex, bool downward, double otherwise) const;
  void choose_gaps();
  double top(int layer) const { return tops_[static_cast<std::size_t>(layer)]; }
  std::vector<Point> forward(std::size_t arrow) const;
  std::vector<Point> feedback(const DiagramArrow& arrow, std::size_t lane, double right) const;

  const Diagram& diagram_;
  std::size_t lines_ = 1;
  double box_height_ = 0;
  std::vector<Vertex> vertices_;
  std::vector<std::vector<std::size_t>> bends_;  // of each arrow, from below
  std::vector<std::vector<std::size_t>> layers_;
  std::vector<std::size_t> lanes_;  // of each arrow; only feedback has one
  std::vector<double> tops_;        // y of the top of each layer
  double below_ = 0;                // the gap below layer 0
};

// The lowest layer above all operands; a box without operands then moves up to the lowest box that
// reads it.
void Layers::choose_layers() {
  for (const DiagramArrow& arrow : diagram_.arrows) {
    ATTEND_CHECK(arrow.from < vertices_.size() && arrow.to < vertices_.size());
  }
  bool changed = true;
  for (std::size_t round = 0; changed; ++round) {
    ATTEND_CHECK(round <= vertices_.size());  // otherwise the arrows form a circle
    changed = false;
    for (const auto& [from, to, is_feedback] : diagram_.arrows) {
      if (is_feedback || vertices_[to].layer > vertices_[from].layer) continue;
      vertices_[to].layer = vertices_[from].layer + 1;
      changed = true;
    }
  }
  const auto reads = [&](std::size_t box) {
    return std::ranges::any_of(diagram_.arrows,
                               [&](const DiagramArrow& a) { return !a.feedback && a.to == box; });
  };
  for (std::size_t box = 0; box < vertices_.size(); ++box) {
    if (reads(box)) continue;
    int lowest = -1;
    for (const auto& [from, to, is_feedback] : diagram_.arrows) {
      if (is_feedback || from != box) continue;
      lowest = lowest < 0 ? vertices_[to].layer : std::min(lowest, vertices_[to].layer);
    }
    if (lowest > 0) vertices_[box].layer = lowest - 1;
  }
}

void Layers::add_bends() {
  for (const auto& [from, to, is_feedback] : diagram_.arrows) {
    bends_.emplace_back();
    if (is_feedback) continue;
    std::size_t last = from;
    for (int layer = vertices_[from].layer + 1; layer < vertices_[to].layer; ++layer) {
      const std::size_t bend = vertices_.size();
      vertices_.push_back({.layer = layer, .width = kBendWidth});
      vertices_[last].above.push_back(bend);
      vertices_[bend].below.push_back(last);
      bends_.back().push_back(bend);
      last = bend;
    }
    vertices_[last].above.push_back(to);
    vertices_[to].below.push_back(last);
  }
  int highest = 0;
  for (const Vertex& vertex : vertices_) highest = std::max(highest, vertex.layer);
  layers_.resize(static_cast<std::size_t>(highest) + 1);
  for (std::size_t v = 0; v < vertices_.size(); ++v) {
    layers_[static_cast<std::size_t>(vertices_[v].layer)].push_back(v);
  }
}

double Layers::mean_of(const Vertex& vertex, bool downward, double otherwise) const {
  const auto& neighbours = downward ? vertex.below : vertex.above;
  if (neighbours.empty()) return otherwise;
  double sum = 0;
  for (const std::size_t other : neighbours) sum += vertices_[other].x;
  return sum / static_cast<double>(neighbours.size());
}

void Layers::order() {
  const auto number = [&](const std::vector<std::size_t>& layer) {
    for (std::size_t k = 0; k < layer.size(); ++k) {
      vertices_[layer[k]].x = static_cast<double>(k) - static_cast<double>(layer.size()) / 2;
    }
  };
  for (const auto& layer : layers_) number(layer);
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    const bool upward = sweep % 2 == 0;
    for (std::size_t k = 0; k < layers_.size(); ++k) {
      auto& layer = layers_[upward ? k : layers_.size() - 1 - k];
      std::vector<double> means(vertices_.size());
      for (const std::size_t v : layer) {
        means[v] = mean_of(vertices_[v], upward, vertices_[v].x);
      }
      std::ranges::stable_sort(layer,
                               [&](std::size_t a, std::size_t b) { return means[a] < means[b]; });
      number(layer);
    }
  }
}

// Gives the vertices of a layer the places nearest to those wanted that leave room between them.
void Layers::push_apart(const std::vector<std::size_t>& layer, std::vector<double> wanted) {
  if (layer.empty()) return;
  const auto room = [&](std::size_t k) {
    return (vertices_[layer[k - 1]].width + vertices_[layer[k]].width) / 2 + kBetween;
  };
  // The mean of what the places from the left and those from the right would be has all distances.
  std::vector<double> left = wanted, right = wanted;
  for (std::size_t k = 1; k < layer.size(); ++k) {
    left[k] = std::max(left[k], left[k - 1] + room(k));
  }
  for (std::size_t k = layer.size() - 1; k > 0; --k) {
    right[k - 1] = std::min(right[k - 1], right[k] - room(k));
  }
  for (std::size_t k = 0; k < layer.size(); ++k) {
    vertices_[layer[k]].x = (left[k] + right[k]) / 2;
  }
}

void Layers::set_distances() {
  for (const auto& layer : layers_) {
    std::vector<double> wanted(layer.size(), 0);
    push_apart(layer, wanted);
  }
  for (int sweep = 0; sweep < 2 * kSweeps; ++sweep) {
    const bool upward = sweep % 2 == 0;
    for (std::size_t k = 0; k < layers_.size(); ++k) {
      const auto& layer = layers_[upward ? k : layers_.size() - 1 - k];
      std::vector<double> wanted;
      for (const std::size_t v : layer) {
        const double near = mean_of(vertices_[v], upward, vertices_[v].x);
        wanted.push_back((near + mean_of(vertices_[v], !upward, near)) / 2);
      }
      push_apart(layer, wanted);
    }
  }
}

// Gives each feedback the lowest lane that is free in both gaps that it runs through, and leaves
// room for the lanes in the gaps.
void Layers::choose_gaps() {
  box_height_ = static_cast<double>(lines_) * kDiagramLine + 10;
  std::vector<std::size_t> used(layers_.size() + 1, 0);  // used[k] is of the gap below layer k
  for (const auto& [from, to, is_feedback] : diagram_.arrows) {
    lanes_.push_back(0);
    if (!is_feedback) continue;
    auto& out = used[static_cast<std::size_t>(vertices_[from].layer) + 1];
    auto& in = used[static_cast<std::size_t>(vertices_[to].layer)];
    lanes_.back() = std::max(out, in);
    out = in = lanes_.back() + 1;
  }
  std::vector<double> gaps;
  for (const std::size_t lanes : used) gaps.push_back(kGap + kLane * static_cast<double>(lanes));
  below_ = gaps.front();
  tops_.assign(layers_.size(), 0);
  double y = gaps.back();
  for (std::size_t k = layers_.size(); k-- > 0;) {
    tops_[k] = y;
    y += box_height_ + gaps[k];
  }
}

// An arrow crosses the layer of a bend upright, so that it meets no box there.
std::vector<Point> Layers::forward(std::size_t arrow) const {
  const auto& [from, to, is_feedback] = diagram_.arrows[arrow];
  std::vector<Point> points = {{vertices_[from].x, top(vertices_[from].layer)}};
  for (const std::size_t bend : bends_[arrow]) {
    const double y = top(vertices_[bend].layer);
    points.push_back({vertices_[bend].x, y + box_height_});
    points.push_back({vertices_[bend].x, y});
  }
  // Arrows into one box arrive at places of their own, in the order in which they come.
  const Vertex& target = vertices_[to];
  const std::size_t last = bends_[arrow].empty() ? from : bends_[arrow].back();
  std::vector<std::size_t> sorted = target.below;
  std::ranges::stable_sort(
      sorted, [&](std::size_t a, std::size_t b) { return vertices_[a].x < vertices_[b].x; });
  const auto place = std::ranges::find(sorted, last) - sorted.begin();
  const double share = (static_cast<double>(place) + 1) / (static_cast<double>(sorted.size()) + 1);
  const double x = target.x + (share - 0.5) * target.width;
  const double bottom = top(target.layer) + box_height_;
  points.push_back({x, bottom + kUpright});
  points.push_back({x, bottom});
  return points;
}

std::vector<Point> Layers::feedback(const DiagramArrow& arrow, std::size_t lane,
                                    double right) const {
  const Vertex &from = vertices_[arrow.from], &to = vertices_[arrow.to];
  const double offset = 8 + kLane * static_cast<double>(lane);
  const double start = from.x + from.width * 0.3, end = to.x + to.width * 0.3;
  const double out = top(from.layer) - offset;
  const double in = top(to.layer) + box_height_ + 14 + kLane * static_cast<double>(lane);
  return {{start, top(from.layer)},          {start, out}, {right, out}, {right, in}, {end, in},
          {end, top(to.layer) + box_height_}};
}

DiagramLayout Layers::finish(double above, double least_width) {
  choose_gaps();
  double left = 1e9, right = -1e9;
  for (const Vertex& vertex : vertices_) {
    left = std::min(left, vertex.x - vertex.width / 2);
    right = std::max(right, vertex.x + vertex.width / 2);
  }
  for (Vertex& vertex : vertices_) vertex.x += kMargin - left;
  right += kMargin - left;
  for (double& y : tops_) y += above;
  DiagramLayout layout;
  for (std::size_t k = 0; k < diagram_.boxes.size(); ++k) {
    const Vertex& v = vertices_[k];
    layout.boxes.push_back({{v.x - v.width / 2, top(v.layer)}, v.width, box_height_});
  }
  for (std::size_t k = 0; k < diagram_.arrows.size(); ++k) {
    const DiagramArrow& arrow = diagram_.arrows[k];
    if (arrow.feedback) right += kLane + 3;
    layout.arrows.push_back(arrow.feedback ? feedback(arrow, lanes_[k], right) : forward(k));
  }
  layout.width = std::ceil(std::max(right + kMargin, least_width));
  layout.height = std::ceil(tops_.front() + box_height_ + below_);
  return layout;
}

}  // namespace

DiagramLayout place(const Diagram& diagram, double above, double least_width) {
  if (diagram.boxes.empty()) return {least_width, above + kMargin, {}, {}};
  return Layers(diagram).finish(above, least_width);
}

}  // namespace attend::view

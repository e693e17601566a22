#include "commands/diagram.h"

#include <gmock/gmock.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "../view/xml.h"
#include "base/base.h"
#include "view/labels.h"

namespace attend::commands {
namespace {

using attend::testing::Element;
using attend::testing::named;
using attend::testing::parse_xml;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Area {
  double left = 0, top = 0, right = 0, bottom = 0;
  bool meets(const Area& o) const {
    return left < o.right && o.left < right && top < o.bottom && o.top < bottom;
  }
  bool holds(const Area& o) const {
    return left <= o.left && o.right <= right && top <= o.top && o.bottom <= bottom;
  }
};

Area area_of_box(const Element& box) {
  const double x = box.attributes.contains("x") ? box.number("x") : 0;
  const double y = box.attributes.contains("y") ? box.number("y") : 0;
  return {x, y, x + box.number("width"), y + box.number("height")};
}

Area area_of_text(const Element& text) {
  const double size = text.number("font-size"), width = view::em_width(text.text) * size;
  const auto anchor = text.attributes.find("text-anchor");
  const bool middle = anchor != text.attributes.end() && anchor->second == "middle";
  const double left = text.number("x") - (middle ? width / 2 : 0);
  return {left, text.number("y") - 0.8 * size, left + width, text.number("y") + 0.2 * size};
}

// Whether the lines of a path, "M x y L x y …", enter an area. Points of the border do not count.
bool enters(const Element& path, const Area& area) {
  std::istringstream words(path.attributes.at("d"));
  std::vector<std::pair<double, double>> corners;
  std::string word;
  while (words >> word) {
    double y = 0;
    words >> y;
    corners.emplace_back(std::stod(word.substr(word.find_first_of("-0123456789"))), y);
  }
  constexpr int kSteps = 200;
  for (std::size_t k = 1; k < corners.size(); ++k) {
    for (int step = 0; step <= kSteps; ++step) {
      const double share = static_cast<double>(step) / kSteps;
      const double x = corners[k - 1].first + share * (corners[k].first - corners[k - 1].first);
      const double y = corners[k - 1].second + share * (corners[k].second - corners[k - 1].second);
      constexpr double kBorder = 0.5;
      if (x > area.left + kBorder && x < area.right - kBorder && y > area.top + kBorder &&
          y < area.bottom - kBorder) {
        return true;
      }
    }
  }
  return false;
}

// Returns a line for each pair of boxes or texts that overlap, and for each text that crosses the
// border of a box or leaves the page.
std::vector<std::string> overlaps(const std::string& svg) {
  const auto document = parse_xml(svg);
  const auto boxes = named(document, "rect"), texts = named(document, "text");
  std::vector<std::string> found;
  const Area page = area_of_box(boxes.at(0));
  for (std::size_t i = 1; i < boxes.size(); ++i) {
    if (!page.holds(area_of_box(boxes[i]))) found.push_back("a box leaves the page");
    for (std::size_t k = 1; k < i; ++k) {
      if (area_of_box(boxes[i]).meets(area_of_box(boxes[k]))) found.push_back("two boxes overlap");
    }
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Area area = area_of_text(texts[i]);
    if (!page.holds(area)) found.push_back("a text leaves the page: " + texts[i].text);
    for (std::size_t k = 1; k < boxes.size(); ++k) {
      const Area box = area_of_box(boxes[k]);
      if (box.meets(area) && !box.holds(area)) {
        found.push_back("a text leaves its box: " + texts[i].text);
      }
    }
    for (std::size_t k = 0; k < i; ++k) {
      if (area.meets(area_of_text(texts[k]))) found.push_back("texts overlap: " + texts[i].text);
    }
  }
  for (const Element& path : named(document, "path")) {
    for (std::size_t k = 1; k < boxes.size(); ++k) {
      if (enters(path, area_of_box(boxes[k]))) found.push_back("an arrow crosses a box");
    }
    for (const Element& text : texts) {
      if (enters(path, area_of_text(text))) found.push_back("an arrow crosses " + text.text);
    }
  }
  return found;
}

std::vector<std::string> texts_of(const std::string& svg) {
  std::vector<std::string> texts;
  for (const Element& text : named(parse_xml(svg), "text")) texts.push_back(text.text);
  return texts;
}

std::string draw(const std::string& preset) {
  return view::draw_svg(network_diagram(model::preset(preset), {}));
}

TEST(NetworkDiagram, NothingOverlapsInAnyPreset) {
  for (const model::Preset& preset : model::presets()) {
    EXPECT_THAT(overlaps(draw(preset.name)), IsEmpty()) << preset.name;
    if (preset.has_published_size) {
      const auto published = network_diagram(model::published(preset.name), {30000, 30000});
      EXPECT_THAT(overlaps(view::draw_svg(published)), IsEmpty()) << preset.name;
    }
  }
}

// The measurement itself: each kind of wrong picture is found.
TEST(NetworkDiagram, TheMeasurementFindsWrongPictures) {
  const auto page = [](const std::string& inside) {
    return "<svg><rect x=\"0\" y=\"0\" width=\"100\" height=\"100\"/>" + inside + "</svg>";
  };
  const std::string box = "<rect x=\"10\" y=\"10\" width=\"40\" height=\"40\"/>";
  const std::string near = "<rect x=\"30\" y=\"30\" width=\"40\" height=\"40\"/>";
  const std::string text = "<text x=\"20\" y=\"30\" font-size=\"12\">energies of all</text>";
  EXPECT_THAT(overlaps(page(box)), IsEmpty());
  EXPECT_THAT(overlaps(page(box + near)), Contains("two boxes overlap"));
  EXPECT_THAT(overlaps(page(box + text)), Contains(HasSubstr("leaves its box")));
  EXPECT_THAT(overlaps(page(text + text)), Contains(HasSubstr("texts overlap")));
  EXPECT_THAT(overlaps(page("<text x=\"80\" y=\"30\" font-size=\"12\">energies</text>")),
              Contains(HasSubstr("leaves the page")));
  EXPECT_THAT(overlaps(page(box + "<path d=\"M5 5 L60 60\"/>")),
              Contains("an arrow crosses a box"));
  EXPECT_THAT(overlaps(page(box + "<path d=\"M5 5 L60 5\"/>")), IsEmpty());
}

TEST(NetworkDiagram, FollowsTheConfiguration) {
  const auto soft = texts_of(draw("default"));
  for (const char* name : {"annotations h_j", "energies e_ij", "alignment α_ij", "context c_i",
                           "s_{i-1}", "linear, additive score", "T × 256"}) {
    EXPECT_THAT(soft, Contains(name));
  }
  const auto none = texts_of(draw("sutskever"));
  EXPECT_THAT(none, Not(Contains(HasSubstr("energies"))));
  EXPECT_THAT(texts_of(draw("captioner")), Contains("128 × 128 × 3"));
  EXPECT_THAT(texts_of(draw("han")), Contains("sentence vectors"));
}

TEST(NetworkDiagram, FeedbackIsDashed) {
  EXPECT_THAT(draw("default"), HasSubstr("stroke-dasharray"));
  EXPECT_THAT(draw("han"), Not(HasSubstr("stroke-dasharray")));
}

TEST(DrawDiagram, RefusesACircle) {
  view::Diagram diagram{.boxes = {{{"a"}}, {{"b"}}}, .arrows = {{0, 1}, {1, 0}}};
  EXPECT_THROW(view::draw_svg(diagram), CheckFailure);
  diagram.arrows[1].feedback = true;
  EXPECT_THAT(overlaps(view::draw_svg(diagram)), IsEmpty());
}

}  // namespace
}  // namespace attend::commands

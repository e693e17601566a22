#include "scenes/scene.h"

#include <cstdlib>
#include <utility>

#include "base/base.h"

namespace attend::scenes {
namespace {

template <class Name, std::size_t count>
std::string_view name_of(const std::array<std::string_view, count>& names, Name name) {
  const auto index = static_cast<std::size_t>(name);
  ATTEND_CHECK(index < count);
  return names[index];
}

/// Puts a caption together word by word.
class Writer {
 public:
  void add(std::string_view word) {
    if (word.empty()) return;
    if (!caption_.text.empty()) caption_.text += ' ';
    caption_.text += word;
    ++count_;
  }
  void add_name(std::string_view word, const Box& box) {
    caption_.words.push_back({count_, std::string(word), box});
    add(word);
  }
  void add_object(const Object& object) {
    const std::string_view size = size_word(object.size);
    add(size.empty() && object.colour == Colour::kOrange ? "an" : "a");
    add(size);
    add_name(colour_word(object.colour), object.box);
    add_name(shape_word(object.shape), object.box);
  }
  void add_relation(Relation relation) {
    const std::string_view words = relation_words(relation);
    const std::size_t blank = words.find(' ');
    add(words.substr(0, blank));
    if (blank != std::string_view::npos) add(words.substr(blank + 1));
  }
  Caption take() { return std::move(caption_); }

 private:
  Caption caption_;
  int count_ = 0;
};

}  // namespace

std::string_view shape_word(Shape shape) {
  static constexpr std::array<std::string_view, kShapes.size()> kNames = {
      "circle", "square", "triangle", "diamond", "star", "cross", "ring", "heart"};
  return name_of(kNames, shape);
}

std::string_view colour_word(Colour colour) {
  static constexpr std::array<std::string_view, kColours.size()> kNames = {
      "red", "orange", "yellow", "green", "blue", "purple", "white", "black"};
  return name_of(kNames, colour);
}

std::string_view size_word(ObjectSize size) {
  static constexpr std::array<std::string_view, kSizes.size()> kNames = {"small", "", "large"};
  return name_of(kNames, size);
}

std::string_view relation_words(Relation relation) {
  static constexpr std::array<std::string_view, kRelations.size()> kNames = {"left of", "right of",
                                                                             "above", "below"};
  return name_of(kNames, relation);
}

std::string_view split_name(SceneSplit split) {
  static constexpr std::array<std::string_view, 3> kNames = {"all", "train", "test"};
  return name_of(kNames, split);
}

bool is_named_before(const Object& a, const Object& b) {
  return a.size != b.size ? a.size < b.size : a.colour < b.colour;
}

Relation relation_between(const Box& a, const Box& b) {
  const int across = (b.x0 + b.x1) - (a.x0 + a.x1);  // twice the distance of the centres
  const int down = (b.y0 + b.y1) - (a.y0 + a.y1);
  if (std::abs(across) > std::abs(down)) {
    return across > 0 ? Relation::kLeftOf : Relation::kRightOf;
  }
  return down > 0 ? Relation::kAbove : Relation::kBelow;
}

Caption describe(std::span<const Object> objects) {
  ATTEND_CHECK(!objects.empty());
  Writer writer;
  writer.add_object(objects[0]);
  for (std::size_t i = 1; i < objects.size(); ++i) {
    if (i > 1) writer.add("and");
    writer.add_relation(relation_between(objects[0].box, objects[i].box));
    writer.add_object(objects[i]);
  }
  return writer.take();
}

SceneSplit split_of(std::string_view caption, double test_share) {
  if (!(test_share > 0.0 && test_share < 1.0)) {
    throw UsageError("the test share of captions must lie between 0 and 1");
  }
  std::uint64_t hash = 0;
  for (const char c : caption) hash = mix(hash ^ static_cast<unsigned char>(c));
  const double place = static_cast<double>(hash >> 11) * 0x1.0p-53;  // from 0 to 1
  return place < test_share ? SceneSplit::kTest : SceneSplit::kTrain;
}

}  // namespace attend::scenes

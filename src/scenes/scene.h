// A picture of a few shapes, and the caption that is true of it.
//
// A picture determines its caption, so that a caption can be compared word by word:
//
//   caption = object, or object relation object, or object relation object "and" relation object
//   object  = "a" ["small" | "large"] colour shape
//
// - "an" stands before "orange" and "a" before every other word. A medium size is not said.
// - The smallest object comes first; of objects of one size, the one whose colour is first in the
//   list of Colour. All objects of a scene differ in colour.
// - Each relation is that of the first object to the one that follows the relation. It is
//   horizontal where the centres of the two boxes are farther apart in x than in y, else vertical.
//   The larger of the two distances is at least 4/3 of the smaller one.
// - At least one pixel lies between two boxes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attend::scenes {

enum class Shape { kCircle, kSquare, kTriangle, kDiamond, kStar, kCross, kRing, kHeart };
enum class Colour { kRed, kOrange, kYellow, kGreen, kBlue, kPurple, kWhite, kBlack };
/// A shape fills a square whose side is 16 to 20 per cent of the side of the picture (small), 26 to
/// 30 (medium) or 38 to 43 (large). Its box has whole pixels, so each edge of the box is less than
/// a pixel from that of the square; a star is 5 per cent less high than wide.
enum class ObjectSize { kSmall, kMedium, kLarge };
enum class Relation { kLeftOf, kRightOf, kAbove, kBelow };

inline constexpr std::array kShapes = {Shape::kCircle,  Shape::kSquare, Shape::kTriangle,
                                       Shape::kDiamond, Shape::kStar,   Shape::kCross,
                                       Shape::kRing,    Shape::kHeart};
inline constexpr std::array kColours = {Colour::kRed,   Colour::kOrange, Colour::kYellow,
                                        Colour::kGreen, Colour::kBlue,   Colour::kPurple,
                                        Colour::kWhite, Colour::kBlack};
inline constexpr std::array kSizes = {ObjectSize::kSmall, ObjectSize::kMedium, ObjectSize::kLarge};
inline constexpr std::array kRelations = {Relation::kLeftOf, Relation::kRightOf, Relation::kAbove,
                                          Relation::kBelow};

/// Returns the words of a caption: "circle", "red", "left of".
std::string_view shape_word(Shape shape);
std::string_view colour_word(Colour colour);
std::string_view relation_words(Relation relation);
/// Returns "small", "large" or, for a medium size, an empty text.
std::string_view size_word(ObjectSize size);

/// The pixels x0 ≤ x < x1, y0 ≤ y < y1, counted from the left and from the top.
struct Box {
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  friend bool operator==(const Box&, const Box&) = default;
};

struct Object {
  Shape shape = Shape::kCircle;
  Colour colour = Colour::kRed;
  ObjectSize size = ObjectSize::kSmall;
  Box box;  ///< the smallest box with every pixel that the object changes
  friend bool operator==(const Object&, const Object&) = default;
};

/// A word that names an object, which is its colour or its shape, and the box of this object.
struct WordBox {
  int word = 0;  ///< its place in the caption, from 0; blanks separate words
  std::string text;
  Box box;
  friend bool operator==(const WordBox&, const WordBox&) = default;
};

struct Caption {
  std::string text;
  std::vector<WordBox> words;  ///< those that name an object, in the order of the text
};

/// A square picture, opaque.
struct Picture {
  int side = 0;  ///< height and width in pixels
  /// [side, side, 3], rows from top to bottom: red, green and blue in 0 … 255.
  std::vector<std::uint8_t> pixels;
};

/// The part of the split. The caption alone decides whether a scene belongs to training or test, so
/// that no caption is in both, whatever the seed.
enum class SceneSplit { kAll, kTrain, kTest };

struct Scene {
  std::vector<Object> objects;  ///< in the order of the caption; at least one
  Caption caption;
  SceneSplit side = SceneSplit::kTrain;  ///< kTrain or kTest
  Picture picture;
};

/// Whether a caption names `a` before `b`.
bool is_named_before(const Object& a, const Object& b);

/// Returns the relation of `a` to `b`: kLeftOf if `a` is left of `b`.
Relation relation_between(const Box& a, const Box& b);

/// Returns the caption of objects that are in its order. There must be at least one.
Caption describe(std::span<const Object> objects);

/// Returns the part of the split, kTrain or kTest, that a caption belongs to. Throws UsageError
/// when `test_share`, the share of all captions that belong to the test, is not in (0, 1).
SceneSplit split_of(std::string_view caption, double test_share);

/// Returns "all", "train" or "test".
std::string_view split_name(SceneSplit split);

}  // namespace attend::scenes

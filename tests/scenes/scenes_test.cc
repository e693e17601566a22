#include "scenes/scenes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <thread>

#include "base/base.h"
#include "picture_reader.h"

namespace attend::scenes {
namespace {

using ::testing::HasSubstr;

std::uint64_t hash_of(std::uint64_t hash, const Scene& scene) {
  for (const char c : scene.caption.text) hash = mix(hash ^ static_cast<unsigned char>(c));
  for (const std::uint8_t value : scene.picture.pixels) hash = mix(hash ^ value);
  for (const Object& object : scene.objects) {
    for (const int edge : {object.box.x0, object.box.y0, object.box.x1, object.box.y1}) {
      hash = mix(hash ^ static_cast<std::uint64_t>(edge));
    }
  }
  return hash;
}

std::uint64_t hash_of(const std::vector<Scene>& scenes) {
  std::uint64_t hash = 0;
  for (const Scene& scene : scenes) hash = hash_of(hash, scene);
  return hash;
}

// ------------------------------------------------------------------------------- determinism ---

TEST(Scenes, AreTheSameOnEveryMachine) {
  SceneOptions options = with_objects(1, 3);
  EXPECT_EQ(hash_of(take(options, 100)), 1222819423204042775ULL);
  options.side = 101;
  options.seed = 7;
  options.split = SceneSplit::kTest;
  EXPECT_EQ(hash_of(take(options, 30)), 1058592160195265059ULL);
}

TEST(Scenes, DependOnTheSeed) {
  SceneOptions options = with_objects(2, 3);
  const std::vector<Scene> first = take(options, 100);
  options.seed = 2;
  const std::vector<Scene> other = take(options, 100);
  int equal = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    equal += first[i].caption.text == other[i].caption.text ? 1 : 0;
    EXPECT_NE(first[i].picture.pixels, other[i].picture.pixels);
  }
  EXPECT_LT(equal, 5);
}

TEST(Scenes, DependOnTheirIndexAndNotOnTheThread) {
  const std::vector<Scene> in_order = take(with_objects(1, 3), 40);
  const SceneGenerator generator(with_objects(1, 3));
  std::vector<Scene> found(in_order.size());
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = found.size(); i-- > 0;) {
        if (i % 4 == t) found[i] = generator.scene(i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(hash_of(found), hash_of(in_order));
}

// ------------------------------------------------------------------------------------- split ---

TEST(Scenes, KeepTrainingAndTestCaptionsApart) {
  for (const int objects : {1, 2, 3}) {
    SceneOptions options = with_objects(objects, objects);
    options.test_share = 0.2;
    options.split = SceneSplit::kTrain;
    std::set<std::string> train, test;
    for (const Scene& scene : take(options, 1500)) {
      train.insert(scene.caption.text);
      EXPECT_EQ(scene.side, SceneSplit::kTrain);
    }
    options.split = SceneSplit::kTest;
    options.seed = 99;
    for (const Scene& scene : take(options, 1500)) {
      test.insert(scene.caption.text);
      EXPECT_EQ(scene.side, SceneSplit::kTest);
      EXPECT_EQ(split_of(scene.caption.text, 0.2), SceneSplit::kTest);
      EXPECT_FALSE(train.contains(scene.caption.text)) << scene.caption.text;
    }
    EXPECT_GT(test.size(), objects == 1 ? 20U : 1000U);
    EXPECT_GT(train.size(), objects == 1 ? 100U : 1000U);
  }
}

TEST(Scenes, OfBothSidesTellTheirSide) {
  int tests = 0;
  for (const Scene& scene : take(with_objects(2, 3), 2000)) {
    EXPECT_EQ(scene.side, split_of(scene.caption.text, 0.1));
    tests += scene.side == SceneSplit::kTest ? 1 : 0;
  }
  EXPECT_NEAR(tests, 200, 54);  // four standard deviations of a binomial share
}

TEST(Scenes, RefuseBadOptions) {
  const auto refused = [](auto change, const std::string& what) {
    SceneOptions options;
    change(options);
    try {
      SceneGenerator(options).scene(0);
      ADD_FAILURE() << "accepted; expected a message with: " << what;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr(what));
    }
  };
  refused([](SceneOptions& o) { o.side = 47; }, "47 pixels");
  refused([](SceneOptions& o) { o.side = 513; }, "48 and 512");
  refused([](SceneOptions& o) { o.least_objects = 0; }, "0 to 2 objects");
  refused([](SceneOptions& o) { o.most_objects = 4; }, "1 to 3");
  refused([](SceneOptions& o) { o.least_objects = 3; }, "3 to 2 objects");
  refused([](SceneOptions& o) { o.test_share = 0; }, "test share");
  refused([](SceneOptions& o) { o.test_share = 1; }, "test share");
  refused([](SceneOptions& o) { o.test_share = std::stod("nan"); }, "test share");
  refused(
      [](SceneOptions& o) {
        o.most_objects = 1;
        o.split = SceneSplit::kTest;
        o.test_share = 1e-9;
      },
      "no caption of 1 to 1 objects");
  EXPECT_THROW(split_of("a red ring", 1.5), UsageError);
}

// ------------------------------------------------------------------------------------- boxes ---

/// Whether the name of a colour is right for a pixel in the middle of a shape.
bool looks_like(Colour colour, const Pixel& p) {
  switch (colour) {
    case Colour::kRed:
      return p.red > 190 && p.green < 60 && p.blue < 60;
    case Colour::kOrange:
      return p.red > 220 && p.green > 110 && p.green < 160 && p.blue < 50;
    case Colour::kYellow:
      return p.red > 220 && p.green > 200 && p.blue < 70;
    case Colour::kGreen:
      return p.red < 70 && p.green > 140 && p.blue < 90;
    case Colour::kBlue:
      return p.red < 70 && p.green < 110 && p.blue > 200;
    case Colour::kPurple:
      return p.red > 125 && p.red < 170 && p.green < 70 && p.blue > 160;
    case Colour::kWhite:
      return !p.has_tint() && p.red > 225;
    case Colour::kBlack:
      return !p.has_tint() && p.red < 40;
  }
  return false;
}

bool is_grey(Colour colour) { return colour == Colour::kWhite || colour == Colour::kBlack; }

TEST(Boxes, HoldAllPixelsOfTheirObjectAndNoMore) {
  for (const int side : {48, 64, 131}) {
    SceneOptions options = with_objects(1, 3);
    options.side = side;
    for (const Scene& scene : take(options, 300)) {
      std::size_t outside = 0;
      for (int i = 0; i < side * side; ++i) {
        const bool held = std::any_of(
            scene.objects.begin(), scene.objects.end(),
            [&](const Object& object) { return holds(object.box, i % side, i / side); });
        outside += !held && pixel(scene.picture, i % side, i / side).has_tint() ? 1 : 0;
      }
      EXPECT_EQ(outside, 0U) << scene.caption.text;
      for (const Object& object : scene.objects) {
        if (is_grey(object.colour)) continue;
        EXPECT_EQ(box_of_tint(scene.picture, object.box), object.box) << scene.caption.text;
      }
    }
  }
}

TEST(Boxes, HoldWhiteAndBlackObjects) {
  const SceneOptions options = with_objects(1, 1);
  for (const Scene& scene : take(options, 800)) {
    const Object& object = scene.objects[0];
    if (!is_grey(object.colour)) continue;
    Box found{64, 64, 0, 0};
    for (int i = 0; i < 64 * 64; ++i) {
      const int x = i % 64, y = i / 64;
      if (!looks_like(object.colour, pixel(scene.picture, x, y))) continue;
      EXPECT_TRUE(holds(object.box, x, y)) << scene.caption.text;
      found = {std::min(found.x0, x), std::min(found.y0, y), std::max(found.x1, x + 1),
               std::max(found.y1, y + 1)};
    }
    // Pixels of an edge are mixed with the background; the tips of a star are narrow.
    const Box& box = object.box;
    EXPECT_TRUE(found.x0 - box.x0 <= 4 && found.y0 - box.y0 <= 4 && box.x1 - found.x1 <= 4 &&
                box.y1 - found.y1 <= 4)
        << scene.caption.text;
  }
}

TEST(Boxes, StayApartAndWithinThePicture) {
  for (const Scene& scene : take(with_objects(2, 3), 1000)) {
    for (std::size_t i = 0; i < scene.objects.size(); ++i) {
      const Box& a = scene.objects[i].box;
      EXPECT_TRUE(a.x0 >= 0 && a.y0 >= 0 && a.x1 <= 64 && a.y1 <= 64);
      for (std::size_t j = 0; j < i; ++j) {
        const Box& b = scene.objects[j].box;
        EXPECT_TRUE(a.x1 <= b.x0 || b.x1 <= a.x0 || a.y1 <= b.y0 || b.y1 <= a.y0)
            << scene.caption.text;
      }
    }
  }
}

TEST(Boxes, HaveTheSizeThatTheCaptionSays) {
  for (const int side : {64, 200}) {
    SceneOptions options = with_objects(1, 3);
    options.side = side;
    const std::map<ObjectSize, std::pair<int, int>> percent = {{ObjectSize::kSmall, {16, 20}},
                                                               {ObjectSize::kMedium, {26, 30}},
                                                               {ObjectSize::kLarge, {38, 43}}};
    for (const Scene& scene : take(options, 500)) {
      for (const Object& object : scene.objects) {
        const Box& box = object.box;
        const int longer = std::max(box.x1 - box.x0, box.y1 - box.y0);
        const auto [first, last] = percent.at(object.size);
        EXPECT_GE(longer, side * first / 100 - 1) << scene.caption.text;
        EXPECT_LE(longer, side * last / 100 + 2) << scene.caption.text;
      }
    }
  }
}

// ---------------------------------------------------------------------------------- captions ---

/// Returns the caption that the rules of scene.h give, written a second time.
std::string caption_by_rule(std::vector<Object> objects) {
  std::sort(objects.begin(), objects.end(), [](const Object& a, const Object& b) {
    return std::pair(a.size, a.colour) < std::pair(b.size, b.colour);
  });
  const std::map<ObjectSize, std::string> sizes = {
      {ObjectSize::kSmall, "small "}, {ObjectSize::kMedium, ""}, {ObjectSize::kLarge, "large "}};
  const auto name = [&](const Object& object) {
    const std::string words = sizes.at(object.size) + std::string(colour_word(object.colour)) +
                              " " + std::string(shape_word(object.shape));
    return (words[0] == 'o' ? "an " : "a ") + words;
  };
  std::string caption = name(objects[0]);
  for (std::size_t i = 1; i < objects.size(); ++i) {
    const Box &a = objects[0].box, &b = objects[i].box;
    const double across = (b.x0 + b.x1 - a.x0 - a.x1) / 2.0;
    const double down = (b.y0 + b.y1 - a.y0 - a.y1) / 2.0;
    const bool horizontal = std::abs(across) > std::abs(down);
    const std::string relation = horizontal ? across > 0 ? "left of" : "right of"
                                 : down > 0 ? "above"
                                            : "below";
    caption += (i == 1 ? " " : " and ") + relation + " " + name(objects[i]);
  }
  return caption;
}

TEST(Captions, AreDeterminedByTheObjectsInAnyOrder) {
  for (const Scene& scene : take(with_objects(1, 3), 1000)) {
    std::vector<Object> reversed(scene.objects.rbegin(), scene.objects.rend());
    EXPECT_EQ(caption_by_rule(reversed), scene.caption.text);
  }
}

TEST(Captions, HaveClearRelations) {
  for (const int side : {48, 64, 128}) {
    SceneOptions options = with_objects(2, 3);
    options.side = side;
    for (const Scene& scene : take(options, 1000)) {
      const Box& a = scene.objects[0].box;
      for (std::size_t i = 1; i < scene.objects.size(); ++i) {
        const Box& b = scene.objects[i].box;
        const int across = std::abs(b.x0 + b.x1 - a.x0 - a.x1);
        const int down = std::abs(b.y0 + b.y1 - a.y0 - a.y1);
        EXPECT_GE(3 * std::max(across, down), 4 * std::min(across, down)) << scene.caption.text;
        // The boxes do not even touch in the direction of the relation.
        const bool apart = across > down ? a.x1 < b.x0 || b.x1 < a.x0 : a.y1 < b.y0 || b.y1 < a.y0;
        EXPECT_TRUE(apart) << scene.caption.text;
      }
    }
  }
}

TEST(Captions, NameTheObjectsWithTheirBoxes) {
  for (const Scene& scene : take(with_objects(1, 3), 500)) {
    const std::vector<std::string> words = words_of(scene.caption.text);
    ASSERT_EQ(scene.caption.words.size(), 2 * scene.objects.size());
    for (std::size_t i = 0; i < scene.objects.size(); ++i) {
      const WordBox &colour = scene.caption.words[2 * i], &shape = scene.caption.words[2 * i + 1];
      EXPECT_EQ(colour.text, colour_word(scene.objects[i].colour));
      EXPECT_EQ(shape.text, shape_word(scene.objects[i].shape));
      for (const WordBox& word : {colour, shape}) {
        EXPECT_EQ(word.box, scene.objects[i].box);
        ASSERT_LT(static_cast<std::size_t>(word.word), words.size());
        EXPECT_EQ(words[static_cast<std::size_t>(word.word)], word.text);
      }
    }
  }
}

TEST(Captions, SayTheColourOfThePixels) {
  for (const Scene& scene : take(with_objects(1, 3), 500)) {
    for (const Object& object : scene.objects) {
      if (object.shape == Shape::kRing) continue;  // its middle is background
      const Box& box = object.box;
      const Pixel middle = pixel(scene.picture, (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2);
      EXPECT_TRUE(looks_like(object.colour, middle)) << scene.caption.text;
    }
  }
}

TEST(Captions, HaveEveryShapeWithEveryColourSizeAndRelation) {
  std::map<std::string, int> shapes, sizes, relations;
  int objects = 0;
  for (const Scene& scene : take(with_objects(2, 2), 4000)) {
    const std::vector<Object>& pair = scene.objects;
    EXPECT_NE(pair[0].colour, pair[1].colour);
    for (const Object& object : pair) {
      ++objects;
      ++shapes[std::string(colour_word(object.colour)) + " " +
               std::string(shape_word(object.shape))];
      ++sizes[std::string(size_word(object.size))];
    }
    ++relations[std::string(relation_words(relation_between(pair[0].box, pair[1].box)))];
  }
  EXPECT_EQ(shapes.size(), 64U);
  for (const auto& [name, count] : shapes) {
    EXPECT_NEAR(count, objects / 64.0, 0.4 * objects / 64) << name;
  }
  EXPECT_EQ(sizes.size(), 3U);
  for (const auto& [name, count] : sizes) EXPECT_NEAR(count, objects / 3.0, 0.03 * objects) << name;
  EXPECT_EQ(relations.size(), 4U);
  for (const auto& [name, count] : relations) EXPECT_NEAR(count, 1000, 120) << name;
}

TEST(Captions, HaveTheWantedNumberOfObjects) {
  std::map<std::size_t, int> counts;
  for (const Scene& scene : take(with_objects(1, 3), 3000)) ++counts[scene.objects.size()];
  EXPECT_EQ(counts.size(), 3U);
  for (const auto& [objects, count] : counts) EXPECT_NEAR(count, 1000, 110) << objects;
  for (const Scene& scene : take(with_objects(3, 3), 50)) EXPECT_EQ(scene.objects.size(), 3U);
}

TEST(Describe, WritesTheRelationOfTheFirstObjectToEachOther) {
  const std::vector<Object> objects = {
      {Shape::kCircle, Colour::kRed, ObjectSize::kSmall, {0, 20, 10, 30}},
      {Shape::kSquare, Colour::kOrange, ObjectSize::kMedium, {30, 20, 46, 36}},
      {Shape::kStar, Colour::kBlack, ObjectSize::kLarge, {0, 36, 24, 60}}};
  EXPECT_EQ(describe(objects).text,
            "a small red circle left of an orange square and above a large black star");
  EXPECT_EQ(describe(std::span(objects).first(1)).text, "a small red circle");
  EXPECT_EQ(relation_between(objects[1].box, objects[0].box), Relation::kRightOf);
  EXPECT_EQ(relation_between(objects[2].box, objects[0].box), Relation::kBelow);
  EXPECT_THROW(describe({}), CheckFailure);
}

TEST(ContactSheet, ShowsEveryPictureWithItsCaption) {
  const std::vector<Scene> scenes = take(with_objects(3, 3), 8);
  const std::string sheet = contact_sheet(scenes);
  std::size_t pictures = 0;
  for (std::size_t at = 0; (at = sheet.find("<image", at)) != std::string::npos; ++at) ++pictures;
  EXPECT_EQ(pictures, 8U);
  for (const Scene& scene : scenes) {
    const std::string start = scene.caption.text.substr(0, 12);
    EXPECT_THAT(sheet, HasSubstr(">" + start));
  }
}

}  // namespace
}  // namespace attend::scenes

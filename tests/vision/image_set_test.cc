#include "vision/image_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/base.h"
#include "feature_files.h"
#include "pictures.h"
#include "testing.h"
#include "vision/vision.h"

namespace attend::vision {
namespace {

using ::attend::testing::data_folder;
using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// The lines of a file that a test makes up.
LineSource lines(const std::string& name, std::vector<std::string> texts) {
  auto left = std::make_shared<std::vector<std::string>>(texts.rbegin(), texts.rend());
  return {name, [left](std::string& line) {
            if (left->empty()) return false;
            line = left->back();
            left->pop_back();
            return true;
          }};
}

std::string data_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

std::string list_error(const std::vector<std::string>& texts,
                       CaptionRule rule = CaptionRule::kRequired) {
  return data_error([&] { ImageSet::from_list(lines("list.tsv", texts), "", rule); });
}

TEST(ImageList, HasEachImageOnceWithItsCaptions) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "photos");
  write_file(folder / "photos/a.png", png_file(gradient({3, 4})));
  write_file(folder / "b.webp", webp_file(gradient({5, 6})));
  write_file(folder / "list.tsv",
             "photos/a.png\ta dog runs\nb.webp\ttwo cats\nphotos/a.png\tthe dog\n");
  const ImageSet set = ImageSet::from_list(lines_of_file(folder / "list.tsv"), folder.path());
  ASSERT_EQ(set.size(), 2u);
  EXPECT_EQ(set.name(0), "photos/a.png");
  EXPECT_THAT(set.captions(0), ElementsAre("a dog runs", "the dog"));
  EXPECT_THAT(set.captions(1), ElementsAre("two cats"));
  EXPECT_EQ(set.place(1), (folder / "list.tsv").string() + ":2");
  EXPECT_EQ(set.decoded(0), as_image(gradient({3, 4})));
  EXPECT_EQ(set.decoded(1), as_image(gradient({5, 6})));
  EXPECT_EQ(set.fitted(1, {.size = {2, 3}}).size, (Size{2, 3}));
}

TEST(ImageList, TakesAbsolutePathsAndImagesWithoutCaptions) {
  const TemporaryFolder folder;
  write_file(folder / "a.png", png_file(gradient({3, 4})));
  const ImageSet set = ImageSet::from_list(lines("list", {(folder / "a.png").string()}), "/nowhere",
                                           CaptionRule::kOptional);
  EXPECT_THAT(set.captions(0), IsEmpty());
  EXPECT_EQ(set.decoded(0).size, (Size{3, 4}));
}

TEST(ImageList, ErrorsNameFileAndLine) {
  EXPECT_EQ(list_error({}), "list.tsv: found no line, expected image path TAB caption");
  EXPECT_EQ(list_error({"a.png\tx", "b.png"}),
            "list.tsv:2: found 1 field, expected 2: image path TAB caption");
  EXPECT_EQ(list_error({"a.png\tx\ty"}),
            "list.tsv:1: found 3 fields, expected 2: image path TAB caption");
  EXPECT_EQ(list_error({"\tx"}),
            "list.tsv:1: found an empty image path, expected image path TAB caption");
  EXPECT_EQ(list_error({"a.png\t "}), "list.tsv:1: found a blank caption, expected text");
  EXPECT_EQ(list_error({"a.png\tx\ty"}, CaptionRule::kOptional),
            "list.tsv:1: found 3 fields, expected 2: image path TAB caption");
  EXPECT_EQ(list_error({"a.png", ""}, CaptionRule::kOptional),
            "list.tsv:2: found an empty image path, expected image path TAB caption");
}

TEST(ImageList, ErrorsOfPicturesNameTheListAndThePicture) {
  const TemporaryFolder folder;
  write_file(folder / "text.jpg", "Hello");
  write_file(folder / "large.png", png_file(gradient({30, 40})));
  const ImageSet set = ImageSet::from_list(
      lines("list.tsv", {"none.jpg\tx", "text.jpg\tx", "large.png\tx"}), folder.path());
  EXPECT_EQ(data_error([&] { set.decoded(0); }), "list.tsv:1: " + (folder / "none.jpg").string() +
                                                     ": cannot open: No such file or directory");
  EXPECT_THAT(data_error([&] { set.fitted(1, {}); }),
              StartsWith("list.tsv:2: text.jpg: found a file that begins with"));
  EXPECT_EQ(
      data_error([&] { set.bytes(2, 100); }),
      "list.tsv:3: " + (folder / "large.png").string() + ": larger than the limit of 100 bytes");
  EXPECT_THAT(data_error([&] { set.decoded(2, {.limits = {.pixels = 100}}); }),
              HasSubstr("expected at most 100 pixels"));
  EXPECT_THROW(set.decoded(0), ImageError);
}

// A packed file of two small pictures, with an index and captions that a test may change.
class PackedImages : public ::testing::Test {
 protected:
  PackedImages() {
    const std::string first = png_file(gradient({3, 4})), second = webp_file(gradient({5, 6}));
    write_file(folder_ / "images.bin", first + second);
    const std::string begin = std::to_string(first.size());
    index_ = {"a.png\ttrain\t0\t" + begin,
              "b.webp\tval\t" + begin + "\t" + std::to_string(second.size())};
    captions_ = {"a.png\ttrain\t0\tone", "b.webp\tval\t0\ttwo", "a.png\ttrain\t1\tthree"};
  }

  ImageSet open(const std::string& split = "", CaptionRule rule = CaptionRule::kRequired) const {
    return ImageSet::from_packed({folder_ / "images.bin", lines("index.tsv", index_),
                                  lines("captions.tsv", captions_), split},
                                 rule);
  }
  std::string error(const std::string& split = "") const {
    return data_error([&] { open(split); });
  }

  TemporaryFolder folder_;
  std::vector<std::string> index_, captions_;
};

TEST_F(PackedImages, AreReadByNumber) {
  const ImageSet set = open();
  ASSERT_EQ(set.size(), 2u);
  EXPECT_EQ(set.decoded(0), as_image(gradient({3, 4})));
  EXPECT_EQ(set.decoded(1), as_image(gradient({5, 6})));
  EXPECT_EQ(set.name(1), "b.webp");
  EXPECT_EQ(set.place(1), "index.tsv:2");
  EXPECT_THAT(set.captions(0), ElementsAre("one", "three"));
  EXPECT_THAT(set.captions(1), ElementsAre("two"));
}

TEST_F(PackedImages, OfOneSplitKeepTheirLines) {
  const ImageSet set = open("val");
  ASSERT_EQ(set.size(), 1u);
  EXPECT_EQ(set.name(0), "b.webp");
  EXPECT_EQ(set.place(0), "index.tsv:2");
  EXPECT_THAT(set.captions(0), ElementsAre("two"));
  EXPECT_EQ(set.decoded(0).size, (Size{5, 6}));
  EXPECT_EQ(error("test"), "index.tsv: found no image of the split 'test', expected at least one");
}

TEST_F(PackedImages, NeedNoCaptionsWhereTheyAreOptional) {
  const ImageSet set = ImageSet::from_packed({folder_ / "images.bin", lines("index.tsv", index_)},
                                             CaptionRule::kOptional);
  EXPECT_THAT(set.captions(1), IsEmpty());
  captions_.resize(1);
  EXPECT_EQ(open("", CaptionRule::kOptional).size(), 2u);
  EXPECT_EQ(error(), "index.tsv:2: found no caption of image 'b.webp', expected at least one");
  EXPECT_EQ(error("train"), "no error");
}

TEST_F(PackedImages, ErrorsOfTheIndexNameFileAndLine) {
  const std::string bin = (folder_ / "images.bin").string();
  const auto size = std::to_string(std::filesystem::file_size(folder_ / "images.bin"));
  const auto with = [&](const std::string& line) {
    PackedImages::index_ = {line};
    return error();
  };
  EXPECT_EQ(
      with("a.png\ttrain\t0"),
      "index.tsv:1: found 3 fields, expected 4: name TAB split TAB byte offset TAB byte length");
  EXPECT_EQ(
      with("\ttrain\t0\t1"),
      "index.tsv:1: found an empty name, expected name TAB split TAB byte offset TAB byte length");
  EXPECT_EQ(with("a.png\ttrain\t-1\t1"),
            "index.tsv:1: found '-1', expected the byte offset, a whole number");
  EXPECT_EQ(with("a.png\ttrain\t0\t1x"),
            "index.tsv:1: found '1x', expected the byte length, a whole number");
  EXPECT_EQ(with("a.png\ttrain\t" + size + "\t1"), "index.tsv:1: found 1 bytes at offset " + size +
                                                       ", expected bytes within the " + size +
                                                       " of " + bin);
  EXPECT_THAT(with("a.png\ttrain\t1\t18446744073709551615"), HasSubstr("expected bytes within"));
  EXPECT_THAT(with("a.png\ttrain\t1\t99999999999999999999"), HasSubstr("a whole number"));
  index_ = {"a\tx\t0\t1", "b\tx\t0\t1", "a\tx\t0\t1"};
  EXPECT_EQ(error(), "index.tsv:3: found image 'a' again, expected each once; it is in line 1 too");
  index_ = {};
  EXPECT_THAT(error(), StartsWith("index.tsv: found no line"));
}

TEST_F(PackedImages, ErrorsOfCaptionsNameFileAndLine) {
  const auto with = [&](const std::string& line) {
    captions_[1] = line;
    return error();
  };
  EXPECT_EQ(with("b.webp\tval\tx"),
            "captions.tsv:2: found 3 fields, expected 4: name TAB split TAB number TAB caption");
  EXPECT_EQ(with("c.png\tval\t0\tx"),
            "captions.tsv:2: found a caption of image 'c.png', expected a name of index.tsv");
  EXPECT_EQ(with("b.webp\ttest\t0\tx"),
            "captions.tsv:2: found the split 'test', expected 'val' as in index.tsv:2");
  EXPECT_EQ(with("b.webp\tval\t1\tx"),
            "captions.tsv:2: found caption 1 of image 'b.webp', expected caption 0");
  EXPECT_EQ(with("b.webp\tval\tfirst\tx"),
            "captions.tsv:2: found 'first', expected the number of the caption, a whole number");
  EXPECT_EQ(with("b.webp\tval\t0\t"), "captions.tsv:2: found a blank caption, expected text");
}

TEST_F(PackedImages, ErrorsOfTheFileAreNamed) {
  const auto opened = [&](const std::filesystem::path& path) {
    return data_error([&] { ImageSet::from_packed({path, lines("index.tsv", index_)}); });
  };
  EXPECT_EQ(opened(folder_ / "none"),
            (folder_ / "none").string() + ": cannot open: No such file or directory");
  EXPECT_EQ(opened(folder_.path()), folder_.path().string() +
                                        ": found something else than a regular file, expected "
                                        "packed images");
  const ImageSet set = open();
  ASSERT_EQ(truncate((folder_ / "images.bin").c_str(), 10), 0);
  EXPECT_EQ(data_error([&] { set.decoded(0); }),
            "index.tsv:1: " + (folder_ / "images.bin").string() +
                ": the file has become shorter while it was read");
  EXPECT_THAT(data_error([&] { set.bytes(1, 5); }),
              StartsWith("index.tsv:2: b.webp: larger than the limit of 5 bytes"));
}

TEST_F(PackedImages, AreReadBySeveralThreads) {
  const ImageSet set = open();
  std::vector<std::thread> threads;
  std::vector<int> equal(4);
  for (std::size_t i = 0; i < equal.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 50; ++round) {
        equal[i] += set.decoded(0) == as_image(gradient({3, 4})) &&
                    set.decoded(1) == as_image(gradient({5, 6}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(equal, ElementsAre(50, 50, 50, 50));
}

TEST(ImageData, Flickr8kIsReadFromItsPackedFile) {
  ATTEND_REQUIRE_DATA("flickr8k/images.bin");
  const std::filesystem::path folder = data_folder() / "flickr8k";
  const auto open = [&](const std::string& split, CaptionRule rule) {
    return ImageSet::from_packed({folder / "images.bin", lines_of_file(folder / "index.tsv.xz"),
                                  lines_of_file(folder / "captions.tsv.xz"), split},
                                 rule);
  };
  const ImageSet all = open("", CaptionRule::kOptional);
  ASSERT_EQ(all.size(), 8091u);
  EXPECT_EQ(all.captions(0)[1], "A girl going into a wooden building .");
  for (std::size_t image = 0; image < all.size(); image += 100) {
    EXPECT_EQ(all.decoded(image).size, (Size{128, 128}));
  }
  for (const auto& [split, size] : {std::pair("train", 6000u), std::pair("val", 1000u)}) {
    const ImageSet set = open(split, CaptionRule::kRequired);
    ASSERT_EQ(set.size(), size);
    for (std::size_t image = 0; image < set.size(); ++image) {
      ASSERT_EQ(set.captions(image).size(), 5u);
    }
  }
}

}  // namespace
}  // namespace attend::vision

#include "vision/packed.h"

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

// A packed file of two small pictures, with an index that a test may change.
class Packed : public ::testing::Test {
 protected:
  Packed() {
    const std::string first = png_file(gradient({3, 4})), second = webp_file(gradient({5, 6}));
    write_file(folder_ / "images.bin", first + second);
    const std::string begin = std::to_string(first.size());
    index_ = {"a.png\ttrain\t0\t" + begin,
              "b.webp\tval\t" + begin + "\t" + std::to_string(second.size())};
  }

  PackedImages open() const { return {folder_ / "images.bin", lines("index.tsv", index_)}; }
  std::string error() const {
    return data_error([&] { open(); });
  }

  TemporaryFolder folder_;
  std::vector<std::string> index_;
};

TEST_F(Packed, AreReadByNumber) {
  const PackedImages set = open();
  ASSERT_EQ(set.size(), 2u);
  EXPECT_EQ(set.decoded(0), as_image(gradient({3, 4})));
  EXPECT_EQ(set.decoded(1), as_image(gradient({5, 6})));
  EXPECT_EQ(set.name(1), "b.webp");
  EXPECT_EQ(set.place(1), "index.tsv:2");
  EXPECT_EQ(set.find("b.webp"), 1u);
  EXPECT_EQ(set.find("c.png"), std::nullopt);
  EXPECT_EQ(set.fitted(1, {.size = {2, 3}}).size, (Size{2, 3}));
}

TEST_F(Packed, ErrorsOfTheIndexNameFileAndLine) {
  const std::string bin = (folder_ / "images.bin").string();
  const auto size = std::to_string(std::filesystem::file_size(folder_ / "images.bin"));
  const auto with = [&](const std::string& line) {
    index_ = {line};
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

TEST_F(Packed, ErrorsOfTheFileAreNamed) {
  const auto opened = [&](const std::filesystem::path& path) {
    return data_error([&] { PackedImages(path, lines("index.tsv", index_)); });
  };
  EXPECT_EQ(opened(folder_ / "none"),
            (folder_ / "none").string() + ": cannot open: No such file or directory");
  EXPECT_EQ(opened(folder_.path()), folder_.path().string() +
                                        ": found something else than a regular file, expected "
                                        "packed images");
  const PackedImages set = open();
  ASSERT_EQ(truncate((folder_ / "images.bin").c_str(), 10), 0);
  EXPECT_EQ(data_error([&] { set.decoded(0); }),
            "index.tsv:1: " + (folder_ / "images.bin").string() +
                ": the file has become shorter while it was read");
  EXPECT_THAT(data_error([&] { set.bytes(1, 5); }),
              StartsWith("index.tsv:2: b.webp: larger than the limit of 5 bytes"));
}

TEST_F(Packed, AreReadBySeveralThreads) {
  const PackedImages set = open();
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
  const PackedImages all(folder / "images.bin", lines_of_file(folder / "index.tsv.xz"));
  ASSERT_EQ(all.size(), 8091u);
  for (std::size_t image = 0; image < all.size(); image += 100) {
    EXPECT_EQ(all.decoded(image).size, (Size{128, 128}));
  }
}

}  // namespace
}  // namespace attend::vision

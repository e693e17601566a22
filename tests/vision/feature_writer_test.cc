#include "vision/feature_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/base.h"
#include "feature_files.h"
#include "pictures.h"
#include "testing.h"

namespace attend::vision {
namespace {

using ::attend::testing::read_file;
using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::size_t count_entries(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

std::vector<float> values_from(float first, std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = first + static_cast<float>(i);
  return values;
}

TEST(FeatureWriter, NumpyFilesAreThoseOfNumpy) {
  const TemporaryFolder folder;
  FeatureWriter writer(folder / "f.npy", {"a.jpg", "é.png", "c.jpg"}, 2);
  writer.add("é.png", {2, 1}, values_from(1, 4));
  writer.add("a.jpg", {2, 1}, values_from(5, 4));
  EXPECT_FALSE(std::filesystem::exists(folder / "f.npy"));
  writer.commit();
  std::string golden = "\x93NUMPY" + std::string("\x01\x00\x76\x00", 4) +
                       "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 1, 2), }";
  golden += std::string(127 - golden.size(), ' ') + "\n" + float32_bytes({1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(read_file(folder / "f.npy"), golden);
  EXPECT_EQ(read_file(folder / "f.npy.names"), "é.png\na.jpg\n");
  EXPECT_EQ(count_entries(folder.path()), 2u);
}

TEST(FeatureWriter, SafetensorsHaveTheImagesThatWereAdded) {
  const TemporaryFolder folder;
  FeatureWriter writer(folder / "f", {"a\"b", "c", "d"}, 1);
  writer.add("d", {1, 2}, values_from(1, 2));
  writer.add("a\"b", {1, 1}, values_from(3, 1));
  writer.commit();
  const std::string bytes = read_file(folder / "f");
  const std::string header = R"({"d":{"dtype":"F32","shape":[1,2,1],"data_offsets":[0,8]},)"
                             R"("a\"b":{"dtype":"F32","shape":[1,1,1],"data_offsets":[8,12]}})";
  EXPECT_EQ(bytes.substr(8, header.size()), header);
  const std::string values = float32_bytes({1, 2, 3});
  EXPECT_EQ(bytes.substr(bytes.size() - values.size()), values);
  const std::size_t size = bytes.size() - values.size();
  EXPECT_EQ(size % 8, 0u);
  EXPECT_EQ(bytes.substr(0, 8), little_endian(size - 8, 8));
  EXPECT_EQ(bytes.substr(8 + header.size(), size - 8 - header.size()),
            std::string(size - 8 - header.size(), ' '));
  EXPECT_EQ(count_entries(folder.path()), 1u);
}

TEST(FeatureWriter, RoundTripsThroughBothFormats) {
  const TemporaryFolder folder;
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) names.push_back("photos/" + std::to_string(i) + ".jpg");
  for (const char* file : {"f.npy", "f.safetensors"}) {
    const bool same_grids = std::string(file) == "f.npy";
    const auto grid = [&](std::size_t i) { return Grid{2, same_grids ? 3 : 1 + i % 4}; };
    FeatureWriter writer(folder / file, names, 16);
    for (std::size_t i = 0; i < names.size(); i += 2) {
      writer.add(names[i], grid(i), values_from(static_cast<float>(i), grid(i).regions() * 16));
    }
    writer.commit();
    const FeatureFile features = FeatureFile::open(folder / file, lines_of_file);
    ASSERT_EQ(features.size(), 150u);
    EXPECT_EQ(features.units(), 16u);
    for (std::size_t image = 0; image < features.size(); ++image) {
      ASSERT_EQ(features.name(image), names[2 * image]);
      ASSERT_EQ(features.grid(image), grid(2 * image));
      ASSERT_EQ(features.values(image),
                values_from(static_cast<float>(2 * image), grid(2 * image).regions() * 16));
    }
  }
}

TEST(FeatureWriter, ReplacesFilesOnlyWithCommit) {
  const TemporaryFolder folder;
  write_file(folder / "f.npy", "old");
  write_file(folder / "f.npy.names", "old");
  {
    FeatureWriter writer(folder / "f.npy", {"a"}, 1);
    writer.add("a", {1, 1}, values_from(1, 1));
  }
  EXPECT_EQ(read_file(folder / "f.npy"), "old");
  EXPECT_EQ(read_file(folder / "f.npy.names"), "old");
  EXPECT_EQ(count_entries(folder.path()), 2u);
}

TEST(FeatureWriter, NamesThatCannotBeWrittenAreRefusedAtTheBeginning) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::vector<std::string>& names, const std::string& file = "f") {
    return message_of([&] { FeatureWriter(folder / file, names, 1); });
  };
  EXPECT_EQ(refused({"a", "b"}), "no error");
  EXPECT_EQ(refused({"a", "b", "a"}), "found image 'a' again, expected each once");
  EXPECT_EQ(refused({"a\nb"}, "f.npy"),
            "found the name 'a?b' of an image, expected a name that is not empty, has no control "
            "characters and is not __metadata__");
  EXPECT_THAT(refused({""}), HasSubstr("found the name '' of an image"));
  EXPECT_THAT(refused({"__metadata__"}), HasSubstr("found the name '__metadata__'"));
  EXPECT_THAT(refused({"\xFF"}), HasSubstr("expected UTF-8"));
  EXPECT_EQ(count_entries(folder.path()), 0u);
}

TEST(FeatureWriter, PathsThatCannotBeWrittenAreRefusedAtTheBeginning) {
  const TemporaryFolder folder;
  EXPECT_EQ(message_of([] { FeatureWriter("-", {"a"}, 1); }),
            "standard output: found no regular file, expected one, because the header of features "
            "is written last");
  EXPECT_THROW(FeatureWriter("/dev/null", {"a"}, 1), UsageError);
  EXPECT_THROW(FeatureWriter(folder / "none/f", {"a"}, 1), Error);
}

TEST(FeatureWriter, ImagesThatDoNotFitAreRefusedAndOthersFollow) {
  const TemporaryFolder folder;
  FeatureWriter writer(folder / "f.npy", {"a", "b", "c"}, 1);
  writer.add("a", {1, 2}, values_from(1, 2));
  EXPECT_EQ(message_of([&] {
              writer.add("b", {2, 1}, values_from(1, 2));
            }),
            (folder / "f.npy").string() +
                ": image 'b': found a grid of 2 × 1 regions (rows × columns), expected 1 × 2 as "
                "those of the images before it, because .npy is one array");
  EXPECT_THAT(message_of([&] {
                writer.add("b", {1, 2}, std::vector<float>{1, std::nanf("")});
              }),
              HasSubstr("image 'b': found nan as unit 0 of region 1"));
  writer.add("c", {1, 2}, values_from(3, 2));
  writer.add("b", {1, 2}, values_from(5, 2));
  writer.commit();
  EXPECT_EQ(read_file(folder / "f.npy.names"), "a\nc\nb\n");
  EXPECT_THAT(FeatureFile::open(folder / "f.npy", lines_of_file).values(2), ElementsAre(5, 6));
}

TEST(FeatureWriter, WrongCallsAreBugs) {
  const TemporaryFolder folder;
  FeatureWriter writer(folder / "f", {"a"}, 2);
  EXPECT_THROW(writer.add("b", {1, 1}, values_from(1, 2)), CheckFailure);
  EXPECT_THROW(writer.add("a", {1, 1}, values_from(1, 3)), CheckFailure);
  EXPECT_THROW(writer.add("a", {0, 1}, {}), CheckFailure);
  writer.add("a", {1, 1}, values_from(1, 2));
  EXPECT_THROW(writer.add("a", {1, 1}, values_from(1, 2)), CheckFailure);
}

TEST(FeatureWriter, NothingIsNotWritten) {
  const TemporaryFolder folder;
  FeatureWriter writer(folder / "f", {"a"}, 2);
  EXPECT_THAT(message_of([&] { writer.commit(); }), HasSubstr("found no image to write"));
}

}  // namespace
}  // namespace attend::vision

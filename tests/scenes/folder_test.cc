#include "scenes/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <sstream>

#include "base/base.h"
#include "picture_reader.h"
#include "testing.h"

namespace attend::scenes {
namespace {

namespace fs = std::filesystem;
using attend::testing::read_file;
using attend::testing::TemporaryFolder;
using ::testing::HasSubstr;

std::vector<std::vector<std::string>> table(const fs::path& path) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream stream(read_file(path));
  for (std::string line; std::getline(stream, line);) {
    std::istringstream fields(line);
    rows.emplace_back();
    for (std::string field; std::getline(fields, field, '\t');) rows.back().push_back(field);
  }
  return rows;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::uint8_t> decode(const std::string& bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()), 0)
      << image.message;
  image.format = PNG_FORMAT_RGB;
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
  EXPECT_NE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr), 0) << image.message;
  return pixels;
}

void write(const fs::path& path, const std::vector<Scene>& scenes) {
  SceneFolder folder(path);
  for (const Scene& scene : scenes) folder.add(scene, picture_file(scene));
  folder.commit();
}

TEST(SceneFolder, HoldsEveryPictureWithCaptionAndBoxes) {
  const TemporaryFolder temporary;
  const fs::path path = temporary / "deep/new";
  const std::vector<Scene> scenes = take(with_objects(1, 3), 60);
  write(path, scenes);
  EXPECT_EQ(names_in(path),
            (std::vector<std::string>{"boxes.tsv", "captions.tsv", "images.bin", "index.tsv"}));
  const std::string images = read_file(path / "images.bin");
  const auto index = table(path / "index.tsv"), captions = table(path / "captions.tsv");
  const NamedWords words = read_boxes(path / "boxes.tsv");
  ASSERT_EQ(index.size(), scenes.size());
  ASSERT_EQ(captions.size(), scenes.size());
  ASSERT_EQ(words.size(), scenes.size());
  std::size_t offset = 0;
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const std::string side = scenes[i].side == SceneSplit::kTest ? "test" : "train";
    ASSERT_EQ(index[i].size(), 4U);
    const std::string& name = index[i][0];
    EXPECT_EQ(index[i][1], side);
    EXPECT_EQ(index[i][2], std::to_string(offset));
    const std::size_t length = std::stoul(index[i][3]);
    EXPECT_EQ(decode(images.substr(offset, length)), scenes[i].picture.pixels);
    offset += length;
    EXPECT_EQ(captions[i], (std::vector<std::string>{name, side, "0", scenes[i].caption.text}));
    EXPECT_EQ(words.at(name), scenes[i].caption.words);
  }
  EXPECT_EQ(offset, images.size());
  EXPECT_EQ(index[7][0], "0000007.png");
}

TEST(SceneFolder, TakesAnEmptyFolderAndOtherFiles) {
  const TemporaryFolder temporary;
  SceneFolder folder(temporary.path());
  folder.add_file("sheet.png", "a sheet");
  folder.commit();
  EXPECT_EQ(names_in(temporary.path()).size(), 5U);
  EXPECT_EQ(read_file(temporary / "sheet.png"), "a sheet");
  EXPECT_EQ(read_file(temporary / "images.bin"), "");
}

TEST(SceneFolder, LeavesNothingWithoutCommit) {
  const TemporaryFolder temporary;
  const std::vector<Scene> scenes = take({}, 3);
  {
    SceneFolder folder(temporary / "a/b/c");
    folder.add(scenes[0], picture_file(scenes[0]));
    folder.add_file("sheet.png", "a sheet");
    for (const std::string& name : names_in(temporary / "a/b/c")) {
      EXPECT_THAT(name, HasSubstr("tmp")) << "before commit() no file has its name";
    }
  }
  EXPECT_TRUE(names_in(temporary.path()).empty());

  fs::create_directory(temporary / "empty");
  { SceneFolder folder(temporary / "empty"); }
  EXPECT_TRUE(fs::exists(temporary / "empty"));  // it was there before
  EXPECT_TRUE(names_in(temporary / "empty").empty());
}

TEST(SceneFolder, LeavesNothingWhereCommitFails) {
  const TemporaryFolder temporary;
  {
    SceneFolder folder(temporary / "new");
    folder.add_file("sheet.png", "a sheet");
    fs::create_directory(temporary / "new/sheet.png");  // no file can take this name now
    EXPECT_THROW(folder.commit(), Error);
    fs::remove(temporary / "new/sheet.png");
  }
  EXPECT_TRUE(names_in(temporary.path()).empty());
}

TEST(SceneFolder, OverwritesNothing) {
  const TemporaryFolder temporary;
  attend::testing::write_file(temporary / "note", "mine");
  for (const auto& [path, what] : std::vector<std::pair<fs::path, std::string>>{
           {temporary.path(), "is not empty"}, {temporary / "note", "is no folder"}}) {
    try {
      SceneFolder folder(path);
      FAIL() << "accepted " << path;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr(what));
      EXPECT_THAT(error.what(), HasSubstr(path.string()));
    }
  }
  EXPECT_THROW(SceneFolder(temporary / "note/new"), Error);
  EXPECT_EQ(names_in(temporary.path()), std::vector<std::string>{"note"});
  EXPECT_EQ(read_file(temporary / "note"), "mine");
}

}  // namespace
}  // namespace attend::scenes

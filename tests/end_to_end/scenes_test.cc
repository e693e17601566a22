// Tests of attend scenes through the program: what it writes, and that it leaves nothing behind.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "end_to_end/failure.h"
#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using testing::read_file;
using testing::TemporaryFolder;

void make(const std::filesystem::path& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"scenes", "-o", folder.string()});
  const RunResult result = attend(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.out, "");
}

std::vector<std::string> captions_of(const std::filesystem::path& folder) {
  std::vector<std::string> captions;
  for (const std::string& line : lines_of(read_file(folder / "captions.tsv"))) {
    captions.push_back(line.substr(line.rfind('\t') + 1));
  }
  return captions;
}

TEST(ScenesCommand, WritesAFolder) {
  const TemporaryFolder folder;
  make(folder / "new", {"--count", "30"});
  EXPECT_EQ(files_below(folder / "new"),
            (std::vector<std::string>{"boxes.tsv", "captions.tsv", "images.bin", "index.tsv"}));
  EXPECT_EQ(captions_of(folder / "new").size(), 30U);
}

TEST(ScenesCommand, GivesMorePicturesForALargerCount) {
  const TemporaryFolder folder;
  make(folder / "a", {"--count", "10", "--seed", "5"});
  make(folder / "b", {"--count", "25", "--seed", "5"});
  const std::string few = read_file(folder / "a/images.bin"),
                    many = read_file(folder / "b/images.bin");
  EXPECT_EQ(many.substr(0, few.size()), few);
  EXPECT_GT(many.size(), few.size());
}

TEST(ScenesCommand, KeepsTheCaptionsOfTheTestOutOfTheTraining) {
  const TemporaryFolder folder;
  make(folder / "train", {"--count", "800", "--split", "train", "--objects", "1"});
  make(folder / "test", {"--count", "200", "--split", "test", "--objects", "1", "--seed", "2"});
  const auto train = captions_of(folder / "train"), test = captions_of(folder / "test");
  const std::set<std::string> known(train.begin(), train.end());
  for (const std::string& caption : test) EXPECT_FALSE(known.contains(caption)) << caption;
}

TEST(ScenesCommand, HasTheWantedNumberOfObjects) {
  const TemporaryFolder folder;
  make(folder / "new", {"--count", "40", "--objects", "3", "--size", "96"});
  for (const std::string& caption : captions_of(folder / "new")) {
    EXPECT_NE(caption.find(" and "), std::string::npos) << caption;
  }
}

TEST(ScenesCommand, DrawsASheet) {
  const TemporaryFolder folder;
  make(folder / "new", {"--count", "8", "--sheet", "8"});
  EXPECT_EQ(read_file(folder / "new/sheet.png").substr(1, 3), "PNG");
}

TEST(ScenesCommand, LeavesNothingOnAFullDisk) {
  const TemporaryFolder folder;
  RunOptions options;
  options.file_size_limit = 20000;
  const auto path = folder / "new";
  EXPECT_TRUE(refused(attend({"scenes", "-o", path.string(), "--count", "100"}, options), kOther,
                      {"images.bin"}));
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace attend::end_to_end

#include "text/output_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "base/base.h"
#include "testing.h"
#include "text/corpus.h"

namespace attend::text {
namespace {

using attend::testing::read_file;
using attend::testing::TemporaryFolder;

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  LineReader reader(path);
  std::vector<std::string> lines;
  for (std::string line; reader.next(line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> many_lines() {
  Random random(3);
  std::vector<std::string> lines;
  for (int i = 0; i < 20000; ++i) lines.push_back(std::to_string(random.next()));
  return lines;
}

TEST(OutputFile, IsReadAsItWasWrittenPlainOrCompressed) {
  const TemporaryFolder folder;
  const std::vector<std::string> lines = many_lines();
  for (const char* name : {"plain", "plain.txt", "packed.gz", "packed.tsv.gz"}) {
    OutputFile file(folder / name);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      file.write(lines[i] + "\n");
      if (i % 5000 == 0) file.flush();
    }
    file.commit();
    EXPECT_EQ(lines_of(folder / name), lines) << name;
  }
  EXPECT_TRUE(read_file(folder / "packed.gz").starts_with("\x1f\x8b"));
  EXPECT_LT(read_file(folder / "packed.gz").size(), read_file(folder / "plain").size());
}

TEST(OutputFile, EmptyCompressedFileIsWhole) {
  const TemporaryFolder folder;
  OutputFile file(folder / "none.gz");
  file.flush();
  file.flush();
  file.commit();
  EXPECT_TRUE(lines_of(folder / "none.gz").empty());
}

TEST(OutputFile, WithoutCommitNothingAppears) {
  const TemporaryFolder folder;
  OutputFile(folder / "lost.gz").write("text\n");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(OutputFile, FormatsThatAreOnlyReadAreRefused) {
  const TemporaryFolder folder;
  EXPECT_THROW(OutputFile(folder / "a.xz"), UsageError);
  EXPECT_THROW(OutputFile(folder / "a.zst"), UsageError);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(OutputFile, FullDeviceIsAnError) {
  OutputFile file("/dev/full");
  file.write("text\n");
  EXPECT_THROW(file.commit(), Error);
}

}  // namespace
}  // namespace attend::text

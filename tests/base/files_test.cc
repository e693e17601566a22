#include "base/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/errors.h"
#include "testing.h"

namespace attend {
namespace {

using ::attend::testing::TemporaryFolder;

std::size_t count_entries(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(AtomicFile, AppearsOnlyAfterCommit) {
  TemporaryFolder folder;
  AtomicFile file(folder / "a");
  file.write("content");
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  file.commit();
  EXPECT_EQ(read_file(folder / "a"), "content");
  EXPECT_EQ(count_entries(folder.path()), 1u);
}

TEST(AtomicFile, LeavesTheOldFileWithoutCommit) {
  TemporaryFolder folder;
  write_file(folder / "a", "old");
  { AtomicFile(folder / "a").write("new"); }
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_EQ(count_entries(folder.path()), 1u);
}

TEST(AtomicFile, WritesOverBytesThatWereWritten) {
  TemporaryFolder folder;
  const std::string many(100'000, 'x');
  AtomicFile file(folder / "a");
  file.write("0123" + many);
  file.overwrite(1, "ab");
  file.write("end");
  file.overwrite(0, "A");
  file.commit();
  EXPECT_EQ(read_file(folder / "a"), "Aab3" + many + "end");
}

TEST(AtomicFile, WritesOverBytesOfAFileThatIsWrittenInPlace) {
  TemporaryFolder folder;
  write_file(folder / "a", "old");
  std::filesystem::create_hard_link(folder / "a", folder / "b");
  AtomicFile file(folder / "a");
  file.write("0123");
  file.overwrite(1, "ab");
  EXPECT_EQ(read_file(folder / "a"), "old");
  file.commit();
  EXPECT_EQ(read_file(folder / "b"), "0ab3");
}

TEST(AtomicFile, TellsWhatCannotBeReplaced) {
  TemporaryFolder folder;
  write_file(folder / "a", "old");
  const int descriptor = open((folder / "a").c_str(), O_RDONLY);
  EXPECT_FALSE(is_written_directly(folder / "a"));
  EXPECT_FALSE(is_written_directly(folder / "missing"));
  EXPECT_FALSE(is_written_directly(folder.path()));
  EXPECT_TRUE(is_written_directly("-"));
  EXPECT_TRUE(is_written_directly("/dev/null"));
  EXPECT_TRUE(is_written_directly("/dev/fd/" + std::to_string(descriptor)));
  close(descriptor);
}

TEST(AtomicFile, ReportsAFullDisk) {
  AtomicFile file("/dev/full");
  file.write("content");
  EXPECT_THROW(file.commit(), Error);
}

TEST(AtomicFile, ReportsAMissingFolder) {
  TemporaryFolder folder;
  EXPECT_THROW(AtomicFile(folder / "none/a"), Error);
  EXPECT_THROW(AtomicFile{folder.path()}, Error);
}

TEST(AtomicFile, WritesToAnOpenFileByItsName) {
  TemporaryFolder folder;
  const std::filesystem::path path = folder / "a";
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  ASSERT_GE(descriptor, 0);
  for (const char* names : {"/proc/self/fd/", "/dev/fd/"}) {
    write_file(names + std::to_string(descriptor), "x");
  }
  struct stat now {
  }, before{};
  EXPECT_EQ(fstat(descriptor, &before), 0);
  EXPECT_EQ(stat(path.c_str(), &now), 0);
  close(descriptor);
  EXPECT_EQ(now.st_ino, before.st_ino);
  EXPECT_EQ(read_file(path), "xx");
  EXPECT_EQ(count_entries(folder.path()), 1u);
}

TEST(ReadFile, NamesTheFileAndTheReason) {
  TemporaryFolder folder;
  try {
    read_file(folder / "none");
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("none"), std::string::npos);
    EXPECT_EQ(error.code(), ExitCode::kData);
  }
  EXPECT_THROW(read_file(folder.path()), DataError);
}

TEST(ReadFile, KeepsToItsLimit) {
  TemporaryFolder folder;
  write_file(folder / "a", std::string(100, 'x'));
  EXPECT_EQ(read_file(folder / "a", 100).size(), 100u);
  EXPECT_THROW(read_file(folder / "a", 99), DataError);
}

TEST(DataErrorMessage, NamesFileAndLine) {
  EXPECT_STREQ(DataError("pairs.tsv", 7, "one field, expected two").what(),
               "pairs.tsv:7: one field, expected two");
}

TEST(DataErrorMessage, WithoutAFileIsTheMessageAlone) {
  EXPECT_STREQ(DataError("", 0, "empty text").what(), "empty text");
}

TEST(Check, PrintsBothValues) {
  try {
    ATTEND_CHECK_EQ(1 + 1, 3);
    FAIL() << "no error";
  } catch (const CheckFailure& failure) {
    EXPECT_NE(std::string(failure.what()).find("2 against 3"), std::string::npos);
  }
}

}  // namespace
}  // namespace attend

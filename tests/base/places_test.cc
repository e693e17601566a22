#include "base/places.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "testing.h"

namespace attend {
namespace {

namespace fs = std::filesystem;
using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;

TEST(FollowLinks, LeadsToTheEndOfAChain) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "a/b");
  write_file(folder / "a/file", "x");
  fs::create_symlink("../file", folder / "a/b/up");         // relative to its own folder
  fs::create_symlink(folder / "a/b/up", folder / "whole");  // an absolute path
  fs::create_symlink("whole", folder / "first");            // a chain of three links
  fs::create_directory_symlink("a/b", folder / "folder");   // a link to a folder
  for (const char* name : {"a/b/up", "whole", "first", "folder/up", "a/file"}) {
    const Place place = follow_links(folder / name);
    EXPECT_TRUE(fs::equivalent(place.path, folder / "a/file")) << place.path;
    EXPECT_FALSE(fs::is_symlink(place.path)) << place.path;
    EXPECT_FALSE(place.is_open_file);
  }
}

TEST(FollowLinks, LeadsToAFileThatIsStillToBeMade) {
  const TemporaryFolder folder;
  fs::create_symlink("new", folder / "link");
  EXPECT_EQ(follow_links(folder / "link").path, folder / "new");
  EXPECT_EQ(follow_links(folder / "new").path, folder / "new");
}

TEST(FollowLinks, EndsInALoop) {
  const TemporaryFolder folder;
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  follow_links(folder / "a");
}

TEST(FollowLinks, KnowsOpenFiles) {
  const TemporaryFolder folder;
  write_file(folder / "file", "x");
  const int descriptor = open((folder / "file").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  for (const char* names : {"/dev/fd/", "/proc/self/fd/"}) {
    EXPECT_TRUE(follow_links(names + std::to_string(descriptor)).is_open_file) << names;
  }
  fs::create_symlink("/dev/fd/" + std::to_string(descriptor), folder / "link");
  EXPECT_TRUE(follow_links(folder / "link").is_open_file);
  close(descriptor);
}

class CopyIdentity : public ::testing::Test {
 protected:
  CopyIdentity() {
    write_file(folder_ / "from", "x");
    write_file(folder_ / "to", "y");
    to_ = open((folder_ / "to").c_str(), O_RDWR | O_CLOEXEC);
  }
  ~CopyIdentity() override { close(to_); }
  bool copy() const {
    struct stat status {};
    EXPECT_EQ(stat((folder_ / "from").c_str(), &status), 0);
    return copy_identity(folder_ / "from", status, to_);
  }

  const TemporaryFolder folder_;
  int to_ = -1;
};

TEST_F(CopyIdentity, GivesPermissions) {
  fs::permissions(folder_ / "from", fs::perms(0751));
  EXPECT_TRUE(copy());
  EXPECT_EQ(fs::status(folder_ / "to").permissions(), fs::perms(0751));
}

TEST_F(CopyIdentity, GivesOwnerAndGroup) {
  if (chown((folder_ / "from").c_str(), 12345, 54321) != 0) {
    GTEST_SKIP() << "this user may not give files away";
  }
  EXPECT_TRUE(copy());
  struct stat found {};
  EXPECT_EQ(fstat(to_, &found), 0);
  EXPECT_EQ(found.st_uid, 12345U);
  EXPECT_EQ(found.st_gid, 54321U);
}

TEST_F(CopyIdentity, GivesAttributes) {
  if (setxattr((folder_ / "from").c_str(), "user.note", "read me", 7, 0) != 0) {
    GTEST_SKIP() << "no extended attributes in " << folder_.path();
  }
  EXPECT_TRUE(copy());
  std::array<char, 10> value{};
  EXPECT_EQ(fgetxattr(to_, "user.note", value.data(), value.size()), 7);
  EXPECT_STREQ(value.data(), "read me");
}

}  // namespace
}  // namespace attend

// Tests how AtomicFile treats an existing file: links, other owners, mounts, folders that may not
// be written.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

#include "base/errors.h"
#include "base/files.h"
#include "testing.h"

namespace attend {
namespace {

namespace fs = std::filesystem;
using ::attend::testing::TemporaryFolder;

constexpr uid_t kNobody = 65534;

struct stat status_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(lstat(path.c_str(), &status), 0) << path;
  return status;
}

std::size_t count_entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

// Runs `body` in a process of its own, which may change its user or its mounts, and returns the
// result of `body`; "" means that all is well.
std::string in_child(const std::function<std::string()>& body) {
  std::array<int, 2> ends;
  EXPECT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    std::string result;
    try {
      result = body();
    } catch (const std::exception& error) {
      result = std::string("exception: ") + error.what();
    }
    [[maybe_unused]] const ssize_t written = write(ends[1], result.data(), result.size());
    _exit(0);
  }
  close(ends[1]);
  std::string result(1 << 12, '\0');
  const ssize_t count = read(ends[0], result.data(), result.size());
  result.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? result : "ended by signal " + std::to_string(WTERMSIG(status));
}

std::string as_nobody(const std::function<std::string()>& body) {
  return in_child([&]() -> std::string {
    if (setresgid(kNobody, kNobody, kNobody) != 0 || setresuid(kNobody, kNobody, kNobody) != 0) {
      return "cannot become another user";
    }
    return body();
  });
}

bool is_root() { return geteuid() == 0; }

// ------------------------------------------------------------------------------------- links ---

TEST(Output, GoesToWhereASymbolicLinkLeads) {
  const TemporaryFolder folder, other;
  write_file(other / "real", "old");
  fs::create_symlink(other / "real", folder / "middle");
  fs::create_symlink("middle", folder / "link");
  const ino_t before = status_of(other / "real").st_ino;
  write_file(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_TRUE(fs::is_symlink(folder / "middle"));
  EXPECT_EQ(read_file(other / "real"), "new");
  EXPECT_NE(status_of(other / "real").st_ino, before);  // replaced as a whole, not written over
  EXPECT_EQ(count_entries(other.path()), 1U);
  EXPECT_EQ(count_entries(folder.path()), 2U);
}

TEST(Output, IsMadeWhereADanglingLinkLeads) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "sub");
  fs::create_symlink("../new", folder / "sub/link");
  write_file(folder / "sub/link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "sub/link"));
  EXPECT_EQ(read_file(folder / "new"), "new");
}

TEST(Output, IsRefusedWhereALinkLeadsNowhere) {
  const TemporaryFolder folder;
  fs::create_symlink("none/file", folder / "missing");
  fs::create_symlink("loop", folder / "loop");
  fs::create_symlink(folder.path(), folder / "folder");
  for (const char* name : {"missing", "loop", "folder"}) {
    EXPECT_THROW(write_file(folder / name, "new"), Error) << name;
    EXPECT_TRUE(fs::is_symlink(folder / name));
  }
  EXPECT_EQ(count_entries(folder.path()), 3U);
}

TEST(Output, KeepsHardLinks) {
  const TemporaryFolder folder;
  write_file(folder / "a", "something longer than the new contents");
  fs::create_hard_link(folder / "a", folder / "b");
  {
    AtomicFile file(folder / "a");
    file.write("new");
    file.flush();
    EXPECT_EQ(read_file(folder / "b").size(), 38U);  // unchanged until all bytes are there
    file.commit();
  }
  EXPECT_EQ(read_file(folder / "b"), "new");
  EXPECT_EQ(status_of(folder / "a").st_ino, status_of(folder / "b").st_ino);
  { AtomicFile(folder / "a").write("lost"); }
  EXPECT_EQ(read_file(folder / "b"), "new");
  EXPECT_EQ(count_entries(folder.path()), 2U);
}

TEST(Output, OfAModelLeavesOtherNamesTheirContents) {
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  fs::create_hard_link(folder / "a", folder / "snapshot");
  fs::create_symlink("a", folder / "link");
  write_file(folder / "link", "new", Keep::kContents);
  EXPECT_EQ(read_file(folder / "a"), "new");
  EXPECT_EQ(read_file(folder / "snapshot"), "old");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
}

TEST(Output, KnowsWhenTwoNamesAreOneFile) {
  const TemporaryFolder folder;
  write_file(folder / "a", "x");
  write_file(folder / "b", "x");
  fs::create_hard_link(folder / "a", folder / "hard");
  fs::create_symlink("a", folder / "soft");
  fs::create_symlink("new", folder / "dangling");
  EXPECT_TRUE(is_one_file(folder / "a", folder / "hard"));
  EXPECT_TRUE(is_one_file(folder / "soft", folder / "hard"));
  EXPECT_TRUE(is_one_file(folder / "new", folder / "dangling"));
  EXPECT_TRUE(is_one_file(folder / "new", folder.path() / "." / "new"));
  EXPECT_FALSE(is_one_file(folder / "a", folder / "b"));
  EXPECT_FALSE(is_one_file(folder / "a", folder / "new"));
}

// ------------------------------------------------------------------------------------- names ---

TEST(Output, NamesMayBeAsLongAsTheSystemAllows) {
  const TemporaryFolder folder;
  for (const std::size_t length : {244U, 245U, 250U, 255U}) {
    const fs::path path = folder / std::string(length, 'n');
    write_file(path, "one");
    write_file(path, "two");
    EXPECT_EQ(read_file(path), "two");
  }
  EXPECT_EQ(count_entries(folder.path()), 4U);
  EXPECT_THROW(write_file(folder / std::string(256, 'n'), ""), Error);
  EXPECT_THROW(write_file(folder.path().string() + "/", ""), Error);
  EXPECT_THROW(write_file(folder / "none/", ""), Error);
}

TEST(Output, NeedsNoFolderInItsName) {
  const TemporaryFolder folder;
  const auto write_here = [&]() -> std::string {
    fs::current_path(folder.path());
    write_file("a", "one");
    fs::create_symlink("b", "link");
    write_file("link", "two");
    return read_file("a") + read_file("b");
  };
  EXPECT_EQ(in_child(write_here), "onetwo");
  EXPECT_EQ(count_entries(folder.path()), 3U);
}

// -------------------------------------------------------------------- permissions and owners ---

TEST(Output, HasThePermissionsOfTheMaskOrOfTheOldFile) {
  const TemporaryFolder folder;
  const mode_t mask = umask(037);
  write_file(folder / "new", "x");
  EXPECT_EQ(umask(mask), mode_t{037});  // AtomicFile has not changed the mask
  EXPECT_EQ(status_of(folder / "new").st_mode & 0777, 0640U);
  chmod((folder / "new").c_str(), 0604);
  write_file(folder / "new", "y");
  EXPECT_EQ(status_of(folder / "new").st_mode & 0777, 0604U);
}

TEST(Output, KeepsOwnerAndGroup) {
  if (!is_root()) GTEST_SKIP() << "only root gives files away";
  const TemporaryFolder folder;
  for (const Keep keep : {Keep::kIdentity, Keep::kContents}) {
    write_file(folder / "a", "old");
    ASSERT_EQ(chown((folder / "a").c_str(), 1234, 4321), 0);
    const ino_t before = status_of(folder / "a").st_ino;
    write_file(folder / "a", "new", keep);
    EXPECT_NE(status_of(folder / "a").st_ino, before);  // replaced as a whole
    EXPECT_EQ(status_of(folder / "a").st_uid, 1234U);
    EXPECT_EQ(status_of(folder / "a").st_gid, 4321U);
  }
}

TEST(Output, ToAnothersFileThatMayBeWrittenIsWrittenInPlace) {
  if (!is_root()) GTEST_SKIP() << "only root makes files of others";
  const TemporaryFolder folder;
  chmod(folder.path().c_str(), 0777);
  write_file(folder / "a", "old");
  chmod((folder / "a").c_str(), 0666);
  const ino_t before = status_of(folder / "a").st_ino;
  EXPECT_EQ(as_nobody([&] {
              write_file(folder / "a", "new");
              return std::string();
            }),
            "");
  EXPECT_EQ(read_file(folder / "a"), "new");
  EXPECT_EQ(status_of(folder / "a").st_ino, before);
  EXPECT_EQ(status_of(folder / "a").st_uid, 0U);
  EXPECT_EQ(count_entries(folder.path()), 1U);
}

TEST(Output, InAFolderThatMayNotBeWrittenIsWrittenInPlace) {
  if (!is_root()) GTEST_SKIP() << "only root becomes another user";
  const TemporaryFolder folder;
  chmod(folder.path().c_str(), 0755);
  write_file(folder / "mine", "old contents");
  write_file(folder / "readable", "old contents");
  ASSERT_EQ(chown((folder / "mine").c_str(), kNobody, kNobody), 0);
  const auto write_all = [&]() -> std::string {
    { AtomicFile(folder / "mine").write("lost"); }
    if (read_file(folder / "mine") != "old contents") return "changed without commit";
    for (const Keep keep : {Keep::kIdentity, Keep::kContents}) {
      write_file(folder / "mine", keep == Keep::kIdentity ? "one" : "two", keep);
    }
    for (const char* name : {"readable", "new"}) {
      try {
        write_file(folder / name, "new");
        return std::string(name) + " was written";
      } catch (const Error& error) {
        if (std::string(error.what()).find("Permission denied") == std::string::npos) {
          return error.what();
        }
      }
    }
    return "";
  };
  EXPECT_EQ(as_nobody(write_all), "");
  EXPECT_EQ(read_file(folder / "mine"), "two");
  EXPECT_EQ(read_file(folder / "readable"), "old contents");
  EXPECT_EQ(count_entries(folder.path()), 2U);
}

// The folder is like /tmp: only the owner of a file may replace it.
TEST(Output, InAStickyFolderIsKnownToFailBeforeAnythingIsWritten) {
  if (!is_root()) GTEST_SKIP() << "only root becomes another user";
  const TemporaryFolder folder;
  chmod(folder.path().c_str(), 01777);
  write_file(folder / "a", "old");
  EXPECT_EQ(as_nobody([&]() -> std::string {
              try {
                AtomicFile file(folder / "a");
                return "it was opened";
              } catch (const Error&) {
                return "";
              }
            }),
            "");
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_EQ(count_entries(folder.path()), 1U);
}

// ------------------------------------------------------------------------------------ mounts ---

constexpr const char* kNoMounts = "no mounts here";

// Runs `body` in a mount namespace of its own, where the folder is a disk of 64 KiB.
std::string with_small_disk(const fs::path& folder, const std::function<std::string()>& body) {
  return in_child([&]() -> std::string {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", folder.c_str(), "tmpfs", 0, "size=64k") != 0) {
      return kNoMounts;
    }
    return body();
  });
}

TEST(Output, ToAMountIsWrittenInPlace) {
  const TemporaryFolder folder, disk;
  write_file(folder / "real", "old contents");
  const std::string result = with_small_disk(disk.path(), [&]() -> std::string {
    write_file(disk / "mounted", "hidden");
    if (mount((folder / "real").c_str(), (disk / "mounted").c_str(), nullptr, MS_BIND, nullptr) !=
        0) {
      return kNoMounts;
    }
    { AtomicFile(disk / "mounted").write("lost"); }
    if (read_file(folder / "real") != "old contents") return "changed without commit";
    for (const Keep keep : {Keep::kIdentity, Keep::kContents}) {
      write_file(disk / "mounted", keep == Keep::kIdentity ? "one" : "two", keep);
      if (read_file(folder / "real") != read_file(disk / "mounted"))
        return "the mount was replaced";
    }
    if (mount(nullptr, (disk / "mounted").c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY,
              nullptr) != 0) {
      return "cannot make the mount read-only";
    }
    try {  // AtomicFile fails before anything is written
      AtomicFile file(disk / "mounted");
      return "the read-only mount was opened";
    } catch (const Error&) {
    }
    return read_file(folder / "real") + " " + std::to_string(count_entries(disk.path()));
  });
  if (result == kNoMounts) GTEST_SKIP() << "this user may not mount";
  EXPECT_EQ(result, "two 1");
}

TEST(Output, ThatFindsNoRoomInPlaceLeavesTheOldContents) {
  const TemporaryFolder folder, disk;
  const std::string result = with_small_disk(disk.path(), [&]() -> std::string {
    const std::string old(30000, 'o');
    write_file(disk / "a", old);
    fs::create_hard_link(disk / "a", disk / "b");
    write_file(folder / "mounted", "hidden");
    if (mount((disk / "b").c_str(), (folder / "mounted").c_str(), nullptr, MS_BIND, nullptr) != 0) {
      return kNoMounts;
    }
    // Either the new contents find no room on the disk next to the old ones, or they do but cannot
    // grow in place.
    for (const fs::path& path : {disk / "a", folder / "mounted"}) {
      try {
        write_file(path, std::string(200000, 'n'));
        return "it was written";
      } catch (const Error& error) {
        if (std::string(error.what()).find("No space left") == std::string::npos) {
          return error.what();
        }
      }
      if (read_file(disk / "b") != old) return "the old contents are lost";
    }
    write_file(folder / "mounted", std::string(50000, 'n'));  // there is room for this
    if (read_file(disk / "a").size() != 50000U) return "it was not written";
    write_file(disk / "a", "new");
    return read_file(disk / "b");
  });
  if (result == kNoMounts) GTEST_SKIP() << "this user may not mount";
  EXPECT_EQ(result, "new");
}

}  // namespace
}  // namespace attend

#include "base/temporaries.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "base/files.h"
#include "testing.h"

namespace attend {
namespace {

namespace fs = std::filesystem;
using ::attend::testing::TemporaryFolder;

std::size_t count_entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

TEST(TemporaryFile, GoesWithTheObjectUnlessRenamed) {
  const TemporaryFolder folder;
  {
    TemporaryFile lost, kept;
    const int first = lost.create(folder.path(), 0600), second = kept.create(folder.path(), 0600);
    ASSERT_GE(first, 0);
    ASSERT_GE(second, 0);
    EXPECT_EQ(write(second, "x", 1), 1);
    close(first), close(second);
    EXPECT_EQ(count_entries(folder.path()), 2U);
    EXPECT_TRUE(kept.rename_to(folder / "kept"));
  }
  EXPECT_EQ(count_entries(folder.path()), 1U);
  EXPECT_EQ(read_file(folder / "kept"), "x");
}

TEST(TemporaryFile, HasThePermissionsThatTheMaskLeaves) {
  const TemporaryFolder folder;
  const mode_t mask = umask(027);
  TemporaryFile file;
  close(file.create(folder.path(), 0666));
  umask(mask);
  EXPECT_TRUE(file.rename_to(folder / "file"));
  EXPECT_EQ(fs::status(folder / "file").permissions(), fs::perms(0640));
}

TEST(TemporaryFile, TellsWhyItCannotBeMade) {
  const TemporaryFolder folder;
  TemporaryFile file;
  EXPECT_EQ(file.create(folder / "none", 0600), -1);
  EXPECT_EQ(errno, ENOENT);
}

TEST(TemporaryFile, MoreThanTheTableHoldsWork) {
  const TemporaryFolder folder;
  {
    std::vector<std::unique_ptr<TemporaryFile>> files;
    for (int i = 0; i < 100; ++i) {
      files.push_back(std::make_unique<TemporaryFile>());
      close(files.back()->create(folder.path(), 0600));
    }
    EXPECT_EQ(count_entries(folder.path()), 100U);
  }
  EXPECT_EQ(count_entries(folder.path()), 0U);
}

/// Runs in a child: makes outputs of several kinds and then gets the signal.
[[noreturn]] void write_and_get(int signal, const fs::path& folder) {
  ::signal(signal, SIG_DFL);
  handle_signals();
  write_file(folder / "linked", "old");
  fs::create_hard_link(folder / "linked", folder / "link");
  AtomicFile one(folder / "one"), two(folder / "linked");
  one.write("new"), one.flush();
  two.write("new"), two.flush();
  AtomicFile done(folder / "done");
  done.write("new");
  done.commit();
  raise(signal);
  _exit(0);
}

TEST(Signals, RemoveTemporaryFilesAndEndTheProgram) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGXCPU}) {
    SCOPED_TRACE(signal);
    const TemporaryFolder folder;
    EXPECT_EXIT(write_and_get(signal, folder.path()), ::testing::KilledBySignal(signal), "");
    EXPECT_EQ(count_entries(folder.path()), 3U);
    EXPECT_EQ(read_file(folder / "link"), "old");
    EXPECT_EQ(read_file(folder / "done"), "new");
  }
}

TEST(Signals, StayIgnored) {
  const auto ignore = [] {
    signal(SIGHUP, SIG_IGN);
    handle_signals();
    raise(SIGHUP);
    _exit(7);
  };
  EXPECT_EXIT(ignore(), ::testing::ExitedWithCode(7), "");
}

TEST(Signals, EndAProgramOfWhichAnotherThreadGetsThem) {
  const TemporaryFolder folder;
  const auto run = [&] {
    handle_signals();
    AtomicFile file(folder / "one");
    const sigset_t signals = ending_signals();
    pthread_t thread{};
    pthread_create(
        &thread, nullptr,
        [](void*) -> void* {
          for (;;) pause();
        },
        nullptr);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    kill(getpid(), SIGTERM);
    for (;;) pause();
  };
  EXPECT_EXIT(run(), ::testing::KilledBySignal(SIGTERM), "");
  EXPECT_EQ(count_entries(folder.path()), 0U);
}

TEST(Leftovers, AreRemovedAndNothingElse) {
  const TemporaryFolder folder;
  // The first name is of this version, the second of earlier ones.
  const std::vector<const char*> leftovers{"attend.tmp-0aZ9bY", "a.tmp-aB3xYz"};
  const std::vector<const char*> others{"a", "a.tmp-", "a.tmp-aB3xYz7", ".tmp-aB3xYz"};
  for (const char* name : leftovers) write_file(folder / name, "x");
  for (const char* name : others) write_file(folder / name, "x");
  remove_leftovers(folder.path());
  for (const char* name : leftovers) EXPECT_FALSE(fs::exists(folder / name)) << name;
  for (const char* name : others) EXPECT_TRUE(fs::exists(folder / name)) << name;
  remove_leftovers(folder / "none");
}

TEST(Leftovers, OfAKilledProgramAreFound) {
  const TemporaryFolder folder;
  const auto run = [&] {
    AtomicFile file(folder / "a");
    raise(SIGKILL);
  };
  EXPECT_EXIT(run(), ::testing::KilledBySignal(SIGKILL), "");
  EXPECT_EQ(count_entries(folder.path()), 1U);
  remove_leftovers(folder.path());
  EXPECT_EQ(count_entries(folder.path()), 0U);
}

}  // namespace
}  // namespace attend

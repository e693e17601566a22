// Signals leave no temporary file, in any command, and a training its checkpoint; the program ends
// as the signal says. And memory that runs out, at whatever moment, is said in one line.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <ostream>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

std::string fault_shim() { return (testing::binary_folder() / "attend_fault_shim.so").string(); }

bool has_temporary_file(const fs::path& folder) {
  for (const std::string& name : files_below(folder)) {
    if (name.find(".tmp-") != std::string::npos) return true;
  }
  return false;
}

/// A command that is about to write files below a folder.
struct Writer {
  const char* name;
  /// MODEL, OUT and COPY (a model folder in OUT) are replaced.
  std::vector<std::string> arguments;
};
void PrintTo(const Writer& writer, std::ostream* stream) { *stream << writer.name; }

const Writer kWriters[] = {
    {"predict", {"predict", "-m", "MODEL", "-o", "OUT/a", "--alignments", "OUT/b"}},
    {"predict_gzip", {"predict", "-m", "MODEL", "-o", "OUT/a.gz"}},
    {"score", {"score", "-m", "MODEL", "OUT/pairs.tsv", "-o", "OUT/a"}},
    {"align", {"align", "-m", "MODEL", "OUT/pairs.tsv", "-o", "OUT/a"}},
    {"evaluate",
     {"evaluate", "-m", "MODEL", "OUT/pairs.tsv", "-o", "OUT/a", "--curve", "OUT/b.svg"}},
    {"show", {"show", "-m", "MODEL", "abc", "-o", "OUT/a.png"}},
    {"dates", {"dates", "--count", "1000", "-o", "OUT/a"}},
    {"shortlist", {"shortlist", "-m", "OUT/copy", "OUT/pairs.tsv"}},
    {"quantize", {"quantize", "-m", "MODEL", "-o", "OUT/a"}}};

class Interrupted : public ::testing::TestWithParam<Writer> {
 protected:
  Interrupted() {
    write_file(folder_ / "pairs.tsv", "abc\tcba\nab\tba\n");
    copy_model(models().strings, folder_ / "copy");
  }

  RunResult run_with(RunOptions options) const {
    std::vector<std::string> arguments = GetParam().arguments;
    for (std::string& argument : arguments) {
      if (argument == "MODEL") argument = models().strings.string();
      if (argument.starts_with("OUT/")) argument = folder_ / argument.substr(4);
    }
    options.standard_input = "abc\n";
    return attend(arguments, options);
  }

  const TemporaryFolder folder_;
};

TEST_P(Interrupted, LeavesNoTemporaryFile) {
  for (const int signal : kSignals) {
    SCOPED_TRACE(signal);
    const std::vector<std::string> before = files_below(folder_.path());
    RunOptions options;
    // The program hangs after its file is written and before it is renamed.
    options.environment = {{"LD_PRELOAD", fault_shim()}, {"ATTEND_HANG_IN_FSYNC", "1"}};
    options.signal =
        TimedSignal{signal, {}, [&] { return has_temporary_file(folder_.path()); }, {}};
    const RunResult result = run_with(options);
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(result.signal, signal) << "exit code " << result.exit_code << result.error;
    EXPECT_EQ(files_below(folder_.path()), before);
  }
}

TEST_P(Interrupted, WritesItsFileWithoutASignal) {  // so that the other test can fail
  const std::vector<std::string> before = files_below(folder_.path());
  const RunResult result = run_with({});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_GT(files_below(folder_.path()).size(), before.size());
}

INSTANTIATE_TEST_SUITE_P(Commands, Interrupted, ::testing::ValuesIn(kWriters),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(IgnoredSignals, StayIgnored) {
  const TemporaryFolder folder;
  RunOptions options;
  options.ignored_signals = {SIGHUP};  // as nohup does
  options.signal = TimedSignal{SIGHUP, {}, [&] { return has_temporary_file(folder.path()); }, {}};
  const fs::path out = folder / "dates.tsv";
  const RunResult result = attend({"dates", "--count", "100000", "-o", out.string()}, options);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(lines_of(read_file(out)).size(), 100000U);
}

// --------------------------------------------------------------------------------- training ---

class InterruptedTraining : public ::testing::Test {
 protected:
  InterruptedTraining() { write_file(folder_ / "pairs.tsv", to_tsv(string_pairs(40, 3))); }

  RunResult train(const RunOptions& options, std::size_t updates) const {
    std::vector<std::string> arguments{"train", (folder_ / "pairs.tsv").string(), "-m",
                                       model_.string()};
    const auto tiny = tiny_options(updates);
    arguments.insert(arguments.end(), tiny.begin(), tiny.end());
    arguments.insert(arguments.end(), {"--set", "training.patience=0", "--epochs", "10000000",
                                       "--set", "training.validate_every=20"});
    return attend(arguments, options);
  }
  bool has_begun() const { return fs::exists(model_ / "metrics.jsonl"); }

  const TemporaryFolder folder_;
  const fs::path model_ = folder_ / "model";
};

TEST_F(InterruptedTraining, WritesItsCheckpointAndExitsWithTheSignal) {
  for (const int signal : kSignals) {
    SCOPED_TRACE(signal);
    fs::remove_all(model_);
    RunOptions options;
    options.signal = TimedSignal{signal, {}, [&] { return has_begun(); }, {}};
    const RunResult result = train(options, 10000000);
    EXPECT_EQ(result.exit_code, 128 + signal) << "signal " << result.signal << result.error;
    EXPECT_NE(result.error.find("interrupted after update "), std::string::npos) << result.error;
    EXPECT_TRUE(fs::exists(model_ / "checkpoint" / "last.safetensors"));
    EXPECT_FALSE(has_temporary_file(folder_.path()));
  }
}

TEST_F(InterruptedTraining, EndsAtOnceWhileItReadsItsPairs) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const int signal : kSignals) {
    SCOPED_TRACE(signal);
    int writer = -1;
    RunOptions options;
    options.timeout = std::chrono::seconds(30);
    options.signal = TimedSignal{signal,
                                 {},
                                 [&] {  // it has opened its pairs and reads them
                                   if (writer < 0) {
                                     writer = open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
                                   }
                                   return writer >= 0;
                                 },
                                 {}};
    const RunResult result = attend({"train", pipe.string(), "-m", model_.string()}, options);
    if (writer >= 0) close(writer);
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(result.signal, signal) << "exit code " << result.exit_code << result.error;
    EXPECT_FALSE(has_temporary_file(folder_.path()));
  }
}

TEST_F(InterruptedTraining, EndsAtOnceWithTheSecondSignalAndLeavesNoTemporaryFile) {
  RunOptions options;
  options.environment = {{"LD_PRELOAD", fault_shim()}, {"ATTEND_HANG_IN_FSYNC", "1"}};
  options.signal = TimedSignal{SIGTERM,
                               {},
                               [&] { return fs::exists(model_) && has_temporary_file(model_); },
                               milliseconds(1200)};
  const RunResult result = train(options, 20);
  EXPECT_EQ(result.signal, SIGTERM) << "exit code " << result.exit_code << result.error;
  EXPECT_FALSE(has_temporary_file(folder_.path()));
}

TEST_F(InterruptedTraining, LeavesIgnoredSignalsIgnored) {
  RunOptions options;
  options.ignored_signals = {SIGHUP, SIGINT};
  for (const int signal : options.ignored_signals) {
    fs::remove_all(model_);
    options.signal = TimedSignal{signal, {}, [&] { return has_begun(); }, {}};
    const RunResult result = train(options, 200);
    EXPECT_EQ(result.exit_code, 0) << "signal " << result.signal << result.error;
    EXPECT_NE(result.error.find("finished after 200 updates"), std::string::npos) << result.error;
  }
}

// The files of the model folder are on another disk.
TEST_F(InterruptedTraining, FollowsLinksAndCleansUpAfterAKill) {
  const fs::path other = folder_ / "other";
  fs::create_directory(other);
  fs::create_directory(model_);
  for (const char* name : {"model.safetensors", "metrics.jsonl"}) {
    fs::create_symlink(other / name, model_ / name);
  }
  write_file(model_ / "attend.tmp-0aB9zZ", "of a training that was killed");
  write_file(model_ / "model.safetensors.tmp-0aB9zZ", "of an earlier program");
  EXPECT_EQ(train({}, 40).exit_code, 0);
  for (const char* name : {"model.safetensors", "metrics.jsonl"}) {
    EXPECT_TRUE(fs::is_symlink(model_ / name)) << name;
    EXPECT_GT(fs::file_size(other / name), 0U) << name;
  }
  EXPECT_FALSE(has_temporary_file(folder_.path()));
  EXPECT_EQ(attend({"info", "-m", model_.string()}).exit_code, 0);
}

// ----------------------------------------------------------------------------------- memory ---

class RefusedMemory : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(RefusedMemory, IsSaidInOneLine) {
  std::vector<std::string> arguments = GetParam();
  for (std::string& argument : arguments) {
    if (argument == "MODEL") argument = models().strings.string();
  }
  // Libraries make the first thousand requests before main() begins. Building the command line
  // makes the next two thousand. Later, libraries that do not expect a refusal may crash (ICU).
  RunOptions options;
  options.standard_input = "abc\n";
  int refusals = 0;
  for (int request = 1; request < 3000; request += 1 + request / 20) {
    for (const char* which : {"ATTEND_FAIL_MALLOC", "ATTEND_FAIL_MALLOCS"}) {
      options.environment = {{"LD_PRELOAD", fault_shim()}, {which, std::to_string(request)}};
      const RunResult result = attend(arguments, options);
      SCOPED_TRACE(std::string(which) + " " + std::to_string(request) + ": " + result.error);
      if (result.exit_code == 0) continue;  // a library continues without this memory
      EXPECT_TRUE(refused(result, kOther, {"not enough memory"}));
      ++refusals;
    }
  }
  EXPECT_GT(refusals, 100);
}

INSTANTIATE_TEST_SUITE_P(Commands, RefusedMemory,
                         ::testing::ValuesIn(std::vector<std::vector<std::string>>{
                             {"presets"}, {"dates", "--count", "3"}, {"predict", "-m", "MODEL"}}));

}  // namespace
}  // namespace attend::end_to_end

// Outputs that cannot be written: a full disk, a read-only or missing folder. The command prints
// one line and ends with exit code 1. The old file stays as it was and no temporary file is left.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <ostream>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

namespace fs = std::filesystem;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

constexpr const char* kOldOutput = "old\n";

/// A command that writes to a given file.
struct Writer {
  const char* name;
  std::vector<std::string> arguments;  ///< OUT is replaced by the file, OTHER by one next to it
  const char* file = "output";         ///< name of the file
};
void PrintTo(const Writer& writer, std::ostream* stream) { *stream << writer.name; }

const Writer kWriters[] = {
    {"predict", {"predict", "-m", "MODEL", "-o", "OUT"}},
    {"predict_json", {"predict", "-m", "MODEL", "--format", "json", "-o", "OUT"}},
    {"alignments", {"predict", "-m", "MODEL", "-o", "OTHER", "--alignments", "OUT"}},
    {"predict_beside_alignments", {"predict", "-m", "MODEL", "-o", "OUT", "--alignments", "OTHER"}},
    {"score", {"score", "-m", "MODEL", "-", "-o", "OUT"}},
    {"align", {"align", "-m", "MODEL", "-", "-o", "OUT"}},
    {"evaluate", {"evaluate", "-m", "MODEL", "-", "-o", "OUT"}},
    {"curve", {"evaluate", "-m", "MODEL", "-", "-o", "OTHER", "--curve", "OUT"}, "curve.svg"},
    {"show_svg", {"show", "-m", "MODEL", "abc", "-o", "OUT"}, "heat.svg"},
    {"show_png", {"show", "-m", "MODEL", "abc", "-o", "OUT"}, "heat.png"},
    {"show_html", {"show", "-m", "MODEL", "abc", "-o", "OUT"}, "heat.html"},
    {"dates", {"dates", "--count", "10000", "-o", "OUT"}}};

class BadOutput : public ::testing::TestWithParam<Writer> {
 protected:
  RunResult write_to(const fs::path& out, RunOptions options = {}) const {
    std::vector<std::string> arguments = GetParam().arguments;
    for (std::string& argument : arguments) {
      if (argument == "MODEL") argument = models().strings.string();
      if (argument == "OUT") argument = out.string();
      if (argument == "OTHER") argument = (folder_ / "other").string();
    }
    for (int i = 0; i < 100; ++i) {
      options.standard_input += arguments.front() == "predict" ? "abc\n" : "abc\tcba\n";
    }
    return attend(arguments, options);
  }

  const TemporaryFolder folder_;
  const fs::path out_ = folder_ / GetParam().file;
};

TEST_P(BadOutput, GoodPlaceIsWritten) {
  write_file(out_, kOldOutput);
  const RunResult result = write_to(out_);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(read_file(out_), kOldOutput);
  EXPECT_GT(fs::file_size(out_), 10U);
}

TEST_P(BadOutput, DiskThatFillsUpLeavesTheOldFile) {
  write_file(out_, kOldOutput);
  RunOptions options;
  options.file_size_limit = 10;
  EXPECT_TRUE(refused(write_to(out_, options), kOther, {"File too large"}));
  EXPECT_EQ(files_below(folder_.path()), std::vector<std::string>{GetParam().file});
  EXPECT_EQ(read_file(out_), kOldOutput);
}

TEST_P(BadOutput, FullDeviceIsReported) {
  // `show` chooses the format by the end of the name.
  if (std::string_view(GetParam().name).starts_with("show")) return;
  EXPECT_TRUE(refused(write_to("/dev/full"), kOther, {"/dev/full: ", "No space left"}));
  EXPECT_EQ(files_below(folder_.path()), std::vector<std::string>{});
}

TEST_P(BadOutput, ReadOnlyFolderIsReported) {
  if (!can_drop_privileges()) GTEST_SKIP() << "everything is writable for this user";
  const fs::path folder = folder_ / "read-only";
  fs::create_directory(folder);
  write_file(folder / GetParam().file, kOldOutput);
  chmod((folder / GetParam().file).c_str(), 0444);
  chmod(folder.c_str(), 0555);
  RunOptions options;
  options.unprivileged = true;
  const fs::path out = folder / GetParam().file;
  EXPECT_TRUE(refused(write_to(out, options), kOther, {out.string(), "Permission denied"}));
  chmod(folder.c_str(), 0755);
  EXPECT_EQ(read_file(out), kOldOutput);
  EXPECT_EQ(files_below(folder_.path()).size(), 1U);
}

TEST_P(BadOutput, WritableFileInAReadOnlyFolderIsWritten) {
  if (!can_drop_privileges()) GTEST_SKIP() << "everything is writable for this user";
  const fs::path folder = folder_ / "read-only";
  fs::create_directory(folder);
  write_file(folder / GetParam().file, kOldOutput);
  chmod(folder.c_str(), 0555);
  RunOptions options;
  options.unprivileged = true;
  const RunResult result = write_to(folder / GetParam().file, options);
  chmod(folder.c_str(), 0755);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(read_file(folder / GetParam().file), kOldOutput);
  EXPECT_EQ(files_below(folder), std::vector<std::string>{GetParam().file});
}

TEST_P(BadOutput, FailureInTheMiddleLeavesAFileThatIsWrittenInPlace) {
  write_file(out_, kOldOutput);
  fs::create_hard_link(out_, folder_ / "link");
  RunOptions options;
  options.file_size_limit = 10;
  EXPECT_TRUE(refused(write_to(out_, options), kOther, {"File too large"}));
  EXPECT_EQ(read_file(folder_ / "link"), kOldOutput);
  EXPECT_EQ(write_to(out_).exit_code, 0);
  EXPECT_TRUE(read_file(folder_ / "link") == read_file(out_));
  EXPECT_NE(read_file(out_), kOldOutput);
}

TEST_P(BadOutput, SymbolicLinkIsFollowed) {
  const fs::path real = folder_ / "real.output";
  fs::create_symlink("real.output", out_);
  // The link leads to a file that does not exist yet, or to an existing one.
  for (const char* old : {"", kOldOutput}) {
    if (old != std::string()) write_file(real, old);
    const RunResult result = write_to(out_);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_TRUE(fs::is_symlink(out_));
    EXPECT_GT(fs::file_size(real), 10U);
  }
}

TEST_P(BadOutput, MissingFolderIsReported) {
  const fs::path out = folder_ / "none" / GetParam().file;
  EXPECT_TRUE(refused(write_to(out), kOther, {out.string(), "No such file"}));
  EXPECT_EQ(files_below(folder_.path()), std::vector<std::string>{});
}

TEST_P(BadOutput, DirectoryIsReported) {
  fs::create_directory(out_);
  EXPECT_TRUE(refused(write_to(out_), kOther, {out_.string(), "Is a directory"}));
  EXPECT_EQ(files_below(folder_.path()), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Files, BadOutput, ::testing::ValuesIn(kWriters),
                         [](const auto& test) { return std::string(test.param.name); });

// -------------------------------------------------------------------------- standard output ---

class FullStandardOutput : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(FullStandardOutput, IsReported) {
  std::vector<std::string> arguments = GetParam();
  for (std::string& argument : arguments) {
    if (argument == "MODEL") argument = models().strings.string();
  }
  RunOptions options;
  options.standard_output = "/dev/full";
  options.standard_input = arguments.front() == "predict" ? "abc\n" : "abc\tcba\n";
  EXPECT_TRUE(refused(attend(arguments, options), kOther, {"standard output", "No space left"}));
}

INSTANTIATE_TEST_SUITE_P(Commands, FullStandardOutput,
                         ::testing::ValuesIn(std::vector<std::vector<std::string>>{
                             {"predict", "-m", "MODEL"},
                             {"score", "-m", "MODEL", "-"},
                             {"align", "-m", "MODEL", "-"},
                             {"evaluate", "-m", "MODEL", "-"},
                             {"show", "-m", "MODEL", "abc"},
                             {"show", "-m", "MODEL", "abc", "--explain"},
                             {"info", "-m", "MODEL"},
                             {"presets"},
                             {"dates", "--count", "3"},
                             {"dates", "--list"},
                             {"--help"},
                             {"--version"},
                             {"predict", "--help"},
                             {"train", "--help"}}));

// --------------------------------------------------------------------------------- training ---

class BadTrainingFolder : public ::testing::Test {
 protected:
  BadTrainingFolder() { write_file(folder_ / "pairs.tsv", to_tsv(string_pairs(40, 3))); }

  RunResult train(const fs::path& model, const RunOptions& options = {},
                  std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"train", (folder_ / "pairs.tsv").string(), "-m",
                                       model.string()};
    const auto tiny = tiny_options(3);
    arguments.insert(arguments.end(), tiny.begin(), tiny.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return attend(arguments, options);
  }

  const TemporaryFolder folder_;
};

TEST_F(BadTrainingFolder, ReadOnlyParentIsReported) {
  if (!can_drop_privileges()) GTEST_SKIP() << "everything is writable for this user";
  const fs::path parent = folder_ / "read-only";
  fs::create_directory(parent);
  chmod(parent.c_str(), 0555);
  RunOptions options;
  options.unprivileged = true;
  EXPECT_TRUE(failed(train(parent / "model", options), kOther,
                     {(parent / "model").string(), "Permission denied"}));
  EXPECT_TRUE(fs::is_empty(parent));
}

TEST_F(BadTrainingFolder, ReadOnlyIsReported) {
  if (!can_drop_privileges()) GTEST_SKIP() << "everything is writable for this user";
  const fs::path model = folder_ / "model";
  fs::create_directory(model);
  chmod(model.c_str(), 0555);
  RunOptions options;
  options.unprivileged = true;
  EXPECT_TRUE(failed(train(model, options), kOther, {model.string(), "Permission denied"}));
  EXPECT_TRUE(fs::is_empty(model));
}

TEST_F(BadTrainingFolder, FileIsReported) {
  write_file(folder_ / "model", kOldOutput);
  EXPECT_TRUE(failed(train(folder_ / "model"), kOther, {(folder_ / "model").string()}));
  EXPECT_EQ(read_file(folder_ / "model"), kOldOutput);
}

TEST_F(BadTrainingFolder, DiskThatFillsUpLeavesNoTemporaryFile) {
  RunOptions options;
  options.file_size_limit = 2500;  // enough for the vocabularies, not for the weights
  EXPECT_TRUE(failed(train(folder_ / "model", options), kOther, {"File too large"}));
  for (const std::string& name : files_below(folder_.path())) {
    EXPECT_EQ(name.find(".tmp"), std::string::npos) << name;
  }
  // With enough room the same command succeeds.
  EXPECT_EQ(train(folder_ / "model").exit_code, 0);
  EXPECT_EQ(attend({"info", "-m", (folder_ / "model").string()}).exit_code, 0);
}

TEST_F(BadTrainingFolder, PlotThatCannotBeWrittenIsReported) {
  EXPECT_TRUE(failed(train(folder_ / "model", {}, {"--plot", "/dev/full"}), kOther,
                     {"/dev/full", "No space left"}));
}

TEST_F(BadTrainingFolder, PlotWithoutAPlaceIsReportedBeforeTheTraining) {
  const fs::path plot = folder_ / "nowhere" / "curves.svg";
  EXPECT_TRUE(
      failed(train(folder_ / "model", {}, {"--plot", plot.string()}), kOther, {plot.string()}));
  EXPECT_FALSE(fs::exists(folder_ / "model"));
}

TEST_F(BadTrainingFolder, PlotsMayLieInTheModelsFolder) {
  const fs::path model = folder_ / "model";
  const RunResult result = train(model, {}, {"--plot", (model / "curves.svg").string()});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_TRUE(fs::exists(model / "curves.svg"));
}

}  // namespace
}  // namespace attend::end_to_end

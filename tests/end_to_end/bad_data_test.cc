// Files that hold no data. Every command that reads one names the file in one line, ends with exit
// code 3 and leaves everything as it was. Training does so for a single bad line. lines_test.cc
// tests what the commands that answer lines do with bad lines.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <ostream>
#include <tuple>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

constexpr const char* kHuge = "TEN MEGABYTES";  // replaced by ten megabytes in a test's contents

/// Returns contents with ten million bytes in place of kHuge. The lists of tests hold kHuge,
/// because every process builds them.
std::string expand(std::string contents) {
  const std::size_t place = contents.find(kHuge);
  return place == std::string::npos
             ? contents
             : contents.replace(place, std::string_view(kHuge).size(), 10'000'000, '#');
}

constexpr const char* kOldOutput = "what was there before\n";

enum class Reads { kSources, kPairs };

struct Command {
  const char* name;
  Reads reads;
};
void PrintTo(const Command& command, std::ostream* stream) { *stream << command.name; }

const Command kCommands[] = {
    {"predict", Reads::kSources},       {"predict_standard_input", Reads::kSources},
    {"score", Reads::kPairs},           {"score_standard_input", Reads::kPairs},
    {"align", Reads::kPairs},           {"evaluate", Reads::kPairs},
    {"train", Reads::kPairs},           {"train_validation", Reads::kPairs},
    {"score_sources", Reads::kSources}, {"score_targets", Reads::kSources}};

/// A command that is about to read `data`, in a folder of its own.
class BadData : public ::testing::Test {
 protected:
  std::string path(std::string_view name) const { return (folder_ / name).string(); }

  bool from_standard_input(const Command& command) const {
    return std::string_view(command.name).ends_with("standard_input");
  }

  std::vector<std::string> arguments(const Command& command) {
    const std::string name = command.name;
    const std::string data = from_standard_input(command) ? "-" : path("data");
    if (name.starts_with("train")) {
      const bool validates = name == "train_validation";
      std::vector<std::string> list{"train", validates ? path("good.tsv") : data, "-m",
                                    path("new-model")};
      const auto tiny = tiny_options(3);
      list.insert(list.end(), tiny.begin(), tiny.end());
      if (validates) list.insert(list.end(), {"--valid", data});
      return list;
    }
    std::vector<std::string> list{name.substr(0, name.find('_')), "-m", models().strings.string(),
                                  "-o", path("output")};
    if (name.starts_with("predict")) {
      list.insert(list.end(), {"-i", data});
    } else if (name == "score_sources") {
      list.insert(list.end(), {"--source", data, "--target", path("good.txt")});
    } else if (name == "score_targets") {
      list.insert(list.end(), {"--source", path("good.txt"), "--target", data});
    } else {
      list.push_back(data);
    }
    return list;
  }

  /// Runs the command on the file `data` and checks that it left no trace.
  RunResult run_on_data(const Command& command, RunOptions options = {}) {
    write_file(folder_ / "good.tsv", to_tsv(string_pairs(20, 3)));
    write_file(folder_ / "good.txt", "ab\nabc\nb\n");
    write_file(folder_ / "output", kOldOutput);
    if (from_standard_input(command)) options.standard_input = read_file(folder_ / "data");
    const auto before = files_below(folder_.path());
    RunResult result = attend(arguments(command), options);
    EXPECT_EQ(files_below(folder_.path()), before);
    EXPECT_EQ(read_file(folder_ / "output"), kOldOutput);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "new-model"));
    return result;
  }

  std::string place(const Command& command) const {
    return from_standard_input(command) ? "standard input" : path("data");
  }

  TemporaryFolder folder_;
};

// -------------------------------------------------------------------------- lines of a file ---

struct BadLines {
  const char* name;
  std::string contents;
  int line;                 ///< the line that the message names; 0: only the file
  bool only_in_pairs;       ///< a good line for commands that read one text a line
  const char* what;         ///< part of the message
  bool whole_file = false;  ///< nothing in the file can be read
};
void PrintTo(const BadLines& lines, std::ostream* stream) { *stream << lines.name; }

std::vector<BadLines> bad_lines() {
  const std::string huge = kHuge;
  return {
      {"EmptyFile", "", 0, false, "", true},
      {"BrokenUtf8", "ab\tba\na\xc3(b\tba\n", 2, false, "UTF-8"},
      {"TruncatedUtf8", "ab\tba\na\tb\na\tb\xe6\x97", 3, false, "UTF-8"},
      {"OverlongUtf8", "\xc0\xaf\tb\n", 1, false, "UTF-8"},
      {"Surrogate", "\xed\xa0\x80\tb\n", 1, false, "UTF-8"},
      {"Utf16", std::string("\xff\xfe\x61\x00\x09\x00\x62\x00\x0a\x00", 10), 1, false, "", true},
      {"NulByte", std::string("ab\tba\na\0b\tba\n", 13), 2, false, "NUL"},
      {"OneField", "ab\tba\nab\n", 2, true, "one field"},
      {"ThreeFields", "ab\tba\na\tb\tc\n", 2, true, "3 fields"},
      {"EmptyLine", "ab\tba\n\nab\tba\n", 2, false, "empty"},
      {"EmptySource", "ab\tba\n\tba\n", 2, true, "empty source"},
      {"BlankSource", "ab\tba\n \u3000\tba\n", 2, true, "empty source"},
      {"EmptyTarget", "ab\tba\nab\t\n", 2, true, "empty target"},
      {"TenMegabyteLine", "ab\tba\n" + huge + "\tb\n", 2, false, "line"},
      {"TenMegabytesWithoutEnd", huge, 1, false, "line"},
      {"TenMegabyteTarget", "ab\tba\na\t" + huge + "\n", 2, false, "line"}};
}

class BadLinesOf : public BadData,
                   public ::testing::WithParamInterface<std::tuple<Command, BadLines>> {};

TEST_P(BadLinesOf, AreRefusedWithTheLine) {
  const auto& [command, lines] = GetParam();
  if (command.reads == Reads::kSources && lines.only_in_pairs) return;
  if (!std::string_view(command.name).starts_with("train") && !lines.whole_file) return;
  // train_validation reads pairs as `train` does, and its program takes half a second to load. One
  // case is enough for it.
  if (std::string_view(command.name) == "train_validation" && lines.line != 2) return;
  write_file(folder_ / "data", expand(lines.contents));
  const RunResult result = run_on_data(command);
  const std::string where =
      place(command) + (lines.line > 0 ? ":" + std::to_string(lines.line) + ": " : ": ");
  EXPECT_TRUE(refused(result, kData, {where, lines.what}));
}

INSTANTIATE_TEST_SUITE_P(Commands, BadLinesOf,
                         ::testing::Combine(::testing::ValuesIn(kCommands),
                                            ::testing::ValuesIn(bad_lines())),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param).name) + "_" +
                                  std::get<1>(test.param).name;
                         });

// ------------------------------------------------------------------------------ whole files ---

class BadFileOf : public BadData, public ::testing::WithParamInterface<Command> {};

TEST_P(BadFileOf, MissingIsRefused) {
  EXPECT_TRUE(refused(run_on_data(GetParam()), kData, {path("data") + ": ", "No such file"}));
}

TEST_P(BadFileOf, DirectoryIsRefused) {
  std::filesystem::create_directory(folder_ / "data");
  EXPECT_TRUE(refused(run_on_data(GetParam()), kData, {path("data") + ": ", "Is a directory"}));
}

TEST_P(BadFileOf, UnreadableIsRefused) {
  if (!can_drop_privileges()) GTEST_SKIP() << "everything is readable for this user";
  write_file(folder_ / "data", "ab\tba\n");
  chmod(path("data").c_str(), 0);
  RunOptions options;
  options.unprivileged = true;
  EXPECT_TRUE(
      refused(run_on_data(GetParam(), options), kData, {path("data") + ": ", "Permission denied"}));
}

TEST_P(BadFileOf, TruncatedGzipIsRefused) {
  write_file(folder_ / "data", std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b", 11));
  EXPECT_TRUE(refused(run_on_data(GetParam()), kData, {path("data"), "gzip"}));
}

INSTANTIATE_TEST_SUITE_P(Commands, BadFileOf,
                         ::testing::Values(kCommands[0], kCommands[2], kCommands[4], kCommands[5],
                                           kCommands[6], kCommands[7], kCommands[8], kCommands[9]),
                         [](const auto& test) { return std::string(test.param.name); });

// --------------------------------------------------------------------------- parallel files ---

class ParallelFiles : public BadData {};

TEST_F(ParallelFiles, OfUnequalLengthEndInAnErrorBehindTheAnswersBefore) {
  write_file(folder_ / "data", "ab\nb\n");
  write_file(folder_ / "good.txt", "ab\nabc\nb\n");
  for (const Command& command : {kCommands[8], kCommands[9]}) {
    SCOPED_TRACE(command.name);
    EXPECT_TRUE(refused(attend(arguments(command)), kData, {path("data"), "ends after 2 lines"}));
    EXPECT_EQ(lines_of(read_file(folder_ / "output")).size(), 2U);
  }
}

TEST_F(ParallelFiles, OfTrainingNameTheFileThatHasAnEmptyLine) {
  write_file(folder_ / "data", "ab\n\nb\n");
  write_file(folder_ / "good.txt", "ab\nabc\nb\n");
  const auto train = [&](const char* source, const char* target) {
    return attend(
        {"train", "--source", path(source), "--target", path(target), "-m", path("new-model")});
  };
  EXPECT_TRUE(refused(train("data", "good.txt"), kData, {path("data") + ":2: ", "empty source"}));
  EXPECT_TRUE(refused(train("good.txt", "data"), kData, {path("data") + ":2: ", "empty target"}));
}

// ---------------------------------------------------------------------------- texts to show ---

TEST(BadText, IsRefusedByShow) {
  const std::string model = models().strings.string();
  EXPECT_TRUE(refused(attend({"show", "-m", model, "ab", "a\xff", "--strict"}), kData,
                      {"text:2: ", "UTF-8"}));
  EXPECT_TRUE(refused(attend({"show", "-m", model, ""}), kData, {"text:1: ", "empty"}));
  EXPECT_TRUE(refused(attend({"show", "-m", model, " ", "--explain"}), kData, {"text:1: "}));
}

// --------------------------------------------------------------------------- configurations ---

struct BadConfiguration {
  const char* name;
  std::string contents;
  int exit_code;
  const char* what;
};
void PrintTo(const BadConfiguration& bad, std::ostream* stream) { *stream << bad.name; }

class BadConfigurationFile : public BadData,
                             public ::testing::WithParamInterface<BadConfiguration> {};

TEST_P(BadConfigurationFile, IsRefused) {
  const BadConfiguration& bad = GetParam();
  write_file(folder_ / "good.tsv", to_tsv(string_pairs(20, 3)));
  write_file(folder_ / "config.yml", expand(bad.contents));
  const RunResult result =
      attend({"train", path("good.tsv"), "-m", path("new-model"), "-c", path("config.yml")});
  EXPECT_TRUE(refused(result, bad.exit_code, {path("config.yml"), bad.what}));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new-model"));
}

INSTANTIATE_TEST_SUITE_P(
    Train, BadConfigurationFile,
    ::testing::Values(BadConfiguration{"NotYaml", "encoder:\n  units: [1\n", kUsage, "YAML"},
                      BadConfiguration{"UnknownKey", "encoder:\n  unitz: 8\n", kUsage,
                                       "encoder.units"},
                      BadConfiguration{"OutOfRange", "encoder:\n  units: 0\n", kUsage, ":2: "},
                      BadConfiguration{"AList", "- 1\n- 2\n", kUsage, ""},
                      BadConfiguration{"NulBytes", std::string("encoder:\0\0", 10), kUsage, ""},
                      BadConfiguration{"BrokenUtf8", "preset: \"\xff\"\n", kUsage, ""},
                      BadConfiguration{"NewerFormat", "format: 3\n", kModel, "newer"},
                      BadConfiguration{"TenMegabytes", kHuge, kData, "larger"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(BadConfigurationFiles, MissingOrDirectory) {
  const TemporaryFolder folder;
  write_file(folder / "good.tsv", to_tsv(string_pairs(20, 3)));
  const auto train = [&](const std::string& configuration) {
    return attend({"train", (folder / "good.tsv").string(), "-m", (folder / "new-model").string(),
                   "-c", configuration});
  };
  EXPECT_TRUE(refused(train("/nowhere/c.yml"), kData, {"/nowhere/c.yml: ", "No such file"}));
  EXPECT_TRUE(refused(train("/tmp"), kData, {"/tmp: ", "Is a directory"}));
  EXPECT_FALSE(std::filesystem::exists(folder / "new-model"));
}

}  // namespace
}  // namespace attend::end_to_end

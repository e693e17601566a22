// The three streams of a program, when they are closed, full, non-blocking or have no reader.
// Messages that cannot be written are dropped: they change no exit code and end no training.
// Results that cannot be written are an error.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

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

std::vector<std::string> with_model(std::vector<std::string> arguments) {
  for (std::string& argument : arguments) {
    if (argument == "MODEL") argument = models().strings.string();
  }
  return arguments;
}

/// The arguments of a command, its input and how it ends.
struct Command {
  const char* name;
  std::vector<std::string> arguments;  ///< MODEL is replaced by a model folder
  std::string input;
  int exit_code;
};
void PrintTo(const Command& command, std::ostream* stream) { *stream << command.name; }

const Command kCommands[] = {
    {"wrong_option", {"predict", "--nonsense"}, "", kUsage},
    {"wrong_option_of_train", {"train", "--nonsense"}, "", kUsage},
    {"no_data", {"evaluate", "-m", "MODEL", "/nowhere/pairs.tsv"}, "", kData},
    {"no_model", {"predict", "-m", "/nowhere/model"}, "abc\n", kModel},
    {"no_place", {"dates", "--count", "1", "-o", "/nowhere/dates.tsv"}, "", kOther},
    {"notices_of_predict", {"predict", "-m", "MODEL"}, "abz\n", 0},
    {"notices_of_score", {"score", "-m", "MODEL", "-"}, "abz\tcba\n", 0},
    {"notices_of_evaluate", {"evaluate", "-m", "MODEL", "-"}, "abz\tcba\n", 0},
    {"notices_of_show", {"show", "-m", "MODEL", "abz", "--explain"}, "", 0}};

class LostMessages : public ::testing::TestWithParam<Command> {
 protected:
  void expect_same_end(const std::string& how, RunOptions options) const {
    SCOPED_TRACE(how);
    RunOptions usual;
    usual.standard_input = options.standard_input = GetParam().input;
    const std::vector<std::string> arguments = with_model(GetParam().arguments);
    const RunResult expected = attend(arguments, usual);
    EXPECT_EQ(expected.exit_code, GetParam().exit_code) << expected.error;
    EXPECT_NE(expected.error, "");  // there is a message that can be lost
    const RunResult found = attend(arguments, options);
    EXPECT_EQ(found.exit_code, expected.exit_code) << "signal " << found.signal;
    EXPECT_EQ(found.out, expected.out);
  }
};

TEST_P(LostMessages, ChangeNoExitCode) {
  const TemporaryFolder folder;
  RunOptions full, closed, unread, limited;
  full.standard_error = "/dev/full";
  expect_same_end("full", full);
  closed.closed = {STDERR_FILENO};
  expect_same_end("closed", closed);
  unread.without_reader = {STDERR_FILENO};
  expect_same_end("without a reader", unread);
  write_file(folder / "log", "12345678");
  limited.standard_error = folder / "log";
  limited.file_size_limit = 10;
  expect_same_end("a file that may not grow", limited);
}

INSTANTIATE_TEST_SUITE_P(Commands, LostMessages, ::testing::ValuesIn(kCommands),
                         [](const auto& test) { return std::string(test.param.name); });

// --------------------------------------------------------------------------------- training ---

class TrainingStreams : public ::testing::Test {
 protected:
  TrainingStreams() { write_file(folder_ / "pairs.tsv", to_tsv(string_pairs(60, 3))); }

  RunResult train(const fs::path& model, const RunOptions& options) const {
    std::vector<std::string> arguments{"train", (folder_ / "pairs.tsv").string(), "-m",
                                       model.string()};
    const auto tiny = tiny_options(60);
    arguments.insert(arguments.end(), tiny.begin(), tiny.end());
    arguments.insert(arguments.end(), {"--set", "training.validate_every=4", "--set",
                                       "training.patience=0", "--epochs", "1000"});
    return attend(arguments, options);
  }

  const TemporaryFolder folder_;
};

TEST_F(TrainingStreams, LostMessagesEndNoTraining) {
  ASSERT_EQ(train(folder_ / "usual", {}).exit_code, 0);
  const std::string expected = read_file(folder_ / "usual" / "model.safetensors");
  RunOptions full, closed, unread;
  full.standard_error = "/dev/full";
  closed.closed = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  unread.without_reader = {STDOUT_FILENO, STDERR_FILENO};
  const std::vector<std::pair<const char*, RunOptions>> ways{
      {"full", full}, {"closed", closed}, {"unread", unread}};
  for (const auto& [name, options] : ways) {
    SCOPED_TRACE(name);
    const RunResult result = train(folder_ / name, options);
    EXPECT_EQ(result.exit_code, 0) << "signal " << result.signal;
    EXPECT_TRUE(read_file(folder_ / name / "model.safetensors") == expected);
    EXPECT_EQ(files_below(folder_ / name), files_below(folder_ / "usual"));
  }
}

// ---------------------------------------------------------------------------- closed streams ---

TEST(ClosedStreams, NoFileTakesTheirPlace) {
  const TemporaryFolder folder;
  const std::string sources = "abz\nzz\n";  // with unknown units, so that there is a message
  write_file(folder / "sources", sources);
  const std::vector<std::string> arguments{
      "predict", "-m", models().strings.string(), "-i", (folder / "sources").string(), "-o"};
  const auto predict = [&](const std::string& name, const RunOptions& options) {
    std::vector<std::string> all = arguments;
    all.insert(all.end(),
               {(folder / name).string(), "--alignments", (folder / (name + ".links")).string()});
    EXPECT_EQ(attend(all, options).exit_code, 0) << name;
  };
  predict("usual", {});
  for (const std::vector<int>& closed :
       std::vector<std::vector<int>>{{0, 1, 2}, {0, 2}, {1, 2}, {2}}) {
    RunOptions options;
    options.closed = closed;
    const std::string name = "closed-" + std::to_string(closed.size()) + std::to_string(closed[0]);
    predict(name, options);
    EXPECT_EQ(read_file(folder / name), read_file(folder / "usual"));
    EXPECT_EQ(read_file(folder / (name + ".links")), read_file(folder / "usual.links"));
  }
  EXPECT_EQ(read_file(folder / "sources"), sources);
}

TEST(ClosedStreams, ResultsThatCannotBeWrittenAreAnError) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"predict", "-m", "MODEL"},
                                             {"predict", "-m", "MODEL", "-o", "/dev/stdout"},
                                             {"info", "-m", "MODEL"},
                                             {"dates", "--count", "3"},
                                             {"--help"},
                                             {"train", "--help"}}) {
    RunOptions options;
    options.standard_input = "abc\n";
    options.closed = {STDOUT_FILENO};
    const RunResult result = attend(with_model(arguments), options);
    EXPECT_TRUE(refused(result, kOther, {})) << arguments.front() << " " << arguments.back();
  }
}

TEST(ClosedStreams, MissingInputIsAnError) {
  for (const char* input : {"-", "/dev/stdin"}) {
    RunOptions options;
    options.closed = {STDIN_FILENO};
    EXPECT_TRUE(
        refused(attend(with_model({"predict", "-m", "MODEL", "-i", input}), options), kData, {}))
        << input;
  }
}

// --------------------------------------------------------------------- readers that went away ---

TEST(GoneReader, OfResultsEndsTheProgramQuietlyAsOthers) {
  const TemporaryFolder folder;
  RunOptions options;
  options.without_reader = {STDOUT_FILENO};
  options.standard_input = "abc\n";
  const RunResult result = attend(
      with_model({"predict", "-m", "MODEL", "--alignments", (folder / "links").string()}), options);
  EXPECT_EQ(result.signal, SIGPIPE) << "exit code " << result.exit_code;
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(files_below(folder.path()), std::vector<std::string>{});
}

TEST(GoneReader, OfResultsIsAnErrorWhereTheSignalIsIgnored) {
  // run() gives the child the default action before the child ignores these signals.
  RunOptions options;
  options.without_reader = {STDOUT_FILENO};
  options.ignored_signals = {SIGPIPE};
  EXPECT_TRUE(refused(attend({"dates", "--count", "3"}, options), kOther,
                      {"standard output", "Broken pipe"}));
}

// ------------------------------------------------------------------------- non-blocking pipes ---

TEST(NonBlockingPipes, LoseNoLine) {
  constexpr std::size_t kLines = 20000;
  RunOptions options;
  for (const auto& [source, target] : string_pairs(kLines, 8))
    options.standard_input += source + "\n";
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"predict", "-m", "MODEL"}, {"predict", "-m", "MODEL", "--format", "json"}}) {
    options.non_blocking = false;
    const RunResult expected = attend(with_model(arguments), options);
    ASSERT_EQ(expected.exit_code, 0) << expected.error;
    ASSERT_EQ(lines_of(expected.out).size(), kLines);
    options.non_blocking = true;
    const RunResult found = attend(with_model(arguments), options);
    EXPECT_EQ(found.exit_code, 0) << found.error;
    EXPECT_TRUE(found.out == expected.out) << found.out.size() << " of " << expected.out.size();
    EXPECT_EQ(found.error, expected.error);
  }
}

TEST(NonBlockingPipes, CarryConfigurationsAndTrainingPairs) {
  const TemporaryFolder folder;
  const auto tiny = tiny_options(3);
  RunOptions options;
  options.non_blocking = true;
  options.standard_input = to_tsv(string_pairs(20000, 3));
  std::vector<std::string> arguments{"train", "-", "-m", (folder / "pairs").string()};
  arguments.insert(arguments.end(), tiny.begin(), tiny.end());
  const RunResult pairs = attend(arguments, options);
  EXPECT_EQ(pairs.exit_code, 0) << pairs.error;

  write_file(folder / "pairs.tsv", to_tsv(string_pairs(40, 3)));
  options.standard_input = "encoder: {units: 8}\n";
  arguments[1] = (folder / "pairs.tsv").string();
  arguments[3] = (folder / "configured").string();
  arguments.insert(arguments.end(), {"--config", "/dev/stdin"});
  const RunResult configured = attend(arguments, options);
  EXPECT_EQ(configured.exit_code, 0) << configured.error;
}

}  // namespace
}  // namespace attend::end_to_end

// Tests of attend presets, and of trainings that begin with a preset.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

/// Runs a command that must succeed and print nothing on stderr, and returns its output.
std::string output_of(const std::vector<std::string>& arguments) {
  const RunResult result = attend(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.error, "");
  return result.out;
}

// Not only by --preset: the options below the name are the preset's too.
TEST(Presets, NamedAsAnOptionAreBegunWith) {
  TemporaryFolder folder;
  write_file(folder / "pairs.tsv", "a b\tb a\nb a\ta b\na a\ta a\nb b\tb b\n");
  write_file(folder / "luong.yml", "preset: luong\n");
  const auto trained = [&](const std::string& name, std::vector<std::string> arguments) {
    const std::vector<std::string> common{"train",     (folder / "pairs.tsv").string(),
                                          "-m",        (folder / name).string(),
                                          "--updates", "1",
                                          "--threads", "1",
                                          "--set",     "encoder.units=8",
                                          "--set",     "decoder.units=8"};
    arguments.insert(arguments.begin(), common.begin(), common.end());
    EXPECT_EQ(attend(arguments).exit_code, 0);
    return read_file(folder / name / "config.yml");
  };
  const std::string expected = trained("preset", {"--preset", "luong"});
  EXPECT_NE(expected.find("luong"), std::string::npos);
  EXPECT_EQ(trained("set", {"--set", "preset=luong"}), expected);
  EXPECT_EQ(trained("file", {"-c", (folder / "luong.yml").string()}), expected);
  const RunResult unknown = attend({"train", (folder / "pairs.tsv").string(), "-m",
                                    (folder / "x").string(), "--set", "preset=nobody"});
  EXPECT_EQ(unknown.exit_code, 2);
}

TEST(Presets, AreListedWithAllOptions) {
  const auto names = lines_of(output_of({"presets"}));
  EXPECT_EQ(names.size(), 39U);
  const std::string all = output_of({"presets", "--options"});
  for (const char* option : {"encoder.units ", "training.optimizer ", "decoder.readout "}) {
    EXPECT_NE(all.find(std::string("\n") + option), std::string::npos) << option;
  }
}

TEST(Presets, ArePrintedAsAFileForTraining) {
  const std::string small = output_of({"presets", "luong-dot"});
  EXPECT_NE(small.find("preset: \"luong-dot\"\n"), std::string::npos);
  EXPECT_NE(small.find("\n  units: 256\n"), std::string::npos);
  const std::string large = output_of({"presets", "luong-dot", "--published"});
  EXPECT_NE(large.find("\n  units: 1000\n"), std::string::npos);
  const std::string options = output_of({"presets", "luong-dot", "--published", "--options"});
  EXPECT_NE(options.find("values of the preset luong-dot"), std::string::npos);
  EXPECT_NE(options.find("\ndecoder.units "), std::string::npos);
}

TEST(Presets, TrainAtTheirPublishedSizes) {
  TemporaryFolder folder;
  write_file(folder / "pairs.tsv",
             "3 may 1979\t1979-05-03\n03.05.79\t1979-05-03\nmay 3 1979\t1979-05-03\n"
             "thursday may 3 1979\t1979-05-03\n");
  write_file(folder / "dates.yml", output_of({"presets", "dates", "--published"}));
  const RunResult trained =
      attend({"train", (folder / "pairs.tsv").string(), "-m", (folder / "model").string(), "-c",
              (folder / "dates.yml").string(), "--updates", "1", "--threads", "1"});
  EXPECT_EQ(trained.exit_code, 0) << trained.error;
  const std::string config = read_file(folder / "model" / "config.yml");
  EXPECT_NE(config.find("preset: \"dates\"\n"), std::string::npos);
  EXPECT_NE(config.find("energies: relu\n"), std::string::npos);
}

}  // namespace
}  // namespace attend::end_to_end

// Options that are unknown, out of range or in conflict: the command prints one line and ends with
// exit code 2. Also tests that the help explains how to do it.
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using testing::TemporaryFolder;

struct Misuse {
  std::vector<std::string> arguments;  ///< MODEL is replaced by a whole model, NEW by a new folder
  std::string what;                    ///< part of the message
};
void PrintTo(const Misuse& misuse, std::ostream* stream) {
  for (const std::string& argument : misuse.arguments) *stream << argument << " ";
}

class Misused : public ::testing::TestWithParam<Misuse> {};

TEST_P(Misused, IsRefused) {
  const TemporaryFolder folder;
  const std::string tsv = (folder / "pairs.tsv").string();
  testing::write_file(tsv, to_tsv(string_pairs(40, 3)));
  std::vector<std::string> arguments;
  for (const std::string& argument : GetParam().arguments) {
    arguments.push_back(argument == "MODEL"   ? models().strings.string()
                        : argument == "NEW"   ? (folder / "new").string()
                        : argument == "PAIRS" ? tsv
                                              : argument);
  }
  RunOptions options;
  options.standard_input = "abc\tcba\n";
  options.working_folder = folder.path();
  EXPECT_TRUE(refused(attend(arguments, options), kUsage, {GetParam().what}));
  EXPECT_EQ(files_below(folder.path()), std::vector<std::string>{"pairs.tsv"});
}

std::vector<Misuse> misuse_of_the_program() {
  return {{{}, "subcommand"},
          {{"fly"}, "fly"},
          {{"--fly"}, "--fly"},
          {{"predict", "-m", "MODEL", "score"}, "score"},
          {{"predict", "-m", "MODEL", "--two\nlines"}, "--two"}};
}

std::vector<Misuse> misuse_of_predict() {
  std::vector<Misuse> list{
      {{"predict"}, "--model"},
      {{"predict", "-m"}, "--model"},
      {{"predict", "-m", "MODEL", "--fly"}, "--fly"},
      {{"info", "-m", "MODEL", "-m", "MODEL"}, "--model"},
      {{"predict", "-m", "MODEL", "stray"}, "stray"},
      {{"predict", "-m", "MODEL", "--n-best", "3"}, "--beam"},
      {{"predict", "-m", "MODEL", "--n-best", "6", "--beam", "5"}, "--n-best"},
      {{"predict", "-m", "MODEL", "--format", "xml"}, "--format: xml not in {text,json,moses}"},
      {{"predict", "-m", "MODEL", "--format", "1"}, "--format: 1 not in {text,json,moses}"},
      {{"predict", "-m", "MODEL", "--alignment-format", "pdf"}, "--alignment-format"},
      {{"predict", "-m", "MODEL", "--alignment-format", "matrix"}, "--alignments"},
      {{"predict", "-m", "MODEL", "-o", "same", "--alignments", "same"}, "same"},
      {{"predict", "-m", "MODEL", "-o", "-", "--alignments", "-"}, "--alignments"},
      {{"predict", "-m", "MODEL", "-o", "same", "--alignments", "./same"}, "same"},
      {{"predict", "-m", "MODEL", "-o", "lines.xz"}, ".gz"},
      {{"predict", "-m", "MODEL", "--alignments", "links.zst"}, ".gz"},
      {{"predict", "-m", "MODEL", "--allowed-column", "0"}, "--allowed-column"},
      {{"predict", "-m", "MODEL", "--allowed-column", "2", "--span-markup"}, "--span-markup"},
      {{"predict", "-m", ""}, "--model"},
      {{"predict", "-m", "MODEL", "-i", ""}, "--input"},
      {{"predict", "-m", "MODEL", "-o", ""}, "--output"},
      {{"predict", "-m", "MODEL", "--alignments", ""}, "--alignments"}};
  for (const auto& [flag, values] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"--beam", {"0", "-1", "1001", "1.5", "many", "99999999999999999999", ""}},
           {"--n-best", {"0", "1001", "x"}},
           {"--batch-size", {"0", "-1", "4097"}},
           {"--threads", {"-2", "1025", "x"}},
           {"--length-normalisation", {"-0.1", "11", "nan", "inf", "x"}},
           {"--maximum-ratio", {"-1", "1001", "nan"}}}) {
    for (const std::string& value : values) {
      list.push_back({{"predict", "-m", "MODEL", flag, value}, flag});
    }
  }
  return list;
}

std::vector<Misuse> misuse_of_pairs() {
  std::vector<Misuse> list;
  for (const char* command : {"score", "align", "evaluate"}) {
    list.push_back({{command, "PAIRS"}, "--model"});
    list.push_back({{command, "-m", "MODEL"}, "--source"});
    list.push_back({{command, "-m", "MODEL", "--source", "PAIRS"}, "--target"});
    list.push_back({{command, "-m", "MODEL", "--target", "PAIRS"}, "--source"});
    list.push_back(
        {{command, "-m", "MODEL", "PAIRS", "--source", "PAIRS", "--target", "PAIRS"}, "TSV"});
    list.push_back({{command, "-m", "MODEL", "--source", "-", "--target", "-"}, "standard input"});
    list.push_back({{command, "-m", "MODEL", "PAIRS", "PAIRS"}, "pairs.tsv"});
    list.push_back({{command, "-m", "MODEL", "PAIRS", "--length-normalisation", "nan"},
                    "--length-normalisation"});
    list.push_back({{command, "-m", "MODEL", "PAIRS", "--batch-size", "0"}, "--batch-size"});
    list.push_back({{command, "-m", "MODEL", "PAIRS", "-o", "PAIRS"}, "--output would write"});
  }
  return list;
}

std::vector<Misuse> misuse_of_evaluate_and_show() {
  return {
      {{"evaluate", "-m", "MODEL", "PAIRS", "--metrics", "smell"},
       "--metrics: unknown metric 'smell'"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--metrics", ""}, "metric"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--metrics", "bleu,bleu"}, "bleu"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--value"}, "--value"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--metrics", "bleu", "--value", "--json"}, "--json"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--lengths", "5,x"}, "--lengths"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--lengths", "9,5"}, "length"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--lengths", "-5"}, "--lengths"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "-o", "same", "--curve", "same"}, "same"},
      {{"evaluate", "--hypotheses", "PAIRS", "x", "-o", "PAIRS"}, "over --hypotheses"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--curve", "curve.png"}, "--curve: found 'curve.png'"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--curve", "curve"}, ".svg"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--curve", ""}, "--curve"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--tokenize", "moses"}, "--tokenize"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--smooth-value", "1"}, "--smooth floor"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--reference-column", "2"}, "share a column"},
      {{"evaluate", "-m", "MODEL", "--source", "PAIRS", "--target", "PAIRS", "--reference-column",
        "3"},
       "columns of a TSV"},
      {{"evaluate", "-m", "MODEL", "-", "--references", "-"}, "standard input"},
      {{"evaluate", "-m", "MODEL", "PAIRS", "--hypotheses", "PAIRS"}, "without a model"},
      {{"show", "abc"}, "--model"},
      {{"show", "-m", "MODEL"}, "texts"},
      {{"show", "-m", "MODEL", "abc", "-o", "heat.jpg"}, ".svg"},
      {{"show", "-m", "MODEL", "abc", "-o", "-"}, ".svg"},
      {{"show", "-m", "MODEL", "abc", "-o", "heat.svg", "--explain"}, "--explain"},
      {{"show", "-m", "MODEL", "abc", "cba", "-o", "heat.svg"}, ".html"},
      {{"show", "-m", "MODEL", "abc", "--colours", "mauve"}, "--colours"},
      {{"show", "-m", "MODEL", "abc", "--beam", "0"}, "--beam"},
      {{"info"}, "--model"},
      {{"info", "-m", "MODEL", "stray"}, "stray"},
      {{"presets", "stray"}, "stray"},
      {{"presets", "dates", "stray"}, "stray"},
      {{"presets", "--published"}, "--published"},
      {{"presets", "default", "--published"}, "no published size"}};
}

std::vector<Misuse> misuse_of_dates() {
  return {{{"dates", "--count", "0"}, "--count"},
          {{"dates", "--count", "-5"}, "--count"},
          {{"dates", "--count", "9999999999999999"}, "--count"},
          {{"dates", "--count", "2", "--locales", "en,xx-YY"}, "xx-YY"},
          {{"dates", "--count", "2", "--locales", ""}, "locale"},
          {{"dates", "--count", "2", "--style", "runes"}, "--style"},
          {{"dates", "--count", "2", "--split", "half"}, "--split"},
          {{"dates", "--count", "2", "--first-year", "2001", "--last-year", "2000"}, "2001"},
          {{"dates", "--count", "2", "--first-year", "0"}, "0"},
          {{"dates", "--count", "2", "--last-year", "99999999999"}, "--last-year"},
          {{"dates", "--count", "2", "--style", "exercise", "--first-year", "2050"}, "20"},
          {{"dates", "--count", "2", "--split", "test", "--test-share", "0"}, "test share"},
          {{"dates", "--count", "2", "--split", "test", "--test-share", "1.5"}, "test share"},
          {{"dates", "--count", "2", "--split", "test", "--test-share", "nan"}, "test share"},
          {{"dates", "--count", "2", "--refusals", "-0.1"}, "refusals"},
          {{"dates", "--count", "2", "--refusals", "1"}, "refusals"},
          {{"dates", "--count", "2", "--refusals", "nan"}, "refusals"},
          {{"dates", "--count", "2", "--refusals", "many"}, "--refusals"},
          {{"dates", "--count", "2", "--seed", "-1"}, "--seed"},
          {{"dates", "--count", "2", "--seed", "99999999999999999999"},
           "expected at most 18446744073709551615"}};
}

std::vector<Misuse> misuse_of_scenes() {
  return {{{"scenes"}, "--output"},
          {{"scenes", "-o", ""}, "--output"},
          {{"scenes", "-o", "."}, "'.' is not empty"},
          {{"scenes", "-o", "PAIRS"}, "pairs.tsv' is no folder"},
          {{"scenes", "-o", "NEW", "stray"}, "stray"},
          {{"scenes", "-o", "NEW", "--count", "0"}, "--count"},
          {{"scenes", "-o", "NEW", "--count", "-5"}, "--count"},
          {{"scenes", "-o", "NEW", "--count", "10000001"}, "--count"},
          {{"scenes", "-o", "NEW", "--size", "47"}, "--size"},
          {{"scenes", "-o", "NEW", "--size", "513"}, "--size"},
          {{"scenes", "-o", "NEW", "--size", "x"}, "--size"},
          {{"scenes", "-o", "NEW", "--objects", ""}, "--objects: found ''"},
          {{"scenes", "-o", "NEW", "--objects", "many"}, "--objects: found 'many'"},
          {{"scenes", "-o", "NEW", "--objects", "1-"}, "--objects: found '1-'"},
          {{"scenes", "-o", "NEW", "--objects", "1-2-3"}, "--objects: found '1-2-3'"},
          {{"scenes", "-o", "NEW", "--objects", "0"}, "0 to 0 objects"},
          {{"scenes", "-o", "NEW", "--objects", "1-4"}, "1 to 4 objects"},
          {{"scenes", "-o", "NEW", "--objects", "3-2"}, "3 to 2 objects"},
          {{"scenes", "-o", "NEW", "--split", "half"}, "--split"},
          {{"scenes", "-o", "NEW", "--split", "test", "--test-share", "0"}, "test share"},
          {{"scenes", "-o", "NEW", "--split", "test", "--test-share", "nan"}, "test share"},
          {{"scenes", "-o", "NEW", "--objects", "1", "--split", "test", "--test-share", "1e-9"},
           "no caption of 1 to 1 objects"},
          {{"scenes", "-o", "NEW", "--sheet", "121"}, "--sheet"},
          {{"scenes", "-o", "NEW", "--seed", "-1"}, "--seed"}};
}

std::vector<Misuse> misuse_of_train() {
  std::vector<Misuse> list{
      {{"train"}, "--model"},
      {{"train", "PAIRS"}, "--model"},
      {{"train", "-m", "NEW"}, "--source"},
      {{"train", "-m", "NEW", "--fly"}, "--fly"},
      {{"train", "PAIRS", "-m", ""}, "model"},
      {{"train", "PAIRS", "-m", "NEW", "--source", "PAIRS", "--target", "PAIRS"}, "TSV"},
      {{"train", "PAIRS", "-m", "NEW", "--valid", "PAIRS", "--valid-source", "PAIRS",
        "--valid-target", "PAIRS"},
       "--valid"},
      {{"train", "PAIRS", "-m", "NEW", "--valid-source", "PAIRS"}, "--valid-target"},
      {{"train", "-", "--valid", "-", "-m", "NEW"}, "standard input"},
      {{"train", "-", "--links", "-", "-m", "NEW"}, "standard input"},
      {{"train", "PAIRS", "-m", "NEW", "--links", "PAIRS", "--set", "training.guided_weight=0"},
       "training.guided_weight"},
      {{"train", "PAIRS", "-m", "NEW", "--plot", "curves.png"}, "--plot: found 'curves.png'"},
      {{"train", "PAIRS", "-m", "NEW", "--plot", "curves.SVG.gz"}, ".svg"},
      {{"train", "PAIRS", "-m", "NEW", "--preset", "none-such"}, "none-such"},
      {{"train", "PAIRS", "-m", "NEW", "--metric", "smell"}, "smell"}};
  for (const auto& [setting, what] : std::vector<std::pair<std::string, std::string>>{
           {"encoder.units", "key=value"},
           {"encoder.unitz=8", "encoder.units"},
           {"foo=1", "attend presets --options"},
           {"learning_rate=1", "training.learning_rate"},
           {"encoder.units=0", "encoder.units"},
           {"encoder.units=99999999999", "encoder.units"},
           {"encoder.units=8 ", "encoder.units"},
           {"encoder.cell=elman", "gru"},
           {"training.learning_rate=nan", "training.learning_rate"},
           {"training.dropout_readout=1", "training.dropout_readout"},
           {"training.seed=-1", "training.seed"},
           {"training.guided_loss=mse", "cross-entropy | squared-error"},
           {"training.guided_weight=-1", "training.guided_weight"},
           {"training.diagonal_width=0", "training.diagonal_width"},
           {"encoder.padding=visible", "source.fixed_length"},
           {"target.end_token=false", "target.fixed_length"},
           {"target.fixed_length=5", "target.end_token"},
           {"encoder.gru_bias=inside", "encoder.gru_reset: after"},
           {"decoder.tied_embeddings=all", "shared_vocabulary"},
           {"source.maximum_size=1", "vocabulary of 1 units"}}) {
    list.push_back({{"train", "PAIRS", "-m", "NEW", "--set", setting}, what});
  }
  list.push_back({{"train", "PAIRS", "-m", "NEW", "--set", "target.unit=whole", "--set",
                   "target.end_token=false", "--set", "target.fixed_length=2"},
                  "a label is one unit"});
  list.push_back({{"train", "PAIRS", "-m", "NEW", "--set", "decoder.cell=none", "--set",
                   "decoder.initial_state=zero", "--set", "decoder.feedback=none"},
                  "target.fixed_length: 1"});
  for (const auto& [flag, value] :
       std::vector<std::pair<std::string, std::string>>{{"--epochs", "0"},
                                                        {"--updates", "-1"},
                                                        {"--minutes", "x"},
                                                        {"--threads", "1025"},
                                                        {"--seed", "x"}}) {
    list.push_back({{"train", "PAIRS", "-m", "NEW", flag, value}, "training." + flag.substr(2)});
  }
  return list;
}

INSTANTIATE_TEST_SUITE_P(Program, Misused, ::testing::ValuesIn(misuse_of_the_program()));
INSTANTIATE_TEST_SUITE_P(Predict, Misused, ::testing::ValuesIn(misuse_of_predict()));
INSTANTIATE_TEST_SUITE_P(Pairs, Misused, ::testing::ValuesIn(misuse_of_pairs()));
INSTANTIATE_TEST_SUITE_P(Evaluate, Misused, ::testing::ValuesIn(misuse_of_evaluate_and_show()));
INSTANTIATE_TEST_SUITE_P(Dates, Misused, ::testing::ValuesIn(misuse_of_dates()));
INSTANTIATE_TEST_SUITE_P(Scenes, Misused, ::testing::ValuesIn(misuse_of_scenes()));
INSTANTIATE_TEST_SUITE_P(Train, Misused, ::testing::ValuesIn(misuse_of_train()));

// ------------------------------------------------------------------------------------- help ---

class Help : public ::testing::TestWithParam<const char*> {};

TEST_P(Help, IsPrinted) {
  for (const char* flag : {"--help", "-h"}) {
    const RunResult result = attend({GetParam(), flag});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.error, "");
    EXPECT_NE(result.out.find(std::string("attend ") + GetParam()), std::string::npos)
        << result.out;
    EXPECT_NE(result.out.find("--help"), std::string::npos) << result.out;
  }
}

INSTANTIATE_TEST_SUITE_P(Commands, Help,
                         ::testing::Values("train", "predict", "evaluate", "show", "score", "align",
                                           "info", "presets", "dates", "scenes", "quantize",
                                           "shortlist"),
                         [](const auto& test) { return std::string(test.param); });

TEST(TrainHelp, GivesTypesAndDefaults) {
  const std::string help = attend({"train", "--help"}).out;
  for (const char* part : {"--epochs N=100", "--precision float32|bfloat16=float32",
                           "--metric NAME=loss", "--preset NAME=default"}) {
    EXPECT_NE(help.find(part), std::string::npos) << help;
  }
  EXPECT_EQ(help.find("TEXT"), std::string::npos) << help;
}

TEST(ProgramHelp, ListsEveryCommand) {
  const RunResult result = attend({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  for (const char* command : {"train", "predict", "evaluate", "show", "score", "align", "info",
                              "presets", "dates", "quantize", "shortlist"}) {
    EXPECT_NE(result.out.find(std::string("\n  ") + command), std::string::npos) << command;
  }
}

TEST(ProgramVersion, IsTheProjects) {
  const RunResult result = attend({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "attend " + testing::read_file(testing::source_folder() / "VERSION"));
}

}  // namespace
}  // namespace attend::end_to_end

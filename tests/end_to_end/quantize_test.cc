// Tests of attend quantize: the folder that it writes, how the other commands use it, and what it
// refuses.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <tuple>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

namespace fs = std::filesystem;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

class Quantize : public ::testing::Test {
 protected:
  RunResult quantize(const std::vector<std::string>& more = {}, const RunOptions& options = {}) {
    std::vector<std::string> arguments = {"quantize", "-m", model_.string(), "-o", small_.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return attend(arguments, options);
  }
  std::string predict(const fs::path& model, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"predict", "-m", model.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    RunOptions options;
    options.standard_input = "abc\nfedcba\nd\n";
    const RunResult result = attend(arguments, options);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return result.out;
  }

  const TemporaryFolder folder_;
  const fs::path model_ = models().strings, small_ = folder_ / "small";
};

TEST_F(Quantize, WritesASmallerFolderThatEveryCommandTakes) {
  for (const std::string& precision : {std::string("int8"), std::string("bfloat16")}) {
    SCOPED_TRACE(precision);
    fs::remove_all(small_);
    const RunResult result = quantize({"--precision", precision});
    ASSERT_EQ(result.exit_code, 0) << result.error;
    EXPECT_NE(result.out.find("megabytes"), std::string::npos);
    EXPECT_LT(fs::file_size(small_ / "model.safetensors"),
              fs::file_size(model_ / "model.safetensors"));
    EXPECT_NE(read_file(small_ / "config.yml").find("format: 2"), std::string::npos);
    const std::string bytes = read_file(small_ / "model.safetensors");
    EXPECT_NE(bytes.find(precision == "int8" ? "\"I8\"" : "\"BF16\""), std::string::npos);
    EXPECT_NE(attend({"info", "-m", small_.string()}).out.find(precision), std::string::npos);
    EXPECT_EQ(lines_of(predict(small_)).size(), 3U);
    EXPECT_EQ(predict(small_, {"--beam", "3", "--threads", "2", "--batch-size", "1"}),
              predict(small_, {"--beam", "3"}));
    EXPECT_EQ(lines_of(predict(small_, {"--precision", "float32"})).size(), 3U);
    RunOptions pairs;
    pairs.standard_input = "abc\tcba\n";
    for (const char* command : {"score", "align", "evaluate"}) {
      EXPECT_EQ(attend({command, "-m", small_.string(), "-"}, pairs).exit_code, 0) << command;
    }
    EXPECT_EQ(attend({"show", "-m", small_.string(), "abc"}).exit_code, 0);
  }
}

TEST_F(Quantize, ModelsOfEveryKind) {
  for (const fs::path& model : {models().words, models().subwords, models().dates}) {
    fs::remove_all(small_);
    const RunResult result = attend({"quantize", "-m", model.string(), "-o", small_.string()});
    ASSERT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(attend({"info", "-m", small_.string()}).exit_code, 0);
    EXPECT_EQ(fs::exists(small_ / "source.spm"), fs::exists(model / "source.spm"));
  }
}

TEST_F(Quantize, AnotherConfigurationOrVocabularyIsRefused) {
  ASSERT_EQ(quantize().exit_code, 0);
  for (const auto& [file, from, to] : std::vector<std::array<std::string, 3>>{
           {"config.yml", "gru_reset: before", "gru_reset: after"},
           {"target.vocab", "a\n", "A\n"}}) {
    const std::string before = read_file(small_ / file);
    std::string after = before;
    ASSERT_NE(after.find(from), std::string::npos) << from;
    write_file(small_ / file, after.replace(after.find(from), from.size(), to));
    EXPECT_TRUE(
        refused(attend({"info", "-m", small_.string()}), kModel, {(small_ / file).string()}));
    write_file(small_ / file, before);
  }
}

TEST_F(Quantize, DevelopmentPairsGiveAReport) {
  write_file(folder_ / "dev.tsv", to_tsv(string_pairs(40, 9)));
  const RunResult result = quantize({"--dev", (folder_ / "dev.tsv").string()});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  for (const char* part : {"float32", "int8", "megabytes", "exact_match", "bleu", "seconds"}) {
    EXPECT_NE(result.out.find(part), std::string::npos) << part;
  }
}

TEST_F(Quantize, PredictionsThatWereCutAreCountedBeforeAndAfter) {
  write_file(folder_ / "dev.tsv", "" + std::string(30, 'a') + "\tb\nb\tb\n");
  const RunResult result =
      quantize({"--dev", (folder_ / "dev.tsv").string(), "--maximum-ratio", "0"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  for (const char* name : {"float32", "int8"}) {
    EXPECT_NE(
        result.error.find(std::string("attend quantize: ") + name + ": 1 of 2 predictions was cut"),
        std::string::npos)
        << result.error;
  }
}

TEST_F(Quantize, IsWrittenAgainOverItself) {
  ASSERT_EQ(quantize().exit_code, 0);
  const std::string first = read_file(small_ / "model.safetensors");
  ASSERT_EQ(quantize({"--precision", "bfloat16"}).exit_code, 0);
  ASSERT_EQ(quantize().exit_code, 0);
  EXPECT_EQ(read_file(small_ / "model.safetensors"), first);
}

TEST_F(Quantize, ADiskThatFillsUpLeavesTheOldModel) {
  ASSERT_EQ(quantize().exit_code, 0);
  const std::string before = predict(small_);
  RunOptions full;
  full.file_size_limit = 2500;  // enough for the configuration, not for the weights
  const RunResult result =
      attend({"quantize", "-m", models().words.string(), "-o", small_.string()}, full);
  EXPECT_TRUE(refused(result, kOther, {"File too large"}));
  EXPECT_EQ(predict(small_), before);
}

TEST_F(Quantize, LeavesNoShortlistOfAnotherModelBehind) {
  ASSERT_EQ(quantize().exit_code, 0);
  write_file(small_ / "shortlist.txt", "of another model");
  ASSERT_EQ(quantize().exit_code, 0);
  EXPECT_FALSE(fs::exists(small_ / "shortlist.txt"));
}

TEST_F(Quantize, MissingDevelopmentPairsAreNamedAndNothingIsWritten) {
  const std::string missing = (folder_ / "missing.tsv").string();
  EXPECT_TRUE(refused(quantize({"--dev", missing}), kData, {missing}));
  EXPECT_FALSE(fs::exists(small_));
  const std::string lines = (folder_ / "lines.tsv").string();
  write_file(lines, "no pair\n");
  EXPECT_TRUE(refused(quantize({"--dev", lines}), kData, {lines, "no pair to evaluate"}));
  EXPECT_FALSE(fs::exists(small_));
}

TEST_F(Quantize, ABadLineAmongDevelopmentPairsIsNamedAndLeftOut) {
  const std::string lines = (folder_ / "lines.tsv").string();
  write_file(lines, "ab\tba\nno pair\n");
  const RunResult result = quantize({"--dev", lines});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.error.find(lines + ":2: one field"), std::string::npos) << result.error;
}

TEST_F(Quantize, TwiceIsRefused) {
  ASSERT_EQ(quantize().exit_code, 0);
  const RunResult result =
      attend({"quantize", "-m", small_.string(), "-o", (folder_ / "smaller").string()});
  EXPECT_TRUE(refused(result, kModel, {small_.string(), "int8", "already"}));
  EXPECT_FALSE(fs::exists(folder_ / "smaller"));
}

TEST_F(Quantize, TheModelItselfIsNoTarget) {
  const fs::path copy = copy_model(model_, folder_ / "copy");
  const auto before = files_below(folder_.path());
  const std::string weights = read_file(copy / "model.safetensors");
  for (const std::string& target : {copy.string(), (copy / "..").string() + "/copy/"}) {
    const RunResult result = attend({"quantize", "-m", copy.string(), "-o", target});
    EXPECT_TRUE(refused(result, kUsage, {"--output"}));
  }
  EXPECT_EQ(files_below(folder_.path()), before);
  EXPECT_EQ(read_file(copy / "model.safetensors"), weights);
}

TEST_F(Quantize, AModelInTrainingIsNoTarget) {
  fs::create_directories(small_ / "checkpoint");
  EXPECT_TRUE(refused(quantize(), kUsage, {small_.string(), "trained"}));
  EXPECT_FALSE(fs::exists(small_ / "config.yml"));
}

TEST_F(Quantize, AFolderOfOtherFilesIsNoTarget) {
  fs::create_directories(small_);
  ASSERT_EQ(quantize().exit_code, 0);
  fs::remove_all(small_);
  fs::create_directories(small_);
  write_file(small_ / "letter.txt", "dear");
  EXPECT_TRUE(refused(quantize(), kUsage, {small_.string(), "no model's"}));
  EXPECT_EQ(files_below(small_).size(), 1U);
}

TEST_F(Quantize, DamagedModelsAreNamedAndNothingIsWritten) {
  const fs::path copy = copy_model(model_, folder_ / "copy");
  const std::string bytes = read_file(copy / "model.safetensors");
  write_file(copy / "model.safetensors", bytes.substr(0, bytes.size() - 5));
  const RunResult result = attend({"quantize", "-m", copy.string(), "-o", small_.string()});
  EXPECT_TRUE(refused(result, kModel, {(copy / "model.safetensors").string()}));
  EXPECT_FALSE(fs::exists(small_));
}

TEST_F(Quantize, DamagedResultsAreRefusedByEveryBit) {
  ASSERT_EQ(quantize().exit_code, 0);
  const std::string bytes = read_file(small_ / "model.safetensors");
  for (const std::size_t position : {std::size_t{9}, bytes.size() / 2, bytes.size() - 1}) {
    std::string bad = bytes;
    bad[position] ^= 1;
    write_file(small_ / "model.safetensors", bad);
    EXPECT_TRUE(refused(attend({"info", "-m", small_.string()}), kModel,
                        {(small_ / "model.safetensors").string()}));
  }
}

TEST_F(Quantize, TargetsThatCannotBeWrittenAreNamed) {
  write_file(folder_ / "file", "x");
  const RunResult onto_file =
      attend({"quantize", "-m", model_.string(), "-o", (folder_ / "file").string()});
  EXPECT_TRUE(refused(onto_file, kOther, {(folder_ / "file").string()}));
  if (!can_drop_privileges()) GTEST_SKIP() << "everything is writable here";
  fs::create_directories(small_);
  fs::permissions(small_, fs::perms::owner_read | fs::perms::owner_exec);
  RunOptions options;
  options.unprivileged = true;
  EXPECT_TRUE(refused(quantize({}, options), kOther, {small_.string()}));
  EXPECT_TRUE(files_below(small_).empty());
}

TEST_F(Quantize, OptionsAreChecked) {
  EXPECT_TRUE(refused(quantize({"--precision", "int4"}), kUsage, {"--precision", "int4"}));
  EXPECT_TRUE(refused(quantize({"--precision", "float32"}), kUsage, {"--precision"}));
  EXPECT_TRUE(refused(quantize({"--dev", (folder_ / "d").string(), "--metrics", "nice"}), kUsage,
                      {"--metrics: unknown metric 'nice'"}));
  EXPECT_TRUE(refused(attend({"predict", "-m", model_.string(), "--precision", "half"}), kUsage,
                      {"--precision"}));
}

TEST_F(Quantize, TrainingDoesNotGoOnFromIt) {
  ASSERT_EQ(quantize().exit_code, 0);
  write_file(folder_ / "pairs.tsv", to_tsv(string_pairs(60, 4)));
  const std::string before = read_file(small_ / "model.safetensors");
  const RunResult result =
      attend({"train", (folder_ / "pairs.tsv").string(), "-m", small_.string()});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_EQ(read_file(small_ / "model.safetensors"), before);
}

class ShortlistCommand : public Quantize {
 protected:
  void SetUp() override { write_file(pairs_, to_tsv(string_pairs(200, 5))); }
  RunResult learn() {
    return attend({"shortlist", "-m", copy_.string(), pairs_.string(), "--frequent", "3"});
  }
  const fs::path copy_ = copy_model(models().strings, folder_ / "copy");
  const fs::path pairs_ = folder_ / "pairs.tsv", list_ = copy_ / "shortlist.txt";
};

TEST_F(ShortlistCommand, IsLearntUsedAndQuantized) {
  const RunResult learnt = learn();
  ASSERT_EQ(learnt.exit_code, 0) << learnt.error;
  EXPECT_NE(learnt.out.find("targets a source"), std::string::npos);
  // All targets of these pairs are candidates of their sources, so greedy decoding finds the same
  // answers.
  EXPECT_EQ(lines_of(predict(copy_, {"--shortlist"})).size(), 3U);
  EXPECT_EQ(attend({"quantize", "-m", copy_.string(), "-o", small_.string()}).exit_code, 0);
  EXPECT_EQ(read_file(small_ / "shortlist.txt"), read_file(list_));
  EXPECT_EQ(lines_of(predict(small_, {"--shortlist"})).size(), 3U);
}

TEST_F(ShortlistCommand, LeavesPairsOutThatTheModelCannotHave) {
  ASSERT_EQ(learn().exit_code, 0);
  const std::string expected = read_file(list_), good = read_file(pairs_);
  write_file(pairs_, "ab\t\n\n" + good + "\tba\none\na\xff\tb\n");
  const RunResult result = learn();
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(read_file(list_), expected);
  const auto named = lines_of(result.error);
  ASSERT_EQ(named.size(), 6U) << result.error;
  const std::string begin = "attend shortlist: " + pairs_.string();
  for (const auto& [i, line, what] :
       std::vector<std::tuple<std::size_t, int, std::string>>{{0, 1, "empty text"},
                                                              {1, 203, "the source is empty"},
                                                              {2, 204, "one field"},
                                                              {3, 205, "not UTF-8"}}) {
    EXPECT_TRUE(named[i].starts_with(begin + ":" + std::to_string(line) + ": ")) << named[i];
    EXPECT_NE(named[i].find(what), std::string::npos) << named[i];
    EXPECT_TRUE(named[i].ends_with("; the pair is left out")) << named[i];
  }
  EXPECT_EQ(named[4], "attend shortlist: 4 pairs were left out");
  EXPECT_EQ(named[5], "attend shortlist: 1 blank line was left out");

  fs::remove(list_);
  EXPECT_TRUE(refused(attend({"shortlist", "-m", copy_.string(), pairs_.string(), "--strict"}),
                      kData, {pairs_.string() + ":1: "}));
  EXPECT_FALSE(fs::exists(list_));
  write_file(pairs_, "ab\t\n");
  EXPECT_EQ(learn().exit_code, kData) << "no pair remains";
}

TEST_F(ShortlistCommand, LeavesPairsOutWithAWordThatIsTooLong) {
  const fs::path model = copy_model(models().subwords, folder_ / "subwords");
  write_file(pairs_, "the cat\tdie Katze\n" + std::string(70'000, 'x') + "\tdie\n");
  const RunResult result = attend({"shortlist", "-m", model.string(), pairs_.string()});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.error.find(":2: a word of more than 65536 bytes"), std::string::npos);
}

TEST_F(ShortlistCommand, TakesEmptyTargetsOfAModelThatLearntThem) {
  const fs::path config = copy_ / "config.yml";
  std::string yaml = read_file(config);
  const std::string off = "allow_empty_targets: false", on = "allow_empty_targets: true";
  ASSERT_NE(yaml.find(off), std::string::npos);
  write_file(config, yaml.replace(yaml.find(off), off.size(), on));
  write_file(pairs_, "ab\t\n" + to_tsv(string_pairs(20, 5)));
  const RunResult result = learn();
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.error, "");
}

TEST_F(ShortlistCommand, MissingAndDamagedListsAreNamed) {
  RunOptions options;
  options.standard_input = "abc\n";
  const auto predict_listed = [&] {
    return attend({"predict", "-m", copy_.string(), "--shortlist"}, options);
  };
  EXPECT_TRUE(refused(predict_listed(), kModel, {copy_.string(), "attend shortlist"}));
  ASSERT_EQ(learn().exit_code, 0);
  write_file(list_, read_file(list_) + "1 2");
  EXPECT_TRUE(refused(predict_listed(), kModel, {list_.string(), "truncated"}));
  write_file(pairs_, "");
  EXPECT_TRUE(refused(learn(), kData, {pairs_.string()}));
}

}  // namespace
}  // namespace attend::end_to_end

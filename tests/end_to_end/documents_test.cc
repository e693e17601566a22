// Tests of models of several levels, from a file of documents to their explained labels.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using testing::TemporaryFolder;
using testing::write_file;

// One sentence of each document decides its label; the others say nothing.
std::string documents() {
  std::string text;
  for (int i = 0; i < 150; ++i) {
    const std::string number = std::to_string(i % 7);
    text += "good film\tWe saw it. It was a joy to see. We left at " + number + ".\n";
    text += "bad film\tWe left at " + number + ". We saw it. It was a pain to see.\n";
  }
  return text;
}

class Documents : public ::testing::TestWithParam<const char*> {
 protected:
  static std::vector<std::string> settings() {
    return {"--set",     "encoder.levels=" + std::string(GetParam()),
            "--set",     "encoder.embedding=8",
            "--set",     "encoder.units=6",
            "--set",     "encoder.pooling_units=5",
            "--set",     "attention.units=5",
            "--set",     "training.dropout_embedding=0",
            "--set",     "training.dropout_encoder=0",
            "--set",     "training.learning_rate=0.02",
            "--updates", "150",
            "--threads", "1"};
  }
};

TEST_P(Documents, AreLearntAndExplained) {
  const TemporaryFolder folder;
  const std::string pairs = (folder / "pairs.tsv").string(), model = (folder / "model").string();
  write_file(pairs, documents());
  std::vector<std::string> arguments{"train", pairs, "-m", model, "--preset", "han"};
  for (const std::string& one : settings()) arguments.push_back(one);
  const RunResult trained = attend(arguments);
  ASSERT_EQ(trained.exit_code, 0) << trained.error;
  // The label stands first in every line, and the program has seen it.
  EXPECT_NE(trained.error.find("column 1"), std::string::npos) << trained.error;

  RunOptions options;
  options.standard_input =
      "It was a joy to see. We saw it.\nWe saw it. It was a pain to see.\n\nOh\n";
  const RunResult labels = attend({"predict", "-m", model}, options);
  const std::vector<std::string> lines = lines_of(labels.out);
  ASSERT_EQ(lines.size(), 4U) << labels.error;
  EXPECT_EQ(lines[0].substr(0, 10), "good film\t");
  EXPECT_EQ(lines[1].substr(0, 9), "bad film\t");
  EXPECT_EQ(lines[2], "");
  EXPECT_NE(lines[3].find("film\t"), std::string::npos) << "a document of one word has a label";

  const RunResult json = attend({"predict", "-m", model, "--format", "json"}, options);
  const nlohmann::json first = nlohmann::json::parse(lines_of(json.out).front());
  const nlohmann::json& sentences = first["sentences"];
  ASSERT_EQ(sentences.size(), 2U) << first.dump();
  double sum = 0;
  for (const nlohmann::json& sentence : sentences) {
    sum += sentence["weight"].get<double>();
    double words = 0;
    for (const nlohmann::json& word : sentence["words"]) words += word["weight"].get<double>();
    EXPECT_NEAR(words, 1, 1e-4);
  }
  EXPECT_NEAR(sum, 1, 1e-4);
  EXPECT_EQ(sentences[1]["begin"], std::string("It was a joy to see. ").size());

  const RunResult shown = attend({"show", "-m", model, "It was a joy to see. We saw it."});
  EXPECT_EQ(shown.exit_code, 0) << shown.error;
  EXPECT_EQ(shown.out.rfind("good film  ", 0), 0U) << shown.out;
  EXPECT_NE(shown.out.find("of the largest"), std::string::npos) << shown.out;
  const RunResult links = attend({"align", "-m", model, pairs});
  EXPECT_TRUE(refused(links, kUsage, {"links", "encoder.levels"})) << links.error;
  const RunResult explained =
      attend({"show", "-m", model, "It was a joy to see. We saw it.", "--explain"});
  EXPECT_EQ(explained.exit_code, 0) << explained.error;
  const RunResult drawn = attend({"show", "-m", model, "It was a joy to see. We saw it.", "-o",
                                  (folder / "document.svg").string()});
  EXPECT_EQ(drawn.exit_code, 0) << drawn.error;
}

INSTANTIATE_TEST_SUITE_P(Levels, Documents, ::testing::Values("2", "3"));

// A text of many words has an answer that tells of every sentence.
TEST(LongDocuments, AreAnswered) {
  const TemporaryFolder folder;
  const std::string pairs = (folder / "pairs.tsv").string(), model = (folder / "model").string();
  write_file(pairs, documents());
  const RunResult trained =
      attend({"train", pairs, "-m", model, "--preset", "han", "--set", "encoder.embedding=4",
              "--set", "encoder.units=4", "--updates", "3", "--threads", "1"});
  ASSERT_EQ(trained.exit_code, 0) << trained.error;
  RunOptions options;
  for (int i = 0; i < 12500; ++i) options.standard_input += "It was a joy to see it. ";
  options.standard_input += "\n";
  const RunResult all = attend(
      {"predict", "-m", model, "--maximum-source-length", "100000", "--format", "json"}, options);
  ASSERT_EQ(all.exit_code, 0) << all.error;
  EXPECT_EQ(nlohmann::json::parse(all.out)["sentences"].size(), 12500U);
}

}  // namespace
}  // namespace attend::end_to_end

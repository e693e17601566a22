// Tests of the units that texts are cut into by default, and of the preparation that a model folder
// keeps.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "end_to_end/models.h"
#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using Json = nlohmann::json;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string utf8(unsigned c) {  // from U+0800 to U+FFFF
  return {static_cast<char>(0xE0 | (c >> 12)), static_cast<char>(0x80 | ((c >> 6) & 0x3F)),
          static_cast<char>(0x80 | (c & 0x3F))};
}

/// Returns Hangul syllables, many of which occur only once.
std::string korean(std::mt19937_64& random) {
  std::string text;
  for (std::size_t n = 1 + random() % 4; n > 0; --n) {
    text += utf8(0xAC00 + static_cast<unsigned>(random() % 11172));
  }
  return text;
}

class Preparation : public ::testing::Test {
 protected:
  RunResult train(const Pairs& pairs, const std::vector<std::string>& more = {}) const {
    write_file(folder_ / "pairs.tsv", to_tsv(pairs));
    std::vector<std::string> arguments{"train", (folder_ / "pairs.tsv").string(), "-m",
                                       model_.string()};
    const auto tiny = tiny_options(40);
    arguments.insert(arguments.end(), tiny.begin(), tiny.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    RunResult result = attend(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return result;
  }

  RunResult predict(const std::string& lines, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"predict", "-m", model_.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    RunOptions options;
    options.standard_input = lines;
    RunResult result = attend(arguments, options);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return result;
  }

  const TemporaryFolder folder_;
  const std::filesystem::path model_ = folder_ / "model";
};

TEST_F(Preparation, HangulTargetsAreLearntAsJamoAndWrittenAsSyllables) {
  std::mt19937_64 random(3);
  Pairs pairs;
  for (int i = 0; i < 300; ++i) pairs.emplace_back("word" + std::to_string(i), korean(random));
  const RunResult trained = train(pairs);
  EXPECT_NE(trained.error.find("code points in targets in the normal form NFD ("),
            std::string::npos)
      << trained.error;
  const std::string configuration = read_file(model_ / "config.yml");
  EXPECT_NE(configuration.find("unit: code-points\n  normalisation: nfd\n  invisible: drop\n"),
            std::string::npos)
      << configuration;
  EXPECT_EQ(configuration.find("auto"), std::string::npos) << configuration;
  const Json answer = Json::parse(predict("word7\n", {"--format", "json"}).out);
  const Json& prediction = answer["predictions"][0];
  const auto text = prediction["text"].get<std::string>();
  ASSERT_FALSE(text.empty());
  std::size_t last = 0;
  for (const Json& unit : prediction["units"]) {
    const auto begin = unit["bytes"][0].get<std::size_t>(),
               end = unit["bytes"][1].get<std::size_t>();
    ASSERT_TRUE(begin < end || unit["text"] == "</s>") << answer.dump();
    ASSERT_LE(end, text.size());
    // The unit belongs to the next character or to the previous one.
    EXPECT_TRUE(begin == last || end == last) << answer.dump();
    last = std::max(last, end);
  }
  EXPECT_EQ(last, text.size());
  // Every syllable that can be composed is composed.
  EXPECT_EQ(text.find("\xe1\x84\x80\xe1\x85\xa1"), std::string::npos) << text;
}

TEST_F(Preparation, InvisibleCharactersChangeNoAnswer) {
  train(string_pairs(200, 5));
  const RunResult plain = predict("abé\nßab\n");
  const RunResult marked =
      predict("\ufeffa\u200bb\u00ad\u00e9\u200e\n\u2066\u00df\u0001ab\u2069\n");
  EXPECT_EQ(marked.out, plain.out);
  EXPECT_EQ(marked.error, plain.error);  // no character is unknown
}

TEST_F(Preparation, IsWhatTheUserAsksFor) {
  Pairs pairs = string_pairs(200, 5);
  for (auto& [source, target] : pairs) source = "\u200b" + source;
  train(pairs, {"--set", "source.unit=code-points", "--set", "source.invisible=keep", "--set",
                "source.normalisation=none", "--set", "target.normalisation=nfkc"});
  const std::string configuration = read_file(model_ / "config.yml");
  EXPECT_NE(configuration.find("unit: code-points\n  normalisation: none\n  invisible: keep\n"),
            std::string::npos)
      << configuration;
  EXPECT_NE(configuration.find("normalisation: nfkc"), std::string::npos) << configuration;
  EXPECT_EQ(predict("\u200bab\n").error, "");
}

TEST_F(Preparation, AValueThatIsNoneIsRefusedWithTheChoices) {
  const RunResult result =
      attend({"train", "pairs.tsv", "-m", model_.string(), "--set", "source.normalisation=nfkd"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.error.find("expected auto | nfc | nfd | nfkc | none"), std::string::npos)
      << result.error;
}

}  // namespace
}  // namespace attend::end_to_end

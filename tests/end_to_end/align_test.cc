// attend align, and links between words from attend predict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TemporaryFolder;
using testing::write_file;

const std::string kPairs =
    "the cat sees\tdie Katze sieht\nthe  dog and the cat\tdie Hündin und die Katze\n"
    "naïve\tnaiv\n";

RunResult align(const std::vector<std::string>& options, const std::string& pairs = kPairs) {
  std::vector<std::string> arguments{"align", "-"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  RunOptions run_options;
  run_options.standard_input = pairs;
  return attend(arguments, run_options);
}

std::string output_of(const std::vector<std::string>& options, const std::string& pairs = kPairs) {
  const RunResult result = align(options, pairs);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  return result.out;
}

using Links = std::set<std::pair<std::size_t, std::size_t>>;

Links links_of(const std::string& line) {
  Links links;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    std::size_t source = 0, target = 0;
    EXPECT_EQ(std::sscanf(word.c_str(), "%zu-%zu", &source, &target), 2) << word;
    links.emplace(source, target);
  }
  return links;
}

// A no-break space separates words as a blank does.
constexpr const char* kNoBreakSpace = "\u00a0";
bool ends_with_space(const std::string& text) {
  return text.ends_with(' ') || text.ends_with(kNoBreakSpace);
}
bool begins_with_space(const std::string& text) {
  return text.starts_with(' ') || text.starts_with(kNoBreakSpace);
}

// Expects that every link joins two words of the raw texts.
void expect_words(const Json& answer, const Json& prediction) {
  const std::string source = answer["source"], target = prediction["text"];
  for (const Json& link : prediction["word_links"]) {
    const auto check = [&](const std::string& text, const Json& words, const char* side,
                           const char* bytes) {
      const Json& word = words.at(link[side].get<std::size_t>());
      EXPECT_EQ(link[bytes], word["bytes"]);
      const std::size_t begin = word["bytes"][0], end = word["bytes"][1];
      EXPECT_EQ(word["text"], text.substr(begin, end - begin));
      EXPECT_TRUE(begin == 0 || ends_with_space(text.substr(0, begin))) << text;
      EXPECT_TRUE(end == text.size() || begins_with_space(text.substr(end))) << text;
    };
    check(source, answer["source_words"], "source", "source_bytes");
    check(target, prediction["words"], "target", "target_bytes");
  }
}

TEST(WordLinks, NameWordsOfTheRawTexts) {
  for (const fs::path& model : {models().words, models().subwords}) {
    SCOPED_TRACE(model);
    const auto lines = lines_of(output_of({"-m", model.string(), "--json"}));
    const auto pharaoh = lines_of(output_of({"-m", model.string()}));
    ASSERT_EQ(lines.size(), 3U);
    std::size_t links = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const Json answer = Json::parse(lines[i]);
      const Json& prediction = answer["predictions"][0];
      expect_words(answer, prediction);
      Links found;
      for (const Json& link : prediction["word_links"])
        found.emplace(link["source"], link["target"]);
      EXPECT_EQ(links_of(pharaoh[i]), found);
      links += found.size();
    }
    EXPECT_GE(links, 5U);
  }
}

// Sentences as people write them: punctuation, quotation marks, units that the models do not know.
TEST(WordLinks, OfRealTextsNameWordsOfTheirLines) {
  ATTEND_REQUIRE_DATA("multi30k/raw/val.en");
  const auto side = [](const char* language) {
    return lines_of(testing::read_file(testing::data_folder() / "multi30k" / "raw" /
                                       (std::string("val.") + language)));
  };
  const auto english = side("en"), german = side("de");
  ASSERT_EQ(english.size(), german.size());
  std::string pairs;
  for (std::size_t i = 0; i < 300; ++i) pairs += english[i] + "\t" + german[i] + "\n";
  for (const fs::path& model : {models().subwords, models().strings}) {
    SCOPED_TRACE(model);
    std::size_t links = 0;
    for (const std::string& line : lines_of(output_of({"-m", model.string(), "--json"}, pairs))) {
      const Json answer = Json::parse(line);
      ASSERT_FALSE(answer["predictions"].empty()) << line;
      expect_words(answer, answer["predictions"][0]);
      links += answer["predictions"][0]["word_links"].size();
    }
    EXPECT_GT(links, 2000U);
  }
}

// Returns the sum of a row of the alignment over the characters of a source word.
double weight_on(const Json& answer, const Json& row, const Json& word) {
  double sum = 0;
  for (std::size_t j = 0; j < answer["source_units"].size(); ++j) {
    const std::size_t begin = answer["source_units"][j]["bytes"][0];
    if (begin >= word["bytes"][0] && begin < word["bytes"][1]) sum += row[j].get<double>();
  }
  return sum;
}

// The mean of the rows of the characters of a target word.
double word_weight(const Json& answer, const Json& source_word, const Json& target_word) {
  const Json& prediction = answer["predictions"][0];
  double sum = 0, units = 0;
  for (std::size_t i = 0; i < prediction["units"].size(); ++i) {
    const std::size_t begin = prediction["units"][i]["bytes"][0];
    if (begin < target_word["bytes"][0] || begin >= target_word["bytes"][1]) continue;
    sum += weight_on(answer, prediction["alignment"][i], source_word);
    ++units;
  }
  return sum / units;
}

TEST(WordLinks, OfCharactersJoinTheWordsOfSourcesWithSeveral) {
  const std::string pairs = "ab cab\tbac ba\nc ba\u00E9  ab\tba \u00E9ab c\nab\tba\n";
  const auto lines = lines_of(output_of({"-m", models().strings.string(), "--json"}, pairs));
  ASSERT_EQ(lines.size(), 3U);
  std::size_t links = 0;
  for (const std::string& line : lines) {
    const Json answer = Json::parse(line);
    const Json& prediction = answer["predictions"][0];
    expect_words(answer, prediction);
    for (const Json& link : prediction["word_links"]) {
      const Json& word = prediction["words"][link["target"].get<std::size_t>()];
      const double weight = link["weight"];
      for (std::size_t k = 0; k < answer["source_words"].size(); ++k) {
        const double other = word_weight(answer, answer["source_words"][k], word);
        if (k == link["source"]) {
          EXPECT_NEAR(other, weight, 1e-4) << line;
        }
        EXPECT_LE(other, weight + 1e-4) << line;
      }
      ++links;
    }
  }
  EXPECT_GE(links, 3U);
}

TEST(WordLinks, OfPredictionsNameTheirWords) {
  const TemporaryFolder folder;
  const std::string file = (folder / "links").string();
  RunOptions options;
  options.standard_input = "the cat sees\n\nthe  dog\n";
  const RunResult result =
      attend({"predict", "-m", models().subwords.string(), "--format", "json", "-b", "3",
              "--n-best", "2", "--alignment-units", "words", "--alignments", file},
             options);
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const auto lines = lines_of(result.out), pharaoh = lines_of(testing::read_file(file));
  ASSERT_EQ(lines.size(), 3U);
  ASSERT_EQ(pharaoh.size(), 3U);
  EXPECT_EQ(pharaoh[1], "");
  for (const std::size_t i : {0U, 2U}) {
    const Json answer = Json::parse(lines[i]);
    EXPECT_EQ(answer["source_words"].size(), i == 0 ? 3U : 2U);
    for (const Json& prediction : answer["predictions"]) expect_words(answer, prediction);
    Links best;
    for (const Json& link : answer["predictions"][0]["word_links"]) {
      best.emplace(link["source"], link["target"]);
    }
    EXPECT_EQ(links_of(pharaoh[i]), best);
  }
}

TEST(Units, AreLinkedWhereItIsAsked) {
  const std::string pairs = to_tsv(string_pairs(20, 3)), model = models().strings.string();
  const auto links = lines_of(output_of({"-m", model, "--alignment-units", "units"}, pairs));
  const auto answers =
      lines_of(output_of({"-m", model, "--alignment-units", "units", "--json"}, pairs));
  ASSERT_EQ(links.size(), answers.size());
  for (std::size_t i = 0; i < links.size(); ++i) {
    const Json answer = Json::parse(answers[i]);
    EXPECT_FALSE(answer.contains("source_words"));
    Links found;
    for (const Json& link : answer["predictions"][0]["links"]) {
      found.emplace(link["source"], link["target"]);
    }
    EXPECT_EQ(links_of(links[i]), found);
  }
}

// The targets of this model are its sources from behind, so that it is its own reverse.
TEST(Symmetrise, IsNestedAndNamesTheUnitsOfBothModels) {
  const std::string model = models().strings.string(), pairs = to_tsv(string_pairs(60, 4));
  const auto run = [&](const std::string& how) {
    return lines_of(output_of(
        {"-m", model, "--reverse", model, "--symmetrise", how, "--alignment-units", "units"},
        pairs));
  };
  const auto both = run("intersection"), grown = run("grow-diag"), either = run("union");
  const auto final_and = run("grow-diag-final-and");
  ASSERT_EQ(both.size(), 60U);
  std::size_t smallest = 0, largest = 0;
  for (std::size_t i = 0; i < both.size(); ++i) {
    const auto within = [](const std::string& inner, const std::string& outer) {
      const Links one = links_of(inner), other = links_of(outer);
      return std::includes(other.begin(), other.end(), one.begin(), one.end());
    };
    EXPECT_TRUE(within(both[i], grown[i]));
    EXPECT_TRUE(within(grown[i], final_and[i]));
    EXPECT_TRUE(within(final_and[i], either[i]));
    smallest += links_of(both[i]).size();
    largest += links_of(either[i]).size();
  }
  EXPECT_GT(smallest, 0U);
  EXPECT_GT(largest, smallest);
}

TEST(Gold, OfTheLinksThemselvesHasNoErrors) {
  const TemporaryFolder folder;
  const std::string model = models().words.string();
  for (const std::string format : {"pharaoh", "naacl"}) {
    const std::string gold = (folder / format).string(), copy = (folder / "copy").string();
    output_of({"-m", model, "-o", gold, "--alignment-format", format});
    const std::string report =
        output_of({"-m", model, "--gold", gold, "-o", copy, "--alignment-format", format});
    EXPECT_EQ(testing::read_file(gold), testing::read_file(copy));
    EXPECT_THAT(report, StartsWith("3 pairs, "));
    EXPECT_THAT(report, HasSubstr(" 0*"));
    EXPECT_THAT(report, HasSubstr("100.00   100.00    0.00\n"));
    EXPECT_EQ(output_of({"-m", model, "--gold", gold}), report) << "no links without -o";
    const auto json = nlohmann::json::parse(output_of({"-m", model, "--gold", gold, "--json"}));
    EXPECT_EQ(json.at("pairs"), 3);
    ASSERT_EQ(json.at("links").size(), 3U) << "one row for each shift";
    for (const auto& row : json.at("links")) {
      EXPECT_EQ(row.at("chosen"), row.at("shift") == 0);
      EXPECT_EQ(row.at("alignment_error_rate") == 0.0, row.at("shift") == 0);
    }
  }
}

TEST(Gold, ThatDoesNotFitIsNamed) {
  const TemporaryFolder folder;
  const std::string gold = (folder / "gold").string();
  const std::vector<std::string> options{"-m", models().words.string(), "--gold", gold};
  for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {"0-0\n0-0\n", "gold: ends after 2 lines"},
           {"0-0\n\n\n\n", "standard input: ends after 3 lines"},
           {"3-0\n\n\n", "gold:1: link '3-0' points beyond the 3 source words"},
           {"1 1 1\n2 1 6 S\n", "gold:2: link '2 1 6' points beyond the 5 target words"},
           {"4 1 1 S\n", "gold:1: a link of sentence 4"},
           {"x\n", "gold:1: 'x'"}}) {
    write_file(gold, text);
    EXPECT_TRUE(failed(align(options), kData, {message})) << text;
  }
}

TEST(Gold, WithMoreLinesThanPairsLeavesTheLinks) {
  const TemporaryFolder folder;
  const std::string gold = (folder / "gold").string(), links = (folder / "links").string();
  write_file(gold, "0-0\n\n\n\n");
  const RunResult result = align({"-m", models().words.string(), "--gold", gold, "-o", links},
                                 "the cat\tdie Katze\nno pair\nthe xyzzy\tdie Hündin\n");
  EXPECT_TRUE(failed(result, kData, {"standard input: ends after 3 lines"}));
  EXPECT_EQ(lines_of(testing::read_file(links)).size(), 3U);
  EXPECT_THAT(result.error, HasSubstr("1 unknown unit in 1 of")) << "notices come before the error";
}

TEST(Shift, IsChosenAndSaid) {
  const std::string model = models().words.string();
  const RunResult chosen = align({"-m", model, "--shift", "auto"});
  EXPECT_EQ(chosen.exit_code, 0);
  EXPECT_THAT(chosen.error, HasSubstr("attend align: shift "));
  EXPECT_THAT(chosen.error, HasSubstr("by the lexical gain of the first 3 pairs"));
  EXPECT_NE(output_of({"-m", model, "--shift", "1"}), output_of({"-m", model}));
  for (const Links& links : {links_of(output_of({"-m", model, "--shift", "9"}, "the\tdie\n"))}) {
    EXPECT_TRUE(links.empty());
  }
}

TEST(Align, RefusesOptionsThatDoNotFit) {
  const std::string model = models().words.string();
  const std::vector<std::pair<std::vector<std::string>, std::string>> misuses{
      {{"--symmetrise", "union"}, "--reverse"},
      {{"--reverse", model, "--symmetrise", "both"}, "--symmetrise"},
      {{"--shift", "x"}, "--shift"},
      {{"--shift", "10"}, "--shift"},
      {{"--shift", "-10"}, "--shift"},
      {{"--shift", "-2147483648"}, "--shift: found '-2147483648', expected auto or -9 … 9"},
      {{"--threshold", "1.5"}, "--threshold"},
      {{"--gold", "gold", "-o", "-"}, "--gold"},
      {{"--gold", "-"}, "standard input"},
      {{"--gold", "gold", "--alignment-format", "naacl"}, "--alignment-format"},
      {{"--json", "--alignment-format", "naacl"}, "--json"},
      {{"--merge", "sum"}, "--merge"}};
  for (const auto& [options, part] : misuses) {
    std::vector<std::string> arguments{"-m", model};
    arguments.insert(arguments.end(), options.begin(), options.end());
    EXPECT_TRUE(failed(align(arguments), kUsage, {part}));
  }
  EXPECT_TRUE(failed(attend({"predict", "-m", model, "--alignment-units", "words"}), kUsage,
                     {"--alignment-units"}));
  EXPECT_TRUE(failed(align({"-m", model, "--reverse", "/no/such/folder"}), kModel, {"/no/such"}));
}

TEST(Align, ModelsThatCutAPairInTwoWaysCannotLinkUnits) {
  const RunResult result = align({"-m", models().words.string(), "--reverse",
                                  models().strings.string(), "--alignment-units", "units"},
                                 "the cat\tdie Katze\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "\n");
  EXPECT_THAT(result.error, HasSubstr("standard input:1: the two models cut this pair"));
}

}  // namespace
}  // namespace attend::end_to_end

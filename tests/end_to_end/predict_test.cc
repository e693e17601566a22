// Tests of attend predict: order of lines, beams, formats, alignments, unknown characters.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>
#include <thread>
#include <tuple>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using Json = nlohmann::json;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

/// Runs `attend predict`, which must succeed.
RunResult predict(const std::filesystem::path& model, const std::string& lines,
                  const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"predict", "-m", model.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  RunOptions options;
  options.standard_input = lines;
  RunResult result = attend(arguments, options);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  return result;
}

std::vector<Json> predict_json(const std::filesystem::path& model, const std::string& lines,
                               const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"--format", "json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  std::vector<Json> answers;
  for (const std::string& line : lines_of(predict(model, lines, arguments).out)) {
    answers.push_back(Json::parse(line));
  }
  return answers;
}

std::string sources(std::size_t count, std::uint64_t seed) {
  std::string lines;
  for (const auto& [source, target] : string_pairs(count, seed)) lines += source + "\n";
  return lines;
}

/// Returns lines of one to sixty units, so that batches hold lines of unequal lengths.
std::string mixed_lengths(std::size_t count) {
  std::mt19937_64 random(11);
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) {
    std::string line;
    for (const auto& [source, target] : string_pairs(1 + random() % 10, random())) line += source;
    lines += line + "\n";
  }
  return lines;
}

// ------------------------------------------------------------------------------------- text ---

// A program at the other end of a pipe reads an answer before it sends the next line.
TEST(Predict, AnswersEveryLineAtOnceOnRequest) {
  const TemporaryFolder folder;
  const std::string command = "'" + (testing::binary_folder() / "attend").string() +
                              "' predict -m '" + models().strings.string() +
                              "' --line-buffered > '" + (folder / "answers").string() + "'";
  write_file(folder / "answers", "");
  FILE* program = popen(command.c_str(), "w");
  ASSERT_NE(program, nullptr);
  for (std::size_t asked = 1; asked <= 2; ++asked) {
    std::fputs("abc\n", program);
    std::fflush(program);
    const auto answered = [&] { return lines_of(read_file(folder / "answers")).size() == asked; };
    for (int i = 0; i < 1000 && !answered(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(answered());
  }
  EXPECT_EQ(pclose(program), 0);
}

TEST(Predict, LearntToReverse) {
  const auto pairs = string_pairs(200, 1);  // pairs of the training
  std::string lines;
  for (const auto& [source, target] : pairs) lines += source + "\n";
  const auto predictions = lines_of(predict(models().strings, lines).out);
  ASSERT_EQ(predictions.size(), pairs.size());
  std::size_t right = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) right += predictions[i] == pairs[i].second ? 1 : 0;
  EXPECT_GT(right, pairs.size() / 3);  // hardly any would be right by chance
}

TEST(Predict, LinesKeepTheirOrderInAnyBatchOnAnyThread) {
  const std::string lines = mixed_lengths(97);
  std::string one_by_one;
  for (const std::string& line : lines_of(lines)) {
    one_by_one += predict(models().strings, line + "\n").out;
  }
  ASSERT_EQ(lines_of(one_by_one).size(), 97U);
  for (const char* batch : {"1", "7", "32", "4096"}) {
    for (const char* threads : {"0", "1", "3", "16"}) {
      SCOPED_TRACE(std::string("batch ") + batch + ", threads " + threads);
      const RunResult result =
          predict(models().strings, lines, {"--batch-size", batch, "--threads", threads});
      EXPECT_EQ(result.out, one_by_one);
      EXPECT_EQ(result.error, "");
    }
  }
}

TEST(Predict, ANameThatEndsInGzIsCompressed) {
  const TemporaryFolder folder;
  const std::string lines = sources(20, 13);
  const std::string plain = (folder / "plain").string(), packed = (folder / "packed.gz").string();
  for (const std::string& file : {plain, packed}) {
    const RunResult result = predict(models().strings, lines, {"-o", file});
    EXPECT_EQ(result.exit_code, 0) << result.error;
  }
  EXPECT_TRUE(read_file(packed).starts_with("\x1f\x8b"));
  EXPECT_EQ(predict(models().strings, "", {"-i", packed}).out,
            predict(models().strings, "", {"-i", plain}).out);
}

TEST(Predict, MoreLinesThanAreReadAheadKeepTheirOrder) {
  const std::string lines = sources(5000, 12);
  const std::string all = predict(models().strings, lines, {"--threads", "2"}).out;
  const auto predictions = lines_of(all);
  ASSERT_EQ(predictions.size(), 5000U);
  const auto source_lines = lines_of(lines);
  for (const std::size_t i : {std::size_t{0}, std::size_t{2047}, std::size_t{2048},
                              std::size_t{4095}, std::size_t{4999}}) {
    EXPECT_EQ(predict(models().strings, source_lines[i] + "\n").out, predictions[i] + "\n");
  }
}

TEST(Predict, FilesStreamsAndCompressionAreTheSame) {
  const TemporaryFolder folder;
  const std::string lines = sources(20, 13);
  const std::string expected = predict(models().strings, lines).out;
  write_file(folder / "plain", lines);
  // A compressed file is recognised by its bytes, not by its name.
  const std::string packed = (folder / "packed").string();
  gzFile gz = gzopen(packed.c_str(), "wb");
  ASSERT_EQ(gzwrite(gz, lines.data(), static_cast<unsigned>(lines.size())),
            static_cast<int>(lines.size()));
  gzclose(gz);
  const std::string out = (folder / "out").string();
  EXPECT_EQ(predict(models().strings, "", {"-i", (folder / "plain").string()}).out, expected);
  EXPECT_EQ(predict(models().strings, "", {"-i", packed}).out, expected);
  EXPECT_EQ(predict(models().strings, lines, {"-i", "-", "-o", "-"}).out, expected);
  EXPECT_EQ(predict(models().strings, read_file(packed)).out, expected);
  EXPECT_EQ(predict(models().strings, lines, {"-o", out}).out, "");
  EXPECT_EQ(read_file(out), expected);
  // The input has a byte order mark, CR LF, and no line feed at its end.
  std::string windows = "\xef\xbb\xbf";
  for (const char c : lines) windows += c == '\n' ? "\r\n" : std::string(1, c);
  windows.resize(windows.size() - 2);
  EXPECT_EQ(predict(models().strings, windows).out, expected);
}

TEST(Predict, LeavesItsInput) {
  const TemporaryFolder folder;
  const std::string lines = sources(5, 14), file = (folder / "file").string();
  const std::string link = (folder / "link").string(), answers = (folder / "answers").string();
  write_file(file, lines);
  std::filesystem::create_symlink(file, link);
  for (const std::vector<std::string>& files : std::vector<std::vector<std::string>>{
           {"-o", file}, {"-o", link}, {"-o", answers, "--alignments", file}}) {
    std::vector<std::string> arguments{"predict", "-m", models().strings.string(), "-i", file};
    arguments.insert(arguments.end(), files.begin(), files.end());
    EXPECT_TRUE(refused(attend(arguments), kUsage, {"over --input: give another name"}));
    EXPECT_EQ(read_file(file), lines);
    EXPECT_FALSE(std::filesystem::exists(answers));
  }
}

// ------------------------------------------------------------------------------------- beam ---

TEST(Predict, BeamFindsNothingLessProbableThanGreedy) {
  const std::string lines = "the cat\nsees\nhears the dog\nbrown brown\nand\n";
  const std::vector<std::string> raw{"--length-normalisation", "0"};
  const auto greedy = predict_json(models().words, lines, raw);
  auto options = raw;
  options.insert(options.end(), {"--beam", "12"});
  const auto beam = predict_json(models().words, lines, options);
  std::size_t better = 0;
  for (std::size_t i = 0; i < greedy.size(); ++i) {
    const double g = greedy[i]["predictions"][0]["log_probability"];
    const double b = beam[i]["predictions"][0]["log_probability"];
    better += b > g + 1e-4 ? 1 : 0;
    EXPECT_GE(b, g - 1e-4) << i;
  }
  EXPECT_GT(better, 0U);  // otherwise --beam would have no effect
}

TEST(Predict, NBestIsDistinctSortedAndStartsWithTheBest) {
  const std::string lines = sources(30, 16);
  for (const auto& model : {models().strings, models().words, models().subwords, models().dates}) {
    SCOPED_TRACE(model);
    const auto best = predict_json(model, lines, {"--beam", "6"});
    const auto answers = predict_json(model, lines, {"--beam", "6", "--n-best", "6"});
    ASSERT_EQ(answers.size(), 30U);
    std::size_t most = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const Json& list = answers[i]["predictions"];
      ASSERT_GE(list.size(), 1U);
      ASSERT_LE(list.size(), 6U);
      most = std::max(most, list.size());
      EXPECT_EQ(list[0]["text"], best[i]["predictions"][0]["text"]);
      std::set<std::string> texts;
      for (std::size_t k = 0; k < list.size(); ++k) {
        EXPECT_TRUE(texts.insert(list[k]["text"]).second) << list[k]["text"];
        if (k > 0) {
          EXPECT_LE(list[k]["score"].get<double>(), list[k - 1]["score"].get<double>());
        }
      }
    }
    EXPECT_GE(most, 2U);
  }
}

TEST(Predict, TextFormatPutsTheNBestOnOneLine) {
  const std::string lines = sources(10, 17);
  const std::vector<std::string> options{"--beam", "4", "--n-best", "3"};
  const auto answers = predict_json(models().strings, lines, options);
  std::string expected;
  for (const Json& answer : answers) {
    std::string line;
    for (const Json& one : answer["predictions"]) {
      line += (line.empty() ? "" : "\t") + one["text"].get<std::string>();
    }
    expected += line + "\n";
  }
  EXPECT_EQ(predict(models().strings, lines, options).out, expected);
}

TEST(Predict, MosesFormatNumbersTheLines) {
  const std::string lines = sources(10, 18);
  const std::vector<std::string> options{"--beam", "4", "--n-best", "4"};
  const auto answers = predict_json(models().strings, lines, options);
  auto moses = options;
  moses.insert(moses.end(), {"--format", "moses"});
  const auto found = lines_of(predict(models().strings, lines, moses).out);
  std::size_t next = 0;
  for (std::size_t id = 0; id < answers.size(); ++id) {
    for (const Json& one : answers[id]["predictions"]) {
      ASSERT_LT(next, found.size());
      const std::string& line = found[next++];
      const std::string start =
          std::to_string(id) + " ||| " + one["text"].get<std::string>() + " ||| logprob= ";
      ASSERT_TRUE(line.starts_with(start)) << line;
      std::istringstream rest(line.substr(start.size()));
      double log_probability = 0, score = 0;
      std::string bars;
      ASSERT_TRUE(rest >> log_probability >> bars >> score) << line;
      EXPECT_EQ(bars, "|||");
      EXPECT_NEAR(log_probability, one["log_probability"].get<double>(), 1e-5);
      EXPECT_NEAR(score, one["score"].get<double>(), 1e-5);
    }
  }
  EXPECT_EQ(next, found.size());
}

// ------------------------------------------------------------------------------------- JSON ---

std::string slice(const std::string& text, const Json& bytes) {
  const std::size_t begin = bytes[0], end = bytes[1];
  EXPECT_LE(begin, end);
  EXPECT_LE(end, text.size());
  return text.substr(begin, end - begin);
}

void check_prediction(const Json& answer, const Json& prediction) {
  const std::string source = answer["source"], text = prediction["text"];
  std::string joined;
  double sum = 0;
  for (const Json& unit : prediction["units"]) {
    joined += slice(text, unit["bytes"]);
    sum += unit["log_probability"].get<double>();
    EXPECT_LE(unit["log_probability"].get<double>(), 1e-6);
  }
  std::erase(joined, ' ');
  std::string expected = text;
  std::erase(expected, ' ');
  EXPECT_EQ(joined, expected);
  EXPECT_LE(prediction["log_probability"].get<double>(), sum + 1e-4);  // </s> is added to it
  const Json& alignment = prediction["alignment"];
  ASSERT_EQ(alignment.size(), prediction["units"].size());
  for (const Json& row : alignment) {
    ASSERT_EQ(row.size(), answer["columns"].size());
    double total = 0;
    for (const Json& weight : row) {
      EXPECT_GE(weight.get<double>(), 0.0);
      total += weight.get<double>();
    }
    EXPECT_NEAR(total, 1.0, 1e-5);
  }
  for (const Json& link : prediction["links"]) {
    const std::size_t j = link["source"], i = link["target"];
    EXPECT_EQ(slice(source, link["source_bytes"]),
              slice(source, answer["source_units"][j]["bytes"]));
    EXPECT_EQ(slice(text, link["target_bytes"]), slice(text, prediction["units"][i]["bytes"]));
    const auto row = alignment[i].get<std::vector<double>>();
    EXPECT_EQ(row[j], *std::max_element(row.begin(), row.end()));
  }
}

TEST(PredictJson, SpansRowsAndLinksFitTheRawTexts) {
  const std::vector<std::pair<std::filesystem::path, std::string>> cases{
      {models().strings, sources(40, 19)},
      {models().words, "the naïve cat\n  日本  sees the dog \nthe\n"},
      {models().subwords, "the naïve cat\n日本 sees the brown dog\n"},
      {models().dates, "Saturday, May 9, 2018\n3 may 1979\n"}};
  for (const auto& [model, lines] : cases) {
    SCOPED_TRACE(model);
    const auto source_lines = lines_of(lines);
    const auto answers = predict_json(model, lines, {"--beam", "3", "--n-best", "3"});
    ASSERT_EQ(answers.size(), source_lines.size());
    std::size_t units = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      EXPECT_EQ(answers[i]["source"], source_lines[i]);
      for (const Json& prediction : answers[i]["predictions"]) {
        check_prediction(answers[i], prediction);
        units += prediction["units"].size();
      }
    }
    EXPECT_GT(units, answers.size());
  }
}

TEST(PredictJson, SourceSpansAreBytesOfTheLineAsItWasWritten) {
  // A decomposed é (three bytes) is the unit é (two bytes). The tag of digits is one unit.
  const std::string line = "ae\u0301日🇩🇪👩‍🔬b";
  const Json answer = predict_json(models().strings, line + "\n").front();
  std::vector<std::string> raw, units;
  for (const Json& unit : answer["source_units"]) {
    raw.push_back(slice(line, unit["bytes"]));
    units.push_back(unit["text"]);
  }
  EXPECT_EQ(raw, (std::vector<std::string>{"a", "e\u0301", "日", "🇩🇪", "👩‍🔬", "b"}));
  EXPECT_EQ(units, (std::vector<std::string>{"a", "é", "日", "🇩🇪", "👩‍🔬", "b"}));
  EXPECT_EQ(answer["unknown"].size(), 0U);
}

// ------------------------------------------------------------------------------- alignments ---

TEST(PredictAlignments, PharaohHasALineForEveryLine) {
  const TemporaryFolder folder;
  const std::string lines = mixed_lengths(40), file = (folder / "links").string();
  const std::vector<std::string> options{"--beam", "3", "--n-best", "2"};
  auto arguments = options;
  arguments.insert(arguments.end(), {"--alignments", file});
  predict(models().strings, lines, arguments);
  const auto answers = predict_json(models().strings, lines, options);
  const auto found = lines_of(read_file(file));
  ASSERT_EQ(found.size(), answers.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    std::string expected;
    for (const Json& link : answers[i]["predictions"][0]["links"]) {
      expected +=
          (expected.empty() ? "" : " ") + link["source"].dump() + "-" + link["target"].dump();
    }
    EXPECT_EQ(found[i], expected);
  }
}

TEST(PredictAlignments, MatrixHasARowForEveryUnitAndAnEmptyLineForEverySentence) {
  const TemporaryFolder folder;
  const std::string lines = sources(12, 20), file = (folder / "matrix").string();
  predict(models().strings, lines, {"--alignments", file, "--alignment-format", "matrix"});
  const auto answers = predict_json(models().strings, lines);
  const auto found = lines_of(read_file(file));
  std::size_t next = 0;
  for (const Json& answer : answers) {
    for (const Json& row : answer["predictions"][0]["alignment"]) {
      ASSERT_LT(next, found.size());
      std::istringstream numbers(found[next++]);
      for (const Json& weight : row) {
        double value = -1;
        ASSERT_TRUE(numbers >> value);
        EXPECT_NEAR(value, weight.get<double>(), 1e-5);
      }
      std::string rest;
      EXPECT_FALSE(numbers >> rest) << rest;
    }
    ASSERT_LT(next, found.size());
    EXPECT_EQ(found[next++], "");
  }
  EXPECT_EQ(next, found.size());
}

// ----------------------------------------------------------------------- unknown characters ---

TEST(Unknown, CharactersAreCountedAndReported) {
  const RunResult result = predict(models().strings, "abc\nzzq\nab\nazb\n");
  EXPECT_EQ(lines_of(result.out).size(), 4U);
  EXPECT_EQ(result.error, "attend predict: 4 unknown units in 2 of 4 lines: 'z' (3), 'q' (1)\n");
  const auto answers = predict_json(models().strings, "abc\nzzq\n");
  EXPECT_EQ(answers[0]["unknown"], Json::array());
  EXPECT_EQ(answers[1]["unknown"], Json({"z", "z", "q"}));
}

TEST(Unknown, AreReportedByEveryCommandThatReadsSources) {
  const std::string model = models().strings.string();
  RunOptions options;
  options.standard_input = "azb\tba\n";
  for (const char* command : {"score", "align", "evaluate"}) {
    const RunResult result = attend({command, "-m", model, "-"}, options);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.error,
              std::string("attend ") + command + ": 1 unknown unit in 1 of 1 lines: 'z' (1)\n");
  }
  const std::string note = "attend show: 1 unknown unit in 1 of 1 lines: 'z' (1)\n";
  EXPECT_EQ(attend({"show", "-m", model, "azb"}).error, note);
  EXPECT_EQ(attend({"show", "-m", model, "azb", "--explain"}).error, note);
}

TEST(Unknown, CharactersThatATerminalWouldObeyAreShownAsPictures) {
  EXPECT_EQ(predict(models().luong, "a\x1b b\n").error,
            "attend predict: 2 unknown units in 1 of 1 lines: '\u241b' (1), '\u2423' (1)\n");
}

TEST(Unknown, AllLinesOfUnknownCharactersStillGetAnAnswer) {
  std::string lines;
  for (char c = '0'; c <= '9'; ++c) lines += std::string(3, c) + "\n";
  lines += "!?\n";
  const RunResult result = predict(models().strings, lines);
  EXPECT_EQ(lines_of(result.out).size(), 11U);
  EXPECT_EQ(lines_of(result.error).size(), 1U);
  EXPECT_NE(result.error.find("32 unknown units in 11 of 11 lines"), std::string::npos)
      << result.error;
}

TEST(LongestLength, CutPredictionsAreCounted) {
  RunOptions options;
  for (int i = 0; i < 8; ++i)
    options.standard_input += "the cat the cat the cat the dog\nthe dog\n";
  const RunResult result = attend(
      {"predict", "-m", models().subwords.string(), "--maximum-ratio", "0", "--format", "json"},
      options);
  int cut = 0;
  for (const std::string& line : lines_of(result.out)) {
    if (!Json::parse(line)["predictions"][0]["finished"]) ++cut;
  }
  ASSERT_GT(cut, 0);
  EXPECT_EQ(result.error, "attend predict: " + std::to_string(cut) +
                              " of 16 predictions were cut at the longest length: "
                              "--maximum-ratio, --maximum-length\n");
}

TEST(Choices, AreKnownInEitherCase) {
  RunOptions options;
  options.standard_input = "abc\n";
  const std::string model = models().strings.string();
  const RunResult lower = attend({"predict", "-m", model, "--format", "json"}, options);
  const RunResult upper = attend({"predict", "-m", model, "--format", "JSON"}, options);
  EXPECT_EQ(upper.out, lower.out);
  EXPECT_TRUE(Json::parse(upper.out).is_object());
}

TEST(Options, AreKnownInBothSpellings) {
  const TemporaryFolder folder;
  const std::string model = models().strings.string();
  const std::string text = (folder / "text").string(), other = (folder / "other").string();
  write_file(text, "abc d .\n");
  write_file(other, "abc e .\n");
  using Words = std::vector<std::string>;
  const auto answer = [](Words command, const Words& spelling) {
    RunOptions options;
    options.standard_input = "abc\tcba\n";
    command.insert(command.end(), spelling.begin(), spelling.end());
    const RunResult result = attend(command, options);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_NE(result.out, "");
    return result.out;
  };
  const Words scored{"evaluate", "--hypotheses", text, other, "--metrics", "bleu,ter", "--json"};
  const std::tuple<Words, Words, Words> pairs[] = {
      {{"score", "-m", model, "-"},
       {"--length-normalisation", "1"},
       {"--length-normalization", "1"}},
      {{"align", "-m", model, "--reverse", model, "-"},
       {"--symmetrise", "union"},
       {"--symmetrize", "union"}},
      {{"show", "-m", model, "abc"}, {"--colours", "ink"}, {"--colors", "ink"}},
      {scored, {"--tokenise", "char"}, {"--tokenize", "char"}},
      {scored, {"--ter-normalised"}, {"--ter-normalized"}},
  };
  for (const auto& [command, british, american] : pairs) {
    SCOPED_TRACE(american.front());
    EXPECT_EQ(answer(command, british), answer(command, american));
  }
}

TEST(FixedLength, CutSourcesAreReported) {
  const RunResult result = predict(models().dates, std::string(31, '1') + "\n3 may 1979\n");
  EXPECT_EQ(lines_of(result.out).size(), 2U);
  EXPECT_EQ(result.error, "attend predict: 1 of 2 lines was cut to the model's fixed length\n");
}

}  // namespace
}  // namespace attend::end_to_end

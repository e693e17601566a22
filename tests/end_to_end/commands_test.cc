// Tests of score, align, evaluate, show, info, dates and train on whole models.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

/// Runs a command that must succeed and print nothing on stderr, and returns its output.
std::string output_of(const std::vector<std::string>& arguments, const std::string& input = "") {
  RunOptions options;
  options.standard_input = input;
  const RunResult result = attend(arguments, options);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.error, "");
  return result.out;
}

std::string strings() { return models().strings.string(); }

// --------------------------------------------------------------------------- score and align ---

TEST(Score, EqualsTheLogProbabilityOfThePrediction) {
  for (const fs::path& model : {models().strings, models().words, models().luong}) {
    SCOPED_TRACE(model);
    std::string lines = "abc\né日\nccc\nbaab\n";
    if (model == models().words) lines = "the cat sees\n日本 and the dog\n";
    std::string pairs;
    std::vector<double> expected;
    const auto answers =
        lines_of(output_of({"predict", "-m", model.string(), "--format", "json"}, lines));
    for (const std::string& line : answers) {
      const Json answer = Json::parse(line);
      const Json& best = answer["predictions"][0];
      if (!best["finished"].get<bool>()) continue;
      pairs += answer["source"].get<std::string>() + "\t" + best["text"].get<std::string>() + "\n";
      expected.push_back(best["log_probability"]);
    }
    ASSERT_GE(expected.size(), 1U);
    const auto scores = lines_of(output_of({"score", "-m", model.string(), "-"}, pairs));
    ASSERT_EQ(scores.size(), expected.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      EXPECT_NEAR(std::stod(scores[i]), expected[i], 1e-4);
    }
  }
}

TEST(Score, NamesATargetBeyondTheFixedLength) {
  RunOptions options;
  options.standard_input = "3 may 1979\t1979-05-031\n";
  const RunResult result = attend({"score", "-m", models().dates.string(), "-"}, options);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "\n");
  EXPECT_EQ(
      result.error,
      "attend score: standard input:1: the target has 11 units, expected 10; the line gets an "
      "empty answer\n");
  EXPECT_TRUE(refused(attend({"score", "-m", models().dates.string(), "-", "--strict"}, options),
                      kData, {"standard input:1:", "11 units", "expected 10"}));
}

TEST(Score, IsTheSameInAnyBatchAndFromParallelFiles) {
  const TemporaryFolder folder;
  const auto pairs = string_pairs(50, 21);
  std::string sources, targets, one_by_one;
  for (const auto& pair : pairs) {
    sources += pair.first + "\n";
    targets += pair.second + "\n";
    one_by_one += output_of({"score", "-m", strings(), "-"}, to_tsv({pair}));
  }
  write_file(folder / "sources", sources);
  write_file(folder / "targets", targets);
  const auto expected = lines_of(one_by_one);
  const auto batched = lines_of(
      output_of({"score", "-m", strings(), "--source", (folder / "sources").string(), "--target",
                 (folder / "targets").string(), "--threads", "3", "--batch-size", "8"}));
  ASSERT_EQ(batched.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(std::stod(batched[i]), std::stod(expected[i]), 1e-4);
  }
}

TEST(Align, LinksEveryTargetUnitOnce) {
  const auto pairs = string_pairs(30, 22);
  const auto links = lines_of(output_of({"align", "-m", strings(), "-"}, to_tsv(pairs)));
  const auto answers =
      lines_of(output_of({"align", "-m", strings(), "-", "--json"}, to_tsv(pairs)));
  ASSERT_EQ(links.size(), pairs.size());
  ASSERT_EQ(answers.size(), pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Json answer = Json::parse(answers[i]);
    const Json& target = answer["predictions"][0];
    EXPECT_EQ(answer["source"], pairs[i].first);
    EXPECT_EQ(target["text"], pairs[i].second);
    std::istringstream words(links[i]);
    std::set<std::size_t> linked;
    for (std::string word; words >> word;) {
      std::size_t j = 0, k = 0;
      ASSERT_EQ(std::sscanf(word.c_str(), "%zu-%zu", &j, &k), 2) << word;
      EXPECT_LT(j, answer["source_units"].size());
      EXPECT_LT(k, target["units"].size());
      EXPECT_TRUE(linked.insert(k).second);
    }
  }
}

// -------------------------------------------------------------------------------- evaluate ---

TEST(Evaluate, CountsWhatPredictPredicts) {
  const auto pairs = string_pairs(60, 23);
  std::string sources;
  for (const auto& pair : pairs) sources += pair.first + "\n";
  const auto predictions = lines_of(output_of({"predict", "-m", strings()}, sources));
  double right = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    right += predictions[i] == pairs[i].second ? 1 : 0;
  }
  const double expected = 100 * right / static_cast<double>(pairs.size());
  const Json json =
      Json::parse(output_of({"evaluate", "-m", strings(), "-", "--json"}, to_tsv(pairs)));
  EXPECT_NEAR(json["exact_match"].get<double>(), expected, 1e-9);
  EXPECT_EQ(json["examples"], 60);
  std::size_t examples = 0;
  for (const auto& [name, row] : json["by_source_length"].items()) {
    examples += row["examples"].get<std::size_t>();
  }
  EXPECT_EQ(examples, 60U);
  const std::string value = output_of(
      {"evaluate", "-m", strings(), "-", "--metrics", "exact_match", "--value"}, to_tsv(pairs));
  EXPECT_NEAR(std::stod(value), expected, 0.0051);
}

TEST(Evaluate, PerfectPredictionsHavePerfectMetrics) {
  const auto sources = string_pairs(20, 24);
  std::string lines, pairs;
  for (const auto& pair : sources) lines += pair.first + "\n";
  const auto predictions = lines_of(output_of({"predict", "-m", strings()}, lines));
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (!predictions[i].empty()) pairs += sources[i].first + "\t" + predictions[i] + "\n";
  }
  const Json json = Json::parse(output_of(
      {"evaluate", "-m", strings(), "-", "--json", "--metrics", "exact_match,unit_error_rate,chrf"},
      pairs));
  EXPECT_EQ(json["exact_match"], 100.0);
  EXPECT_EQ(json["unit_error_rate"], 0.0);
  EXPECT_NEAR(json["chrf"].get<double>(), 100.0, 1e-9);
}

TEST(Evaluate, PrintsATableAndDrawsACurve) {
  const TemporaryFolder folder;
  const std::string curve = (folder / "curve.svg").string();
  const auto table =
      lines_of(output_of({"evaluate", "-m", strings(), "-", "--lengths", "2,4", "--curve", curve},
                         to_tsv(string_pairs(50, 25))));
  ASSERT_GE(table.size(), 4U);
  for (const char* metric : {"exact_match", "unit_error_rate", "bleu", "chrf"}) {
    EXPECT_NE(table[0].find(metric), std::string::npos) << table[0];
  }
  const auto all = std::find_if(table.begin(), table.end(),
                                [](const std::string& row) { return row.starts_with("all "); });
  ASSERT_NE(all, table.end());
  EXPECT_NE(all->find(" 50 "), std::string::npos) << *all;
  EXPECT_TRUE(table[table.size() - 2].starts_with("bleu: nrefs:1|case:mixed|eff:no|tok:13a"));
  EXPECT_TRUE(table.back().starts_with("chrf: nrefs:1|case:mixed|eff:yes|nc:6"));
  EXPECT_TRUE(read_file(curve).starts_with("<svg") || read_file(curve).starts_with("<?xml"));
}

// The second reference is what the model predicts: every metric takes the nearer one.
TEST(Evaluate, TakesSeveralReferences) {
  const TemporaryFolder folder;
  const auto sources = string_pairs(20, 26);
  std::string lines, pairs, columns, references;
  for (const auto& pair : sources) lines += pair.first + "\n";
  const auto predictions = lines_of(output_of({"predict", "-m", strings()}, lines));
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (predictions[i].empty()) continue;
    pairs += sources[i].first + "\taaaaaaaaaaaa\n";
    columns += sources[i].first + "\taaaaaaaaaaaa\t" + predictions[i] + "\n";
    references += predictions[i] + "\n";
  }
  write_file(folder / "references.txt", references);
  const std::string file = (folder / "references.txt").string();
  const auto exact = [](const std::vector<std::string>& more, const std::string& input) {
    std::vector<std::string> arguments{"evaluate",  "-m",          strings(), "-",
                                       "--metrics", "exact_match", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Json::parse(output_of(arguments, input))["exact_match"].get<double>();
  };
  EXPECT_LT(exact({}, pairs), 100);
  EXPECT_EQ(exact({"--references", file}, pairs), 100);
  EXPECT_EQ(exact({"--reference-column", "3"}, columns), 100);
  EXPECT_EQ(exact({"--reference-column", "3-"}, columns), 100);
  RunOptions longer;
  longer.standard_input = pairs + "ab\tba\n";
  EXPECT_TRUE(refused(attend({"evaluate", "-m", strings(), "-", "--references", file}, longer),
                      kData, {file + ": ends after", "standard input has more"}));
}

// References are compared as the model prepares its targets, and the signature must say so.
TEST(Evaluate, SignsAndNamesThePreparationOfTheModel) {
  const TemporaryFolder folder;
  const std::string pairs = "ab\tBa,\ncd\tDc\nef\tFe\ngh\tHg\n";
  write_file(folder / "pairs.tsv", pairs);
  const auto evaluated = [&](const std::string& name, const std::vector<std::string>& settings) {
    std::vector<std::string> arguments{"train", (folder / "pairs.tsv").string(), "-m",
                                       (folder / name).string()};
    for (const std::string& option : tiny_options(2)) arguments.push_back(option);
    for (const std::string& setting : settings)
      arguments.insert(arguments.end(), {"--set", setting});
    EXPECT_EQ(attend(arguments).exit_code, 0);
    RunOptions options;
    options.standard_input = pairs;
    const RunResult result =
        attend({"evaluate", "-m", (folder / name).string(), "-", "--metrics",
                "bleu,chrf,ter,bleu-4,rouge-l,cider-d", "--ter-case-sensitive", "--json"},
               options);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return std::pair(Json::parse(result.out)["signatures"], result.error);
  };
  const auto [lower, quiet] = evaluated("lower", {"target.lowercase=true"});
  for (const char* metric : {"bleu", "chrf", "ter", "bleu-4", "rouge-l", "cider-d"}) {
    EXPECT_NE(lower[metric].get<std::string>().find("|case:lc|"), std::string::npos) << lower;
  }
  EXPECT_EQ(quiet.find("prepared"), std::string::npos) << quiet;
  const auto [mixed, notice] = evaluated("removed", {"target.remove=,"});
  for (const char* metric : {"bleu", "chrf", "ter", "bleu-4", "rouge-l", "cider-d"}) {
    EXPECT_NE(mixed[metric].get<std::string>().find("|case:mixed|"), std::string::npos) << mixed;
  }
  EXPECT_NE(notice.find("attend evaluate: the references were prepared as the model prepares its "
                        "targets, which changed 1 of them; --hypotheses scores"),
            std::string::npos)
      << notice;
}

TEST(Evaluate, ComparesAModelWithABaseline) {
  const TemporaryFolder folder;
  std::string baseline;
  for (int i = 0; i < 40; ++i) baseline += "aaa\n";
  write_file(folder / "old.txt", baseline);
  const std::string file = (folder / "old.txt").string();
  const Json json = Json::parse(output_of({"evaluate", "-m", strings(), "-", "--json", "--baseline",
                                           file, "--bootstrap", "100", "--metrics", "chrf"},
                                          to_tsv(string_pairs(40, 27))));
  const Json& chrf = json["bootstrap"]["metrics"]["chrf"];
  EXPECT_EQ(chrf["score"], json["chrf"]);
  EXPECT_LT(chrf["baseline"]["score"], chrf["score"]);
  EXPECT_NEAR(chrf["p_value"].get<double>(), 1.0 / 101, 1e-9);
}

// ------------------------------------------------------------------------------------ show ---

TEST(Show, WritesPicturesOfEveryKind) {
  const TemporaryFolder folder;
  const auto picture = [&](const std::string& name) {
    const std::string file = (folder / name).string();
    EXPECT_EQ(output_of({"show", "-m", strings(), "aé日b", "-o", file}), "");
    return read_file(file);
  };
  const std::string svg = picture("heat.svg");
  EXPECT_NE(svg.substr(0, 200).find("<svg"), std::string::npos);
  EXPECT_TRUE(svg.ends_with("</svg>\n") || svg.ends_with("</svg>"));
  EXPECT_NE(svg.find("日"), std::string::npos);
  EXPECT_TRUE(picture("heat.png").starts_with("\x89PNG\r\n\x1a\n"));
  const std::string html = picture("heat.html");
  EXPECT_TRUE(html.starts_with("<!DOCTYPE html>") || html.starts_with("<!doctype html>"));
  EXPECT_NE(html.find("</html>"), std::string::npos);
  for (const char* remote : {"src=\"http", "href=\"http", "url(http", "@import"}) {
    EXPECT_EQ(html.find(remote), std::string::npos) << remote;
  }
}

TEST(Show, SeveralTextsGoIntoOnePage) {
  const TemporaryFolder folder;
  const std::string file = (folder / "all.html").string();
  output_of({"show", "-m", strings(), "abc", "é日", "-o", file});
  const std::string html = read_file(file);
  EXPECT_NE(html.find("abc →"), std::string::npos);
  EXPECT_NE(html.find("é日 →"), std::string::npos);
}

TEST(Show, DrawsInTheTerminalWithoutColourWhenItIsNone) {
  const std::string text = output_of({"show", "-m", strings(), "ab日"});
  EXPECT_NE(text.find("日"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_GE(lines_of(text).size(), 3U);
}

TEST(Show, DrawsTheOthersWhereATextHasNoAnswer) {
  const std::string model = models().strings.string();
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{}, {"--explain"}}) {
    const auto show = [&](const std::vector<std::string>& texts) {
      std::vector<std::string> arguments{"show", "-m", model};
      arguments.insert(arguments.end(), texts.begin(), texts.end());
      arguments.insert(arguments.end(), options.begin(), options.end());
      return attend(arguments);
    };
    const RunResult expected = show({"ab", "abc"}), result = show({"ab", "", "a\xff", "abc"});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(result.out, expected.out);
    const auto named = lines_of(result.error);
    ASSERT_EQ(named.size(), 3U) << result.error;
    EXPECT_EQ(named[0], "attend show: text:2: empty text; the text is left out");
    EXPECT_TRUE(named[1].starts_with("attend show: text:3: ")) << named[1];
    EXPECT_EQ(named[2], "attend show: 2 texts were left out");
    const RunResult none = show({"", "a\xff"});
    EXPECT_EQ(none.exit_code, kData) << none.error;
    EXPECT_EQ(none.out, "");
    EXPECT_EQ(show({"ab", ""}).exit_code, 0);
    EXPECT_TRUE(refused(show({"ab", "", "--strict"}), kData, {"text:2: "}));
  }
}

// Headings of several characters would be taller than the picture of a short text.
TEST(Show, HeadsPaddingWithOneCharacter) {
  const std::string text = output_of({"show", "-m", models().dates.string(), "3 may 1979"});
  EXPECT_NE(text.find("∅"), std::string::npos) << text;
  EXPECT_EQ(text.find('<'), std::string::npos) << text;
}

// Reads the numbers of a line such as "  energies      0.1  -0.2", whose name is `name`.
std::vector<double> numbers_after(const std::string& line, const std::string& name) {
  EXPECT_TRUE(line.starts_with("  " + name + " ")) << line;
  std::istringstream stream(line.substr(2 + name.size()));
  std::vector<double> numbers;
  for (double number = 0; stream >> number;) numbers.push_back(number);
  return numbers;
}

TEST(ShowExplain, PrintsEnergiesAlignmentContextAndChoiceOfEveryStep) {
  const std::string text = output_of({"show", "-m", strings(), "abc", "--explain"});
  const std::size_t equations = text.find("\n\n");
  ASSERT_NE(equations, std::string::npos);
  EXPECT_NE(
      text.substr(0, equations).find("\nenergies    e_ij = v · tanh(W s_{i-1} + U h_j + b)\n"),
      std::string::npos);
  const auto lines = lines_of(text.substr(equations + 2));
  const Json answer =
      Json::parse(output_of({"predict", "-m", strings(), "--format", "json"}, "abc\n"));
  const Json& best = answer["predictions"][0];
  const std::size_t columns = answer["columns"].size();
  EXPECT_TRUE(lines[0].starts_with("abc → " + best["text"].get<std::string>())) << lines[0];
  const std::size_t steps =
      best["units"].size() + (best["finished"].get<bool>() ? 1U : 0U);  // </s>
  ASSERT_EQ(lines.size(), 1 + 6 * steps) << text;
  for (std::size_t i = 0; i < steps; ++i) {
    const std::size_t first = 1 + 6 * i;
    EXPECT_TRUE(lines[first].starts_with("step " + std::to_string(i + 1) + ": ")) << lines[first];
    const auto energies = numbers_after(lines[first + 2], "energies");
    const auto alignment = numbers_after(lines[first + 3], "alignment");
    ASSERT_EQ(energies.size(), columns);
    ASSERT_EQ(alignment.size(), columns);
    EXPECT_GE(numbers_after(lines[first + 4], "context").size(), 8U);
    double sum = 0;  // the alignment is the softmax of the energies
    for (const double energy : energies) sum += std::exp(energy);
    for (std::size_t j = 0; j < columns; ++j) {
      EXPECT_NEAR(alignment[j], std::exp(energies[j]) / sum, 2e-3);
    }
    EXPECT_TRUE(lines[first + 5].starts_with("  choice ")) << lines[first + 5];
    if (i == best["units"].size()) continue;
    const std::string chosen = "'" + best["units"][i]["text"].get<std::string>() + "' p = ";
    ASSERT_NE(lines[first + 5].find(chosen), std::string::npos) << lines[first + 5];
    const double p =
        std::stod(lines[first + 5].substr(lines[first + 5].find(chosen) + chosen.size()));
    EXPECT_NEAR(p, std::exp(best["units"][i]["log_probability"].get<double>()), 1e-4);
  }
}

TEST(ShowExplain, WorksForModelsOfEveryKind) {
  for (const auto& [model, source] :
       std::vector<std::pair<fs::path, std::string>>{{models().words, "the cat"},
                                                     {models().subwords, "the cat"},
                                                     {models().luong, "abc"},
                                                     {models().dates, "3 may 1979"}}) {
    SCOPED_TRACE(model);
    const std::string text =
        output_of({"show", "-m", model.string(), source, "--explain", "--beam", "3"});
    EXPECT_NE(text.find("energies"), std::string::npos);
  }
}

// The names of the lines have different lengths, "coverage 10" is the longest.
TEST(ShowExplain, PutsNumbersBelowTheirLabels) {
  const TemporaryFolder folder;
  const std::string pairs = (folder / "pairs.tsv").string(), model = (folder / "model").string();
  write_file(pairs, to_tsv(string_pairs(60, 4)));
  std::vector<std::string> arguments{"train",    pairs,
                                     "-m",       model,
                                     "--preset", "coverage-neural",
                                     "--set",    "source.unit=characters"};
  for (const std::string& option : tiny_options(3)) arguments.push_back(option);
  const RunResult trained = attend(arguments);
  ASSERT_EQ(trained.exit_code, 0) << trained.error;
  const RunResult shown = attend({"show", "-m", model, "abc", "--explain"});
  std::size_t labels = 0, numbers = 0;
  for (const std::string& line : lines_of(shown.out)) {
    if (line.starts_with("  source ")) labels = line.size();  // all of it is ASCII
    if (labels == 0) continue;
    for (const char* name : {"  energies ", "  alignment ", "  coverage 1 ", "  coverage 10 "}) {
      if (!line.starts_with(name)) continue;
      EXPECT_EQ(line.size(), labels) << shown.out;
      ++numbers;
    }
  }
  EXPECT_GE(numbers, 4U) << shown.out;
}

// ------------------------------------------------------------------------------------ info ---

TEST(Info, TellsWhatAModelHolds) {
  const std::string text = output_of({"info", "-m", models().dates.string(), "--tensors"});
  EXPECT_NE(text.find("preset      dates\n"), std::string::npos);
  EXPECT_NE(text.find("always 30 tokens"), std::string::npos);
  EXPECT_NE(text.find("format: 1\n"), std::string::npos);
  EXPECT_NE(text.find("training    encoder, decoder, readout and loss on fused kernels\n"),
            std::string::npos);
  // The shapes add up to the number of parameters.
  std::size_t parameters = 0, sum = 0;
  for (const std::string& line : lines_of(text)) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == "parameters") words >> parameters;
    const std::size_t bracket = line.find('[');
    if (bracket == std::string::npos || line.ends_with(":")) continue;
    std::istringstream shape(line.substr(bracket + 1));
    std::size_t count = 1, size = 0;
    char comma = ',';
    while (comma == ',' && shape >> size) {
      count *= size;
      shape >> comma;
    }
    sum += count;
  }
  EXPECT_GT(parameters, 100U);
  EXPECT_EQ(sum, parameters);
}

// ----------------------------------------------------------------------------------- dates ---

TEST(Dates, AreAFunctionOfTheSeed) {
  const auto dates = [](const std::string& seed) {
    return output_of({"dates", "--count", "500", "--seed", seed});
  };
  const std::string first = dates("7");
  EXPECT_EQ(lines_of(first).size(), 500U);
  EXPECT_EQ(dates("7"), first);
  EXPECT_NE(dates("8"), first);
}

TEST(Dates, OfTrainAndTestAreDisjoint) {
  const auto days = [](const std::string& split, const std::string& seed) {
    std::set<std::string> set;
    for (const std::string& line :
         lines_of(output_of({"dates", "--count", "20000", "--locales", "en,fr", "--split", split,
                             "--seed", seed}))) {
      const std::size_t tab = line.find('\t');
      EXPECT_NE(tab, std::string::npos) << line;
      set.insert(line.substr(tab + 1));
    }
    return set;
  };
  const std::set<std::string> training = days("train", "1"), test = days("test", "2");
  EXPECT_GT(training.size(), 1000U);
  EXPECT_GT(test.size(), 1000U);
  std::vector<std::string> both;
  std::set_intersection(training.begin(), training.end(), test.begin(), test.end(),
                        std::back_inserter(both));
  EXPECT_EQ(both, std::vector<std::string>{});
}

TEST(Dates, KeepToTheYearsThatWereAskedFor) {
  for (const std::string& line : lines_of(output_of(
           {"dates", "--count", "2000", "--first-year", "1990", "--last-year", "2000"}))) {
    const std::string year = line.substr(line.find('\t') + 1, 4);
    EXPECT_TRUE("1990" <= year && year <= "2000") << line;
  }
}

TEST(Dates, ListTheirLocales) {
  const auto locales = lines_of(output_of({"dates", "--list"}));
  EXPECT_GE(locales.size(), 49U);
  EXPECT_NE(std::find(locales.begin(), locales.end(), "en-GB"), locales.end());
}

// ----------------------------------------------------------------------------------- train ---

TEST(Train, LeavesAWholeFolder) {
  EXPECT_EQ(files_below(models().strings),
            (std::vector<std::string>{"checkpoint/last.safetensors", "config.yml", "metrics.jsonl",
                                      "model.safetensors", "source.vocab", "target.vocab"}));
  for (const std::string& line : lines_of(read_file(models().strings / "metrics.jsonl"))) {
    const Json record = Json::parse(line);
    EXPECT_TRUE(record.contains("update") && record.contains("valid_loss")) << line;
  }
}

// With these variables OpenMP would bind every thread of the training to one processor.
TEST(Train, IsNotBoundToAProcessorByTheEnvironment) {
  const TemporaryFolder folder;
  fs::copy_file(testing::binary_folder() / "attend", folder / "attend");
  write_file(folder / "attend-train", "#!/bin/sh\nenv\n");
  fs::permissions(folder / "attend-train", fs::perms::owner_all);
  RunOptions options;
  options.environment = {
      {"OMP_PROC_BIND", "true"}, {"OMP_PLACES", "cores"}, {"GOMP_CPU_AFFINITY", "0"}};
  const RunResult result = run(folder / "attend", {"train"}, options);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.out.find("PATH="), std::string::npos);
  for (const auto& [name, value] : options.environment) {
    EXPECT_EQ(result.out.find(name + "="), std::string::npos) << name;
  }
}

TEST(Train, TakesParallelFilesAndDrawsCurves) {
  const TemporaryFolder folder;
  std::string sources, targets;
  for (const auto& pair : string_pairs(60, 26)) {
    sources += pair.first + "\n";
    targets += pair.second + "\n";
  }
  write_file(folder / "s", sources);
  write_file(folder / "t", targets);
  std::vector<std::string> arguments{"train",
                                     "--source",
                                     (folder / "s").string(),
                                     "--target",
                                     (folder / "t").string(),
                                     "--valid-source",
                                     (folder / "s").string(),
                                     "--valid-target",
                                     (folder / "t").string(),
                                     "-m",
                                     (folder / "model").string(),
                                     "--plot",
                                     (folder / "curves.svg").string(),
                                     "--metric",
                                     "exact_match"};
  const auto tiny = tiny_options(9);
  arguments.insert(arguments.end(), tiny.begin(), tiny.end());
  const RunResult result = attend(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.error.find("validation loss"), std::string::npos) << result.error;
  EXPECT_NE(read_file(folder / "curves.svg").find("<svg"), std::string::npos);
  output_of({"info", "-m", (folder / "model").string()});
}

// Only one character occurs on each side of the training set.
TEST(Train, TakesAVocabularyOfOneToken) {
  const TemporaryFolder folder;
  std::string pairs, dates;
  for (std::size_t i = 1; i <= 20; ++i) {
    pairs += std::string(i, 'a') + "\t" + std::string(1 + i % 3, 'a') + "\n";
    dates += std::string(i, 'a') + "\taaaaaaaaaa\n";  // without </s>: exactly one target unit
  }
  write_file(folder / "pairs.tsv", pairs);
  write_file(folder / "dates.tsv", dates);
  for (const char* name : {"pairs", "dates"}) {
    SCOPED_TRACE(name);
    const std::string model = (folder / name).string();
    std::vector<std::string> arguments{"train", model + ".tsv", "-m", model, "--threads",
                                       "1",     "--updates",    "4"};
    if (std::string_view(name) == "dates") arguments.insert(arguments.end(), {"--preset", "dates"});
    const RunResult result = attend(arguments);
    ASSERT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(lines_of(output_of({"predict", "-m", model, "--beam", "3"}, "aa\n")).size(), 1U);
    output_of({"score", "-m", model, "-"}, "aa\taaaaaaaaaa\n");
  }
}

TEST(Train, TooFewPairsAreRefused) {
  const TemporaryFolder folder;
  write_file(folder / "one.tsv", "a\ta\na\tb\n");
  EXPECT_TRUE(
      refused(attend({"train", (folder / "one.tsv").string(), "-m", (folder / "model").string()}),
              kData, {(folder / "one.tsv").string()}));
  EXPECT_FALSE(fs::exists(folder / "model"));
}

TEST(Train, LossThatIsNotFiniteStopsWithAdviceAndKeepsTheCheckpoint) {
  const TemporaryFolder folder;
  write_file(folder / "pairs.tsv", to_tsv(string_pairs(60, 27)));
  const std::string model = (folder / "model").string();
  std::vector<std::string> arguments{"train", (folder / "pairs.tsv").string(), "-m", model};
  const auto tiny = tiny_options(2000);
  arguments.insert(arguments.end(), tiny.begin(), tiny.end());
  arguments.insert(arguments.end(),
                   {"--set", "training.learning_rate=1000000", "--set", "training.clip_norm=0",
                    "--set", "training.optimizer=sgd", "--set", "training.weight_decay=1"});
  EXPECT_TRUE(failed(attend(arguments), kOther, {"not finite", "training.learning_rate"}));
  EXPECT_TRUE(fs::exists(folder / "model" / "checkpoint" / "last.safetensors"));
}

// ------------------------------------------------------------------------------ the program ---

TEST(LightProgram, LinksNoLibtorch) {
  const RunResult light = run("/usr/bin/ldd", {(testing::binary_folder() / "attend").string()});
  ASSERT_EQ(light.exit_code, 0) << light.error;
  EXPECT_NE(light.out.find("libc.so"), std::string::npos);
  for (const char* heavy : {"libtorch", "libc10.", "libpython", "not found"}) {
    EXPECT_EQ(light.out.find(heavy), std::string::npos) << light.out;
  }
  const RunResult full =
      run("/usr/bin/ldd", {(testing::binary_folder() / "attend-train").string()});
  // Otherwise this test could not see libraries.
  EXPECT_NE(full.out.find("libc10."), std::string::npos) << full.out;
}

}  // namespace
}  // namespace attend::end_to_end

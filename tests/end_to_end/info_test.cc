// Tests of what `attend info` says a model costs: every number of a sum is there to be checked.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "end_to_end/models.h"
#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

// Returns the lines of `attend info` that begin with `name`, and those below without a name.
std::vector<std::string> lines_about(const std::string& name, const std::filesystem::path& model) {
  const RunResult result = attend({"info", "-m", model.string()});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  std::vector<std::string> found;
  bool inside = false;
  for (const std::string& line : lines_of(result.out)) {
    inside = line.starts_with(name + " ") || (inside && line.starts_with("      "));
    if (inside) found.push_back(line.substr(12));
  }
  return found;
}

// Returns the whole numbers of a text, written with commas or without.
std::vector<long> numbers_in(const std::string& text) {
  std::vector<long> numbers;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    std::erase(word, ',');
    if (!word.empty() && word.find_first_not_of("0123456789") == std::string::npos) {
      numbers.push_back(std::stol(word));
    }
  }
  return numbers;
}

std::vector<std::string> split(std::string text, const std::string& separator) {
  std::vector<std::string> parts;
  for (std::size_t place; (place = text.find(separator)) != std::string::npos;) {
    parts.push_back(text.substr(0, place));
    text.erase(0, place + separator.size());
  }
  parts.push_back(text);
  return parts;
}

// Checks the sum of an example: each term ends in a number of the line above, the other factors
// are lengths, and the terms add up.
void expect_explained(const std::vector<std::string>& work, long sources, long targets) {
  ASSERT_EQ(work.size(), 2U);
  const std::vector<std::string> parts = split(work[1], ": ");
  ASSERT_EQ(parts.size(), 2U) << work[1];
  EXPECT_EQ(numbers_in(parts[0]), (std::vector<long>{sources, targets}));
  const std::vector<std::string> sides = split(parts[1], " = ");
  ASSERT_EQ(sides.size(), 2U) << work[1];
  const std::vector<long> kinds = numbers_in(work[0]);
  const std::vector<std::string> terms = split(sides[0], " + ");
  ASSERT_EQ(terms.size(), kinds.size()) << work[0];
  long sum = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    long product = 1;
    for (const long factor : numbers_in(terms[i])) product *= factor;
    sum += product;
    EXPECT_EQ(numbers_in(terms[i]).back(), kinds[i]) << work[1];
  }
  EXPECT_EQ(std::vector<long>{sum}, numbers_in(sides[1])) << work[1];
  EXPECT_EQ(numbers_in(terms[0]).front(), targets);
  EXPECT_EQ(numbers_in(terms[1])[0], sources);
  EXPECT_EQ(numbers_in(terms[1])[1], targets);
}

TEST(Info, ExplainsTheWorkOfTheDecoder) {
  const std::vector<std::string> work = lines_about("work", models().strings);
  expect_explained(work, 20, 20);
  EXPECT_NE(work[0].find(" multiply-adds of the decoder for each target token, plus "),
            std::string::npos)
      << work[0];
  EXPECT_NE(work[0].find(" for each source token in every step, plus "), std::string::npos);
  EXPECT_NE(work[0].find(" once for each source token"), std::string::npos);
  expect_explained(lines_about("work", models().words), 20, 20);
}

// Three updates give a folder, whose costs do not depend on what the model has learned.
TEST(Info, NamesTheStepsThatAttentionToThePastReads) {
  const testing::TemporaryFolder folder;
  const std::string pairs = (folder / "pairs.tsv").string(), model = (folder / "model").string();
  testing::write_file(pairs, to_tsv(string_pairs(60, 2)));
  std::vector<std::string> arguments{"train", pairs,
                                     "-m",    model,
                                     "--set", "decoder.self_attention=dot",
                                     "--set", "decoder.self_attention_window=1"};
  for (const std::string& option : tiny_options(3)) arguments.push_back(option);
  const RunResult trained = attend(arguments);
  ASSERT_EQ(trained.exit_code, 0) << trained.error;
  const std::vector<std::string> work = lines_about("work", model);
  EXPECT_NE(work.front().find(" for the last step in every step"), std::string::npos) << work[0];
}

TEST(Info, TakesFixedLengthsForItsExample) {
  expect_explained(lines_about("work", models().dates), 30, 10);
  const std::vector<std::string> memory = lines_about("memory", models().dates);
  ASSERT_EQ(memory.size(), 1U);
  EXPECT_NE(memory[0].find("of 30 source tokens and 10 target tokens"), std::string::npos);
}

TEST(Info, EstimatesTheMemoryOfTrainingBatches) {
  const std::vector<std::string> memory = lines_about("memory", models().strings);
  ASSERT_EQ(memory.size(), 3U);
  long before = 0;
  for (const std::string& line : memory) {
    EXPECT_NE(line.find(" MiB for the activations of a training batch of "), std::string::npos);
    const std::vector<long> numbers = numbers_in(line);  // MiB, pairs, and the two lengths
    ASSERT_EQ(numbers.size(), 4U) << line;
    EXPECT_GE(numbers[0], std::max(1L, before)) << line;
    EXPECT_EQ(numbers[2], numbers[3]) << line;
    before = numbers[0];
  }
}

}  // namespace
}  // namespace attend::end_to_end

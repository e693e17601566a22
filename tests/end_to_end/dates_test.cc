// Tests of attend dates through the program: refusals and styles.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "end_to_end/failure.h"
#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

std::vector<std::string> pairs_of(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "dates");
  const RunResult result = attend(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.error, "");
  return lines_of(result.out);
}

long empty_targets(const std::vector<std::string>& lines) {
  return std::count_if(lines.begin(), lines.end(),
                       [](const std::string& line) { return line.ends_with("\t"); });
}

TEST(DatesCommand, WritesRefusalsAsLinesThatEndInATab) {
  const auto lines = pairs_of({"--count", "4000", "--refusals", "0.25"});
  ASSERT_EQ(lines.size(), 4000U);
  EXPECT_NEAR(static_cast<double>(empty_targets(lines)), 1000, 120);
  for (const std::string& line : lines) {
    EXPECT_EQ(std::count(line.begin(), line.end(), '\t'), 1) << line;
    EXPECT_NE(line.front(), '\t') << line;
  }
}

TEST(DatesCommand, WritesNoRefusalsByDefault) {
  EXPECT_EQ(empty_targets(pairs_of({"--count", "4000"})), 0);
}

TEST(DatesCommand, WritesEnglishDatesOfAnyYear) {
  std::set<std::string> centuries;
  for (const std::string& line : pairs_of({"--style", "english", "--count", "3000", "--first-year",
                                           "1500", "--last-year", "2100"})) {
    EXPECT_EQ(line.find('<'), std::string::npos) << line;
    const std::string year = line.substr(line.find('\t') + 1, 4);
    EXPECT_TRUE("1500" <= year && year <= "2100") << line;
    centuries.insert(year.substr(0, 2));
  }
  EXPECT_EQ(centuries, (std::set<std::string>{"15", "16", "17", "18", "19", "20", "21"}));
}

TEST(DatesCommand, ListsPersian) {
  const auto codes = pairs_of({"--list"});
  EXPECT_TRUE(std::find(codes.begin(), codes.end(), "fa") != codes.end());
  for (const std::string& line : pairs_of({"--locales", "fa", "--count", "100"})) {
    EXPECT_TRUE(line.starts_with("<fa> ")) << line;
  }
}

}  // namespace
}  // namespace attend::end_to_end

#include "commands/worked_example.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "base/base.h"
#include "view/view.h"

namespace attend::commands {
namespace {

using ::testing::HasSubstr;

// ------------------------------------------------------------ an independent computation ---

struct Expected {
  Numbers query, energies, weights, context;
  Rows keys, hidden;
  double sum = 0;
};

// The equations of §1.5, written again from the given values of an example.
Expected by_hand(const WorkedExample& x, const Numbers& s) {
  const bool additive = x.score == ExampleScore::kAdditive;
  const Rows &h = x.annotations, &w = x.query_matrix, &u = x.key_matrix;
  Expected y{s, {}, {}, Numbers(s.size()), h, h};
  for (std::size_t k = 0; k < s.size() && !w.empty(); ++k) {
    y.query[k] = 0;
    for (std::size_t l = 0; l < s.size(); ++l) y.query[k] += s[l] * (additive ? w[k][l] : w[l][k]);
  }
  for (std::size_t j = 0; j < h.size(); ++j) {
    double energy = 0;
    for (std::size_t k = 0; k < s.size(); ++k) {
      double& key = y.keys[j][k];
      if (additive) key = std::inner_product(u[k].begin(), u[k].end(), h[j].begin(), 0.0);
      y.hidden[j][k] = std::tanh(y.query[k] + key);
      energy += additive ? x.energy_vector[k] * y.hidden[j][k] : y.query[k] * key;
    }
    y.energies.push_back(energy);
    y.sum += std::exp(energy);
  }
  for (std::size_t j = 0; j < h.size(); ++j) {
    y.weights.push_back(std::exp(y.energies[j]) / y.sum);
    for (std::size_t k = 0; k < s.size(); ++k) y.context[k] += y.weights[j] * h[j][k];
  }
  return y;
}

constexpr double kPrinted = 6e-7;  // half of the last printed place, and rounding

void expect_equal(const Numbers& found, const Numbers& expected, double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t k = 0; k < found.size(); ++k) {
    EXPECT_NEAR(found[k], expected[k], tolerance) << "component " << k;
  }
}

std::vector<WorkedExample> examples() {
  std::vector<WorkedExample> list;
  for (const ExampleSize& size : {ExampleSize{}, ExampleSize{10, 5}, ExampleSize{3, 30},
                                  ExampleSize{1, 1}, ExampleSize{50, 50}}) {
    for (const ExampleScore score :
         {ExampleScore::kDot, ExampleScore::kGeneral, ExampleScore::kAdditive}) {
      list.push_back(work_out(score, size, 2));
    }
  }
  return list;
}

// ----------------------------------------------------------------------------- the numbers ---

void expect_first_step(ExampleScore score, const Numbers& energies, const Numbers& alignment) {
  const ExampleStep step = work_out(score, {}, 1).steps.at(0);
  expect_equal(step.energies, energies, kPrinted);
  expect_equal(step.alignment, alignment, kPrinted);
}

TEST(WorkedExample, OfTheDefaultSizeHasTheGoldenValues) {  // §16
  expect_first_step(ExampleScore::kDot, {0.3, -0.7, 0.5}, {0.386207, 0.142078, 0.471715});
  expect_first_step(ExampleScore::kGeneral, {0.08, -0.23, 0.155}, {0.355703, 0.260890, 0.383407});
  expect_first_step(ExampleScore::kAdditive, {0.742950, 0.336211, 0.603515},
                    {0.394373, 0.262581, 0.343046});
  expect_equal(work_out(ExampleScore::kAdditive, {}, 1).steps[0].context, {0.565896, 0.091058},
               kPrinted);
}

TEST(WorkedExample, EqualsAnIndependentComputation) {
  for (const WorkedExample& example : examples()) {
    ASSERT_EQ(example.steps.size(), 2U);
    EXPECT_NE(example.steps[0].state, example.steps[1].state);
    for (const ExampleStep& step : example.steps) {
      const Expected expected = by_hand(example, step.state);
      expect_equal(step.query, expected.query, 1e-12);
      expect_equal(step.energies, expected.energies, 1e-12);
      expect_equal(step.alignment, expected.weights, 1e-12);
      expect_equal(step.context, expected.context, 1e-12);
      EXPECT_NEAR(step.sum, expected.sum, 1e-9);
    }
  }
}

// The values of all sizes but the default one, by the rule that the example prints.
TEST(WorkedExample, FollowsItsRule) {
  const auto rule = [](int factor, std::size_t r, std::size_t k) {
    const int row = static_cast<int>(r) + 1, column = static_cast<int>(k) + 1;
    return ((factor * row * column + 3 * row + 5 * column) % 53 - 26) / 50.0;
  };
  const WorkedExample example = work_out(ExampleScore::kAdditive, {10, 5}, 2);
  for (std::size_t k = 0; k < 5; ++k) {
    for (std::size_t j = 0; j < 10; ++j) EXPECT_EQ(example.annotations[j][k], rule(7, j, k));
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(example.steps[i].state[k], rule(11, i, k));
    for (std::size_t r = 0; r < 5; ++r) {
      EXPECT_EQ(example.query_matrix[r][k], rule(13, r, k));
      EXPECT_EQ(example.key_matrix[r][k], rule(17, r, k));
    }
    EXPECT_EQ(example.energy_vector[k], rule(19, 0, k));
  }
  const std::string text = draw_example(example);
  for (const char* factor : {"((7 r k", "((11 r k", "((13 r k", "((17 r k", "((19 r k"}) {
    EXPECT_THAT(text, HasSubstr(std::string(factor) + " + 3 r + 5 k) mod 53 - 26) / 50\n"));
  }
  EXPECT_EQ(draw_example(work_out(ExampleScore::kDot, {}, 2)).find("mod 53"), std::string::npos);
}

// ------------------------------------------------------------------------- the printed text ---

// The numbers of one line, without symbols, shapes and "…".
Numbers numbers_of(const std::string& line) {
  Numbers numbers;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    char* end = nullptr;
    const double number = std::strtod(word.c_str(), &end);
    if (*end == '\0') numbers.push_back(number);
  }
  return numbers;
}

// The rows of numbers by their part and line of the example, "step 1: energies". The number of a
// row is its first number; the row "sum" has none.
std::map<std::string, Rows> printed_rows(const std::string& text) {
  std::map<std::string, Rows> rows;
  std::istringstream stream(text);
  std::string part, name;
  for (std::string line; std::getline(stream, line);) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string::npos) continue;
    if (begin == 0) part = line.substr(0, line.find(':'));
    const bool named = begin == 2 && line.find('.') != 3 && line.substr(2, 3) != "sum";
    if (named) name = line.substr(2, line.find(' ', 2) - 2);
    const std::string key = part + ": " + name;
    if (const std::size_t sum = line.find("sum"); sum != std::string::npos && sum == begin) {
      rows[key].push_back(numbers_of(line.substr(sum)));
    } else if (begin > 2 || name == "state") {
      if (const Numbers numbers = numbers_of(line); !numbers.empty()) rows[key].push_back(numbers);
    }
  }
  return rows;
}

// The beginning of a vector that the example shows.
Numbers shown(const Numbers& values) {
  return {values.begin(),
          values.begin() + static_cast<long>(std::min<std::size_t>(5, values.size()))};
}

Numbers joined(const std::vector<Numbers>& parts) {
  Numbers all;
  for (const Numbers& part : parts) {
    const Numbers first = shown(part);
    all.insert(all.end(), first.begin(), first.end());
  }
  return all;
}

Numbers times(Numbers a, const Numbers& b) {
  for (std::size_t k = 0; k < a.size(); ++k) a[k] *= b[k];
  return a;
}

void expect_printed(std::map<std::string, Rows>& printed, const std::string& key,
                    const Rows& expected) {
  SCOPED_TRACE(key);
  const Rows& rows = printed[key];
  ASSERT_EQ(rows.size(), expected.size());
  for (std::size_t j = 0; j < rows.size(); ++j) expect_equal(rows[j], expected[j], kPrinted);
  printed.erase(key);
}

void expect_step_printed(std::map<std::string, Rows>& printed, const std::string& step,
                         const WorkedExample& x, const Numbers& state) {
  const Expected y = by_hand(x, state);
  const bool additive = x.score == ExampleScore::kAdditive;
  Rows hidden, energies, alignment, context;
  for (std::size_t j = 0; j < y.energies.size(); ++j) {
    const Numbers number{static_cast<double>(j + 1)}, h = x.annotations[j], weight{y.weights[j]};
    hidden.push_back(joined({number, y.keys[j], y.hidden[j]}));
    energies.push_back(additive
                           ? joined({number, times(x.energy_vector, y.hidden[j]), {y.energies[j]}})
                           : joined({number, h, times(y.query, h), {y.energies[j]}}));
    alignment.push_back({number[0], y.energies[j], std::exp(y.energies[j]), y.weights[j]});
    context.push_back(joined({number, weight, h, times(h, Numbers(h.size(), weight[0]))}));
  }
  alignment.push_back({y.sum, 1});
  context.push_back(shown(y.context));
  expect_printed(printed, step + ": state", {shown(state)});
  expect_printed(printed, step + ": query", {shown(y.query)});
  if (additive) expect_printed(printed, step + ": hidden", hidden);
  expect_printed(printed, step + ": energies", energies);
  expect_printed(printed, step + ": alignment", alignment);
  expect_printed(printed, step + ": context", context);
}

TEST(WorkedExample, PrintsNoNumberButThoseOfTheIndependentComputation) {
  for (const WorkedExample& x : examples()) {
    SCOPED_TRACE(::testing::Message() << kExampleScores[static_cast<int>(x.score)] << " "
                                      << x.size.positions << "x" << x.size.units);
    const std::string text = draw_example(x);
    auto printed = printed_rows(text);
    Rows moved, contexts;
    const Expected first = by_hand(x, x.steps[0].state), second = by_hand(x, x.steps[1].state);
    for (std::size_t j = 0; j < x.size.positions; ++j) {
      const double a = first.weights[j], b = second.weights[j];
      moved.push_back({static_cast<double>(j + 1), a, b, b - a});
    }
    EXPECT_THAT(text, HasSubstr("divided by " + std::to_string(first.sum) + ": α_1j"));
    EXPECT_THAT(text, HasSubstr("divided by " + std::to_string(second.sum) + ": α_2j"));
    expect_step_printed(printed, "step 1", x, x.steps[0].state);
    expect_step_printed(printed, "step 2", x, x.steps[1].state);
    expect_printed(printed, "both steps: alignment", moved);
    expect_printed(printed, "both steps: contexts",
                   {joined({{1}, first.context}), joined({{2}, second.context})});
    for (const auto& [key, rows] : printed) {
      EXPECT_TRUE(key.starts_with("given: ") || rows.empty()) << key << " is not tested";
    }
  }
}

TEST(WorkedExample, PrintsTheGivenValues) {
  const std::string text = draw_example(work_out(ExampleScore::kAdditive, {}, 2));
  for (const char* line : {"  annotations  3×2     h_1    1.00   0.00\n", "h_2    0.00   1.00\n",
                           "h_3    0.50  -0.50\n", "s_0    0.30  -0.70\n",
                           "  W            2×2            0.50  -0.30\n",
                           "  U            2×2            0.20   0.10\n",
                           "  v            1×2            1.00  -0.50\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(WorkedExample, PrintsTheShapesOfTheProducts) {
  const std::string small = draw_example(work_out(ExampleScore::kDot, {}, 2));
  for (const char* shape : {"(1×3)·(3×2) = (1×2)", "(1×2)·(2×1) = (1×1)", "(2×3)·(3×2) = (2×2)",
                            "alignment    1×3", "context      1×2", "contexts     2×2"}) {
    EXPECT_THAT(small, HasSubstr(shape));
  }
  const std::string lecture = draw_example(work_out(ExampleScore::kGeneral, {10, 5}, 1));
  for (const char* shape : {"(1×10)·(10×5) = (1×5)", "q_1 = s_0 W: (1×5)·(5×5) = (1×5)"}) {
    EXPECT_THAT(lecture, HasSubstr(shape));
  }
  EXPECT_THAT(draw_example(work_out(ExampleScore::kAdditive, parse_example_size("30"), 1)),
              HasSubstr("q_1 = W s_0: (30×30)·(30×1) = (30×1)"));
}

TEST(WorkedExample, ComparesTwoStepsAndLeavesThemOutForOne) {
  EXPECT_THAT(draw_example(work_out(ExampleScore::kDot, {}, 2)),
              HasSubstr("The largest weight moves from h_3 to h_2.\n"));
  EXPECT_THAT(draw_example(work_out(ExampleScore::kAdditive, {}, 2)),
              HasSubstr("The largest weight stays at h_1.\n"));
  EXPECT_EQ(draw_example(work_out(ExampleScore::kDot, {}, 1)).find("step 2"), std::string::npos);
}

// A zero has no sign, and the lines of the default size fit a terminal of 100 columns.
TEST(WorkedExample, IsEasyToRead) {
  for (const ExampleScore score :
       {ExampleScore::kDot, ExampleScore::kGeneral, ExampleScore::kAdditive}) {
    const std::string text = draw_example(work_out(score, {}, 2));
    EXPECT_EQ(text.find("-0.000000"), std::string::npos);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(view::display_width(line), 100U) << line;
      EXPECT_FALSE(line.ends_with(' ')) << line;
    }
  }
}

// Rows of numbers end below the end of their heading.
TEST(WorkedExample, PutsNumbersBelowTheirHeadings) {
  for (const WorkedExample& example : examples()) {
    std::istringstream lines(draw_example(example));
    std::size_t heading = 0, compared = 0;
    for (std::string line; std::getline(lines, line);) {
      const std::size_t begin = line.find_first_not_of(' ');
      if (begin == 8 && (line[8] == 'j' || line[8] == 'i')) {
        heading = view::display_width(line);
      } else if (begin == 7 || begin == 8) {
        EXPECT_EQ(view::display_width(line), heading) << line;
        ++compared;
      }
    }
    EXPECT_GE(compared, 6 * example.size.positions);
  }
}

// -------------------------------------------------------------------------------- the size ---

TEST(ExampleSizes, AreAnnotationsAndUnitsOrUnitsAlone) {
  EXPECT_EQ(parse_example_size("3x2"), (ExampleSize{}));
  EXPECT_EQ(parse_example_size("10x5"), (ExampleSize{10, 5}));
  EXPECT_EQ(parse_example_size("30"), (ExampleSize{3, 30}));
  EXPECT_EQ(parse_example_size("50x50"), (ExampleSize{50, 50}));
}

TEST(ExampleSizes, AreRefusedOutsideTheirRange) {
  for (const char* size : {"", "x", "3x", "x3", "0x3", "3x0", "51", "51x2", "-3", "+3", "3.5",
                           "3x2x4", " 3", "3 ", "99999999999999999999"}) {
    EXPECT_THROW(parse_example_size(size), UsageError) << size;
  }
}

}  // namespace
}  // namespace attend::commands

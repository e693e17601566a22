#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "base/base.h"
#include "metrics/metrics.h"

namespace attend::metrics {
namespace {

using Units = std::vector<std::string>;

Units letters(const std::string& text) {
  Units units;
  for (const char c : text) units.emplace_back(1, c);
  return units;
}

Units random_units(std::mt19937_64& random) {
  Units units(random() % 9);
  for (std::string& unit : units) unit = std::string(1 + random() % 2, "ab"[random() % 2]);
  return units;
}

/// The recursive definition of the edit distance.
std::size_t slow_distance(std::span<const std::string> a, std::span<const std::string> b) {
  if (a.empty() || b.empty()) return a.size() + b.size();
  if (a[0] == b[0]) return slow_distance(a.subspan(1), b.subspan(1));
  return 1 + std::min({slow_distance(a.subspan(1), b), slow_distance(a, b.subspan(1)),
                       slow_distance(a.subspan(1), b.subspan(1))});
}

TEST(EditDistance, CountsInsertionsDeletionsAndSubstitutions) {
  EXPECT_EQ(edit_distance(letters("kitten"), letters("sitting")), 3u);
  EXPECT_EQ(edit_distance(letters("Saturday"), letters("Sunday")), 3u);
  EXPECT_EQ(edit_distance(letters("abc"), letters("")), 3u);
  EXPECT_EQ(edit_distance(letters(""), letters("")), 0u);
  // A table whose first row and column are 1 instead of 0, 1, 2, … would give a smaller distance.
  EXPECT_EQ(edit_distance(letters("xxxab"), letters("ba")), 4u);
}

TEST(EditDistance, ComparesWholeUnits) {
  EXPECT_EQ(edit_distance(Units{"AH0", "K"}, Units{"AH1", "K"}), 1u);
}

TEST(EditDistance, EqualsTheRecursiveDefinition) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 400; ++round) {
    const Units a = random_units(random);
    const Units b = random_units(random);
    ASSERT_EQ(edit_distance(a, b), slow_distance(a, b));
  }
}

TEST(EditDistance, IsAMetric) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 2000; ++round) {
    const Units a = random_units(random);
    const Units b = random_units(random);
    const Units c = random_units(random);
    const std::size_t ab = edit_distance(a, b);
    EXPECT_EQ(ab, edit_distance(b, a));
    EXPECT_EQ(ab == 0, a == b);
    EXPECT_LE(edit_distance(a, c), ab + edit_distance(b, c));
    EXPECT_GE(ab, std::max(a.size(), b.size()) - std::min(a.size(), b.size()));
    EXPECT_LE(ab, std::max(a.size(), b.size()));
  }
}

TEST(ErrorRates, SumBeforeTheyDivide) {
  const std::vector<Units> hypotheses = {letters("abcd"), letters("xy")};
  const std::vector<std::vector<Units>> references = {{letters("abce")}, {letters("xy")}};
  const ErrorRates rates = error_rates(hypotheses, references);
  EXPECT_EQ(rates.edits, 1u);
  EXPECT_EQ(rates.reference_units, 6u);
  EXPECT_DOUBLE_EQ(rates.unit_error_rate, 100.0 / 6);
  EXPECT_EQ(rates.wrong_sequences, 1u);
  EXPECT_EQ(rates.sequences, 2u);
  EXPECT_DOUBLE_EQ(rates.sequence_error_rate, 50);
}

TEST(ErrorRates, TakeTheClosestReferenceWhateverItsPlace) {
  const std::vector<Units> hypotheses = {letters("abc")};
  for (const auto& references :
       std::vector<std::vector<Units>>{{letters("abcd"), letters("ab"), letters("xyz")},
                                       {letters("xyz"), letters("ab"), letters("abcd")}}) {
    const ErrorRates rates = error_rates(hypotheses, std::vector<std::vector<Units>>{references});
    EXPECT_EQ(rates.edits, 1u);
    EXPECT_EQ(rates.reference_units, 4u);
    EXPECT_EQ(rates.wrong_sequences, 1u);
  }
  const ErrorRates exact =
      error_rates(hypotheses, std::vector<std::vector<Units>>{{letters("x"), letters("abc")}});
  EXPECT_EQ(exact.unit_error_rate, 0);
  EXPECT_EQ(exact.sequence_error_rate, 0);
}

TEST(ErrorRates, MayExceedOneHundred) {
  const ErrorRates rates = error_rates(std::vector<Units>{letters("aaaa")},
                                       std::vector<std::vector<Units>>{{letters("b")}});
  EXPECT_DOUBLE_EQ(rates.unit_error_rate, 400);
}

TEST(ErrorRates, AreDefinedForEmptyReferences) {
  const std::vector<std::vector<Units>> empty = {{Units{}}};
  EXPECT_EQ(error_rates(std::vector<Units>{Units{}}, empty).unit_error_rate, 0);
  EXPECT_EQ(error_rates(std::vector<Units>{letters("abc")}, empty).unit_error_rate, 100);
}

TEST(ErrorRates, RefuseWhatTheyCannotScore) {
  using Lists = std::vector<std::vector<Units>>;
  EXPECT_THROW(error_rates(std::vector<Units>{}, Lists{}), UsageError);
  EXPECT_THROW(error_rates(std::vector<Units>{Units{}}, Lists{}), CheckFailure);
  EXPECT_THROW(error_rates(std::vector<Units>{Units{}}, Lists{{}}), UsageError);
}

TEST(ExactMatch, CountsTextsThatEqualAnyReference) {
  using Texts = std::vector<std::string>;
  const Texts hypotheses = {"1974-10-31", "b", "", "d"};
  const std::vector<Texts> references = {{"1974-10-31"}, {"c", "b"}, {""}, {"D"}};
  EXPECT_DOUBLE_EQ(exact_match(hypotheses, references), 75);
  EXPECT_THROW(exact_match(Texts{}, std::vector<Texts>{}), UsageError);
  EXPECT_THROW(exact_match(hypotheses, std::vector<Texts>{{"a"}}), CheckFailure);
}

TEST(ExactMatch, SeesThroughUnicodeFormsAndWhiteSpace) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(exact_match(Texts{"caf\u00E9 "}, std::vector<Texts>{{"cafe\u0301"}}), 100);
  EXPECT_EQ(exact_match(Texts{"a b"}, std::vector<Texts>{{"\u00A0a \u00A0b"}}), 100);
  EXPECT_EQ(exact_match(Texts{"a b"}, std::vector<Texts>{{"ab"}}), 0);
  EXPECT_EQ(exact_match(Texts{"", " "}, std::vector<Texts>{{"\u00A0"}, {"a"}}), 50);
}

}  // namespace
}  // namespace attend::metrics

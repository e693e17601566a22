#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
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

/// The whole table, row by row.
std::size_t table_distance(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

using Ids = std::vector<std::uint32_t>;

Ids random_ids(std::mt19937_64& random, std::size_t size, std::uint32_t different) {
  Ids ids(size);
  for (std::uint32_t& id : ids) id = static_cast<std::uint32_t>(random() % different);
  return ids;
}

Ids edited(Ids ids, std::size_t edits, std::uint32_t different, std::mt19937_64& random) {
  for (std::size_t k = 0; k < edits; ++k) {
    const auto id = static_cast<std::uint32_t>(random() % different);
    const auto place = ids.begin() + static_cast<std::ptrdiff_t>(random() % (ids.size() + 1));
    if (place == ids.end() || random() % 3 == 0) {
      ids.insert(place, id);
    } else if (random() % 2 == 0) {
      ids.erase(place);
    } else {
      *place = id;
    }
  }
  return ids;
}

// Sequences around one, two and several blocks of 64 units, alike and unlike, shifted and cut.
TEST(EditDistance, EqualsTheWholeTable) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 1500; ++round) {
    const auto different = static_cast<std::uint32_t>(1 + random() % 6);
    const Ids a = random_ids(random, random() % 400, different);
    Ids b = random_ids(random, random() % 400, different);
    if (round % 3 == 1) b = edited(a, random() % 60, different, random);
    if (round % 3 == 2) {
      b = edited(a, random() % 20, different, random);
      std::rotate(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(b.size() / 3), b.end());
    }
    ASSERT_EQ(edit_distance(a, b), table_distance(a, b)) << a.size() << " and " << b.size();
  }
  for (const std::size_t size : {63U, 64U, 65U, 127U, 128U, 129U}) {
    const Ids one(size, 0), other(size, 1), longer(size + 64, 0);
    EXPECT_EQ(edit_distance(one, other), size);
    EXPECT_EQ(edit_distance(other, longer), size + 64);
    EXPECT_EQ(edit_distance(one, longer), 64U);
  }
}

// The table of these sequences has 10^12 values.
TEST(EditDistance, OfTheLongestLinesIsFoundInABandOfTheTable) {
  std::mt19937_64 random(7);
  const Ids line = random_ids(random, std::size_t{1} << 20, 100);
  Ids other = line;
  for (std::size_t i = 5000; i < other.size(); i += 5000) other[i] = 1000;
  other.insert(other.begin() + 300000, 12, 1000);
  other.erase(other.end() - 30003, other.end() - 30000);
  EXPECT_EQ(edit_distance(line, other), (line.size() - 1) / 5000 + 12 + 3);
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

// The corpora below go the way of the program, through evaluate().
using Lists = std::vector<std::vector<Units>>;

double rate(Metric metric, const std::vector<Units>& hypotheses, const Lists& references) {
  std::vector<Segment> segments;
  for (const Units& units : hypotheses) segments.push_back({"", units});
  std::vector<std::vector<Segment>> lists;
  for (const auto& list : references) {
    lists.emplace_back();
    for (const Units& units : list) lists.back().push_back({"", units});
  }
  return evaluate(metric, segments, lists);
}

double unit_error_rate(const std::vector<Units>& hypotheses, const Lists& references) {
  return rate(Metric::kUnitErrorRate, hypotheses, references);
}

double sequence_error_rate(const std::vector<Units>& hypotheses, const Lists& references) {
  return rate(Metric::kSequenceErrorRate, hypotheses, references);
}

TEST(ErrorRates, SumBeforeTheyDivide) {
  const std::vector<Units> hypotheses = {letters("abcd"), letters("xy")};
  const Lists references = {{letters("abce")}, {letters("xy")}};
  EXPECT_DOUBLE_EQ(unit_error_rate(hypotheses, references), 100.0 / 6);
  EXPECT_DOUBLE_EQ(sequence_error_rate(hypotheses, references), 50);
}

TEST(ErrorRates, TakeTheClosestReferenceWhateverItsPlace) {
  const std::vector<Units> hypotheses = {letters("abc")};
  for (const auto& references :
       std::vector<std::vector<Units>>{{letters("abcd"), letters("ab"), letters("xyz")},
                                       {letters("xyz"), letters("ab"), letters("abcd")}}) {
    const EditCounts counts = count_edits(hypotheses[0], references);
    EXPECT_EQ(counts.edits, 1u);
    EXPECT_EQ(counts.reference_units, 4u);
    EXPECT_EQ(counts.wrong_sequences, 1u);
    EXPECT_DOUBLE_EQ(unit_error_rate(hypotheses, {references}), 25);
    EXPECT_DOUBLE_EQ(sequence_error_rate(hypotheses, {references}), 100);
  }
  const Lists exact{{letters("x"), letters("abc")}};
  EXPECT_EQ(unit_error_rate(hypotheses, exact), 0);
  EXPECT_EQ(sequence_error_rate(hypotheses, exact), 0);
}

TEST(ErrorRates, MayExceedOneHundred) {
  EXPECT_DOUBLE_EQ(unit_error_rate({letters("aaaa")}, {{letters("b")}}), 400);
}

TEST(ErrorRates, AreDefinedForEmptyReferences) {
  EXPECT_EQ(unit_error_rate({Units{}}, {{Units{}}}), 0);
  EXPECT_EQ(unit_error_rate({letters("abc")}, {{Units{}}}), 100);
}

TEST(ErrorRates, RefuseWhatTheyCannotScore) {
  EXPECT_THROW(unit_error_rate({}, {}), UsageError);
  EXPECT_THROW(unit_error_rate({Units{}}, {}), CheckFailure);
  EXPECT_THROW(unit_error_rate({Units{}}, Lists(1)), UsageError);
}

using Texts = std::vector<std::string>;

double exact_match(const Texts& hypotheses, const std::vector<Texts>& references) {
  std::vector<Segment> segments;
  for (const std::string& text : hypotheses) segments.push_back({text, {}});
  std::vector<std::vector<Segment>> lists;
  for (const Texts& list : references) {
    lists.emplace_back();
    for (const std::string& text : list) lists.back().push_back({text, {}});
  }
  return evaluate(Metric::kExactMatch, segments, lists);
}

TEST(ExactMatch, CountsTextsThatEqualAnyReference) {
  const Texts hypotheses = {"1974-10-31", "b", "", "d"};
  const std::vector<Texts> references = {{"1974-10-31"}, {"c", "b"}, {""}, {"D"}};
  EXPECT_DOUBLE_EQ(exact_match(hypotheses, references), 75);
  EXPECT_THROW(exact_match({}, {}), UsageError);
  EXPECT_THROW(exact_match(hypotheses, {{"a"}}), CheckFailure);
}

TEST(ExactMatch, SeesThroughUnicodeFormsAndWhiteSpace) {
  EXPECT_EQ(exact_match({"caf\u00E9 "}, {{"cafe\u0301"}}), 100);
  EXPECT_EQ(exact_match({"a b"}, {{"\u00A0a \u00A0b"}}), 100);
  EXPECT_EQ(exact_match({"a b"}, {{"ab"}}), 0);
  EXPECT_EQ(exact_match({"", " "}, {{"\u00A0"}, {"a"}}), 50);
}

}  // namespace
}  // namespace attend::metrics

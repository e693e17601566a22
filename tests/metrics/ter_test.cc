#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/base.h"
#include "corpus_scores.h"
#include "metrics/metrics.h"

namespace attend::metrics {
namespace {

using testing::CorpusTer;
using testing::ter;

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Texts = std::vector<std::string>;
using References = std::vector<Texts>;
using Ids = std::vector<std::uint32_t>;

double score(const std::string& hypothesis, const Texts& references,
             const TerOptions& options = {}) {
  return ter(Texts{hypothesis}, References{references}, options).score;
}

// sacreBLEU's own test suite asserts these scores (its test/test_ter.py).
TEST(Ter, GivesThePublishedScores) {
  EXPECT_EQ(score("aaaa bbbb cccc dddd", {"aaaa bbbb cccc dddd"}), 0);
  EXPECT_EQ(score("dddd eeee ffff", {"aaaa bbbb cccc"}), 100);
  EXPECT_EQ(score("", {"a"}), 100);
  EXPECT_DOUBLE_EQ(score("d e f g h a b c", {"a b c d e f g h"}), 12.5);
  const Texts hypotheses = {
      "wählen Sie \" Bild neu berechnen , \" um beim Ändern der Bildgröße Pixel hinzuzufügen oder "
      "zu entfernen , damit das Bild ungefähr dieselbe Größe aufweist wie die andere Größe .",
      "wenn Sie alle Aufgaben im aktuellen Dokument aktualisieren möchten , wählen Sie im Menü des "
      "Aufgabenbedienfelds die Option \" Alle Aufgaben aktualisieren . \"",
      "klicken Sie auf der Registerkarte \" Optionen \" auf die Schaltfläche \" Benutzerdefiniert "
      "\" und geben Sie Werte für \" Fehlerkorrektur-Level \" und \" Y / X-Verhältnis \" ein .",
      "Sie können beispielsweise ein Dokument erstellen , das ein Auto über die Bühne enthält .",
      "wählen Sie im Dialogfeld \" Neu aus Vorlage \" eine Vorlage aus und klicken Sie auf \" Neu "
      ". \""};
  const References references = {
      {"wählen Sie \" Bild neu berechnen , \" um beim Ändern der Bildgröße Pixel hinzuzufügen oder "
       "zu entfernen , damit die Darstellung des Bildes in einer anderen Größe beibehalten wird "
       "."},
      {hypotheses[1]},
      {"klicken Sie auf der Registerkarte \" Optionen \" auf die Schaltfläche \" Benutzerdefiniert "
       "\" und geben Sie für \" Fehlerkorrektur-Level \" und \" Y / X-Verhältnis \" niedrigere "
       "Werte ein ."},
      {"Sie können beispielsweise ein Dokument erstellen , das ein Auto enthalt , das sich über "
       "die Bühne bewegt ."},
      {hypotheses[4]}};
  const CorpusTer result = ter(hypotheses, references);
  EXPECT_NEAR(result.score, 13.6, 1e-9);
  EXPECT_EQ(result.counts.edits, 17U);
  EXPECT_EQ(result.counts.reference_length, 125);
  EXPECT_EQ(result.signature, "nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no");
}

TEST(Ter, CountsAShiftAsOneEdit) {
  // The run "b c" moves behind "d", which is one edit; without shifts there are two.
  EXPECT_DOUBLE_EQ(score("a d b c", {"a b c d"}), 25);
  // One shift, and x for y.
  EXPECT_DOUBLE_EQ(score("c x a b", {"a b c y"}), 50);
}

TEST(Ter, DividesByTheMeanLengthOfTheReferences) {
  // The nearer reference has one edit; the lengths are 2 and 4.
  const CorpusTer result = ter(Texts{"a b"}, References{{"a c", "w x y z"}});
  EXPECT_EQ(result.counts.edits, 1U);
  EXPECT_DOUBLE_EQ(result.counts.reference_length, 3);
  EXPECT_DOUBLE_EQ(result.score, 100.0 / 3);
  EXPECT_EQ(result.signature, "nrefs:2|case:lc|tok:tercom|norm:no|punct:yes|asian:no");
}

TEST(Ter, SumsBeforeItDivides) {
  const CorpusTer result = ter(Texts{"a b c", "x"}, References{{"a b c"}, {"y"}});
  EXPECT_DOUBLE_EQ(result.score, 25);
}

TEST(Ter, IsDefinedForEmptyTexts) {
  EXPECT_EQ(score("", {""}), 0);
  EXPECT_EQ(score("a b", {""}), 100);
  EXPECT_DOUBLE_EQ(ter(Texts{"", "a b"}, References{{"c"}, {""}}).score, 300);
}

TEST(Ter, RefusesWhatItCannotScore) {
  EXPECT_THROW(ter(Texts{}, References{}), UsageError);
  EXPECT_THROW(ter(Texts{"a"}, References{}), CheckFailure);
  EXPECT_THROW(ter(Texts{"a"}, References{{}}), UsageError);
}

// sacreBLEU's own test suite asserts these words (its test/test_tokenizer_ter.py).
TEST(TerWords, AreThePublishedOnes) {
  EXPECT_THAT(ter_words("A B C D."), ElementsAre("a", "b", "c", "d."));
  EXPECT_THAT(ter_words(""), IsEmpty());
  const TerOptions no_punctuation{.no_punctuation = true};
  EXPECT_THAT(ter_words("a b c d.", no_punctuation), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(ter_words("A ; B ) C : D.", no_punctuation), ElementsAre("a", "b", "c", "d"));
  const TerOptions normalized{.normalized = true};
  EXPECT_THAT(ter_words("a b (c) d.", normalized), ElementsAre("a", "b", "(", "c", ")", "d", "."));
  EXPECT_THAT(ter_words("Jim's car.", normalized), ElementsAre("jim", "'s", "car", "."));
  EXPECT_THAT(ter_words("4.2", normalized), ElementsAre("4.2"));
  const TerOptions asian{.normalized = true, .asian_support = true};
  EXPECT_THAT(ter_words("美众院公布对特", asian),
              ElementsAre("美", "众", "院", "公", "布", "对", "特"));
  EXPECT_THAT(ter_words("りの拳銃を持", asian), ElementsAre("りの", "拳", "銃", "を", "持"));
}

TEST(TerWords, KeepCapitalsWhenAsked) {
  EXPECT_THAT(ter_words("Ab ÄB", {.case_sensitive = true}), ElementsAre("Ab", "ÄB"));
  EXPECT_EQ(score("A", {"a"}), 0);
  EXPECT_EQ(score("A", {"a"}, {.case_sensitive = true}), 100);
}

TEST(TerWords, DropAsianMarksOnlyWithSupportForThem) {
  EXPECT_THAT(ter_words("（一）。", {.no_punctuation = true}), ElementsAre("（一）。"));
  EXPECT_THAT(ter_words("（一）。", {.no_punctuation = true, .asian_support = true}),
              ElementsAre("一"));
}

TEST(Ter, SignatureSaysHowWordsAreMade) {
  EXPECT_EQ(ter_signature("var", {.case_sensitive = true,
                                  .normalized = true,
                                  .no_punctuation = true,
                                  .asian_support = true}),
            "nrefs:var|case:mixed|tok:tercom|norm:yes|punct:no|asian:yes");
}

// ------------------------------------------------------------------ the search, slow and plain ---

struct Table {
  std::size_t cost = 0;
  std::vector<std::ptrdiff_t> places;  // [reference]
  std::vector<bool> reference_errors, hypothesis_errors;
};

// The whole distance table, whose edits are read backwards.
Table slow_table(const Ids& words, const Ids& reference) {
  const std::size_t n = words.size(), m = reference.size();
  std::vector<std::vector<std::size_t>> cost(n + 1, std::vector<std::size_t>(m + 1));
  for (std::size_t i = 0; i <= n; ++i)
    for (std::size_t j = 0; j <= m; ++j) {
      cost[i][j] = i + j;
      if (i == 0 || j == 0) continue;
      cost[i][j] = std::min({cost[i - 1][j - 1] + (words[i - 1] == reference[j - 1] ? 0 : 1),
                             cost[i - 1][j] + 1, cost[i][j - 1] + 1});
    }
  Table table;
  table.cost = cost[n][m];
  table.places.resize(m);
  table.reference_errors.assign(m, true);
  table.hypothesis_errors.assign(n, true);
  std::size_t i = n, j = m;
  while (i > 0 || j > 0) {
    const bool both = i > 0 && j > 0;
    const bool match = both && words[i - 1] == reference[j - 1];
    if (both && cost[i][j] == cost[i - 1][j - 1] + (match ? 0 : 1)) {
      --i, --j;
      table.places[j] = static_cast<std::ptrdiff_t>(i);
      table.reference_errors[j] = table.hypothesis_errors[i] = !match;
    } else if (i > 0 && cost[i][j] == cost[i - 1][j] + 1) {
      --i;
    } else {
      --j;
      table.places[j] = static_cast<std::ptrdiff_t>(i) - 1;
    }
  }
  return table;
}

Ids slow_shift(const Ids& words, std::size_t start, std::size_t length, std::size_t target) {
  const auto run = Ids(words.begin() + static_cast<std::ptrdiff_t>(start),
                       words.begin() + static_cast<std::ptrdiff_t>(start + length));
  Ids rest = words;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(start),
             rest.begin() + static_cast<std::ptrdiff_t>(start + length));
  std::size_t place = target;
  if (target > start + length) place = target - length;
  place = std::min(place, rest.size());
  rest.insert(rest.begin() + static_cast<std::ptrdiff_t>(place), run.begin(), run.end());
  return rest;
}

std::size_t slow_edits(Ids words, const Ids& reference) {
  for (std::size_t shifts = 0;; ++shifts) {
    const Table table = slow_table(words, reference);
    using Rank = std::tuple<std::ptrdiff_t, std::size_t, std::ptrdiff_t, std::ptrdiff_t>;
    std::optional<std::pair<Rank, Ids>> best;
    for (std::size_t s = 0; s < words.size(); ++s)
      for (std::size_t r = 0; r < reference.size(); ++r)
        for (std::size_t length = 1; length <= 10; ++length) {
          if (s + length > words.size() || r + length > reference.size()) break;
          if (words[s + length - 1] != reference[r + length - 1]) break;
          bool wrong_here = false, wrong_there = false;
          for (std::size_t k = 0; k < length; ++k) {
            wrong_here = wrong_here || table.hypothesis_errors[s + k];
            wrong_there = wrong_there || table.reference_errors[r + k];
          }
          const auto start = static_cast<std::ptrdiff_t>(s);
          const std::ptrdiff_t place = table.places[r];
          const bool within = place >= start && place < start + static_cast<std::ptrdiff_t>(length);
          if (!wrong_here || !wrong_there || within) continue;
          for (std::size_t k = r; k <= r + length; ++k) {
            const std::ptrdiff_t target = k == 0 ? 0 : table.places[k - 1] + 1;
            const Ids moved = slow_shift(words, s, length, static_cast<std::size_t>(target));
            const auto gain = static_cast<std::ptrdiff_t>(table.cost) -
                              static_cast<std::ptrdiff_t>(slow_table(moved, reference).cost);
            const Rank rank{gain, length, -start, -target};
            if (!best || rank > best->first) best = {rank, moved};
          }
        }
    if (!best || std::get<0>(best->first) <= 0) return shifts + table.cost;
    words = best->second;
  }
}

Ids random_ids(std::mt19937_64& random, std::size_t longest, std::uint32_t vocabulary) {
  Ids ids(random() % (longest + 1));
  for (std::uint32_t& id : ids) id = static_cast<std::uint32_t>(random() % vocabulary);
  return ids;
}

TEST(TerEdits, EqualTheSearchWithoutItsShortCuts) {
  std::mt19937_64 random(7);
  std::size_t with_shifts = 0;
  for (int round = 0; round < 1500; ++round) {
    const auto vocabulary = static_cast<std::uint32_t>(3 + random() % 8);
    const Ids hypothesis = random_ids(random, 11, vocabulary);
    const Ids reference = random_ids(random, 11, vocabulary);
    const std::size_t edits = ter_edits(hypothesis, reference);
    ASSERT_EQ(edits, reference.empty() ? hypothesis.size() : slow_edits(hypothesis, reference));
    with_shifts += edits < slow_table(hypothesis, reference).cost ? 1 : 0;
  }
  EXPECT_GT(with_shifts, 100U);
}

TEST(TerEdits, AreNoMoreThanEditsWithoutShifts) {
  std::mt19937_64 random(8);
  for (int round = 0; round < 200; ++round) {
    Ids hypothesis = random_ids(random, 60, 30);
    const Ids reference = random_ids(random, 60, 30);
    EXPECT_LE(ter_edits(hypothesis, reference), std::max(hypothesis.size(), reference.size()));
    EXPECT_EQ(ter_edits(hypothesis, hypothesis), 0U);
  }
}

// The lengths differ so much that the beam must widen, and the table of all cells would be large.
TEST(TerEdits, TakeTextsOfVeryDifferentLengths) {
  const Ids few(3, 7), many(20000, 7);
  EXPECT_EQ(ter_edits(few, many), 19997U);
  EXPECT_EQ(ter_edits(many, few), 19997U);
}

}  // namespace
}  // namespace attend::metrics

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "alignment/alignment.h"
#include "base/base.h"
#include "testing.h"

namespace attend::alignment {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

class GoldFile : public ::testing::Test {
 protected:
  std::string write(const std::string& text) {
    const auto path = folder_ / "gold";
    testing::write_file(path, text);
    return path.string();
  }
  GoldReader open(const std::string& text) { return GoldReader(write(text)); }

  testing::TemporaryFolder folder_;
  PairLength length_{4, 5};
};

TEST_F(GoldFile, InPharaohFormatHasALineForEachPair) {
  GoldReader gold = open("\n0-0 1?2 3p4\n\n2-1\n");
  EXPECT_THAT(gold.next(length_, "pairs").sure, IsEmpty());
  const metrics::GoldAlignment second = gold.next(length_, "pairs");
  EXPECT_THAT(second.sure, ElementsAre(Link{0, 0}));
  EXPECT_THAT(second.possible, ElementsAre(Link{1, 2}, Link{3, 4}));
  EXPECT_THAT(gold.next(length_, "pairs").sure, IsEmpty());
  EXPECT_THAT(gold.next(length_, "pairs").sure, ElementsAre(Link{2, 1}));
  gold.finish("pairs");
}

TEST_F(GoldFile, InNaaclFormatHasALineForEachLinkInAnyOrder) {
  GoldReader gold = open("0003 1 2 P\n1 1 1 S 0.5\n\n1 4 5 s\r\n1 2 2 p\n1 3 3 0.25\n1 0 4 S\n");
  const metrics::GoldAlignment first = gold.next(length_, "pairs");
  EXPECT_THAT(first.sure, ElementsAre(Link{0, 0}, Link{3, 4}, Link{2, 2}));
  EXPECT_THAT(first.possible, ElementsAre(Link{1, 1}));
  EXPECT_THAT(gold.next(length_, "pairs").sure, IsEmpty());
  EXPECT_THAT(gold.next(length_, "pairs").possible, ElementsAre(Link{0, 1}));
  gold.finish("pairs");
}

TEST_F(GoldFile, MayLackLinksAltogether) {
  GoldReader gold = open("\n\n");
  EXPECT_THAT(gold.next(length_, "pairs").sure, IsEmpty());
  EXPECT_THAT(gold.next(length_, "pairs").sure, IsEmpty());
  gold.finish("pairs");
}

TEST_F(GoldFile, MustHaveALineForEachPair) {
  GoldReader fewer = open("0-0\n");
  fewer.next(length_, "pairs.tsv");
  EXPECT_THAT([&] { fewer.next(length_, "pairs.tsv"); },
              ThrowsMessage<DataError>(HasSubstr(
                  "gold: ends after 1 line, but pairs.tsv has more: expected as many lines")));
  GoldReader more = open("0-0\n0-0\n");
  more.next(length_, "pairs.tsv");
  EXPECT_THAT([&] { more.finish("pairs.tsv"); },
              ThrowsMessage<DataError>(HasSubstr("pairs.tsv: ends after 1 line, but ")));
  GoldReader empty = open("");
  EXPECT_THROW(empty.next(length_, "pairs.tsv"), DataError);
}

TEST_F(GoldFile, InNaaclFormatMayNotNameAPairThatIsMissing) {
  GoldReader gold = open("1 1 1 S\n3 1 1 S\n");
  gold.next(length_, "pairs.tsv");
  gold.next(length_, "pairs.tsv");
  EXPECT_THAT([&] { gold.finish("pairs.tsv"); },
              ThrowsMessage<DataError>(
                  HasSubstr("gold:2: a link of sentence 3, but pairs.tsv has 2 pairs")));
}

TEST_F(GoldFile, WithLinksToOtherWordsIsRefused) {
  EXPECT_THAT(
      [&] { open("4-0\n").next(length_, "p"); },
      ThrowsMessage<DataError>(HasSubstr("gold:1: link '4-0' points beyond the 4 source words")));
  EXPECT_THAT(
      [&] {
        open("0-0\n").next({0, 3}, "p");
      },
      ThrowsMessage<DataError>(HasSubstr("gold:1: links of a pair with an empty side")));
  EXPECT_THAT(
      [&] { open("1 1 1 S\n1 2 6 P\n").next(length_, "p"); },
      ThrowsMessage<DataError>(HasSubstr("gold:2: link '1 2 6' points beyond the 5 target words")));
  EXPECT_THAT([&] { open("1 5 1\n").next(length_, "p"); },
              ThrowsMessage<DataError>(HasSubstr("points beyond the 4 source words")));
  GoldReader skipped = open("9-9\n0-0\n");
  skipped.skip("p");
  EXPECT_THAT(skipped.next(length_, "p").sure, ElementsAre(Link{0, 0}));
}

TEST_F(GoldFile, WithLinesThatAreNoLinksIsRefused) {
  for (const std::string bad :
       {"1 2", "1 2 x", "1 2 3 Q", "0 1 1 S", "1 1 1 S 0.5 9", "-1 1 1", "1 1 1 0.5 S",
        "99999999999999999999 1 1", "1-1 2-2", "\xC2\xA0 1 2"}) {
    EXPECT_THAT([&] { open("1 1 1 S\n" + bad + "\n"); },
                ThrowsMessage<DataError>(HasSubstr("gold:2: ")))
        << bad;
  }
  EXPECT_THAT([&] { open("x\n").next(length_, "p"); },
              ThrowsMessage<DataError>(HasSubstr("gold:1: 'x' is not a link like 3-4")));
  EXPECT_THROW(open("0-0\xff\n"), text::BadLine);
  EXPECT_THROW(GoldReader("/no/such/file"), DataError);
}

TEST_F(GoldFile, OfTheHansardsIsTheSameInBothFormats) {
  ATTEND_REQUIRE_DATA("align-hansards-en-fr/dev.wa");
  const auto folder = testing::data_folder() / "align-hansards-en-fr";
  GoldReader naacl(folder / "dev.wa"), pharaoh(folder / "dev.pharaoh");
  std::size_t sure = 0, possible = 0;
  for (int pair = 0; pair < 37; ++pair) {
    const metrics::GoldAlignment one = naacl.next({100, 100}, "dev");
    const metrics::GoldAlignment other = pharaoh.next({100, 100}, "dev");
    EXPECT_EQ(one.sure, other.sure);
    EXPECT_EQ(one.possible, other.possible);
    sure += one.sure.size();
    possible += one.possible.size();
  }
  naacl.finish("dev");
  pharaoh.finish("dev");
  EXPECT_EQ(sure, 338U);
  EXPECT_EQ(possible, 1446U);
}

TEST_F(GoldFile, OfWrittenLinksGivesThemBack) {
  const std::vector<Link> first{{0, 0}, {3, 4}}, third{{2, 1}};
  EXPECT_EQ(write_pharaoh(first), "0-0 3-4");
  EXPECT_EQ(write_pharaoh({}), "");
  EXPECT_EQ(write_naacl(first, 1), "1 1 1 S\n1 4 5 S\n");
  GoldReader gold = open(write_naacl(first, 1) + write_naacl({}, 2) + write_naacl(third, 3));
  EXPECT_EQ(gold.next(length_, "p").sure, first);
  EXPECT_THAT(gold.next(length_, "p").sure, IsEmpty());
  EXPECT_EQ(gold.next(length_, "p").sure, third);
}

}  // namespace
}  // namespace attend::alignment

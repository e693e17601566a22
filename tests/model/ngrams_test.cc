// The expected rows were computed with these lines of Python:
//
//   def fnv(bytes):
//     h = 2166136261
//     for b in bytes: h = ((h ^ b) * 16777619) & 0xffffffff
//     return h
//   def rows(word, buckets):
//     s = '<' + word[:64] + '>'
//     return [fnv(s[i:i+n].encode()) % buckets
//             for i in range(len(s)) for n in range(3, 7) if i + n <= len(s)]
#include "model/ngrams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "check_settings.h"

namespace attend::model {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kBuckets = 1000003;

TEST(NgramRows, AreThoseOfTheMarkedWord) {
  EXPECT_THAT(ngram_rows("a", kBuckets), ElementsAre(80523));  // <a>
  // <ca, <cat, <cat>, cat, cat>, at>
  EXPECT_THAT(ngram_rows("cat", kBuckets),
              ElementsAre(913549, 987614, 416254, 288707, 123054, 339562));
  EXPECT_THAT(ngram_rows("é", kBuckets), ElementsAre(924893));  // <é>
  EXPECT_THAT(ngram_rows("cat", 1), ElementsAre(0, 0, 0, 0, 0, 0));
}

TEST(NgramRows, OfALongWordAreThoseOfItsBeginning) {
  const std::string x(64, 'x');
  EXPECT_EQ(ngram_rows(x, kBuckets).size(), 250U);
  EXPECT_EQ(ngram_rows(x + "yz", kBuckets), ngram_rows(x, kBuckets));
  EXPECT_NE(ngram_rows(x.substr(1), kBuckets), ngram_rows(x, kBuckets));
}

TEST(NgramFinder, KeepsEachWordOnce) {
  EncoderConfig encoder;
  encoder.ngrams = 50;
  NgramFinder finder(encoder);
  const std::vector<std::string_view> first{"the", "cat", "the"}, second{"dog", "cat"};
  const Ngrams a = finder.find(first), b = finder.find(second);
  EXPECT_EQ(a.list, b.list);
  EXPECT_THAT(a.words, ElementsAre(0, 1, 0));
  EXPECT_THAT(b.words, ElementsAre(2, 1));
  ASSERT_EQ(a.list->words(), 3U);
  const auto rows = [&](std::size_t word) {
    const auto own = a.list->rows(word);
    return std::vector<std::int32_t>(own.begin(), own.end());
  };
  EXPECT_EQ(rows(1), ngram_rows("cat", 50));
  EXPECT_THAT(rows(2), Each(::testing::AllOf(::testing::Ge(0), ::testing::Lt(50))));
}

TEST(NgramFinder, FindsNothingForAnEncoderWithoutThem) {
  const std::vector<std::string_view> units{"the"};
  const Ngrams none = NgramFinder(EncoderConfig()).find(units);
  EXPECT_EQ(none.list, nullptr);
  EXPECT_THAT(none.words, IsEmpty());
}

TEST(Ngrams, NeedEmbeddingsThatTheyCanBeAddedTo) {
  using namespace testing;
  expect_taken({"encoder.ngrams=50"});
  expect_taken({"encoder.ngrams=50", "encoder.position_units=5"});
  expect_refused({"encoder.ngrams=50", "encoder.embedding=0"},
                 "encoder.ngrams needs encoder.embedding above 0");
  expect_refused({"encoder.ngrams=50", "encoder.direction=backward", "encoder.reverse=words"},
                 "encoder.ngrams needs encoder.embedding above 0 and encoder.reverse: all");
}

}  // namespace
}  // namespace attend::model

#include "model/shortlist.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/base.h"
#include "testing.h"

namespace attend::model {
namespace {

using ::attend::testing::read_file;
using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;
using Sequences = std::vector<std::vector<TokenId>>;

constexpr VocabularySizes kSizes{30, 40};

// Makes pairs in which every source token s becomes the target s + 7, and every target contains 3.
void make_pairs(Sequences& sources, Sequences& targets) {
  Random random(81);
  for (int i = 0; i < 300; ++i) {
    std::vector<TokenId> source, target = {3};
    for (int j = 0; j < 6; ++j) {
      source.push_back(static_cast<TokenId>(random.below(30)));
      target.push_back(source.back() + 7);
    }
    random.shuffle(std::span(target));
    sources.push_back(source);
    targets.push_back(target);
  }
}

TEST(Shortlist, FindsTranslationsThatCooccurrenceHides) {
  Sequences sources, targets;
  make_pairs(sources, targets);
  const auto shortlist =
      Shortlist::learn(sources, targets, kSizes, {.per_source_token = 1, .frequent = 1});
  EXPECT_EQ(shortlist.candidates({}), std::vector<TokenId>{3});  // the most frequent target
  for (TokenId s = 0; s < 30; ++s) {
    const auto found = shortlist.candidates(Sequences{{s}});
    EXPECT_TRUE(std::find(found.begin(), found.end(), s + 7) != found.end()) << s;
  }
}

TEST(Shortlist, CandidatesAreRisingAndDistinct) {
  Sequences sources, targets;
  make_pairs(sources, targets);
  const auto shortlist =
      Shortlist::learn(sources, targets, kSizes, {.per_source_token = 5, .frequent = 9});
  const auto found = shortlist.candidates(Sequences{{1, 2, 2}, {4}});
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
  EXPECT_EQ(std::adjacent_find(found.begin(), found.end()), found.end());
  EXPECT_LE(found.size(), 9U + 3 * 5);
  EXPECT_GE(found.size(), 9U);
}

TEST(Shortlist, RoundTrip) {
  const TemporaryFolder folder;
  Sequences sources, targets;
  make_pairs(sources, targets);
  const auto shortlist = Shortlist::learn(sources, targets, kSizes, {});
  shortlist.save(folder / "s");
  const auto loaded = Shortlist::load(folder / "s", kSizes);
  for (TokenId s = 0; s < 30; ++s) {
    EXPECT_EQ(loaded.candidates(Sequences{{s}}), shortlist.candidates(Sequences{{s}}));
  }
}

TEST(Shortlist, DamagedFilesAreModelErrors) {
  const TemporaryFolder folder;
  const auto expect_refused = [&](const std::string& text) {
    write_file(folder / "s", text);
    EXPECT_THROW(Shortlist::load(folder / "s", {1, 5}), ModelError) << text;
  };
  write_file(folder / "s", "attend-shortlist 1 1 5\n0 4\n3\n");
  EXPECT_EQ(Shortlist::load(folder / "s", {1, 5}).candidates(Sequences{{0}}),
            (std::vector<TokenId>{0, 3, 4}));
  EXPECT_THROW(Shortlist::load(folder / "s", {2, 5}), ModelError);
  EXPECT_THROW(Shortlist::load(folder / "none", {1, 5}), ModelError);
  expect_refused("");
  expect_refused("attend-shortlist 2 1 5\n0 4\n3\n");
  expect_refused("attend-shortlist 1 1 5\n0 4\n3");
  expect_refused("attend-shortlist 1 1 5\n0 4\n");
  expect_refused("attend-shortlist 1 1 5\n0 4\n3\n2\n");
  expect_refused("attend-shortlist 1 1 5\n0 5\n3\n");
  expect_refused("attend-shortlist 1 1 5\n0 -1\n3\n");
  expect_refused("attend-shortlist 1 1 5\n0 4x\n3\n");
  expect_refused("attend-shortlist 1 1 5\n0  4\n3\n");
  expect_refused("attend-shortlist 1 1 5\n0 99999999999999\n3\n");
}

}  // namespace
}  // namespace attend::model

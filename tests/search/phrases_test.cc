#include "search/phrases.h"

#include <gtest/gtest.h>

#include "all_targets.h"

namespace attend::search::testing {
namespace {

// Returns how many tokens the end of `target` has of some phrase that `target` lacks.
std::size_t begun(const Tokens& target, const std::vector<Tokens>& phrases) {
  std::size_t longest = 0;
  for (const Tokens& phrase : phrases) {
    if (contains(target, phrase)) continue;
    for (std::size_t n = 1; n < phrase.size() && n <= target.size(); ++n) {
      if (std::equal(phrase.begin(), phrase.begin() + static_cast<std::ptrdiff_t>(n),
                     target.end() - static_cast<std::ptrdiff_t>(n))) {
        longest = std::max(longest, n);
      }
    }
  }
  return longest;
}

TEST(Phrases, AreFoundAsByComparingEveryPlace) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    std::vector<Tokens> phrases(random.below(kMostPhrases + 1));
    for (Tokens& phrase : phrases) {
      phrase.resize(1 + random.below(4));
      for (TokenId& token : phrase) token = static_cast<TokenId>(random.below(3));
    }
    const Phrases automaton(phrases);
    EXPECT_EQ(automaton.empty(), phrases.empty());
    Phrases::State state;
    Tokens target;
    for (int i = 0; i < 40; ++i) {
      target.push_back(static_cast<TokenId>(random.below(4)));
      state = automaton.next(state, target.back());
      bool all = true;
      std::size_t tokens = begun(target, phrases);
      for (std::size_t p = 0; p < phrases.size(); ++p) {
        const bool met = contains(target, phrases[p]);
        EXPECT_EQ((state.met >> p & 1U) != 0, met);
        if (met) tokens += phrases[p].size();
        all = all && met;
      }
      EXPECT_EQ(automaton.has_all(state), all);
      EXPECT_EQ(automaton.progress(state), tokens);
      EXPECT_EQ(automaton.progress(state) == automaton.tokens(), all);
    }
  }
}

TEST(Phrases, KnowTheirTokens) {
  const Phrases phrases(std::vector<Tokens>{{4, 2}, {2, 9}});
  for (const TokenId token : {2, 4, 9}) EXPECT_TRUE(phrases.has(token));
  for (const TokenId token : {0, 3, 10}) EXPECT_FALSE(phrases.has(token));
  EXPECT_EQ(phrases.tokens(), 4U);
}

}  // namespace
}  // namespace attend::search::testing

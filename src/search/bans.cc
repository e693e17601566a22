#include "search/bans.h"

#include <algorithm>

namespace attend::search {

void find_banned(const Rules& rules, std::span<const TokenId> target,
                 std::vector<TokenId>& banned) {
  banned.clear();
  for (const std::vector<TokenId>& ngram : rules.forbidden_ngrams()) {
    const std::size_t before = ngram.size() - 1;
    if (before > target.size()) continue;
    if (std::equal(ngram.begin(), ngram.end() - 1,
                   target.end() - static_cast<std::ptrdiff_t>(before))) {
      banned.push_back(ngram.back());
    }
  }
  if (rules.no_repeat() > 0 && target.size() >= rules.no_repeat()) {
    const std::size_t before = rules.no_repeat() - 1;
    const auto last = target.last(before);
    for (std::size_t i = 0; i + before < target.size(); ++i) {
      if (std::equal(last.begin(), last.end(), target.begin() + static_cast<std::ptrdiff_t>(i))) {
        banned.push_back(target[i + before]);
      }
    }
  }
  std::sort(banned.begin(), banned.end());
}

bool is_banned(std::span<const TokenId> banned, TokenId token) {
  return std::binary_search(banned.begin(), banned.end(), token);
}

}  // namespace attend::search

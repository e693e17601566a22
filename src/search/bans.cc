#include "search/bans.h"

#include <algorithm>

namespace attend::search {

Bans::Bans(const Rules& rules, const Request& request)
    : no_repeat_(rules.no_repeat()), ngrams_(rules.forbidden_ngrams()) {
  ngrams_.insert(ngrams_.end(), request.forbidden_ngrams.begin(), request.forbidden_ngrams.end());
}

std::span<const TokenId> Bans::find(std::span<const TokenId> target) {
  banned_.clear();
  for (const std::vector<TokenId>& ngram : ngrams_) {
    const std::size_t before = ngram.size() - 1;
    if (before > target.size()) continue;
    if (std::equal(ngram.begin(), ngram.end() - 1,
                   target.end() - static_cast<std::ptrdiff_t>(before))) {
      banned_.push_back(ngram.back());
    }
  }
  if (no_repeat_ > 0 && target.size() >= no_repeat_) {
    const std::size_t before = no_repeat_ - 1;
    const auto last = target.last(before);
    for (std::size_t i = 0; i + before < target.size(); ++i) {
      if (std::equal(last.begin(), last.end(), target.begin() + static_cast<std::ptrdiff_t>(i))) {
        banned_.push_back(target[i + before]);
      }
    }
  }
  std::sort(banned_.begin(), banned_.end());
  return banned_;
}

bool is_banned(std::span<const TokenId> banned, TokenId token) {
  return std::binary_search(banned.begin(), banned.end(), token);
}

}  // namespace attend::search

// The tokens that would complete an n-gram that may not occur.
#pragma once

#include <span>
#include <vector>

#include "search/rules.h"

namespace attend::search {

/// The n-grams that no target of one source may contain. Not thread-safe.
class Bans {
 public:
  Bans(const Rules& rules, const Request& request);

  /// Whether some n-grams may not occur.
  bool any() const { return no_repeat_ > 0 || !ngrams_.empty(); }
  /// Returns the tokens that may not follow `target`, rising: those that would complete a forbidden
  /// n-gram, and those that would repeat one of its n-grams where none may repeat. The result is
  /// valid until the next call.
  std::span<const TokenId> find(std::span<const TokenId> target);

 private:
  std::size_t no_repeat_;
  std::vector<std::vector<TokenId>> ngrams_;  // those of the rules and those of the request
  std::vector<TokenId> banned_;               // buffer of find()
};

/// Whether Bans::find() found the token.
bool is_banned(std::span<const TokenId> banned, TokenId token);

}  // namespace attend::search

// The tokens that would complete an n-gram that may not occur.
#pragma once

#include <span>
#include <vector>

#include "search/rules.h"

namespace attend::search {

/// Replaces `banned` by the tokens that may not follow `target`, rising: those that would complete
/// a forbidden n-gram, and those that would repeat one of its n-grams where none may repeat.
void find_banned(const Rules& rules, std::span<const TokenId> target, std::vector<TokenId>& banned);

/// Whether find_banned() found the token.
bool is_banned(std::span<const TokenId> banned, TokenId token);

}  // namespace attend::search

#include "model/copies.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/base.h"

namespace attend::model {

using text::TokenId;

namespace {

TokenId size_of(const text::Vocabulary& vocabulary) {
  return static_cast<TokenId>(vocabulary.size());
}

// Returns the id that only the source gives a unit, or nothing if the source lacks it too.
std::optional<TokenId> own_id(const Side& target, const Copies& copies, std::string_view unit) {
  const auto found = std::find(copies.units.begin(), copies.units.end(), unit);
  if (found == copies.units.end()) return std::nullopt;
  return size_of(target.vocabulary) + static_cast<TokenId>(found - copies.units.begin());
}

}  // namespace

Copies find_copies(const ModelText& text, std::span<const std::string_view> units,
                   const Source& source) {
  Copies copies;
  if (text.configuration.decoder.copy == Copy::kNone) return copies;
  const text::Vocabulary& targets = text.target.vocabulary;
  copies.unknown = targets.unknown().value();
  copies.ids.assign(source.tokens.size(), text::kNoToken);
  const auto open = [&](std::size_t j) { return source.allowed.empty() || source.allowed[j] != 0; };
  std::unordered_map<std::string_view, TokenId> own;
  for (std::size_t j = 0; j < units.size(); ++j) {
    if (!open(j)) continue;
    if (targets.contains(units[j])) {
      copies.ids[j] = targets.id(units[j]).value();
      continue;
    }
    const TokenId next = size_of(targets) + static_cast<TokenId>(own.size());
    const auto [found, is_new] = own.try_emplace(units[j], next);
    if (is_new) copies.units.emplace_back(units[j]);
    copies.ids[j] = found->second;
  }
  const std::size_t end = units.size();
  if (text.source.config.end_token && end < copies.ids.size() && open(end)) {
    copies.ids[end] = targets.end().value();
  }
  return copies;
}

void use_copies(const Copies& copies, const Side& target, Encoded& encoded) {
  if (copies.units.empty()) return;
  for (std::size_t i = 0; i < encoded.units.size(); ++i) {
    if (encoded.tokens[i] != copies.unknown) continue;
    const auto id = own_id(target, copies, encoded.units[i].text);
    if (!id) continue;
    encoded.tokens[i] = *id;
    --encoded.unknown;
  }
}

const std::string& unit_of(const Side& target, const Copies& copies, TokenId id) {
  const TokenId size = size_of(target.vocabulary);
  if (id < size) return target.vocabulary.unit(id);
  const auto own = static_cast<std::size_t>(id - size);
  ATTEND_CHECK(own < copies.units.size());
  return copies.units[own];
}

TokenId id_of(const Side& target, const Copies& copies, std::string_view unit) {
  if (!target.vocabulary.contains(unit)) {
    if (const auto own = own_id(target, copies, unit)) return *own;
  }
  return target.vocabulary.id(unit).value();
}

}  // namespace attend::model

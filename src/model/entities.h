// Where the two entities of a relation are in a source, and how far each position is from them (§9;
// Zeng et al. 2014).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/configuration.h"

namespace attend::model {

/// A relation has two entities.
inline constexpr std::size_t kEntities = 2;

/// The place of an entity that a source does not have.
inline constexpr std::int32_t kNowhere = -1;

/// Returns the positions of the entities of a source whose first tokens are `units`, [kEntities]:
/// those of the first <e1> and of the first <e2>, or kNowhere. Empty for an encoder without
/// position embeddings.
std::vector<std::int32_t> find_entities(const EncoderConfig& encoder,
                                        std::span<const std::string_view> units);

/// Returns the row of a table of distances that belongs to `position`: the distance from `entity`,
/// at most `reach` before or behind it, counted from 0; or the last row, where the entity is
/// nowhere.
inline std::int64_t distance_row(std::int32_t entity, std::int64_t position, std::int64_t reach) {
  if (entity == kNowhere) return 2 * reach + 1;
  return std::clamp(position - entity, -reach, reach) + reach;
}

/// Returns the number of rows of a table of distances.
inline std::int64_t distance_rows(std::int64_t reach) { return 2 * reach + 2; }

/// Returns the name of the table of distances from an entity, counted from 0.
std::string distance_table(std::size_t entity);

}  // namespace attend::model

#include "model/entities.h"

#include <fmt/format.h>

namespace attend::model {

std::vector<std::int32_t> find_entities(const EncoderConfig& encoder,
                                        std::span<const std::string_view> units) {
  static constexpr std::string_view kBeginnings[kEntities] = {"<e1>", "<e2>"};
  if (encoder.position_units == 0) return {};
  std::vector<std::int32_t> places;
  for (const std::string_view beginning : kBeginnings) {
    const auto found = std::find(units.begin(), units.end(), beginning);
    places.push_back(found == units.end() ? kNowhere
                                          : static_cast<std::int32_t>(found - units.begin()));
  }
  return places;
}

std::string distance_table(std::size_t entity) { return fmt::format("source_distance.{}", entity); }

}  // namespace attend::model

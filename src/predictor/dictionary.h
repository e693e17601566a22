// Source words and translations in the place of `<unk>` in a prediction.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attend/options.hpp"
#include "text/text.h"

namespace attend::predictor {

using attend::Dictionary;

/// A source, and the weights of one target over its units.
struct LookedAt {
  std::string_view text;              ///< the raw source
  std::span<const text::Unit> units;  // of the source, or of a part of it
  std::span<const float> alignment;   // [target units, columns]
  std::size_t columns = 0;            ///< at least the number of source units
};

/// How <unk> is replaced in the predictions for a source, or for a part of it.
struct Replacement {
  std::string_view text;                   ///< the raw source
  std::vector<text::Unit> units;           ///< of the part; may be empty where nothing is replaced
  const Dictionary* dictionary = nullptr;  ///< may be null
  bool drops_alignment = false;            ///< whether only this needed the alignment
};

/// Replaces every `<unk>` among the target's `units` by the source unit that has the largest weight
/// in its row (ties: the first): by its translation, which the dictionary has for its raw text or
/// for the unit itself, and else by its raw text. `dictionary` may be null. A row without weight on
/// a unit leaves `<unk>` as it is. In a target of subwords the word boundary of the unit is kept.
void replace_unknown(const LookedAt& source, const Dictionary* dictionary,
                     text::UnitMode target_mode, std::vector<std::string>& units);

}  // namespace attend::predictor

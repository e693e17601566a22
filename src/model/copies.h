// What a decoder that copies takes from a source (§13.4): ids for the units of the source that the
// target vocabulary lacks, and their texts.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/example.h"
#include "model/folder.h"

namespace attend::model {

/// Returns what may be copied from `source`, whose first tokens are `units`. A source unit is
/// copied as the target unit of exactly its text; positions where attention may not look are not
/// copied, nor is padding. The </s> of a source is copied as that of the target. Empty for a model
/// that does not copy.
Copies find_copies(const ModelText& text, std::span<const std::string_view> units,
                   const Source& source);

/// Gives the units of a target that only the source has the ids that they have there. They no
/// longer count as unknown.
void use_copies(const Copies& copies, const Side& target, Encoded& encoded);

/// Returns the text of a target id, which may be one of the ids of `copies`. CheckFailure for an id
/// that does not exist.
const std::string& unit_of(const Side& target, const Copies& copies, text::TokenId id);
/// Returns the id of a target unit, or that of <unk> if neither the vocabulary nor `copies` has it.
text::TokenId id_of(const Side& target, const Copies& copies, std::string_view unit);

}  // namespace attend::model

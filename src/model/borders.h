// Finds the sentences and paragraphs of a source, for an encoder of several levels
// (docs/models.md §8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "text/text.h"

namespace attend::model {

/// A longer sentence is cut into sentences of this many units, and a rest. Without a limit, one
/// sentence of a document that has no ends of sentences would be as long as the document, and a
/// batch would be padded to its length.
inline constexpr std::size_t kMaximumSentenceUnits = 512;

/// The borders of a source, as model::Source has them.
struct Borders {
  std::vector<std::int32_t> sentences = {};   ///< [sentences]: the first unit of each
  std::vector<std::int32_t> paragraphs = {};  ///< [paragraphs]: the first sentence of each
};

/// Finds the borders in a raw text, whose units are `units`. With 2 levels, the sentences are the
/// columns of the text, which TABs separate, where at least two columns hold units; otherwise they
/// are those of text::sentence_ends(). With 3 levels, the paragraphs are the columns, and each is
/// cut by text::sentence_ends(); with 2 levels there are no paragraphs in the result. A unit
/// belongs to the sentence in which its span begins. There are no sentences and paragraphs without
/// units, and none at all with 1 level. The text must be well-formed.
Borders find_borders(std::string_view raw, std::span<const text::Unit> units, int levels);

/// Returns the borders of the source that consists of the first `count` units.
Borders first_units(Borders borders, std::size_t count);

/// The elements [first, first + length) of the level below.
struct Group {
  std::size_t first = 0;
  std::size_t length = 0;
};

/// Returns the groups of a source of `size` elements that begin at `firsts`, which are borders of
/// one level. Fails a check unless every element is in a group and no group is empty.
std::vector<Group> find_groups(std::span<const std::int32_t> firsts, std::size_t size);

}  // namespace attend::model

// Cuts a long source into parts that are answered separately, and joins the answers. Internal to
// this folder.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "predictor/predictor.h"

namespace attend::predictor {

/// A part of a source: the units [begin, end), and before them the first `tags` units again, which
/// are the leading tags (text::is_tag) and are repeated by later parts. The first part, and a whole
/// source (0, 0, size), has the tags in its range and tags = 0.
struct Part {
  std::size_t tags = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return tags + end - begin; }
  /// Returns the position in the source of unit `j` of the part.
  std::size_t unit(std::size_t j) const { return j < tags ? j : begin + j - tags; }
};

/// Cuts a source into parts of at most `limit` (at least 1) units, not counting tags. A part ends
/// after the last sentence that fits, or inside a sentence that does not fit alone. Every unit is
/// in the range [begin, end) of exactly one part, except blanks at the borders of parts, which are
/// in none: each part reads as if it were a source of its own.
std::vector<Part> split_at_sentences(const Source& source, std::size_t limit);

/// Joins the `predictions` [parts] of all parts of a source to one prediction. Texts, units and
/// spans follow one another, log-probabilities are added, confidences multiplied (there is none
/// where a part has none) and scores averaged, and alignments become blocks along the diagonal.
/// `columns` [parts] are the numbers of columns of the parts' alignments; the columns of `source`
/// must be these columns, one part after the other. A blank separates two texts where the source
/// has white space between their parts.
Prediction join(std::vector<Prediction> predictions, std::span<const Part> parts,
                std::span<const std::size_t> columns, const Source& source);

}  // namespace attend::predictor

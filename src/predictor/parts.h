// The parts of a source that are answered by themselves, and their answers put together. Internal
// to this folder.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "predictor/predictor.h"

namespace attend::predictor {

/// The first `tags` units of a source, then its units [begin, end): all of a source (0, 0, size),
/// or a stretch of a long one behind the tags that the whole source begins with.
struct Part {
  std::size_t tags = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return tags + end - begin; }
  /// The place in the source of a unit of the part.
  std::size_t unit(std::size_t j) const { return j < tags ? j : begin + j - tags; }
};

/// A source cut into parts of at most `limit` (at least 1) units, tags not counted: behind the last
/// sentence that fits, or inside one that alone does not. Every unit is in one part, but for blanks
/// at the borders of parts, which are in none: each part reads as if it had come alone.
std::vector<Part> split_at_sentences(const Source& source, std::size_t limit);

/// The predictions of all parts of a source, [parts], as one prediction: texts, units and spans one
/// behind the other, log-probabilities added, alignments as blocks along the diagonal. `columns`,
/// [parts], are the columns of each part's alignment, and those of `source` are theirs one behind
/// the other. A blank stands between two texts where white space stands in the source.
Prediction join(std::vector<Prediction> predictions, std::span<const Part> parts,
                std::span<const std::size_t> columns, const Source& source);

}  // namespace attend::predictor

// One alignment from two: the links of a model and those of a model of the opposite direction
// (docs/models.md §14.7; Och and Ney 2003, Koehn et al. 2003).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "alignment/words.h"

namespace attend::alignment {

enum class Symmetrisation {
  kIntersection,      ///< links that both have
  kUnion,             ///< links that either has
  kGrowDiag,          ///< the intersection, grown by neighbours in the union
  kGrowDiagFinal,     ///< then links of a word that has none yet
  kGrowDiagFinalAnd,  ///< in place of these, links of two words that have none yet
};

/// Joins two sets of links of one pair, both as (source word, target word). Repeated links count
/// once. The result is sorted; it holds the intersection and lies in the union, and that of
/// kGrowDiag lies in that of kGrowDiagFinal and in that of kGrowDiagFinalAnd.
///
/// Growing: for each link of the result, in the order of the pair (source, target), its eight
/// neighbours are added if the union has them and one of their two words has no link yet. The
/// neighbours come in the order (−1, 0), (0, −1), (1, 0), (0, 1), (−1, −1), (−1, 1), (1, −1),
/// (1, 1). This is repeated until nothing is added. The last step goes through the links of
/// `forward` in order, then through those of `reverse`.
///
/// O(n log n) for n links.
std::vector<Link> symmetrise(std::span<const Link> forward, std::span<const Link> reverse,
                             Symmetrisation how);

/// Returns "intersection", "union", "grow-diag", "grow-diag-final" or "grow-diag-final-and".
std::string_view symmetrisation_name(Symmetrisation how);
/// Returns all ways, in the order of their declaration.
std::span<const Symmetrisation> all_symmetrisations();

}  // namespace attend::alignment

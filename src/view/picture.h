// The checks and labels that all drawings of an alignment share. Internal to the folder.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "view/view.h"

namespace attend::view {

/// Every picture says this in place of a side without units.
inline constexpr const char* kEmptySide = "(empty)";

/// A picture that was checked before it is drawn. The constructor throws as view.h promises when
/// sizes do not fit together or a value is not a number. `original` must outlive this object.
struct CheckedPicture {
  explicit CheckedPicture(const AlignmentPicture& picture);

  double weight(std::size_t target, std::size_t source) const;  ///< clamped to [0, 1]
  bool has_probabilities() const { return !original.target_probabilities.empty(); }
  double probability(std::size_t target) const;

  const AlignmentPicture& original;
  std::vector<std::string> source;  ///< labels, [source_units]
  std::vector<std::string> target;  ///< labels, [target_units]
};

}  // namespace attend::view

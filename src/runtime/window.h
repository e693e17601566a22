// The window of local attention: floor(p) − D … floor(p) + D around the centre p of a row (§6.3).
#pragma once

#include <cstddef>

namespace attend::runtime {

/// The positions of a window that its source has, in order. A row that looks at the whole source
/// has a window of all positions.
struct Window {
  std::size_t skipped = 0;  ///< positions of the window before the source begins
  std::size_t first = 0;    ///< the first position of the source in the window
  std::size_t count = 0;    ///< how many positions of the source lie in the window
};

/// Returns the window of 2 · reach + 1 positions around `centre` in a source of `length` positions.
/// If `centre` is not a number, no position of the source lies in it.
Window window_around(float centre, std::size_t reach, std::size_t length);

}  // namespace attend::runtime

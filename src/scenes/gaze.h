// Tells whether a captioner looks at what it names: the pointing accuracy of its alignments.
//
// A captioner looks at a grid of cells that lie over the whole picture, and its alignment has a
// weight for each cell. Its gaze at a word is the cell of the largest weight. The gaze points at an
// object if the centre of this cell lies in the box of the object. In a grid of at least eight
// cells a side, every box holds the centre of some cell.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "scenes/scene.h"

namespace attend::scenes {

struct Grid {
  int rows = 0, columns = 0;  ///< at least 1 each
};

/// A cell of a grid, counted from 0 from the top and from the left.
struct GridCell {
  int row = 0, column = 0;
  friend bool operator==(const GridCell&, const GridCell&) = default;
};

/// Returns the cell of the largest weight, and the first one of several. `weights` has the values
/// of all cells, row by row: [rows · columns]. NaN is never the largest, unless nothing else is
/// there.
GridCell gaze_of(std::span<const float> weights, Grid grid);

/// Whether the centre of a cell lies in a box. The grid lies over a picture of `height` and `width`
/// pixels, in which the box is counted. Computed exactly.
bool points_into(const Box& box, GridCell cell, Grid grid, int height, int width);

/// Counts words that name an object.
struct PointingScore {
  std::size_t words = 0;  ///< written words that name an object
  std::size_t hits = 0;   ///< those among them at which the gaze points at the object
  /// Naming words of the true captions that a written caption does not have at this place. They
  /// count neither as words nor as hits, because they name nothing in the picture.
  std::size_t others = 0;

  /// The pointing accuracy hits / words, from 0 to 1; 0 without words.
  double accuracy() const;
  void add(const PointingScore& more);
};

/// Returns the score of one caption. `named` are the boxes of the true caption, `written` the words
/// of the caption to be judged, and `alignment` the weights with which each of them was written:
/// [written.size(), rows · columns]. The picture is as for points_into(). Thread-safe.
PointingScore score_gaze(std::span<const WordBox> named, std::span<const std::string> written,
                         std::span<const float> alignment, Grid grid, int height, int width);

}  // namespace attend::scenes

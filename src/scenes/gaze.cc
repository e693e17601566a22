#include "scenes/gaze.h"

#include <cstdint>

#include "base/base.h"

namespace attend::scenes {
namespace {

std::size_t cells_of(Grid grid) {
  ATTEND_CHECK(grid.rows > 0 && grid.columns > 0);
  return static_cast<std::size_t>(grid.rows) * static_cast<std::size_t>(grid.columns);
}

/// Whether the centre of cell `cell` of `cells`, which divide `length` pixels, is in [first, last).
bool centre_is_between(int first, int last, int cell, int cells, int length) {
  const std::int64_t centre = (2 * std::int64_t{cell} + 1) * length;  // times 2 · cells
  const std::int64_t scale = 2 * std::int64_t{cells};
  return first * scale <= centre && centre < last * scale;
}

}  // namespace

GridCell gaze_of(std::span<const float> weights, Grid grid) {
  ATTEND_CHECK_EQ(weights.size(), cells_of(grid));
  std::size_t best = 0;
  for (std::size_t i = 1; i < weights.size(); ++i) {
    // The second condition is true where weights[best] is NaN and weights[i] is none.
    if (weights[i] > weights[best] ||
        (weights[best] != weights[best] && weights[i] == weights[i])) {
      best = i;
    }
  }
  const auto columns = static_cast<std::size_t>(grid.columns);
  return {static_cast<int>(best / columns), static_cast<int>(best % columns)};
}

bool points_into(const Box& box, GridCell cell, Grid grid, int height, int width) {
  ATTEND_CHECK(cell.row >= 0 && cell.row < grid.rows);
  ATTEND_CHECK(cell.column >= 0 && cell.column < grid.columns);
  return centre_is_between(box.x0, box.x1, cell.column, grid.columns, width) &&
         centre_is_between(box.y0, box.y1, cell.row, grid.rows, height);
}

double PointingScore::accuracy() const {
  return words == 0 ? 0.0 : static_cast<double>(hits) / static_cast<double>(words);
}

void PointingScore::add(const PointingScore& more) {
  words += more.words;
  hits += more.hits;
  others += more.others;
}

PointingScore score_gaze(std::span<const WordBox> named, std::span<const std::string> written,
                         std::span<const float> alignment, Grid grid, int height, int width) {
  const std::size_t cells = cells_of(grid);
  ATTEND_CHECK_EQ(alignment.size(), written.size() * cells);
  PointingScore score;
  for (const WordBox& word : named) {
    const auto place = static_cast<std::size_t>(word.word);
    if (place >= written.size() || written[place] != word.text) {
      ++score.others;
      continue;
    }
    const GridCell cell = gaze_of(alignment.subspan(place * cells, cells), grid);
    ++score.words;
    score.hits += points_into(word.box, cell, grid, height, width) ? 1 : 0;
  }
  return score;
}

}  // namespace attend::scenes

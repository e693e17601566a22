// The light that weights throw on a picture. Internal to the folder.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "view/raster.h"

namespace attend::view {

/// The regions that a picture is divided into; at least 1 × 1.
struct Grid {
  std::size_t rows = 0, columns = 0;
};

/// Returns how bright each pixel is as a share of the brightest one, [size.height, size.width],
/// 0 … 1. `weights` is [grid.rows, grid.columns], at least 0. Where all are 0, all pixels are dark.
///
/// The weights are enlarged to the size of the picture and smoothed by a Gaussian whose standard
/// deviation is kSmoothing regions (Xu et al. 2015, §5.4). The pixel at (u, v), in regions, gets
/// Σ_rc w_rc · K(v, r) · K(u, c), where K(u, c) = Φ((c + 1 − u) / σ) − Φ((c − u) / σ) is the share
/// of the Gaussian around u that lies in region c. K is divided by its sum over all c, so that
/// equal weights stay equal up to the borders.
std::vector<float> smooth_light(std::span<const float> weights, Grid grid, Extent size);

inline constexpr double kSmoothing = 0.6;  // in regions

/// Returns a mask of grey and alpha that darkens what is drawn below it and lights it where `light`
/// is. `light` is [size.height, size.width], 0 … 1.
Raster light_mask(std::span<const float> light, Extent size);

/// Returns the pixels of a picture of three channels under the mask.
Raster lit(const Raster& picture, std::span<const float> light);

/// Returns the place of the largest weight after smoothing: one of "top left", "top", "top right",
/// "left", "centre", "right", "bottom left", "bottom" and "bottom right"; "everywhere" where no
/// place stands out, and "nowhere" where all weights are 0.
std::string_view place_of(std::span<const float> weights, Grid grid);

}  // namespace attend::view

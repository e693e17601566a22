// Equations, with z_1 ≥ z_2 ≥ … the sorted energies and k the number of those with a weight:
//   sparsemax  α_j = max(0, x_j − τ),       τ = (Σ_{m ≤ k} z_m − 1) / k
//   entmax     α_j = max(0, x_j / 2 − τ)²,  τ = M − √((1 − V) / k), where M is the mean of the k
//              largest x / 2 and V the sum of their squared distances from M
// k is the largest number for which the k-th energy still lies above τ. Backward, sums over α > 0:
//   sparsemax  ∂x_j = ∂α_j − Σ_l ∂α_l / k
//   entmax     ∂x_j = g_j (∂α_j − Σ_l g_l ∂α_l / Σ_l g_l),  g_j = √α_j
// Layout: one row. Must equal: network/normalisers.cc.
#include "kernels/sparse_softmax.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/base.h"

namespace attend::kernels {
namespace {

float largest_of(std::span<const float> row) {
  float largest = -std::numeric_limits<float>::infinity();
  for (const float x : row) largest = std::max(largest, x);
  return largest;
}

// Writes the distances x_j − largest above `lowest` to `kept`, from the largest to the smallest.
// Returns how many there are. Energies farther away have the weight 0.
std::span<const float> keep_nearest(std::span<const float> row, float largest, float lowest,
                                    std::span<float> kept) {
  ATTEND_CHECK_EQ(kept.size(), row.size());
  std::size_t count = 0;
  for (const float x : row) {
    if (x - largest > lowest) kept[count++] = x - largest;
  }
  const std::span<float> nearest = kept.first(count);
  std::sort(nearest.begin(), nearest.end(), std::greater<>());
  return nearest;
}

// Returns τ of distances from the largest energy.
double sparsemax_threshold(std::span<const float> sorted) {
  double sum = 0, threshold = -1;
  for (std::size_t k = 0; k < sorted.size(); ++k) {
    sum += sorted[k];
    const double next = (sum - 1) / static_cast<double>(k + 1);
    if (sorted[k] <= next) break;
    threshold = next;
  }
  return threshold;
}

double entmax_threshold(std::span<const float> sorted) {
  double sum = 0, squares = 0, threshold = -1;
  for (std::size_t k = 0; k < sorted.size(); ++k) {
    const double half = 0.5 * sorted[k], count = static_cast<double>(k + 1);
    sum += half;
    squares += half * half;
    const double mean = sum / count, spread = squares - sum * mean;
    const double next = mean - std::sqrt(std::max((1 - spread) / count, 0.0));
    if (half < next) break;
    threshold = next;
  }
  return threshold;
}

}  // namespace

void sparsemax(std::span<float> row, std::span<float> scratch) {
  const float largest = largest_of(row);
  if (largest == -std::numeric_limits<float>::infinity()) {
    std::fill(row.begin(), row.end(), 0.0F);
    return;
  }
  const double threshold = sparsemax_threshold(keep_nearest(row, largest, -1.0F, scratch));
  for (float& x : row) x = static_cast<float>(std::max((x - largest) - threshold, 0.0));
}

void entmax(std::span<float> row, std::span<float> scratch) {
  const float largest = largest_of(row);
  if (largest == -std::numeric_limits<float>::infinity()) {
    std::fill(row.begin(), row.end(), 0.0F);
    return;
  }
  const double threshold = entmax_threshold(keep_nearest(row, largest, -2.0F, scratch));
  for (float& x : row) {
    const double root = std::max(0.5 * (x - largest) - threshold, 0.0);
    x = static_cast<float>(root * root);
  }
}

void sparsemax_backward(std::span<const float> weights, std::span<const float> d_weights,
                        std::span<float> d_energies) {
  double sum = 0, count = 0;
  for (std::size_t j = 0; j < weights.size(); ++j) {
    if (weights[j] <= 0.0F) continue;
    sum += d_weights[j];
    count += 1;
  }
  for (std::size_t j = 0; j < weights.size(); ++j) {
    if (weights[j] > 0.0F) d_energies[j] += static_cast<float>(d_weights[j] - sum / count);
  }
}

void entmax_backward(std::span<const float> weights, std::span<const float> d_weights,
                     std::span<float> d_energies) {
  double sum = 0, roots = 0;
  for (std::size_t j = 0; j < weights.size(); ++j) {
    const double root = std::sqrt(static_cast<double>(weights[j]));
    sum += root * d_weights[j];
    roots += root;
  }
  if (roots == 0) return;
  for (std::size_t j = 0; j < weights.size(); ++j) {
    const double root = std::sqrt(static_cast<double>(weights[j]));
    d_energies[j] += static_cast<float>(root * (d_weights[j] - sum / roots));
  }
}

}  // namespace attend::kernels

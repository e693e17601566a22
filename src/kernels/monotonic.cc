// Equations: p_j = σ(e_j), q_j = (1 − p_{j−1}) q_{j−1} + last_j, α_j = p_j q_j. Backward, from the
// last position to the first: ∂p_j = q_j (∂α_j − ∂q_{j+1}), ∂e_j = ∂p_j p_j (1 − p_j), ∂q_j = p_j
// ∂α_j
// + (1 − p_j) ∂q_{j+1}, ∂last_j = ∂q_j. Layout: one row. Must equal: kMonotonicAlignment in
// network/step_operations.cc.
#include "kernels/monotonic.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "base/base.h"

namespace attend::kernels {
namespace {

double logistic_of(float x) { return 1.0 / (1.0 + std::exp(-static_cast<double>(x))); }

}  // namespace

void monotonic_alignment(std::span<const float> energies, std::span<const float> last,
                         std::span<float> alignment) {
  ATTEND_CHECK(energies.size() == last.size() && energies.size() == alignment.size());
  double asked = 0;  // q_j: the probability that position j is asked
  for (std::size_t j = 0; j < alignment.size(); ++j) {
    const double stops = logistic_of(energies[j]);
    asked += last[j];
    alignment[j] = static_cast<float>(stops * asked);
    asked *= 1 - stops;
  }
}

void monotonic_scan(std::span<const float> energies, std::span<const float> last,
                    std::span<float> alignment) {
  ATTEND_CHECK(energies.size() == last.size() && energies.size() == alignment.size());
  std::fill(alignment.begin(), alignment.end(), 0.0F);
  bool reached = false;
  for (std::size_t j = 0; j < alignment.size(); ++j) {
    reached = reached || last[j] > 0.5F;
    if (!reached || !(energies[j] > 0.0F)) continue;
    alignment[j] = 1.0F;
    return;
  }
}

void monotonic_alignment_backward(std::span<const float> energies, std::span<const float> last,
                                  std::span<const float> d_alignment, std::span<float> d_energies,
                                  std::span<float> d_last) {
  const std::size_t count = energies.size();
  std::vector<double> stops(count), asked(count);
  double next = 0;
  for (std::size_t j = 0; j < count; ++j) {
    stops[j] = logistic_of(energies[j]);
    asked[j] = next + last[j];
    next = asked[j] * (1 - stops[j]);
  }
  double d_next = 0;  // ∂q_{j+1}
  for (std::size_t j = count; j-- > 0;) {
    const double d_stops = asked[j] * (d_alignment[j] - d_next);
    d_energies[j] += static_cast<float>(d_stops * stops[j] * (1 - stops[j]));
    d_next = stops[j] * d_alignment[j] + (1 - stops[j]) * d_next;
    if (!d_last.empty()) d_last[j] += static_cast<float>(d_next);
  }
}

}  // namespace attend::kernels

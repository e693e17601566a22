// Equations: p_j = σ(x_j), q_j = (1 − p_{j−1}) q_{j−1} + last_j, α_j = p_j q_j, where x_j is the
// energy e_j. Backward, from the last position to the first: ∂p_j = q_j (∂α_j − ∂q_{j+1}), ∂x_j =
// ∂p_j p_j (1 − p_j), ∂q_j = p_j ∂α_j + (1 − p_j) ∂q_{j+1}, ∂last_j = ∂q_j.
//
// The prior of hard monotonic attention is the same recursion with last = f and x_j = e_j −
// l_{j+1}, where l_j = log Σ_{k ≥ j} exp(e_k) = log(exp(e_j) + exp(l_{j+1})): p_j = exp(e_j) /
// exp(l_j) is the share of position j in what may still follow. At the last allowed position x_j is
// ∞ and p_j 1. Backward: ∂e_j = ∂x_j + p_j ∂l_j, ∂l_{j+1} = (1 − p_j) ∂l_j − ∂x_j.
//
// Layout: one row. Must equal: kMonotonicAlignment and kMonotonicPrior in
// network/step_operations.cc.
#include "kernels/monotonic.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "base/base.h"

namespace attend::kernels {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// 1 − σ(x) is σ(−x), which keeps its digits where σ(x) is almost 1.
double logistic_of(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// Calls set(j, x_j) for each position, from the last to the first, with x_j = e_j − l_{j+1}.
template <class Set>
void compare_with_later(std::span<const float> energies, Set set) {
  double later = -kInfinity;  // l_{j+1}
  for (std::size_t j = energies.size(); j-- > 0;) {
    const auto energy = static_cast<double>(energies[j]);
    if (energy == -kInfinity) {
      set(j, -kInfinity);
      continue;
    }
    const double above = energy - later;
    set(j, above);
    later = std::max(energy, later) + std::log1p(std::exp(-std::abs(above)));
  }
}

// Calls add(j, ∂x_j, ∂last_j) for each position, from the last to the first.
template <class Add>
void alignment_backward(std::span<const double> x, std::span<const float> last,
                        std::span<const float> d_alignment, Add add) {
  std::vector<double> asked(x.size());  // q_j
  double next = 0;
  for (std::size_t j = 0; j < x.size(); ++j) {
    asked[j] = next + last[j];
    next = asked[j] * logistic_of(-x[j]);
  }
  double d_next = 0;  // ∂q_{j+1}
  for (std::size_t j = x.size(); j-- > 0;) {
    const double stops = logistic_of(x[j]), passes = logistic_of(-x[j]);
    const double d_stops = asked[j] * (d_alignment[j] - d_next);
    d_next = stops * d_alignment[j] + passes * d_next;
    add(j, d_stops * stops * passes, d_next);
  }
}

}  // namespace

void monotonic_alignment(std::span<const float> energies, std::span<const float> last,
                         std::span<float> alignment) {
  ATTEND_CHECK(energies.size() == last.size() && energies.size() == alignment.size());
  double asked = 0;  // q_j: the probability that position j is asked
  for (std::size_t j = 0; j < alignment.size(); ++j) {
    const auto x = static_cast<double>(energies[j]);
    asked += last[j];
    alignment[j] = static_cast<float>(logistic_of(x) * asked);
    asked *= logistic_of(-x);
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
  const std::vector<double> x(energies.begin(), energies.end());
  alignment_backward(x, last, d_alignment, [&](std::size_t j, double d_x, double d_q) {
    d_energies[j] += static_cast<float>(d_x);
    if (!d_last.empty()) d_last[j] += static_cast<float>(d_q);
  });
}

void monotonic_prior(std::span<const float> energies, std::span<const float> f,
                     std::span<float> prior) {
  ATTEND_CHECK(energies.size() == f.size() && energies.size() == prior.size());
  compare_with_later(energies,
                     [prior](std::size_t j, double x) { prior[j] = static_cast<float>(x); });
  monotonic_alignment(prior, f, prior);  // reads an energy before it writes there
}

void monotonic_prior_backward(std::span<const float> energies, std::span<const float> f,
                              std::span<const float> d_prior, std::span<float> d_energies,
                              std::span<float> d_f) {
  std::vector<double> x(energies.size()), d_x(energies.size());
  compare_with_later(energies, [&x](std::size_t j, double above) { x[j] = above; });
  alignment_backward(x, f, d_prior, [&](std::size_t j, double d_above, double d_q) {
    d_x[j] = d_above;
    if (!d_f.empty()) d_f[j] += static_cast<float>(d_q);
  });
  double d_from = 0;  // ∂l_j
  for (std::size_t j = 0; j < d_energies.size(); ++j) {
    if (x[j] == -kInfinity) continue;
    d_energies[j] += static_cast<float>(d_x[j] + logistic_of(x[j]) * d_from);
    d_from = logistic_of(-x[j]) * d_from - d_x[j];
  }
}

}  // namespace attend::kernels

// Monotonic attention (§13.1, Raffel et al. 2017) and hard monotonic attention (§13.2, Wu and
// Cotterell 2019): alignments that never move back.
#pragma once

#include <span>

namespace attend::kernels {

/// The expected alignment when each position is asked, from the position of the last step on,
/// whether attention stops there: α_j = p_j q_j with p_j = σ(e_j), q_j = (1 − p_{j−1}) q_{j−1} +
/// last_j. `last` is the alignment of the last step. Positions with the energy −∞ are passed by.
/// All three hold equally many values.
void monotonic_alignment(std::span<const float> energies, std::span<const float> last,
                         std::span<float> alignment);

/// Stops at the first position with an energy above 0, from the position where `last` is 1 on: it
/// gets 1, all others 0. All get 0 if no position stops or `last` is 0 everywhere.
void monotonic_scan(std::span<const float> energies, std::span<const float> last,
                    std::span<float> alignment);

/// Adds the gradients of what monotonic_alignment() read, from that of its alignment. `d_last` may
/// be empty.
void monotonic_alignment_backward(std::span<const float> energies, std::span<const float> last,
                                  std::span<const float> d_alignment, std::span<float> d_energies,
                                  std::span<float> d_last);

/// The distribution of a position that never moves back, when it was f in the last step: π_j = Σ_{i
/// ≤ j} f_i exp(e_j) / Σ_{k ≥ i} exp(e_k). Positions with the energy −∞ get 0. All three hold
/// equally many values.
void monotonic_prior(std::span<const float> energies, std::span<const float> f,
                     std::span<float> prior);

/// Adds the gradients of what monotonic_prior() read, from that of its result. `d_energies` and
/// `d_f` may be empty.
void monotonic_prior_backward(std::span<const float> energies, std::span<const float> f,
                              std::span<const float> d_prior, std::span<float> d_energies,
                              std::span<float> d_f);

}  // namespace attend::kernels

// Operations of a step program that read several positions of a row: sums, convolutions (§1.5),
// monotonic attention (§13.1), and the filter and the output distributions of hard attention
// (§13.2).
#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/program_run.h"

namespace attend::runtime {

using step::Op;

bool ProgramRun::compute_positions(const PreparedOperation& one) {
  const step::Operation& operation = *one.operation;
  switch (operation.node->op) {
    case Op::kSumPositions:
      sum_positions(operation);
      return true;
    case Op::kConvolution:
      convolve(one);
      return true;
    case Op::kMonotonicAlignment:
      monotonic_alignment(operation);
      return true;
    case Op::kMonotonicPrior:
      monotonic_prior(operation);
      return true;
    case Op::kBandPrior:
      band_prior(operation);
      return true;
    case Op::kDraw:
      draw(operation);
      return true;
    case Op::kExpectedLog:
      expected_log(operation);
      return true;
    case Op::kPosterior:
      posterior(operation);
      return true;
    case Op::kLogNormalizer:
      log_normalizer(operation);
      return true;
    case Op::kTokenLogProbability:
      token_log_probability(operation);
      return true;
    default:
      return false;
  }
}

// 1 at the position that is looked at, 0 at the others; or the alignment (§7.4).
void ProgramRun::draw(const step::Operation& operation) {
  const step::StochasticPrediction way = operation.node->stochastic;
  const int result = operation.results[0];
  const double u = step::number_of_step(step_);
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<const float> alignment = values_.defined_of(operation.inputs[0], row);
    const std::span<float> drawn = values_.write_defined(result, row);
    if (way == step::StochasticPrediction::kExpectation) {
      copy(alignment, drawn);
      continue;
    }
    std::fill(drawn.begin(), drawn.end(), 0.0F);
    double whole = 0;
    for (const float x : alignment) whole += static_cast<double>(x);
    if (whole <= 0) continue;  // the row may not look anywhere
    std::size_t position = 0;
    if (way == step::StochasticPrediction::kArgmax) {
      position = static_cast<std::size_t>(std::max_element(alignment.begin(), alignment.end()) -
                                          alignment.begin());
    } else {
      double sum = 0;
      for (; position + 1 < alignment.size(); ++position) {
        sum += static_cast<double>(alignment[position]);
        if (sum > u * whole) break;
      }
    }
    drawn[position] = 1;
  }
}

void ProgramRun::expected_log(const step::Operation& operation) {
  const std::span<float> sums = values_.write(operation.results[0]);
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<const float> weights = values_.defined_of(operation.inputs[0], row);
    const std::span<const float> alignment = values_.defined_of(operation.inputs[1], row);
    double sum = 0;
    for (std::size_t j = 0; j < weights.size(); ++j) {
      if (weights[j] > 0) sum += static_cast<double>(weights[j]) * std::log(alignment[j]);
    }
    sums[row] = static_cast<float>(sum);
  }
}

void ProgramRun::sum_positions(const step::Operation& operation) {
  const std::span<float> sums = values_.write(operation.results[0]);
  for (std::size_t row = 0; row < rows_; ++row) {
    double sum = 0;
    for (const float x : values_.defined_of(operation.inputs[0], row)) sum += x;
    sums[row] = static_cast<float>(sum);
  }
}

// Returns a copy of the first `count` energies of a row, −∞ where the row may not look.
std::span<const float> ProgramRun::open_energies(int slot, std::size_t row, std::size_t count) {
  const std::span<float> energies = part_.get(count);
  copy(values_.defined_of(slot, row).first(count), energies);
  close_positions(annotations_, place_of(row, {}), energies);
  return energies;
}

// y_jk = Σ_m F_km x_{j + m − ⌊w / 2⌋} for each filter k, m = 0 … w − 1. Each x_i that is not 0 is
// added to the positions around it.
void ProgramRun::convolve(const PreparedOperation& one) {
  const int input = one.operation->inputs[0], result = one.operation->results[0];
  const std::size_t filters = values_.units(result), width = one.values.size() / filters;
  const std::size_t side = width / 2;
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<const float> x = values_.defined_of(input, row);
    const std::span<float> y = values_.write_defined(result, row);
    std::fill(y.begin(), y.end(), 0.0F);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool open =
          annotations_.allowed.empty() || annotations_.allowed[values_.start(row) + i] != 0;
      if (!open || x[i] == 0.0F) continue;
      const std::size_t first = i > side ? i - side : 0, end = std::min(i + side + 1, x.size());
      for (std::size_t j = first; j < end; ++j) {
        const std::span<const float> column = one.values.subspan(i + side - j);
        for (std::size_t k = 0; k < filters; ++k) y[j * filters + k] += column[k * width] * x[i];
      }
    }
  }
}

// The expected alignment, or the first position that stops; 0 where a row may not look.
void ProgramRun::monotonic_alignment(const step::Operation& operation) {
  const bool scans = operation.node->prediction == step::MonotonicPrediction::kScan;
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<const float> last = values_.defined_of(operation.inputs[1], row);
    const std::span<const float> energies = open_energies(operation.inputs[0], row, last.size());
    const std::span<float> alignment = values_.write_defined(operation.results[0], row);
    if (scans) {
      kernels::monotonic_scan(energies, last, alignment);
    } else {
      kernels::monotonic_alignment(energies, last, alignment);
    }
  }
}

// π_j = Σ_{i ≤ j} f_i exp(e_j) / Σ_{k ≥ i} exp(e_k); 0 where a row may not look.
void ProgramRun::monotonic_prior(const step::Operation& operation) {
  for (std::size_t row = 0; row < rows_; ++row) {
    const Window seen = positions_seen(operation, row);
    const std::span<const float> f = values_.defined_of(operation.inputs[0], row);
    const std::span<const float> energies = open_energies(operation.inputs[1], row, seen.count);
    kernels::monotonic_prior(energies, f.first(seen.count),
                             seen_part(operation.results[0], row, seen));
  }
}

bool ProgramRun::is_open(std::size_t row, std::size_t position) const {
  const std::vector<char>& allowed = annotations_.allowed;
  return allowed.empty() || allowed[values_.start(row) + position] != 0;
}

// π_j = Σ_k f_k softmax(e_k)_d, where offset d leads from k to the position that is d places behind
// k among those that are open from k on. Offsets behind the last open position have no share.
void ProgramRun::band_prior(const step::Operation& operation) {
  const std::size_t offsets = values_.units(operation.inputs[1]);
  const std::span<float> shares = part_.get(offsets);
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<const float> f = values_.defined_of(operation.inputs[0], row);
    const std::span<const float> energies = values_.defined_of(operation.inputs[1], row);
    const std::span<float> prior = values_.write_defined(operation.results[0], row);
    std::fill(prior.begin(), prior.end(), 0.0F);
    for (std::size_t k = 0; k < f.size(); ++k) {
      if (f[k] == 0.0F) continue;
      std::size_t count = 0;
      for (std::size_t j = k; j < f.size() && count < offsets; ++j) {
        if (is_open(row, j)) ++count;
      }
      if (count == 0) continue;
      kernels::softmax(row_of(energies, k, offsets).first(count), shares.first(count));
      for (std::size_t j = k, d = 0; d < count; ++j) {
        if (is_open(row, j)) prior[j] += f[k] * shares[d++];
      }
    }
  }
}

// π_j p_j / Σ_k π_k p_k from log p: the softmax of log π + log p over the positions with π > 0.
// Zeros if there are none.
void ProgramRun::posterior(const step::Operation& operation) {
  constexpr double kImpossible = -std::numeric_limits<double>::infinity();
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<const float> prior = values_.defined_of(operation.inputs[0], row);
    const std::span<const float> logs = values_.defined_of(operation.inputs[1], row);
    const std::span<float> result = values_.write_defined(operation.results[0], row);
    const auto score = [&](std::size_t j) {
      return std::log(static_cast<double>(prior[j])) + static_cast<double>(logs[j]);
    };
    double highest = kImpossible, sum = 0;
    for (std::size_t j = 0; j < prior.size(); ++j) {
      if (prior[j] > 0.0F) highest = std::max(highest, score(j));
    }
    for (std::size_t j = 0; j < prior.size(); ++j) {
      const bool possible = prior[j] > 0.0F && highest > kImpossible;
      const double share = possible ? std::exp(score(j) - highest) : 0.0;
      result[j] = static_cast<float>(share);
      sum += share;
    }
    if (sum == 0) continue;
    for (float& x : result) x = static_cast<float>(x / sum);
  }
}

void ProgramRun::log_normalizer(const step::Operation& operation) {
  for (std::size_t row = 0; row < rows_; ++row) {
    mixture_.find_normalizers(values_.defined_of(operation.inputs[0], row),
                              values_.write_defined(operation.results[0], row));
  }
}

// W_y · r_j + b_y − z_j for the token y of the last step; 0 for a row that has none.
void ProgramRun::token_log_probability(const step::Operation& operation) {
  const std::size_t wide = values_.units(operation.inputs[0]);
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<const float> readouts = values_.defined_of(operation.inputs[0], row);
    const std::span<const float> normalizers = values_.defined_of(operation.inputs[1], row);
    const std::span<float> logs = values_.write_defined(operation.results[0], row);
    std::fill(logs.begin(), logs.end(), 0.0F);
    if (tokens_[row] == text::kNoToken) continue;
    for (std::size_t j = 0; j < logs.size(); ++j) {
      logs[j] = mixture_.logit(row_of(readouts, j, wide), tokens_[row]) - normalizers[j];
    }
  }
}

}  // namespace attend::runtime

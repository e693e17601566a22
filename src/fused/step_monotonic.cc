// Monotonic attention (§13.1) and hard monotonic attention (§13.2) over the positions of a source.
// Must equal: kMonotonicAlignment and kMonotonicPrior in network/step_operations.cc.
#include <algorithm>
#include <limits>
#include <vector>

#include "base/base.h"
#include "fused/step_operation.h"

namespace attend::fused {
namespace {

// α_j = p_j q_j, p_j = σ(e_j + noise), q_j = (1 − p_{j−1}) q_{j−1} + last_j; 0 at positions that
// are not allowed. In prediction it may scan, which has no gradient.
class MonotonicAlignment final : public StepOperation {
 public:
  MonotonicAlignment(StepContext& context, const step::Operation& operation)
      : values_(context.values),
        scans_(context.in.predicts &&
               operation.node->prediction == step::MonotonicPrediction::kScan),
        lag_(operation.postponed ? 1 : 0),
        energies_(context.values.slot(operation.inputs[0])),
        last_(context.values.slot(operation.inputs[1])),
        alignment_(context.values.slot(operation.results[0])),
        own_(alignment_.width()) {
    const network::DecoderMasks* masks = context.in.masks;
    if (masks != nullptr && masks->noise.defined()) noise_ = masks->noise.contiguous();
  }

  void forward(std::int64_t i) override {
    for (std::size_t b = 0; b < values_.batch(); ++b) {
      const std::span<const float> energies = energies_of(i, b);
      const std::span<const float> last(last_.rows(i).row(b), energies.size());
      float* row = alignment_.rows(i).row(b);
      std::fill(row + energies.size(), row + alignment_.width(), 0.0F);
      if (scans_) {
        kernels::monotonic_scan(energies, last, {row, energies.size()});
      } else {
        kernels::monotonic_alignment(energies, last, {row, energies.size()});
      }
    }
  }

  void backward(std::int64_t i) override {
    if (scans_) return;
    for (std::size_t b = 0; b < values_.batch(); ++b) {
      const std::span<const float> energies = energies_of(i, b);
      const std::size_t length = energies.size();
      d_energies_.assign(length, 0.0F);
      const std::span<float> d_last =
          last_.asks() ? std::span(last_.gradient(i).row(b), length) : std::span<float>();
      kernels::monotonic_alignment_backward(energies, {last_.rows(i).row(b), length},
                                            {alignment_.gradient(i).row(b), length}, d_energies_,
                                            d_last);
      if (energies_.asks()) kernels::add(d_energies_, {energies_.gradient(i).row(b), length});
    }
  }

 private:
  // The energies of a row with their noise, −∞ where attention may not look.
  std::span<const float> energies_of(std::int64_t i, std::size_t b) {
    const std::size_t length = values_.length(b);
    const float* energies = energies_.rows(i).row(b);
    const float* noise = noise_of(i, b);
    for (std::size_t j = 0; j < length; ++j) {
      own_[j] = !values_.allows(b, j) ? -std::numeric_limits<float>::infinity()
                : noise == nullptr    ? energies[j]
                                      : energies[j] + noise[j];
    }
    return {own_.data(), length};
  }

  const float* noise_of(std::int64_t i, std::size_t b) const {
    if (!noise_.defined() || scans_) return nullptr;
    const std::size_t row = to_size(i - lag_) * values_.batch() + b;
    return noise_.data_ptr<float>() + row * values_.positions();
  }

  const StepValues& values_;
  bool scans_;
  std::int64_t lag_;
  SlotView energies_, last_, alignment_;
  Tensor noise_;  // [steps, batch, positions], or undefined
  std::vector<float> own_, d_energies_;
};

// π_j = Σ_{i ≤ j} f_i exp(e_j) / Σ_{k ≥ i} exp(e_k); 0 at positions that are not allowed.
class MonotonicPrior final : public StepOperation {
 public:
  MonotonicPrior(StepContext& context, const step::Operation& operation)
      : values_(context.values),
        limit_(to_size(operation.node->limit)),
        f_(context.values.slot(operation.inputs[0])),
        energies_(context.values.slot(operation.inputs[1])),
        prior_(context.values.slot(operation.results[0])),
        own_(prior_.width()) {}

  void forward(std::int64_t i) override {
    for (std::size_t b = 0; b < values_.batch(); ++b) {
      const std::span<const float> energies = energies_of(i, b);
      float* row = prior_.rows(i).row(b);
      std::fill(row + energies.size(), row + prior_.width(), 0.0F);
      kernels::monotonic_prior(energies, {f_.rows(i).row(b), energies.size()},
                               {row, energies.size()});
    }
  }

  void backward(std::int64_t i) override {
    for (std::size_t b = 0; b < values_.batch(); ++b) {
      const std::span<const float> energies = energies_of(i, b);
      const std::size_t length = energies.size();
      const auto gradient = [&](const SlotView& of) {
        return of.asks() ? std::span(of.gradient(i).row(b), length) : std::span<float>();
      };
      kernels::monotonic_prior_backward(energies, {f_.rows(i).row(b), length},
                                        {prior_.gradient(i).row(b), length}, gradient(energies_),
                                        gradient(f_));
    }
  }

 private:
  // The energies of a row, −∞ where attention may not look.
  std::span<const float> energies_of(std::int64_t i, std::size_t b) {
    std::size_t length = values_.length(b);
    if (limit_ > 0) length = std::min(length, limit_);
    const float* energies = energies_.rows(i).row(b);
    for (std::size_t j = 0; j < length; ++j) {
      own_[j] = values_.allows(b, j) ? energies[j] : -std::numeric_limits<float>::infinity();
    }
    return {own_.data(), length};
  }

  const StepValues& values_;
  std::size_t limit_;
  SlotView f_, energies_, prior_;
  std::vector<float> own_;
};

}  // namespace

std::unique_ptr<StepOperation> make_monotonic_prior(StepContext& context,
                                                    const step::Operation& operation) {
  return std::make_unique<MonotonicPrior>(context, operation);
}

std::unique_ptr<StepOperation> make_monotonic_alignment(StepContext& context,
                                                        const step::Operation& operation) {
  return std::make_unique<MonotonicAlignment>(context, operation);
}

}  // namespace attend::fused

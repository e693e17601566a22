// Normalisers and weighted sums over the positions of a source or of a window. The kernels read no
// position after the length of a source (StepValues::length()). Where a mask closes positions
// before it, they read those too: their weight is 0.
#include <algorithm>
#include <limits>

#include "base/base.h"
#include "fused/step_look.h"

namespace attend::fused {
namespace {

// α = softmax(e), or sparsemax(e) or entmax(e), over the positions that are allowed; 0 elsewhere.
class Softmax final : public StepOperation {
 public:
  Softmax(StepContext& context, const step::Operation& operation)
      : look_(context, operation),
        normaliser_(operation.node->normaliser),
        energies_(context.values.slot(operation.inputs[0])),
        alignment_(context.values.slot(operation.results[0])),
        scratch_(alignment_.width()) {}

  void forward(std::int64_t i) override {
    for (std::size_t b = 0; b < look_.batch(); ++b) {
      const Positions at = look_.at(i, b);
      const float* energies = energies_.rows(i).row(b) + at.place;
      float* row = alignment_.rows(i).row(b);
      clear_outside(row, at, alignment_.width());
      const std::span<float> alignment(row + at.place, at.count);
      if (at.count == 0) continue;
      std::copy_n(energies, at.count, alignment.begin());
      if (look_.values().has_closed() && !close(b, at, alignment)) continue;
      normalise(alignment);
    }
  }

  void backward(std::int64_t i) override {
    if (!energies_.asks()) return;
    for (std::size_t b = 0; b < look_.batch(); ++b) {
      const Positions at = look_.at(i, b);
      add_gradient({alignment_.rows(i).row(b) + at.place, at.count},
                   {alignment_.gradient(i).row(b) + at.place, at.count},
                   {energies_.gradient(i).row(b) + at.place, at.count});
    }
  }

 private:
  void normalise(std::span<float> row) {
    const std::span<float> scratch(scratch_.data(), row.size());
    switch (normaliser_) {
      case step::Normaliser::kSoftmax:
        return kernels::softmax(row);
      case step::Normaliser::kSparsemax:
        return kernels::sparsemax(row, scratch);
      case step::Normaliser::kEntmax:
        return kernels::entmax(row, scratch);
    }
  }

  void add_gradient(std::span<const float> alignment, std::span<const float> d_alignment,
                    std::span<float> d_energies) const {
    switch (normaliser_) {
      case step::Normaliser::kSparsemax:
        return kernels::sparsemax_backward(alignment, d_alignment, d_energies);
      case step::Normaliser::kEntmax:
        return kernels::entmax_backward(alignment, d_alignment, d_energies);
      case step::Normaliser::kSoftmax:
        break;
    }
    float mean = 0.0F;
    for (std::size_t j = 0; j < alignment.size(); ++j) mean += alignment[j] * d_alignment[j];
    for (std::size_t j = 0; j < alignment.size(); ++j) {
      d_energies[j] += alignment[j] * (d_alignment[j] - mean);
    }
  }

  // Sets closed positions to −∞. Returns false, and sets all to 0, if no position is open.
  bool close(std::size_t b, const Positions& at, std::span<float> energies) const {
    bool any = false;
    for (std::size_t j = 0; j < at.count; ++j) {
      const bool open = look_.values().allows(b, at.first + j);
      any = any || open;
      if (!open) energies[j] = -std::numeric_limits<float>::infinity();
    }
    if (!any) std::fill(energies.begin(), energies.end(), 0.0F);
    return any;
  }

  Look look_;
  step::Normaliser normaliser_;
  SlotView energies_, alignment_;
  std::vector<float> scratch_;
};

// c = Σ_j α_j x_j.
class WeightedSum final : public StepOperation {
 public:
  WeightedSum(StepContext& context, const step::Operation& operation)
      : matrices_(*context.matrices),
        look_(context, operation),
        alignment_(context.values.slot(operation.inputs[0])),
        rows_(context, operation.inputs[1]),
        sum_(context.values.slot(operation.results[0])) {
    if (rounds(matrices_, rows_.units())) rounded_ = rounded(rows_.all());
  }

  void forward(std::int64_t i) override {
    for (std::size_t b = 0; b < look_.batch(); ++b) {
      const Positions at = look_.at(i, b);
      const std::span<const float> weights(alignment_.rows(i).row(b) + at.place, at.count);
      const std::span<float> sum(sum_.rows(i).row(b), rows_.units());
      use_rows(b, at, [&](auto rows) { kernels::weighted_sum(weights, rows, sum); });
    }
  }

  void backward(std::int64_t i) override {
    std::vector<float> products(alignment_.width());
    for (std::size_t b = 0; b < look_.batch(); ++b) {
      const Positions at = look_.at(i, b);
      const std::span<const float> d_sum(sum_.gradient(i).row(b), rows_.units());
      if (alignment_.asks()) {
        const std::span<float> d_weights(products.data(), at.count);
        use_rows(b, at, [&](auto rows) {
          kernels::dot_energies(d_sum, rows, 0.0F, kernels::EnergyActivation::kLinear, d_weights);
        });
        kernels::add(d_weights, {alignment_.gradient(i).row(b) + at.place, at.count});
      }
      if (!look_.in_window() || !rows_.asks()) continue;
      const float* weights = alignment_.rows(i).row(b) + at.place;
      for (std::size_t j = 0; j < at.count; ++j) {
        float* to = rows_.gradient(b, at) + j * rows_.units();
        for (std::size_t k = 0; k < d_sum.size(); ++k) to[k] += weights[j] * d_sum[k];
      }
    }
  }

  void finish(std::int64_t first, std::int64_t steps) override {
    if (look_.in_window() || !rows_.asks() || first == steps) return;
    add_rows(matrices_, look_.values().lengths(),
             alignment_.values(first, steps - first).contiguous(),
             sum_.gradients(first, steps - first).contiguous(), rows_.all_gradients(),
             kernels::Write::kAdd);
  }

 private:
  template <class Use>
  void use_rows(std::size_t b, const Positions& at, Use use) const {
    if (!rounded_.defined()) return use(rows_.values(b, at));
    use(std::span<const kernels::Bfloat16>(bits_of(rounded_) + rows_.offset(b, at),
                                           at.count * rows_.units()));
  }

  ShardMatrices& matrices_;
  Look look_;
  SlotView alignment_;
  PositionRows rows_;
  SlotView sum_;
  Tensor rounded_;
};

}  // namespace

std::unique_ptr<StepOperation> make_softmax(StepContext& context,
                                            const step::Operation& operation) {
  return std::make_unique<Softmax>(context, operation);
}

std::unique_ptr<StepOperation> make_weighted_sum(StepContext& context,
                                                 const step::Operation& operation) {
  return std::make_unique<WeightedSum>(context, operation);
}

}  // namespace attend::fused

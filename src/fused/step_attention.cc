// Energies, softmax and weighted sums over the positions of a source or of a window, whose kernels
// never read a position that attention may not look at.
#include "fused/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "base/base.h"
#include "fused/step_operation.h"

namespace attend::fused {
namespace {

using kernels::Rows;

// The positions of source b that a step looks at: `count` of them, from `first` on. Their numbers
// begin at index `place` of the result.
struct Positions {
  std::size_t first = 0, count = 0, place = 0;
};

// What the operations over positions share: the window, if there is one.
class Look {
 public:
  Look(const StepContext& context, const step::Operation& operation)
      : values_(context.values), reach_(operation.node->reach) {
    if (reach_ > 0) centre_ = context.values.slot(operation.inputs.back());
  }
  bool in_window() const { return reach_ > 0; }
  std::size_t batch() const { return values_.batch(); }
  const StepValues& values() const { return values_; }
  const SlotView& centre() const { return centre_; }

  Positions at(std::int64_t i, std::size_t b) const {
    const std::size_t length = values_.length(b);
    if (!in_window()) return {0, length, 0};
    const double middle = std::floor(static_cast<double>(*centre_.rows(i).row(b)));
    const double begin =
        std::clamp(middle - static_cast<double>(reach_), 0.0, static_cast<double>(length));
    const double end =
        std::clamp(middle + static_cast<double>(reach_) + 1, 0.0, static_cast<double>(length));
    if (!(end > begin)) return {};
    return {static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin),
            static_cast<std::size_t>(begin - (middle - static_cast<double>(reach_)))};
  }

 private:
  const StepValues& values_;
  std::int64_t reach_;
  SlotView centre_;
};

// Whether a matrix is read in bfloat16, which halves the memory that each step reads.
bool rounds(const ShardMatrices& matrices, std::size_t units) {
  constexpr std::size_t kWide = 128;
  return matrices.precision() == Precision::kBfloat16 && units >= kWide;
}

// The vectors of a source's positions: keys, or values that are summed.
class PositionRows {
 public:
  PositionRows(const StepContext& context, int slot)
      : view_(context.values.slot(slot)),
        units_(to_size(context.values.shape(slot).units)),
        positions_(context.values.positions()) {}

  std::size_t units() const { return units_; }
  bool asks() const { return view_.asks(); }
  std::span<const float> values(std::size_t b, const Positions& at) const {
    return {view_.rows(0).row(b) + at.first * units_, at.count * units_};
  }
  float* gradient(std::size_t b, const Positions& at) const {
    return view_.gradient(0).row(b) + at.first * units_;
  }
  std::size_t offset(std::size_t b, const Positions& at) const {
    return (b * positions_ + at.first) * units_;
  }
  // [batch, positions, units].
  Tensor all() const { return in_positions(view_.sequence().values[0]); }
  Tensor all_gradients() const { return in_positions(view_.sequence().gradient[0]); }

 private:
  Tensor in_positions(const Tensor& x) const {
    return x.view(
        {x.size(0), static_cast<std::int64_t>(positions_), static_cast<std::int64_t>(units_)});
  }
  SlotView view_;
  std::size_t units_, positions_;
};

void clear_outside(float* row, const Positions& at, std::size_t width) {
  std::fill_n(row, at.place, 0.0F);
  std::fill(row + at.place + at.count, row + width, 0.0F);
}

// e_j = q · k_j.
class DotEnergies final : public StepOperation {
 public:
  DotEnergies(StepContext& context, const step::Operation& operation)
      : matrices_(*context.matrices),
        look_(context, operation),
        query_(context.values.slot(operation.inputs[0])),
        keys_(context, operation.inputs[1]),
        energies_(context.values.slot(operation.results[0])) {
    if (rounds(matrices_, keys_.units())) rounded_ = rounded(keys_.all());
  }

  void forward(std::int64_t i) override {
    for (std::size_t b = 0; b < look_.batch(); ++b) {
      const Positions at = look_.at(i, b);
      float* row = energies_.rows(i).row(b);
      clear_outside(row, at, energies_.width());
      use_keys(b, at, [&](auto keys) {
        kernels::dot_energies({query_.rows(i).row(b), keys_.units()}, keys, 0.0F,
                              kernels::EnergyActivation::kLinear, {row + at.place, at.count});
      });
    }
  }

  void backward(std::int64_t i) override {
    const std::size_t units = keys_.units();
    std::vector<float> d_query(units);
    for (std::size_t b = 0; b < look_.batch(); ++b) {
      const Positions at = look_.at(i, b);
      float* d_energies = energies_.gradient(i).row(b);
      clear_outside(d_energies, at, energies_.width());
      if (query_.asks()) {
        use_keys(b, at, [&](auto keys) {
          kernels::weighted_sum({d_energies + at.place, at.count}, keys, d_query);
        });
        kernels::add(d_query, {query_.gradient(i).row(b), units});
      }
      if (!look_.in_window() || !keys_.asks()) continue;
      for (std::size_t j = 0; j < at.count; ++j) {
        const float d_energy = d_energies[at.place + j];
        const float* query = query_.rows(i).row(b);
        float* to = keys_.gradient(b, at) + j * units;
        for (std::size_t k = 0; k < units; ++k) to[k] += d_energy * query[k];
      }
    }
  }

  // The gradients of the keys are sums over all steps, except in windows.
  void finish(std::int64_t first, std::int64_t steps) override {
    if (look_.in_window() || !keys_.asks() || first == steps) return;
    add_rows(matrices_, look_.values().lengths(),
             energies_.gradients(first, steps - first).contiguous(),
             query_.values(first, steps - first).contiguous(), keys_.all_gradients(),
             kernels::Write::kAdd);
  }

 private:
  template <class Use>
  void use_keys(std::size_t b, const Positions& at, Use use) const {
    if (!rounded_.defined()) return use(keys_.values(b, at));
    use(std::span<const kernels::Bfloat16>(bits_of(rounded_) + keys_.offset(b, at),
                                           at.count * keys_.units()));
  }

  ShardMatrices& matrices_;
  Look look_;
  SlotView query_;
  PositionRows keys_;
  SlotView energies_;
  Tensor rounded_;
};

// e_j = v · tanh(q + k_j + W_f f_j), f being features of a row and a position.
class AdditiveEnergies final : public StepOperation {
 public:
  AdditiveEnergies(StepContext& context, const step::Operation& operation)
      : matrices_(*context.matrices),
        look_(context, operation),
        query_(context.values.slot(operation.inputs[0])),
        keys_(context, operation.inputs[1]),
        energies_(context.values.slot(operation.results[0])),
        weight_(find_tensor(*context.in.tensors, operation.node->weights[0])) {
    if (operation.node->weights.size() > 1) {
      features_ = context.values.slot(operation.inputs[2]);
      columns_ = find_tensor(*context.in.tensors, operation.node->weights[1]);
      per_position_ = to_size(columns_.size(1));
      // A transposed copy: the column of a feature is a row that can be added.
      feature_rows_ = columns_.detach().t().contiguous();
    } else {
      make_exponentials();
    }
    queries_ = at::empty(
        {query_.constant() ? 1 : context.values.steps(), static_cast<std::int64_t>(look_.batch()),
         static_cast<std::int64_t>(keys_.units())},
        at::kFloat);
    scratch_.resize(keys_.units());
  }

  void forward(std::int64_t i) override {
    const Rows queries = rows_at(queries_, query_.constant() ? 0 : i);
    for (std::size_t b = 0; b < look_.batch(); ++b) {
      std::copy_n(query_.rows(i).row(b), keys_.units(), queries.row(b));
    }
    if (form_ == kernels::KeyForm::kExponential) {
      kernels::exponential_query({queries.values, look_.batch() * keys_.units()});
    }
    for (std::size_t b = 0; b < look_.batch(); ++b) {
      const Positions at = look_.at(i, b);
      float* row = energies_.rows(i).row(b);
      clear_outside(row, at, energies_.width());
      if (features_.defined()) {
        forward_with_features(i, b, at);
        continue;
      }
      const std::span<const float> query(queries.row(b), keys_.units());
      const std::span<float> energies(row + at.place, at.count);
      use_keys(b, at, [&](auto keys) {
        if constexpr (std::is_same_v<decltype(keys), std::span<const float>>) {
          if (form_ == kernels::KeyForm::kPlain) {
            return kernels::additive_energies(query, keys, span_of(weight_), 0.0F, kLinear,
                                              energies);
          }
        }
        kernels::additive_energies_of_keys(query, keys, span_of(weight_), 0.0F, kLinear, energies);
      });
    }
  }

  void begin_backward() override {
    d_weight_.emplace(weight_);
    if (features_.defined()) {
      d_columns_.emplace(columns_);
      d_feature_rows_ = at::zeros_like(feature_rows_);
    }
    if (!keys_.asks()) d_keys_.resize(look_.values().positions() * keys_.units());
  }

  void backward(std::int64_t i) override {
    const Rows queries = rows_at(queries_, query_.constant() ? 0 : i);
    for (std::size_t b = 0; b < look_.batch(); ++b) {
      const Positions at = look_.at(i, b);
      if (features_.defined()) {
        backward_with_features(i, b, at);
        continue;
      }
      const std::span<const float> query(queries.row(b), keys_.units());
      const std::span<const float> d_energies(energies_.gradient(i).row(b) + at.place, at.count);
      const kernels::AttentionGradients gradients{d_keys(b, at), d_weight_->sum().data_ptr<float>(),
                                                  nullptr, scratch_.data()};
      use_keys(b, at, [&](auto keys) {
        if constexpr (std::is_same_v<decltype(keys), std::span<const float>>) {
          kernels::additive_energies_backward(form_, query, keys, span_of(weight_), d_energies,
                                              gradients);
        } else {
          kernels::additive_energies_backward(query, keys, span_of(weight_), d_energies, gradients);
        }
      });
      if (query_.asks()) kernels::add(scratch_, {query_.gradient(i).row(b), keys_.units()});
    }
  }

  void finish(std::int64_t, std::int64_t) override {
    if (d_columns_) d_columns_->sum().add_(d_feature_rows_.t());
  }

  std::vector<WeightArgument> weights() override {
    std::vector<WeightArgument> result{{weight_, [this] { return d_weight_->result(); }}};
    if (columns_.defined()) result.push_back({columns_, [this] { return d_columns_->result(); }});
    return result;
  }

 private:
  static constexpr kernels::EnergyActivation kLinear = kernels::EnergyActivation::kLinear;

  // Replaces the keys by exp(2 k) where no value is too large for it.
  void make_exponentials() {
    const Tensor keys = keys_.all();
    const std::span<const float> plain = span_of(keys);
    const bool half = rounds(matrices_, keys_.units());
    const Tensor made = at::empty_like(keys, half ? at::kShort : at::kFloat);
    const bool fit = half ? kernels::exponential_keys(plain, bits_of(made))
                          : kernels::exponential_keys(plain, made.data_ptr<float>());
    if (!fit) return;
    form_ = kernels::KeyForm::kExponential;
    (half ? rounded_ : exponentials_) = made;
  }

  template <class Use>
  void use_keys(std::size_t b, const Positions& at, Use use) const {
    const std::size_t count = at.count * keys_.units(), offset = keys_.offset(b, at);
    if (rounded_.defined()) {
      return use(std::span<const kernels::Bfloat16>(bits_of(rounded_) + offset, count));
    }
    if (!exponentials_.defined()) return use(keys_.values(b, at));
    use(std::span<const float>(exponentials_.data_ptr<float>() + offset, count));
  }

  float* d_keys(std::size_t b, const Positions& at) {
    return keys_.asks() ? keys_.gradient(b, at) : d_keys_.data();
  }

  // scratch ← q + W_f f_j.
  void query_of(std::int64_t i, std::size_t b, std::size_t j) {
    const float* query = query_.rows(i).row(b);
    std::copy_n(query, keys_.units(), scratch_.data());
    for (std::size_t d = 0; d < per_position_; ++d) {
      const float feature = features_.rows(i).row(b)[j * per_position_ + d];
      if (feature == 0.0F) continue;
      const float* column = feature_rows_.data_ptr<float>() + d * keys_.units();
      for (std::size_t k = 0; k < keys_.units(); ++k) scratch_[k] += feature * column[k];
    }
  }

  void forward_with_features(std::int64_t i, std::size_t b, const Positions& at) {
    float* energies = energies_.rows(i).row(b);
    for (std::size_t j = 0; j < at.count; ++j) {
      query_of(i, b, j);
      kernels::additive_energies(scratch_, keys_.values(b, {j, 1, 0}), span_of(weight_), 0.0F,
                                 kLinear, {energies + j, 1});
    }
  }

  void backward_with_features(std::int64_t i, std::size_t b, const Positions& at) {
    const std::size_t units = keys_.units();
    std::vector<float> d_hidden(units);
    for (std::size_t j = 0; j < at.count; ++j) {
      query_of(i, b, j);
      const Positions own{j, 1, 0};
      kernels::additive_energies_backward(
          kernels::KeyForm::kPlain, scratch_, keys_.values(b, own), span_of(weight_),
          {energies_.gradient(i).row(b) + j, 1},
          {d_keys(b, own), d_weight_->sum().data_ptr<float>(), nullptr, d_hidden.data()});
      if (query_.asks()) kernels::add(d_hidden, {query_.gradient(i).row(b), units});
      for (std::size_t d = 0; d < per_position_; ++d) {
        const std::size_t place = j * per_position_ + d;
        const float feature = features_.rows(i).row(b)[place];
        const float* column = feature_rows_.data_ptr<float>() + d * units;
        float* d_column = d_feature_rows_.data_ptr<float>() + d * units;
        float sum = 0.0F;
        for (std::size_t k = 0; k < units; ++k) {
          sum += d_hidden[k] * column[k];
          d_column[k] += feature * d_hidden[k];
        }
        if (features_.asks()) features_.gradient(i).row(b)[place] += sum;
      }
    }
  }

  ShardMatrices& matrices_;
  Look look_;
  SlotView query_;
  PositionRows keys_;
  SlotView energies_, features_;
  Tensor weight_, columns_;
  std::size_t per_position_ = 0;          // d: numbers of f_j
  Tensor feature_rows_, d_feature_rows_;  // [d, n']: W_f transposed, and its gradient
  kernels::KeyForm form_ = kernels::KeyForm::kPlain;
  Tensor exponentials_, rounded_;  // exp(2 k) [batch, positions, n'], in float32 or bfloat16
  Tensor queries_;                 // [steps, batch, n'], in the form of the keys
  std::vector<float> scratch_, d_keys_;
  std::optional<WeightGradient> d_weight_, d_columns_;
};

// α = softmax(e) over the positions that are allowed; 0 elsewhere.
class Softmax final : public StepOperation {
 public:
  Softmax(StepContext& context, const step::Operation& operation)
      : look_(context, operation),
        energies_(context.values.slot(operation.inputs[0])),
        alignment_(context.values.slot(operation.results[0])) {}

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
      kernels::softmax(alignment);
    }
  }

  void backward(std::int64_t i) override {
    if (!energies_.asks()) return;
    for (std::size_t b = 0; b < look_.batch(); ++b) {
      const Positions at = look_.at(i, b);
      const float* alignment = alignment_.rows(i).row(b) + at.place;
      const float* d_alignment = alignment_.gradient(i).row(b) + at.place;
      float* d_energies = energies_.gradient(i).row(b) + at.place;
      float mean = 0.0F;
      for (std::size_t j = 0; j < at.count; ++j) mean += alignment[j] * d_alignment[j];
      for (std::size_t j = 0; j < at.count; ++j) {
        d_energies[j] += alignment[j] * (d_alignment[j] - mean);
      }
    }
  }

 private:
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
  SlotView energies_, alignment_;
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

std::unique_ptr<StepOperation> make_energies(StepContext& context,
                                             const step::Operation& operation) {
  if (operation.node->op == step::Op::kDotEnergies) {
    return std::make_unique<DotEnergies>(context, operation);
  }
  return std::make_unique<AdditiveEnergies>(context, operation);
}

std::unique_ptr<StepOperation> make_softmax(StepContext& context,
                                            const step::Operation& operation) {
  return std::make_unique<Softmax>(context, operation);
}

std::unique_ptr<StepOperation> make_weighted_sum(StepContext& context,
                                                 const step::Operation& operation) {
  return std::make_unique<WeightedSum>(context, operation);
}

}  // namespace attend::fused

// Energies over the positions of a source or of a window.
#include <algorithm>
#include <optional>
#include <type_traits>

#include "base/base.h"
#include "fused/step_look.h"

namespace attend::fused {
namespace {

using kernels::Rows;

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

// e_j = x_j: the numbers of a row at the positions of the source.
class LocationEnergies final : public StepOperation {
 public:
  LocationEnergies(StepContext& context, const step::Operation& operation)
      : look_(context, operation),
        numbers_(context.values.slot(operation.inputs[0])),
        energies_(context.values.slot(operation.results[0])) {}

  void forward(std::int64_t i) override {
    for (std::size_t b = 0; b < look_.batch(); ++b) {
      const Positions at = look_.at(i, b);
      float* row = energies_.rows(i).row(b);
      clear_outside(row, at, energies_.width());
      std::copy_n(numbers_.rows(i).row(b) + at.first, at.count, row + at.place);
    }
  }

  void backward(std::int64_t i) override {
    if (!numbers_.asks()) return;
    for (std::size_t b = 0; b < look_.batch(); ++b) {
      const Positions at = look_.at(i, b);
      kernels::add({energies_.gradient(i).row(b) + at.place, at.count},
                   {numbers_.gradient(i).row(b) + at.first, at.count});
    }
  }

 private:
  Look look_;
  SlotView numbers_, energies_;
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

}  // namespace

std::unique_ptr<StepOperation> make_energies(StepContext& context,
                                             const step::Operation& operation) {
  if (operation.node->op == step::Op::kDotEnergies) {
    return std::make_unique<DotEnergies>(context, operation);
  }
  if (operation.node->op == step::Op::kLocationEnergies) {
    return std::make_unique<LocationEnergies>(context, operation);
  }
  return std::make_unique<AdditiveEnergies>(context, operation);
}

}  // namespace attend::fused

// Energies over the positions of a source or of a window.
#include <algorithm>
#include <optional>
#include <type_traits>

#include "base/base.h"
#include "fused/step_features.h"
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

// e_j = v · tanh(q + k_j + W_f f_j + …), f being features of a row and a position.
class AdditiveEnergies final : public StepOperation {
 public:
  AdditiveEnergies(StepContext& context, const step::Operation& operation)
      : matrices_(*context.matrices),
        look_(context, operation),
        query_(context.values.slot(operation.inputs[0])),
        keys_(context, operation.inputs[1]),
        energies_(context.values.slot(operation.results[0])),
        weight_(find_tensor(*context.in.tensors, operation.node->weights[0])) {
    const std::vector<std::string>& weights = operation.node->weights;
    for (std::size_t k = 1; k < weights.size(); ++k) {
      features_.emplace_back(context, operation.inputs[k + 1], weights[k]);
    }
    if (features_.empty()) {
      make_exponentials();
    } else {
      hidden_.resize(look_.values().positions() * keys_.units());
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
      if (!features_.empty()) {
        if (at.count > 0) forward_with_features(i, b, at);
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
    for (FeaturePart& part : features_) part.begin_backward();
    d_hidden_.resize(hidden_.size());
    if (!keys_.asks()) d_keys_.resize(look_.values().positions() * keys_.units());
  }

  void backward(std::int64_t i) override {
    const Rows queries = rows_at(queries_, query_.constant() ? 0 : i);
    for (std::size_t b = 0; b < look_.batch(); ++b) {
      const Positions at = look_.at(i, b);
      if (!features_.empty()) {
        if (at.count > 0) backward_with_features(i, b, at);
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
    for (FeaturePart& part : features_) part.finish();
  }

  std::vector<WeightArgument> weights() override {
    std::vector<WeightArgument> result{{weight_, [this] { return d_weight_->result(); }}};
    for (const FeaturePart& part : features_) result.push_back(part.weight());
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

  std::span<const float> query_at(std::int64_t i, std::size_t b) const {
    return {query_.rows(i).row(b), keys_.units()};
  }

  // k_j + W_f f_j + … at the positions of source b.
  std::span<const float> keys_with_features(std::int64_t i, std::size_t b, const Positions& at) {
    const Rows hidden{hidden_.data(), keys_.units()};
    bool empty = true;
    for (const FeaturePart& part : features_) {
      const kernels::Write write = empty ? kernels::Write::kReplace : kernels::Write::kAdd;
      part.multiply(i, b, at.count, hidden, write);
      empty = false;
    }
    const std::span<float> all(hidden_.data(), at.count * keys_.units());
    kernels::add(keys_.values(b, at), all);
    return all;
  }

  void forward_with_features(std::int64_t i, std::size_t b, const Positions& at) {
    kernels::additive_energies(query_at(i, b), keys_with_features(i, b, at), span_of(weight_), 0.0F,
                               kLinear, {energies_.rows(i).row(b), at.count});
  }

  void backward_with_features(std::int64_t i, std::size_t b, const Positions& at) {
    const std::size_t units = keys_.units();
    const std::span<float> d_hidden(d_hidden_.data(), at.count * units);
    std::fill(d_hidden.begin(), d_hidden.end(), 0.0F);
    kernels::additive_energies_backward(
        kernels::KeyForm::kPlain, query_at(i, b), keys_with_features(i, b, at), span_of(weight_),
        {energies_.gradient(i).row(b), at.count},
        {d_hidden.data(), d_weight_->sum().data_ptr<float>(), nullptr, scratch_.data()});
    if (query_.asks()) kernels::add(scratch_, {query_.gradient(i).row(b), units});
    if (keys_.asks()) kernels::add(d_hidden, {keys_.gradient(b, at), d_hidden.size()});
    for (FeaturePart& part : features_) {
      part.add_gradient(i, b, at.count, {d_hidden.data(), units});
    }
  }

  ShardMatrices& matrices_;
  Look look_;
  SlotView query_;
  PositionRows keys_;
  SlotView energies_;
  Tensor weight_;
  std::vector<FeaturePart> features_;
  std::vector<float> hidden_, d_hidden_;  // [positions, n']: keys with features, of one source
  kernels::KeyForm form_ = kernels::KeyForm::kPlain;
  Tensor exponentials_, rounded_;  // exp(2 k) [batch, positions, n'], in float32 or bfloat16
  Tensor queries_;                 // [steps, batch, n'], in the form of the keys
  std::vector<float> scratch_, d_keys_;
  std::optional<WeightGradient> d_weight_;
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

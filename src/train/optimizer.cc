#include "train/optimizer.h"

#include <algorithm>
#include <cmath>

#include "kernels/kernels.h"

namespace attend::train {

using at::Tensor;
using model::OptimizerConfig;
using model::OptimizerKind;

namespace {

void sgd(const OptimizerConfig& config, const Tensor& values, const Tensor& gradient, double rate,
         const Tensor& velocity) {
  if (config.momentum > 0) {
    velocity.mul_(config.momentum).add_(gradient);
    values.sub_(velocity, rate);
  } else {
    values.sub_(gradient, rate);
  }
}

void adadelta(const OptimizerConfig& config, const Tensor& values, const Tensor& gradient,
              double rate, const Tensor& squares, const Tensor& changes) {
  squares.mul_(config.rho).addcmul_(gradient, gradient, 1.0 - config.rho);
  const Tensor change =
      (changes + config.epsilon).sqrt_().div_((squares + config.epsilon).sqrt_()).mul_(gradient);
  changes.mul_(config.rho).addcmul_(change, change, 1.0 - config.rho);
  values.sub_(change, rate);
}

void adam(const OptimizerConfig& config, const Tensor& values, const Tensor& gradient, double rate,
          std::int64_t update, const Tensor& mean, const Tensor& squares) {
  mean.mul_(config.beta1).add_(gradient, 1.0 - config.beta1);
  squares.mul_(config.beta2).addcmul_(gradient, gradient, 1.0 - config.beta2);
  const double mean_scale = 1.0 - std::pow(config.beta1, static_cast<double>(update));
  const double square_scale = 1.0 - std::pow(config.beta2, static_cast<double>(update));
  const Tensor root = (squares / square_scale).sqrt_().add_(config.epsilon);
  values.addcdiv_(mean, root, -rate / mean_scale);
}

void rmsprop(const OptimizerConfig& config, const Tensor& values, const Tensor& gradient,
             double rate, const Tensor& squares) {
  squares.mul_(config.rho).addcmul_(gradient, gradient, 1.0 - config.rho);
  values.addcdiv_(gradient, squares.sqrt().add_(config.epsilon), -rate);
}

// A range of a flat buffer: its first value and the number of its values.
struct Range {
  std::int64_t first, count;
};

// Joins row blocks to ranges that are as long as possible, because each costs several calls. Less
// than a cache line between two blocks is the gap between two parameters (Layout), whose values
// influence nothing.
std::vector<Range> join(std::span<const RowBlock> row_blocks) {
  constexpr std::int64_t kLine = 16;  // floats
  std::vector<Range> ranges;
  for (const RowBlock& block : row_blocks) {
    const auto first = static_cast<std::int64_t>(block.first);
    const auto end = first + static_cast<std::int64_t>(block.count());
    if (ranges.empty() || first - (ranges.back().first + ranges.back().count) >= kLine) {
      ranges.push_back({first, end - first});
    } else {
      ranges.back().count = end - ranges.back().first;
    }
  }
  return ranges;
}

}  // namespace

double clip_scale(double norm, double limit) {
  return limit > 0 && norm >= limit && std::isfinite(norm) ? limit / norm : 1.0;
}

Optimizer::Optimizer(const OptimizerConfig& config, const Tensor& values) : config_(config) {
  const auto add = [&](const char* name) { state_.emplace_back(name, at::zeros_like(values)); };
  switch (config.kind) {
    case OptimizerKind::kSgd:
      if (config.momentum > 0) add("velocity");
      break;
    case OptimizerKind::kAdadelta:
      add("squares");
      add("changes");
      break;
    case OptimizerKind::kAdam:
    case OptimizerKind::kAdamW:
      add("mean");
      add("squares");
      break;
    case OptimizerKind::kRmsProp:
      add("squares");
      break;
  }
}

void Optimizer::fused_adam(const Tensor& values, const Tensor& gradient,
                           const UpdateOptions& options, Workers& workers,
                           std::span<const RowBlock> row_blocks,
                           const std::function<void(std::size_t)>& then) {
  const bool decoupled = config_.kind == OptimizerKind::kAdamW;
  const auto update = static_cast<double>(options.update);
  kernels::AdamStep step;
  step.gradient_scale = static_cast<float>(options.gradient_scale);
  step.l2 = static_cast<float>(decoupled ? 0.0 : config_.weight_decay);
  step.keep =
      static_cast<float>(decoupled ? 1.0 - options.learning_rate * config_.weight_decay : 1.0);
  step.beta1 = static_cast<float>(config_.beta1);
  step.beta2 = static_cast<float>(config_.beta2);
  step.step = static_cast<float>(options.learning_rate / (1.0 - std::pow(config_.beta1, update)));
  step.square_scale = static_cast<float>(1.0 / (1.0 - std::pow(config_.beta2, update)));
  step.epsilon = static_cast<float>(config_.epsilon);
  workers.for_each(row_blocks.size(), [&](std::size_t index) {
    const std::size_t first = row_blocks[index].first;
    kernels::adam(step, gradient.data_ptr<float>() + first,
                  state_[0].second.data_ptr<float>() + first,
                  state_[1].second.data_ptr<float>() + first, values.data_ptr<float>() + first,
                  row_blocks[index].count());
    then(index);
  });
}

void Optimizer::step(const Tensor& values, const Tensor& gradient, const UpdateOptions& options,
                     Workers& workers) {
  const RowBlock all{0, static_cast<std::size_t>(values.numel()), 1};
  step(values, gradient, options, workers, {&all, 1}, [](std::size_t) {});
}

void Optimizer::step(const Tensor& values, const Tensor& gradient, const UpdateOptions& options,
                     Workers& workers, std::span<const RowBlock> row_blocks,
                     const std::function<void(std::size_t)>& then) {
  const bool adam = config_.kind == OptimizerKind::kAdam || config_.kind == OptimizerKind::kAdamW;
  if (adam && values.scalar_type() == at::kFloat && values.device().is_cpu()) {
    return fused_adam(values, gradient, options, workers, row_blocks, then);
  }
  for (const auto& [first, count] : join(row_blocks)) {
    const auto part = [first = first, count = count](const Tensor& buffer) {
      return buffer.narrow(0, first, count);
    };
    std::vector<Tensor> state;
    for (const auto& [name, buffer] : state_) state.push_back(part(buffer));
    step_by_tensors(part(values), part(gradient), options, state);
  }
  workers.for_each(row_blocks.size(), then);
}

// Updates consecutive values, whose state has the order of state_.
void Optimizer::step_by_tensors(const Tensor& values, const Tensor& gradient,
                                const UpdateOptions& options,
                                std::span<const Tensor> all_state) const {
  const bool decoupled = config_.kind == OptimizerKind::kAdamW;
  if (options.gradient_scale != 1.0) gradient.mul_(options.gradient_scale);
  const double rate = options.learning_rate;
  if (config_.weight_decay > 0 && decoupled) {
    values.mul_(1.0 - rate * config_.weight_decay);
  } else if (config_.weight_decay > 0) {
    gradient.add_(values, config_.weight_decay);
  }
  const auto state = [&](std::size_t index) {
    return index < all_state.size() ? all_state[index] : Tensor();
  };
  switch (config_.kind) {
    case OptimizerKind::kSgd:
      sgd(config_, values, gradient, rate, state(0));
      break;
    case OptimizerKind::kAdadelta:
      adadelta(config_, values, gradient, rate, state(0), state(1));
      break;
    case OptimizerKind::kAdam:
    case OptimizerKind::kAdamW:
      adam(config_, values, gradient, rate, options.update, state(0), state(1));
      break;
    case OptimizerKind::kRmsProp:
      rmsprop(config_, values, gradient, rate, state(0));
      break;
  }
}

}  // namespace attend::train

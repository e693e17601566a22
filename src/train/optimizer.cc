#include "train/optimizer.h"

#include <cmath>

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

}  // namespace

double clip_by_norm(const Tensor& gradient, double limit) {
  const double norm = gradient.norm().item<double>();
  if (limit > 0 && norm >= limit && std::isfinite(norm)) gradient.mul_(limit / norm);
  return norm;
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

void Optimizer::step(const Tensor& values, const Tensor& gradient, double learning_rate,
                     std::int64_t update) {
  const bool decoupled = config_.kind == OptimizerKind::kAdamW;
  if (config_.weight_decay > 0 && decoupled) {
    values.mul_(1.0 - learning_rate * config_.weight_decay);
  } else if (config_.weight_decay > 0) {
    gradient.add_(values, config_.weight_decay);
  }
  const auto state = [&](std::size_t index) {
    return index < state_.size() ? state_[index].second : Tensor();
  };
  switch (config_.kind) {
    case OptimizerKind::kSgd:
      sgd(config_, values, gradient, learning_rate, state(0));
      break;
    case OptimizerKind::kAdadelta:
      adadelta(config_, values, gradient, learning_rate, state(0), state(1));
      break;
    case OptimizerKind::kAdam:
    case OptimizerKind::kAdamW:
      adam(config_, values, gradient, learning_rate, update, state(0), state(1));
      break;
    case OptimizerKind::kRmsProp:
      rmsprop(config_, values, gradient, learning_rate, state(0));
      break;
  }
}

}  // namespace attend::train

#include "network/dropout.h"

#include <algorithm>

namespace attend::network {

using at::Tensor;

Dropout::Dropout(const model::DropoutConfig& config, std::uint64_t seed, std::int64_t update,
                 int shard)
    : config_(config),
      random_(Random::stream(mix(seed + static_cast<std::uint64_t>(shard)),
                             static_cast<std::uint64_t>(update))) {}

Tensor Dropout::mask(at::IntArrayRef shape, double probability, const at::TensorOptions& options) {
  Tensor mask = at::empty(shape, at::kFloat);
  float* values = mask.data_ptr<float>();
  const std::int64_t count = mask.numel();
  const auto kept = static_cast<float>(1.0 / (1.0 - probability));
  const auto threshold = static_cast<std::uint64_t>(probability * 65536.0);
  for (std::int64_t i = 0; i < count; i += 4) {  // 16 random bits decide one value
    std::uint64_t bits = random_.next();
    for (std::int64_t k = i; k < std::min(i + 4, count); ++k, bits >>= 16) {
      values[k] = (bits & 0xffff) < threshold ? 0.0f : kept;
    }
  }
  return mask.to(options);
}

Tensor Dropout::noise(at::IntArrayRef shape, double deviation, const at::TensorOptions& options) {
  Tensor noise = at::empty(shape, at::kFloat);
  float* values = noise.data_ptr<float>();
  for (std::int64_t i = 0; i < noise.numel(); ++i) {
    values[i] = static_cast<float>(deviation * random_.normal());
  }
  return noise.to(options);
}

std::int64_t Dropout::whole(std::int64_t count) {
  return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(count)));
}

Tensor Dropout::uniform(at::IntArrayRef shape, const at::TensorOptions& options) {
  Tensor numbers = at::empty(shape, at::kDouble);
  double* values = numbers.data_ptr<double>();
  for (std::int64_t i = 0; i < numbers.numel(); ++i) values[i] = random_.uniform();
  return numbers.to(options.device());
}

Tensor Dropout::draws(model::Sampling sampling, std::int64_t steps, std::int64_t batch,
                      const at::TensorOptions& options) {
  const Tensor numbers = uniform({steps, batch}, options);
  if (sampling == model::Sampling::kAlways) return numbers;
  const bool one = sampling == model::Sampling::kHalfOfBatches;
  const Tensor coins = uniform({1, one ? 1 : batch}, options);
  return at::where(coins < 0.5, at::full_like(numbers, -1), numbers);
}

Tensor Dropout::sequence(const Tensor& x, double probability) {
  if (probability <= 0.0) return x;
  const std::int64_t steps = config_.variational ? 1 : x.size(0);
  return x * mask({steps, x.size(1), x.size(2)}, probability, x.options().requires_grad(false));
}

}  // namespace attend::network

#include <limits>

#include "network/logarithms.h"
#include "network/step_operations.h"

namespace attend::network {

Tensor is_possible(const Tensor& probability) {
  const double least = probability.scalar_type() == at::kDouble
                           ? std::numeric_limits<double>::min()
                           : static_cast<double>(std::numeric_limits<float>::min());
  return probability >= least;
}

Tensor logarithm_of(const Tensor& probability, const Tensor& possible) {
  return at::where(possible, probability, at::ones_like(probability)).log();
}

Tensor mixture_log_likelihood(const Tensor& readouts, const Tensor& prior, const Tensor& normalizer,
                              const Tensor& weight, const Tensor& bias, const Tensor& ids) {
  const Tensor of_token = readouts.bmm(weight.index_select(0, ids).unsqueeze(-1)).squeeze(-1) +
                          bias.index_select(0, ids).unsqueeze(-1) - normalizer;
  const Tensor possible = is_possible(prior);
  return (logarithm_of(prior, possible) + of_token)
      .masked_fill(possible.logical_not(), -std::numeric_limits<double>::infinity())
      .logsumexp(-1);
}

}  // namespace attend::network

// Holds the fused functions over kernels to the plain tensor operations.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "fused/fused.h"
#include "network/fixtures.h"
#include "network/network.h"

namespace attend::fused::testing {

using at::Tensor;
using model::Configuration;
using model::Example;
using network::Forced;
using network::Layout;
using network::Tensors;

inline constexpr double kScale = 0.25;  // the factor of the cost that is differentiated

/// The results of one pass with its gradient.
struct Result {
  double cost = 0;
  double log_likelihood = 0;
  Tensor gradient;
  Forced forced;
};

/// Computes the cost and the gradient with dropout, then the alignments without it.
inline Result run(const Configuration& configuration, const Layout& layout, const Tensor& values,
                  const network::Batch& batch, std::shared_ptr<network::Operations> operations) {
  network::Leaves leaves(layout, values);
  const network::Network network(configuration, leaves.tensors, std::move(operations));
  network::Dropout dropout(configuration.training.dropout, 5, 6, 0);
  const network::LossSums sums = network.accumulate_gradient(batch, &dropout, kScale);
  const at::NoGradGuard no_gradient;
  return {sums.cost, sums.log_likelihood, leaves.gradient, network.forced(batch)};
}

inline std::shared_ptr<network::Operations> fused_operations(
    const Configuration& configuration,
    network::DecoderPath path = network::DecoderPath::kFastest) {
  return std::make_shared<FusedOperations>(configuration.training.precision, path);
}
inline std::shared_ptr<network::Operations> plain_operations() {
  return std::make_shared<network::PlainOperations>();
}

inline double distance(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

/// Compares alignments, which a decoder that does not look has not.
inline void expect_same_alignments(const Forced& fused, const Forced& plain) {
  ASSERT_EQ(fused.alignments.defined(), plain.alignments.defined());
  if (!plain.alignments.defined()) return;
  EXPECT_LE(distance(fused.alignments, plain.alignments), 1e-5);
}

/// Compares costs and gradients. `exact` is the gradient in double precision, and `nearby` is the
/// gradient in double precision at values that differ from the given ones by float rounding.
inline void expect_same(const Layout& layout, const Result& fused, const Result& plain,
                        const Tensor& exact, const Tensor& nearby) {
  EXPECT_NEAR(fused.cost, plain.cost, 1e-5 * std::abs(plain.cost));
  EXPECT_NEAR(fused.log_likelihood, plain.log_likelihood, 1e-5 * std::abs(plain.log_likelihood));
  expect_same_alignments(fused.forced, plain.forced);
  const Tensors found = layout.views(fused.gradient), in_float = layout.views(plain.gradient);
  const Tensors expected = layout.views(exact), moved = layout.views(nearby);
  for (const auto& [name, gradient] : expected) {
    double scale = gradient.abs().max().item<double>();
    // With linear energies the gradient of the energy bias is 0 but for rounding. The tolerance is
    // therefore relative to the gradient of the energy weights, or to the whole gradient where
    // there are no energy weights.
    if (name == "attention.energy_bias") {
      const bool weighed = expected.contains("attention.energy_weight");
      const Tensor& terms = weighed ? expected.at("attention.energy_weight") : exact;
      scale = std::max(scale, terms.abs().max().item<double>());
    }
    // Where gates are almost closed or a model magnifies small changes, float rounding alone may
    // exceed the tolerance. One pass in float can be exact by luck, so that a second measure is
    // taken: how far the exact gradient moves when the parameters are rounded.
    const double rounding =
        8 * std::max(distance(in_float.at(name), gradient), distance(moved.at(name), gradient));
    EXPECT_LE(distance(found.at(name), gradient), std::max(1e-4 * scale, rounding)) << name;
  }
}

/// Moves each value by the error of float rounding, 2⁻²⁴ of its size, upwards or downwards by
/// turns.
inline Tensor moved_by_rounding(const Tensor& values) {
  const Tensor exact = values.to(at::kDouble);
  const Tensor upwards = at::arange(exact.numel(), exact.options()).remainder(2).mul(2).sub(1);
  return exact + exact * upwards * std::ldexp(1.0, -24);
}

/// Compares the fused operations, by the decoder's plan if it has one and by its step program, with
/// the plain ones, in float, and with those in double.
inline void expect_fused_equals_plain(const Configuration& configuration,
                                      const model::VocabularySizes& sizes,
                                      const std::vector<Example>& examples, const Tensor& values) {
  const Layout layout(model::parameter_table(configuration, sizes));
  const auto result = [&](at::ScalarType type, std::shared_ptr<network::Operations> operations,
                          const Tensor& at) {
    return run(configuration, layout, at.to(type),
               network::make_batch(network::testing::pointers(examples), type),
               std::move(operations));
  };
  const Result plain = result(at::kFloat, plain_operations(), values);
  const Tensor exact = result(at::kDouble, plain_operations(), values).gradient;
  const Tensor nearby = result(at::kDouble, plain_operations(), moved_by_rounding(values)).gradient;
  for (const network::DecoderPath path :
       {network::DecoderPath::kFastest, network::DecoderPath::kProgram}) {
    SCOPED_TRACE(path == network::DecoderPath::kFastest ? "fastest path" : "step program");
    expect_same(layout, result(at::kFloat, fused_operations(configuration, path), values), plain,
                exact, nearby);
  }
}

}  // namespace attend::fused::testing

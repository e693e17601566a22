// Vectors, matrices and a GRU in plain loops over doubles, in which tests state equations.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/base.h"

namespace attend::testing {

/// A matrix or vector in double whose elements are read by number.
class Numbers {
 public:
  explicit Numbers(at::Tensor values) : values_(std::move(values)) {}
  double operator()(std::int64_t i) const { return values_[i].item<double>(); }
  double operator()(std::int64_t i, std::int64_t k) const { return values_[i][k].item<double>(); }
  std::size_t size() const { return static_cast<std::size_t>(values_.size(0)); }

 private:
  at::Tensor values_;
};

/// A vector in plain memory.
using Row = std::vector<double>;

inline Row row_of(const at::Tensor& values) {
  const at::Tensor flat = values.detach().to(at::kDouble).reshape(-1).contiguous();
  const double* first = flat.data_ptr<double>();
  return {first, first + flat.numel()};
}

/// Numbers between −1 and 1.
inline at::Tensor random_tensor(at::IntArrayRef shape, Random& random) {
  at::Tensor values = at::empty(shape, at::kDouble);
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    values.data_ptr<double>()[i] = 2 * random.uniform() - 1;
  }
  return values;
}

inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// W x.
inline Row times(const Numbers& w, const Row& x) {
  Row result(w.size(), 0);
  for (std::size_t i = 0; i < w.size(); ++i) {
    for (std::size_t k = 0; k < x.size(); ++k) {
      result[i] += w(static_cast<std::int64_t>(i), static_cast<std::int64_t>(k)) * x[k];
    }
  }
  return result;
}

inline Row plus(Row x, const Row& y) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  return x;
}

inline Row tanh_of(Row x) {
  for (double& value : x) value = std::tanh(value);
  return x;
}

inline double dot(const Row& x, const Row& y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

/// [x_1; x_2; …].
inline Row concatenated(const std::vector<Row>& parts) {
  Row whole;
  for (const Row& part : parts) whole.insert(whole.end(), part.begin(), part.end());
  return whole;
}

inline Row softmax_of(Row energies) {
  double sum = 0;
  for (double& energy : energies) sum += energy = std::exp(energy);
  for (double& energy : energies) energy /= sum;
  return energies;
}

/// One step of a GRU in the conventions of Bahdanau, Cho and Bengio (§1.1): r is applied before the
/// product with U, and z multiplies the candidate. `a` is W x + b, and U h has the blocks z, r,
/// candidate.
inline Row gru(const Row& a, const Numbers& u, const Row& h) {
  const std::size_t n = h.size();
  const Row first = times(u, h);
  Row reset(n), next(n);
  for (std::size_t k = 0; k < n; ++k) reset[k] = sigmoid(a[n + k] + first[n + k]) * h[k];
  const Row second = times(u, reset);
  for (std::size_t k = 0; k < n; ++k) {
    const double z = sigmoid(a[k] + first[k]);
    next[k] = z * std::tanh(a[2 * n + k] + second[2 * n + k]) + (1 - z) * h[k];
  }
  return next;
}

/// The state of an LSTM.
struct LstmState {
  Row h, c;
};

/// One step of an LSTM (§1.1). `a` is W x + b; the blocks stand in the order i, f, o, g.
inline LstmState lstm(const Row& a, const Numbers& u, const LstmState& state) {
  const std::size_t n = state.h.size();
  const Row sums = plus(a, times(u, state.h));
  LstmState next = state;
  for (std::size_t k = 0; k < n; ++k) {
    const double kept = sigmoid(sums[n + k]) * state.c[k];
    next.c[k] = kept + sigmoid(sums[k]) * std::tanh(sums[3 * n + k]);
    next.h[k] = sigmoid(sums[2 * n + k]) * std::tanh(next.c[k]);
  }
  return next;
}

/// The larger value of each pair.
inline Row maxout_of(const Row& x) {
  Row result;
  for (std::size_t k = 0; k + 1 < x.size(); k += 2) result.push_back(std::max(x[k], x[k + 1]));
  return result;
}

inline void expect_near(const Row& found, const Row& expected, double tolerance = 1e-12) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], tolerance) << "value " << i;
  }
}

}  // namespace attend::testing

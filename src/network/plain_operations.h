// The operations of a network, written in libtorch's tensor operations. They are the definition
// that the fused operations must equal. They run in float or double on any device. Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "network/operations.h"

namespace attend::network {

/// The larger value of each pair max(x_{2k-1}, x_{2k}) in the last dimension, which must be even
/// and is halved.
Tensor maxout(const Tensor& x);

/// The cost of target tokens, as tensors that autograd can use.
struct Cost {
  Tensor cost;  // scalar, differentiable: the cost with label smoothing and the extra cost
  Tensor log_likelihood;  // scalar, without gradient: Σ log p(y_i | y_<i, x)
};

/// Returns log softmax(W r + b) for each row r of `rows` [rows, l]: [rows, target_vocabulary].
Tensor log_probabilities(const Tensor& rows, const Tensor& weight, const Tensor& bias);
/// Computes the cross-entropy, summed over the tokens, and adds the extra cost. The cost is
/// differentiable.
Cost cross_entropy(const LossInputs& inputs, double label_smoothing);

/// The plain implementation. It has no plans: decoders run as step programs. It has no state, so
/// that several threads may use one object at once.
class PlainOperations : public Operations {
 public:
  void begin_pass() override {}
  Tensor linear(const std::vector<WordRows>& parts, const Tensor& weight, const Tensor& bias,
                Activation activation, std::int64_t first_column = 0) override;
  Tensor embedding(const Tensor& table, const Tensor& ids) override;
  Tensor embedding_means(const Tensor& table, const Tensor& ids, const Tensor& groups,
                         const Tensor& counts) override;
  WordRows embed_words(const Tensor& table, const Tensor& ids) override;
  EncodedLayer encoder_layer(const EncoderLayerInputs& inputs, const Batch& batch) override;
  SentenceAnnotations by_sentence(const Tensor& h, std::int64_t n) override;
  Tensor real_positions(const Tensor& h, const Batch& batch) override;
  PooledSequences pool(const Tensor& rows, const Tensor& energies, const Batch& batch) override;
  Tensor token_log_probabilities(const LossInputs& inputs) override;
  LossSums accumulate_gradient(const LossInputs& inputs, const LossOptions& options) override;
  LossSums evaluate(const LossInputs& inputs, const LossOptions& options) override;
};

}  // namespace attend::network

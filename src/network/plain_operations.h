// The operations of a network in libtorch's tensor operations: the definition, in float or double
// and on any device. Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "network/operations.h"

namespace attend::network {

/// max(x_{2k-1}, x_{2k}) over the last dimension.
Tensor maxout(const Tensor& x);

/// The cost of target tokens as tensors.
struct Cost {
  Tensor cost;            // scalar: what is differentiated, label smoothing included
  Tensor log_likelihood;  // scalar without gradient: Σ log p(y_i | y_<i, x)
};

/// log softmax(W r + b) of rows r [rows, l]: [rows, target_vocabulary].
Tensor log_probabilities(const Tensor& rows, const Tensor& weight, const Tensor& bias);
/// The cross-entropy summed over the tokens, differentiable.
Cost cross_entropy(const LossInputs& inputs, double label_smoothing);

/// Safe to use from several threads.
class PlainOperations : public Operations {
 public:
  void begin_pass() override {}
  Tensor linear(const std::vector<WordRows>& parts, const Tensor& weight, const Tensor& bias,
                Activation activation) override;
  Tensor embedding(const Tensor& table, const Tensor& ids) override;
  WordRows embed_words(const Tensor& table, const Tensor& ids) override;
  EncodedLayer encoder_layer(const EncoderLayerInputs& inputs, const Batch& batch) override;
  SentenceAnnotations by_sentence(const Tensor& h, std::int64_t n) override;
  DecodedSteps decoder_steps(const DecoderInputs& inputs) override;
  LossSums accumulate_gradient(const LossInputs& inputs, const LossOptions& options) override;
  LossSums evaluate(const LossInputs& inputs, const LossOptions& options) override;
};

}  // namespace attend::network

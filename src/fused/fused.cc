#include "fused/fused.h"

#include <torch/csrc/autograd/autograd.h>

#include <utility>

#include "fused/annotations.h"
#include "fused/decoder.h"
#include "fused/embedding.h"
#include "fused/encoder.h"
#include "fused/linear.h"
#include "fused/loss.h"
#include "fused/pooling.h"
#include "fused/program.h"

namespace attend::fused {

using at::Tensor;

FusedOperations::FusedOperations(Precision precision, network::DecoderPath path)
    : matrices_(std::make_shared<ShardMatrices>(precision)), refreshes_(true), path_(path) {}

FusedOperations::FusedOperations(std::shared_ptr<ShardMatrices> matrices, network::DecoderPath path)
    : matrices_(std::move(matrices)), refreshes_(false), path_(path) {}

void FusedOperations::begin_pass() {
  if (refreshes_) matrices_->weights().refresh();
}

Tensor FusedOperations::linear(const std::vector<network::WordRows>& parts, const Tensor& weight,
                               const Tensor& bias, network::Activation activation,
                               std::int64_t first_column) {
  return fused::linear(matrices_, parts, weight, bias, activation, first_column);
}

Tensor FusedOperations::embedding(const Tensor& table, const Tensor& ids) {
  return fused::embed(table, ids);
}

Tensor FusedOperations::embedding_means(const Tensor& table, const Tensor& ids,
                                        const Tensor& groups, const Tensor& counts) {
  return fused::embed_means(table, ids, groups, counts);
}

network::WordRows FusedOperations::embed_words(const Tensor& table, const Tensor& ids) {
  return fused::embed_words(table, ids);
}

network::EncodedLayer FusedOperations::encoder_layer(const network::EncoderLayerInputs& inputs,
                                                     const network::Batch& batch) {
  return fused::encoder_layer(matrices_, inputs, batch.source_sizes);
}

network::SentenceAnnotations FusedOperations::by_sentence(const Tensor& h, std::int64_t n) {
  return fused::by_sentence(h, n);
}

Tensor FusedOperations::real_positions(const Tensor& h, const network::Batch& batch) {
  return fused::real_positions(h, batch.source_sizes);
}

network::PooledSequences FusedOperations::pool(const Tensor& rows, const Tensor& energies,
                                               const network::Batch& batch) {
  return fused::pool(rows, energies, batch.source_sizes);
}

bool FusedOperations::has_plan(const model::Configuration& configuration) const {
  return path_ == network::DecoderPath::kFastest && model::has_plan(configuration);
}

network::DecodedSteps FusedOperations::decoder_steps(const network::DecoderInputs& inputs) {
  return fused::decoder_steps(matrices_, inputs);
}

std::vector<Tensor> FusedOperations::run_steps(const network::StepsInputs& inputs) {
  return fused::run_steps(matrices_, inputs);
}

Tensor FusedOperations::token_log_probabilities(const network::LossInputs& inputs) {
  return fused::token_log_probabilities(matrices_, inputs);
}

network::LossSums FusedOperations::accumulate_gradient(const network::LossInputs& inputs,
                                                       const network::LossOptions& options) {
  if (inputs.log_likelihood.defined() || inputs.target_weights.defined()) {
    return network::PlainOperations().accumulate_gradient(inputs, options);
  }
  Loss loss = accumulate_loss(*matrices_, inputs, options);
  if (!inputs.extra.defined()) {
    inputs.rows.backward(loss.d_rows);
    return loss.sums;
  }
  // One pass through the graph, because both costs depend on the decoder.
  torch::autograd::backward({inputs.rows, inputs.extra},
                            {loss.d_rows, at::full_like(inputs.extra, options.scale)});
  loss.sums.cost += inputs.extra.item<double>();
  return loss.sums;
}

network::LossSums FusedOperations::evaluate(const network::LossInputs& inputs,
                                            const network::LossOptions& options) {
  if (inputs.log_likelihood.defined() || inputs.target_weights.defined()) {
    return network::PlainOperations().evaluate(inputs, options);
  }
  network::LossSums sums = evaluate_loss(*matrices_, inputs, options);
  if (inputs.extra.defined()) sums.cost += inputs.extra.item<double>();
  return sums;
}

}  // namespace attend::fused

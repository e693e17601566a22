// Training on the CPU in float: the operations of a network as differentiable functions over this
// project's kernels ("fused": one function, with a backward pass of its own, in place of many
// tensor operations), the weights that they multiply by, and the gradients that threads share. The
// public header of this folder; needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "fused/gradient_queue.h"  // IWYU pragma: export
#include "fused/packed_weights.h"  // IWYU pragma: export
#include "network/network.h"

namespace attend::fused {

/// Computes what network::PlainOperations computes, for float tensors on the CPU. For one thread at
/// a time; each shard of a batch has its own object.
class FusedOperations : public network::Operations {
 public:
  /// Packs the weights anew at the beginning of every pass.
  explicit FusedOperations(Precision precision,
                           network::DecoderPath path = network::DecoderPath::kFastest);
  /// Uses packed weights of another owner, who must refresh them when the parameters have changed.
  explicit FusedOperations(std::shared_ptr<ShardMatrices> matrices,
                           network::DecoderPath path = network::DecoderPath::kFastest);

  void begin_pass() override;
  at::Tensor linear(const std::vector<network::WordRows>& parts, const at::Tensor& weight,
                    const at::Tensor& bias, network::Activation activation,
                    std::int64_t first_column = 0) override;
  at::Tensor embedding(const at::Tensor& table, const at::Tensor& ids) override;
  at::Tensor embedding_means(const at::Tensor& table, const at::Tensor& ids,
                             const at::Tensor& groups, const at::Tensor& counts) override;
  network::WordRows embed_words(const at::Tensor& table, const at::Tensor& ids) override;
  network::EncodedLayer encoder_layer(const network::EncoderLayerInputs& inputs,
                                      const network::Batch& batch) override;
  network::SentenceAnnotations by_sentence(const at::Tensor& h, std::int64_t n) override;
  at::Tensor real_positions(const at::Tensor& h, const network::Batch& batch) override;
  network::PooledSequences pool(const at::Tensor& rows, const at::Tensor& energies,
                                const network::Batch& batch) override;
  bool has_plan(const model::Configuration& configuration) const override;
  network::DecodedSteps decoder_steps(const network::DecoderInputs& inputs) override;
  bool runs_steps() const override { return true; }
  std::vector<at::Tensor> run_steps(const network::StepsInputs& inputs) override;
  at::Tensor token_log_probabilities(const network::LossInputs& inputs) override;
  network::LossSums accumulate_gradient(const network::LossInputs& inputs,
                                        const network::LossOptions& options) override;
  network::LossSums evaluate(const network::LossInputs& inputs,
                             const network::LossOptions& options) override;

 private:
  std::shared_ptr<ShardMatrices> matrices_;
  bool refreshes_;
  network::DecoderPath path_;
};

}  // namespace attend::fused

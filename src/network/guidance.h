// Costs over alignments that guide attention in training (§12.2, §12.3). Internal to this folder.
// Needs libtorch.
#pragma once

#include "network/network.h"

namespace attend::network {

/// The cost of alignments α [steps, batch, source_length] that do not follow the links A of a batch
/// (Batch::links), summed over the target tokens that have links: −Σ_j A_ij log(α_ij + 10⁻⁶), or ½
/// Σ_j (A_ij − α_ij)². The small number keeps the cost finite where a window makes α 0.
Tensor guided_cost(const Tensor& alignments, const Tensor& links, model::GuidedLoss loss);

/// Returns W_ij = 1 − exp(−(i/I − j/J)² / (2 width²)) for target token i of I and source token j of
/// J, both counted from 0: [steps, batch, source_length]. It is 0 behind the end of a target.
Tensor diagonal_weights(const Batch& batch, double width);

/// The costs of a pass that the configuration asks for and the batch has links for, each times its
/// weight, summed over the target tokens: a scalar, or undefined if there are none. `alignments`
/// are read only where guides() is true.
Tensor guidance_cost(const model::GuidanceConfig& guidance, const Batch& batch,
                     const Tensor& alignments);
/// Σ_j (1 − Σ_i α_ij)² over the positions j of each source and the tokens i of its own target
/// (§7.3): [batch].
Tensor doubly_stochastic_costs(const Batch& batch, const Tensor& alignments);
/// Their sum with the factor that the configuration gives each sentence: a scalar.
Tensor doubly_stochastic_cost(const model::Configuration& configuration, const Batch& batch,
                              const Tensor& alignments);
/// Whether guidance_cost() has a cost for this batch.
bool guides(const model::GuidanceConfig& guidance, const Batch& batch);

}  // namespace attend::network

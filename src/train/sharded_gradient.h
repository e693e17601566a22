// Computes gradients and likelihoods of batches with several threads. Internal to this folder:
// needs libtorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/base.h"
#include "fused/fused.h"
#include "model/model.h"
#include "network/network.h"
#include "train/optimizer.h"

namespace attend::train {

using at::Tensor;
using network::Layout;
using network::RowBlock;

/// Makes libtorch and its BLAS compute in the calling thread only, because this program has its own
/// threads.
void use_one_thread_per_call();

/// Makes the C library (glibc) keep freed memory, so that the activations of a batch reuse the
/// memory of the last batch. Otherwise the library returns memory to the system, which clears it
/// before it gives it out again.
void keep_freed_memory();

/// Sums over the target tokens of a batch.
struct BatchSums {
  double cost = 0;            ///< the cost whose gradient is computed, without its scale
  double log_likelihood = 0;  ///< natural logarithm
  std::int64_t tokens = 0;
  std::int64_t sentences = 0;
  double gradient_norm = 0;  ///< norm of the batch's gradient; 0 when none was computed
};

/// What the cost of a batch depends on beside the batch: the fields of network::Batch with these
/// names.
struct PassState {
  double baseline = 0;
  bool bag_only = false;
};

/// Adds the sums of two batches. The gradient norm of the result is 0, because norms do not add up.
BatchSums operator+(const BatchSums& a, const BatchSums& b);

/// A model with its parameters on the CPU, and the gradient of a batch. Every batch is cut into as
/// many shards as there are threads. Each shard has its own leaves and its own gradient buffer.
/// Products that are gradients of large weights go through a queue into the buffer of the first
/// shard. All other gradients go into the shard's own buffer and are then added to the first one.
/// Both sums have a fixed order, so that results depend on the number of threads but not on their
/// timing. An object may be used by one thread at a time; it starts the other threads itself.
class ShardedGradient {
 public:
  /// Draws the initial parameters. Gradients of fewer than `smallest_queued` values do not go
  /// through the queue. `path` says how decoders are computed.
  ShardedGradient(const model::Configuration& configuration, const model::VocabularySizes& sizes,
                  int threads, std::size_t smallest_queued = fused::GradientQueue::kSmallest,
                  network::DecoderPath path = network::DecoderPath::kFastest);

  const Layout& layout() const { return layout_; }
  /// The parameters [size]. They may be changed, but only in place.
  const Tensor& values() const { return values_; }
  /// The gradient [size] of the last batch, zero for frozen parameters. It is valid until update().
  const Tensor& gradient() const { return gradient_; }
  Workers& workers() { return workers_; }

  /// Computes the gradient of the cost of one batch, scaled as LossScale says. The number of the
  /// update is part of the dropout's seed.
  BatchSums compute_gradient(std::span<const model::Example* const> batch, std::int64_t update,
                             const PassState& state = {});
  /// Updates the parameters with that gradient, which is then lost. The new weights are packed for
  /// the next batch at once, so nothing else may change the parameters before the next batch.
  void update(Optimizer& optimizer, const UpdateOptions& options);
  /// Computes the sums of one batch without dropout and without gradients.
  BatchSums evaluate(std::span<const model::Example* const> batch);

 private:
  struct Shard {
    network::Leaves leaves;
    network::Network network;
  };
  // The work of one shard in one update.
  struct Task {
    std::vector<const model::Example*> examples;
    // Runs of `examples` that are computed one after the other, to fit into memory.
    std::vector<std::span<const model::Example* const>> parts;
    std::optional<network::Dropout> dropout;
    BatchSums sums;
  };
  void start(Task& task, std::size_t index, std::span<const model::Example* const> batch,
             std::int64_t update) const;
  void run_part(Task& task, std::size_t index, std::size_t part, double scale);
  double scale(std::span<const model::Example* const> batch) const;
  std::map<std::size_t, std::size_t> parameter_ranges() const;
  void find_queued();
  double add_shards();
  std::vector<std::span<const model::Example* const>> parts_of(
      std::span<const model::Example* const> shard, std::int64_t kept_logits) const;

  model::Configuration configuration_;
  model::VocabularySizes sizes_;
  model::ActivationMemory memory_;
  Layout layout_;
  Tensor values_, gradient_;
  std::shared_ptr<fused::PackedWeights> weights_;  // used by all shards, which share parameters
  std::vector<std::unique_ptr<Shard>> shards_;
  std::optional<fused::GradientQueue> queue_;  // only with several shards
  // The row blocks of all parameters that learn. The gradients of frozen ones stay zero.
  std::vector<RowBlock> row_blocks_;
  std::vector<bool> queued_;      // [row blocks]: whether the gradient comes from the queue
  std::size_t known_blocks_ = 0;  // queue_->block_count() when `queued_` was computed
  PassState state_;               // of the batch whose gradient is computed
  bool cleared_ = false;          // whether the gradients outside the queue are all zero
  Workers workers_;
};

}  // namespace attend::train

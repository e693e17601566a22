// Gradients and likelihoods of batches on several threads. Internal to this folder; this header
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

/// libtorch and its BLAS stay in the calling thread: this program's threads are all there are.
void use_one_thread_per_call();

/// Activations of one batch take the place of the last one's: the C library keeps freed memory
/// instead of handing it back and getting it cleared again.
void keep_freed_memory();

/// Sums over the targets of a batch.
struct BatchSums {
  double cost = 0;            ///< what is differentiated, before its scale
  double log_likelihood = 0;  ///< natural logarithm
  std::int64_t tokens = 0;
  std::int64_t sentences = 0;
  double gradient_norm = 0;  ///< of the whole batch's gradient, where one was computed
};

/// Sums of two batches; the norm of a gradient is not one.
BatchSums operator+(const BatchSums& a, const BatchSums& b);

/// A model with its parameters on the CPU. Every batch is cut into as many shards as there are
/// threads, each with leaves of its own. Products that are gradients of weights go through a queue
/// to the first shard's buffer; what else a shard adds lies in its own buffer and is added to the
/// first one. Both have a fixed order, so that results depend on the number of threads but not on
/// their timing.
class ShardedGradient {
 public:
  /// Gradients of fewer than `smallest_queued` values do not go through the queue.
  ShardedGradient(const model::Configuration& configuration, const model::VocabularySizes& sizes,
                  int threads, std::size_t smallest_queued = fused::GradientQueue::kSmallest);

  const Layout& layout() const { return layout_; }
  const Tensor& values() const { return values_; }      // [size]: change in place only
  const Tensor& gradient() const { return gradient_; }  // [size]: of the last batch, until update()
  Workers& workers() { return workers_; }

  /// The gradient of the scaled cost of one batch (LossScale). `update` seeds the dropout.
  BatchSums compute_gradient(std::span<const model::Example* const> batch, std::int64_t update);
  /// An update of the values by that gradient, which is lost. Weights are packed for the next batch
  /// as they change, so that nothing else may change them before that.
  void update(Optimizer& optimizer, const UpdateOptions& options);
  /// Log-likelihood of one batch, without dropout and gradients.
  BatchSums evaluate(std::span<const model::Example* const> batch);

 private:
  struct Shard {
    network::Leaves leaves;
    network::Network network;
  };
  // What a shard does in one update.
  struct Task {
    std::vector<const model::Example*> examples;
    std::vector<std::span<const model::Example* const>>
        parts;  // of the examples, one after the other
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
  Layout layout_;
  Tensor values_, gradient_;
  std::shared_ptr<fused::PackedWeights> weights_;  // of all shards: they share the parameters
  std::vector<std::unique_ptr<Shard>> shards_;
  std::optional<fused::GradientQueue> queue_;  // of several shards
  std::vector<RowBlock> row_blocks_;           // of the flat buffers
  std::vector<bool> queued_;                   // of each piece: its gradient comes from the queue
  std::size_t known_blocks_ = 0;               // of the queue, when that was found
  bool cleared_ = false;                       // gradients that are added to are zero
  Workers workers_;
};

}  // namespace attend::train

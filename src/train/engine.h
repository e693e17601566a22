// Gradients and likelihoods of batches on several threads. Internal to this folder; this header
// needs libtorch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/model.h"
#include "train/network.h"
#include "train/parameters.h"
#include "train/workers.h"

namespace attend::train {

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

/// A model with its parameters on the CPU. Every batch is cut into as many shards as there are
/// threads, each with leaves and a gradient buffer of its own; they are added in a fixed order, so
/// that results depend on the number of threads but not on their timing.
class TrainingEngine {
 public:
  TrainingEngine(const model::Configuration& configuration, const model::VocabularySizes& sizes,
                 int threads);

  const Layout& layout() const { return layout_; }
  const Tensor& values() const { return values_; }      // [size]: change in place only
  const Tensor& gradient() const { return gradient_; }  // [size]: of the last batch
  Workers& workers() { return workers_; }

  /// The gradient of the scaled cost of one batch (LossScale). `update` seeds the dropout.
  BatchSums compute_gradient(std::span<const Example* const> batch, std::int64_t update);
  /// Log-likelihood of one batch, without dropout and gradients.
  BatchSums evaluate(std::span<const Example* const> batch);

 private:
  struct Shard {
    Leaves leaves;
    Network network;
  };
  BatchSums run_shard(std::size_t index, std::span<const Example* const> examples, double scale,
                      std::int64_t update);
  double scale(std::span<const Example* const> batch) const;
  double add_shards();

  model::Configuration configuration_;
  Layout layout_;
  Tensor values_, gradient_;
  std::shared_ptr<Products> products_;  // of all shards: they share the parameters
  std::vector<std::unique_ptr<Shard>> shards_;
  Workers workers_;
};

}  // namespace attend::train

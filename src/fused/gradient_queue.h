// A queue of the products that make up weight gradients. Several shards of a batch share it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "kernels/kernels.h"

namespace attend::fused {

/// Adds up the gradients of large weights over all shards of a batch. A shard's backward pass
/// queues its products with add(), which splits them into row blocks of the gradient. A thread
/// whose shard has no more to add calls drain(), which runs pending products of every shard and
/// writes all sums to one buffer. The products of a row block run in a fixed order, in which the
/// shards take turns. The sums therefore depend on the number of shards but not on which thread
/// multiplies or when.
///
/// Several threads may call add(), drain() and cancel() concurrently. Every other function needs
/// exclusive access.
class GradientQueue {
 public:
  /// The least number of values that a queued parameter has. The gradient of a smaller parameter is
  /// best multiplied at once, while its factors are in a cache.
  static constexpr std::size_t kSmallest = std::size_t{1} << 17;

  /// `buffers` hold the gradients of each shard and must outlive the queue; the sums are written to
  /// the first one. `parameter_ranges` maps the first offset of each parameter in a buffer to its
  /// end. Parameters with fewer than `smallest` values are not queued.
  GradientQueue(const kernels::PrimitiveCache& primitives,
                std::map<std::size_t, std::size_t> parameter_ranges,
                std::vector<std::span<float>> buffers, std::size_t smallest = kSmallest);

  /// Whether products for `gradient`, an address in the buffer of `shard`, must be passed to add().
  bool takes(std::size_t shard, const float* gradient) const;
  /// Whether any parameter is large enough to be queued.
  bool takes_any() const { return !large_.empty(); }

  /// Starts an update and undoes cancel(). The first product of each row block will replace the sum
  /// that the last update left in the buffer.
  void begin_update();
  /// Starts a part of the batch. Call it before any shard adds products of that part.
  void begin_part();
  /// Queues gradient [a.units(), b.units()] += Σ_r a_r b_rᵀ. `gradient` must lie in the buffer of
  /// `shard` and takes() must be true for it. The rows that `a` and `b` refer to must stay
  /// unchanged until drain() of this shard returns; after cancel(), until it has returned in all
  /// threads. Any two gradients passed here, in any updates, must be identical or must not overlap,
  /// and nothing else may be added to the gradients of their parameters.
  void add(std::size_t shard, const kernels::PackedRows& a, const kernels::PackedRows& b,
           kernels::Rows gradient);
  /// Call when the shard has no more products to add in this part. Runs pending products of any
  /// shard until every shard has called drain() and no products are left. A thread with nothing to
  /// run spins for `spin_time`, then blocks. On return the packed rows of the shard have been
  /// released, unless cancel() was called.
  void drain(std::size_t shard, std::chrono::microseconds spin_time);
  /// Makes drain() return in all threads although products are left. Call it when a thread has
  /// failed.
  void cancel();
  /// Ends an update. Sets row blocks to 0 that hold a sum of an earlier update and got no product
  /// in this one.
  void end_update();

  /// Returns the sum of the squares of all sums of this update. Returns nullopt if some row block's
  /// last product did not report the sum of the squares of that block.
  std::optional<double> squares() const;

  /// Returns the number of distinct row blocks of gradients that add() has seen in all updates.
  std::size_t block_count() const { return blocks_.size(); }
  /// Whether some row block begins in [first, first + count) of the first buffer.
  bool sums_in(std::size_t first, std::size_t count) const;

 private:
  struct Product {
    kernels::PackedRows a, b;
  };
  // A row block: some rows of a gradient, which one product computes.
  struct Block {
    // [shards]: pending products, in the order of add().
    std::vector<std::deque<const Product*>> waiting;
    std::size_t turn = 0;  // the shard whose product comes next
    bool busy = false;     // whether a thread is running a product of the block
    bool written = false;  // whether a product of this update has been written
    // The sum of the squares of the values, if the product that was run last reported it.
    std::optional<double> squares;
  };
  using Key = std::array<std::size_t, 4>;  // offset, stride, units of a, units of b
  using Entry = std::map<Key, Block>::value_type;

  enum class Found { kProduct, kNothingYet, kNothingMore };
  void start(const Key& key, Block& block) const;
  Found multiply_next(std::size_t shard);
  Entry* find_ready(std::size_t shard);
  bool advance_to_ready(Block& block) const;
  bool all_finished() const;
  void signal();

  const kernels::PrimitiveCache& primitives_;
  std::map<std::size_t, std::size_t> large_;  // begin and end of the parameters that are queued
  std::vector<std::span<float>> buffers_;
  std::atomic<unsigned> changes_ = 0;  // incremented by signal(); waiting threads then look again
  std::mutex mutex_;                   // guards the members below
  std::map<Key, Block> blocks_;
  std::vector<std::deque<Product>> products_;  // [shards]: the products of this part
  std::vector<bool> finished_;                 // [shards]: whether drain() was called in this part
  std::size_t left_ = 0;                       // products that are pending or running
  bool cancelled_ = false;
};

}  // namespace attend::fused

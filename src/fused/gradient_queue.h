// Gradients of weights of several shards, multiplied by whichever thread has time. Internal to this
// folder.
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

/// Products that a shard's backward pass leaves for its end. A thread whose shard is done takes
/// what waits of all shards, as far as their turn has come, and one buffer of sums serves all of
/// them. Every block of a gradient gets its products in a fixed order, the shards' in turn, so that
/// sums depend on the number of shards but not on who multiplies or when. add(), drain() and
/// cancel() are safe to use from several threads; the others are for one, while no other is here.
class GradientQueue {
 public:
  /// Values of a gradient from which on it is taken: a smaller one is best multiplied where its
  /// factors are in a cache.
  static constexpr std::size_t kSmallest = std::size_t{1} << 17;

  /// `parameter_ranges`: begin and end of each parameter in `buffers`, the gradients of each shard.
  /// The first buffer gets the sums.
  GradientQueue(const kernels::PrimitiveCache& primitives,
                std::map<std::size_t, std::size_t> parameter_ranges,
                std::vector<std::span<float>> buffers, std::size_t smallest = kSmallest);

  /// Whether products for this gradient in a shard's buffer are to be added here.
  bool takes(std::size_t shard, const float* gradient) const;
  /// Whether there is any parameter to take.
  bool takes_any() const { return !large_.empty(); }

  /// The first product of each block replaces what the last update left there.
  void begin_update();
  /// All shards are about to go through a part of the batch.
  void begin_part();
  /// gradient [a.units(), b.units()] += Σ_r a_r b_rᵀ, later; `gradient` lies in the shard's buffer,
  /// and what the operands read stays as it is. Gradients that are added to are the same ones in
  /// every update or do not overlap, and nothing else is ever added to their parameters.
  void add(std::size_t shard, const kernels::PackedRows& a, const kernels::PackedRows& b,
           kernels::Rows gradient);
  /// The shard has nothing more to add in this part. Multiplies what waits, of any shard, and
  /// returns when nothing is left of all; a thread that can only wait looks around for `spin_time`
  /// before it sleeps. Then the shard's operands are gone.
  void drain(std::size_t shard, std::chrono::microseconds spin_time);
  /// A thread has failed: drain() returns at once, in all of them.
  void cancel();
  /// Zeros where an earlier update left sums and this one has none.
  void end_update();

  /// The sum of the squares of all sums of this update, if the products told it.
  std::optional<double> squares() const;

  /// How many blocks of gradients came so far, in all updates.
  std::size_t block_count() const { return blocks_.size(); }
  /// Whether sums of such a block lie in [first, first + count) of the first buffer.
  bool sums_in(std::size_t first, std::size_t count) const;

 private:
  struct Product {
    kernels::PackedRows a, b;
  };
  // Part of a parameter's gradient.
  struct Block {
    std::vector<std::deque<const Product*>> waiting;  // of each shard
    std::size_t turn = 0;                             // the shard whose product comes next
    bool busy = false;
    bool written = false;           // in this update
    std::optional<double> squares;  // the sum of them, if the last product told
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
  std::map<std::size_t, std::size_t> large_;  // begin and end of gradients that are taken
  std::vector<std::span<float>> buffers_;
  std::atomic<unsigned> changes_ = 0;  // counts what a waiting thread may go on with
  std::mutex mutex_;                   // of what follows
  std::map<Key, Block> blocks_;
  std::vector<std::deque<Product>> products_;  // of each shard, in this part
  std::vector<bool> finished_;                 // shards, in this part
  std::size_t left_ = 0;                       // products that wait or are being multiplied
  bool cancelled_ = false;
};

}  // namespace attend::fused

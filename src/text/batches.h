// The order in which training sees its examples. It depends on the seed and the epoch alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace attend::text {

enum class BatchUnit {
  kSentences,  ///< `size` examples a batch
  /// A batch has as many examples as fit: (number of examples) × (tokens of the longest target) is
  /// at most `size`.
  kTokens
};

struct BatchOptions {
  BatchUnit unit = BatchUnit::kSentences;
  std::size_t size = 64;  ///< at least 1; an example larger than this is a batch by itself
  /// The examples of about this many batches are sorted by length together (docs/models.md §4.3).
  /// 0: examples stay in random order.
  std::size_t batches_per_sort = 20;
  std::uint64_t seed = 1;
};

struct ExampleLength {
  std::uint32_t source = 0;  ///< in tokens
  std::uint32_t target = 0;
};

/// Returns the batches of one epoch as indices into `lengths`; every example occurs exactly once.
/// The examples are shuffled and cut into windows; each window is sorted by (target, source) length
/// and cut into batches; the batches are shuffled. The result is equal on every machine. Throws
/// UsageError when `size` is 0.
std::vector<std::vector<std::uint32_t>> make_batches(std::span<const ExampleLength> lengths,
                                                     const BatchOptions& options,
                                                     std::uint64_t epoch);

}  // namespace attend::text

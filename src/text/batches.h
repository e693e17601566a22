// The order in which examples are seen: a function of seed and epoch alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace attend::text {

enum class BatchUnit {
  kSentences,  ///< `size` examples a batch
  kTokens  ///< as many examples as keep (examples × longest target, padding included) within `size`
};

struct BatchOptions {
  BatchUnit unit = BatchUnit::kSentences;
  std::size_t size = 64;  ///< at least 1; one example larger than it forms a batch alone
  std::size_t batches_per_sort = 20;  ///< examples of about this many batches are sorted by length
                                      ///< together (§4.3); 0: no sorting, examples in random order
  std::uint64_t seed = 1;
};

struct ExampleLength {
  std::uint32_t source = 0;  ///< in tokens
  std::uint32_t target = 0;
};

/// The batches of one epoch as indices into `lengths`: every example exactly once. Shuffled, cut
/// into windows, each window sorted by (target, source) length and cut into batches, the batches
/// shuffled. The result is the same on every machine. UsageError when `size` is 0.
std::vector<std::vector<std::uint32_t>> make_batches(std::span<const ExampleLength> lengths,
                                                     const BatchOptions& options,
                                                     std::uint64_t epoch);

}  // namespace attend::text

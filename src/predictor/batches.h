// Sentences cut into batches and given to threads. Internal to this folder.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace attend::predictor {

/// What one sentence asks of a batch.
struct Work {
  std::size_t tokens = 0;     ///< of the source
  std::size_t alignment = 0;  ///< numbers of alignments that its search may keep at once
};

struct BatchOptions {
  std::size_t batch_size = 32;  ///< sentences of a batch at most
  int threads = 1;              ///< 0: all processors
};

/// Does something with the sentences of these indices. One sentence may be given a second time.
using BatchJob = std::function<void(std::span<const std::size_t>)>;

/// Gives every index of `work` to `job` once, in batches of similar source length, on several
/// threads. A batch has at most kBatchTokens source tokens, padding included, and kBatchAlignment
/// numbers of alignments, unless it is one sentence alone. When a batch does not fit into memory,
/// each of its sentences is tried alone; `too_large` gets those that do not fit even so. Other
/// exceptions of `job` are thrown again when all threads have ended. `job` and `too_large` are
/// called by several threads, never with one index at once.
void for_each_batch(std::span<const Work> work, const BatchOptions& options, const BatchJob& job,
                    const std::function<void(std::size_t)>& too_large);

inline constexpr std::size_t kBatchTokens = std::size_t{1} << 15;
inline constexpr std::size_t kBatchAlignment = std::size_t{1} << 23;  // 32 MiB of floats

}  // namespace attend::predictor

// Groups sentences into batches and gives these to threads. Internal to this folder.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "search/search.h"

namespace attend::predictor {

/// The size of one sentence in a batch.
struct Work {
  std::size_t tokens = 0;  ///< source tokens
  /// Number of alignment weights, and of values of earlier steps, that its search may keep at once.
  std::size_t alignment = 0;
};

/// Sizes that decide how much memory a search takes.
struct Needs {
  std::span<const search::Request> requests;  // [parts]; or empty
  std::size_t past_values = 0;                ///< numbers that the decoder keeps of every step
  std::size_t vocabulary = 0;                 ///< of targets
  std::size_t fixed_length = 0;               ///< of targets; 0: it is not fixed
  std::size_t models = 1;                     ///< that answer together
};

struct BatchOptions {
  std::size_t batch_size = 32;  ///< at most this many sentences in a batch
  int threads = 1;              ///< 0: all processors
};

/// Processes the sentences with these indices. It may be called a second time with the same
/// sentence.
using BatchJob = std::function<void(std::span<const std::size_t>)>;

/// Calls `job` for every index of `work`, on several threads, in batches of sentences of similar
/// source length. A batch has at most kBatchTokens source tokens, padding included, and at most
/// kBatchAlignment alignment weights; a single sentence may exceed both. When `job` throws
/// std::bad_alloc for a batch, each of its sentences is tried alone, and `too_large` is called for
/// those that do not fit even then. Other exceptions of `job` are thrown again after all threads
/// have ended. Several threads call `job` and `too_large`, but never with one index at the same
/// time.
void for_each_batch(std::span<const Work> work, const BatchOptions& options, const BatchJob& job,
                    const std::function<void(std::size_t)>& too_large);

inline constexpr std::size_t kBatchTokens = std::size_t{1} << 15;
inline constexpr std::size_t kBatchAlignment = std::size_t{1} << 23;  // 32 MiB of floats

}  // namespace attend::predictor

#include "predictor/batches.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <new>
#include <numeric>
#include <system_error>
#include <thread>
#include <vector>

namespace attend::predictor {
namespace {

// Returns all sentences, long ones first, so that the threads end with short batches and at about
// the same time.
std::vector<std::size_t> order_by_length(std::span<const Work> work) {
  std::vector<std::size_t> order(work.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return work[a].tokens > work[b].tokens; });
  return order;
}

// Returns the borders of the batches in `order`: batch n is [result[n], result[n + 1]).
std::vector<std::size_t> cut_batches(std::span<const Work> work, std::span<const std::size_t> order,
                                     std::size_t batch_size) {
  std::vector<std::size_t> borders{0};
  std::size_t padded = 0, alignment = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::size_t begin = borders.back();
    const std::size_t longest = work[order[begin]].tokens;
    padded += longest;
    alignment += work[order[i]].alignment;
    const bool full = i - begin == std::max<std::size_t>(1, batch_size) || padded > kBatchTokens ||
                      alignment > kBatchAlignment;
    if (i == begin || !full) continue;
    borders.push_back(i);
    padded = work[order[i]].tokens;
    alignment = work[order[i]].alignment;
  }
  if (!order.empty()) borders.push_back(order.size());
  return borders;
}

void run(std::span<const std::size_t> batch, const BatchJob& job,
         const std::function<void(std::size_t)>& too_large) {
  try {
    job(batch);
    return;
  } catch (const std::bad_alloc&) {
    // The memory of the batch is free again, so its sentences may fit one by one.
  }
  if (batch.size() == 1) {
    too_large(batch.front());
    return;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) run(batch.subspan(i, 1), job, too_large);
}

std::size_t thread_count(int wanted, std::size_t batches) {
  const std::size_t count = wanted > 0 ? static_cast<std::size_t>(wanted)
                                       : std::max(1U, std::thread::hardware_concurrency());
  return std::min(count, batches);
}

}  // namespace

void for_each_batch(std::span<const Work> work, const BatchOptions& options, const BatchJob& job,
                    const std::function<void(std::size_t)>& too_large) {
  const std::vector<std::size_t> order = order_by_length(work);
  const std::vector<std::size_t> borders = cut_batches(work, order, options.batch_size);
  const std::size_t batches = borders.size() - 1;
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto drain = [&] {
    try {
      for (std::size_t i = next++; i < batches; i = next++) {
        run(std::span(order).subspan(borders[i], borders[i + 1] - borders[i]), job, too_large);
      }
    } catch (...) {
      const std::scoped_lock lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    try {
      for (std::size_t i = 1; i < thread_count(options.threads, batches); ++i) {
        threads.emplace_back(drain);
      }
    } catch (const std::system_error&) {
      // The system allows no more threads. The ones that exist do all of the work.
    }
    drain();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace attend::predictor

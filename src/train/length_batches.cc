#include "train/length_batches.h"

#include <algorithm>
#include <numeric>

namespace attend::train {

void for_each_batch(const std::vector<std::size_t>& lengths, Workers& workers,
                    const std::function<void(std::span<const std::size_t> batch)>& work) {
  constexpr std::size_t kBatch = 32;
  std::vector<std::size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return lengths[a] < lengths[b]; });
  const auto count = static_cast<std::size_t>(workers.count());
  workers.run([&](int worker) {
    const auto first = static_cast<std::size_t>(worker) * kBatch;
    for (std::size_t begin = first; begin < order.size(); begin += count * kBatch) {
      work(std::span(order).subspan(begin, std::min(kBatch, order.size() - begin)));
    }
  });
}

}  // namespace attend::train

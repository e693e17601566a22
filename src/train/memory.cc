#include "train/memory.h"

#include <algorithm>

namespace attend::train {
namespace {

// Returns where a run that begins at `first` may end, `i` at most: captions of one picture stay
// together, unless they alone take too much.
std::size_t begin_of_picture(std::span<const model::Example* const> examples, std::size_t first,
                             std::size_t i) {
  std::size_t end = i;
  while (end > first && examples[i]->source.picture != nullptr &&
         examples[end - 1]->source.picture == examples[i]->source.picture) {
    --end;
  }
  return end > first ? end : i;
}

}  // namespace

std::vector<std::span<const model::Example* const>> cut_by_memory(
    const model::ActivationMemory& memory, std::int64_t kept_logits,
    std::span<const model::Example* const> examples, std::int64_t bytes) {
  std::vector<std::span<const model::Example* const>> runs;
  if (bytes == 0) {
    if (!examples.empty()) runs.push_back(examples);
    return runs;
  }
  std::size_t first = 0, source = 0, target = 0;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    source = std::max(source, examples[i]->source.tokens.size());
    target = std::max(target, examples[i]->target.size());
    const std::int64_t needed =
        memory.bytes(kept_logits, static_cast<std::int64_t>(i + 1 - first),
                     static_cast<std::int64_t>(source), static_cast<std::int64_t>(target));
    if (needed <= bytes || i == first) continue;
    const std::size_t end = begin_of_picture(examples, first, i);
    runs.push_back(examples.subspan(first, end - first));
    first = end;
    i = end - 1;  // the next example begins the next run
    source = target = 0;
  }
  if (first < examples.size()) runs.push_back(examples.subspan(first));
  return runs;
}

}  // namespace attend::train

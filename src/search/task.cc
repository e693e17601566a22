#include "search/task.h"

#include <algorithm>

namespace attend::search {

std::size_t longest_target(const Rules& rules, const Task& task) {
  const std::size_t longest = rules.maximum_length(task.source.tokens.size());
  return task.request == nullptr ? longest : std::max(longest, task.request->prefix.size());
}

}  // namespace attend::search

#include "search/task.h"

namespace attend::search {

std::size_t maximum_length(const Rules& rules, const Task& task) {
  const std::size_t prefix = task.request == nullptr ? 0 : task.request->prefix.size();
  return rules.maximum_length(task.source.tokens.size(), prefix);
}

}  // namespace attend::search

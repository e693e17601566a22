// A source that is searched.
#pragma once

#include <cstddef>

#include "search/rules.h"

namespace attend::search {

/// A source and what is asked of its target.
struct Task {
  const model::Source& source;
  std::size_t positions = 0;         ///< Engine::positions
  const Request* request = nullptr;  ///< null: nothing is asked
};

/// Returns the number of tokens of the longest target, which has room for a given prefix.
std::size_t maximum_length(const Rules& rules, const Task& task);

}  // namespace attend::search

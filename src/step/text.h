// How equations write a value. Internal to this folder.
#pragma once

#include <string>
#include <vector>

#include "step/program.h"

namespace attend::step {

/// Returns the symbol of a value, or the text of its operation when it has none.
std::string text_of(const Program& program, Value value);
/// Returns "[a; b]", or "a" alone.
std::string joined(const std::vector<std::string>& parts);

}  // namespace attend::step

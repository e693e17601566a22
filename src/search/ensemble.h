// Several models that decode together (§14.1).
#pragma once

#include <memory>
#include <vector>

#include "attend/options.hpp"
#include "model/model.h"

namespace attend::search {

using attend::Average;

/// Makes an engine of several, at least one. Each keeps a state of its own and reads the same
/// sources. The alignment is the mean of the alignments of those engines that have one, and so are
/// the pooling weights; there are no observations. Steps have whole distributions. UsageError when
/// the engines differ in the number of target tokens, in </s> or in the fixed target length; in
/// annotate() when they see different positions in a source; and in step() when some copy from a
/// source and some do not.
std::unique_ptr<const model::Engine> make_ensemble(
    std::vector<std::unique_ptr<const model::Engine>> engines, Average average);

}  // namespace attend::search

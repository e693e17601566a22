// A pair as token ids. Needs no libtorch.
#pragma once

#include <vector>

#include "text/text.h"

namespace attend::train {

/// What model::encode made of a pair.
struct Example {
  std::vector<text::TokenId> source;
  std::vector<text::TokenId> target;
};

}  // namespace attend::train

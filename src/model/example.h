// A pair as token ids.
#pragma once

#include <vector>

#include "text/text.h"

namespace attend::model {

/// The token ids of a source and its target, as encode() makes them.
struct Example {
  std::vector<text::TokenId> source;
  std::vector<text::TokenId> target;
};

}  // namespace attend::model

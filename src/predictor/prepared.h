// A source made ready for the engine. Internal to this folder.
#pragma once

#include <vector>

#include "predictor/predictor.h"

namespace attend::predictor {

struct Predictor::Prepared {
  Source source;
  std::vector<model::TokenId> tokens;
};

}  // namespace attend::predictor

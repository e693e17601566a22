// What a model is, for those who do not see its configuration.
#pragma once

#include "attend/attend.hpp"

namespace attend::api {

/// Describes a loaded model.
ModelInfo describe(const predictor::Predictor& predictor);

}  // namespace attend::api

// The learning rate over the updates. Needs no libtorch.
#pragma once

#include <cstdint>

#include "model/model.h"

namespace attend::train {

/// The rate of update u = 1, 2, … as model::ScheduleConfig states it. `plateau_factor`: the product
/// of the factors so far, 1 for other schedules.
double learning_rate(const model::OptimizerConfig& optimizer, const model::ScheduleConfig& schedule,
                     std::int64_t update, double plateau_factor);

}  // namespace attend::train

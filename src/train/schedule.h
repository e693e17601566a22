// Computes the learning rate of each update. Needs no libtorch.
#pragma once

#include <cstdint>

#include "model/model.h"

namespace attend::train {

/// Returns the learning rate of an update, counted from 1, as model::ScheduleConfig defines it.
/// `plateau_factor` is the product of all reductions so far; it is 1 for other schedules.
double learning_rate(const model::OptimizerConfig& optimizer, const model::ScheduleConfig& schedule,
                     std::int64_t update, double plateau_factor);

}  // namespace attend::train

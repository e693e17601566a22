#include "train/schedule.h"

#include <algorithm>
#include <cmath>

namespace attend::train {

using model::ScheduleKind;

double learning_rate(const model::OptimizerConfig& optimizer, const model::ScheduleConfig& schedule,
                     std::int64_t update, double plateau_factor) {
  const auto u = static_cast<double>(update);
  const auto warmup = static_cast<double>(schedule.warmup);
  double rate = optimizer.learning_rate * plateau_factor;
  if (schedule.kind == ScheduleKind::kDecay) rate /= 1.0 + schedule.decay * (u - 1.0);
  if (schedule.kind == ScheduleKind::kInverseSquareRoot && u > warmup) {
    rate *= std::sqrt(std::max(warmup, 1.0) / u);
  }
  rate = std::max(rate, schedule.minimum);
  return u < warmup ? rate * u / warmup : rate;
}

}  // namespace attend::train

// What validation needs beside the loss: decoding with the runtime, metrics by name, curves. Needs
// no libtorch.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/base.h"
#include "model/model.h"
#include "train/data.h"
#include "train/history.h"

namespace attend::train {

/// UsageError when `name` is neither "loss" nor a metric; the message lists them.
void check_metric(const std::string& name);
/// Whether `value` is better than `best`; a loss and an error rate are better when lower.
bool is_better(const std::string& metric, double value, double best);

/// Decodes the sources of validation with the runtime and compares texts. The same for any number
/// of workers.
double decode_metric(const Dataset& data, const model::Weights& weights, const std::string& metric,
                     int beam, Workers& workers);

/// Learning curves as SVG.
void draw_history(const std::vector<ValidationRecord>& records, const std::filesystem::path& file);

}  // namespace attend::train

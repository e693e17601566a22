// The parts of validation that do not use libtorch: decoding with the runtime, metrics by name, and
// learning curves. Needs no libtorch.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/base.h"
#include "model/model.h"
#include "train/data.h"
#include "train/history.h"

namespace attend::train {

/// Checks the name of a metric. UsageError when `name` is neither "loss" nor a metric of texts or
/// of alignments (alignment_metrics.h); the message lists the metrics.
void check_metric(const std::string& name);
/// Checks whether the metric of a training can compare its validation pairs with any answer that
/// the model may give, so that it does not fail only after an epoch. UsageError when the labels are
/// not those of the metric, and for a metric of certain labels where answers are no labels.
void check_metric(const Dataset& data);
/// Returns whether `value` is better than `best`. Losses and error rates are better when they are
/// lower.
bool is_better(const std::string& metric, double value, double best);

/// Decodes the sources of validation with the runtime and compares the texts with the targets; for
/// a metric of alignments it aligns the pairs of validation. Returns the value of `metric`, which
/// does not depend on the number of workers.
double decode_metric(const Dataset& data, const model::Weights& weights, const std::string& metric,
                     int beam, Workers& workers);

/// Fits decoder.temperature of the model in `folder`, whose answers are one label
/// (predictor::answers_with_one_label), on the validation pairs of `data`, and stores it in the
/// folder's config.yml. Returns messages of one line for people. The result does not depend on the
/// number of threads. Throws ModelError for a damaged folder, and Error when the file cannot be
/// written.
std::vector<std::string> fit_temperature(const Dataset& data, const std::filesystem::path& folder,
                                         int threads);

/// Draws the learning curves into an SVG file.
void draw_history(const std::vector<ValidationRecord>& records, const std::filesystem::path& file);

}  // namespace attend::train

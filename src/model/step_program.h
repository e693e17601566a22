// The decoder of a configuration as a step program, and what is read from it.
#pragma once

#include <optional>
#include <vector>

#include "model/configuration.h"
#include "model/parameters.h"
#include "step/step.h"

namespace attend::model {

/// Builds the decoding step of a configuration that passed check().
step::Program step_program(const Configuration& configuration, const VocabularySizes& sizes);

/// Returns the equations of a model, with its choices filled in, in the order of the computation.
/// The names of the lines are the field's words for the steps (energies, alignment, context, …).
std::vector<step::Equation> equations(const Configuration& configuration);

/// The scores that have plans.
enum class Score { kAdditive, kDot, kGeneral };
/// Returns the score of a configuration, or nothing when the score has no plan.
std::optional<Score> plan_score(const AttentionConfig& attention);

/// Whether the decoder has a plan: code written by hand that computes what the step program says,
/// only faster. There is one for training (src/fused) and one for prediction (src/runtime). They
/// cover decoders with a cell: soft attention to all positions with one of the scores above, whose
/// keys and values are the annotations, a softmax, no coverage and no division by the past, in
/// every order of the step; a fixed context; and no context; all without attention to earlier
/// states. The top layer has the query, and the context enters the bottom layer, outside the reset
/// gate, or comes back as the readout. Every other decoder runs through an interpreter of step
/// programs.
bool has_plan(const Configuration& configuration);

}  // namespace attend::model

// Random weights and random decodings for the runtime's tests.
#pragma once

#include <vector>

#include "base/base.h"
#include "model/model.h"

namespace attend::runtime::testing {

using model::TokenId;

/// Draws normal values for every tensor of the parameter table.
model::Weights random_weights(const model::Configuration& configuration,
                              const model::VocabularySizes& sizes, Random& random,
                              double scale = 0.5);

/// Draws `count` sources of 1 … `longest` tokens (all `longest` long when padding is visible).
std::vector<std::vector<TokenId>> random_sources(const model::Configuration& configuration,
                                                 const model::VocabularySizes& sizes,
                                                 std::size_t count, std::size_t longest,
                                                 Random& random);

/// Forbids attention to look at random positions of random sources, and at all positions of some.
void close_positions(std::vector<model::Source>& sources, Random& random);

/// A row of a step with all tokens chosen in previous steps.
struct Path {
  std::int32_t source = 0;
  std::vector<TokenId> tokens;  // y_1 … y_{i-1}
};

/// Returns the rows of the first step: one for every source, in order.
std::vector<model::StepRow> first_rows(std::size_t sources, std::vector<Path>& paths);
/// Returns `count` rows that extend random rows of the last step; some are extended twice, some
/// never.
std::vector<model::StepRow> next_rows(std::size_t count, std::size_t vocabulary, Random& random,
                                      std::vector<Path>& paths);

}  // namespace attend::runtime::testing

// Random weights and random ways of decoding for the runtime's tests.
#pragma once

#include <vector>

#include "base/base.h"
#include "model/model.h"

namespace attend::runtime::testing {

using model::TokenId;

/// Normal values for every tensor of the parameter table.
model::Weights random_weights(const model::Configuration& configuration,
                              const model::VocabularySizes& sizes, Random& random,
                              double scale = 0.5);

/// `count` sources of 1 … `longest` tokens (all `longest` long when padding is visible).
std::vector<std::vector<TokenId>> random_sources(const model::Configuration& configuration,
                                                 const model::VocabularySizes& sizes,
                                                 std::size_t count, std::size_t longest,
                                                 Random& random);

/// A row of a step with all tokens that were chosen before it.
struct Path {
  std::int32_t source = 0;
  std::vector<TokenId> tokens;  // y_1 … y_{i-1}
};

/// The first step: one row for every source, in order.
std::vector<model::StepRow> first_rows(std::size_t sources, std::vector<Path>& paths);
/// `count` rows that go on from random rows of the last step; some twice, some not at all.
std::vector<model::StepRow> next_rows(std::size_t count, std::size_t vocabulary, Random& random,
                                      std::vector<Path>& paths);

}  // namespace attend::runtime::testing

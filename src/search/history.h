// The hypotheses of one source as back-pointers into the steps of their decoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "search/search.h"

namespace attend::search {

/// One token of the hypotheses that pass through it.
struct Node {
  std::int32_t parent = 0;  ///< node of the step before; in the first step 0, the empty hypothesis
  TokenId token = 0;
  float token_score = 0;
};

/// The live hypotheses after every step. The k-th node of a step is the k-th row that the next step
/// extends, so one number is back-pointer, row and index of the alignment.
class History {
 public:
  explicit History(std::size_t source_length) : source_length_(source_length) {}

  /// Tokens that each live hypothesis has.
  std::size_t length() const { return steps_.size(); }
  /// The newest nodes, [live hypotheses]; length() > 0.
  std::span<const Node> nodes() const { return steps_.back().nodes; }

  /// The next step. `alignment`: [rows extended, stride], columns from source_length on are left
  /// out; each row is kept once however many nodes share it, and not at all without any.
  void append(std::vector<Node> nodes, std::span<const float> alignment, std::size_t stride);

  /// Fills tokens, their scores and alignment of the hypothesis that has `length` tokens, the last
  /// of which is `node` (ignored when length is 0).
  void trace(std::size_t length, std::int32_t node, Hypothesis& hypothesis) const;

 private:
  struct Step {
    std::vector<Node> nodes;                    // [live hypotheses after the step]
    std::vector<std::vector<float>> alignment;  // [rows extended, source_length or 0]
  };
  std::size_t source_length_;
  std::vector<Step> steps_;  // [length]
};

}  // namespace attend::search

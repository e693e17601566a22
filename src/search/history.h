// The hypotheses of one source as back-pointers into the steps of their decoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
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
  /// Room for `steps` steps of `beam` hypotheses from the start; more is taken from `memory` when
  /// it is needed. `columns` is the source length, or 0 where no alignment is kept.
  History(std::size_t columns, std::size_t steps, std::size_t beam,
          std::pmr::memory_resource* memory);

  /// Tokens that each live hypothesis has.
  std::size_t length() const { return steps_.size(); }
  /// The newest nodes, [live hypotheses]; length() > 0.
  std::span<const Node> nodes() const { return nodes_of(steps_.size() - 1); }

  /// The next step: its nodes one after the other, then `alignment` [rows extended, stride], of
  /// which the first `columns` are kept; each row is kept once however many nodes share it, and not
  /// at all without any.
  void begin_step() { steps_.push_back(nodes_.size()); }
  void append(const Node& node) { nodes_.push_back(node); }
  void end_step(std::span<const float> alignment, std::size_t stride);

  /// Fills tokens, their scores and alignment of the hypothesis that has `length` tokens, the last
  /// of which is `node` (ignored when length is 0).
  void trace(std::size_t length, std::int32_t node, Hypothesis& hypothesis) const;

 private:
  std::span<const Node> nodes_of(std::size_t step) const {
    const std::size_t end = step + 1 < steps_.size() ? steps_[step + 1] : nodes_.size();
    return std::span(nodes_).subspan(steps_[step], end - steps_[step]);
  }

  std::size_t columns_;
  std::pmr::vector<std::size_t> steps_;           // [length] first node of each step
  std::pmr::vector<Node> nodes_;                  // of all steps
  std::pmr::vector<std::size_t> alignment_rows_;  // [nodes] where in alignment_ each node's row is
  std::pmr::vector<float> alignment_;             // [rows kept, columns]
};

}  // namespace attend::search

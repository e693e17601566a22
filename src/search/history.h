// The hypotheses of one source, stored as back-pointers to previous steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "search/search.h"

namespace attend::search {

/// One token, shared by all hypotheses that extend it.
struct Node {
  std::int32_t parent = 0;  ///< node of the previous step; 0 in the first step
  TokenId token = 0;
  float token_score = 0;
};

/// The live hypotheses after every step. The k-th node of a step is extended by the k-th row of the
/// next step, so one number serves as back-pointer, as row and as index of the alignment.
class History {
 public:
  /// Reserves memory for `steps` steps of `beam` hypotheses; more is taken from `memory` when it is
  /// needed. `columns` is the number of positions of the source, or 0 when no alignment is kept.
  History(std::size_t columns, std::size_t steps, std::size_t beam,
          std::pmr::memory_resource* memory);

  /// The number of tokens of each live hypothesis.
  std::size_t length() const { return steps_.size(); }
  /// The nodes of the last step, [live hypotheses]. length() must be above 0.
  std::span<const Node> nodes() const { return nodes_of(steps_.size() - 1); }

  /// Adds a step: begin_step(), append() for each of its nodes in order, then end_step() with
  /// `alignment` [extended rows, stride]. The first `columns` values of a row are kept if at
  /// least one node extends that row; nodes with the same row share one copy.
  void begin_step() { steps_.push_back(nodes_.size()); }
  void append(const Node& node) { nodes_.push_back(node); }
  void end_step(std::span<const float> alignment, std::size_t stride);

  /// Replaces `tokens` by those of live hypothesis `node`. length() may be 0.
  void tokens(std::size_t node, std::vector<TokenId>& tokens) const;

  /// Fills in tokens, token scores and alignment of the hypothesis of `length` tokens whose last
  /// node is `node` (ignored when length is 0).
  void trace(std::size_t length, std::int32_t node, Hypothesis& hypothesis) const;

 private:
  std::span<const Node> nodes_of(std::size_t step) const {
    const std::size_t end = step + 1 < steps_.size() ? steps_[step + 1] : nodes_.size();
    return std::span(nodes_).subspan(steps_[step], end - steps_[step]);
  }

  std::size_t columns_;
  std::pmr::vector<std::size_t> steps_;           // [length], first node of each step
  std::pmr::vector<Node> nodes_;                  // nodes of all steps
  std::pmr::vector<std::size_t> alignment_rows_;  // [nodes], start of each node's row in alignment_
  std::pmr::vector<float> alignment_;             // [rows kept, columns]
  // Buffer of end_step(): [extended rows], start of each row's copy in alignment_, if it has one.
  std::pmr::vector<std::size_t> kept_rows_;
};

}  // namespace attend::search

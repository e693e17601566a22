// Draws targets of one source at random, step by step (§14.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "base/base.h"
#include "search/bans.h"
#include "search/history.h"
#include "search/task.h"

namespace attend::search {

/// Tokens that may be drawn, with their weights. The weights need not sum to 1.
struct Choices {
  std::vector<TokenId> tokens;
  std::vector<double> weights;  // [tokens], above 0
};

/// Replaces `choices` by the permitted tokens of a row [ids] that remain after temperature, top_k
/// and top_p; none where no permitted token is possible. `banned` is that of Bans::find().
void choose_tokens(const Rules& rules, std::span<const float> log_probabilities,
                   std::span<const TokenId> banned, bool may_end, Choices& choices);

/// The targets of one source that are being drawn: rules.n_best() of them. It is used as Beam is.
/// Samples with equal tokens share one row. Not thread-safe.
class Sampler {
 public:
  Sampler(const Rules& rules, const Task& task, std::pmr::memory_resource* memory);

  bool over() const { return live_ == 0; }
  void append_rows(std::int32_t source, std::vector<model::StepRow>& rows) const;
  void advance(const model::StepResult& result, std::size_t first_row);
  /// Returns all targets in the order in which they were begun. Call only when over().
  std::vector<Hypothesis> results() const;

 private:
  struct Sample {
    Random random;
    std::size_t length = 0;  ///< tokens, </s> not counted
    std::int32_t node = 0;   ///< index in the step of this length
    double log_probability = 0;
    float end_score = 0;
    bool over = false, finished = false;
    bool dead_end = false;  ///< Hypothesis::dead_end
  };

  void draw(std::size_t row, std::span<const float> log_probabilities);
  void extend(Sample& sample, std::size_t first, const Node& node);
  void end(Sample& sample, bool finished);

  const Rules& rules_;
  std::size_t positions_, maximum_length_, minimum_length_;
  std::vector<TokenId> prefix_;
  Bans bans_;
  History history_;
  std::vector<Sample> samples_;
  std::size_t live_;           ///< samples that are not over
  std::size_t rows_ = 1;       ///< rows of the next step
  std::size_t first_row_ = 0;  ///< first row of this sampler in the last step
  // Buffers of advance():
  std::vector<Node> extended_;  // the nodes of the new step
  std::vector<TokenId> target_;
  Choices choices_;
};

}  // namespace attend::search

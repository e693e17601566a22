// Decoding with an engine: greedy, beam, n-best, forced scoring, alignment (§14.1).
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "model/model.h"

namespace attend::search {

using text::TokenId;

/// A target with its probability and what it looked at.
struct Hypothesis {
  std::vector<TokenId> tokens;      ///< without </s>
  std::vector<float> token_scores;  ///< log p(y_i | y_<i, x), [tokens], then </s> if there is one
  double log_probability = 0;       ///< their sum
  double score = 0;       ///< log_probability / length_penalty; what the n-best list is sorted by
  bool finished = false;  ///< ended by </s> or by its fixed length, not by the length limit
  std::vector<float> alignment;   // [tokens, source_length]; empty where nobody asked for it
  std::size_t source_length = 0;  ///< tokens of its own source, </s> and fixed padding included
};

/// Whether hypotheses keep their alignment, which takes memory for the product of their length and
/// that of the source; without it the memory of a search grows with their sum.
enum class Alignments { kKept, kDropped };

struct SearchOptions {
  int beam = 1;    ///< 1 … 1000; 1 is greedy
  int n_best = 1;  ///< 1 … beam, distinct sequences; fewer when fewer exist
  /// score = log p / |Y|^length_normalisation, |Y| counting </s>; 0 compares plain
  /// log-probabilities. 0 … 10.
  double length_normalisation = 1.0;
  /// Longest target, </s> not counted: ⌊maximum_ratio · source tokens⌋ + maximum_extra, but at
  /// least one token and at least minimum_length. Ignored for models of a fixed target length.
  double maximum_ratio = 3.0;  ///< 0 … 1000
  int maximum_extra = 10;      ///< 0 … 1000000
  /// No target is longer, whatever its source allows: the time that a model which does not stop can
  /// take is bounded. 1 … 1000000; minimum_length may not be larger. Ignored for models of a fixed
  /// target length.
  int maximum_length = 2000;
  /// </s> is forbidden before so many tokens; 0 … maximum_length. Ignored for models of a fixed
  /// target length.
  int minimum_length = 0;
  /// Ids that are never produced, such as <pad>; at least one id of the target vocabulary must
  /// remain. Forced scoring knows no forbidden ids.
  std::vector<TokenId> forbidden;
  Alignments alignments = Alignments::kKept;
};

/// The best hypotheses of every source, best first. All sources are annotated as one batch: callers
/// cut long lists. Finished hypotheses leave the batch. In each step the `beam` most probable
/// extensions of a source's live hypotheses survive; those that end in </s> are finished and take
/// no place in the next step, which fills the beam again from the others. Exact pruning: decoding
/// of a source goes on until no live hypothesis can overtake the worst of n_best finished ones
/// (bound: log p / |longest Y|^length_normalisation, since log p only falls), or none is live. A
/// hypothesis at the length limit may still end in </s> by its own choice. Ties: score, then
/// earlier end, then lower parent, then lower token id. Unfinished hypotheses are returned only
/// when no finished one exists. Extensions of probability 0 or NaN are followed only where a source
/// has no other and nothing finished; their log-probability is −infinity.
/// Thread safety: as the engine. UsageError for options out of range, CheckFailure for an empty
/// source.
std::vector<std::vector<Hypothesis>> search(const model::Engine& engine,
                                            std::span<const std::vector<TokenId>> sources,
                                            const SearchOptions& options);

/// Forced scoring: the probability and the alignment of given targets (without </s>), one for each
/// source. With `length_normalisation` as in SearchOptions. UsageError for a target of another
/// length than a fixed one and for a token that the target vocabulary does not have.
std::vector<Hypothesis> score(const model::Engine& engine,
                              std::span<const std::vector<TokenId>> sources,
                              std::span<const std::vector<TokenId>> targets,
                              double length_normalisation,
                              Alignments alignments = Alignments::kKept);

/// Word links (source index, target index) from an alignment, by rising target index: the most
/// probable source of every target token (ties: the first) whose weight is at least `threshold`
/// (0 … 1, else UsageError); a column from `source_units` on (</s>, padding) makes no link, nor
/// does a row without any weight. Rows are those of the step that produced the token: nothing is
/// shifted (§6.6).
std::vector<std::pair<std::size_t, std::size_t>> links(const Hypothesis& hypothesis,
                                                       std::size_t source_units,
                                                       double threshold = 0.0);

}  // namespace attend::search

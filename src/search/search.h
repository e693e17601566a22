// Search with an engine: greedy, beam and n-best search, forced scoring, word links (§14.1).
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "model/model.h"

namespace attend::search {

using text::TokenId;

/// A target with its probability and its alignment.
struct Hypothesis {
  std::vector<TokenId> tokens;      ///< without </s>
  std::vector<float> token_scores;  ///< log p(y_i | y_<i, x), [tokens], then </s> if there is one
  double log_probability = 0;       ///< their sum
  /// log_probability / |Y|^length_normalisation; the n-best list is sorted by it.
  double score = 0;
  bool finished = false;  ///< ended by </s> or by its fixed length, not by the length limit
  /// [tokens, source_length]; empty with Alignments::kDropped and for an engine without alignment.
  std::vector<float> alignment;
  /// [source_length]: the row of the step that gives </s>. Only score() fills it in, and only where
  /// alignment is kept and the engine has </s>.
  std::vector<float> end_alignment;
  /// Positions of the source (Engine::positions): tokens, with </s> and fixed padding, or sentences
  /// or paragraphs.
  std::size_t source_length = 0;
};

/// Whether hypotheses keep their alignment, which takes memory for the product of target and source
/// length. Without it the memory of a search grows with the sum of these.
enum class Alignments { kKept, kDropped };

struct SearchOptions {
  int beam = 1;    ///< 1 … 1000; 1 is greedy
  int n_best = 1;  ///< 1 … beam, distinct sequences; fewer when fewer exist
  /// score = log p / |Y|^length_normalisation, |Y| counting </s>; 0 compares plain
  /// log-probabilities. 0 … 10.
  double length_normalisation = 1.0;
  /// The longest target, without </s>, has ⌊maximum_ratio · source tokens⌋ + maximum_extra tokens,
  /// but at least one and at least minimum_length. Ignored for models of a fixed target length.
  double maximum_ratio = 3.0;  ///< 0 … 1000
  int maximum_extra = 10;      ///< 0 … 1000000
  /// No target has more tokens than this, whatever its source allows, which bounds the time of a
  /// model that does not stop. 1 … 1000000; minimum_length may not be larger. Ignored for models of
  /// a fixed target length.
  int maximum_length = 2000;
  /// </s> is forbidden as long as a target has fewer tokens than this; 0 … maximum_length. Ignored
  /// for models of a fixed target length.
  int minimum_length = 0;
  /// Ids that are never produced, such as <pad>; at least one id of the target vocabulary must
  /// remain. Forced scoring ignores them.
  std::vector<TokenId> forbidden;
  Alignments alignments = Alignments::kKept;
};

/// Returns the best hypotheses of every source, best first. All sources are annotated as one batch,
/// so callers cut long lists.
///
/// In each step the `beam` most probable extensions of a source's live hypotheses survive. Those
/// that end in </s> are finished, leave the batch and free their place: the next step fills the
/// beam again from the others. Pruning is exact: the search of a source goes on until no live
/// hypothesis can overtake the worst of n_best finished ones (bound: log p / |longest
/// Y|^length_normalisation, since log p only falls), or none is live. A hypothesis at the length
/// limit may still end in </s> by its own choice. Finished hypotheses are ordered by score, then
/// earlier end, then lower parent, then lower token id. Unfinished hypotheses are returned only
/// when no finished one exists. Extensions of probability 0 or NaN are followed only when a source
/// has no other and nothing finished; their log-probability is −infinity.
///
/// Thread safety is that of the engine. UsageError for options out of range, CheckFailure for an
/// empty source.
std::vector<std::vector<Hypothesis>> search(const model::Engine& engine,
                                            std::span<const model::Source> sources,
                                            const SearchOptions& options);
/// As above, with a decoding of these sources that has not made a step. The caller keeps it, and
/// may ask it for more than hypotheses hold (Decoding::pooling_weights).
std::vector<std::vector<Hypothesis>> search(const model::Engine& engine, model::Decoding& decoding,
                                            std::span<const model::Source> sources,
                                            const SearchOptions& options);

/// Forced scoring: returns the probability and the alignment of given targets (without </s>), one
/// for each source. `length_normalisation` is that of SearchOptions. UsageError for a target whose
/// length differs from the fixed one and for a token that neither the target vocabulary nor what is
/// copied from its source (Source::copies) has.
std::vector<Hypothesis> score(const model::Engine& engine, std::span<const model::Source> sources,
                              std::span<const std::vector<TokenId>> targets,
                              double length_normalisation,
                              Alignments alignments = Alignments::kKept);
/// As above, with a decoding of these sources that has not made a step, which the caller keeps.
std::vector<Hypothesis> score(const model::Engine& engine, model::Decoding& decoding,
                              std::span<const model::Source> sources,
                              std::span<const std::vector<TokenId>> targets,
                              double length_normalisation,
                              Alignments alignments = Alignments::kKept);

/// Returns word links (source index, target index) by rising target index: for every target token
/// its most probable source token (ties: the first) if its weight is at least `threshold` (0 … 1,
/// else UsageError). A column from `source_units` on (</s>, padding) makes no link, nor does a row
/// of zeros, nor a hypothesis without alignment. Row i belongs to the step that produced token i:
/// nothing is shifted (§6.6).
std::vector<std::pair<std::size_t, std::size_t>> links(const Hypothesis& hypothesis,
                                                       std::size_t source_units,
                                                       double threshold = 0.0);

}  // namespace attend::search

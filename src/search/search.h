// Search with an engine: greedy, beam and n-best search, sampling, forced scoring, word links
// (§14.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "attend/options.hpp"
#include "model/model.h"
#include "search/ensemble.h"  // IWYU pragma: export

namespace attend::search {

using text::TokenId;

/// A target with its probability and its alignment.
struct Hypothesis {
  std::vector<TokenId> tokens;      ///< without </s>
  std::vector<float> token_scores;  ///< log p(y_i | y_<i, x), [tokens], then </s> if there is one
  double log_probability = 0;       ///< their sum
  std::size_t given = 0;            ///< how many of the tokens are those of Request::prefix
  /// log_probability / |Y|^length_normalisation; the n-best list is sorted by it.
  double score = 0;
  bool finished = false;  ///< ended by </s> or by its fixed length
  /// Not finished because no token may follow. Otherwise what is not finished was cut at the length
  /// limit.
  bool dead_end = false;
  /// [tokens, source_length]; empty with Alignments::kDropped and for an engine without alignment.
  std::vector<float> alignment;
  /// [source_length]: the row of the step that gives </s>. Only score() fills it in, and only where
  /// alignment is kept and the engine has </s>.
  std::vector<float> end_alignment;
  /// Positions of the source (Engine::positions): tokens, with </s> and fixed padding, or sentences
  /// or paragraphs.
  std::size_t source_length = 0;
};

using attend::Alignments;
using attend::kMostPhrases;
using attend::Sampling;

/// The options of a search by ids. The coverage penalty does not count </s> and padding
/// (Source::behind_units).
struct SearchOptions : attend::SearchOptions {
  /// Sequences of tokens, none of them empty, that no target contains.
  std::vector<std::vector<TokenId>> forbidden_ngrams = {};
  /// Ids that are never produced, such as <pad>; at least one id of the target vocabulary must
  /// remain. Forced scoring ignores them.
  std::vector<TokenId> forbidden = {};
};

/// The coverage penalty takes the logarithm of no smaller sum of weights than this one.
inline constexpr double kLeastCoverage = 1e-4;

/// A request for the target of one source, besides the options.
struct Request {
  /// The first tokens of the target. Their log-probabilities count as those of the other tokens do.
  /// Forbidden ids and n-grams do not bind them, but the tokens behind them.
  std::vector<TokenId> prefix = {};
  /// Phrases that the target must contain, each as neighbouring tokens, in any order; they may
  /// overlap. At most kMostPhrases, none of them empty. Not with `sampling`.
  std::vector<std::vector<TokenId>> required = {};
  /// Sequences of tokens that this target does not contain, besides those of the options. Here ids
  /// that the source gives (Source::copies) may stand.
  std::vector<std::vector<TokenId>> forbidden_ngrams = {};
  /// With `sampling`: chooses the stream of random numbers. The targets that are drawn depend on
  /// the seed, on this number and on the probabilities, and not on other sources.
  std::uint64_t stream = 0;

  bool empty() const { return prefix.empty() && required.empty() && forbidden_ngrams.empty(); }
};

/// Throws the UsageError that a search with these options would throw.
void check_options(const model::Engine& engine, const SearchOptions& options);
using attend::longest_target;
/// Returns how many rows the widest step of a search for one source can have.
std::size_t most_rows(const SearchOptions& options, const Request& request);
/// Whether a search reads whole distributions, [rows, target vocabulary], and not the best tokens
/// of each row alone.
bool reads_distributions(const SearchOptions& options, const Request& request);

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
/// The coverage penalty counts when a hypothesis finishes. It is at most 0, so the bound above
/// holds and the pruning stays exact.
///
/// `requests` are those of the sources; empty: nothing is asked. With required phrases the `beam`
/// most probable extensions survive for each number of phrase tokens that a hypothesis has met, as
/// in the grid of Hokamp and Liu (2017), and only a target with all phrases may end. A source gets
/// no hypothesis when none with all phrases was found. With a prefix, required phrases, forbidden
/// n-grams or `no_repeat`, extensions of probability 0 are not followed: a hypothesis that nothing
/// may extend is unfinished.
///
/// With SearchOptions::sampling the hypotheses are those that were drawn, in the order in which
/// they were; their probabilities are those of the engine, without temperature, top_k and top_p.
///
/// Thread safety is that of the engine. UsageError for options and requests out of range,
/// CheckFailure for an empty source.
std::vector<std::vector<Hypothesis>> search(const model::Engine& engine,
                                            std::span<const model::Source> sources,
                                            const SearchOptions& options,
                                            std::span<const Request> requests = {});
/// As above, with a decoding of these sources that has not made a step. The caller keeps it, and
/// may ask it for more than hypotheses hold (Decoding::pooling_weights).
std::vector<std::vector<Hypothesis>> search(const model::Engine& engine, model::Decoding& decoding,
                                            std::span<const model::Source> sources,
                                            const SearchOptions& options,
                                            std::span<const Request> requests = {});

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

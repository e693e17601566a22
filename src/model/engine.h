// The interface that search needs of an engine: annotate sources once, then decode step by step.
// The runtime implements it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/example.h"
#include "step/step.h"
#include "text/text.h"

namespace attend::model {

using text::TokenId;

/// One row of a decoding step: a hypothesis that is being extended.
struct StepRow {
  std::int32_t source = 0;  ///< index into the annotated sources
  /// Row of the same hypothesis in the previous step; −1 in the first step, for the initial state.
  std::int32_t parent = -1;
  /// y_{i-1}; kNoToken in the first step. It may be an id that Source::copies gives.
  TokenId previous = text::kNoToken;
};

/// One token that may extend a row.
struct RankedToken {
  TokenId token = text::kNoToken;
  float log_probability = 0;
};

using step::Over;

/// A quantity of a step that a person may look at, such as the energies.
struct Observation {
  std::string_view name;
  Over over = Over::kUnits;
  /// Values of a row: the longest source; units; for kPast the most earlier steps of any row, with
  /// 0 after those of a row's own.
  std::size_t width = 0;
  std::span<const float> values;  // [rows, width]
};

/// The results of one step, valid until the next step. Rows have the order of the StepRows.
struct StepResult {
  std::size_t rows = 0;
  /// The number of ids of a row: the target vocabulary. With a decoder that copies, the ids that
  /// Source::copies gives follow, as many as the source with the most of them has; those that a
  /// row's own source lacks have −infinity.
  std::size_t target_vocabulary = 0;
  /// The most positions (Engine::positions) of an annotated source. Where a row may not look (after
  /// the end of its own source, outside its window and at positions that Source::allowed excludes),
  /// alignment is 0 and energies are −infinity.
  std::size_t source_length = 0;
  std::span<const float> log_probabilities;  // [rows, target_vocabulary]; empty if `best` is set
  /// May be set after keep_best(): [rows, best_count], the most probable tokens of each row, best
  /// first; among equally probable tokens the lower id comes first. Tokens with probability 0 or
  /// NaN are left out. A row that has too few tokens ends in kNoToken.
  std::span<const RankedToken> best;
  std::size_t best_count = 0;
  /// [rows, source_length], α_i: a row sums to 1, or to less with the Gaussian of a window and with
  /// monotonic attention, or to 0 if it may not look anywhere. Empty unless
  /// Engine::has_alignment().
  std::span<const float> alignment;
  /// The other values that the engine shows of the step, for example "energies" (e_i, kSource) and
  /// "context" (c_i, kUnits). After keep_best() an engine may leave out what it need not compute.
  std::span<const Observation> observations;

  /// Returns the values [rows, width] of an observation, or an empty span if there is none of this
  /// name.
  std::span<const float> observed(std::string_view name) const {
    for (const Observation& one : observations) {
      if (one.name == name) return one.values;
    }
    return {};
  }
};

/// The decoding of some annotated sources. Only one thread at a time may use it.
class Decoding {
 public:
  virtual ~Decoding() = default;
  /// Computes p(y_i | y_<i, x) for every row. Several rows may have the same parent, and a row of
  /// the previous step may have no child.
  virtual StepResult step(std::span<const StepRow> rows) = 0;
  /// Tells the engine that from the next step on the caller reads only the `count` (≥ 1) best
  /// tokens of each row. An engine that finds these faster than the whole distribution may then
  /// fill StepResult::best and leave log_probabilities empty.
  virtual void keep_best(std::size_t /*count*/) {}
  /// Returns the weights with which a level of the encoder pooled the positions of a source (§8).
  /// Level 0 are the words, level 1 the sentences. The weights of each group that became one vector
  /// sum to 1. Empty for the top level, and for one that pools without weights.
  virtual std::span<const float> pooling_weights(std::size_t /*source*/,
                                                 std::size_t /*level*/) const {
    return {};
  }
};

/// A model that can decode. Immutable; safe to use from several threads.
class Engine {
 public:
  virtual ~Engine() = default;
  /// Annotates sources, none of them empty, whose tokens end in </s> if the model needs it. The
  /// engine pads them itself, except in models with a fixed source length. The sources need not
  /// outlive the call. Throws CheckFailure for ids out of range and for a source of a kind that the
  /// encoder cannot read.
  virtual std::unique_ptr<Decoding> annotate(std::span<const Source> sources) const = 0;
  /// Returns the annotations of each source, [positions, n_h]. Conditions are those of annotate().
  /// Empty for an engine that does not tell them.
  virtual std::vector<std::vector<float>> annotations(std::span<const Source> /*sources*/) const {
    return {};
  }
  /// The size of the target vocabulary; ids that a source gives (Source::copies) do not count.
  virtual std::size_t target_vocabulary() const = 0;
  /// Returns the id that ends a target, or nothing when every target has fixed_target_length()
  /// tokens.
  virtual std::optional<TokenId> end() const = 0;
  virtual std::size_t fixed_target_length() const = 0;  ///< 0: a target ends at </s>
  /// Whether steps have an alignment. A decoder that does not look at positions has none.
  virtual bool has_alignment() const { return true; }
  /// Returns the number of positions of a source that attention looks at: its tokens, or its
  /// sentences or paragraphs where the encoder has several levels.
  virtual std::size_t positions(const Source& source) const { return source.tokens.size(); }
};

}  // namespace attend::model

// What search needs of an engine: annotate sources once, then step by step. The runtime implements
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "text/text.h"

namespace attend::model {

using text::TokenId;

/// One row of a decoding step: a hypothesis that is extended.
struct StepRow {
  std::int32_t source = 0;  ///< index into the annotated sources
  std::int32_t parent =
      -1;  ///< its row in the previous step; −1 in the first step: the initial state
  TokenId previous = text::kNoToken;  ///< y_{i-1}; kNoToken in the first step
};

/// One way to extend a row.
struct RankedToken {
  TokenId token = text::kNoToken;
  float log_probability = 0;
};

/// What one step yields; valid until the next step. Rows stand in the order of the StepRows.
struct StepResult {
  std::size_t rows = 0;
  std::size_t target_vocabulary = 0;
  std::size_t source_length =
      0;  ///< of the longest annotated source; columns beyond a row's own source are 0
  std::size_t annotation_units = 0;
  std::span<const float> log_probabilities;  // [rows, target_vocabulary]; empty after keep_best()
  /// After keep_best(): [rows, best_count], the most probable tokens of each row, best first, of
  /// equal ones the lower id first. Tokens of probability 0 or NaN are left out; a row with fewer
  /// others ends in kNoToken.
  std::span<const RankedToken> best;
  std::size_t best_count = 0;
  std::span<const float> alignment;  // [rows, source_length], α_i: a row sums to 1, 0 on padding
  std::span<const float> energies;   // [rows, source_length], e_i; −infinity on masked padding
  std::span<const float> context;  // [rows, annotation_units], c_i; may be empty after keep_best()
};

/// The decoding of some sources. One thread at a time.
class Decoding {
 public:
  virtual ~Decoding() = default;
  /// p(y_i | y_<i, x) for every row. A parent may be used by several rows or by none.
  virtual StepResult step(std::span<const StepRow> rows) = 0;
  /// From the next step on the caller looks at the `count` (≥ 1) best tokens of a row only: an
  /// engine that knows them sooner than the whole distribution may report StepResult::best in its
  /// place.
  virtual void keep_best(std::size_t /*count*/) {}
};

/// A model that can decode. Immutable; safe to use from several threads.
class Engine {
 public:
  virtual ~Engine() = default;
  /// Annotates sources (token ids, each not empty; </s> included if the model wants it; padding is
  /// the engine's business except in models with a fixed source length). CheckFailure for ids out
  /// of range.
  virtual std::unique_ptr<Decoding> annotate(
      std::span<const std::vector<TokenId>> sources) const = 0;
  virtual std::size_t target_vocabulary() const = 0;
  /// The id that ends a target; nothing when every target has fixed_target_length() tokens.
  virtual std::optional<TokenId> end() const = 0;
  virtual std::size_t fixed_target_length() const = 0;  ///< 0: until </s>
};

}  // namespace attend::model

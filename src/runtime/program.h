// Runs step programs on kernels: every decoder that has no plan of its own (runtime/decoder.h).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "runtime/cell.h"
#include "runtime/decoding_model.h"
#include "runtime/energies.h"
#include "runtime/output.h"
#include "runtime/token_projection.h"

namespace attend::runtime {

/// One part of a product: the columns of W that belong to one operand.
struct ProductPart {
  int input = -1;  ///< slot
  kernels::Matrix weight;
  /// Whether the operand is a weighted sum Σ_j α_j x_j whose x_j are known once a source. The
  /// product is then Σ_j α_j (W x_j): W x_j is computed once, and a step adds up rows of it.
  bool projects = false;
  int alignment = -1, values = -1;  ///< slots of α and x, if it projects
  /// Whether the operand is E y_{i-1}, whose products are looked up.
  bool looks_up = false;
};

/// An operation with its weights packed.
struct PreparedOperation {
  const step::Operation* operation = nullptr;
  std::vector<ProductPart> parts;  // of linear operations
  TokenProjection tokens;          // of the part that looks up
  std::span<const float> bias;     // of linear operations, unless `tokens` adds it; or empty
  std::span<const float> values;   // of parameters, and v of the additive score
  std::optional<RecurrentCell> cell;
  /// Whether only observations read the result, so that it is left out when nobody looks at them.
  bool shown_only = false;
};

/// A step program with its weights. Immutable; safe to use from several threads.
class ProgramDecoder final : public DecodingModel {
 public:
  /// `end` is the id of </s>, if targets end in it.
  ProgramDecoder(step::Program program, const model::Configuration& configuration,
                 std::size_t vocabulary, std::optional<text::TokenId> end,
                 const model::Weights& weights, Precision precision);
  ProgramDecoder(const ProgramDecoder&) = delete;  // schedule_ refers to program_
  ProgramDecoder& operator=(const ProgramDecoder&) = delete;
  std::unique_ptr<model::Decoding> start(Annotations annotations,
                                         std::vector<text::TokenId> candidates) const override;

 private:
  friend class ProgramRun;
  using Operations = std::vector<PreparedOperation>;

  void prepare(const Tensors& tensors);
  void prepare_linear(PreparedOperation& prepared, const Tensors& tensors) const;
  const step::Operation* maker_of(int slot) const;
  bool is_shown_only(const step::Operation& operation) const;
  bool reads_embedding() const;

  step::Program program_;
  step::Schedule schedule_;    // refers to program_
  std::size_t forward_units_;  // units of →h_j, which come first in h_j: n_e or 0
  Embeddings embeddings_;
  int alignment_ = -1;   // slot of the alignment that the search follows; −1: there is none
  bool embeds_ = false;  // whether an operation reads E y_{i-1} itself
  Operations once_, token_, postponed_, step_, after_;
  OutputLayer output_;
};

}  // namespace attend::runtime

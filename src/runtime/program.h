// Runs step programs on kernels: every decoder that has no plan of its own (runtime/decoder.h).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "runtime/cell.h"
#include "runtime/decoding_model.h"
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
  std::vector<ProductPart> parts;         // of linear operations
  TokenProjection tokens;                 // of the part that looks up
  std::span<const float> bias;            // of linear operations, unless `tokens` adds it; or empty
  std::span<const float> values;          // of parameters; v of the additive score; filters
  std::vector<kernels::Matrix> features;  // of the additive score: W_f of each kind of features
  std::optional<RecurrentCell> cell;
  bool shown_only = false;  ///< left out when nobody looks at the observations (Need::kShown)
};

/// Who needs a value in prediction. Larger values include smaller ones.
enum class Need {
  kNever,  ///< nobody, or a cost of training
  kShown,  ///< observations only
  kAlways  ///< the output, carried values, or the alignment that the search follows
};

/// An observation with what the engine knows of it.
struct ShownValue {
  const step::ObservedSlot* observed = nullptr;
  bool always = false;  ///< whether its value is computed even when nobody looks
  bool apart = false;   ///< whether it is the alignment, which StepResult::alignment holds
  /// The operation that makes an alignment of the energies that it holds, or null where it holds no
  /// energies. Energies are shown as −∞ where a row may not look.
  const step::Node* alignment = nullptr;
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
  /// There must be no candidates if the output is a mixture or copies.
  std::unique_ptr<model::Decoding> start(Annotations annotations,
                                         std::vector<text::TokenId> candidates) const override;
  bool has_alignment() const override { return alignment_ >= 0; }

 private:
  friend class ProgramRun;
  using Operations = std::vector<PreparedOperation>;

  PreparedOperation prepare(const step::Operation& operation, const Tensors& tensors) const;
  void prepare_linear(PreparedOperation& prepared, const Tensors& tensors) const;
  void distribute(Operations all);
  Operations& stage_of(const step::Operation& operation);
  const step::Operation* maker_of(int slot) const;
  std::vector<Need> find_needs(const Operations& all);
  void propagate_needs(const Operations& all, std::vector<Need>& needs) const;
  const step::Node* alignment_of(int slot) const;

  step::Program program_;
  step::Schedule schedule_;    // refers to program_
  std::size_t forward_units_;  // units of →h_j, which come first in h_j: n_e or 0
  bool source_ends_;           // whether a source ends in </s>, which is no word
  Embeddings embeddings_;
  int alignment_ = -1;  // slot of the alignment that the search follows; −1: there is none
  // Whether the mixture of the output leaves its normalisers for the next step, so that no
  // operation computes them.
  bool mixture_normalizes_ = false;
  Operations once_, token_, postponed_, step_, after_;
  std::vector<ShownValue> shown_;  // [observations], in their order
  OutputLayer output_;
};

}  // namespace attend::runtime

// The values of a step program in all steps, and their gradients. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "fused/packed_steps.h"
#include "network/network.h"

namespace attend::fused {

using at::Tensor;

/// The vectors of a value in all steps. Several slots may share a sequence: a carried value as the
/// last step left it, and as this step leaves it.
struct Sequence {
  Tensor values;    // [time, batch, width]
  Tensor gradient;  // [time, batch, width]; undefined where nobody asks for it
  /// Whether `gradient` is `values`: the only reader overwrites the values by their gradients.
  bool in_place = false;
  bool asks = true;                    // whether a gradient is wanted
  std::optional<PackedSteps> factors;  // `values` as factors of products
  std::vector<char> packed;            // [time]: whether a step is packed
};

/// One slot: step i has the vectors of time first + i, or of time 0 if it is constant. A slot of
/// rows and positions has one vector for each row, of all its numbers, or, by_positions(), one
/// vector for each row and position.
class SlotView {
 public:
  SlotView() = default;
  SlotView(std::shared_ptr<Sequence> sequence, std::int64_t first)
      : sequence_(std::move(sequence)), first_(first) {}

  bool defined() const { return sequence_ != nullptr; }
  Sequence& sequence() const { return *sequence_; }
  bool asks() const { return sequence_->asks; }
  std::size_t width() const { return to_size(sequence_->values.size(2) / parts_); }
  /// The index of step i in the sequence.
  std::int64_t time(std::int64_t i) const { return constant_ ? 0 : first_ + i; }
  bool constant() const { return constant_; }
  void make_constant() { constant_ = true; }
  /// A view of the sequence whose step 0 has the vectors of time `first`.
  SlotView from(std::int64_t first) const { return {sequence_, first}; }
  /// This view with a vector for each of the positions of a row: vector b · positions + j belongs
  /// to position j of row b. If a product reads the factors of a slot, all views that it reads them
  /// through must agree on this.
  SlotView by_positions(std::size_t positions) const {
    SlotView view = *this;
    view.parts_ = static_cast<std::int64_t>(positions);
    return view;
  }

  kernels::Rows rows(std::int64_t i) const { return vectors_at(sequence_->values, i); }
  kernels::Rows gradient(std::int64_t i) const { return vectors_at(sequence_->gradient, i); }
  /// Steps [first, first + count) of the values or of the gradients, contiguous.
  Tensor values(std::int64_t first, std::int64_t count) const;
  Tensor gradients(std::int64_t first, std::int64_t count) const {
    return in_vectors(sequence_->gradient.narrow(0, time(first), count));
  }
  /// The values or the gradients of all times: [time, vectors, width].
  Tensor all_values() const { return in_vectors(sequence_->values); }
  Tensor all_gradients() const { return in_vectors(sequence_->gradient); }
  /// Makes room for the values as factors of products, which factor() packs.
  PackedSteps& make_factors(const ShardMatrices& matrices) const;
  /// The values of step i as factors of a product; packs them at the first call.
  kernels::PackedRows factor(const ShardMatrices& matrices, std::int64_t i) const;
  /// Steps [first, first + count) as factors. All of them must have been packed.
  kernels::PackedRows factors(std::int64_t first, std::int64_t count) const;

 private:
  kernels::Rows vectors_at(const Tensor& sequence, std::int64_t i) const {
    return {rows_at(sequence, time(i)).values, width()};
  }
  Tensor in_vectors(const Tensor& x) const {
    return parts_ == 1 ? x : x.view({x.size(0), x.size(1) * parts_, x.size(2) / parts_});
  }

  std::shared_ptr<Sequence> sequence_;
  std::int64_t first_ = 0;
  std::int64_t parts_ = 1;  // vectors of a row
  bool constant_ = false;
};

/// The slots of a program in one pass.
class StepValues {
 public:
  /// Takes the values that are known before the steps, and makes room for the others.
  explicit StepValues(const network::StepsInputs& inputs);

  std::int64_t steps() const { return steps_; }
  std::size_t batch() const { return to_size(batch_); }
  std::size_t positions() const { return to_size(positions_); }
  const SlotView& slot(int slot) const { return views_[static_cast<std::size_t>(slot)]; }
  const step::Shape& shape(int slot) const;
  /// How many operations, carried values and results read a slot.
  int readers(int slot) const { return readers_[static_cast<std::size_t>(slot)]; }
  /// Makes vectors [steps, batch, width] beside those of the slots.
  SlotView make(std::int64_t width);

  /// Attention never looks at positions of source b from length(b) on. Before it, ask allows().
  std::size_t length(std::size_t b) const {
    return lengths_.empty() ? positions() : to_size(lengths_[b]);
  }
  /// [batch]: length() of every source.
  const std::vector<std::int32_t>& lengths() const { return all_lengths_; }
  bool allows(std::size_t b, std::size_t j) const {
    return closed_ == nullptr || closed_[b * positions() + j] == 0.0F;
  }
  bool has_closed() const { return closed_ != nullptr; }

  /// Begins a step: hands carried values that have vectors of their own to it. The others share
  /// their vectors with the step before.
  void carry(std::int64_t i);
  void carry_back(std::int64_t i);
  /// Makes gradients of zeros for all that is asked for.
  void begin_backward();
  /// After the last call of carry_back(): hands the gradients of first values to their slots.
  void finish_backward();

  /// A known value: a tensor that autograd differentiates, and its slot.
  struct Known {
    int slot = -1;
    Tensor argument;  // [1 or steps, batch, width]
  };
  const std::vector<Known>& known() const { return known_; }
  /// Forgets the arguments, whose graph the caller has taken.
  void release_known();
  /// The gradients of the known values, undefined where none is asked for.
  std::vector<Tensor> known_gradients() const;

 private:
  // Step i of `to` is step i − lag of `from`, for i > 0.
  struct Copy {
    SlotView to, from;
    std::int64_t lag = 0;
  };
  // The vectors of one time of a sequence are those of a known value.
  struct Initial {
    SlotView from, to;
    std::int64_t time = 0;
  };
  void add_known(const network::StepsInputs& inputs);
  void count_readers();
  void alias_carried();
  std::int64_t width_of(int slot) const;
  void set_initial(int slot, const SlotView& to, std::int64_t time);
  SlotView& view(int slot) { return views_[static_cast<std::size_t>(slot)]; }

  const network::StepProgram& program_;
  std::int64_t steps_, batch_, positions_;
  std::vector<std::int32_t> lengths_, all_lengths_;
  Tensor mask_;
  const float* closed_ = nullptr;  // [batch, positions]: 0, or −infinity; null if lengths say all
  at::TensorOptions options_;
  std::vector<SlotView> views_;
  std::vector<int> readers_;
  std::vector<Known> known_;
  std::vector<std::shared_ptr<Sequence>> sequences_;
  std::vector<Copy> copies_;
  std::vector<Initial> initials_;
};

}  // namespace attend::fused

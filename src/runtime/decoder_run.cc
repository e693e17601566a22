// One decoding by the plan.
#include <algorithm>
#include <array>
#include <utility>

#include "base/base.h"
#include "runtime/decoder.h"

namespace attend::runtime {

using model::StepResult;
using model::StepRow;
using text::TokenId;

// One decoding: the states of its last step, and buffers that its steps reuse. Steps of no more
// rows than an earlier one allocate nothing.
class DecoderRun final : public model::Decoding {
 public:
  DecoderRun(const Decoder& decoder, Annotations annotations, std::vector<TokenId> candidates)
      : decoder_(decoder),
        annotations_(std::move(annotations)),
        keys_(decoder.attention_ ? decoder.attention_->project(annotations_) : Keys()),
        projected_input_(decoder.project_context(decoder.context_input(), annotations_)),
        projected_readout_(decoder.project_context(decoder.readout_, annotations_)),
        output_(decoder.output_, std::move(candidates)) {
    decoder.initial_states(annotations_, initial_);
    states_.state.resize(decoder.layers_.size());
    states_.cell.resize(decoder.layers_.size());
    next_.state.resize(decoder.layers_.size());
    next_.cell.resize(decoder.layers_.size());
  }

  void keep_best(std::size_t count) override { output_.keep_best(count); }

  StepResult step(std::span<const StepRow> rows) override {
    take_rows(rows);
    switch (decoder_.config_.order) {
      case model::Order::kLookUpdateGenerate:
        gather_states(rows);
        if (decoder_.attention_) {
          look();
          project_context_to_cell();
        }
        update();
        break;
      case model::Order::kUpdateLookUpdate:
        gather_states(rows);
        update();
        look();
        project_context_to_cell();
        update_second();
        break;
      case model::Order::kUpdateLookGenerate:
        project_readout_to_cell(rows);
        gather_states(rows);
        update();
        look();
        break;
      case model::Order::kLookGenerateUpdate:
        // Makes the update that the last step left out, with y_{i-1} and the context of that step.
        if (decoder_.attention_) gather_parents(rows, step_gates_, decoder_.input_.outputs());
        gather_states(rows);
        if (any_parent_) update();
        restart_rows_without_parent(rows);
        if (decoder_.attention_) {
          look();
          project_context_to_cell();
        }
        break;
    }
    output_.run(readout(), rows_);
    previous_rows_ = rows_;
    return result();
  }

 private:
  std::span<float> state(std::size_t layer) {
    return states_.state[layer].get(rows_ * decoder_.units_);
  }
  std::span<float> cell(std::size_t layer) {
    return decoder_.config_.cell.type == model::Cell::kLstm
               ? states_.cell[layer].get(rows_ * decoder_.units_)
               : std::span<float>();
  }
  std::span<const float> alignment() { return look_.alignment.get(rows_ * annotations_.longest); }
  std::span<float> top_state() { return state(decoder_.layers_.size() - 1); }
  std::span<float> context() { return look_.context.get(rows_ * decoder_.context_units_); }
  bool has_readout() const { return decoder_.config_.readout != model::Readout::kNone; }
  bool needs_context() const {
    const bool by_cell = decoder_.config_.order != model::Order::kUpdateLookGenerate;
    return !output_.keeps_best() || (by_cell && !decoder_.context_input().projects()) ||
           (has_readout() && !decoder_.readout_.projects());
  }
  std::span<const float> embedded() { return embedded_.get(rows_ * decoder_.embeddings_.width); }

  // Takes over sources and previous tokens, and computes E y_{i-1} [rows, m_y] where a product
  // needs it, 0 for kNoToken.
  void take_rows(std::span<const StepRow> rows) {
    rows_ = rows.size();
    sources_.resize(rows_);
    tokens_.resize(rows_);
    any_parent_ = false;
    for (std::size_t row = 0; row < rows_; ++row) {
      const auto [source, parent, previous] = rows[row];
      ATTEND_CHECK(source >= 0 && static_cast<std::size_t>(source) < annotations_.sources());
      ATTEND_CHECK(parent < 0 || static_cast<std::size_t>(parent) < previous_rows_);
      ATTEND_CHECK(
          previous == text::kNoToken ||
          (previous >= 0 && static_cast<std::size_t>(previous) < decoder_.embeddings_.vocabulary));
      sources_[row] = source;
      tokens_[row] = previous;
      any_parent_ = any_parent_ || parent >= 0;
    }
    if (decoder_.input_.embeds() || decoder_.readout_.embeds()) {
      embed(decoder_.embeddings_, tokens_, embedded_.get(rows_ * decoder_.embeddings_.width));
    }
  }

  // to[row] = from[parent], or, without a parent, initial[source]. Afterwards `from` has the size
  // of `to` and unspecified content.
  void gather(std::span<const StepRow> rows, kernels::Buffer& from, const kernels::Buffer& initial,
              std::size_t width, kernels::Buffer& to) const {
    const std::span<float> gathered = to.get(rows_ * width);
    for (std::size_t row = 0; row < rows_; ++row) {
      const StepRow& now = rows[row];
      const float* origin = now.parent >= 0
                                ? from.data() + static_cast<std::size_t>(now.parent) * width
                                : initial.data() + static_cast<std::size_t>(now.source) * width;
      std::copy_n(origin, width, row_of(gathered, row, width).begin());
    }
    from.get(gathered.size());
  }

  void gather_states(std::span<const StepRow> rows) {
    for (std::size_t layer = 0; layer < decoder_.layers_.size(); ++layer) {
      gather(rows, states_.state[layer], initial_.state[layer], decoder_.units_,
             next_.state[layer]);
      if (decoder_.config_.cell.type != model::Cell::kLstm) continue;
      gather(rows, states_.cell[layer], initial_.cell[layer], decoder_.units_, next_.cell[layer]);
    }
    std::swap(states_, next_);
  }

  // Replaces `values`, `width` for each row of the last step, by those of each row's parent, 0 for
  // rows without one.
  void gather_parents(std::span<const StepRow> rows, kernels::Buffer& values, std::size_t width) {
    const std::span<float> gathered = gathered_.get(rows_ * width);
    for (std::size_t row = 0; row < rows_; ++row) {
      const std::span<float> to = row_of(gathered, row, width);
      if (rows[row].parent < 0) {
        std::fill(to.begin(), to.end(), 0.0F);
      } else {
        std::copy_n(values.data() + static_cast<std::size_t>(rows[row].parent) * width, width,
                    to.begin());
      }
    }
    values.get(gathered.size());  // so that later steps do not allocate
    std::swap(gathered_, values);
  }

  void restart_rows_without_parent(std::span<const StepRow> rows) {
    for (std::size_t row = 0; row < rows_; ++row) {
      if (rows[row].parent >= 0) continue;
      const std::size_t n = decoder_.units_;
      const std::size_t origin = static_cast<std::size_t>(rows[row].source) * n;
      for (std::size_t layer = 0; layer < decoder_.layers_.size(); ++layer) {
        std::copy_n(initial_.state[layer].data() + origin, n, row_of(state(layer), row, n).begin());
        if (decoder_.config_.cell.type != model::Cell::kLstm) continue;
        std::copy_n(initial_.cell[layer].data() + origin, n, row_of(cell(layer), row, n).begin());
      }
    }
  }

  // State → query → energies → alignment → context.
  void look() {
    decoder_.attention_->look(top_state(), sources_, annotations_, keys_, look_);
    if (needs_context()) {
      sum_by_alignment(alignment(), sources_, annotations_, annotations_.values,
                       decoder_.context_units_, context());
    }
  }

  void project_context_to_cell() {
    const SplitProjection& input = decoder_.context_input();
    project_context(input, projected_input_, step_gates_.get(rows_ * input.outputs()));
  }

  // Computes W_r r_{i-1} from the parents' readouts; does nothing without input feeding.
  void project_readout_to_cell(std::span<const StepRow> rows) {
    const SplitProjection& projection = decoder_.input_;
    const std::size_t width = projection.step_input_units();
    if (width == 0) return;
    gather_parents(rows, readout_memory(), width);
    projection.multiply_step_input(readout_memory().get(rows_ * width), rows_,
                                   step_gates_.get(rows_ * projection.outputs()));
  }

  // y = W_c c of every row, where c is not fixed.
  void project_context(const SplitProjection& projection, std::span<const float> projected,
                       std::span<float> y) {
    if (projection.projects()) {
      sum_by_alignment(alignment(), sources_, annotations_, projected, projection.outputs(), y);
    } else {
      projection.multiply_step_input(context(), rows_, y);
    }
  }

  // Adds W_c c to the values of every row, where c is the fixed context of its source.
  void add_fixed_context(std::span<const float> projected, std::size_t width,
                         std::span<float> values) const {
    for (std::size_t row = 0; row < rows_; ++row) {
      const auto source = static_cast<std::size_t>(sources_[row]);
      kernels::add(row_of(projected, source, width), row_of(values, row, width));
    }
  }

  // s ← f(s, x) with x = [E y; c], [E y; r] or E y; other layers take the state of the layer below.
  void update() {
    for (std::size_t layer = 0; layer < decoder_.layers_.size(); ++layer) {
      const RecurrentCell& recurrent = decoder_.layers_[layer];
      recurrent.step(rows_, layer == 0 ? input_gates() : gates_above(layer), state(layer),
                     cell(layer), cell_memory_[layer]);
    }
  }

  // s ← f'(s, c), the second cell of the order kUpdateLookUpdate.
  void update_second() {
    const Decoder::SecondCell& second = *decoder_.second_;
    second.cell.step(rows_, gates_of(second.input), state(0), cell(0), cell_memory_[1]);
  }

  kernels::GateRows input_gates() {  // bottom layer, [rows, G n]
    const SplitProjection& projection = decoder_.input_;
    if (!decoder_.reads_fixed_context()) return gates_of(projection);
    const std::span<const float> fixed = projected_input_;
    if (!projection.has_tokens()) return {fixed, sources_};
    const std::span<float> gates = gates_.get(rows_ * projection.outputs());
    projection.tokens(tokens_, embedded(), gates);
    add_fixed_context(fixed, projection.outputs(), gates);
    return gates;
  }

  // The gates of a cell that reads the previous token and the step input whose product step_gates_
  // holds; either may be missing.
  std::span<const float> gates_of(const SplitProjection& projection) {  // [rows, G n]
    const std::span<float> step_gates = step_gates_.get(rows_ * projection.outputs());
    if (!projection.has_tokens()) return step_gates;
    const std::span<float> gates = gates_.get(rows_ * projection.outputs());
    projection.tokens(tokens_, embedded(), gates);
    if (projection.step_input_units() > 0) kernels::add(step_gates, gates);
    return gates;
  }

  kernels::GateRows gates_above(std::size_t layer) {  // [rows, G n]
    const std::span<float> gates = gates_.get(rows_ * decoder_.layers_[layer].gate_units());
    decoder_.above_[layer - 1](state(layer - 1), rows_, gates);
    return gates;
  }

  // State, E y_{i-1}, context → readout.
  std::span<const float> readout() {  // [rows, l]; without a readout it is the state [rows, n]
    if (!has_readout()) return top_state();
    const SplitProjection& projection = decoder_.readout_;
    const std::size_t width = projection.outputs();
    const std::span<float> values = readout_.get(rows_ * width);
    const std::span<float> part = readout_part_.get(rows_ * width);
    decoder_.readout_state_.multiply(top_state(), rows_, {}, values);
    if (projection.has_tokens()) {
      projection.tokens(tokens_, embedded(), part);
      kernels::add(part, values);
    }
    if (decoder_.reads_fixed_context()) {
      add_fixed_context(projected_readout_, width, values);
    } else if (decoder_.attention_) {
      project_context(projection, projected_readout_, part);
      kernels::add(part, values);
    }
    if (decoder_.config_.readout == model::Readout::kTanh) kernels::tanh(values);
    if (decoder_.config_.readout != model::Readout::kMaxout) return values;
    const std::span<float> maxima = maxima_.get(rows_ * width / 2);
    kernels::maxout(values, maxima);
    return maxima;
  }

  kernels::Buffer& readout_memory() {  // where readout() leaves its values
    return decoder_.config_.readout == model::Readout::kMaxout ? maxima_ : readout_;
  }

  StepResult result() {
    StepResult result;
    result.rows = rows_;
    result.target_vocabulary = decoder_.embeddings_.vocabulary;
    result.source_length = annotations_.longest;
    output_.fill(result);
    if (!decoder_.attention_) return result;
    result.alignment = look_.alignment.get(rows_ * annotations_.longest);
    observations_[0] = {"energies", model::Over::kSource, annotations_.longest,
                        look_.energies.get(rows_ * annotations_.longest)};
    result.observations = std::span(observations_).first(needs_context() ? 2 : 1);
    if (needs_context()) {
      observations_[1] = {"context", model::Over::kUnits, decoder_.context_units_, context()};
    }
    return result;
  }

  const Decoder& decoder_;
  Annotations annotations_;
  Keys keys_;
  kernels::Array projected_input_, projected_readout_;  // made by Decoder::project_context()
  OutputRun output_;
  States initial_;        // [sources, n]
  States states_, next_;  // [rows, n]; next_ receives gathered rows
  Look look_;
  std::array<model::Observation, 2> observations_;
  std::size_t rows_ = 0, previous_rows_ = 0;
  bool any_parent_ = false;
  std::vector<std::int32_t> sources_;  // [rows]
  std::vector<TokenId> tokens_;        // y_{i-1} [rows]
  kernels::Buffer embedded_;           // E y_{i-1} [rows, m_y]
  kernels::Buffer step_gates_;         // W_c c or W_r r [rows, G n] of the cell that reads it
  kernels::Buffer gathered_, gates_, readout_, readout_part_, maxima_;
  std::vector<CellMemory> cell_memory_ =
      std::vector<CellMemory>(static_cast<std::size_t>(decoder_.config_.cells()));
};

std::unique_ptr<model::Decoding> Decoder::start(Annotations annotations,
                                                std::vector<TokenId> candidates) const {
  return std::make_unique<DecoderRun>(*this, std::move(annotations), std::move(candidates));
}

}  // namespace attend::runtime

#include "runtime/decoder.h"

#include <algorithm>
#include <utility>

#include "base/base.h"

namespace attend::runtime {

using model::StepResult;
using model::StepRow;
using text::TokenId;

Decoder::Decoder(const model::Configuration& configuration, std::size_t vocabulary,
                 const model::Weights& weights)
    : config_(configuration.decoder),
      vocabulary_(vocabulary),
      units_(static_cast<std::size_t>(config_.units)),
      fed_(static_cast<std::size_t>(config_.fed_units())),
      context_units_(static_cast<std::size_t>(configuration.encoder.annotation_units())),
      forward_units_(configuration.encoder.direction == model::Direction::kBackward
                         ? 0
                         : static_cast<std::size_t>(configuration.encoder.units)),
      attention_(configuration, weights) {
  if (config_.input_feeding == model::InputFeeding::kReadout) {
    fed_readout_ = static_cast<std::size_t>(config_.readout_units);
  }
  for (int layer = 0; layer < config_.layers; ++layer) {
    const std::string number = std::to_string(layer);
    layers_.emplace_back(config_.cell, units_, Tensors(weights, "decoder." + number));
    if (config_.initial_state == model::InitialState::kZero ||
        config_.initial_state == model::InitialState::kCopy) {
      continue;
    }
    const Tensors tensors(weights, "initial." + number);
    InitialLayer initial;
    initial.state = {tensors.matrix("state_weight"), tensors.values("state_bias")};
    if (config_.cell.type == model::Cell::kLstm) {
      initial.cell = {tensors.matrix("cell_weight"), tensors.values("cell_bias")};
    }
    initial_.push_back(std::move(initial));
  }
  if (fed_ > 0) embeddings_ = weights.get(model::target_embedding_name(config_)).values;
  if (config_.readout != model::Readout::kNone) {
    const Tensors tensors(weights, "readout");
    readout_ = {tensors.matrix("weight"), tensors.values("bias")};
  }
  const model::TensorView& output = weights.get(model::output_weight_name(config_));
  output_ = {
      kernels::Matrix(output.values, vocabulary, static_cast<std::size_t>(output.shape.at(1))),
      weights.get("output.bias").values};
}

// What the initial states are computed from [sources, n_e or n_h].
std::vector<float> Decoder::initial_inputs(const Annotations& annotations) const {
  const std::size_t both = context_units_;
  const auto forward = static_cast<std::ptrdiff_t>(forward_units_);
  std::vector<float> inputs;
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    const std::size_t length = annotations.lengths[source];
    const std::span<const float> own =
        std::span<const float>(annotations.values)
            .subspan(annotations.starts[source] * both, length * both);
    const std::span<const float> first = own.first(both), last = own.last(both);
    if (config_.initial_state == model::InitialState::kMean) {
      const std::vector<float> equal(length, 1.0F / static_cast<float>(length));
      inputs.resize(inputs.size() + both);
      kernels::weighted_sum(equal, own, std::span(inputs).last(both));
      continue;
    }
    if (config_.initial_state == model::InitialState::kLast) {  // →h_T
      inputs.insert(inputs.end(), last.begin(), last.begin() + forward);
    }
    inputs.insert(inputs.end(), first.begin() + forward, first.end());  // ←h_1
  }
  return inputs;
}

void Decoder::copy_last_states(const Annotations& annotations, States& states) const {
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    const LastStates& last = annotations.last[layer];
    copy(last.state, states.state[layer].get(last.state.size()));
    copy(last.cell, states.cell[layer].get(last.cell.size()));
  }
}

void Decoder::initial_states(const Annotations& annotations, States& states) const {
  const std::size_t sources = annotations.sources();
  states.state.resize(layers_.size());
  states.cell.resize(layers_.size());
  if (config_.initial_state == model::InitialState::kCopy) {
    return copy_last_states(annotations, states);
  }
  if (initial_.empty()) {
    for (kernels::Buffer& state : states.state) state.zeros(sources * units_);
    for (kernels::Buffer& cell : states.cell) cell.zeros(sources * units_);
    return;
  }
  const std::vector<float> inputs = initial_inputs(annotations);
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    const std::span<float> state = states.state[layer].get(sources * units_);
    initial_[layer].state(inputs, sources, state);
    kernels::tanh(state);
    if (config_.cell.type != model::Cell::kLstm) continue;
    const std::span<float> cell = states.cell[layer].get(sources * units_);
    initial_[layer].cell(inputs, sources, cell);
    kernels::tanh(cell);
  }
}

// One decoding: the states of its last step, and memory that its steps use again.
class DecoderRun final : public model::Decoding {
 public:
  DecoderRun(const Decoder& decoder, Annotations annotations)
      : decoder_(decoder),
        annotations_(std::move(annotations)),
        projected_(decoder.attention_.project(annotations_)) {
    decoder.initial_states(annotations_, initial_);
    states_.state.resize(decoder.layers_.size());
    states_.cell.resize(decoder.layers_.size());
    next_.state.resize(decoder.layers_.size());
    next_.cell.resize(decoder.layers_.size());
  }

  StepResult step(std::span<const StepRow> rows) override {
    take_rows(rows);
    if (decoder_.config_.order == model::Order::kLookUpdateGenerate) {
      gather_states(rows);
      look();
      update(context());
    } else if (decoder_.config_.order == model::Order::kUpdateLookGenerate) {
      gather_parents(rows, readout_buffer(), decoder_.fed_readout_);
      gather_states(rows);
      update(readout_buffer().get(rows_ * decoder_.fed_readout_));
      look();
    } else {  // what the last step put off: the update with y_{i-1} and the context of that step
      gather_parents(rows, look_.context, decoder_.context_units_);
      gather_states(rows);
      if (any_parent_) update(context());
      restart_rows_without_parent(rows);
      look();
    }
    generate();
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
  std::span<float> top_state() { return state(decoder_.layers_.size() - 1); }
  std::span<float> context() { return look_.context.get(rows_ * decoder_.context_units_); }

  // Sources, embeddings of the previous tokens: E y_{i-1} [rows, m_y], 0 for none.
  void take_rows(std::span<const StepRow> rows) {
    rows_ = rows.size();
    sources_.clear();
    any_parent_ = false;
    const std::size_t width = decoder_.fed_;
    const std::span<float> embedded = embedded_.get(rows_ * width);
    for (std::size_t row = 0; row < rows_; ++row) {
      const auto [source, parent, previous] = rows[row];
      ATTEND_CHECK(source >= 0 && static_cast<std::size_t>(source) < annotations_.sources());
      ATTEND_CHECK(parent < 0 || static_cast<std::size_t>(parent) < previous_rows_);
      ATTEND_CHECK(previous == text::kNoToken ||
                   (previous >= 0 && static_cast<std::size_t>(previous) < decoder_.vocabulary_));
      sources_.push_back(source);
      any_parent_ = any_parent_ || parent >= 0;
      const std::span<float> to = row_of(embedded, row, width);
      if (previous == text::kNoToken) {
        std::fill(to.begin(), to.end(), 0.0F);
      } else if (width > 0) {
        copy(row_of(decoder_.embeddings_, static_cast<std::size_t>(previous), width), to);
      }
    }
  }

  // to[row] = from[parent], or, without a parent, initial[source].
  void gather(std::span<const StepRow> rows, const kernels::Buffer& from,
              const kernels::Buffer& initial, std::size_t width, kernels::Buffer& to) const {
    const std::span<float> gathered = to.get(rows_ * width);
    for (std::size_t row = 0; row < rows_; ++row) {
      const StepRow& now = rows[row];
      const float* origin = now.parent >= 0
                                ? from.data() + static_cast<std::size_t>(now.parent) * width
                                : initial.data() + static_cast<std::size_t>(now.source) * width;
      std::copy_n(origin, width, row_of(gathered, row, width).begin());
    }
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

  // What the last step left, contexts or readouts, of the parents; 0 for rows without one.
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
  void look() { decoder_.attention_.look(top_state(), sources_, annotations_, projected_, look_); }

  // s ← f(s, [E y; beside]), beside [rows, …] the context, the readout that is fed, or nothing;
  // layers above take the state below.
  void update(std::span<const float> beside) {
    for (std::size_t layer = 0; layer < decoder_.layers_.size(); ++layer) {
      const RecurrentCell& recurrent = decoder_.layers_[layer];
      const std::span<const float> inputs = layer == 0 ? concatenate({}, embedded(), beside)
                                                       : std::span<const float>(state(layer - 1));
      const std::span<float> gates = gates_.get(rows_ * recurrent.gate_units());  // [rows, G n]
      recurrent.project(inputs, rows_, gates);
      recurrent.step(rows_, gates, state(layer), cell(layer), cell_memory_);
    }
  }

  // State, E y_{i-1}, context → readout → log-probabilities.
  void generate() {
    const std::size_t vocabulary = decoder_.vocabulary_;
    const std::span<float> scores = scores_.get(rows_ * vocabulary);  // [rows, vocabulary]
    decoder_.output_(readout(), rows_, scores);
    for (std::size_t row = 0; row < rows_; ++row) {
      kernels::log_softmax(row_of(scores, row, vocabulary));
    }
  }

  std::span<const float> readout() {  // [rows, l], without a readout the state [rows, n]
    if (decoder_.config_.readout == model::Readout::kNone) return top_state();
    const std::size_t width = decoder_.readout_.weight.outputs();
    const std::span<float> values = readout_.get(rows_ * width);
    const std::span<const float> seen =
        decoder_.config_.readout_fed_units() > 0 ? embedded() : std::span<const float>();
    decoder_.readout_(concatenate(top_state(), seen, context()), rows_, values);
    if (decoder_.config_.readout == model::Readout::kTanh) kernels::tanh(values);
    if (decoder_.config_.readout != model::Readout::kMaxout) return values;
    const std::span<float> maxima = maxima_.get(rows_ * width / 2);
    kernels::maxout(values, maxima);
    return maxima;
  }

  std::span<const float> embedded() { return embedded_.get(rows_ * decoder_.fed_); }
  kernels::Buffer& readout_buffer() {  // where readout() leaves its values
    return decoder_.config_.readout == model::Readout::kMaxout ? maxima_ : readout_;
  }

  // [state; E y_{i-1}; context] in every row, or the like; parts may be left out.
  std::span<const float> concatenate(std::span<const float> states, std::span<const float> embedded,
                                     std::span<const float> contexts) {
    const std::span<const float> parts[] = {states, embedded, contexts};
    const std::size_t width =
        rows_ == 0 ? 0 : (parts[0].size() + parts[1].size() + parts[2].size()) / rows_;
    const std::span<float> joined = joined_.get(rows_ * width);  // [rows, width]
    std::size_t column = 0;
    for (const std::span<const float> part : parts) {
      const std::size_t columns = rows_ == 0 ? 0 : part.size() / rows_;
      for (std::size_t row = 0; row < rows_; ++row) {
        copy(row_of(part, row, columns), row_of(joined, row, width).subspan(column, columns));
      }
      column += columns;
    }
    return joined;
  }

  StepResult result() {
    StepResult result;
    result.rows = rows_;
    result.target_vocabulary = decoder_.vocabulary_;
    result.source_length = annotations_.longest;
    result.annotation_units = decoder_.context_units_;
    result.log_probabilities = scores_.get(rows_ * decoder_.vocabulary_);
    result.alignment = look_.alignment.get(rows_ * annotations_.longest);
    result.energies = look_.energies.get(rows_ * annotations_.longest);
    result.context = context();
    return result;
  }

  const Decoder& decoder_;
  Annotations annotations_;
  std::vector<float> projected_;  // U h_j + b [positions, n']
  States initial_;                // [sources, n]
  States states_, next_;          // [rows, n]; next_: where the next rows are gathered
  Look look_;
  std::size_t rows_ = 0, previous_rows_ = 0;
  bool any_parent_ = false;
  std::vector<std::int32_t> sources_;  // [rows]
  kernels::Buffer embedded_;           // E y_{i-1} [rows, m_y]
  kernels::Buffer gathered_, joined_, gates_, readout_, maxima_, scores_;
  CellMemory cell_memory_;
};

std::unique_ptr<model::Decoding> Decoder::start(Annotations annotations) const {
  return std::make_unique<DecoderRun>(*this, std::move(annotations));
}

}  // namespace attend::runtime

// All directions run over the source in its own order of storage: the backward one starts at the
// last column, where the states of shorter sentences stay zero until their last token comes.
#include "fused/encoder.h"

#include <algorithm>
#include <optional>

#include "base/base.h"
#include "fused/cell.h"
#include "fused/differentiate.h"
#include "fused/projection.h"

namespace attend::fused {
namespace {

using at::Tensor;
using kernels::ConstRows;
using kernels::Rows;
using network::EncoderLayerInputs;

// The forward pass, kept for the backward pass.
struct Pass {
  std::shared_ptr<ShardMatrices> matrices;
  CellShape shape;
  std::int64_t length = 0, batch = 0;
  std::vector<std::int32_t> lengths;
  std::vector<std::int64_t> active;  // [length]: sentences up to the last one that has a token
  bool ragged = false;
  SeenRows seen;
  bool seen_asks = false;  // for a gradient
  Tensor annotations;      // [length, batch, n_h]
  Tensor zeros;            // [1, n]: state before the first step
  struct Direction {
    bool forward = true;
    CellTensors cell;
    Tensor mask;          // [batch, n], or undefined
    CellSequences steps;  // with time = length
    Tensor cells;         // [length, batch, n], of an LSTM
    Tensor scales;        // [length, batch, G], with gains
    std::optional<ForwardCell> recurrence;
    std::optional<ProjectionPass> projection;
  };
  std::vector<Direction> directions;

  // In step i of a direction, the position that it reads.
  std::int64_t position(const Direction& direction, std::int64_t i) const {
    return direction.forward ? i : length - 1 - i;
  }
  // The position of a direction's last token of sentence b.
  std::int64_t last(const Direction& direction, std::size_t b) const {
    return direction.forward ? lengths[b] - 1 : 0;
  }
  CellStep step(std::size_t d, std::int64_t t) const;
  // Whether a step goes through sentences without a token in it.
  bool has_holes() const { return !std::is_sorted(lengths.rbegin(), lengths.rend()); }
  template <class Body>
  void for_masked_rows(std::int64_t t, Body body) const {
    for (std::int64_t b = 0; ragged && b < active[to_size(t)]; ++b) {
      if (lengths[to_size(b)] <= t) body(to_size(b));
    }
  }
};

CellStep Pass::step(std::size_t d, std::int64_t t) const {
  const Direction& direction = directions[d];
  const std::int64_t before = direction.forward ? t - 1 : t + 1;
  const bool first = before < 0 || before == length;  // before them the state is 0
  const Rows none{zeros.data_ptr<float>(), 0};
  const std::size_t column = d * to_size(shape.units);
  CellStep step;
  step.rows = to_size(active[to_size(t)]);
  step.time = t;
  step.before = first ? -1 : before;
  step.gates = rows_at(direction.steps.gates, t);
  step.state = rows_at(annotations, t).column(column);
  step.previous = first ? none : rows_at(annotations, before).column(column);
  if (shape.lstm()) {
    step.cell = rows_at(direction.cells, t);
    step.previous_cell = first ? none : rows_at(direction.cells, before);
  } else {
    step.reset = rows_at(direction.steps.reset, t);
  }
  if (direction.steps.normal.defined()) {
    step.normal = rows_at(direction.steps.normal, t);
    step.scales = rows_at(direction.scales, t);
  }
  return step;
}

void clear(Rows rows, std::size_t row, std::size_t units) {
  if (rows.values != nullptr) std::fill_n(rows.row(row), units, 0.0F);
}

// 0 in all rows of a step that it does not compute.
void clear_rest(const Pass& pass, const CellStep& step, Rows rows, std::size_t units) {
  for (std::size_t row = step.rows; row < to_size(pass.batch); ++row) clear(rows, row, units);
}

// What the steps of a direction go through; `projected` as the projection has it.
void make_sequences(Pass& pass, std::size_t d, const Tensor& projected) {
  const std::int64_t n = pass.shape.units;
  Pass::Direction& direction = pass.directions[d];
  const auto make = [&](std::int64_t units) {
    return at::empty({pass.length, pass.batch, units}, pass.zeros.options());
  };
  const std::int64_t sums = pass.shape.gate_units();
  direction.steps.gates =
      pass.seen.words.shared() ? make(sums) : projected.view({pass.length, pass.batch, sums});
  (pass.shape.lstm() ? direction.cells : direction.steps.reset) = make(n);
  if (direction.cell.recurrent_gain.defined()) {
    direction.steps.normal = make(sums);
    direction.scales = make(pass.shape.config.gate_count());
  }
  const Tensor states = pass.annotations.narrow(2, static_cast<std::int64_t>(d) * n, n);
  direction.recurrence.emplace(*pass.matrices, pass.shape, direction.cell, direction.mask,
                               PackedSteps(*pass.matrices, states), direction.steps.reset);
}

void run_forward(Pass& pass, std::size_t d) {
  const std::size_t n = to_size(pass.shape.units);
  const WordRows& words = pass.seen.words;
  Pass::Direction& direction = pass.directions[d];
  const Tensor projected = direction.projection->project();
  make_sequences(pass, d, projected);
  for (std::int64_t i = 0; i < pass.length; ++i) {
    const std::int64_t t = pass.position(direction, i);
    const CellStep step = pass.step(d, t);
    if (words.shared()) take_shared_rows(words.index, t, step.rows, projected, step.gates);
    for (const Rows rows : {step.state, step.cell, step.reset}) clear_rest(pass, step, rows, n);
    direction.recurrence->step(step);
    pass.for_masked_rows(t, [&](std::size_t b) {
      clear(step.state, b, n);
      clear(step.cell, b, n);
    });
    direction.recurrence->pack_state(t);
  }
}

// Calls body(cell, last cell) for every sentence that direction d ends in position t, with the rows
// of `cells` [batch, …] and of `last_cells` [batch, n_h].
template <class Body>
void for_last_rows(const Pass& pass, std::size_t d, std::int64_t t, Rows cells,
                   const Tensor& last_cells, Body body) {
  const Rows last = rows_of(last_cells).column(d * to_size(pass.shape.units));
  for (std::size_t b = 0; b < pass.lengths.size(); ++b) {
    if (pass.last(pass.directions[d], b) == t) body(cells.row(b), last.row(b));
  }
}

// [batch, n_h]: the cells behind the last token of every direction.
Tensor gather_last_cells(const Pass& pass) {
  const std::size_t n = to_size(pass.shape.units);
  const Tensor result =
      at::empty({pass.batch, pass.annotations.size(2)}, pass.annotations.options());
  for (std::size_t d = 0; d < pass.directions.size(); ++d) {
    for (std::int64_t t = 0; t < pass.length; ++t) {
      for_last_rows(pass, d, t, rows_at(pass.directions[d].cells, t), result,
                    [&](const float* cell, float* last) { std::copy_n(cell, n, last); });
    }
  }
  return result;
}

// Gradients of the sums, in place of the gates, and of U h where it was normalised; 0 on padding.
// `d_last_cells` may be undefined.
void run_backward(const Pass& pass, std::size_t d, const Tensor& d_annotations,
                  const Tensor& d_last_cells, BackwardCell& recurrence) {
  const std::size_t n = to_size(pass.shape.units), gates = to_size(pass.shape.gate_units());
  const Pass::Direction& direction = pass.directions[d];
  const Tensor carries = at::zeros({2, pass.batch, pass.shape.units}, d_annotations.options());
  const Rows carry = rows_at(carries, 0), cell_carry = rows_at(carries, 1);
  for (std::int64_t i = pass.length - 1; i >= 0; --i) {
    const std::int64_t t = pass.position(direction, i);
    const CellStep step = pass.step(d, t);
    pass.for_masked_rows(t, [&](std::size_t b) {
      clear(carry, b, n);
      clear(cell_carry, b, n);
    });
    if (d_last_cells.defined()) {
      for_last_rows(pass, d, t, cell_carry, d_last_cells, [&](float* sum, const float* gradient) {
        for (std::size_t k = 0; k < n; ++k) sum[k] += gradient[k];
      });
    }
    for (const Rows rows : {step.gates, step.normal}) clear_rest(pass, step, rows, gates);
    recurrence.step(step, rows_at(d_annotations, t).column(d * n), carry, cell_carry);
  }
}

// 1 on tokens, 0 on padding: [length, batch, 1].
Tensor token_mask(const Pass& pass, const at::TensorOptions& options) {
  Tensor mask = at::zeros({pass.length, pass.batch, 1}, options);
  float* values = mask.data_ptr<float>();
  for (std::int64_t b = 0; b < pass.batch; ++b) {
    for (std::int64_t t = 0; t < pass.lengths[to_size(b)]; ++t) values[t * pass.batch + b] = 1.0F;
  }
  return mask;
}

// The gradients of all arguments.
struct Backward {
  struct Direction {
    Tensor d_input_weight, d_recurrent_weight, d_bias, d_recurrent_bias, d_input_gain,
        d_recurrent_gain;
  };
  Tensor d_seen;  // undefined where the layer's input asks for no gradient
  std::vector<Direction> directions;
};

// Goes back through a direction. The gradient of the layer's input goes to `d_seen`, if defined.
Backward::Direction go_back(const Pass& pass, std::size_t d, const Tensor& d_annotations,
                            const Tensor& d_last_cells, const Tensor& d_seen) {
  const Pass::Direction& direction = pass.directions[d];
  BackwardCell cell(*pass.matrices, *direction.recurrence, direction.steps);
  run_backward(pass, d, d_annotations, d_last_cells, cell);
  const WeightGradient recurrent(direction.cell.recurrent_weight);
  const std::int64_t first = direction.forward ? 1 : 0;  // of the steps whose h_{t-1} is not 0
  cell.add_recurrent_gradient(first, 1 - first, pass.length - 1, recurrent.sum());
  std::optional<kernels::PackedRows> d_sums;
  if (!direction.steps.normal.defined()) d_sums = cell.d_products().steps(0, pass.length);
  const ProjectionPass::Gradients input =
      direction.projection->gather(direction.steps.gates.flatten(0, 1), d_sums, d_seen,
                                   d == 0 ? kernels::Write::kReplace : kernels::Write::kAdd);
  return {input.weight, recurrent.result(), input.bias, cell.d_bias(), input.gain, cell.d_gain()};
}

// From the gradients of annotations and of last cells.
std::shared_ptr<const Backward> go_back(const Pass& pass, const std::vector<Tensor>& gradients) {
  Tensor d_annotations =
      gradients[0].defined() ? gradients[0].contiguous() : at::zeros_like(pass.annotations);
  if (pass.has_holes()) d_annotations = d_annotations * token_mask(pass, d_annotations.options());
  Tensor d_last_cells;
  if (gradients.size() > 1 && gradients[1].defined()) d_last_cells = gradients[1].contiguous();
  const auto result = std::make_shared<Backward>();
  if (pass.seen_asks) result->d_seen = at::empty_like(pass.seen.words.rows);
  for (std::size_t d = 0; d < pass.directions.size(); ++d) {
    result->directions.push_back(go_back(pass, d, d_annotations, d_last_cells, result->d_seen));
  }
  return result;
}

// Every tensor that the function depends on, beside its gradient.
std::vector<Argument<Backward>> arguments(const EncoderLayerInputs& inputs) {
  using B = Backward;
  std::vector<Argument<B>> result{{inputs.seen.rows, [](const B& b) { return b.d_seen; }}};
  for (std::size_t d = 0; d < inputs.cells.size(); ++d) {
    const auto add = [&](const Tensor& tensor, Tensor B::Direction::*gradient) {
      result.push_back({tensor, [d, gradient](const B& b) { return b.directions[d].*gradient; }});
    };
    const CellTensors& cell = inputs.cells[d];
    add(cell.input_weight, &B::Direction::d_input_weight);
    add(cell.recurrent_weight, &B::Direction::d_recurrent_weight);
    add(cell.bias, &B::Direction::d_bias);
    add(cell.recurrent_bias, &B::Direction::d_recurrent_bias);
    add(cell.input_gain, &B::Direction::d_input_gain);
    add(cell.recurrent_gain, &B::Direction::d_recurrent_gain);
  }
  return result;
}

// Which rows of a step hold tokens.
void count_active(Pass& pass) {
  pass.active.assign(to_size(pass.length), 0);
  for (std::size_t b = 0; b < pass.lengths.size(); ++b) {
    pass.ragged |= pass.lengths[b] < pass.length;
    for (std::int32_t t = 0; t < pass.lengths[b]; ++t) {
      pass.active[to_size(t)] = static_cast<std::int64_t>(b) + 1;
    }
  }
}

void prepare(Pass& pass, const EncoderLayerInputs& inputs) {
  const WordRows& words = inputs.seen;
  ATTEND_CHECK(words.defined() || words.shared());
  pass.shape = inputs.shape;
  pass.batch = static_cast<std::int64_t>(pass.lengths.size());
  pass.length = words.shared() ? words.index.size(0) : words.rows.size(0) / pass.batch;
  count_active(pass);
  pass.seen.words = words;
  if (words.defined()) {
    pass.seen_asks = words.rows.requires_grad();
    pass.seen.words.rows = words.rows.detach().contiguous();
    pass.seen.packed = pass.matrices->pack(pass.seen.words.rows);
  }
  pass.directions.resize(inputs.cells.size());
  pass.directions.back().forward = inputs.direction == model::Direction::kForward;
  for (std::size_t d = 0; d < inputs.cells.size(); ++d) {
    Pass::Direction& direction = pass.directions[d];
    direction.cell = inputs.cells[d];
    direction.projection.emplace(pass.matrices, pass.shape, direction.cell, pass.seen);
    if (inputs.mask.defined()) direction.mask = inputs.mask[static_cast<std::int64_t>(d)];
  }
  const auto options = inputs.cells[0].bias.options().requires_grad(false);
  const std::vector<std::int64_t> shape{
      pass.length, pass.batch, static_cast<std::int64_t>(inputs.cells.size()) * pass.shape.units};
  pass.annotations = at::empty(shape, options);
  pass.zeros = at::zeros({1, pass.shape.units}, options);
}

}  // namespace

network::EncodedLayer encoder_layer(const std::shared_ptr<ShardMatrices>& matrices,
                                    const EncoderLayerInputs& inputs,
                                    const std::vector<std::int32_t>& lengths) {
  const auto pass = std::make_shared<Pass>();
  pass->matrices = matrices;
  pass->lengths = lengths;
  std::vector<Tensor> results;  // detached: differentiate() says why
  {
    const at::NoGradGuard no_gradient;
    prepare(*pass, inputs);
    for (std::size_t d = 0; d < pass->directions.size(); ++d) run_forward(*pass, d);
    results.push_back(pass->annotations.detach());
    if (pass->shape.lstm()) results.push_back(gather_last_cells(*pass));
  }
  differentiate<Backward>(arguments(inputs), results, [pass](std::vector<Tensor>&& gradients) {
    return go_back(*pass, gradients);
  });
  return {results[0], results.size() > 1 ? results[1] : Tensor()};
}

}  // namespace attend::fused

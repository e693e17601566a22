#include "network/plain_operations.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "base/base.h"
#include "network/layers.h"

namespace attend::network {

Tensor maxout(const Tensor& x) {
  std::vector<std::int64_t> pairs = x.sizes().vec();
  pairs.back() /= 2;
  pairs.push_back(2);
  return x.view(pairs).amax(-1);
}

Tensor log_probabilities(const Tensor& rows, const Tensor& weight, const Tensor& bias) {
  return at::addmm(bias, rows, weight.t()).log_softmax(-1);
}

Cost cross_entropy(const LossInputs& inputs, double label_smoothing) {
  if (inputs.log_likelihood.defined()) {
    const Tensor cost = inputs.log_likelihood.neg();
    return {inputs.extra.defined() ? cost + inputs.extra : cost, inputs.log_likelihood.detach()};
  }
  const Tensor scores = log_probabilities(inputs.rows, inputs.weight, inputs.bias);
  const Tensor surprises =
      at::nll_loss(scores, inputs.targets, {}, at::Reduction::None);  // − log p(y_i)
  const double uniform = label_smoothing / static_cast<double>(scores.size(1));
  Tensor costs = label_smoothing > 0.0
                     ? surprises * (1.0 - label_smoothing) - scores.sum(1) * uniform
                     : surprises;
  if (inputs.target_weights.defined()) costs = costs * inputs.target_weights;
  const Tensor cost = costs.sum();
  return {inputs.extra.defined() ? cost + inputs.extra : cost, surprises.sum().detach().neg()};
}

namespace {

LossSums sums_of(const Cost& cost) {
  return {cost.cost.item<double>(), cost.log_likelihood.item<double>()};
}

// Returns W x of one direction for all positions, [source_length · batch, G n]. Positions are in
// the order in which the direction reads them.
Tensor project_direction(const WordRows& seen, const Batch& batch, const Tensor& weight,
                         bool backward) {
  if (!seen.defined()) {  // one-hot input: each token selects a column of W
    return at::embedding(weight.t(), (backward ? batch.reversed_source : seen.index).reshape(-1));
  }
  return (backward ? seen.rows.index_select(0, batch.reversal) : seen.rows).mm(weight.t());
}

// Returns W x + b of all directions, [source_length, directions, batch, G n]. The gates of W x are
// normalised when there are gains. Positions of the backward direction are in reversed order.
Tensor project_source(const EncoderLayerInputs& in, const Batch& batch) {
  const std::int64_t length = batch.source.size(0), count = batch.source.size(1);
  std::vector<Tensor> products;
  for (std::size_t d = 0; d < in.cells.size(); ++d) {
    const bool backward = d + 1 == in.cells.size() && in.direction != model::Direction::kForward;
    const Tensor product = project_direction(in.seen, batch, in.cells[d].input_weight, backward);
    products.push_back(product.view({length, count, product.size(1)}));
  }
  const Tensor projected = at::stack(products, 1);
  const CellTensors all = CellTensors::stack(in.cells);
  if (!all.input_gain.defined()) return projected + all.bias;
  return at::addcmul(all.bias, normalize_blocks(projected, in.shape.units), all.input_gain);
}

// Returns the places of the real positions in [batch · source_length], sequence by sequence.
Tensor positions_of(const Batch& batch) {
  const std::int64_t length = batch.source.size(0);
  std::vector<std::int64_t> places;
  for (std::size_t b = 0; b < batch.source_sizes.size(); ++b) {
    for (std::int64_t t = 0; t < batch.source_sizes[b]; ++t) {
      places.push_back(static_cast<std::int64_t>(b) * length + t);
    }
  }
  const Tensor result = at::empty({static_cast<std::int64_t>(places.size())}, at::kLong);
  std::copy(places.begin(), places.end(), result.data_ptr<std::int64_t>());
  return result.to(batch.source.device());
}

// Returns the values after the last token of each direction, [batch, directions · n]. `sequences`
// holds [source_length, batch, n] for each direction, in the order in which the direction reads.
Tensor last_of(const std::vector<Tensor>& sequences, const Batch& batch) {
  std::vector<Tensor> last;
  for (const Tensor& values : sequences) {
    last.push_back(values.reshape({-1, values.size(2)}).index_select(0, batch.last_rows));
  }
  return at::cat(last, 1);
}

}  // namespace

Tensor PlainOperations::linear(const std::vector<WordRows>& parts, const Tensor& weight,
                               const Tensor& bias, Activation activation,
                               std::int64_t first_column) {
  std::vector<Tensor> rows;
  for (const WordRows& part : parts) {
    rows.push_back(part.shared() ? part.rows.index_select(0, part.index.reshape(-1)) : part.rows);
  }
  const Tensor joined = rows.size() == 1 ? rows[0] : at::cat(rows, 1);
  const Tensor columns = weight.narrow(1, first_column, joined.size(1)).t();
  const Tensor result = bias.defined() ? at::addmm(bias, joined, columns) : joined.mm(columns);
  return activation == Activation::kTanh ? result.tanh() : result;
}

Tensor PlainOperations::embedding(const Tensor& table, const Tensor& ids) {
  return at::embedding(table, ids);
}

Tensor PlainOperations::embedding_means(const Tensor& table, const Tensor& ids,
                                        const Tensor& groups, const Tensor& counts) {
  const Tensor none =
      at::zeros({counts.size(0), table.size(1)}, table.options().requires_grad(false));
  return none.index_add(0, groups, at::embedding(table, ids)) / counts;
}

WordRows PlainOperations::embed_words(const Tensor& table, const Tensor& ids) {
  const Tensor all = ids.reshape(-1);
  const Tensor present = (all >= 0).to(table.scalar_type()).unsqueeze(1);
  return {at::embedding(table, all.clamp_min(0)) * present, {}};
}

// One batched product serves all directions in every step. Padding is at the end of each
// direction's order, so that it never influences a real position.
EncodedLayer PlainOperations::encoder_layer(const EncoderLayerInputs& in, const Batch& batch) {
  const std::int64_t length = batch.source.size(0), count = batch.source.size(1);
  const std::int64_t n = in.shape.units;
  const auto directions = static_cast<std::int64_t>(in.cells.size());
  const Recurrence recurrence(in.shape.config, n, CellTensors::stack(in.cells));
  const Tensor projected = project_source(in, batch);
  State state =
      recurrence.zero_state({directions, count, n}, projected.options().requires_grad(false));
  std::vector<Tensor> states, memories;
  for (const Tensor& x : projected.unbind(0)) {
    state = recurrence.step(x, state, in.mask);
    states.push_back(state.hidden);
    if (state.cell.defined()) memories.push_back(state.cell);
  }
  std::vector<Tensor> parts = at::stack(states).unbind(1);  // [source_length, batch, n] each
  if (in.direction != model::Direction::kForward) {         // the backward direction is last
    parts.back() = parts.back()
                       .reshape({length * count, n})
                       .index_select(0, batch.reversal)
                       .view({length, count, n});
  }
  EncodedLayer result{at::cat(parts, 2), {}};
  if (batch.source_mask.defined()) {
    result.annotations = result.annotations * batch.source_mask.unsqueeze(2);
  }
  if (!memories.empty()) result.last_cells = last_of(at::stack(memories).unbind(1), batch);
  return result;
}

SentenceAnnotations PlainOperations::by_sentence(const Tensor& h, std::int64_t n) {
  return {h.transpose(0, 1).contiguous(), h.select(0, 0).narrow(1, h.size(2) - n, n)};
}

Tensor PlainOperations::real_positions(const Tensor& h, const Batch& batch) {
  return h.transpose(0, 1).flatten(0, 1).index_select(0, positions_of(batch));
}

PooledSequences PlainOperations::pool(const Tensor& rows, const Tensor& energies,
                                      const Batch& batch) {
  constexpr double kNothing = -std::numeric_limits<double>::infinity();
  const std::int64_t length = batch.source.size(0), count = batch.source.size(1);
  const Tensor positions = positions_of(batch);
  const Tensor weights =
      at::full({count * length}, kNothing, energies.options().requires_grad(false))
          .index_copy(0, positions, energies)
          .view({count, length})
          .softmax(1)
          .view(-1);
  const Tensor padded =
      at::zeros({count * length, rows.size(1)}, rows.options().requires_grad(false))
          .index_copy(0, positions, rows)
          .view({count, length, rows.size(1)});
  return {weights.view({count, 1, length}).bmm(padded).squeeze(1),
          weights.index_select(0, positions).detach()};
}

DecodedSteps Operations::decoder_steps(const DecoderInputs&) {
  throw CheckFailure("these operations have no plan for the decoder");
}

std::vector<Tensor> Operations::run_steps(const StepsInputs&) {
  throw CheckFailure("these operations do not run the steps of programs");
}

Tensor PlainOperations::token_log_probabilities(const LossInputs& inputs) {
  return log_probabilities(inputs.rows, inputs.weight, inputs.bias)
      .gather(1, inputs.targets.unsqueeze(1))
      .squeeze(1);
}

LossSums PlainOperations::accumulate_gradient(const LossInputs& inputs,
                                              const LossOptions& options) {
  const Cost cost = cross_entropy(inputs, options.label_smoothing);
  (cost.cost * options.scale).backward();
  return sums_of(cost);
}

LossSums PlainOperations::evaluate(const LossInputs& inputs, const LossOptions& options) {
  return sums_of(cross_entropy(inputs, options.label_smoothing));
}

}  // namespace attend::network

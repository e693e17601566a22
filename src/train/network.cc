#include "train/network.h"

#include <fmt/format.h>

#include "train/native_decoder.h"
#include "train/native_embedding.h"
#include "train/native_encoder.h"
#include "train/native_loss.h"

namespace attend::train {

using model::Feedback;
using model::InitialState;

/// The decoder's path over a batch: step i stands at index i.
struct Network::Decoded {
  Tensor states;      // [target_length, batch, n]: what the readout sees, s_i or s_{i-1}
  Tensor fed;         // [target_length, batch, m]: E y_{i-1}; undefined without feedback
  Tensor contexts;    // [target_length, batch, 2 n_e]
  Tensor alignments;  // [target_length, batch, source_length]
};

namespace {

// W x + b for a sequence: one product for all its steps. [time, batch, in] → [time, batch, out]
Tensor project(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Tensor rows = x.reshape({-1, x.size(-1)});
  return at::addmm(bias, rows, weight.t()).view({x.size(0), x.size(1), weight.size(0)});
}

// max(x_{2k-1}, x_{2k}), k = 1 … l
Tensor maxout(const Tensor& x) {
  std::vector<std::int64_t> pairs = x.sizes().vec();
  pairs.back() /= 2;
  pairs.push_back(2);
  return x.view(pairs).amax(-1);
}

// The decoder's cells and what they multiply, set up once a batch.
class Decoder {
 public:
  Decoder(const model::DecoderConfig& config, const Tensors& tensors, std::int64_t fed_units) {
    for (int layer = 0; layer < config.layers; ++layer) {
      const CellTensors cell = CellTensors::find(tensors, fmt::format("decoder.{}", layer));
      recurrences_.emplace_back(config.cell, config.units, cell);
      inputs_.push_back(cell.input_weight.t());
      biases_.push_back(cell.bias);
    }
    if (fed_units > 0) fed_weight_ = inputs_[0].narrow(0, 0, fed_units);
    inputs_[0] = inputs_[0].narrow(0, fed_units, inputs_[0].size(0) - fed_units);
  }

  // W_y E y + b of the bottom layer for all steps, one tensor a step: [batch, G n].
  std::vector<Tensor> project_fed(const Tensor& fed) const {
    return project(fed, fed_weight_.t(), biases_[0]).unbind(0);
  }
  const Tensor& bias() const { return biases_[0]; }

  // s_i = f(s_{i-1}, …); `projected_fed` is W_y E y + b. Masks: see DecoderMasks.
  std::vector<State> step(const Tensor& projected_fed, const Tensor& context,
                          const std::vector<State>& previous, const std::vector<Tensor>& recurrent,
                          const std::vector<Tensor>& between) const {
    std::vector<State> next;
    Tensor projected = at::addmm(projected_fed, context, inputs_[0]);
    for (std::size_t layer = 0; layer < recurrences_.size(); ++layer) {
      if (layer > 0) {
        const Tensor& below = next.back().hidden;
        projected = at::addmm(biases_[layer], between.empty() ? below : below * between[layer - 1],
                              inputs_[layer]);
      }
      next.push_back(recurrences_[layer].step(projected, previous[layer],
                                              recurrent.empty() ? Tensor() : recurrent[layer]));
    }
    return next;
  }

 private:
  std::vector<Recurrence> recurrences_;
  std::vector<Tensor> inputs_;  // [in, G n]; of the bottom layer only the columns of c_i
  std::vector<Tensor> biases_;  // [G n]
  Tensor fed_weight_;           // [m, G n]
};

// Dropout of the decoder: of h_{t-1} in the recurrent products, one mask a layer for the whole
// sequence; and between layers, for every step or once for all.
struct DecoderMasks {
  std::vector<Tensor> recurrent;             // [layers], or empty
  std::vector<std::vector<Tensor>> between;  // [steps or 1][layers - 1], or empty

  DecoderMasks(const model::DecoderConfig& config, std::int64_t steps, std::int64_t batch,
               Dropout* dropout, const at::TensorOptions& floating) {
    if (dropout == nullptr) return;
    const auto masks = [&](int count, double probability) {
      std::vector<Tensor> result;
      for (int i = 0; i < count; ++i) {
        result.push_back(dropout->mask({batch, config.units}, probability, floating));
      }
      return result;
    };
    const model::DropoutConfig& rates = dropout->config();
    if (rates.recurrent > 0) recurrent = masks(config.layers, rates.recurrent);
    if (rates.decoder <= 0 || config.layers < 2) return;
    for (std::int64_t i = 0; i < (rates.variational ? 1 : steps); ++i) {
      between.push_back(masks(config.layers - 1, rates.decoder));
    }
  }
  const std::vector<Tensor>& between_at(std::int64_t step) const {
    static const std::vector<Tensor> kNone;
    if (between.empty()) return kNone;
    return between.size() == 1 ? between[0] : between[static_cast<std::size_t>(step)];
  }
};

}  // namespace

Network::Network(const model::Configuration& configuration, Tensors tensors, Path path,
                 std::shared_ptr<Products> products)
    : configuration_(configuration),
      tensors_(std::move(tensors)),
      owns_products_(products == nullptr),
      products_(std::move(products)) {
  const Tensor& any = tensor("output.bias");
  native_ = path == Path::kFastest && any.scalar_type() == at::kFloat && any.device().is_cpu();
  if (owns_products_) products_ = std::make_shared<Products>(configuration.training.precision);
}

void Network::refresh_own_products() const {
  if (owns_products_) products_->refresh();
}

// activation(W [x_1; x_2; …] + b) over the last dimension.
Tensor Network::project(const std::vector<Tensor>& parts, const std::string& weight,
                        const std::string& bias, Activation activation) const {
  std::vector<std::int64_t> shape = parts[0].sizes().vec();
  std::vector<Tensor> rows;
  for (const Tensor& part : parts) rows.push_back(part.reshape({-1, part.size(-1)}));
  const Tensor& w = tensor(weight);
  shape.back() = w.size(0);
  if (native_) return native_linear(products_, rows, w, tensor(bias), activation).view(shape);
  const Tensor joined = rows.size() == 1 ? rows[0] : at::cat(rows, 1);
  const Tensor result = at::addmm(tensor(bias), joined, w.t()).view(shape);
  return activation == Activation::kTanh ? result.tanh() : result;
}

Tensor Network::embed(const std::string& table, const Tensor& ids) const {
  return native_ ? native_embedding(tensor(table), ids) : at::embedding(tensor(table), ids);
}

const Tensor& Network::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw CheckFailure("no tensor " + name);
  return found->second;
}

at::TensorOptions Network::floating() const {
  return tensor("output.bias").options().requires_grad(false);
}

// W x of both directions, each with its gates normalised on request, + b:
// [source_length, 2, batch, G n]. The backward direction stands in reversed order.
Tensor Network::project_source(const CellTensors& forward, const CellTensors& backward,
                               const Batch& batch, const Tensor& below, Dropout* dropout) const {
  const std::int64_t length = batch.source.size(0);
  const std::int64_t count = batch.source.size(1);
  Tensor ahead, behind;  // [source_length · batch, G n]
  if (below.defined()) {
    const Tensor rows = below.reshape({length * count, below.size(2)});
    ahead = rows.mm(forward.input_weight.t());
    behind = rows.index_select(0, batch.reversal).mm(backward.input_weight.t());
  } else if (configuration_.encoder.embedding == 0) {  // one-hot: a column of W for each token
    ahead = at::embedding(forward.input_weight.t(), batch.source.view(-1));
    behind = at::embedding(backward.input_weight.t(), batch.reversed_source.view(-1));
  } else {
    Tensor embedded = embed("source_embedding.weight", batch.source);
    if (dropout) embedded = dropout->sequence(embedded, dropout->config().embedding);
    return project_source(forward, backward, batch, embedded, dropout);
  }
  const std::int64_t gates = ahead.size(1);
  Tensor projected =
      at::stack({ahead.view({length, count, gates}), behind.view({length, count, gates})}, 1);
  const CellTensors both = CellTensors::stack(forward, backward);
  if (!both.input_gain.defined()) return projected + both.bias;
  return at::addcmul(both.bias, normalize_blocks(projected, configuration_.encoder.units),
                     both.input_gain);
}

// [→h_j; ←h_j] of one layer: [source_length, batch, 2 n]. Both directions go through the same
// products side by side; padding stands at the end of both, so it never reaches a real position.
Tensor Network::encode_layer(int layer, const Batch& batch, const Tensor& below,
                             Dropout* dropout) const {
  const model::EncoderConfig& encoder = configuration_.encoder;
  const CellTensors forward = CellTensors::find(tensors_, fmt::format("encoder.{}.forward", layer));
  const CellTensors backward =
      CellTensors::find(tensors_, fmt::format("encoder.{}.backward", layer));
  const std::int64_t length = batch.source.size(0);
  const std::int64_t count = batch.source.size(1);
  const Recurrence recurrence(encoder.cell, encoder.units, CellTensors::stack(forward, backward));
  State state = recurrence.zero_state({2, count, encoder.units}, floating());
  Tensor mask;
  if (dropout && dropout->config().recurrent > 0) {
    mask = dropout->mask({2, count, encoder.units}, dropout->config().recurrent, floating());
  }
  std::vector<Tensor> states;
  for (const Tensor& x : project_source(forward, backward, batch, below, dropout).unbind(0)) {
    state = recurrence.step(x, state, mask);
    states.push_back(state.hidden);
  }
  const auto both = at::stack(states).unbind(1);  // [source_length, batch, n] each
  const Tensor restored = both[1]
                              .reshape({length * count, encoder.units})
                              .index_select(0, batch.reversal)
                              .view({length, count, encoder.units});
  Tensor annotations = at::cat({both[0], restored}, 2);
  if (batch.source_mask.defined()) annotations = annotations * batch.source_mask.unsqueeze(2);
  return dropout ? dropout->sequence(annotations, dropout->config().encoder) : annotations;
}

// The same as one function (native_encoder.h).
Tensor Network::encode_layer_natively(int layer, const Batch& batch, const Tensor& below,
                                      Dropout* dropout) const {
  const model::EncoderConfig& encoder = configuration_.encoder;
  const CellTensors forward = CellTensors::find(tensors_, fmt::format("encoder.{}.forward", layer));
  const CellTensors backward =
      CellTensors::find(tensors_, fmt::format("encoder.{}.backward", layer));
  Tensor seen = below;
  if (!seen.defined() && encoder.embedding > 0) {
    seen = embed("source_embedding.weight", batch.source);
    if (dropout) seen = dropout->sequence(seen, dropout->config().embedding);
  }
  const Tensor annotations =
      native_encoder_layer(products_, {encoder.cell, encoder.units}, forward, backward, seen,
                           seen.defined() ? Tensor() : batch.source, batch.source_sizes);
  return dropout ? dropout->sequence(annotations, dropout->config().encoder) : annotations;
}

Annotated Network::annotate(const Batch& batch, Dropout* dropout) const {
  const std::int64_t n = configuration_.encoder.units;
  const bool fused = native_ && model::encoder_fusion_obstacle(configuration_).empty();
  Tensor h;  // [source_length, batch, 2 n]
  for (int layer = 0; layer < configuration_.encoder.layers; ++layer) {
    h = fused ? encode_layer_natively(layer, batch, h, dropout)
              : encode_layer(layer, batch, h, dropout);
  }
  Annotated result;
  result.annotations = h.transpose(0, 1).contiguous();
  if (batch.source_mask.defined()) result.mask = batch.source_mask.t().log();  // log 0 = −∞
  switch (configuration_.decoder.initial_state) {
    case InitialState::kZero:
      break;
    case InitialState::kBackward:  // ←h_1 has read the whole source
      result.initial = h.select(0, 0).narrow(1, n, n);
      break;
    case InitialState::kMean:
      result.initial = h.sum(0) / batch.source_lengths.unsqueeze(1);
      break;
    case InitialState::kLast: {
      const Tensor rows = h.reshape({-1, 2 * n}).index_select(0, batch.last_rows);
      result.initial = at::cat({rows.narrow(1, 0, n), h.select(0, 0).narrow(1, n, n)}, 1);
      break;
    }
  }
  return result;
}

std::vector<State> Network::initial_states(const Annotated& annotated) const {
  const model::DecoderConfig& decoder = configuration_.decoder;
  const bool lstm = decoder.cell.type == model::Cell::kLstm;
  std::vector<State> states;
  for (int layer = 0; layer < decoder.layers; ++layer) {
    if (!annotated.initial.defined()) {
      const Tensor zeros = at::zeros({annotated.annotations.size(0), decoder.units}, floating());
      states.push_back({zeros, lstm ? zeros : Tensor()});
      continue;
    }
    const auto compute = [&](const char* name) {
      const std::string prefix = fmt::format("initial.{}.{}", layer, name);
      return project({annotated.initial}, prefix + "_weight", prefix + "_bias", Activation::kTanh);
    };
    states.push_back({compute("state"), lstm ? compute("cell") : Tensor()});
  }
  return states;
}

// E y_i of all steps but the last, which nothing reads: [target_length - 1, batch, m].
Tensor Network::fed_embeddings(const Batch& batch, Dropout* dropout) const {
  const Tensor ids = batch.target.narrow(0, 0, batch.target.size(0) - 1);
  const Tensor embedded = embed(model::target_embedding_name(configuration_.decoder), ids);
  return dropout ? dropout->sequence(embedded, dropout->config().embedding) : embedded;
}

Network::Decoded Network::decode(const Batch& batch, Dropout* dropout) const {
  const model::DecoderConfig& config = configuration_.decoder;
  const Annotated annotated = annotate(batch, dropout);
  const Tensor projected = project({annotated.annotations}, "attention.annotation_weight",
                                   "attention.bias", Activation::kNone);
  const AdditiveAttention attention(configuration_.attention, tensors_, annotated, projected);
  Decoded decoded;
  if (config.feedback == Feedback::kPrevious) {
    const Tensor zero = at::zeros({1, batch.sentences, config.embedding}, floating());  // E y_0
    decoded.fed = at::cat({zero, fed_embeddings(batch, dropout)}, 0);
  }
  if (native_ && model::decoder_fusion_obstacle(configuration_).empty()) {
    run_steps_natively(batch, annotated, attention, decoded);
  } else {
    run_steps(batch, annotated, attention, dropout, decoded);
  }
  return decoded;
}

// E y of every update of the state: where the state is updated last, E y_i, and no update after the
// last step.
Tensor Network::fed_to_updates(const Decoded& decoded) const {
  if (!decoded.fed.defined() || configuration_.decoder.order == model::Order::kLookUpdateGenerate) {
    return decoded.fed;
  }
  return decoded.fed.narrow(0, 1, decoded.fed.size(0) - 1);
}

void Network::run_steps(const Batch& batch, const Annotated& annotated,
                        const AdditiveAttention& attention, Dropout* dropout,
                        Decoded& decoded) const {
  const model::DecoderConfig& config = configuration_.decoder;
  const std::int64_t steps = batch.target.size(0);
  const bool feeds = decoded.fed.defined();
  const bool update_first = config.order == model::Order::kLookUpdateGenerate;
  const Decoder decoder(config, tensors_, feeds ? config.embedding : 0);
  const DecoderMasks masks(config, steps, batch.sentences, dropout, floating());
  std::vector<Tensor> projected(static_cast<std::size_t>(steps), decoder.bias());
  if (feeds) projected = decoder.project_fed(fed_to_updates(decoded));
  std::vector<State> layers = initial_states(annotated);
  std::vector<Tensor> states, contexts, alignments;
  for (std::int64_t i = 0; i < steps; ++i) {
    const Look look = attention.look(layers.back().hidden);
    contexts.push_back(look.context);
    alignments.push_back(look.alignment);
    if (!update_first) states.push_back(layers.back().hidden);
    if (update_first || i + 1 < steps) {
      layers = decoder.step(projected[static_cast<std::size_t>(i)], look.context, layers,
                            masks.recurrent, masks.between_at(i));
    }
    if (update_first) states.push_back(layers.back().hidden);
  }
  decoded.states = at::stack(states);
  decoded.contexts = at::stack(contexts);
  decoded.alignments = at::stack(alignments);
}

// The same as one function (native_decoder.h).
void Network::run_steps_natively(const Batch& batch, const Annotated& annotated,
                                 const AdditiveAttention& attention, Decoded& decoded) const {
  const State initial = initial_states(annotated)[0];
  NativeDecoderInputs inputs;
  inputs.products = products_;
  inputs.shape = {configuration_.decoder.cell, configuration_.decoder.units};
  inputs.update_first = configuration_.decoder.order == model::Order::kLookUpdateGenerate;
  inputs.relu = configuration_.attention.energies == model::Energies::kRelu;
  inputs.steps = batch.target.size(0);
  inputs.lengths = batch.source_sizes;
  inputs.annotations = annotated.annotations;
  inputs.projected = attention.projected();
  inputs.fed = fed_to_updates(decoded);
  inputs.initial_state = initial.hidden;
  inputs.initial_cell = initial.cell;
  inputs.query_weight = tensor("attention.query_weight");
  inputs.energy_weight = tensor("attention.energy_weight");
  inputs.energy_bias = find_tensor(tensors_, "attention.energy_bias");
  inputs.cell = CellTensors::find(tensors_, "decoder.0");
  const NativeDecoded result = native_decode(inputs);
  decoded.states = result.states;
  decoded.contexts = result.contexts;
  decoded.alignments = result.alignments;
}

// [target_length, batch, l]: what the softmax layer multiplies.
Tensor Network::readout(const Decoded& decoded, Dropout* dropout) const {
  Tensor result = decoded.states;
  const model::Readout kind = configuration_.decoder.readout;
  if (kind != model::Readout::kNone) {
    std::vector<Tensor> parts{decoded.states};
    if (decoded.fed.defined()) parts.push_back(decoded.fed);
    parts.push_back(decoded.contexts);
    result = project(parts, "readout.weight", "readout.bias",
                     kind == model::Readout::kTanh ? Activation::kTanh : Activation::kNone);
    if (kind == model::Readout::kMaxout) result = maxout(result);
  }
  return dropout ? dropout->sequence(result, dropout->config().readout) : result;
}

// [rows, l] → [rows, target_vocabulary]
Tensor Network::log_probabilities(const Tensor& readout) const {
  const Tensor& weight = tensor(model::output_weight_name(configuration_.decoder));
  return at::addmm(tensor("output.bias"), readout, weight.t()).log_softmax(-1);
}

Forced Network::forced(const Batch& batch) const {
  refresh_own_products();
  const Decoded decoded = decode(batch, nullptr);
  const Tensor rows = readout(decoded, nullptr).flatten(0, 1);
  return {log_probabilities(rows).view({batch.target.size(0), batch.sentences, -1}),
          decoded.alignments};
}

// [tokens, l]: of all target tokens, in the order of batch.target_tokens.
Tensor Network::target_readouts(const Batch& batch, Dropout* dropout) const {
  const Tensor rows = readout(decode(batch, dropout), dropout).flatten(0, 1);
  return batch.target_rows.defined() ? rows.index_select(0, batch.target_rows) : rows;
}

Cost Network::cost(const Batch& batch, Dropout* dropout) const {
  refresh_own_products();
  const Tensor scores = log_probabilities(target_readouts(batch, dropout));
  const Tensor surprise =
      at::nll_loss(scores, batch.target_tokens, {}, at::Reduction::Sum);  // − Σ log p(y_i)
  const double smoothing = configuration_.training.label_smoothing;
  const Tensor cost = smoothing > 0.0
                          ? surprise * (1.0 - smoothing) -
                                scores.sum() * (smoothing / static_cast<double>(scores.size(1)))
                          : surprise;
  return {cost, surprise.detach().neg()};
}

kernels::CrossEntropySums Network::accumulate_gradient(const Batch& batch, Dropout* dropout,
                                                       double scale) const {
  if (!native_) {
    const Cost result = cost(batch, dropout);
    (result.cost * scale).backward();
    return {result.cost.item<double>(), result.log_likelihood.item<double>()};
  }
  refresh_own_products();
  const Tensor rows = target_readouts(batch, dropout).contiguous();
  const LossInputs inputs{rows.detach(), tensor(model::output_weight_name(configuration_.decoder)),
                          tensor("output.bias"), batch.target_tokens};
  const NativeLoss loss =
      native_loss(*products_, inputs, {configuration_.training.label_smoothing, scale});
  rows.backward(loss.d_rows);
  return loss.sums;
}

}  // namespace attend::train

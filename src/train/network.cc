#include "train/network.h"

#include <fmt/format.h>

#include "train/decoder_masks.h"
#include "train/native_annotations.h"
#include "train/native_decoder.h"
#include "train/native_encoder.h"
#include "train/native_loss.h"

namespace attend::train {

using model::Feedback;
using model::InitialState;
using model::Order;

/// The decoder's path over a batch: step i stands at index i.
struct Network::Decoded {
  Tensor states;      // [target_length, batch, n]: what the readout sees, s_i or s_{i-1}
  WordRows previous;  // [target_length · batch, m]: E y_{i-1}; undefined without feedback
  Tensor contexts;    // [target_length, batch, n_h]
  Tensor readouts;    // [target_length, batch, l], where they are fed; undefined elsewhere
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

// Steps from `first` on of a sequence of `batch` positions a step, `count` of them; undefined stays
// undefined.
WordRows steps_of(const WordRows& words, std::int64_t batch, std::int64_t first,
                  std::int64_t count) {
  if (words.shared()) return {words.rows, words.index.narrow(0, first, count)};
  if (!words.defined()) return words;
  return {words.rows.narrow(0, first * batch, count * batch), {}};
}

// The decoder's cells and what they multiply, set up once a batch.
class Decoder {
 public:
  Decoder(const model::DecoderConfig& config, const Tensors& tensors, std::int64_t previous_units) {
    for (int layer = 0; layer < config.layers; ++layer) {
      const CellTensors cell = CellTensors::find(tensors, fmt::format("decoder.{}", layer));
      recurrences_.emplace_back(config.cell, config.units, cell);
      inputs_.push_back(cell.input_weight.t());
      biases_.push_back(cell.bias);
    }
    if (previous_units > 0) previous_weight_ = inputs_[0].narrow(0, 0, previous_units);
    step_weight_ = inputs_[0].narrow(0, previous_units, inputs_[0].size(0) - previous_units);
  }

  // W_y E y + b of the bottom layer for all steps, one tensor a step: [batch, G n].
  std::vector<Tensor> project_previous(const Tensor& previous) const {
    return project(previous, previous_weight_.t(), biases_[0]).unbind(0);
  }
  const Tensor& bias() const { return biases_[0]; }

  // s_i = f(s_{i-1}, …); `projected_fed` is W_y E y + b, `beside` what the bottom layer sees beside
  // E y: the context, the readout that is fed, or nothing; `i` counts the steps.
  std::vector<State> step(const Tensor& projected_previous, const Tensor& step_input,
                          const std::vector<State>& previous, const DecoderMasks& masks,
                          std::int64_t i) const {
    std::vector<State> next;
    Tensor projected = step_input.defined()
                           ? at::addmm(projected_previous, step_input, step_weight_)
                           : projected_previous;
    for (std::size_t layer = 0; layer < recurrences_.size(); ++layer) {
      if (layer > 0) {
        const Tensor& below = next.back().hidden;
        const Tensor mask = masks.between_at(i, layer - 1);
        projected =
            at::addmm(biases_[layer], mask.defined() ? below * mask : below, inputs_[layer]);
      }
      next.push_back(
          recurrences_[layer].step(projected, previous[layer], masks.recurrent_of(layer)));
    }
    return next;
  }

 private:
  std::vector<Recurrence> recurrences_;
  std::vector<Tensor> inputs_;  // [in, G n]
  std::vector<Tensor> biases_;  // [G n]
  Tensor previous_weight_;      // [m, G n]: of the bottom layer's inputs E y
  Tensor step_weight_;          // and the rest of them
};

}  // namespace

Network::Network(const model::Configuration& configuration, Tensors tensors, Path path,
                 std::shared_ptr<ShardMatrices> matrices)
    : configuration_(configuration),
      tensors_(std::move(tensors)),
      owns_matrices_(matrices == nullptr),
      matrices_(std::move(matrices)) {
  const Tensor& any = tensor("output.bias");
  native_ = path == Path::kFastest && any.scalar_type() == at::kFloat && any.device().is_cpu();
  if (owns_matrices_) matrices_ = std::make_shared<ShardMatrices>(configuration.training.precision);
}

void Network::refresh_own_matrices() const {
  if (owns_matrices_) matrices_->weights().refresh();
}

// activation(W [x_1; x_2; …] + b) over the last dimension; without a tensor `bias` b is 0. Parts
// are [rows…, in_k]; of the fused functions' parts, one but the first may share rows.
Tensor Network::project(const std::vector<WordRows>& parts, const std::string& weight,
                        const std::string& bias, Activation activation) const {
  std::vector<std::int64_t> shape = parts[0].rows.sizes().vec();
  std::vector<WordRows> flat;
  for (const WordRows& part : parts) {
    flat.push_back({part.rows.reshape({-1, part.rows.size(-1)}), part.index});
  }
  const Tensor& w = tensor(weight);
  const Tensor b = find_tensor(tensors_, bias);
  shape.back() = w.size(0);
  if (native_) return native_linear(matrices_, flat, w, b, activation).view(shape);
  std::vector<Tensor> rows;
  for (const WordRows& part : flat) rows.push_back(part.rows);
  const Tensor joined = rows.size() == 1 ? rows[0] : at::cat(rows, 1);
  const Tensor result = (b.defined() ? at::addmm(b, joined, w.t()) : joined.mm(w.t())).view(shape);
  return activation == Activation::kTanh ? result.tanh() : result;
}

// What Attention would compute itself, by the fused functions.
Tensor Network::project_annotations(const Tensor& annotations) const {
  if (configuration_.attention.score == model::Score::kDot) return annotations;
  return project({{annotations, {}}}, "attention.annotation_weight", "attention.bias",
                 Activation::kNone);
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

// The cells of a layer, one a direction.
std::vector<CellTensors> Network::encoder_cells(int layer) const {
  std::vector<CellTensors> cells;
  for (const std::string_view direction : configuration_.encoder.directions()) {
    cells.push_back(CellTensors::find(tensors_, fmt::format("encoder.{}.{}", layer, direction)));
  }
  return cells;
}

// What a layer sees: [source_length, batch, in]; undefined for one-hot vectors.
Tensor Network::embed_source(const Batch& batch, const Tensor& below, Dropout* dropout) const {
  if (below.defined() || configuration_.encoder.embedding == 0) return below;
  const Tensor embedded = embed("source_embedding.weight", batch.source);
  return dropout ? dropout->sequence(embedded, dropout->config().embedding) : embedded;
}

// The same for the fused functions: dropout tells equal words apart.
WordRows Network::source_rows(const Batch& batch, const Tensor& below, Dropout* dropout) const {
  if (!below.defined() && configuration_.encoder.embedding == 0) return {{}, batch.source};
  const bool dropped = dropout != nullptr && dropout->config().embedding > 0;
  if (below.defined() || dropped) {
    return {embed_source(batch, below, dropout).flatten(0, 1), {}};
  }
  return embed_words(tensor("source_embedding.weight"), batch.source);
}

// W x of all directions, each with its gates normalised on request, + b:
// [source_length, directions, batch, G n]. The backward direction stands in reversed order.
Tensor Network::project_source(const std::vector<CellTensors>& cells, const Batch& batch,
                               const Tensor& seen) const {
  const std::int64_t length = batch.source.size(0);
  const std::int64_t count = batch.source.size(1);
  const auto directions = configuration_.encoder.directions();
  std::vector<Tensor> products;
  for (std::size_t d = 0; d < cells.size(); ++d) {
    const bool backward = directions[d] == "backward";
    const Tensor weight = cells[d].input_weight.t();
    Tensor product;  // [source_length · batch, G n]
    if (seen.defined()) {
      const Tensor rows = seen.reshape({length * count, seen.size(2)});
      product = (backward ? rows.index_select(0, batch.reversal) : rows).mm(weight);
    } else {  // one-hot: a column of W for each token
      product = at::embedding(weight, (backward ? batch.reversed_source : batch.source).view(-1));
    }
    products.push_back(product.view({length, count, product.size(1)}));
  }
  const Tensor projected = at::stack(products, 1);
  const CellTensors all = CellTensors::stack(cells);
  if (!all.input_gain.defined()) return projected + all.bias;
  return at::addcmul(all.bias, normalize_blocks(projected, configuration_.encoder.units),
                     all.input_gain);
}

// [batch, n_h] of the states of all steps, [directions, batch, n] each: of every direction the one
// behind its last token.
Tensor Network::last_states(const std::vector<Tensor>& steps, const Batch& batch) const {
  std::vector<Tensor> last;
  for (const Tensor& states : at::stack(steps).unbind(1)) {  // [source_length, batch, n]
    last.push_back(states.reshape({-1, states.size(2)}).index_select(0, batch.last_rows));
  }
  return at::cat(last, 1);
}

/// An encoder layer's annotations and the last states of its directions.
struct Network::EncodedLayer {
  Tensor annotations;  // [source_length, batch, n_h]
  State last;          // [batch, n_h]; undefined unless the decoder copies them
};

// [directions, batch, n]: dropout of h_{t-1} in the recurrent products of a layer; undefined
// without.
Tensor Network::encoder_mask(const Batch& batch, Dropout* dropout) const {
  if (dropout == nullptr || dropout->config().recurrent <= 0) return {};
  const model::EncoderConfig& encoder = configuration_.encoder;
  const auto directions = static_cast<std::int64_t>(encoder.directions().size());
  return dropout->mask({directions, batch.source.size(1), encoder.units},
                       dropout->config().recurrent, floating());
}

// [→h_j; ←h_j] of one layer, or one of them. All directions go through the same products side by
// side; padding stands at their end, so it never reaches a real position.
Network::EncodedLayer Network::encode_layer(int layer, const Batch& batch, const Tensor& below,
                                            Dropout* dropout) const {
  const model::EncoderConfig& encoder = configuration_.encoder;
  const std::vector<CellTensors> cells = encoder_cells(layer);
  const auto directions = static_cast<std::int64_t>(cells.size());
  const std::int64_t length = batch.source.size(0);
  const std::int64_t count = batch.source.size(1);
  const Recurrence recurrence(encoder.cell, encoder.units, CellTensors::stack(cells));
  const Tensor projected = project_source(cells, batch, embed_source(batch, below, dropout));
  State state = recurrence.zero_state({directions, count, encoder.units}, floating());
  const Tensor mask = encoder_mask(batch, dropout);
  std::vector<Tensor> states, memories;
  for (const Tensor& x : projected.unbind(0)) {
    state = recurrence.step(x, state, mask);
    states.push_back(state.hidden);
    if (state.cell.defined()) memories.push_back(state.cell);
  }
  std::vector<Tensor> parts = at::stack(states).unbind(1);  // [source_length, batch, n] each
  if (encoder.direction != model::Direction::kForward) {    // the backward one is the last
    parts.back() = parts.back()
                       .reshape({length * count, encoder.units})
                       .index_select(0, batch.reversal)
                       .view({length, count, encoder.units});
  }
  EncodedLayer result{at::cat(parts, 2), {}};
  if (batch.source_mask.defined()) {
    result.annotations = result.annotations * batch.source_mask.unsqueeze(2);
  }
  if (dropout) {
    result.annotations = dropout->sequence(result.annotations, dropout->config().encoder);
  }
  if (configuration_.decoder.initial_state == InitialState::kCopy) {
    result.last.hidden = last_states(states, batch);
    if (!memories.empty()) result.last.cell = last_states(memories, batch);
  }
  return result;
}

// The same as one function (native_encoder.h).
Network::EncodedLayer Network::encode_layer_natively(int layer, const Batch& batch,
                                                     const Tensor& below, Dropout* dropout) const {
  const model::EncoderConfig& encoder = configuration_.encoder;
  NativeEncoderInputs inputs{matrices_,
                             {encoder.cell, encoder.units},
                             encoder.direction,
                             encoder_cells(layer),
                             source_rows(batch, below, dropout),
                             batch.source_sizes,
                             encoder_mask(batch, dropout)};
  const NativeEncoded encoded = native_encoder_layer(inputs);
  EncodedLayer result{encoded.annotations, {}};
  if (dropout) {
    result.annotations = dropout->sequence(result.annotations, dropout->config().encoder);
  }
  if (configuration_.decoder.initial_state == InitialState::kCopy) {
    result.last = {last_of_directions(encoded.annotations, batch), encoded.last_cells};
  }
  return result;
}

// [→h_T; ←h_1], or one of them, of annotations h [source_length, batch, n_h].
Tensor Network::last_of_directions(const Tensor& h, const Batch& batch) const {
  const model::Direction direction = configuration_.encoder.direction;
  if (direction == model::Direction::kBackward) return h.select(0, 0);
  const Tensor last = h.reshape({-1, h.size(2)}).index_select(0, batch.last_rows);
  if (direction == model::Direction::kForward) return last;
  const std::int64_t n = configuration_.encoder.units;
  return at::cat({last.narrow(1, 0, n), h.select(0, 0).narrow(1, n, n)}, 1);
}

// What the first states are computed from.
Tensor Network::initial_inputs(const Tensor& h, const Batch& batch) const {
  const std::int64_t n = configuration_.encoder.units;
  switch (configuration_.decoder.initial_state) {
    case InitialState::kZero:
    case InitialState::kCopy:
      break;
    case InitialState::kBackward:  // ←h_1 has read the whole source
      return h.select(0, 0).narrow(1, h.size(2) - n, n);
    case InitialState::kMean:
      return h.sum(0) / batch.source_lengths.unsqueeze(1);
    case InitialState::kLast:
      return last_of_directions(h, batch);
  }
  return {};
}

Annotated Network::annotate(const Batch& batch, Dropout* dropout) const {
  Tensor h;  // [source_length, batch, n_h]
  Annotated result;
  for (int layer = 0; layer < configuration_.encoder.layers; ++layer) {
    EncodedLayer encoded = native_ ? encode_layer_natively(layer, batch, h, dropout)
                                   : encode_layer(layer, batch, h, dropout);
    h = encoded.annotations;
    if (encoded.last.hidden.defined()) result.last.push_back(encoded.last);
  }
  if (batch.source_mask.defined()) result.mask = batch.source_mask.t().log();  // log 0 = −∞
  if (native_ && configuration_.decoder.initial_state == InitialState::kBackward) {
    const NativeAnnotations native = native_annotations(h, configuration_.encoder.units);
    result.annotations = native.by_sentence;
    result.initial = native.first_units;
    return result;
  }
  result.annotations = h.transpose(0, 1).contiguous();
  result.initial = initial_inputs(h, batch);
  return result;
}

std::vector<State> Network::initial_states(const Annotated& annotated) const {
  const model::DecoderConfig& decoder = configuration_.decoder;
  const bool lstm = decoder.cell.type == model::Cell::kLstm;
  if (!annotated.last.empty()) return annotated.last;
  std::vector<State> states;
  for (int layer = 0; layer < decoder.layers; ++layer) {
    if (!annotated.initial.defined()) {
      const Tensor zeros = at::zeros({annotated.annotations.size(0), decoder.units}, floating());
      states.push_back({zeros, lstm ? zeros : Tensor()});
      continue;
    }
    const auto compute = [&](const char* name) {
      const std::string prefix = fmt::format("initial.{}.{}", layer, name);
      return project({{annotated.initial, {}}}, prefix + "_weight", prefix + "_bias",
                     Activation::kTanh);
    };
    states.push_back({compute("state"), lstm ? compute("cell") : Tensor()});
  }
  return states;
}

// E y_{i-1} of all steps; E y_0 = 0.
WordRows Network::previous_rows(const Batch& batch, Dropout* dropout) const {
  const std::string table = model::target_embedding_name(configuration_.decoder);
  const bool dropped = dropout != nullptr && dropout->config().embedding > 0;
  if (native_ && !dropped) return embed_words(tensor(table), batch.previous);
  const Tensor ids = batch.target.narrow(0, 0, batch.target.size(0) - 1);
  Tensor embedded = embed(table, ids);
  if (dropped) embedded = dropout->sequence(embedded, dropout->config().embedding);
  const Tensor zero = at::zeros({1, batch.sentences, embedded.size(2)}, floating());
  return {at::cat({zero, embedded}, 0).flatten(0, 1), {}};
}

Network::Decoded Network::decode(const Batch& batch, Dropout* dropout) const {
  const model::DecoderConfig& config = configuration_.decoder;
  const Annotated annotated = annotate(batch, dropout);
  const Attention attention(configuration_.attention, tensors_, annotated,
                            native_ ? project_annotations(annotated.annotations) : Tensor());
  Decoded decoded;
  if (config.feedback == Feedback::kPrevious) decoded.previous = previous_rows(batch, dropout);
  if (native_) {
    run_steps_natively(batch, annotated, attention, dropout, decoded);
  } else {
    run_steps(batch, annotated, attention, dropout, decoded);
  }
  return decoded;
}

// E y of every update of the state: where the state is updated last, E y_i, and no update after the
// last step.
WordRows Network::previous_of_updates(const Decoded& decoded, const Batch& batch) const {
  if (configuration_.decoder.order != Order::kLookGenerateUpdate) return decoded.previous;
  return steps_of(decoded.previous, batch.sentences, 1, batch.target.size(0) - 1);
}

void Network::run_steps(const Batch& batch, const Annotated& annotated, const Attention& attention,
                        Dropout* dropout, Decoded& decoded) const {
  const model::DecoderConfig& config = configuration_.decoder;
  const std::int64_t steps = batch.target.size(0);
  const Decoder decoder(config, tensors_, config.previous_units());
  const DecoderMasks masks(config, steps, batch.sentences, dropout, floating());
  std::vector<Tensor> projected(static_cast<std::size_t>(steps), decoder.bias());
  if (decoded.previous.defined()) {
    const Tensor rows = previous_of_updates(decoded, batch).rows;
    projected = decoder.project_previous(rows.view({-1, batch.sentences, rows.size(1)}));
  }
  std::vector<State> layers = initial_states(annotated);
  std::vector<Tensor> states, contexts, alignments, readouts;
  Tensor last_readout;  // r_{i-1}, [batch, l]
  if (has_input_feeding())
    last_readout = at::zeros({batch.sentences, config.readout_units}, floating());
  for (std::int64_t i = 0; i < steps; ++i) {
    const auto update = [&](const Tensor& step_input) {
      layers = decoder.step(projected[static_cast<std::size_t>(i)], step_input, layers, masks, i);
    };
    if (config.order == Order::kUpdateLookGenerate) update(last_readout);
    const Look look = attention.look(layers.back().hidden);
    contexts.push_back(look.context);
    alignments.push_back(look.alignment);
    if (config.order == Order::kLookUpdateGenerate) update(look.context);
    states.push_back(layers.back().hidden);
    if (config.order == Order::kLookGenerateUpdate && i + 1 < steps) update(look.context);
    if (!has_input_feeding()) continue;
    last_readout = compute_readout(states.back().unsqueeze(0),
                                   steps_of(decoded.previous, batch.sentences, i, 1),
                                   contexts.back().unsqueeze(0))[0];
    if (masks.readout.defined()) last_readout = last_readout * masks.readout[i];
    readouts.push_back(last_readout);
  }
  decoded.states = at::stack(states);
  decoded.contexts = at::stack(contexts);
  decoded.alignments = at::stack(alignments);
  if (has_input_feeding()) decoded.readouts = at::stack(readouts);
}

// The same as one function (native_decoder.h).
void Network::run_steps_natively(const Batch& batch, const Annotated& annotated,
                                 const Attention& attention, Dropout* dropout,
                                 Decoded& decoded) const {
  const DecoderMasks masks(configuration_.decoder, batch.target.size(0), batch.sentences, dropout,
                           floating());
  NativeDecoderInputs inputs;
  inputs.matrices = matrices_;
  inputs.shape = {configuration_.decoder.cell, configuration_.decoder.units};
  inputs.order = configuration_.decoder.order;
  inputs.steps = batch.target.size(0);
  inputs.attention = attention_inputs(batch, annotated, attention);
  if (has_input_feeding()) inputs.input_feeding = input_feeding_inputs(masks);
  inputs.previous = previous_of_updates(decoded, batch);
  inputs.initial = initial_states(annotated);
  for (int layer = 0; layer < configuration_.decoder.layers; ++layer) {
    inputs.cells.push_back(CellTensors::find(tensors_, fmt::format("decoder.{}", layer)));
  }
  inputs.masks = masks;
  const NativeDecoded result = native_decode(inputs);
  decoded.states = result.states;
  decoded.contexts = result.contexts;
  decoded.alignments = result.alignments;
  decoded.readouts = result.readouts;
}

AttentionInputs Network::attention_inputs(const Batch& batch, const Annotated& annotated,
                                          const Attention& attention) const {
  AttentionInputs inputs;
  inputs.score = configuration_.attention.score;
  inputs.energies = configuration_.attention.energies;
  inputs.lengths = batch.source_sizes;
  inputs.annotations = annotated.annotations;
  if (inputs.score != model::Score::kDot) inputs.projected = attention.projected();
  inputs.query_weight = find_tensor(tensors_, "attention.query_weight");
  inputs.energy_weight = find_tensor(tensors_, "attention.energy_weight");
  inputs.energy_bias = find_tensor(tensors_, "attention.energy_bias");
  return inputs;
}

InputFeedingInputs Network::input_feeding_inputs(const DecoderMasks& masks) const {
  const model::DecoderConfig& config = configuration_.decoder;
  InputFeedingInputs inputs;
  inputs.readout = config.readout;
  inputs.weight = tensor("readout.weight");
  inputs.bias = tensor("readout.bias");
  inputs.previous_units = config.readout_previous_units();
  if (masks.readout.defined()) inputs.mask = masks.readout.contiguous();
  return inputs;
}

bool Network::has_input_feeding() const {
  return configuration_.decoder.input_feeding == model::InputFeeding::kReadout;
}

// [time, batch, l] of states [time, batch, n], E y_{i-1} and contexts: any number of steps.
Tensor Network::compute_readout(const Tensor& states, const WordRows& previous,
                                const Tensor& contexts) const {
  const model::Readout kind = configuration_.decoder.readout;
  if (kind == model::Readout::kNone) return states;
  std::vector<WordRows> parts{{states, {}}};
  if (configuration_.decoder.readout_previous_units() > 0) parts.push_back(previous);
  parts.push_back({contexts, {}});
  const Tensor result =
      project(parts, "readout.weight", "readout.bias",
              kind == model::Readout::kTanh ? Activation::kTanh : Activation::kNone);
  return kind == model::Readout::kMaxout ? maxout(result) : result;
}

// [target_length, batch, l]: what the softmax layer multiplies.
Tensor Network::readout(const Decoded& decoded, Dropout* dropout) const {
  if (decoded.readouts.defined()) return decoded.readouts;
  const Tensor result = compute_readout(decoded.states, decoded.previous, decoded.contexts);
  return dropout ? dropout->sequence(result, dropout->config().readout) : result;
}

// [rows, l] → [rows, target_vocabulary]
Tensor Network::log_probabilities(const Tensor& readout) const {
  const Tensor& weight = tensor(model::output_weight_name(configuration_.decoder));
  return at::addmm(tensor("output.bias"), readout, weight.t()).log_softmax(-1);
}

Forced Network::forced(const Batch& batch) const {
  refresh_own_matrices();
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
  refresh_own_matrices();
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
  refresh_own_matrices();
  const Tensor rows = target_readouts(batch, dropout).contiguous();
  const NativeLoss loss = native_loss(*matrices_, loss_inputs(rows.detach(), batch),
                                      {configuration_.training.label_smoothing, scale});
  rows.backward(loss.d_rows);
  return loss.sums;
}

kernels::CrossEntropySums Network::evaluate(const Batch& batch) const {
  if (!native_) {
    const Cost result = cost(batch, nullptr);
    return {result.cost.item<double>(), result.log_likelihood.item<double>()};
  }
  refresh_own_matrices();
  const Tensor rows = target_readouts(batch, nullptr).contiguous();
  return native_evaluation(*matrices_, loss_inputs(rows, batch),
                           {configuration_.training.label_smoothing, 1.0});
}

LossInputs Network::loss_inputs(const Tensor& rows, const Batch& batch) const {
  const model::DecoderConfig& decoder = configuration_.decoder;
  return {rows, tensor(model::output_weight_name(decoder)), tensor("output.bias"),
          batch.target_tokens, decoder.tied_embeddings != model::TiedEmbeddings::kNone};
}

}  // namespace attend::train

#include "network/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/base.h"
#include "network/guidance.h"
#include "network/levels.h"
#include "network/passes.h"
#include "network/pictures.h"
#include "network/step_operations.h"

namespace attend::network {

using model::Feedback;
using model::InitialState;

namespace {

bool drops(const Dropout* dropout, double model::DropoutConfig::*rate) {
  return dropout != nullptr && dropout->config().*rate > 0;
}

}  // namespace

Network::Network(const model::Configuration& configuration, Tensors tensors,
                 std::shared_ptr<Operations> operations)
    : configuration_(configuration),
      tensors_(std::move(tensors)),
      operations_(std::move(operations)) {
  ATTEND_CHECK(operations_ != nullptr);
  const std::int64_t vocabulary = tensor("output.bias").size(0);
  program_ = std::make_shared<const StepProgram>(
      model::step_program(configuration_, {vocabulary, vocabulary}));
  const auto& shown = program_->program().observations;
  alignment_ = static_cast<std::size_t>(
      std::find_if(shown.begin(), shown.end(),
                   [](const step::Observation& one) { return one.name == kAlignmentName; }) -
      shown.begin());
}

const Tensor& Network::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw CheckFailure("no tensor " + name);
  return found->second;
}

at::TensorOptions Network::floating() const {
  return tensor("output.bias").options().requires_grad(false);
}

// Returns activation(W [x_1; x_2; …] + b) over the last dimension; b is 0 when there is no tensor
// named `bias`. Parts are [rows…, in_k]; the first part gives the shape of the result.
Tensor Network::project(const std::vector<WordRows>& parts, const std::string& weight,
                        const std::string& bias, Activation activation) const {
  std::vector<std::int64_t> shape = parts[0].rows.sizes().vec();
  std::vector<WordRows> flat;
  for (const WordRows& part : parts) {
    flat.push_back({part.rows.reshape({-1, part.rows.size(-1)}), part.index});
  }
  const Tensor& w = tensor(weight);
  shape.back() = w.size(0);
  return operations_->linear(flat, w, find_tensor(tensors_, bias), activation).view(shape);
}

// Returns the mean vectors of the n-grams of all positions, [source_length, batch, m_x]; 0 for a
// position without any (ngrams.h).
Tensor Network::ngram_vectors(const Batch& batch) const {
  const Tensor means = operations_->embedding_means(tensor(model::kNgramTable), batch.ngrams,
                                                    batch.ngram_words, batch.ngram_counts);
  const Tensor with_none = at::cat({means, at::zeros({1, means.size(1)}, floating())}, 0);
  return operations_->embedding(with_none, batch.words);
}

// Returns [E x_j; P_1 d_1; P_2 d_2] of all positions, where d_k is the distance from entity k (§9),
// from embeddings E x_j [source_length, batch, m_x].
Tensor Network::add_distances(const Tensor& embedded, const Batch& batch) const {
  const std::int64_t reach = configuration_.encoder.position_reach;
  const Tensor position = at::arange(embedded.size(0), batch.source.options()).unsqueeze(1);
  std::vector<Tensor> parts{embedded};
  for (std::size_t entity = 0; entity < model::kEntities; ++entity) {
    const Tensor place = batch.entities.select(0, static_cast<std::int64_t>(entity)).unsqueeze(0);
    const Tensor row = ((position - place).clamp(-reach, reach) + reach)
                           .masked_fill(place < 0, model::distance_rows(reach) - 1);
    parts.push_back(operations_->embedding(tensor(model::distance_table(entity) + ".weight"), row));
  }
  return at::cat(parts, 2);
}

// Returns the input of an encoder layer for all positions. With dropout, positions with equal words
// do not share a row, because their masks differ.
WordRows Network::source_rows(const Batch& batch, const Tensor& below, Dropout* dropout) const {
  if (below.defined()) return {below.flatten(0, 1), {}};
  if (configuration_.encoder.embedding == 0) return {{}, batch.source};
  const Tensor& table = tensor("source_embedding.weight");
  const bool drop = drops(dropout, &model::DropoutConfig::embedding);
  const bool has_distances = configuration_.encoder.position_units > 0;
  const bool has_ngrams = batch.words.defined() && configuration_.encoder.ngrams > 0;
  if (!drop && !has_distances && !has_ngrams) return operations_->embed_words(table, batch.source);
  Tensor embedded = operations_->embedding(table, batch.source);
  if (has_ngrams) embedded = embedded + ngram_vectors(batch);
  if (has_distances) embedded = add_distances(embedded, batch);
  if (!drop) return {embedded.flatten(0, 1), {}};
  return {dropout->sequence(embedded, dropout->config().embedding).flatten(0, 1), {}};
}

// Returns dropout masks of h_{t-1} in the recurrent products of a layer, [directions, batch, n].
// Undefined without this dropout.
Tensor Network::encoder_mask(const Batch& batch, Dropout* dropout) const {
  if (dropout == nullptr || dropout->config().recurrent <= 0) return {};
  const model::EncoderConfig& encoder = configuration_.encoder;
  const auto directions = static_cast<std::int64_t>(encoder.directions().size());
  return dropout->mask({directions, batch.source.size(1), encoder.units},
                       dropout->config().recurrent, floating());
}

Network::Layer Network::encode_layer(EncoderPlace place, const Batch& batch, const Tensor& below,
                                     Dropout* dropout) const {
  const model::EncoderConfig& encoder = configuration_.encoder;
  EncoderLayerInputs inputs;
  inputs.shape = {encoder.cell, encoder.units};
  inputs.direction = encoder.reading();
  for (const std::string_view direction : encoder.directions()) {
    inputs.cells.push_back(CellTensors::find(
        tensors_, model::encoder_cell_name(place.level, place.layer, direction), inputs.shape));
  }
  inputs.seen = source_rows(batch, below, dropout);
  inputs.mask = encoder_mask(batch, dropout);
  const EncodedLayer encoded = operations_->encoder_layer(inputs, batch);
  Layer result{encoded.annotations, {}};
  if (encoder.join == model::Join::kSum) {
    const std::int64_t n = encoder.units;
    result.annotations = encoded.annotations.narrow(2, 0, n) + encoded.annotations.narrow(2, n, n);
  }
  if (dropout) {
    result.annotations = dropout->sequence(result.annotations, dropout->config().encoder);
  }
  if (configuration_.decoder.initial_state == InitialState::kCopy) {
    result.last = {last_of_directions(encoded.annotations, batch), encoded.last_cells};
  }
  return result;
}

// Returns [→h_T; ←h_1], or one of them, from annotations h [source_length, batch, n_h].
Tensor Network::last_of_directions(const Tensor& h, const Batch& batch) const {
  const model::Direction direction = configuration_.encoder.reading();
  if (direction == model::Direction::kBackward) return h.select(0, 0);
  const Tensor last = h.reshape({-1, h.size(2)}).index_select(0, batch.last_rows);
  if (direction == model::Direction::kForward) return last;
  const std::int64_t n = configuration_.encoder.units;
  return at::cat({last.narrow(1, 0, n), h.select(0, 0).narrow(1, n, n)}, 1);
}

// Returns the vector that first states of this kind are computed from; undefined if they are not
// computed by a layer.
Tensor Network::initial_inputs(InitialState state, const Tensor& h, const Batch& batch) const {
  const std::int64_t n = configuration_.encoder.units;
  switch (state) {
    case InitialState::kZero:
    case InitialState::kCopy:
    case InitialState::kContext:  // of step programs only
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

Network::Annotated Network::annotate_pictures(const Batch& batch, Dropout* dropout) const {
  Annotated result;
  result.read = picture_annotations(configuration_, tensors_, batch, dropout);
  if (batch.attention_mask.defined()) result.mask = batch.attention_mask.t().log();
  result.initial = initial_inputs(configuration_.decoder.initial_state, result.read, batch);
  result.annotations = result.read.transpose(0, 1).contiguous();
  return result;
}

Network::Annotated Network::annotate(const Batch& whole, Dropout* dropout,
                                     std::vector<Tensor>* weights) const {
  if (configuration_.encoder.reads_pictures()) return annotate_pictures(whole, dropout);
  const int top = configuration_.encoder.levels - 1;
  const bool reverses = configuration_.encoder.reverses_words();
  const Tensor order = reverses ? order_of_reversed_words(whole) : Tensor();
  const Batch& batch = reverses ? reorder_source(whole, order) : whole;
  Tensor h = read_below(batch, top, dropout, weights);  // [source_length, batch, n_h]
  Annotated result;
  for (int layer = 0; layer < configuration_.encoder.layers; ++layer) {
    const Layer encoded = encode_layer({top, layer}, batch, h, dropout);
    h = encoded.annotations;
    if (encoded.last.hidden.defined()) result.last.push_back(encoded.last);
  }
  if (batch.attention_mask.defined()) result.mask = batch.attention_mask.t().log();  // log 0 = −∞
  const InitialState state = configuration_.decoder.initial_state;
  result.read = h;
  if (state == InitialState::kBackward) {
    const SentenceAnnotations sentences = operations_->by_sentence(h, configuration_.encoder.units);
    result.annotations = sentences.annotations;
    result.initial = sentences.first_backward;
    return result;
  }
  result.initial = initial_inputs(state, h, batch);
  if (reverses) h = h.gather(0, order.unsqueeze(2).expand_as(h));
  result.annotations = h.transpose(0, 1).contiguous();
  return result;
}

// Returns the ids whose embeddings the steps read. The first is −1 or, with Start::kEnd, that of
// </s>: the last token of the target.
Tensor Network::previous_ids(const Batch& batch) const {
  Tensor ids = batch.previous;
  if (configuration_.decoder.start == model::Start::kEnd) {
    ids = at::where(ids < 0, batch.last_tokens, ids);
  }
  if (batch.own_ids == 0) return ids;
  // A unit that only the source has is read as <unk>.
  return ids.masked_fill(ids >= tensor("output.bias").size(0), batch.unknown);
}

// Returns E y_{i-1} of all steps (§1.3). With dropout, positions with equal words do not share a
// row, because their masks differ.
WordRows Network::previous_rows(const Batch& batch, Dropout* dropout) const {
  const model::DecoderConfig& config = configuration_.decoder;
  if (config.feedback != Feedback::kPrevious) return {};
  const Tensor& table = tensor(model::target_embedding_name(config));
  const Tensor ids = previous_ids(batch);
  const bool own = config.start == model::Start::kOwn;
  const bool drop = drops(dropout, &model::DropoutConfig::embedding);
  if (!drop && !own) return operations_->embed_words(table, ids);
  const auto dropped = [&](const Tensor& x) {
    return drop ? dropout->sequence(x, dropout->config().embedding) : x;
  };
  if (config.start == model::Start::kEnd) {
    return {dropped(operations_->embedding(table, ids)).flatten(0, 1), {}};
  }
  const std::vector<std::int64_t> shape{1, batch.sentences, table.size(1)};
  const Tensor first = own ? tensor(model::kStartName).expand(shape) : at::zeros(shape, floating());
  if (ids.size(0) == 1) return {(own ? dropped(first) : first).flatten(0, 1), {}};
  const Tensor embedded = operations_->embedding(table, ids.narrow(0, 1, ids.size(0) - 1));
  const Tensor all =
      own ? dropped(at::cat({first, embedded}, 0)) : at::cat({first, dropped(embedded)}, 0);
  return {all.flatten(0, 1), {}};
}

Network::Decoded Network::decode(const Batch& whole, Dropout* dropout, Shown shown,
                                 std::vector<Tensor>* weights) const {
  const bool hides = configuration_.attention.end_token == model::EndToken::kHidden;
  const Batch& batch = hides ? hide_last_tokens(whole) : whole;
  const Annotated annotated = annotate(batch, dropout, weights);
  const WordRows previous = previous_rows(batch, dropout);
  DecoderMasks masks(configuration_.decoder, batch.target.size(0), batch.sentences, dropout,
                     floating());
  const model::AttentionConfig& attention = configuration_.attention;
  if (dropout != nullptr && attention.kind == model::AttentionKind::kMonotonic &&
      attention.noise > 0) {
    masks.noise =
        dropout->noise({batch.target.size(0), batch.sentences, annotated.annotations.size(1)},
                       attention.noise, floating());
  }
  if (dropout != nullptr && attention.is_stochastic()) {
    masks.draws =
        dropout->draws(attention.sampling, batch.target.size(0), batch.sentences, floating());
  }
  // Plans that look know the number of allowed positions of each source only; no plan knows extra
  // costs.
  const bool knows_positions = !configuration_.attention.looks() || !batch.attention_sizes.empty();
  const bool planned =
      operations_->has_plan(configuration_) && program_->program().costs.empty() && knows_positions;
  Decoded decoded = planned ? decode_by_plan(batch, annotated, previous, masks, dropout)
                            : decode_by_program(batch, annotated, previous, masks, dropout, shown);
  decoded.read = annotated.read;
  return decoded;
}

Network::Decoded Network::decode_by_program(const Batch& batch, const Annotated& annotated,
                                            const WordRows& previous, const DecoderMasks& masks,
                                            Dropout* dropout, Shown shown) const {
  ProgramInputs inputs;
  inputs.steps = batch.target.size(0);
  inputs.annotations = annotated.annotations;
  inputs.mask = annotated.mask;
  inputs.lengths = batch.attention_sizes;
  inputs.source_words =
      (batch.source_lengths - (configuration_.source.end_token ? 1 : 0)).unsqueeze(1);
  const auto read = [&](step::Op op, InitialState state) {
    return program_->reads(op) ? initial_inputs(state, annotated.read, batch) : Tensor();
  };
  inputs.first_backward = read(step::Op::kFirstBackward, InitialState::kBackward);
  inputs.mean_annotations = read(step::Op::kMeanAnnotations, InitialState::kMean);
  if (program_->reads(step::Op::kMaxAnnotations)) {
    inputs.max_annotations = largest_of_each_unit(annotated.read, batch);
  }
  inputs.last_state = read(step::Op::kLastState, InitialState::kLast);
  inputs.last = annotated.last;
  inputs.previous = previous;
  inputs.previous_ids = batch.previous;
  inputs.masks = &masks;
  inputs.dropout = dropout;
  // Only forced(), which shows everything, gives what prediction gives.
  inputs.predicts = shown == Shown::kAll;
  inputs.shown = shown;
  ProgramOutputs outputs = program_->run(tensors_, *operations_, inputs);
  Decoded decoded;
  decoded.readouts = outputs.output;
  decoded.prior = outputs.prior;
  decoded.normalizer = outputs.normalizer;
  decoded.gate = outputs.gate;
  decoded.copied = outputs.copied;
  if (alignment_ < outputs.observations.size())
    decoded.alignments = outputs.observations[alignment_];
  decoded.costs = std::move(outputs.costs);
  return decoded;
}

Forced Network::forced(const Batch& batch) const {
  operations_->begin_pass();
  std::vector<Tensor> weights;
  const Decoded decoded = decode(batch, nullptr, Shown::kAll, &weights);
  if (decoded.prior.defined()) return {mixture_scores(decoded), decoded.alignments, weights};
  if (decoded.gate.defined()) return {copying_scores(decoded, batch), decoded.alignments, weights};
  const LossInputs inputs = loss_inputs(decoded.readouts.flatten(0, 1), batch);
  const Tensor scores = log_probabilities(inputs.rows, inputs.weight, inputs.bias);
  return {scores.view({batch.target.size(0), batch.sentences, -1}), decoded.alignments, weights};
}

// Returns the log-probabilities of a mixture, [steps, batch, target_vocabulary]. One position at a
// time, because the scores of all positions would fill the memory.
Tensor Network::mixture_scores(const Decoded& decoded) const {
  const Tensor& weight = tensor(program_->program().output.weight);
  const Tensor& bias = tensor(program_->program().output.bias);
  Tensor sum;
  for (std::int64_t j = 0; j < decoded.prior.size(2); ++j) {
    const Tensor scores = at::linear(decoded.readouts.select(2, j), weight, bias);
    const Tensor share =
        (scores - decoded.normalizer.narrow(2, j, 1)).exp() * decoded.prior.narrow(2, j, 1);
    sum = sum.defined() ? sum + share : share;
  }
  return sum.log();
}

// The loss of a mixture: its log-likelihoods are complete, so that all of it is an extra cost.
LossInputs Network::mixture_loss(const Decoded& decoded, const Batch& batch) const {
  const step::Output& output = program_->program().output;
  LossInputs inputs;
  inputs.log_likelihood =
      mixture_log_likelihood(of_targets(decoded.readouts, batch), of_targets(decoded.prior, batch),
                             of_targets(decoded.normalizer, batch), tensor(output.weight),
                             tensor(output.bias), batch.target_tokens)
          .sum();
  return inputs;
}

// Returns the values of the target tokens, [tokens, units], of x [target_length, batch, units], in
// the order of batch.target_tokens.
Tensor Network::of_targets(const Tensor& x, const Batch& batch) {
  const Tensor rows = x.flatten(0, 1);
  return batch.target_rows.defined() ? rows.index_select(0, batch.target_rows) : rows;
}

// Decodes the batch and returns what the loss reads.
LossInputs Network::target_loss(const Batch& batch, Dropout* dropout) const {
  const model::GuidanceConfig& guidance = configuration_.training.guidance;
  if (batch.bag_only) return bag_loss(batch, dropout);
  const bool spreads = configuration_.attention.doubly_stochastic > 0;
  const bool reads = guides(guidance, batch) || spreads;
  const Decoded decoded = decode(batch, dropout, reads ? Shown::kAlignment : Shown::kNothing);
  LossInputs inputs;
  if (decoded.prior.defined()) {
    inputs = mixture_loss(decoded, batch);
  } else if (decoded.gate.defined()) {
    inputs = copying_loss(decoded, batch);
  } else {
    inputs = loss_inputs(of_targets(decoded.readouts, batch).contiguous(), batch);
  }
  const auto add = [&](const Tensor& cost) {
    if (cost.defined()) inputs.extra = inputs.extra.defined() ? inputs.extra + cost : cost;
  };
  add(guidance_cost(guidance, batch, decoded.alignments));
  if (spreads) add(doubly_stochastic_cost(configuration_, batch, decoded.alignments));
  if (configuration_.encoder.bag_of_words && dropout != nullptr) {
    add(bag_of_words_cost(tensors_, batch, decoded.read) * configuration_.training.bag_weight);
  }
  const Tensor rewards = rewards_of_targets(decoded, batch, inputs);
  for (std::size_t k = 0; k < decoded.costs.size(); ++k) {
    const step::ExtraCost& one = program_->program().costs[k];
    const Tensor cost = of_targets(decoded.costs[k], batch).squeeze(-1);
    add((one.rewarded ? cost * rewards : cost).sum() * one.weight);
  }
  return inputs;
}

// The loss where the words of captions are predicted from their pictures alone.
LossInputs Network::bag_loss(const Batch& batch, Dropout* dropout) const {
  const Annotated annotated = annotate(batch, dropout);
  LossInputs inputs;
  inputs.extra =
      bag_of_words_cost(tensors_, batch, annotated.read) * configuration_.training.bag_weight;
  inputs.log_likelihood = at::zeros({}, floating());
  return inputs;
}

// Returns the factor of the rewarded costs at each target token, [tokens]: cost − baseline, where
// the cost is −log p, the mean over the tokens of its sentence (§7.4); undefined without such
// costs. Completes the log-likelihood of `inputs`, so that the output layer is computed once.
Tensor Network::rewards_of_targets(const Decoded& decoded, const Batch& batch,
                                   LossInputs& inputs) const {
  const auto& costs = program_->program().costs;
  const bool rewarded = std::any_of(costs.begin(), costs.end(),
                                    [](const step::ExtraCost& one) { return one.rewarded; });
  if (!rewarded || decoded.costs.empty()) return {};
  const Tensor tokens = operations_->token_log_probabilities(inputs);
  inputs = {};
  inputs.log_likelihood = tokens.sum();
  const Tensor sentence =
      of_targets(
          at::arange(batch.sentences, batch.target.options()).expand_as(batch.target).unsqueeze(-1),
          batch)
          .squeeze(-1);  // [tokens]: the sentence of each
  const Tensor sums = at::zeros_like(batch.target_lengths)
                          .index_add(0, sentence, tokens.detach().to(batch.target_lengths));
  const Tensor costs_of_sentences = -sums / batch.target_lengths;
  return (costs_of_sentences - batch.baseline).index_select(0, sentence);
}

Cost Network::cost(const Batch& batch, Dropout* dropout) const {
  operations_->begin_pass();
  return cross_entropy(target_loss(batch, dropout), configuration_.training.label_smoothing);
}

LossSums Network::accumulate_gradient(const Batch& batch, Dropout* dropout, double scale) const {
  operations_->begin_pass();
  return operations_->accumulate_gradient(target_loss(batch, dropout),
                                          {configuration_.training.label_smoothing, scale});
}

LossSums Network::evaluate(const Batch& batch) const {
  operations_->begin_pass();
  return operations_->evaluate(target_loss(batch, nullptr),
                               {configuration_.training.label_smoothing, 1.0});
}

LossInputs Network::loss_inputs(const Tensor& rows, const Batch& batch) const {
  const model::DecoderConfig& decoder = configuration_.decoder;
  return {rows,
          tensor(model::output_weight_name(decoder)),
          tensor("output.bias"),
          batch.target_tokens,
          decoder.ties_output(),
          {},
          {},
          batch.target_weights};
}

}  // namespace attend::network

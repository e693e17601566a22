// Each step i looks from the top layer's state and updates all layers, in one of three orders
// (§1.4). The bottom layer's hoisted input is E y_{i-1}, known for all steps before the first; its
// step input is the context, or the readout of input feeding. The step input of a higher layer is
// the state of the layer below.
#include "fused/decoder.h"

#include <optional>
#include <utility>

#include "base/base.h"
#include "fused/attention.h"
#include "fused/decoder_layer.h"
#include "fused/differentiate.h"
#include "fused/input_feeding.h"

namespace attend::fused {
namespace {

using at::Tensor;
using kernels::PackedRows;
using kernels::Rows;
using model::Order;
using network::DecoderInputs;

// The forward pass, kept for the backward pass. All tensors are contiguous.
struct Pass {
  std::shared_ptr<ShardMatrices> matrices;
  DecoderInputs in;
  std::int64_t updates = 0;
  std::vector<DecoderLayerPass> layers;
  std::optional<AttentionPass> attention;
  std::optional<InputFeedingPass> input_feeding;
  std::optional<PackedSteps> contexts;  // packed rows of the contexts, if a product reads them
  std::optional<PackedRows> packed_previous;  // in.previous, packed

  const PackedSteps& states() const { return layers.back().states(); }  // the top layer's
  bool updates_first() const { return in.order == Order::kUpdateLookGenerate; }
  // The index of the state that is the query of step i, and of the state that its readout reads.
  std::int64_t query_state(std::int64_t i) const { return updates_first() ? i + 1 : i; }
  std::int64_t readout_state(std::int64_t i) const {
    return in.order == Order::kLookGenerateUpdate ? i : i + 1;
  }
  StepInput step_input(std::size_t layer) const {
    if (layer > 0) return {&layers[layer - 1].states(), 1};
    if (!layers[0].has_step_input()) return {};
    return {input_feeding ? &input_feeding->fed() : &*contexts, 0};
  }
};

// A contiguous tensor without its graph.
Tensor plain(const Tensor& x) { return x.defined() ? x.detach().contiguous() : x; }

DecoderLayerInputs layer_inputs(const DecoderInputs& in, std::size_t layer) {
  DecoderLayerInputs inputs;
  inputs.cell = in.cells[layer];
  inputs.initial = in.initial[layer];
  inputs.recurrent_mask = in.masks.recurrent_of(layer);
  if (layer > 0 && !in.masks.between.empty()) inputs.step_input_mask = in.masks.between[layer - 1];
  return inputs;
}

void prepare(Pass& pass) {
  DecoderInputs& in = pass.in;
  AttentionInputs& attention = in.attention;
  attention.annotations = plain(attention.annotations);
  attention.projected = plain(attention.projected);
  attention.mask = Tensor();  // the kernels read lengths
  in.previous.rows = plain(in.previous.rows);
  pass.updates = in.order == Order::kLookGenerateUpdate ? in.steps - 1 : in.steps;
  for (std::size_t layer = 0; layer < in.cells.size(); ++layer) {
    const std::int64_t hoisted = layer == 0 && in.previous.defined() ? in.previous.rows.size(1) : 0;
    pass.layers.emplace_back(pass.matrices, in.shape, layer_inputs(in, layer), pass.updates,
                             hoisted);
  }
  in.initial.clear();  // releases the graph of the initial states
  pass.attention.emplace(pass.matrices, attention, in.steps);
  if (in.input_feeding.weight.defined()) {
    pass.input_feeding.emplace(pass.matrices, in.input_feeding, in.steps, attention.batch(),
                               in.shape.units);
  }
  if (pass.input_feeding || pass.layers[0].has_step_input()) {
    pass.contexts.emplace(*pass.matrices, pass.attention->contexts());
  }
  if (in.previous.defined()) pass.packed_previous = pass.matrices->pack(in.previous.rows);
}

void update(Pass& pass, std::int64_t i) {
  for (std::size_t layer = 0; layer < pass.layers.size(); ++layer) {
    pass.layers[layer].update(i, pass.step_input(layer));
  }
}

void run_forward(Pass& pass) {
  pass.layers[0].project(pass.in.previous, pass.packed_previous);
  if (pass.input_feeding) pass.input_feeding->project(pass.in.previous, pass.packed_previous);
  for (std::int64_t i = 0; i < pass.in.steps; ++i) {
    if (pass.updates_first()) update(pass, i);
    pass.attention->look(i, pass.states().rows(pass.query_state(i)));
    if (pass.contexts) pass.contexts->pack(i);
    if (pass.input_feeding) {
      pass.input_feeding->compute_readout(i, pass.states().step(pass.readout_state(i)),
                                          pass.contexts->step(i));
    }
    if (!pass.updates_first() && i < pass.updates) update(pass, i);  // no step reads a later state
  }
}

// Gradients of the results, all contiguous; any may be undefined. The backward pass adds to
// `contexts` and `readouts` in place.
struct Outer {
  Tensor states, contexts, alignments, readouts;
};

// The backward pass through all steps.
class Backward {
 public:
  Backward(const Pass& pass, const Outer& outer);
  void run();

  // After run(): the gradients.
  const AttentionBackward& attention() const { return attention_; }
  const std::optional<InputFeedingBackward>& input_feeding() const { return input_feeding_; }
  const DecoderLayerBackward& layer(std::size_t k) const { return layers_[k]; }
  const Tensor& d_previous() const { return d_previous_; }
  Tensor d_initial(std::size_t layer) const;

 private:
  void update_back(std::int64_t i);
  void step_back(std::int64_t i);
  Rows d_state(std::int64_t i) const;
  void finish();

  const Pass& pass_;
  Tensor d_states_;  // the gradient of the result `states`; may be undefined
  AttentionBackward attention_;
  std::optional<InputFeedingBackward> input_feeding_;
  std::vector<DecoderLayerBackward> layers_;
  Tensor none_;        // [1, n]: no gradient from outside
  Tensor d_previous_;  // the gradient of the rows of in.previous
};

Backward::Backward(const Pass& pass, const Outer& outer)
    : pass_(pass),
      d_states_(outer.states),
      attention_(*pass.attention, outer.contexts, outer.alignments),
      layers_(pass.layers.begin(), pass.layers.end()),
      none_(at::zeros({1, pass.in.shape.units}, pass.states().values().options())) {
  if (pass.input_feeding) input_feeding_.emplace(*pass.input_feeding, outer.readouts);
}

// Returns the gradient of the top layer's s_i from outside, or zeros.
Rows Backward::d_state(std::int64_t i) const {
  const std::int64_t step = i - pass_.readout_state(0);
  return d_states_.defined() ? rows_at(d_states_, step) : Rows{none_.data_ptr<float>(), 0};
}

// Goes back through update i of all layers. With input feeding, the step input of update 0 is the
// constant 0 and needs no gradient.
void Backward::update_back(std::int64_t i) {
  for (std::size_t layer = layers_.size(); layer-- > 0;) {
    const bool top = layer + 1 == layers_.size();
    layers_[layer].update(i, top ? d_state(i + 1) : Rows{none_.data_ptr<float>(), 0});
    if (layer > 0) layers_[layer].add_step_input_gradient(i, layers_[layer - 1].carry());
  }
  if (!pass_.layers[0].has_step_input() || (input_feeding_ && i == 0)) return;
  layers_[0].add_step_input_gradient(
      i, input_feeding_ ? input_feeding_->d_readout(i - 1) : attention_.d_context(i));
}

void Backward::step_back(std::int64_t i) {
  const Rows carry = layers_.back().carry();
  if (!pass_.updates_first() && i < pass_.updates) update_back(i);
  if (input_feeding_) input_feeding_->step(i, carry, attention_.d_context(i));
  attention_.step(i, pass_.states().rows(pass_.query_state(i)), carry);
  if (pass_.updates_first()) update_back(i);
}

// Returns the gradient of a layer's initial state. Where updates come last, the readout of the
// first step reads the initial state of the top layer as well.
Tensor Backward::d_initial(std::size_t layer) const {
  const Tensor d_state = layers_[layer].d_initial_state();
  const bool is_read = layer + 1 == layers_.size() && pass_.readout_state(0) == 0;
  return is_read && d_states_.defined() ? d_state + d_states_[0] : d_state;
}

void Backward::run() {
  for (std::int64_t i = pass_.in.steps - 1; i >= 0; --i) step_back(i);
  finish();
}

void Backward::finish() {
  const std::int64_t steps = pass_.in.steps;
  for (std::size_t layer = layers_.size(); layer-- > 0;) {
    const Tensor d_hoisted = layers_[layer].finish(pass_.step_input(layer), pass_.packed_previous);
    if (layer == 0) d_previous_ = d_hoisted;
  }
  attention_.finish(pass_.states().values().narrow(0, pass_.query_state(0), steps));
  if (!input_feeding_) return;
  input_feeding_->finish(pass_.states().steps(pass_.readout_state(0), steps),
                         pass_.contexts->steps(0, steps), pass_.packed_previous, d_previous_);
}

// Lists every tensor that the function depends on, together with its gradient.
std::vector<Argument<Backward>> arguments(const DecoderInputs& in) {
  const AttentionInputs& attention = in.attention;
  const InputFeedingInputs& feeding = in.input_feeding;
  using B = Backward;
  std::vector<Argument<B>> result{
      {attention.annotations, [](const B& b) { return b.attention().d_annotations(); }},
      {attention.projected, [](const B& b) { return b.attention().d_projected(); }},
      {attention.query_weight, [](const B& b) { return b.attention().d_query_weight(); }},
      {attention.energy_weight, [](const B& b) { return b.attention().d_energy_weight(); }},
      {attention.energy_bias, [](const B& b) { return b.attention().d_energy_bias(); }},
      {in.previous.rows, [](const B& b) { return b.d_previous(); }},
      {feeding.weight, [](const B& b) { return b.input_feeding()->d_weight(); }},
      {feeding.bias, [](const B& b) { return b.input_feeding()->d_bias(); }}};
  if (!feeding.weight.defined()) result.resize(result.size() - 2);
  for (std::size_t k = 0; k < in.cells.size(); ++k) {
    const CellTensors& cell = in.cells[k];
    const State& initial = in.initial[k];
    result.push_back({initial.hidden, [k](const B& b) { return b.d_initial(k); }});
    result.push_back({initial.cell, [k](const B& b) { return b.layer(k).d_initial_cell(); }});
    result.push_back({cell.input_weight, [k](const B& b) { return b.layer(k).d_input_weight(); }});
    result.push_back(
        {cell.recurrent_weight, [k](const B& b) { return b.layer(k).d_recurrent_weight(); }});
    result.push_back({cell.bias, [k](const B& b) { return b.layer(k).d_bias(); }});
    result.push_back(
        {cell.recurrent_bias, [k](const B& b) { return b.layer(k).d_recurrent_bias(); }});
  }
  return result;
}

}  // namespace

network::DecodedSteps decoder_steps(const std::shared_ptr<ShardMatrices>& matrices,
                                    const DecoderInputs& inputs) {
  const auto pass = std::make_shared<Pass>();
  pass->matrices = matrices;
  pass->in = inputs;
  // In the order of Outer; the readouts are undefined without input feeding. Detached to avoid the
  // cycle that differentiate() describes.
  std::vector<Tensor> results;
  {
    const at::NoGradGuard no_gradient;
    prepare(*pass);
    run_forward(*pass);
    results = {pass->states().values().narrow(0, pass->readout_state(0), inputs.steps).detach(),
               pass->attention->contexts().detach(), pass->attention->alignments().detach(),
               pass->input_feeding ? pass->input_feeding->readouts().detach() : Tensor()};
  }
  differentiate<Backward>(arguments(inputs), results, [pass](std::vector<Tensor>&& gradients) {
    const auto owned = [&](std::size_t k) {
      return gradients[k].defined() ? take_or_copy(std::move(gradients[k])) : Tensor();
    };
    const auto backward = std::make_shared<Backward>(
        *pass, Outer{plain(gradients[0]), owned(1), plain(gradients[2]), owned(3)});
    backward->run();
    return backward;
  });
  return {results[0], results[1], results[2], results[3]};
}

}  // namespace attend::fused

// Each step i looks from the top layer's state and updates all layers, in one of three orders
// (§1.4). The bottom layer's hoisted input is E y_{i-1}, known for all steps before the first; its
// step input is the context, or the readout of input feeding. The step input of a higher layer is
// the state of the layer below.
//
// In the order kUpdateLookUpdate (§4.6) there are two cells in place of layers: the first one reads
// E y_{i-1} and computes s'_i from s_{i-1}; the look is from s'_i; the second cell reads the
// context and computes s_i from s'_i. Each cell starts from the states that the other one writes.
//
// A decoder without a look reads no context (§2), or one fixed context in all steps (§3).
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
  std::vector<DecoderLayerPass> layers;    // one a cell of DecoderInputs
  std::optional<AttentionPass> attention;  // nothing in a decoder without a look
  std::optional<InputFeedingPass> input_feeding;
  std::optional<PackedSteps> contexts;  // packed rows of the contexts, if a product reads them
  std::optional<PackedRows> packed_previous;  // in.previous, packed

  std::int64_t batch() const { return states().values().size(1); }
  const PackedSteps& states() const { return layers.back().states(); }  // the top layer's
  bool has_two_cells() const { return in.order == Order::kUpdateLookUpdate; }
  // The number of layers that a step updates before it looks; it updates the others afterwards.
  std::size_t layers_before_look() const {
    return in.order == Order::kUpdateLookGenerate ? layers.size() : has_two_cells() ? 1 : 0;
  }
  // The states that are queries, and the indices of the state that is the query of step i and of
  // the state that its readout reads.
  const PackedSteps& query_states() const {
    return has_two_cells() ? layers.front().states() : states();
  }
  std::int64_t query_state(std::int64_t i) const { return layers_before_look() > 0 ? i + 1 : i; }
  std::int64_t readout_state(std::int64_t i) const {
    return in.order == Order::kLookGenerateUpdate ? i : i + 1;
  }
  // Whether the step input of a layer is the state of the layer below, and not a context or a
  // readout.
  bool reads_below(std::size_t layer) const { return layer > 0 && !has_two_cells(); }
  StepInput step_input(std::size_t layer) const {
    if (!layers[layer].has_step_input()) return {};
    if (reads_below(layer)) return {&layers[layer - 1].states(), 1};
    return {input_feeding ? &input_feeding->fed() : &*contexts, 0};
  }
};

// A contiguous tensor without its graph.
Tensor plain(const Tensor& x) { return x.defined() ? x.detach().contiguous() : x; }

// Makes the states of all cells, with the initial ones. The first of two cells starts from the
// states that the second one writes.
std::vector<CellStates> make_states(const Pass& pass) {
  const DecoderInputs& in = pass.in;
  const std::int64_t batch = in.initial.front().hidden.size(0);
  const at::TensorOptions options = in.cells.front().bias.options().requires_grad(false);
  std::vector<CellStates> states;
  for (std::size_t k = 0; k < in.cells.size(); ++k) {
    states.emplace_back(*pass.matrices, in.shape, pass.updates, batch, options);
  }
  if (pass.has_two_cells()) {
    states.back().start(in.initial.front());
  } else {
    for (std::size_t k = 0; k < states.size(); ++k) states[k].start(in.initial[k]);
  }
  return states;
}

void add_layers(Pass& pass) {
  const DecoderInputs& in = pass.in;
  const bool two_cells = pass.has_two_cells();
  ATTEND_CHECK(in.initial.size() == (two_cells ? 1 : in.cells.size()));
  ATTEND_CHECK(!two_cells || in.cells.size() == 2);
  const std::vector<CellStates> states = make_states(pass);
  for (std::size_t k = 0; k < in.cells.size(); ++k) {
    DecoderLayerInputs inputs{in.cells[k], states[k], states[two_cells ? 1 - k : k]};
    inputs.first_before = two_cells && k == 1 ? 1 : 0;
    inputs.recurrent_mask = in.masks.recurrent_of(k);
    if (k > 0 && !in.masks.between.empty()) inputs.step_input_mask = in.masks.between[k - 1];
    if (k == 0) inputs.fixed = in.context;
    const std::int64_t hoisted = k == 0 && in.previous.defined() ? in.previous.rows.size(1) : 0;
    pass.layers.emplace_back(pass.matrices, in.shape, inputs, pass.updates, hoisted);
  }
}

void prepare(Pass& pass) {
  DecoderInputs& in = pass.in;
  AttentionInputs& attention = in.attention;
  attention.annotations = plain(attention.annotations);
  attention.projected = plain(attention.projected);
  attention.mask = Tensor();  // the kernels read lengths
  in.context = plain(in.context);
  in.previous.rows = plain(in.previous.rows);
  pass.updates = in.order == Order::kLookGenerateUpdate ? in.steps - 1 : in.steps;
  add_layers(pass);
  in.initial.clear();  // releases the graph of the initial states
  if (attention.looks()) pass.attention.emplace(pass.matrices, attention, in.steps);
  if (in.input_feeding.weight.defined()) {
    pass.input_feeding.emplace(pass.matrices, in.input_feeding, in.steps, pass.batch(),
                               in.shape.units);
  }
  const DecoderLayerPass& reader = pass.has_two_cells() ? pass.layers.back() : pass.layers.front();
  if (pass.input_feeding || reader.has_step_input()) {
    pass.contexts.emplace(*pass.matrices, pass.attention->contexts());
  }
  if (in.previous.defined()) pass.packed_previous = pass.matrices->pack(in.previous.rows);
}

// Runs update i of the layers [first, end).
void update(Pass& pass, std::int64_t i, std::size_t first, std::size_t end) {
  for (std::size_t layer = first; layer < end; ++layer) {
    pass.layers[layer].update(i, pass.step_input(layer));
  }
}

void look(Pass& pass, std::int64_t i) {
  pass.attention->look(i, pass.query_states().rows(pass.query_state(i)));
  if (pass.contexts) pass.contexts->pack(i);
}

void run_forward(Pass& pass) {
  pass.layers[0].project(pass.in.previous, pass.packed_previous);
  if (pass.input_feeding) pass.input_feeding->project(pass.in.previous, pass.packed_previous);
  const std::size_t layers = pass.layers.size(), before = pass.layers_before_look();
  for (std::int64_t i = 0; i < pass.in.steps; ++i) {
    update(pass, i, 0, before);
    if (pass.attention) look(pass, i);
    if (pass.input_feeding) {
      pass.input_feeding->compute_readout(i, pass.states().step(pass.readout_state(i)),
                                          pass.contexts->step(i));
    }
    if (i < pass.updates) update(pass, i, before, layers);  // no step reads a later state
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
  const std::optional<AttentionBackward>& attention() const { return attention_; }
  const std::optional<InputFeedingBackward>& input_feeding() const { return input_feeding_; }
  const DecoderLayerBackward& layer(std::size_t k) const { return layers_[k]; }
  const Tensor& d_previous() const { return d_previous_; }
  Tensor d_initial(std::size_t layer) const;

 private:
  void add_layers();
  void update_back(std::int64_t i, std::size_t first, std::size_t end);
  void step_input_back(std::int64_t i, std::size_t layer);
  void step_back(std::int64_t i);
  Rows d_state(std::int64_t i) const;
  void finish();

  const Pass& pass_;
  Tensor d_states_;  // the gradient of the result `states`; may be undefined
  std::optional<AttentionBackward> attention_;
  std::optional<InputFeedingBackward> input_feeding_;
  std::vector<DecoderLayerBackward> layers_;
  Tensor none_;        // [1, n]: no gradient from outside
  Tensor d_previous_;  // the gradient of the rows of in.previous
};

Backward::Backward(const Pass& pass, const Outer& outer)
    : pass_(pass),
      d_states_(outer.states),
      none_(at::zeros({1, pass.in.shape.units}, pass.states().values().options())) {
  if (pass.attention) attention_.emplace(*pass.attention, outer.contexts, outer.alignments);
  if (pass.input_feeding) input_feeding_.emplace(*pass.input_feeding, outer.readouts);
  add_layers();
}

void Backward::add_layers() {
  Tensor carries;
  layers_.reserve(pass_.layers.size());
  for (const DecoderLayerPass& layer : pass_.layers) {
    const bool shares = pass_.has_two_cells() && carries.defined();
    if (!shares) carries = at::zeros({2, pass_.batch(), pass_.in.shape.units}, none_.options());
    layers_.emplace_back(layer, carries);
  }
}

// Returns the gradient of the top layer's s_i from outside, or zeros.
Rows Backward::d_state(std::int64_t i) const {
  const std::int64_t step = i - pass_.readout_state(0);
  return d_states_.defined() ? rows_at(d_states_, step) : Rows{none_.data_ptr<float>(), 0};
}

// Goes back through update i of the layers [first, end).
void Backward::update_back(std::int64_t i, std::size_t first, std::size_t end) {
  for (std::size_t layer = end; layer-- > first;) {
    const bool top = layer + 1 == layers_.size();
    layers_[layer].update(i, top ? d_state(i + 1) : Rows{none_.data_ptr<float>(), 0});
    if (pass_.layers[layer].has_step_input()) step_input_back(i, layer);
  }
}

// Adds to the gradient of the step input that a layer reads in update i. With input feeding, the
// step input of update 0 is the constant 0 and needs no gradient.
void Backward::step_input_back(std::int64_t i, std::size_t layer) {
  if (pass_.reads_below(layer)) {
    return layers_[layer].add_step_input_gradient(i, layers_[layer - 1].carry());
  }
  if (input_feeding_ && i == 0) return;
  layers_[layer].add_step_input_gradient(
      i, input_feeding_ ? input_feeding_->d_readout(i - 1) : attention_->d_context(i));
}

// The top layer's carry is also the gradient of the query: of two cells, both have one carry.
void Backward::step_back(std::int64_t i) {
  const std::size_t before = pass_.layers_before_look();
  const Rows carry = layers_.back().carry();
  if (i < pass_.updates) update_back(i, before, layers_.size());
  if (input_feeding_) input_feeding_->step(i, carry, attention_->d_context(i));
  if (attention_) attention_->step(i, pass_.query_states().rows(pass_.query_state(i)), carry);
  update_back(i, 0, before);
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
  if (attention_) {
    attention_->finish(pass_.query_states().values().narrow(0, pass_.query_state(0), steps));
  }
  if (!input_feeding_) return;
  input_feeding_->finish(pass_.states().steps(pass_.readout_state(0), steps),
                         pass_.contexts->steps(0, steps), pass_.packed_previous, d_previous_);
}

using B = Backward;
using Arguments = std::vector<Argument<B>>;

void add_attention(const AttentionInputs& in, Arguments& all) {
  all.push_back({in.annotations, [](const B& b) { return b.attention()->d_annotations(); }});
  all.push_back({in.projected, [](const B& b) { return b.attention()->d_projected(); }});
  all.push_back({in.query_weight, [](const B& b) { return b.attention()->d_query_weight(); }});
  all.push_back({in.energy_weight, [](const B& b) { return b.attention()->d_energy_weight(); }});
  all.push_back({in.energy_bias, [](const B& b) { return b.attention()->d_energy_bias(); }});
}

void add_input_feeding(const InputFeedingInputs& in, Arguments& all) {
  all.push_back({in.weight, [](const B& b) { return b.input_feeding()->d_weight(); }});
  all.push_back({in.bias, [](const B& b) { return b.input_feeding()->d_bias(); }});
}

void add_cell(const CellTensors& in, std::size_t k, Arguments& all) {
  all.push_back({in.input_weight, [k](const B& b) { return b.layer(k).d_input_weight(); }});
  all.push_back({in.recurrent_weight, [k](const B& b) { return b.layer(k).d_recurrent_weight(); }});
  all.push_back({in.bias, [k](const B& b) { return b.layer(k).d_bias(); }});
  all.push_back({in.recurrent_bias, [k](const B& b) { return b.layer(k).d_recurrent_bias(); }});
}

// Lists every tensor that the function depends on, together with its gradient.
Arguments arguments(const DecoderInputs& in) {
  Arguments all{{in.previous.rows, [](const B& b) { return b.d_previous(); }},
                {in.context, [](const B& b) { return b.layer(0).d_fixed(); }}};
  if (in.attention.looks()) add_attention(in.attention, all);
  if (in.input_feeding.weight.defined()) add_input_feeding(in.input_feeding, all);
  for (std::size_t k = 0; k < in.initial.size(); ++k) {
    all.push_back({in.initial[k].hidden, [k](const B& b) { return b.d_initial(k); }});
    all.push_back({in.initial[k].cell, [k](const B& b) { return b.layer(k).d_initial_cell(); }});
  }
  for (std::size_t k = 0; k < in.cells.size(); ++k) add_cell(in.cells[k], k, all);
  return all;
}

}  // namespace

network::DecodedSteps decoder_steps(const std::shared_ptr<ShardMatrices>& matrices,
                                    const DecoderInputs& inputs) {
  const auto pass = std::make_shared<Pass>();
  pass->matrices = matrices;
  pass->in = inputs;
  // In the order of Outer; contexts and alignments are undefined without a look, readouts without
  // input feeding. Detached to avoid the cycle that differentiate() describes.
  std::vector<Tensor> results;
  {
    const at::NoGradGuard no_gradient;
    prepare(*pass);
    run_forward(*pass);
    results = {pass->states().values().narrow(0, pass->readout_state(0), inputs.steps).detach(),
               pass->attention ? pass->attention->contexts().detach() : Tensor(),
               pass->attention ? pass->attention->alignments().detach() : Tensor(),
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

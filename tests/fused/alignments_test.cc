// Tests the gradients of the fused decoder for costs over its alignments, against libtorch's
// gradients of the equations of §1.4 to §1.6, which this file states in tensor operations.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "fused/decoder.h"
#include "network/network.h"
#include "random_configuration.h"

namespace attend::fused {
namespace {

using at::Tensor;
using model::Configuration;
using model::Order;
using network::AttentionInputs;
using network::CellShape;
using network::CellTensors;
using network::DecodedSteps;
using network::DecoderInputs;
using network::InputFeedingInputs;
using network::State;
using network::Tensors;

// Computes one step of a cell from W x + b.
State next_state(const CellShape& shape, const CellTensors& cell, const Tensor& projected,
                 const State& last) {
  const model::CellConfig& config = shape.config;
  const auto gate = [&](const Tensor& x) {
    return config.gates == model::Gates::kHard ? (0.2 * x + 0.5).clamp(0, 1) : x.sigmoid();
  };
  const Tensor& h = last.hidden;
  const auto x = projected.chunk(config.gate_count(), 1);
  const auto u = cell.recurrent_weight.t().chunk(config.gate_count(), 1);
  if (shape.lstm()) {
    const Tensor c =
        gate(x[1] + h.mm(u[1])) * last.cell + gate(x[0] + h.mm(u[0])) * (x[3] + h.mm(u[3])).tanh();
    return {gate(x[2] + h.mm(u[2])) * c.tanh(), c};
  }
  const Tensor z = gate(x[0] + h.mm(u[0])), r = gate(x[1] + h.mm(u[1]));
  const Tensor recurrent =
      shape.resets_before() ? (r * h).mm(u[2]) : r * (h.mm(u[2]) + cell.recurrent_bias);
  const Tensor candidate = (x[2] + recurrent).tanh();
  return {config.update == model::GruUpdate::kNew ? (1 - z) * h + z * candidate
                                                  : z * h + (1 - z) * candidate,
          {}};
}

// Returns α_i [batch, source_length] for the state s [batch, n].
Tensor alignment(const AttentionInputs& in, const Tensor& s) {
  Tensor energies;
  if (in.additive()) {
    const Tensor query = s.mm(in.query_weight.t()).unsqueeze(1);
    energies = (in.keys() + query).tanh().matmul(in.energy_weight);
  } else {
    energies = in.keys().matmul(s.unsqueeze(2)).squeeze(2);
  }
  if (in.energy_bias.defined()) energies = energies + in.energy_bias;
  if (in.energies == model::Energies::kRelu) energies = energies.relu();
  return (energies + in.mask).softmax(1);
}

// Returns r_i [batch, l] from [s_i; E y_{i-1}; c_i].
Tensor readout(const InputFeedingInputs& in, const Tensor& input) {
  const Tensor sums = at::addmm(in.bias, input, in.weight.t());
  if (in.readout == model::Readout::kMaxout) return sums.view({sums.size(0), -1, 2}).amax(2);
  return in.readout == model::Readout::kTanh ? sums.tanh() : sums;
}

// Computes all steps without dropout; the rows of in.previous are not shared.
DecodedSteps plain_steps(const DecoderInputs& in) {
  const std::int64_t batch = in.attention.batch();
  const bool feeds = in.input_feeding.weight.defined();
  const bool maxout = in.input_feeding.readout == model::Readout::kMaxout;
  const auto previous = [&](std::int64_t i) {
    return in.previous.defined() ? in.previous.rows.narrow(0, i * batch, batch)
                                 : in.attention.annotations.new_empty({batch, 0});
  };
  std::vector<State> states = in.initial;
  std::vector<Tensor> seen, contexts, alignments, readouts;
  Tensor fed = in.attention.annotations.new_empty({batch, 0});
  if (feeds) fed = fed.new_zeros({batch, in.input_feeding.bias.size(0) / (maxout ? 2 : 1)});
  const auto run = [&](const CellTensors& cell, const Tensor& x, State& state) {
    state = next_state(in.shape, cell, at::addmm(cell.bias, x, cell.input_weight.t()), state);
  };
  for (std::int64_t i = 0; i < in.steps; ++i) {
    const auto update = [&](const Tensor& step_input) {
      Tensor x = at::cat({previous(i), step_input}, 1);
      for (std::size_t layer = 0; layer < states.size(); ++layer) {
        run(in.cells[layer], x, states[layer]);
        x = states[layer].hidden;
      }
    };
    if (in.order == Order::kUpdateLookGenerate) update(fed);
    if (in.order == Order::kUpdateLookUpdate) run(in.cells[0], previous(i), states[0]);
    alignments.push_back(alignment(in.attention, states.back().hidden));
    const Tensor& shares = alignments.back();
    contexts.push_back(shares.unsqueeze(1).matmul(in.attention.annotations).squeeze(1));
    if (in.order == Order::kLookUpdateGenerate) update(contexts.back());
    if (in.order == Order::kUpdateLookUpdate) run(in.cells[1], contexts.back(), states[0]);
    seen.push_back(states.back().hidden);
    if (in.order == Order::kLookGenerateUpdate && i + 1 < in.steps) update(contexts.back());
    if (!feeds) continue;
    std::vector<Tensor> parts{seen.back()};
    if (in.input_feeding.previous_units > 0) parts.push_back(previous(i));
    parts.push_back(contexts.back());
    readouts.push_back(fed = readout(in.input_feeding, at::cat(parts, 1)));
  }
  return {at::stack(seen), at::stack(contexts), at::stack(alignments),
          feeds ? at::stack(readouts) : Tensor()};
}

Tensor random_tensor(Random& random, at::IntArrayRef shape, double scale) {
  const Tensor result = at::empty(shape, at::kDouble);
  double* values = result.data_ptr<double>();
  for (std::int64_t k = 0; k < result.numel(); ++k) values[k] = scale * random.normal();
  return result;
}

// The results that a cost reads.
enum class Reads { kAllResults, kAlignments };

// A decoder over random sources, and a cost: the sum of all results, each value times a weight.
struct Case {
  Configuration configuration;
  std::vector<std::int32_t> lengths;
  std::int64_t steps = 1;
  Tensors leaves;                                         // double: everything that has a gradient
  Tensor mask;                                            // [batch, source_length]
  Tensor d_states, d_contexts, d_alignments, d_readouts;  // double: the weights of the cost

  Case(const Configuration& model, Random& random, std::int64_t sentences, std::int64_t longest);

  std::int64_t batch() const { return static_cast<std::int64_t>(lengths.size()); }
  DecoderInputs inputs(const Tensors& tensors) const;
};

Case::Case(const Configuration& model, Random& random, std::int64_t sentences, std::int64_t longest)
    : configuration(model), steps(2 + static_cast<std::int64_t>(random.below(5))) {
  const model::DecoderConfig& decoder = model.decoder;
  const std::int64_t units = decoder.units, h_units = model.encoder.annotation_units();
  const bool feeds = decoder.input_feeding == model::InputFeeding::kReadout;
  const auto add = [&](const std::string& name, at::IntArrayRef shape) {
    leaves[name] = random_tensor(random, shape, 0.5);
  };
  for (const model::TensorSpec& spec : model::parameter_table(model, {2, 2})) {
    const bool reads = spec.name.starts_with("decoder.") || spec.name == "attention.query_weight" ||
                       spec.name.starts_with("attention.energy_") ||
                       (feeds && spec.name.starts_with("readout."));
    if (reads) add(spec.name, spec.shape);
  }
  lengths.push_back(static_cast<std::int32_t>(longest));
  while (batch() < sentences) {
    lengths.push_back(1 + static_cast<std::int32_t>(random.below(lengths[0])));
  }
  mask = at::zeros({sentences, longest}, at::kDouble);
  add("annotations", {sentences, longest, h_units});
  d_alignments = random_tensor(random, {steps, sentences, longest}, 1);
  for (std::int64_t b = 0; b < sentences; ++b) {
    const std::int64_t length = lengths[static_cast<std::size_t>(b)];
    mask[b].slice(0, length).fill_(-std::numeric_limits<double>::infinity());
    leaves["annotations"][b].slice(0, length).zero_();
    d_alignments.select(1, b).slice(1, length).zero_();
  }
  if (model.attention.score != "dot") {
    const bool additive = model.attention.score == "additive";
    add("projected", {sentences, longest, additive ? model.attention.units : units});
  }
  const std::int64_t updates = decoder.order == Order::kLookGenerateUpdate ? steps - 1 : steps;
  if (decoder.previous_units() > 0) {
    add("previous", {updates * sentences, decoder.previous_units()});
  }
  for (int layer = 0; layer < decoder.layers; ++layer) {
    add("initial." + std::to_string(layer), {sentences, units});
    if (decoder.cell.type == model::Cell::kLstm) {
      add("initial_cell." + std::to_string(layer), {sentences, units});
    }
  }
  d_states = random_tensor(random, {steps, sentences, units}, 1);
  d_contexts = random_tensor(random, {steps, sentences, h_units}, 1);
  if (feeds) d_readouts = random_tensor(random, {steps, sentences, decoder.readout_units}, 1);
}

DecoderInputs Case::inputs(const Tensors& tensors) const {
  const model::DecoderConfig& decoder = configuration.decoder;
  const auto find = [&](const std::string& name) { return network::find_tensor(tensors, name); };
  DecoderInputs in;
  in.shape = {decoder.cell, decoder.units};
  in.order = decoder.order;
  in.steps = steps;
  in.attention = {model::plan_score(configuration.attention).value(),
                  configuration.attention.energies,
                  lengths,
                  find("annotations"),
                  mask.to(find("annotations").scalar_type()),
                  find("projected"),
                  find("attention.query_weight"),
                  find("attention.energy_weight"),
                  find("attention.energy_bias")};
  in.input_feeding = {decoder.readout, find("readout.weight"), find("readout.bias"),
                      decoder.readout_previous_units(), Tensor()};
  in.previous.rows = find("previous");
  for (int layer = 0; layer < decoder.layers; ++layer) {
    in.initial.push_back(
        {find("initial." + std::to_string(layer)), find("initial_cell." + std::to_string(layer))});
    in.cells.push_back(CellTensors::find(tensors, "decoder." + std::to_string(layer), in.shape));
  }
  if (decoder.order == Order::kUpdateLookUpdate) {
    CellShape second = in.shape;
    second.config.bias = decoder.second_bias;
    in.cells.push_back(CellTensors::find(tensors, model::kSecondCell, second));
  }
  return in;
}

using Decoder = std::function<DecodedSteps(const DecoderInputs&)>;

Decoder fused_steps(Precision precision) {
  return [matrices = std::make_shared<ShardMatrices>(precision)](const DecoderInputs& in) {
    return decoder_steps(matrices, in);
  };
}

// Returns the gradient of every leaf. `d_alignments` are the weights of the alignments.
Tensors gradients(const Case& one, at::ScalarType type, const Decoder& decoder, Reads reads,
                  const Tensor& d_alignments) {
  Tensors leaves;
  for (const auto& [name, values] : one.leaves) {
    leaves[name] = values.to(type, false, true).requires_grad_(true);
  }
  const DecodedSteps steps = decoder(one.inputs(leaves));
  std::vector<Tensor> results{steps.alignments}, weights{d_alignments.to(type)};
  if (reads == Reads::kAllResults) {
    const auto add = [&](const Tensor& result, const Tensor& weight) {
      results.push_back(result);
      weights.push_back(weight.to(type));
    };
    add(steps.states, one.d_states);
    add(steps.contexts, one.d_contexts);
    if (steps.readouts.defined()) add(steps.readouts, one.d_readouts);
  }
  torch::autograd::backward(results, weights);
  Tensors result;
  for (const auto& [name, leaf] : leaves) {
    result[name] = leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf);
  }
  return result;
}

// The weights of the alignments with NaN on padding, where nothing may read them.
Tensor poison_padding(const Case& one) {
  return one.d_alignments + (one.mask * 0.0);  // −infinity times 0 is NaN
}

double distance(const Tensor& a, const Tensor& b) {
  return a.numel() == 0 ? 0 : (a - b).abs().max().item<double>();
}
double largest(const Tensor& x) { return distance(x, at::zeros_like(x)); }

void expect_fused_equals_plain(const Case& one, Reads reads) {
  const Tensors exact = gradients(one, at::kDouble, plain_steps, reads, one.d_alignments);
  const Tensors plain = gradients(one, at::kFloat, plain_steps, reads, one.d_alignments);
  const Tensors fused =
      gradients(one, at::kFloat, fused_steps(Precision::kFloat32), reads, poison_padding(one));
  double whole = 0;
  for (const auto& [name, gradient] : exact) whole = std::max(whole, largest(gradient));
  for (const auto& [name, gradient] : exact) {
    // With linear energies the gradient of the energy bias is 0 but for rounding.
    const double scale = name == "attention.energy_bias" ? whole : largest(gradient);
    // Where gates are almost closed, float rounding alone may exceed the tolerance.
    const double rounding = 8 * distance(plain.at(name), gradient);
    EXPECT_LE(distance(fused.at(name), gradient), std::max(1e-4 * scale, rounding)) << name;
  }
}

class FusedAlignments : public ::testing::TestWithParam<int> {};

TEST_P(FusedAlignments, HaveTheGradientsOfTensorOperations) {
  Random random(static_cast<std::uint64_t>(GetParam()) + 3000);
  Configuration configuration;
  do {
    configuration = attend::testing::random_configuration(random);
  } while (!model::has_plan(configuration) || !configuration.attention.looks());
  SCOPED_TRACE(model::write_yaml(configuration));
  const auto sentences = 1 + static_cast<std::int64_t>(random.below(9));
  const auto longest = 1 + static_cast<std::int64_t>(random.below(9));
  const Case one(configuration, random, sentences, longest);
  for (const Reads reads : {Reads::kAllResults, Reads::kAlignments}) {
    SCOPED_TRACE(reads == Reads::kAlignments ? "alignments alone" : "all results");
    expect_fused_equals_plain(one, reads);
  }
}

INSTANTIATE_TEST_SUITE_P(RandomDecoders, FusedAlignments, ::testing::Range(1, 101));

// Rows are wide enough for whole vectors, for products over all steps, and in bfloat16 for rounded
// keys and annotations.
TEST(FusedAlignments, HaveGradientsInWideModelsOfEveryPrecision) {
  for (const char* score : {"additive", "dot", "general"}) {
    Configuration c;
    c.attention.score = score;
    c.attention.units = 140;
    c.encoder.units = 140;
    c.decoder.units = c.encoder.annotation_units();
    Random random(7);
    Case one(c, random, 9, 12);
    for (auto& [name, values] : one.leaves) values.mul_(0.2);
    for (const Reads reads : {Reads::kAllResults, Reads::kAlignments}) {
      expect_fused_equals_plain(one, reads);
      const Tensors exact = gradients(one, at::kDouble, plain_steps, reads, one.d_alignments);
      const Tensors rounded =
          gradients(one, at::kFloat, fused_steps(Precision::kBfloat16), reads, poison_padding(one));
      for (const auto& [name, gradient] : exact) {
        const double error = (rounded.at(name) - gradient).norm().item<double>();
        EXPECT_LE(error, 0.03 * gradient.norm().item<double>()) << name;
      }
    }
  }
}

}  // namespace
}  // namespace attend::fused

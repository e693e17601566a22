#include "step/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/base.h"
#include "step/expect.h"
#include "step/text.h"

namespace attend::step {
namespace {

Per join(Per x, Per y) {
  if (x == y || y == Per::kModel) return x;
  if (x == Per::kModel) return y;
  if (x > y) std::swap(x, y);
  return x == Per::kPosition ? Per::kRowPosition : y;  // the enumerators rise from less to more
}

// The groups of the parameter table, in its order. Parameters of other names follow the attention.
constexpr std::array kGroups{"initial", "attention", "",      "target_embedding",
                             "decoder", "readout",   "output"};

std::size_t group_of(const TensorSpec& spec) {
  const std::string group = spec.name.substr(0, spec.name.find('.'));
  const auto found = std::find(kGroups.begin(), kGroups.end(), group);
  return static_cast<std::size_t>(
      (found == kGroups.end() ? std::find(kGroups.begin(), kGroups.end(), std::string()) : found) -
      kGroups.begin());
}

}  // namespace

Shape join(const Shape& x, const Shape& y) {
  expect(x.units == y.units || x.units == 1 || y.units == 1, Op::kAdd, x, y);
  return {join(x.per, y.per), std::max(x.units, y.units)};
}

Builder::Builder(const Sizes& sizes, Initialization initialization)
    : sizes_(sizes), parameters_(initialization) {}

std::int64_t Builder::units(Value value) const { return shape(value).units; }

std::string Builder::text(Value value) const { return text_of(program_, value); }

Value Builder::add_node(Node node) {
  for (const Value& input : node.inputs) {
    expect(is_of_past(node.op) || shape(input).per != Per::kRowPast, node.op, shape(input),
           shape(input));
  }
  program_.nodes.push_back(std::move(node));
  return {static_cast<int>(program_.nodes.size()) - 1, 0};
}

Value Builder::annotations(const std::string& text) {
  const Value h =
      add_node({.op = Op::kAnnotations, .results = {{Per::kPosition, sizes_.annotation_units}}});
  write(h, {"h_j", "annotations", text});
  return h;
}

Value Builder::first_backward() {
  return add_node({.op = Op::kFirstBackward, .results = {{Per::kSource, sizes_.encoder_units}}});
}

Value Builder::mean_annotations() {
  return add_node(
      {.op = Op::kMeanAnnotations, .results = {{Per::kSource, sizes_.annotation_units}}});
}

Value Builder::max_annotations() {
  return add_node(
      {.op = Op::kMaxAnnotations, .results = {{Per::kSource, sizes_.annotation_units}}});
}

Value Builder::last_state(const std::string& text) {
  return add_node(
      {.op = Op::kLastState, .results = {{Per::kSource, sizes_.annotation_units}}, .text = text});
}

CellState Builder::layer_state(int layer, bool has_cell, const std::string& text) {
  const std::vector<Shape> shape{{Per::kSource, sizes_.annotation_units}};
  const Value hidden =
      add_node({.op = Op::kLayerState, .results = shape, .layer = layer, .text = text});
  if (!has_cell) return {hidden, {}};
  return {hidden, add_node({.op = Op::kLayerCell, .results = shape, .layer = layer, .text = text})};
}

Value Builder::zero_positions(std::int64_t units) {
  return add_node({.op = Op::kZeroPositions, .results = {{Per::kPosition, units}}});
}

Value Builder::minus_infinity() {
  return add_node({.op = Op::kMinusInfinity, .results = {{Per::kPosition, 1}}});
}

Value Builder::first_position() {
  return add_node({.op = Op::kFirstPosition, .results = {{Per::kPosition, 1}}});
}

Value Builder::source_words() {
  const Value words = add_node({.op = Op::kSourceWords, .results = {{Per::kSource, 1}}});
  write(words, {"S", "", ""});
  return words;
}

Value Builder::zeros(std::int64_t units) {
  return add_node({.op = Op::kZeros, .results = {{Per::kSource, units}}});
}

Value Builder::ones(std::int64_t units) {
  return add_node({.op = Op::kOnes, .results = {{Per::kSource, units}}});
}

Value Builder::parameter(const std::string& name, std::int64_t units, const std::string& symbol,
                         Initial initial, double scale) {
  declare_vector(name, units, initial, scale);
  return add_node({.op = Op::kParameter,
                   .weights = {name},
                   .results = {{Per::kModel, units}},
                   .symbol = symbol});
}

Value Builder::previous_embedding(const std::string& table, std::int64_t units) {
  return add_node({.op = Op::kPreviousEmbedding,
                   .weights = {table},
                   .results = {{Per::kRow, units}},
                   .symbol = "E y_{i-1}"});
}

Value Builder::next_embedding(const std::string& table, std::int64_t units) {
  return add_node({.op = Op::kNextEmbedding,
                   .weights = {table},
                   .results = {{Per::kRow, units}},
                   .symbol = "E y_i"});
}

Value Builder::linear(const Weight& weight, const std::vector<Value>& parts, const Bias& bias) {
  ATTEND_CHECK(!parts.empty());
  Node linear{.op = Op::kLinear, .inputs = parts, .weights = {weight.name}};
  linear.weight_symbols = {weight.symbol, bias.symbol};
  std::int64_t columns = 0;
  Per per = Per::kModel;
  for (const Value& part : parts) {
    columns += units(part);
    per = join(per, shape(part).per);
  }
  linear.results = {{per, weight.units}};
  if (const TensorSpec* old = parameters_.find(weight.name)) {
    ATTEND_CHECK_EQ(old->shape.at(0), weight.units);
    ATTEND_CHECK_EQ(old->shape.at(1), columns);
  } else if (weight.blocks > 1) {
    parameters_.blocks(weight.name, weight.blocks, weight.units / weight.blocks, columns);
  } else {
    parameters_.matrix(weight.name, weight.units, columns, weight.deviation);
  }
  if (!bias.name.empty()) {
    linear.weights.push_back(bias.name);
    declare_vector(bias.name, weight.units, Initial::kZero, 0);
  }
  return add_node(std::move(linear));
}

CellState Builder::cell(const CellConfig& config, const std::string& prefix, Value gates,
                        const CellState& state, int layer, Value inside) {
  const bool lstm = config.type == Cell::kLstm;
  const Shape h = shape(state.hidden);
  const bool of_positions = h.per == Per::kRowPosition;
  expect(shape(gates).units == config.gate_count() * h.units, lstm ? Op::kLstm : Op::kGru,
         shape(gates), h);
  expect(of_positions == (shape(gates).per == Per::kRowPosition) &&
             !(of_positions && (lstm || inside.defined())),
         lstm ? Op::kLstm : Op::kGru, shape(gates), h);
  Node node{.op = lstm ? Op::kLstm : Op::kGru,
            .inputs = {gates, state.hidden},
            .weights = {prefix + ".recurrent_weight"},
            .results = {{of_positions ? Per::kRowPosition : Per::kRow, h.units}},
            .cell = config,
            .layer = layer};
  if (const std::string bias = prefix + ".recurrent_bias"; parameters_.find(bias) != nullptr) {
    node.weights.push_back(bias);
  }
  if (inside.defined()) {
    expect(config.resets_after() && units(inside) == 3 * h.units, node.op, shape(inside), h);
    node.inputs.push_back(inside);
  }
  if (!lstm) return {add_node(std::move(node)), {}};
  node.inputs.push_back(state.cell);
  node.results.push_back({Per::kRow, h.units});
  const Value hidden = add_node(std::move(node));
  return {hidden, {hidden.node, 1}};
}

void Builder::declare_vector(const std::string& name, std::int64_t units, Initial initial,
                             double scale) {
  if (const TensorSpec* old = parameters_.find(name)) {
    ATTEND_CHECK_EQ(old->shape.at(0), units);
  } else {
    parameters_.vector(name, units, initial, scale);
  }
}

Value Builder::joined(Op op, Value x, Value y) {
  ATTEND_CHECK(joins(op));
  return add_node({.op = op, .inputs = {x, y}, .results = {join(shape(x), shape(y))}});
}

Value Builder::elementwise(Op op, Value x) {
  return add_node({.op = op, .inputs = {x}, .results = {shape(x)}});
}

Value Builder::add(Value x, Value y) { return joined(Op::kAdd, x, y); }
Value Builder::multiply(Value x, Value y) { return joined(Op::kMultiply, x, y); }
Value Builder::divide(Value x, Value y) { return joined(Op::kDivide, x, y); }
Value Builder::minimum(Value x, Value y) { return joined(Op::kMinimum, x, y); }
Value Builder::log_add_exp(Value x, Value y) { return joined(Op::kLogAddExp, x, y); }
Value Builder::tanh(Value x) { return elementwise(Op::kTanh, x); }
Value Builder::sigmoid(Value x) { return elementwise(Op::kSigmoid, x); }
Value Builder::relu(Value x) { return elementwise(Op::kRelu, x); }

Value Builder::inverse_length(Value x) {
  expect(shape(x).per != Per::kRowPosition, Op::kInverseLength, shape(x), shape(x));
  const Value inverse = elementwise(Op::kInverseLength, x);
  node(inverse).results[0].units = 1;
  return inverse;
}

Value Builder::unit_length(Value x) {
  expect(shape(x).per != Per::kRowPosition, Op::kUnitLength, shape(x), shape(x));
  return elementwise(Op::kUnitLength, x);
}

Value Builder::scale(Value x, double factor) {
  const Value scaled = elementwise(Op::kScale, x);
  node(scaled).factor = factor;
  return scaled;
}

Value Builder::maxout(Value x) {
  expect(units(x) % 2 == 0, Op::kMaxout, shape(x), shape(x));
  const Value halved = elementwise(Op::kMaxout, x);
  node(halved).results[0].units /= 2;
  return halved;
}

Value Builder::slice(Value x, std::int64_t first, std::int64_t units) {
  const Shape whole = shape(x), part{whole.per, units};
  expect(first >= 0 && units > 0 && first + units <= whole.units, Op::kSlice, whole, part);
  const Value sliced = elementwise(Op::kSlice, x);
  node(sliced).first = first;
  node(sliced).results = {part};
  return sliced;
}

Value Builder::dropout(Value x, DropoutPlace place, int layer) {
  const Value dropped = elementwise(Op::kDropout, x);
  node(dropped).place = place;
  node(dropped).layer = layer;
  return dropped;
}

Value Builder::carry(const std::string& name, Value initial, const std::string& symbol) {
  const Shape first = shape(initial);
  const bool of_positions = first.per == Per::kPosition;
  expect(first.per == Per::kSource || of_positions, Op::kCarried, first, first);
  const Shape own{of_positions ? Per::kRowPosition : Per::kRow, first.units};
  const Value value = add_node({.op = Op::kCarried, .results = {own}, .symbol = symbol});
  program_.carried.push_back({name, value, initial, {}});
  return value;
}

void Builder::next(Value carried, Value value) {
  const auto found = std::find_if(program_.carried.begin(), program_.carried.end(),
                                  [&](const Carried& one) { return one.value == carried; });
  ATTEND_CHECK(found != program_.carried.end() && !found->next.defined());
  expect(shape(value) == shape(carried), Op::kCarried, shape(value), shape(carried));
  found->next = value;
}

void Builder::observe(const std::string& name, Value value, Over over) {
  const Shape& shown = shape(value);
  const bool of_row =
      shown.per == Per::kRow || shown.per == Per::kRowPosition || shown.per == Per::kRowPast;
  expect(of_row || shown == Shape{Per::kPosition, 1}, Op::kCarried, shown, shown);
  program_.observations.push_back({name, value, over});
}

void Builder::cost(const std::string& name, Value value, double weight) {
  ATTEND_CHECK(shape(value) == (Shape{Per::kRow, 1}));
  program_.costs.push_back({name, value, weight});
}

void Builder::rewarded_cost(const std::string& name, Value value, double weight) {
  cost(name, value, weight);
  program_.costs.back().rewarded = true;
}

void Builder::write(Value value, Notation notation) {
  Node& written = node(value);
  written.symbol = std::move(notation.symbol);
  written.label = std::move(notation.label);
  if (!notation.text.empty()) written.text = std::move(notation.text);
}

void Builder::output(Output output) {
  const std::int64_t vocabulary = sizes_.target_vocabulary;
  const Shape& read = shape(output.input);
  // A readout of the source alone serves all of its rows.
  const bool of_source = read.per == Per::kSource && !output.mixes() && !output.copies();
  expect(of_source || read.per == (output.mixes() ? Per::kRowPosition : Per::kRow),
         Op::kLogProbabilities, read, read);
  Node node{.op = Op::kLogProbabilities,
            .inputs = {output.input},
            .weights = {output.weight, output.bias},
            .results = {{Per::kRow, vocabulary}},
            .weight_symbols = {"W_o", "b_o"}};
  if (output.mixes()) {
    expect(shape(output.prior) == Shape{Per::kRowPosition, 1} && output.normalizer.defined(),
           Op::kLogProbabilities, shape(output.prior), read);
    node.inputs.push_back(output.prior);
  } else {
    if (output.copies()) {
      expect(shape(output.gate) == Shape{Per::kRow, 1} && output.copied.defined() &&
                 shape(output.copied) == Shape{Per::kRowPosition, 1},
             Op::kLogProbabilities, shape(output.gate), read);
      node.inputs.push_back(output.gate);
      node.inputs.push_back(output.copied);
    }
    if (!output.tied) parameters_.matrix(output.weight, vocabulary, units(output.input));
    parameters_.vector(output.bias, vocabulary);
  }
  write(add_node(std::move(node)), {"p(y_i)", "choice", ""});
  program_.output = std::move(output);
}

// Only carried values may depend on the token that the step chooses.
void Builder::check_next_token() const {
  std::vector<bool> depends(program_.nodes.size());
  for (std::size_t k = 0; k < program_.nodes.size(); ++k) {
    const Node& node = program_.nodes[k];
    depends[k] = reads_next_token(node.op);
    for (const Value& input : node.inputs) {
      depends[k] = depends[k] || depends[static_cast<std::size_t>(input.node)];
    }
    ATTEND_CHECK(!depends[k] || node.op != Op::kLogProbabilities);
  }
  for (const Observation& one : program_.observations) {
    ATTEND_CHECK(!depends[static_cast<std::size_t>(one.value.node)]);
  }
  for (const ExtraCost& one : program_.costs) {
    ATTEND_CHECK(!depends[static_cast<std::size_t>(one.value.node)]);
  }
}

Program Builder::finish() {
  ATTEND_CHECK(program_.output.input.defined());
  for (const Carried& carried : program_.carried) {
    if (!carried.next.defined()) throw CheckFailure(carried.name + " is carried without a next");
  }
  check_next_token();
  program_.parameters = parameters_.list();
  std::stable_sort(
      program_.parameters.begin(), program_.parameters.end(),
      [](const TensorSpec& a, const TensorSpec& b) { return group_of(a) < group_of(b); });
  return std::move(program_);
}

}  // namespace attend::step

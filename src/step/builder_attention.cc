// The part of the builder that makes the nodes of attention.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/base.h"
#include "step/builder.h"
#include "step/expect.h"

namespace attend::step {

namespace {

std::string describe(const Shape& shape) {
  static constexpr std::array kNames{"model", "source", "position", "row", "row and position"};
  return fmt::format("[{}: {}]", kNames[static_cast<std::size_t>(shape.per)], shape.units);
}

}  // namespace

void expect(bool holds, Op op, const Shape& x, const Shape& y) {
  if (holds) return;
  throw CheckFailure(
      fmt::format("{}: shapes {} and {} do not fit", name_of(op), describe(x), describe(y)));
}

// Hands the window to a node that looks at the source.
void Builder::add_window(Node& node) const {
  if (reach_ == 0) return;
  node.inputs.push_back(centre_);
  node.reach = reach_;
}

// The shape of one number for each position that a row looks at.
Shape Builder::numbers_of_look() const {
  return reach_ > 0 ? Shape{Per::kRow, 2 * reach_ + 1} : Shape{Per::kRowPosition, 1};
}

Shape Builder::energies_shape(Op op, Value query, Value keys) const {
  const Shape q = shape(query), k = shape(keys);
  expect(q.per != Per::kPosition && k.per == Per::kPosition && q.units == k.units, op, q, k);
  return numbers_of_look();
}

Value Builder::additive_energies(const std::string& weight, Value query, Value keys, Value features,
                                 const std::string& columns) {
  Node node{.op = Op::kAdditiveEnergies, .inputs = {query, keys}, .weights = {weight}};
  node.results = {energies_shape(node.op, query, keys)};
  node.weight_symbols = {"v"};
  if (const TensorSpec* old = parameters_.find(weight)) {
    ATTEND_CHECK_EQ(old->shape.at(0), units(keys));
  } else {
    parameters_.energy_weight(weight, units(keys));
  }
  if (features.defined()) {
    expect(shape(features).per == Per::kRowPosition && reach_ == 0, node.op, shape(features),
           shape(keys));
    parameters_.matrix(columns, units(keys), units(features), kAttentionDeviation);
    node.inputs.push_back(features);
    node.weights.push_back(columns);
    node.weight_symbols.emplace_back("W_c");
  }
  add_window(node);
  return add_node(std::move(node));
}

Value Builder::dot_energies(Value query, Value keys) {
  Node node{.op = Op::kDotEnergies, .inputs = {query, keys}};
  node.results = {energies_shape(node.op, query, keys)};
  add_window(node);
  return add_node(std::move(node));
}

Value Builder::location_energies(Value numbers) {
  const Shape x = shape(numbers);
  expect(x.per != Per::kPosition && x.per != Per::kRowPosition, Op::kLocationEnergies, x, x);
  limit_ = x.units;
  Node node{.op = Op::kLocationEnergies,
            .inputs = {numbers},
            .results = {numbers_of_look()},
            .limit = limit_};
  add_window(node);
  return add_node(std::move(node));
}

Value Builder::softmax(Value energies, Normaliser normaliser) {
  const Shape e = shape(energies);
  expect(e == numbers_of_look(), Op::kSoftmax, e, e);
  Node node{.op = Op::kSoftmax,
            .inputs = {energies},
            .results = {e},
            .limit = limit_,
            .normaliser = normaliser};
  add_window(node);
  return add_node(std::move(node));
}

Value Builder::weighted_sum(Value alignment, Value values) {
  const Shape &a = shape(alignment), &x = shape(values);
  expect(a == numbers_of_look() && x.per == Per::kPosition, Op::kWeightedSum, a, x);
  Node node{
      .op = Op::kWeightedSum, .inputs = {alignment, values}, .results = {{Per::kRow, x.units}}};
  add_window(node);
  return add_node(std::move(node));
}

void Builder::look_in_window(Value centre, std::int64_t reach) {
  ATTEND_CHECK(reach_ == 0 && reach > 0);
  expect(shape(centre) == Shape{Per::kRow, 1}, Op::kGaussian, shape(centre), shape(centre));
  centre_ = centre;
  reach_ = reach;
}

Value Builder::gaussian() {
  Node node{.op = Op::kGaussian, .results = {{Per::kRow, 2 * reach_ + 1}}};
  ATTEND_CHECK(reach_ > 0);
  add_window(node);
  return add_node(std::move(node));
}

Value Builder::spread(Value of_window, double elsewhere) {
  const Shape& x = shape(of_window);
  expect(reach_ > 0 && x == (Shape{Per::kRow, 2 * reach_ + 1}), Op::kSpread, x, x);
  Node node{.op = Op::kSpread, .inputs = {of_window}, .results = {{Per::kRowPosition, 1}}};
  node.elsewhere = elsewhere;
  add_window(node);
  return add_node(std::move(node));
}

Value Builder::sum_positions(Value x) {
  expect(shape(x) == Shape{Per::kRowPosition, 1}, Op::kSumPositions, shape(x), shape(x));
  return add_node({.op = Op::kSumPositions, .inputs = {x}, .results = {{Per::kRow, 1}}});
}

Value Builder::temporal_energies(Value energies, Value past) {
  const Shape number{Per::kRowPosition, 1};
  expect(shape(energies) == number && shape(past) == number, Op::kTemporalEnergies, shape(energies),
         shape(past));
  return joined(Op::kTemporalEnergies, energies, past);
}

Value Builder::monotonic_alignment(Value energies, Value last, MonotonicPrediction prediction) {
  const Shape number{Per::kRowPosition, 1};
  ATTEND_CHECK(limit_ == 0);  // each position of the source is asked
  expect(shape(energies) == number && shape(last) == number, Op::kMonotonicAlignment,
         shape(energies), shape(last));
  return add_node({.op = Op::kMonotonicAlignment,
                   .inputs = {energies, last},
                   .results = {number},
                   .prediction = prediction});
}

Value Builder::monotonic_prior(Value f, Value energies) {
  const Shape number{Per::kRowPosition, 1};
  expect(shape(f) == number && shape(energies) == number, Op::kMonotonicPrior, shape(f),
         shape(energies));
  return add_node(
      {.op = Op::kMonotonicPrior, .inputs = {f, energies}, .results = {number}, .limit = limit_});
}

Value Builder::posterior(Value prior, Value token_log_probability) {
  const Shape number{Per::kRowPosition, 1};
  expect(shape(prior) == number && shape(token_log_probability) == number, Op::kPosterior,
         shape(prior), shape(token_log_probability));
  return add_node(
      {.op = Op::kPosterior, .inputs = {prior, token_log_probability}, .results = {number}});
}

Value Builder::log_normalizer(Value readouts, const Output& output) {
  expect(shape(readouts).per == Per::kRowPosition, Op::kLogNormalizer, shape(readouts),
         shape(readouts));
  parameters_.matrix(output.weight, sizes_.target_vocabulary, units(readouts));
  parameters_.vector(output.bias, sizes_.target_vocabulary);
  return add_node({.op = Op::kLogNormalizer,
                   .inputs = {readouts},
                   .weights = {output.weight, output.bias},
                   .results = {{Per::kRowPosition, 1}},
                   .weight_symbols = {"W_o", "b_o"}});
}

Value Builder::token_log_probability(Value readouts, Value normalizer, const Output& output) {
  return add_node({.op = Op::kTokenLogProbability,
                   .inputs = {readouts, normalizer},
                   .weights = {output.weight, output.bias},
                   .results = {{Per::kRowPosition, 1}},
                   .weight_symbols = {"W_o", "b_o"}});
}

}  // namespace attend::step

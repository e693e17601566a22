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
  static constexpr std::array kNames{"model", "source",           "position",
                                     "row",   "row and position", "row and earlier step"};
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
  std::vector<Feature> list;
  if (features.defined()) list.push_back({features, columns});
  return additive_energies(weight, query, keys, list);
}

void Builder::add_feature(Node& node, const Feature& feature) {
  const Shape keys = shape(node.inputs[1]);
  expect(shape(feature.value).per == Per::kRowPosition && reach_ == 0, node.op,
         shape(feature.value), keys);
  parameters_.matrix(feature.weight, keys.units, units(feature.value), kAttentionDeviation);
  node.inputs.push_back(feature.value);
  node.weights.push_back(feature.weight);
  node.weight_symbols.push_back(feature.symbol);
}

Value Builder::additive_energies(const std::string& weight, Value query, Value keys,
                                 const std::vector<Feature>& features) {
  Node node{.op = Op::kAdditiveEnergies, .inputs = {query, keys}, .weights = {weight}};
  node.results = {energies_shape(node.op, query, keys)};
  node.weight_symbols = {"v"};
  if (const TensorSpec* old = parameters_.find(weight)) {
    ATTEND_CHECK_EQ(old->shape.at(0), units(keys));
  } else {
    parameters_.energy_weight(weight, units(keys));
  }
  for (const Feature& feature : features) add_feature(node, feature);
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

Value Builder::convolution(const Weight& filters, std::int64_t width, Value x) {
  expect(shape(x) == Shape{Per::kRowPosition, 1} && width % 2 == 1, Op::kConvolution, shape(x),
         {Per::kModel, width});
  parameters_.matrix(filters.name, filters.units, width, filters.deviation);
  return add_node({.op = Op::kConvolution,
                   .inputs = {x},
                   .weights = {filters.name},
                   .results = {{Per::kRowPosition, filters.units}},
                   .weight_symbols = {filters.symbol}});
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

Value Builder::draw(Value alignment, StochasticPrediction prediction, MeanGradient gradient) {
  const Shape number{Per::kRowPosition, 1};
  expect(shape(alignment) == number, Op::kDraw, shape(alignment), number);
  return add_node({.op = Op::kDraw,
                   .inputs = {alignment},
                   .results = {number},
                   .stochastic = prediction,
                   .passes_gradient = gradient == MeanGradient::kPassed});
}

Value Builder::expected_log(Value weights, Value alignment) {
  const Shape number{Per::kRowPosition, 1};
  expect(shape(weights) == number && shape(alignment) == number, Op::kExpectedLog, shape(weights),
         shape(alignment));
  return add_node(
      {.op = Op::kExpectedLog, .inputs = {weights, alignment}, .results = {{Per::kRow, 1}}});
}

Value Builder::monotonic_prior(Value f, Value energies) {
  const Shape number{Per::kRowPosition, 1};
  expect(shape(f) == number && shape(energies) == number, Op::kMonotonicPrior, shape(f),
         shape(energies));
  return add_node(
      {.op = Op::kMonotonicPrior, .inputs = {f, energies}, .results = {number}, .limit = limit_});
}

Value Builder::band_prior(Value f, Value energies) {
  const Shape number{Per::kRowPosition, 1}, &offsets = shape(energies);
  expect(shape(f) == number && offsets.per == Per::kRowPosition && offsets.units > 1,
         Op::kBandPrior, shape(f), offsets);
  return add_node({.op = Op::kBandPrior, .inputs = {f, energies}, .results = {number}});
}

Value Builder::posterior(Value prior, Value token_log_probability) {
  const Shape number{Per::kRowPosition, 1};
  expect(shape(prior) == number && shape(token_log_probability) == number, Op::kPosterior,
         shape(prior), shape(token_log_probability));
  return add_node(
      {.op = Op::kPosterior, .inputs = {prior, token_log_probability}, .results = {number}});
}

void Builder::expect_energies_of_past(Op op, Value query, Value keys) const {
  const Shape q = shape(query), k = shape(keys);
  expect(q.per == Per::kRow && q == k, op, q, k);
}

Value Builder::past_dot_energies(Value query, Value keys, std::int64_t recent) {
  expect_energies_of_past(Op::kPastDotEnergies, query, keys);
  return add_node({.op = Op::kPastDotEnergies,
                   .inputs = {query, keys},
                   .results = {{Per::kRowPast, 1}},
                   .recent = recent});
}

Value Builder::past_additive_energies(const std::string& weight, Value query, Value keys,
                                      std::int64_t recent) {
  expect_energies_of_past(Op::kPastAdditiveEnergies, query, keys);
  if (const TensorSpec* old = parameters_.find(weight)) {
    ATTEND_CHECK_EQ(old->shape.at(0), units(keys));
  } else {
    parameters_.energy_weight(weight, units(keys));
  }
  return add_node({.op = Op::kPastAdditiveEnergies,
                   .inputs = {query, keys},
                   .weights = {weight},
                   .results = {{Per::kRowPast, 1}},
                   .recent = recent,
                   .weight_symbols = {"v"}});
}

Value Builder::past_softmax(Value energies) {
  const Shape e = shape(energies);
  expect(e.per == Per::kRowPast, Op::kPastSoftmax, e, e);
  return add_node({.op = Op::kPastSoftmax,
                   .inputs = {energies},
                   .results = {e},
                   .recent = program_.at(energies).recent});
}

Value Builder::past_sum(Value alignment, Value values) {
  const Shape a = shape(alignment), x = shape(values);
  expect(a.per == Per::kRowPast && x.per == Per::kRow, Op::kPastSum, a, x);
  return add_node({.op = Op::kPastSum,
                   .inputs = {alignment, values},
                   .results = {x},
                   .recent = program_.at(alignment).recent});
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

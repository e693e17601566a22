#include "network/step_operations.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/base.h"
#include "network/band_prior.h"
#include "network/logarithms.h"
#include "network/normalisers.h"
#include "network/plain_operations.h"

namespace attend::network {
namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();

// A query as [steps, batch, units], whatever it belongs to.
Tensor query_rows(const Tensor& query, std::int64_t batch) {
  if (query.dim() == 3) return query;
  return (query.dim() == 1 ? query.expand({batch, query.size(0)}) : query).unsqueeze(0);
}

// The positions of a window around a centre [steps, batch, 1].
struct WindowPositions {
  Tensor index;    // [steps, batch, window]: positions, 0 where there is none
  Tensor numbers;  // [steps, batch, window]: positions, which may lie outside the source
  Tensor exists;   // [steps, batch, window]: whether attention may look there
};

WindowPositions positions_of(const Tensor& centre, std::int64_t reach, std::int64_t positions,
                             const Tensor& mask) {
  const Tensor offsets = at::arange(-reach, reach + 1, centre.options().requires_grad(false));
  WindowPositions window;
  window.numbers = centre.detach().floor() + offsets;
  window.exists = (window.numbers >= 0).logical_and(window.numbers < positions);
  window.index =
      at::where(window.exists, window.numbers, at::zeros_like(window.numbers)).to(at::kLong);
  if (!mask.defined()) return window;
  const Tensor open = (mask == 0).unsqueeze(0).expand({window.index.size(0), -1, -1});
  window.exists = window.exists.logical_and(open.gather(2, window.index));
  return window;
}

// Rows of x [batch, positions, units] at the positions of a window: [steps, batch, window, units].
Tensor rows_in(const WindowPositions& window, const Tensor& x) {
  const std::int64_t batch = x.size(0);
  const Tensor first = at::arange(batch, window.index.options()).view({1, batch, 1}) * x.size(1);
  std::vector<std::int64_t> shape = window.index.sizes().vec();
  shape.push_back(x.size(2));
  return x.reshape({-1, x.size(2)}).index_select(0, (window.index + first).reshape(-1)).view(shape);
}

class Computation {
 public:
  Computation(const step::Node& node, const OperationInputs& in) : node_(node), in_(in) {}

  Tensor attention() const {
    switch (node_.op) {
      case step::Op::kAdditiveEnergies:
        return additive_energies();
      case step::Op::kDotEnergies:
        return dot_energies();
      case step::Op::kLocationEnergies:
        return location_energies();
      case step::Op::kSoftmax:
        return softmax();
      case step::Op::kWeightedSum:
        return weighted_sum();
      case step::Op::kGaussian:
        return gaussian();
      case step::Op::kSpread:
        return spread();
      case step::Op::kSumPositions:
        return sum_positions();
      case step::Op::kConvolution:
        return convolution();
      case step::Op::kMonotonicAlignment:
        return monotonic_alignment();
      case step::Op::kMonotonicPrior:
        return monotonic_prior();
      case step::Op::kBandPrior:
        return band_prior(x(0), x(1), in_.mask);
      case step::Op::kDraw:
        return draw();
      case step::Op::kExpectedLog:
        return expected_log();
      case step::Op::kPosterior:
        return posterior();
      case step::Op::kLogNormalizer:
        return at::linear(x(0), weight(0), weight(1)).logsumexp(-1);
      case step::Op::kTokenLogProbability:
        return token_log_probability();
      default:
        break;
    }
    throw CheckFailure("no operation of attention: " + std::string(name_of(node_.op)));
  }

 private:
  const Tensor& x(std::size_t k) const { return in_.operands.at(k); }
  const Tensor& weight(std::size_t k) const { return in_.weights.at(k); }
  bool in_window() const { return node_.reach > 0; }
  WindowPositions window(std::int64_t positions) const {
    const std::int64_t known = node_.limit > 0 ? std::min(positions, node_.limit) : positions;
    return positions_of(in_.operands.back(), node_.reach, known, in_.mask);
  }

  // Keys [steps or 1, batch, positions of the window or of the source, units].
  Tensor keys() const {
    return in_window() ? rows_in(window(x(1).size(1)), x(1)) : x(1).unsqueeze(0);
  }

  Tensor additive_energies() const {
    Tensor hidden = query_rows(x(0), x(1).size(0)).unsqueeze(2) + keys();
    for (std::size_t k = 1; k < node_.weights.size(); ++k) {
      const Tensor& features = x(k + 1);  // [steps, batch, positions(, d)]
      hidden =
          hidden + (features.dim() == 3 ? features.unsqueeze(-1) : features).matmul(weight(k).t());
    }
    return hidden.tanh().matmul(weight(0));
  }

  Tensor dot_energies() const {
    const Tensor q = query_rows(x(0), x(1).size(0));  // [steps, batch, n]
    if (in_window()) return (keys() * q.unsqueeze(2)).sum(-1);
    return x(1).bmm(q.permute({1, 2, 0})).permute({2, 0, 1});
  }

  // The numbers of a row at the positions that a source of the batch may have; 0 after the last.
  Tensor location_energies() const {
    ATTEND_CHECK(in_.mask.defined());
    const Tensor numbers = query_rows(x(0), in_.mask.size(0));  // [steps, batch, limit]
    const std::int64_t positions = in_.mask.size(1);
    if (in_window()) {
      const Tensor index = window(positions).index;
      return numbers.expand({index.size(0), -1, -1}).gather(2, index);
    }
    if (positions <= node_.limit) return numbers.narrow(2, 0, positions);
    return at::constant_pad_nd(numbers, {0, positions - node_.limit});
  }

  // Weights of the positions that are allowed, which sum to 1. A row without any has 0 everywhere.
  static Tensor weights_of(step::Normaliser normaliser, const Tensor& energies,
                           const Tensor& allowed) {
    const Tensor any = allowed.any(-1, true);
    const Tensor closed = allowed.logical_or(any.logical_not()).logical_not();
    return normalise(normaliser, energies, closed) * allowed.to(energies.scalar_type());
  }

  // [batch, positions]: where attention may look.
  Tensor open_positions() const {
    const Tensor open = in_.mask == 0;
    if (node_.limit == 0 || node_.limit >= open.size(1)) return open;
    const Tensor number = at::arange(open.size(1), open.options().dtype(at::kLong));
    return open.logical_and(number < node_.limit);
  }

  Tensor softmax() const {
    ATTEND_CHECK(in_.mask.defined() || node_.limit == 0);
    if (!in_window() && !in_.mask.defined()) return normalise(node_.normaliser, x(0), {});
    return weights_of(node_.normaliser, x(0),
                      in_window() ? exists_in_window() : open_positions().expand_as(x(0)));
  }

  // The positions that a window has in a source whose length only the mask knows.
  Tensor exists_in_window() const {
    ATTEND_CHECK(in_.mask.defined());
    return window(in_.mask.size(1)).exists;
  }

  Tensor weighted_sum() const {
    if (in_window()) return (x(0).unsqueeze(-1) * rows_in(window(x(1).size(1)), x(1))).sum(2);
    return x(0).transpose(0, 1).bmm(x(1)).transpose(0, 1);  // of [steps, batch, positions]
  }

  Tensor gaussian() const {
    const Tensor distance = window(in_.mask.size(1)).numbers - x(0);
    const double deviation = static_cast<double>(node_.reach) / 2;
    return (distance.square() * (-0.5 / (deviation * deviation))).exp();
  }

  Tensor spread() const {
    const std::int64_t positions = in_.mask.size(1);
    const WindowPositions own = window(positions);
    std::vector<std::int64_t> shape = own.index.sizes().vec();
    shape.back() = positions;
    const Tensor inside = own.exists.to(x(0).scalar_type());
    const Tensor zeros = at::zeros(shape, x(0).options().requires_grad(false));
    const Tensor numbers = zeros.scatter_add(2, own.index, x(0) * inside);
    if (node_.elsewhere == 0) return numbers;
    return numbers.masked_fill(zeros.scatter_add(2, own.index, inside) == 0, node_.elsewhere);
  }

  // The numbers of x, 0 where attention may not look.
  Tensor open_numbers() const {
    if (!in_.mask.defined()) return x(0);
    return x(0).masked_fill((in_.mask != 0).unsqueeze(0), 0);
  }

  Tensor sum_positions() const { return open_numbers().sum(-1, true); }

  // All parts of the padded numbers [steps, batch, positions, width], times each filter.
  Tensor convolution() const {
    const std::int64_t width = weight(0).size(1), side = width / 2;
    const Tensor padded = at::constant_pad_nd(open_numbers(), {side, side});
    const Tensor found = padded.unfold(-1, width, 1).matmul(weight(0).t());
    return found.size(-1) == 1 ? found.squeeze(-1) : found;
  }

  Tensor monotonic_alignment() const {
    if (in_.predicts && node_.prediction == step::MonotonicPrediction::kScan) return scan();
    Tensor stops = (in_.noise.defined() ? x(0) + in_.noise : x(0)).sigmoid();
    if (in_.mask.defined()) stops = stops.masked_fill((in_.mask != 0).unsqueeze(0), 0);
    std::vector<Tensor> alignment;
    Tensor asked;  // q_j [steps, batch]: the probability that position j is asked
    for (std::int64_t j = 0; j < stops.size(-1); ++j) {
      const Tensor last = x(1).select(-1, j);
      asked = j == 0 ? last : (1 - stops.select(-1, j - 1)) * asked + last;
      alignment.push_back(stops.select(-1, j) * asked);
    }
    return at::stack(alignment, -1);
  }

  // 1 at the first position that stops, from the last position on; zeros if none does.
  Tensor scan() const {
    Tensor stops = (x(0) > 0).logical_and(x(1).cumsum(-1) > 0.5);
    if (in_.mask.defined()) stops = stops.logical_and((in_.mask == 0).unsqueeze(0));
    return stops.logical_and(stops.cumsum(-1) == 1).to(x(0).scalar_type());
  }

  // π_j = Σ_i f_i A(i, j), where row i of A is the softmax over the allowed positions from i on. No
  // weight is divided by a sum of weights, which might all be rounded to 0.
  Tensor monotonic_prior() const {
    ATTEND_CHECK(in_.mask.defined() || node_.limit == 0);
    const Tensor& energies = x(1);
    const std::int64_t positions = energies.size(-1);
    const Tensor number =
        at::arange(positions, energies.options().dtype(at::kLong).requires_grad(false));
    Tensor allowed = number.unsqueeze(0) >= number.unsqueeze(1);  // [from, to]
    if (in_.mask.defined()) allowed = allowed.logical_and(open_positions().unsqueeze(1));
    const Tensor to = energies.unsqueeze(2).expand({-1, -1, positions, -1});
    const Tensor moves = weights_of(step::Normaliser::kSoftmax, to, allowed.expand_as(to));
    return x(0).unsqueeze(2).matmul(moves).squeeze(2);
  }

  // 1 at one position of each row, and 0 at the others; 0 everywhere where attention may not look.
  static Tensor one_hot(const Tensor& position, const Tensor& alignment) {
    const Tensor any = alignment.sum(-1, true).gt(0).to(alignment.scalar_type());
    return at::zeros_like(alignment).scatter_(-1, position.unsqueeze(-1), 1) * any;
  }

  // The first position behind which more than the share u [steps, batch] of all weight lies.
  static Tensor drawn_position(const Tensor& alignment, const Tensor& u) {
    const Tensor sums = alignment.to(at::kDouble).cumsum(-1);
    const Tensor wanted = u.unsqueeze(-1) * sums.narrow(-1, sums.size(-1) - 1, 1);
    return (sums <= wanted).sum(-1).clamp_max(sums.size(-1) - 1);
  }

  Tensor draw() const {
    const Tensor alignment = x(0).detach();
    if (!in_.draws.defined()) return predicted_draw(alignment);
    const Tensor expects = (in_.draws < 0).unsqueeze(-1);
    const Tensor drawn = one_hot(drawn_position(alignment, in_.draws.clamp_min(0)), alignment);
    return at::where(expects, node_.passes_gradient ? x(0) : alignment, drawn);
  }

  Tensor predicted_draw(const Tensor& alignment) const {
    switch (node_.stochastic) {
      case step::StochasticPrediction::kExpectation:
        return alignment;
      case step::StochasticPrediction::kArgmax:
        return one_hot(alignment.argmax(-1), alignment);
      case step::StochasticPrediction::kSample:
        break;
    }
    std::vector<double> numbers;
    for (std::int64_t i = 0; i < alignment.size(0); ++i) {
      numbers.push_back(step::number_of_step(static_cast<std::size_t>(in_.first_step + i)));
    }
    const Tensor u = at::tensor(numbers, alignment.options().dtype(at::kDouble)).unsqueeze(-1);
    return one_hot(drawn_position(alignment, u.expand({-1, alignment.size(1)})), alignment);
  }

  Tensor expected_log() const {
    // The weights of a reward are what was drawn, through which no gradient passes; only an entropy
    // has α in both places.
    const bool is_entropy = node_.inputs.empty() || node_.inputs[0] == node_.inputs[1];
    const Tensor weights = is_entropy ? x(0) : x(0).detach();
    const Tensor counts = x(0).detach() > 0;
    const Tensor logarithm = at::where(counts, x(1), at::ones_like(x(1))).log();
    return (weights * logarithm).sum(-1, true);
  }

  // The softmax of log π + log p over the positions where both are probabilities above 0.
  Tensor posterior() const {
    const Tensor possible = is_possible(x(0)).logical_and(x(1) > kNothing);
    const Tensor score = logarithm_of(x(0), possible) + x(1);
    return weights_of(step::Normaliser::kSoftmax, at::where(possible, score, at::zeros_like(score)),
                      possible);
  }

  Tensor token_log_probability() const {
    const Tensor ids = in_.ids.clamp_min(0);
    const Tensor rows = weight(0)
                            .index_select(0, ids.reshape(-1))
                            .view({ids.size(0), ids.size(1), 1, weight(0).size(1)});
    const Tensor bias =
        weight(1).index_select(0, ids.reshape(-1)).view({ids.size(0), ids.size(1), 1});
    return (x(0) * rows).sum(-1) + bias - x(1);
  }

  const step::Node& node_;
  const OperationInputs& in_;
};

// 1 / sqrt(|x|² + ε) of each vector.
Tensor inverse_length(const Tensor& x) {
  return (x.square().sum(-1, true) + step::kLengthEpsilon).rsqrt();
}

// Some units of each vector. A row and a position have no dimension of units if there is one unit.
Tensor slice(const step::Node& node, const Tensor& x) {
  const auto& [per, units] = node.results[0];
  const bool numbers = per == step::Per::kRowPosition && units == 1;
  if (numbers && x.dim() == 3) return x;
  const Tensor part = x.narrow(-1, node.first, units);
  return numbers ? part.squeeze(-1) : part;
}

// A function of the numbers of single vectors; undefined for another operation.
Tensor elementwise(const step::Node& node, const std::vector<Tensor>& x) {
  switch (node.op) {
    case step::Op::kAdd:
      return x[0] + x[1];
    case step::Op::kMultiply:
      return x[0] * x[1];
    case step::Op::kDivide:
      return x[0] / x[1];
    case step::Op::kMinimum:
      return at::minimum(x[0], x[1]);
    case step::Op::kLogAddExp:
      return at::logaddexp(x[0], x[1]);
    case step::Op::kTemporalEnergies:
      return at::where(x[1] == kNothing, x[0], x[0] - x[1]);
    case step::Op::kScale:
      return x[0] * node.factor;
    case step::Op::kTanh:
      return x[0].tanh();
    case step::Op::kSigmoid:
      return x[0].sigmoid();
    case step::Op::kRelu:
      return x[0].relu();
    case step::Op::kMaxout:
      return maxout(x[0]);
    case step::Op::kInverseLength:
      return inverse_length(x[0]);
    case step::Op::kUnitLength:
      return x[0] * inverse_length(x[0]);
    case step::Op::kSlice:
      return slice(node, x[0]);
    default:
      return {};
  }
}

}  // namespace

bool is_computed(step::Op op) {
  switch (op) {
    case step::Op::kAnnotations:
    case step::Op::kFirstBackward:
    case step::Op::kMeanAnnotations:
    case step::Op::kMaxAnnotations:
    case step::Op::kLastState:
    case step::Op::kLayerState:
    case step::Op::kLayerCell:
    case step::Op::kZeros:
    case step::Op::kOnes:
    case step::Op::kZeroPositions:
    case step::Op::kMinusInfinity:
    case step::Op::kFirstPosition:
    case step::Op::kSourceWords:
    case step::Op::kParameter:
    case step::Op::kPreviousEmbedding:
    case step::Op::kNextEmbedding:
    case step::Op::kCarried:
    case step::Op::kLinear:
    case step::Op::kGru:
    case step::Op::kLstm:
    case step::Op::kDropout:
    case step::Op::kLogProbabilities:
      return false;
    default:
      return true;
  }
}

// A source has one vector for all of its positions, and a position one number or vector for all
// rows. A row and a position have a dimension of units only if there are several.
Tensor repeatable(const Tensor& x, const step::Shape& own, const step::Shape& result) {
  const bool vectors = result.units > 1;
  switch (own.per) {
    case step::Per::kModel:
      return x;
    case step::Per::kSource:
      return result.per == step::Per::kPosition ||
                     (result.per == step::Per::kRowPosition && vectors)
                 ? x.unsqueeze(1)
                 : x;
    case step::Per::kPosition:
      return result.per == step::Per::kRowPosition && !vectors ? x.squeeze(-1) : x;
    case step::Per::kRow:
      return result.per == step::Per::kRowPosition && vectors ? x.unsqueeze(2) : x;
    case step::Per::kRowPosition:
      return vectors && own.units == 1 ? x.unsqueeze(-1) : x;
    case step::Per::kRowPast:
      break;
  }
  return x;
}

Tensor compute(const step::Node& node, const OperationInputs& in) {
  if (is_of_past(node.op)) return compute_past(node, in);
  const step::Shape& shape = node.results[0];
  std::vector<Tensor> x = in.operands;
  for (std::size_t k = 0; step::joins(node.op) && k < x.size(); ++k) {
    x[k] = repeatable(x[k], in.shapes.at(k), shape);
  }
  const Tensor result = elementwise(node, x);
  if (!result.defined()) return Computation(node, in).attention();
  const bool is_number = shape.per == step::Per::kRowPosition && shape.units == 1;
  return is_number && result.dim() == 4 ? result.squeeze(-1) : result;
}

}  // namespace attend::network

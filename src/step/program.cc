#include "step/program.h"

#include <cmath>

namespace attend::step {

Value Program::observed(std::string_view name) const {
  for (const Observation& observation : observations) {
    if (observation.name == name) return observation.value;
  }
  return {};
}

namespace {

std::string_view name_of_input(Op op) {
  switch (op) {
    case Op::kAnnotations:
      return "annotations";
    case Op::kFirstBackward:
      return "first backward state";
    case Op::kMeanAnnotations:
      return "mean of the annotations";
    case Op::kMaxAnnotations:
      return "largest values of the annotations";
    case Op::kLastState:
      return "last state";
    case Op::kLayerState:
      return "state of a layer";
    case Op::kLayerCell:
      return "cell of a layer";
    case Op::kZeros:
      return "zeros";
    case Op::kOnes:
      return "ones";
    case Op::kZeroPositions:
      return "zeros of positions";
    case Op::kMinusInfinity:
      return "minus infinity";
    case Op::kFirstPosition:
      return "first position";
    case Op::kSourceWords:
      return "words of the source";
    case Op::kParameter:
      return "parameter";
    case Op::kPreviousEmbedding:
      return "previous embedding";
    case Op::kNextEmbedding:
      return "next embedding";
    case Op::kCarried:
      return "carried value";
    default:
      break;
  }
  return "";
}

std::string_view name_of_attention(Op op) {
  switch (op) {
    case Op::kAdditiveEnergies:
      return "additive energies";
    case Op::kDotEnergies:
      return "dot energies";
    case Op::kLocationEnergies:
      return "location energies";
    case Op::kSoftmax:
      return "softmax";
    case Op::kWeightedSum:
      return "weighted sum";
    case Op::kGaussian:
      return "gaussian";
    case Op::kSpread:
      return "spread";
    case Op::kSumPositions:
      return "sum over positions";
    case Op::kConvolution:
      return "convolution";
    case Op::kMonotonicAlignment:
      return "monotonic alignment";
    case Op::kMonotonicPrior:
      return "monotonic prior";
    case Op::kBandPrior:
      return "band prior";
    case Op::kDraw:
      return "draw";
    case Op::kExpectedLog:
      return "expected logarithm";
    case Op::kPosterior:
      return "posterior";
    case Op::kPastDotEnergies:
      return "dot energies of the past";
    case Op::kPastAdditiveEnergies:
      return "additive energies of the past";
    case Op::kPastSoftmax:
      return "softmax of the past";
    case Op::kPastSum:
      return "weighted sum of the past";
    case Op::kLogNormalizer:
      return "log-normaliser";
    case Op::kTokenLogProbability:
      return "log-probability of the token";
    default:
      break;
  }
  return "";
}

}  // namespace

double number_of_step(std::size_t step) {
  constexpr double kGoldenRatio = 0.6180339887498949;  // its multiples spread evenly
  const double number = static_cast<double>(step + 1) * kGoldenRatio;
  return number - std::floor(number);
}

std::string_view name_of(Op op) {
  switch (op) {
    case Op::kLinear:
      return "linear";
    case Op::kGru:
      return "gru";
    case Op::kLstm:
      return "lstm";
    case Op::kAdd:
      return "add";
    case Op::kMultiply:
      return "multiply";
    case Op::kDivide:
      return "divide";
    case Op::kMinimum:
      return "minimum";
    case Op::kLogAddExp:
      return "log-add-exp";
    case Op::kTemporalEnergies:
      return "temporal energies";
    case Op::kScale:
      return "scale";
    case Op::kTanh:
      return "tanh";
    case Op::kSigmoid:
      return "sigmoid";
    case Op::kRelu:
      return "relu";
    case Op::kMaxout:
      return "maxout";
    case Op::kInverseLength:
      return "inverse length";
    case Op::kUnitLength:
      return "unit length";
    case Op::kSlice:
      return "slice";
    case Op::kDropout:
      return "dropout";
    case Op::kLogProbabilities:
      return "log-probabilities";
    default:
      break;
  }
  const std::string_view name = name_of_attention(op);
  return name.empty() ? name_of_input(op) : name;
}

}  // namespace attend::step

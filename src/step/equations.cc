// Writes the nodes of a program as equations.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "step/text.h"

namespace attend::step {
namespace {

// Writes out what a node computes from the texts of its operands.
class NodeText {
 public:
  NodeText(const Program& program, const Node& node) : program_(program), node_(node) {}

  std::string write() const {
    switch (node_.op) {
      case Op::kAnnotations:
        return "h_j";
      case Op::kFirstBackward:
        return "←h_1";
      case Op::kMeanAnnotations:
        return "mean_j h_j";
      case Op::kMaxAnnotations:
        return "max_j h_j";
      case Op::kLastState:
      case Op::kLayerState:
      case Op::kLayerCell:
      case Op::kParameter:
      case Op::kPreviousEmbedding:
      case Op::kNextEmbedding:
      case Op::kCarried:
        return node_.text;
      case Op::kZeros:
      case Op::kZeroPositions:
        return "0";
      case Op::kOnes:
        return "1";
      case Op::kMinusInfinity:
        return "−∞";
      case Op::kFirstPosition:
        return "1 if j = 1, else 0";
      case Op::kSourceWords:
        return "S";
      case Op::kLinear:
        return linear();
      case Op::kGru:
      case Op::kLstm:
        return fmt::format("{}({}, {}{})", node_.op == Op::kGru ? "GRU" : "LSTM", operand(1),
                           operand(0), inside());
      case Op::kAdd:
        return fmt::format("{} + {}", operand(0), operand(1));
      case Op::kMultiply:
        return product();
      case Op::kDivide:
        return fmt::format("{} / {}", factor(0), factor(1));
      case Op::kMinimum:
        return fmt::format("min({}, {})", operand(0), operand(1));
      case Op::kLogAddExp:
        return fmt::format("log(exp({}) + exp({}))", operand(0), operand(1));
      case Op::kTemporalEnergies:
        return fmt::format("{0} − {1}, in the first step {0}", operand(0), operand(1));
      case Op::kScale:
        return fmt::format("{} · {}", node_.factor, factor(0));
      case Op::kTanh:
        return fmt::format("tanh({})", operand(0));
      case Op::kSigmoid:
        return fmt::format("σ({})", operand(0));
      case Op::kRelu:
        return fmt::format("max(0, {})", operand(0));
      case Op::kMaxout:
        return fmt::format("maxout({})", operand(0));
      case Op::kInverseLength:
        return fmt::format("(1 / |{}|)", operand(0));
      case Op::kUnitLength:
        return fmt::format("({0} / |{0}|)", factor(0));
      case Op::kSlice:
        return fmt::format("{}[{} … {}]", operand(0), node_.first + 1,
                           node_.first + node_.results[0].units);
      case Op::kDropout:
        return operand(0);
      case Op::kLogProbabilities:
        return choice();
      default:
        return attention();
    }
  }

 private:
  std::string attention() const {
    switch (node_.op) {
      case Op::kAdditiveEnergies:
        return fmt::format("v · tanh({} + {}{})", operand(0), operand(1), features());
      case Op::kDotEnergies:
        return fmt::format("{} · {}", factor(0), factor(1));
      case Op::kLocationEnergies:
        return fmt::format("({})_j", operand(0));
      case Op::kSoftmax:
        return ratio() + range();
      case Op::kWeightedSum:
        return fmt::format("Σ_j {} {}", factor(0), factor(1));
      case Op::kGaussian:
        return fmt::format("exp(−(j − {})² / {})", operand(0),
                           static_cast<double>(node_.reach * node_.reach) / 2);
      case Op::kSpread:
        return operand(0);
      case Op::kSumPositions:
        return fmt::format("Σ_j {}", factor(0));
      case Op::kConvolution:
        return fmt::format("{} * {}", node_.weight_symbols[0], operand(0));
      case Op::kMonotonicAlignment:
        return monotonic_alignment();
      case Op::kMonotonicPrior:
        return monotonic_prior();
      case Op::kBandPrior:
        return fmt::format("Σ_{{k ≤ j}} {0} exp({1})_{{j-k}} / Σ_d exp({1})_d, j − k and d ≤ {2}",
                           of_position(0, "k"), of_position(1, "k"),
                           program_.shape(node_.inputs[1]).units - 1);
      case Op::kDraw:
        return fmt::format("1 for the position that {} draws, else 0", operand(0));
      case Op::kExpectedLog:
        return fmt::format("Σ_j {} log {}", factor(0), factor(1));
      case Op::kPosterior:
        return fmt::format("{} {} / Σ_k {} {}", operand(0), operand(1), of_position(0, "k"),
                           of_position(1, "k"));
      case Op::kPastDotEnergies:
        return fmt::format("{} · {}", factor(0), of_earlier_step(factor(1)));
      case Op::kPastAdditiveEnergies:
        return fmt::format("v' · tanh({} + {})", operand(0), of_earlier_step(operand(1)));
      case Op::kPastSoftmax:
        return past_softmax();
      case Op::kPastSum:
        return fmt::format("Σ_t {} {}, in the first step 0", factor(0), of_earlier_step(factor(1)));
      case Op::kLogNormalizer:
        return fmt::format("log Σ_y exp({} {} + {})", node_.weight_symbols[0], operand(0),
                           node_.weight_symbols[1]);
      case Op::kTokenLogProbability:
        return "p(y_i | j)";
      default:
        break;
    }
    return "";
  }

  // The text of a value as step t computed it: s_i becomes s_t, and y_{i-1} becomes y_{t-1}.
  static std::string of_earlier_step(std::string text) {
    for (const auto& [here, there] :
         {std::pair<std::string, std::string>{"_i", "_t"}, {"_{i-1}", "_{t-1}"}}) {
      for (std::size_t at = text.find(here); at != std::string::npos; at = text.find(here, at)) {
        text.replace(at, here.size(), there);
      }
    }
    return text;
  }

  // The weight of an earlier step; in the sum that it is divided by, the step is k: e_it becomes
  // e_ik.
  std::string past_softmax() const {
    std::string other = operand(0);
    const std::size_t last = other.rfind("it");
    if (last != std::string::npos) other.replace(last, 2, "ik");
    const std::string range = node_.recent > 0 ? fmt::format("the last {} before i", node_.recent)
                                               : std::string("all before i");
    return fmt::format("exp({}) / Σ_k exp({}), t and k: {}", operand(0), other, range);
  }

  std::string monotonic_alignment() const {
    const std::string text = fmt::format("σ({0}) q_ij, q_ij = (1 − σ({1})) q_{{i,j-1}} + {2}",
                                         operand(0), of_previous_position(0), operand(1));
    if (node_.prediction == MonotonicPrediction::kExpectation) return text;
    return fmt::format(
        "{}; in prediction 1 at the first j from the last position on with {} > 0, else 0", text,
        operand(0));
  }

  std::string monotonic_prior() const {
    const std::string text = fmt::format("Σ_{{k ≤ j}} {} exp({}) / Σ_{{l ≥ k}} exp({})",
                                         of_position(0, "k"), operand(1), of_position(1, "l"));
    return node_.limit > 0 ? fmt::format("{}, j and l ≤ {}", text, node_.limit) : text;
  }

  // An operand at the position before: e_ij becomes e_{i,j-1}.
  std::string of_previous_position(std::size_t k) const {
    std::string text = operand(k);
    const std::size_t last = text.rfind("ij");
    if (last == std::string::npos) return of_position(k, "{j-1}");
    return text.replace(last, 2, "{i,j-1}");
  }

  std::string inside() const {
    return node_.op == Op::kGru && node_.inputs.size() > 2 ? ", " + operand(2) : std::string();
  }

  std::string features() const {
    std::string text;
    for (std::size_t k = 1; k < node_.weights.size(); ++k) {
      text += fmt::format(" + {} {}", node_.weight_symbols[k], operand(k + 1));
    }
    return text;
  }

  // An operand with another index in place of its last j: e_ij becomes e_ik.
  std::string of_position(std::size_t k, const char* index) const {
    std::string text = operand(k);
    const std::size_t last = text.rfind('j');
    if (last != std::string::npos) text.replace(last, 1, index);
    return text;
  }

  std::string choice() const {
    if (node_.inputs.size() == 1) return fmt::format("softmax({})", linear());
    if (node_.inputs.size() == 3) {  // copies
      return fmt::format("p_gen softmax({} {} + {}) + (1 − p_gen) Σ_{{j: x_j = y_i}} {}",
                         node_.weight_symbols[0], operand(0), node_.weight_symbols[1], operand(2));
    }
    return fmt::format("Σ_j {} softmax({} {} + {})", operand(1), node_.weight_symbols[0],
                       operand(0), node_.weight_symbols[1]);
  }

  std::string operand(std::size_t k) const { return text_of(program_, node_.inputs[k]); }

  // The operand of a product: a sum gets parentheses.
  std::string factor(std::size_t k) const {
    const Node& node = program_.at(node_.inputs[k]);
    const bool sum = node.symbol.empty() && node.text.empty() &&
                     (node.op == Op::kAdd || (node.op == Op::kLinear && node.weights.size() > 1));
    return sum ? fmt::format("({})", operand(k)) : operand(k);
  }

  // The range of a softmax over a window stands behind the whole product.
  std::string product() const {
    const Node& first = program_.at(node_.inputs[0]);
    const bool in_window = first.op == Op::kSoftmax && first.reach > 0 && first.symbol.empty();
    if (!in_window) return fmt::format("{} · {}", factor(0), factor(1));
    const NodeText softmax(program_, first);
    return fmt::format("{} · {}{}", softmax.ratio(), factor(1), softmax.range());
  }

  std::string linear() const {
    std::vector<std::string> parts;
    const bool alone = node_.inputs.size() == 1;
    for (std::size_t k = 0; k < node_.inputs.size(); ++k) {
      parts.push_back(alone ? factor(k) : operand(k));
    }
    const std::string product = fmt::format("{} {}", node_.weight_symbols[0], joined(parts));
    return node_.weights.size() > 1 ? fmt::format("{} + {}", product, node_.weight_symbols[1])
                                    : product;
  }

  // The weight of a position; of a softmax with the sum that it is divided by, whose index is k:
  // e_ij becomes e_ik.
  std::string ratio() const {
    if (node_.normaliser != Normaliser::kSoftmax) return above_threshold("j");
    return fmt::format("exp({}) / Σ_k exp({})", operand(0), of_position(0, "k"));
  }

  // The definition of the threshold τ of a row, and the positions that the weights belong to: those
  // of a window, or those that have energies; nothing for a softmax over all positions.
  std::string range() const {
    std::string text;
    if (node_.normaliser != Normaliser::kSoftmax) {
      text = fmt::format(", Σ_k {} = 1", above_threshold("k"));
    }
    if (node_.reach > 0) {
      return fmt::format("{0}, j and k from ⌊{1}⌋ − {2} to ⌊{1}⌋ + {2}", text, operand(1),
                         node_.reach);
    }
    return node_.limit > 0 ? fmt::format("{}, j and k ≤ {}", text, node_.limit) : text;
  }

  // The weight that sparsemax or entmax gives a position.
  std::string above_threshold(const char* index) const {
    const std::string energies = of_position(0, index);
    const std::string threshold = fmt::format("τ{}_i", superscript(operand(0)));
    return node_.normaliser == Normaliser::kSparsemax
               ? fmt::format("max(0, {} − {})", energies, threshold)
               : fmt::format("max(0, {} / 2 − {})²", energies, threshold);
  }

  // The part of a symbol that says which head it belongs to: "^a" of "e^a_ij".
  static std::string superscript(const std::string& symbol) {
    const std::size_t begin = symbol.find('^'), end = symbol.find('_');
    return begin < end && end != std::string::npos ? symbol.substr(begin, end - begin)
                                                   : std::string();
  }

  const Program& program_;
  const Node& node_;
};

std::string written_out(const Program& program, const Node& node) {
  return node.text.empty() ? NodeText(program, node).write() : node.text;
}

}  // namespace

std::string joined(const std::vector<std::string>& parts) {
  return parts.size() == 1 ? parts.front() : fmt::format("[{}]", fmt::join(parts, "; "));
}

std::string text_of(const Program& program, Value value) {
  const Node& node = program.at(value);
  const std::string text = node.symbol.empty() ? written_out(program, node) : node.symbol;
  return value.result == 0 ? text : fmt::format("cell({})", text);  // c of an LSTM
}

std::vector<Equation> equations(const Program& program) {
  std::vector<Equation> lines;
  for (const Node& node : program.nodes) {
    if (node.label.empty()) continue;
    lines.push_back({node.label, fmt::format("{} = {}", node.symbol, written_out(program, node))});
  }
  return lines;
}

}  // namespace attend::step

// Makes boxes of the nodes of a step program.
#include "commands/diagram.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/base.h"

namespace attend::commands {
namespace {

using step::Node;
using step::Op;
using step::Value;

// Returns what an operation is called in a box; empty for those that need no word.
std::string_view word_of(Op op) {
  switch (op) {
    case Op::kFirstBackward:
    case Op::kLastState:
    case Op::kLayerState:
      return "last state of the encoder";
    case Op::kLayerCell:
      return "last cell of the encoder";
    case Op::kMeanAnnotations:
      return "mean of the annotations";
    case Op::kMaxAnnotations:
      return "largest value of each unit";
    case Op::kPreviousEmbedding:
    case Op::kNextEmbedding:
      return "embedding";
    case Op::kSourceWords:
      return "number of words";
    case Op::kLinear:
      return "linear";
    case Op::kGru:
      return "GRU";
    case Op::kLstm:
      return "LSTM";
    case Op::kAdditiveEnergies:
    case Op::kPastAdditiveEnergies:
      return "additive score";
    case Op::kDotEnergies:
    case Op::kPastDotEnergies:
      return "dot product";
    case Op::kLocationEnergies:
      return "a number for each position";
    case Op::kSoftmax:
    case Op::kPastSoftmax:
      return "softmax";
    case Op::kWeightedSum:
    case Op::kPastSum:
      return "weighted sum";
    case Op::kGaussian:
      return "Gaussian";
    case Op::kSumPositions:
      return "sum over positions";
    case Op::kConvolution:
      return "convolution";
    case Op::kMonotonicAlignment:
      return "monotonic alignment";
    case Op::kMonotonicPrior:
    case Op::kBandPrior:
      return "prior of the position";
    case Op::kDraw:
      return "position drawn";
    case Op::kPosterior:
      return "posterior of the position";
    case Op::kLogNormalizer:
      return "log-normaliser";
    case Op::kTokenLogProbability:
      return "log p of the token";
    case Op::kAdd:
      return "sum";
    case Op::kMultiply:
      return "product";
    case Op::kDivide:
      return "quotient";
    case Op::kMinimum:
      return "minimum";
    case Op::kLogAddExp:
      return "log of a sum";
    case Op::kTemporalEnergies:
      return "divided by the past";
    case Op::kTanh:
      return "tanh";
    case Op::kSigmoid:
      return "sigmoid";
    case Op::kRelu:
      return "rectifier";
    case Op::kMaxout:
      return "maxout";
    case Op::kUnitLength:
    case Op::kInverseLength:
      return "length 1";
    case Op::kLogProbabilities:
      return "log softmax";
    default:
      return "";
  }
}

// Whether a node is a constant or a parameter, which no box shows.
bool is_constant(Op op) {
  return op == Op::kZeros || op == Op::kOnes || op == Op::kZeroPositions ||
         op == Op::kMinusInfinity || op == Op::kFirstPosition || op == Op::kParameter;
}

// Whether a node has a box even if only one box reads it and it has no name.
bool stands_alone(Op op) {
  switch (op) {
    case Op::kAnnotations:
    case Op::kPreviousEmbedding:
    case Op::kNextEmbedding:
    case Op::kCarried:
    case Op::kGru:
    case Op::kLstm:
    case Op::kSoftmax:
    case Op::kWeightedSum:
    case Op::kPastSoftmax:
    case Op::kPastSum:
    case Op::kLogProbabilities:
      return true;
    default:
      return false;
  }
}

// Whether a name of an equation belongs to the look at the source.
bool is_word_of_attention(std::string_view label) {
  return label == "query" || label == "energies" || label == "alignment" || label == "context" ||
         label == "window" || label == "gate";
}

view::BoxKind kind_of(const Node& node) {
  const Op op = node.op;
  const step::Shape& shape = node.results[0];
  if (op == Op::kPreviousEmbedding || op == Op::kNextEmbedding) return view::BoxKind::kInput;
  if (op == Op::kLogProbabilities) return view::BoxKind::kOutput;
  const bool looks = op == Op::kWeightedSum || op == Op::kPastSum || op == Op::kSoftmax ||
                     is_word_of_attention(node.label) || shape.per == step::Per::kRowPosition ||
                     shape.per == step::Per::kRowPast || shape.per == step::Per::kPosition;
  return looks ? view::BoxKind::kAttention : view::BoxKind::kDecoder;
}

/// Puts the nodes of a program into boxes.
class ProgramBoxes {
 public:
  ProgramBoxes(view::Diagram& diagram, const step::Program& program, std::size_t annotations,
               const model::VocabularySizes& sizes)
      : diagram_(diagram),
        program_(program),
        sizes_(sizes),
        needed_(program.nodes.size(), false),
        owner_(program.nodes.size(), -1) {
    find_needed();
    choose_owners();
    add_boxes(annotations);
    add_arrows();
  }

 private:
  const Node& node(int number) const { return program_.nodes[static_cast<std::size_t>(number)]; }
  bool needed(int number) const { return needed_[static_cast<std::size_t>(number)]; }
  int& owner(int number) { return owner_[static_cast<std::size_t>(number)]; }
  int count() const { return static_cast<int>(program_.nodes.size()); }

  // Nodes that only observations or costs of training read have no box.
  void find_needed() {
    const auto need = [&](Value value) {
      if (value.defined()) needed_[static_cast<std::size_t>(value.node)] = true;
    };
    for (int k = 0; k < count(); ++k) {
      if (node(k).op == Op::kLogProbabilities) need({k});
    }
    for (const step::Carried& carried : program_.carried) {
      need(carried.next);
      need(carried.initial);
    }
    for (int k = count(); k-- > 0;) {
      if (!needed(k)) continue;
      for (const Value& input : node(k).inputs) need(input);
    }
  }

  // Gives each node the node whose box it is in: itself, or the only one that reads it.
  void choose_owners() {
    std::vector<std::set<int>> readers(program_.nodes.size());
    std::set<int> handed_on;
    for (const step::Carried& carried : program_.carried) {
      handed_on.insert(carried.next.node);
      handed_on.insert(carried.initial.node);
    }
    for (int k = count(); k-- > 0;) {
      if (!needed(k) || is_constant(node(k).op)) continue;
      const std::set<int>& own = readers[static_cast<std::size_t>(k)];
      const bool alone = !node(k).label.empty() || stands_alone(node(k).op) ||
                         handed_on.contains(k) || own.size() != 1;
      owner(k) = alone && !is_alias(k) ? k : own.empty() ? k : *own.begin();
      if (is_alias(k) && alone && !own.empty()) owner(k) = -2;  // its readers read its operand
      for (const Value& input : node(k).inputs) {
        auto& those = readers[static_cast<std::size_t>(input.node)];
        if (owner(k) == -2) {
          those.insert(own.begin(), own.end());
        } else {
          those.insert(owner(k));
        }
      }
    }
  }

  // Dropout and slices of a value are drawn as the value.
  bool is_alias(int k) const { return node(k).op == Op::kDropout || node(k).op == Op::kSlice; }

  // Returns the node whose box holds a value; −1 for constants.
  int source_of(Value value) {
    int k = value.node;
    while (is_alias(k)) k = node(k).inputs[0].node;
    return owner(k);
  }

  std::string shape_text(int k) const {
    const Op op = node(k).op;
    if (op == Op::kLogProbabilities) {
      return sizes_.target > 0 ? fmt::format("{}", sizes_.target) : "target vocabulary";
    }
    const step::Shape& shape = node(k).results[0];
    switch (shape.per) {
      case step::Per::kPosition:
      case step::Per::kRowPosition:
        return fmt::format("T × {}", shape.units);
      case step::Per::kRowPast:
        return fmt::format("earlier steps × {}", shape.units);
      default:
        return fmt::format("{}", shape.units);
    }
  }

  // The words of the operations in a box, in the order of the computation, each once.
  std::string words(int box) {
    std::vector<std::string_view> found;
    for (int k = 0; k < count(); ++k) {
      if (owner(k) != box || !needed(k)) continue;
      const std::string_view word = word_of(node(k).op);
      if (!word.empty() && std::ranges::find(found, word) == found.end()) found.push_back(word);
    }
    if (found.size() > 4) found.erase(found.begin(), found.end() - 4);
    return fmt::format("{}", fmt::join(found, ", "));
  }

  std::vector<std::string> lines(int k) {
    const Node& one = node(k);
    if (one.op == Op::kCarried) {
      const std::string name = one.text.empty() ? one.symbol : one.text;
      return {name, "kept from the last step", shape_text(k)};
    }
    const std::string what = words(k);
    std::string name = one.label.empty() ? std::string(word_of(one.op)) : one.label;
    if (one.op == Op::kPreviousEmbedding) name = "previous token";
    if (one.op == Op::kNextEmbedding) name = "chosen token";
    if (!one.symbol.empty()) name += " " + one.symbol;
    const bool is_cell = one.op == Op::kGru || one.op == Op::kLstm;
    if (is_cell && one.label.empty()) name = fmt::format("layer {}", one.layer + 1);
    if (one.label.empty()) {
      for (const step::Carried& carried : program_.carried) {
        const bool cell = carried.name.ends_with(".cell");
        if (carried.initial.node == k) name = cell ? "first cell" : "first state";
      }
    }
    if (name.empty()) name = "value";
    if (what.empty() || what == name) return {name, shape_text(k)};
    return {name, what, shape_text(k)};
  }

  void add_boxes(std::size_t annotations) {
    for (int k = 0; k < count(); ++k) {
      if (!needed(k) || owner(k) != k) continue;
      if (node(k).op == Op::kAnnotations) {
        boxes_[k] = annotations;
        continue;
      }
      boxes_[k] = diagram_.boxes.size();
      diagram_.boxes.push_back({lines(k), kind_of(node(k))});
      if (reads_encoder(k)) arrow(annotations, boxes_[k], false);
    }
  }

  // Whether a box holds an input that the encoder makes of its last states or of all annotations.
  bool reads_encoder(int box) {
    for (int k = 0; k < count(); ++k) {
      const Op op = node(k).op;
      const bool reads = op == Op::kFirstBackward || op == Op::kLastState ||
                         op == Op::kLayerState || op == Op::kLayerCell ||
                         op == Op::kMeanAnnotations || op == Op::kMaxAnnotations;
      if (reads && owner(k) == box) return true;
    }
    return false;
  }

  void arrow(std::size_t from, std::size_t to, bool feedback) {
    if (from == to && !feedback) return;
    if (drawn_.insert({from, to, feedback}).second) {
      diagram_.arrows.push_back({from, to, feedback});
    }
  }

  void add_arrows() {
    for (int k = 0; k < count(); ++k) {
      if (!needed(k) || owner(k) < 0) continue;
      for (const Value& input : node(k).inputs) {
        const int from = source_of(input);
        if (from >= 0) arrow(boxes_.at(from), boxes_.at(owner(k)), false);
      }
    }
    for (const step::Carried& carried : program_.carried) {
      const auto to = boxes_.find(carried.value.node);
      if (to == boxes_.end()) continue;
      const int initial = source_of(carried.initial), next = source_of(carried.next);
      if (initial >= 0) arrow(boxes_.at(initial), to->second, false);
      if (next >= 0) arrow(boxes_.at(next), to->second, true);
    }
  }

  view::Diagram& diagram_;
  const step::Program& program_;
  model::VocabularySizes sizes_;
  std::vector<bool> needed_;
  std::vector<int> owner_;  // of each node: the node whose box it is in; negative: none
  std::map<int, std::size_t> boxes_;
  std::set<std::tuple<std::size_t, std::size_t, bool>> drawn_;
};

}  // namespace

view::Diagram network_diagram(const model::Configuration& configuration,
                              const model::VocabularySizes& sizes) {
  view::Diagram diagram;
  diagram.title = configuration.preset;
  const std::size_t annotations = add_encoder(diagram, configuration, sizes);
  const step::Program program = model::step_program(
      configuration,
      {std::max<std::int64_t>(1, sizes.source), std::max<std::int64_t>(1, sizes.target)});
  ProgramBoxes(diagram, program, annotations, sizes);
  const char* position = configuration.encoder.reads_pictures() ? "regions"
                         : configuration.encoder.levels == 1    ? "tokens"
                         : configuration.encoder.levels == 2    ? "sentences"
                                                                : "paragraphs";
  diagram.notes = {fmt::format("T: number of {} of a source", position)};
  if (configuration.encoder.reads_pictures()) {
    diagram.notes[0] += fmt::format(", {}", configuration.regions());
  }
  if (!program.carried.empty()) diagram.notes.push_back("dashed: the next step reads the value");
  return diagram;
}

void write_diagram(const std::string& file, const model::Configuration& configuration,
                   const model::VocabularySizes& sizes) {
  write_file(file, view::draw_svg(network_diagram(configuration, sizes)));
}

}  // namespace attend::commands

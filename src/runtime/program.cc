#include "runtime/program.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/base.h"

namespace attend::runtime {

using step::Op;
using step::Operation;
using step::Per;
using step::Stage;

namespace {

// Smaller weights stay in the cache, where one product for each step costs less than one for each
// position.
constexpr std::int64_t kProjectedWeights = std::int64_t{1} << 17;

constexpr std::string_view kAlignmentName = "alignment";

bool is_embedding(const Operation& operation) {
  return operation.node->op == Op::kPreviousEmbedding || operation.node->op == Op::kNextEmbedding;
}

// Returns the slot of the energies that an operation makes weights or other energies of, or −1.
int energies_of(const Operation& operation) {
  switch (operation.node->op) {
    case Op::kSoftmax:
    case Op::kTemporalEnergies:
    case Op::kMonotonicAlignment:
      return operation.inputs[0];
    case Op::kMonotonicPrior:
      return operation.inputs[1];
    default:
      return -1;
  }
}

// Parts "decoder.0.recurrent_weight" before its last dot.
std::pair<std::string, std::string> split_name(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return {name.substr(0, dot), name.substr(dot + 1)};
}

}  // namespace

ProgramDecoder::ProgramDecoder(step::Program program, const model::Configuration& configuration,
                               std::size_t vocabulary, std::optional<text::TokenId> end,
                               const model::Weights& weights, Precision precision)
    : program_(std::move(program)),
      schedule_(step::make_schedule(program_, {.splits_after = true, .drops = false})),
      forward_units_(configuration.encoder.reading() == model::Direction::kBackward
                         ? 0
                         : static_cast<std::size_t>(configuration.encoder.units)),
      source_ends_(configuration.source.end_token),
      embeddings_(make_embeddings(configuration.decoder, vocabulary, end, weights)),
      output_(Tensors(weights, "", precision), program_.output.weight,
              weights.get(program_.output.bias).values, configuration.decoder.temperature) {
  for (const step::ObservedSlot& one : schedule_.observations) {
    if (one.name == kAlignmentName) alignment_ = one.slot;
  }
  const Tensors tensors(weights, "", precision);
  Operations all;
  for (const Operation& one : schedule_.operations) all.push_back(prepare(one, tensors));
  distribute(std::move(all));
}

const Operation* ProgramDecoder::maker_of(int slot) const {
  for (const Operation& one : schedule_.operations) {
    if (std::find(one.results.begin(), one.results.end(), slot) != one.results.end()) return &one;
  }
  return nullptr;  // a carried value
}

// Packs the weights of an operation.
PreparedOperation ProgramDecoder::prepare(const Operation& operation,
                                          const Tensors& tensors) const {
  PreparedOperation prepared;
  prepared.operation = &operation;
  const step::Node& node = *operation.node;
  const auto under = [&](std::size_t k) {
    const auto [prefix, name] = split_name(node.weights[k]);
    return std::pair(tensors.under(prefix), name);
  };
  switch (node.op) {
    case Op::kLinear:
      prepare_linear(prepared, tensors);
      break;
    case Op::kAdditiveEnergies:
      for (std::size_t k = 1; k < node.weights.size(); ++k) {
        const auto [own, name] = under(k);
        prepared.features.push_back(own.matrix(name));
      }
      [[fallthrough]];
    case Op::kConvolution:
    case Op::kPastAdditiveEnergies:
    case Op::kParameter: {
      const auto [own, name] = under(0);
      prepared.values = own.values(name);
      break;
    }
    case Op::kGru:
    case Op::kLstm:
      prepared.cell.emplace(node.cell, static_cast<std::size_t>(node.results[0].units),
                            under(0).first);
      break;
    case Op::kLogNormalizer:
    case Op::kTokenLogProbability:
      ATTEND_CHECK(node.weights[0] == program_.output.weight &&
                   node.weights[1] == program_.output.bias);
      break;
    default:
      break;
  }
  return prepared;
}

// A value of rows is computed for the rows of a step, even if it depends on the source alone.
ProgramDecoder::Operations& ProgramDecoder::stage_of(const Operation& operation) {
  const Per per = schedule_.slots[static_cast<std::size_t>(operation.results[0])].shape.per;
  switch (operation.stage) {
    case Stage::kOnce:
      return per >= Per::kRow ? token_ : once_;
    case Stage::kToken:
      return token_;
    case Stage::kStep:
      break;
    case Stage::kAfter:
      return after_;
  }
  return operation.postponed ? postponed_ : step_;
}

// Puts the operations into their stages and leaves out those that nothing needs.
void ProgramDecoder::distribute(Operations all) {
  const std::vector<Need> needs = find_needs(all);
  const auto need_of = [&](int slot) { return needs[static_cast<std::size_t>(slot)]; };
  for (PreparedOperation& one : all) {
    Need need = Need::kNever;
    for (const int result : one.operation->results) need = std::max(need, need_of(result));
    one.shown_only = need == Need::kShown;
    if (need != Need::kNever) stage_of(*one.operation).push_back(std::move(one));
  }
  for (const step::ObservedSlot& one : schedule_.observations) {
    shown_.push_back({&one, need_of(one.slot) == Need::kAlways, one.name == kAlignmentName,
                      alignment_of(one.slot)});
  }
}

// Returns the operation that makes an alignment of the value, or of the numbers of a window that
// the value spreads; otherwise null. Energies that are divided by those of earlier steps come
// first.
const step::Node* ProgramDecoder::alignment_of(int slot) const {
  const Operation* maker = maker_of(slot);
  const bool spread = maker != nullptr && maker->node->op == Op::kSpread;
  int energies = spread ? maker->inputs[0] : slot;
  for (const Operation& one : schedule_.operations) {
    if (energies_of(one) != energies) continue;
    if (one.node->op != Op::kTemporalEnergies) return one.node;
    energies = one.results[0];
  }
  return nullptr;
}

void ProgramDecoder::prepare_linear(PreparedOperation& prepared, const Tensors& tensors) const {
  const Operation& operation = *prepared.operation;
  const auto [prefix, name] = split_name(operation.node->weights[0]);
  const std::int64_t outputs = operation.node->results[0].units;
  if (operation.adds_bias) {
    const auto [bias_prefix, bias] = split_name(operation.node->weights[1]);
    prepared.bias = tensors.under(bias_prefix).values(bias);
  }
  for (std::size_t k = 0; k < operation.inputs.size(); ++k) {
    ProductPart& part = prepared.parts.emplace_back();
    part.input = operation.inputs[k];
    const std::int64_t units = schedule_.slots[static_cast<std::size_t>(part.input)].shape.units;
    const Operation* maker = maker_of(part.input);
    if (maker != nullptr && is_embedding(*maker) && prepared.parts.size() == 1) {
      part.looks_up = true;
      prepared.tokens = TokenProjection(tensors.under(prefix), name,
                                        static_cast<std::size_t>(operation.first_columns[k]),
                                        embeddings_, std::exchange(prepared.bias, {}));
      continue;
    }
    part.weight = tensors.under(prefix).matrix(
        name, {.first_column = static_cast<std::size_t>(operation.first_columns[k]),
               .columns = static_cast<std::size_t>(units)});
    if (maker == nullptr || maker->node->op != Op::kWeightedSum || maker->node->reach > 0) continue;
    const step::Slot& values = schedule_.slots[static_cast<std::size_t>(maker->inputs[1])];
    part.projects = values.stage == Stage::kOnce && outputs * units >= kProjectedWeights;
    part.alignment = maker->inputs[0];
    part.values = maker->inputs[1];
  }
}

}  // namespace attend::runtime

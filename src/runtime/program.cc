#include "runtime/program.h"

#include <algorithm>
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

bool is_embedding(const Operation& operation) {
  return operation.node->op == Op::kPreviousEmbedding || operation.node->op == Op::kNextEmbedding;
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
      embeddings_(make_embeddings(configuration.decoder, vocabulary, end, weights)),
      output_(Tensors(weights, "", precision), program_.output.weight,
              weights.get(program_.output.bias).values) {
  for (const step::ObservedSlot& one : schedule_.observations) {
    if (one.name == "alignment") alignment_ = one.slot;
  }
  prepare(Tensors(weights, "", precision));
}

const Operation* ProgramDecoder::maker_of(int slot) const {
  for (const Operation& one : schedule_.operations) {
    if (std::find(one.results.begin(), one.results.end(), slot) != one.results.end()) return &one;
  }
  return nullptr;  // a carried value
}

void ProgramDecoder::prepare(const Tensors& tensors) {
  for (const Operation& one : schedule_.operations) {
    PreparedOperation prepared;
    prepared.operation = &one;
    const step::Node& node = *one.node;
    switch (node.op) {
      case Op::kLinear:
        prepare_linear(prepared, tensors);
        break;
      case Op::kParameter:
      case Op::kAdditiveEnergies: {
        const auto [prefix, name] = split_name(node.weights[0]);
        prepared.values = tensors.under(prefix).values(name);
        break;
      }
      case Op::kGru:
      case Op::kLstm:
        prepared.cell.emplace(node.cell, static_cast<std::size_t>(node.results[0].units),
                              tensors.under(split_name(node.weights[0]).first));
        break;
      default:
        break;
    }
    // A value of rows is computed for the rows of a step, even if it depends on the source
    // alone.
    const Per per = schedule_.slots[static_cast<std::size_t>(one.results[0])].shape.per;
    const bool of_rows = per == Per::kRow || per == Per::kRowPosition;
    Operations& stage = one.stage == Stage::kOnce    ? (of_rows ? token_ : once_)
                        : one.stage == Stage::kToken ? token_
                        : one.stage == Stage::kAfter ? after_
                        : one.postponed              ? postponed_
                                                     : step_;
    stage.push_back(std::move(prepared));
  }
  for (Operations* stage : {&token_, &postponed_, &step_, &after_}) {
    for (PreparedOperation& one : *stage) one.shown_only = is_shown_only(*one.operation);
  }
  embeds_ = reads_embedding();
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
    if (maker == nullptr || maker->node->op != Op::kWeightedSum) continue;
    const step::Slot& values = schedule_.slots[static_cast<std::size_t>(maker->inputs[1])];
    part.projects = values.stage == Stage::kOnce && outputs * units >= kProjectedWeights;
    part.alignment = maker->inputs[0];
    part.values = maker->inputs[1];
  }
}

// Whether an operation needs E y_{i-1} itself, not only products of it that are looked up.
bool ProgramDecoder::reads_embedding() const {
  const auto is_read = [this](int slot) {
    const Operation* maker = slot < 0 ? nullptr : maker_of(slot);
    return maker != nullptr && is_embedding(*maker);
  };
  for (const Operations* stage : {&token_, &postponed_, &step_, &after_}) {
    for (const PreparedOperation& one : *stage) {
      if (is_read(one.operation->added)) return true;
      for (std::size_t k = 0; k < one.operation->inputs.size(); ++k) {
        if (!is_read(one.operation->inputs[k])) continue;
        const bool looked_up = !one.parts.empty() && one.parts[k].looks_up && !one.tokens.embeds();
        if (!looked_up) return true;
      }
    }
  }
  return std::any_of(schedule_.carried.begin(), schedule_.carried.end(),
                     [&](const step::CarriedSlot& one) { return is_read(one.after); }) ||
         std::any_of(schedule_.observations.begin(), schedule_.observations.end(),
                     [&](const step::ObservedSlot& one) { return is_read(one.slot); }) ||
         is_read(schedule_.output);
}

// Whether nothing but observations and products that project read the result of a weighted sum.
bool ProgramDecoder::is_shown_only(const Operation& operation) const {
  if (operation.node->op != Op::kWeightedSum) return false;
  const int slot = operation.results[0];
  for (const Operations* stage : {&once_, &token_, &postponed_, &step_, &after_}) {
    for (const PreparedOperation& one : *stage) {
      const std::vector<int>& inputs = one.operation->inputs;
      if (one.operation->added == slot) return false;
      if (std::find(inputs.begin(), inputs.end(), slot) == inputs.end()) continue;
      const bool projects =
          std::any_of(one.parts.begin(), one.parts.end(),
                      [&](const ProductPart& part) { return part.input == slot && part.projects; });
      if (!projects) return false;
    }
  }
  for (const step::CarriedSlot& one : schedule_.carried) {
    if (one.after == slot) return false;
  }
  for (const step::Resumed& one : schedule_.resumed) {
    if (one.postponed == slot) return false;
  }
  return slot != schedule_.output;
}

}  // namespace attend::runtime

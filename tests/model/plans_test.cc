// Holds has_plan() to a list of the choices that plans compute. A choice that is not in the list
// and changes the step program must not have a plan: a plan would leave it out without a word.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/base.h"
#include "model/model.h"

namespace attend::model {
namespace {

// The values of attention.* and decoder.* that plans compute. "any" stands for all values.
const std::map<std::string, std::set<std::string>, std::less<>>& planned() {
  static const std::map<std::string, std::set<std::string>, std::less<>> kValues{
      {"attention.score", {"additive", "dot", "general"}},
      {"attention.units", {"any"}},
      {"attention.normaliser", {"softmax"}},
      {"attention.energies", {"any"}},
      {"attention.energy_bias", {"any"}},
      {"attention.kind", {"soft", "fixed", "none"}},
      {"attention.window", {"all"}},
      {"attention.coverage", {"none"}},
      {"attention.temporal", {"none"}},
      {"attention.query", {"state"}},
      {"attention.context_gate", {"none"}},
      {"attention.fixed_context", {"state"}},
      {"decoder.embedding", {"any"}},
      {"decoder.cell", {"gru", "lstm"}},
      {"decoder.gru_reset", {"any"}},
      {"decoder.gru_update", {"any"}},
      {"decoder.gru_bias", {"any"}},
      {"decoder.gates", {"any"}},
      {"decoder.units", {"any"}},
      {"decoder.layers", {"any"}},
      {"decoder.feedback", {"any"}},
      {"decoder.input_feeding", {"none", "readout"}},
      {"decoder.input_layer", {"none"}},
      {"decoder.initial_state", {"backward", "mean", "last", "copy", "zero"}},
      {"decoder.start", {"any"}},
      {"decoder.order", {"any"}},
      {"decoder.query_layer", {"top"}},
      {"decoder.context_layers", {"bottom"}},
      {"decoder.gru_context", {"outside"}},
      {"decoder.second_gru_bias", {"any"}},
      {"decoder.transitions", {"0"}},
      {"decoder.readout", {"any"}},
      {"decoder.readout_units", {"any"}},
      {"decoder.readout_feedback", {"previous", "none"}},
      {"decoder.tied_embeddings", {"any"}},
  };
  return kValues;
}

bool is_planned(const std::string& name, const std::string& value) {
  const auto found = planned().find(name);
  return found != planned().end() &&
         (found->second.contains("any") || found->second.contains(value));
}

// Everything that a plan would have to know of a step program: its operations and its parameters.
std::string text_of(const Configuration& c) {
  const step::Program program = step_program(c, {9, 9});
  std::string text;
  for (const step::Node& node : program.nodes) {
    text += fmt::format("{} {}", step::name_of(node.op), fmt::join(node.weights, " "));
    for (const step::Value& input : node.inputs)
      text += fmt::format(" {}.{}", input.node, input.result);
    for (const step::Shape& shape : node.results) {
      text += fmt::format(" {}:{}", static_cast<int>(shape.per), shape.units);
    }
    const step::CellConfig& cell = node.cell;
    for (const int choice :
         {static_cast<int>(cell.type), static_cast<int>(cell.reset), static_cast<int>(cell.update),
          static_cast<int>(cell.gates), static_cast<int>(cell.bias), node.layer,
          static_cast<int>(node.normaliser), static_cast<int>(node.place),
          static_cast<int>(node.prediction)}) {
      text += fmt::format(" {}", choice);
    }
    text += fmt::format(" {} {} {} {}\n", node.factor, node.reach, node.limit, node.elsewhere);
  }
  for (const step::TensorSpec& spec : program.parameters) {
    text += fmt::format("{} {}\n", spec.name, fmt::join(spec.shape, " "));
  }
  return text;
}

// The words that an option takes, or a number next to the one that it has.
std::vector<std::string> values_of(const Option& option) {
  if (!option.choices.empty()) return option.choices;
  const double value = std::stod(option.get());
  const bool is_share = option.range.ends_with("… 1");
  return {fmt::format("{}", is_share ? value / 2 : value + 1)};
}

bool is_of_step(const std::string& name) {
  return name.starts_with("attention.") || name.starts_with("decoder.");
}

// Sets every option of attention and of the decoder to every value, one at a time.
void expect_planned_choices_only(const Configuration& base) {
  ASSERT_TRUE(has_plan(base));
  const std::string before = text_of(base);
  Configuration any = base;
  for (const Option& option : options(any)) {
    if (!is_of_step(option.name)) continue;
    for (const std::string& value : values_of(option)) {
      Configuration c = base;
      set_option(c, option.name + "=" + value);
      try {
        check(c);
      } catch (const UsageError&) {
        continue;
      }
      if (text_of(c) == before || is_planned(option.name, value)) continue;
      EXPECT_FALSE(has_plan(c)) << option.name << "=" << value << ": no plan computes it";
    }
  }
}

TEST(Plans, ComputeTheChoicesOfTheListOnly) {
  int bases = 0;
  for (const Preset& one : presets()) {
    const Configuration base = preset(one.name);
    if (!has_plan(base)) continue;
    SCOPED_TRACE(one.name);
    expect_planned_choices_only(base);
    ++bases;
  }
  EXPECT_GT(bases, 5);
}

TEST(Plans, ComputeTheChoicesOfTheListOnlyInStacksOfLayers) {
  for (const char* order : {"look-update-generate", "update-look-generate"}) {
    for (const char* cell : {"gru", "lstm"}) {
      Configuration base = preset("default");
      set_option(base, std::string("decoder.order=") + order);
      set_option(base, std::string("decoder.cell=") + cell);
      set_option(base, "decoder.gru_reset=after");
      set_option(base, "decoder.layers=2");
      check(base);
      SCOPED_TRACE(::testing::Message() << order << " " << cell);
      expect_planned_choices_only(base);
    }
  }
}

// A misspelt option or value in the list would let a choice pass.
TEST(Plans, AreListedByOptionsThatExist) {
  Configuration any;
  std::map<std::string, std::vector<std::string>> known;
  for (const Option& option : options(any)) known[option.name] = option.choices;
  for (const auto& [name, values] : planned()) {
    ASSERT_TRUE(known.contains(name)) << name;
    for (const std::string& value : values) {
      if (value == "any" || known[name].empty()) continue;
      EXPECT_NE(std::find(known[name].begin(), known[name].end(), value), known[name].end())
          << name << "=" << value;
    }
  }
}

}  // namespace
}  // namespace attend::model

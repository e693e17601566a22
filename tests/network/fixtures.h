// Small configurations and random examples for the tests of network, fused and train.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/base.h"
#include "model/model.h"

namespace attend::network::testing {

using model::Example;

/// Makes a small model in which all sizes differ, so that a wrong transposition is noticed.
inline model::Configuration small_configuration() {
  model::Configuration c;
  c.encoder.embedding = 3;
  c.encoder.units = 4;
  c.attention.units = 5;
  c.decoder.embedding = 2;
  c.decoder.units = 6;
  c.decoder.readout_units = 7;
  c.source.unit = c.target.unit = model::UnitChoice::kCharacters;
  return c;
}

/// Returns the choices of an option.
inline std::vector<std::string> choices_of(const std::string& name) {
  model::Configuration any;
  for (const model::Option& option : model::options(any)) {
    if (option.name == name) return option.choices;
  }
  return {};
}

/// Returns a choice as a part of the name of a test, which has no hyphens.
inline std::string name_of_choice(std::string choice) {
  std::replace(choice.begin(), choice.end(), '-', '_');
  return choice;
}

/// Makes examples of random ids below the vocabulary sizes. Lengths are 1 … longest.
inline std::vector<Example> random_examples(std::size_t count, const model::VocabularySizes& sizes,
                                            std::size_t longest_source, std::size_t longest_target,
                                            std::uint64_t seed, bool fixed_lengths = false) {
  Random random(seed);
  const auto draw = [&](std::size_t longest, std::int64_t vocabulary) {
    std::vector<text::TokenId> tokens(fixed_lengths ? longest : 1 + random.below(longest));
    for (text::TokenId& token : tokens) {
      token = static_cast<text::TokenId>(random.below(static_cast<std::uint64_t>(vocabulary)));
    }
    return tokens;
  };
  std::vector<Example> examples;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<text::TokenId> source = draw(longest_source, sizes.source);
    examples.push_back({{std::move(source)}, draw(longest_target, sizes.target)});
  }
  return examples;
}

/// Links about two in three target tokens of every example to one or two source positions.
inline void add_random_links(std::vector<Example>& examples, std::uint64_t seed) {
  Random random(seed);
  for (Example& example : examples) {
    example.links.clear();
    for (std::size_t i = 0; i < example.target.size(); ++i) {
      if (random.chance(0.3)) continue;
      const std::size_t length = example.source.tokens.size(), first = random.below(length);
      const auto link = [&](std::size_t j) {
        example.links.push_back({static_cast<std::int32_t>(j), static_cast<std::int32_t>(i)});
      };
      link(first);
      if (first + 1 < length && random.chance(0.5)) link(first + 1);
    }
  }
}

inline std::vector<const Example*> pointers(const std::vector<Example>& examples) {
  std::vector<const Example*> result;
  for (const Example& example : examples) result.push_back(&example);
  return result;
}

}  // namespace attend::network::testing

// Small configurations and random examples for the tests of network, fused and train.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
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

/// Makes a small model that reads pictures of 4 × 8 pixels as 1 × 2 regions, or given annotations
/// of as many regions.
inline model::Configuration picture_configuration(model::EncoderKind kind) {
  model::Configuration c = small_configuration();
  c.source.unit = model::UnitChoice::kWhole;
  c.source.end_token = false;
  c.image = {4, 8, vision::Fit::kCrop, 2};
  c.encoder.kind = kind;
  c.encoder.stages = 2;
  c.encoder.groups = 2;
  c.encoder.units = 8;
  c.decoder.initial_state = model::InitialState::kMean;
  return c;
}

/// Makes examples of random pictures; about every second example has the picture of the one before.
inline std::vector<Example> random_pictures(std::size_t count, const model::Configuration& c,
                                            std::int64_t vocabulary, std::size_t longest_target,
                                            std::uint64_t seed) {
  const auto regions = static_cast<std::size_t>(c.regions());
  std::vector<Example> examples = random_examples(count, {1, vocabulary}, 1, longest_target, seed);
  Random random(seed + 1);
  std::shared_ptr<model::Picture> picture;
  for (Example& example : examples) {
    if (!picture || random.chance(0.5)) {
      picture = std::make_shared<model::Picture>();
      if (c.encoder.kind == model::EncoderKind::kConvolutional) {
        picture->image.size = {c.image.height, c.image.width};
        picture->image.pixels.resize(vision::value_count(picture->image.size));
        for (auto& value : picture->image.pixels)
          value = static_cast<std::uint8_t>(random.below(256));
      } else {
        picture->features.resize(regions * static_cast<std::size_t>(c.encoder.units));
        for (float& value : picture->features) value = static_cast<float>(0.3 * random.normal());
      }
    }
    example.source.tokens.assign(regions, 0);
    example.source.picture = picture;
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

/// Cuts the source of every example at random borders into sentences and, with three levels, into
/// paragraphs of them.
inline void add_random_borders(std::vector<Example>& examples, int levels, std::uint64_t seed) {
  if (levels == 1) return;
  Random random(seed);
  const auto draw = [&](std::size_t size) {
    std::vector<std::int32_t> firsts{0};
    for (std::size_t k = 1; k < size; ++k) {
      if (random.chance(0.4)) firsts.push_back(static_cast<std::int32_t>(k));
    }
    return firsts;
  };
  for (Example& example : examples) {
    model::Source& source = example.source;
    source.sentences = draw(source.tokens.size());
    if (levels == 3) source.paragraphs = draw(source.sentences.size());
  }
}

/// Gives the encoder of a model with position embeddings entities at random positions of every
/// example; one in five is nowhere, and so are both of one example in five.
inline void add_random_entities(std::vector<Example>& examples, const model::EncoderConfig& encoder,
                                std::uint64_t seed) {
  if (encoder.position_units == 0) return;
  Random random(seed);
  for (Example& example : examples) {
    example.source.entities.clear();
    if (random.chance(0.2)) continue;
    for (std::size_t k = 0; k < model::kEntities; ++k) {
      const auto place = static_cast<std::int32_t>(random.below(example.source.tokens.size()));
      example.source.entities.push_back(random.chance(0.2) ? model::kNowhere : place);
    }
  }
}

/// Gives most positions of every example a word with n-grams, if the encoder reads them. Examples
/// have one of two lists of words.
inline void add_random_ngrams(std::vector<Example>& examples, const model::EncoderConfig& encoder,
                              std::uint64_t seed) {
  constexpr std::uint64_t kWords = 9;
  if (encoder.ngrams == 0) return;
  Random random(seed);
  const auto draw_list = [&] {
    auto list = std::make_shared<model::NgramList>();
    for (std::uint64_t word = 0; word < kWords; ++word) {
      std::vector<std::int32_t> rows(1 + random.below(6));
      for (std::int32_t& row : rows) {
        row = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(encoder.ngrams)));
      }
      list->add(rows);
    }
    return list;
  };
  const std::shared_ptr<const model::NgramList> lists[] = {draw_list(), draw_list()};
  for (Example& example : examples) {
    const std::size_t units = example.source.tokens.size() - random.below(2);  // behind: </s>
    example.source.ngrams = {lists[random.below(2)], {}};
    for (std::size_t j = 0; j < units; ++j) {
      example.source.ngrams.words.push_back(static_cast<std::int32_t>(random.below(kWords)));
    }
  }
}

/// Lets a decoder copy from every example: about four in ten positions hold one of one to three
/// units that the target vocabulary lacks, and so do about four in ten target tokens but the last.
inline void add_random_copies(std::vector<Example>& examples, std::int64_t vocabulary,
                              std::uint64_t seed) {
  Random random(seed);
  const auto own = [&](std::uint64_t k) {
    return static_cast<text::TokenId>(vocabulary) + static_cast<text::TokenId>(k);
  };
  for (Example& example : examples) {
    model::Copies copies;
    copies.unknown = 0;
    for (std::size_t j = 0; j < example.source.tokens.size(); ++j) {
      text::TokenId id =
          static_cast<text::TokenId>(random.below(static_cast<std::uint64_t>(vocabulary)));
      if (random.chance(0.1)) id = text::kNoToken;
      if (random.chance(0.4)) {
        const std::size_t known = copies.units.size();
        const std::uint64_t k = random.below(known + (known < 3 ? 1 : 0));
        if (k == known) copies.units.push_back("own" + std::to_string(k));
        id = own(k);
      }
      copies.ids.push_back(id);
    }
    for (std::size_t i = 0; i + 1 < example.target.size() && !copies.units.empty(); ++i) {
      if (random.chance(0.4)) example.target[i] = own(random.below(copies.units.size()));
    }
    example.source.copies = std::move(copies);
  }
}

inline std::vector<const Example*> pointers(const std::vector<Example>& examples) {
  std::vector<const Example*> result;
  for (const Example& example : examples) result.push_back(&example);
  return result;
}

}  // namespace attend::network::testing

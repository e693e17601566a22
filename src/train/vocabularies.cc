#include "train/vocabularies.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/base.h"

namespace attend::train {
namespace {

using model::Configuration;
using model::SideConfig;
using model::SideName;
using model::UnitChoice;
using Counts = std::unordered_map<std::string, std::size_t>;

void count_units(const text::Segmenter& segmenter, const Corpus& corpus, bool sources,
                 std::size_t limit, Counts& counts) {
  for (const Line& line : corpus.lines) {
    std::vector<text::Unit> units;
    try {
      units = segmenter.split(sources ? line.pair.source : line.pair.target);
    } catch (const DataError& error) {
      throw DataError(sources ? corpus.source_name : corpus.target_name, line.number,
                      fmt::format("{}: {}", sources ? "source" : "target", error.what()));
    }
    const std::size_t end = limit > 0 ? std::min(limit, units.size()) : units.size();
    for (std::size_t i = 0; i < end; ++i) ++counts[units[i].text];
  }
}

// Returns the limits, the reserved units and the order of a side's vocabulary (model/folder.h,
// §5.3).
text::VocabularyOptions vocabulary_options(const Configuration& configuration, SideName name) {
  const bool source = name == SideName::kSource;
  const SideConfig& side = source ? configuration.source : configuration.target;
  text::VocabularyOptions options;
  options.minimum_count = static_cast<std::size_t>(side.minimum_count);
  options.maximum_size = static_cast<std::size_t>(side.maximum_size);
  options.reserved = {std::string(text::kUnknown)};
  const bool pads = source && configuration.encoder.padding == model::Padding::kVisible;
  if (pads) options.reserved.emplace_back(text::kPadding);
  if (side.end_token) options.reserved.emplace_back(text::kEnd);
  options.sorted_by_unit = pads && !side.end_token;
  if (!source && !side.end_token) {  // a target of fixed length: exactly the units that occur
    options = {1, 0, {}, true};
  }
  return options;
}

bool has_unknown(const text::VocabularyOptions& options) {
  const std::vector<std::string>& reserved = options.reserved;
  return std::find(reserved.begin(), reserved.end(), text::kUnknown) != reserved.end();
}

// Adds the units of the validation pairs to those of the training pairs. Names the units that are
// new, because the model will know them and never learn them.
void add_validation(const Counts& validation, const SideConfig& target, Counts& counts,
                    std::vector<std::string>& messages) {
  constexpr std::size_t kShown = 10;
  std::set<std::string_view> fresh;
  for (const auto& [unit, count] : validation) {
    std::size_t& known = counts[unit];
    if (known == 0 && !text::is_reserved(unit)) fresh.insert(unit);
    known += count;
  }
  if (fresh.empty()) return;
  std::string names;
  std::size_t shown = 0;
  for (const std::string_view unit : fresh) {
    if (shown++ < kShown) names += fmt::format("{}'{}'", names.empty() ? "" : ", ", unit);
  }
  messages.push_back(fmt::format(
      "warning: {} {}{} in validation pairs only, so that no pair of the training teaches {}: {}{}",
      fresh.size(), model::answers_with_labels(target) ? "label" : "target unit",
      fresh.size() == 1 ? " occurs" : "s occur", fresh.size() == 1 ? "it" : "them", names,
      fresh.size() > kShown ? ", …" : ""));
}

// Names the limits that a target without </s> does not keep: it has no <unk> for the units that
// they would leave out.
void warn_of_limits(const SideConfig& target, const Counts& counts,
                    std::vector<std::string>& messages) {
  const auto warn = [&](const char* option, int value) {
    messages.push_back(
        fmt::format("warning: target.{} (now {}) leaves no unit out: a target without </s> has no "
                    "<unk>, so that all {} units are kept",
                    option, value, counts.size()));
  };
  const auto minimum = static_cast<std::size_t>(target.minimum_count);
  const bool rare = std::any_of(counts.begin(), counts.end(),
                                [&](const auto& one) { return one.second < minimum; });
  if (rare) warn("minimum_count", target.minimum_count);
  const auto maximum = static_cast<std::size_t>(target.maximum_size);
  if (maximum > 0 && counts.size() > maximum) warn("maximum_size", target.maximum_size);
}

text::Vocabulary build_vocabulary(const Counts& counts, const text::VocabularyOptions& options,
                                  const char* side) {
  try {
    return text::Vocabulary::build(counts, options);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}.maximum_size: {}", side, error.what()));
  }
}

enum class Texts { kSources, kTargets, kBoth };

// Trains `size` subwords. If the texts give fewer, trains as many as possible and lowers `size` to
// their number.
std::string train_subwords(const SideConfig& side, const char* name, const Corpus& corpus,
                           Texts wanted, int& size) {
  std::vector<std::string> texts;
  for (const Line& line : corpus.lines) {
    if (wanted != Texts::kTargets) texts.push_back(line.pair.source);
    if (wanted != Texts::kSources) texts.push_back(line.pair.target);
  }
  text::SubwordTrainingOptions options;
  for (;;) {
    options.vocabulary_size = size;
    try {
      return text::train_subwords(texts, model::segmenter_options(side), options);
    } catch (const text::TooFewSubwords& error) {
      if (error.largest() < 2 || error.largest() >= size) throw;
      size = error.largest();
    } catch (const UsageError& error) {
      throw UsageError(fmt::format(
          "{0}.unit=subwords with {0}.subword_size={1}: {2}; another {0}.unit needs no such size",
          name, size, error.what()));
    }
  }
}

text::Segmenter make_segmenter(const SideConfig& side, const std::string& subwords) {
  const text::SegmenterOptions options = model::segmenter_options(side);
  return side.unit == UnitChoice::kSubwords ? text::Segmenter(options, subwords)
                                            : text::Segmenter(options);
}

// Trains the subword models of both sides: [source, target]. A model is empty for other units.
std::vector<std::string> build_subwords(Configuration& configuration, const Corpus& corpus,
                                        std::vector<std::string>& messages) {
  std::vector<std::string> models(2);
  const auto train = [&](SideConfig& side, const char* name, Texts texts) {
    const int wanted = side.subword_size;
    std::string model = train_subwords(side, name, corpus, texts, side.subword_size);
    if (side.subword_size < wanted) {
      messages.push_back(
          fmt::format("{}.subword_size lowered from {} to {}: the text gives no more subwords",
                      name, wanted, side.subword_size));
    }
    return model;
  };
  if (configuration.shared_vocabulary && configuration.source.unit == UnitChoice::kSubwords) {
    models[0] = models[1] = train(configuration.source, "source", Texts::kBoth);
    configuration.target.subword_size = configuration.source.subword_size;
    return models;
  }
  if (configuration.source.unit == UnitChoice::kSubwords) {
    models[0] = train(configuration.source, "source", Texts::kSources);
  }
  if (configuration.target.unit == UnitChoice::kSubwords) {
    models[1] = train(configuration.target, "target", Texts::kTargets);
  }
  return models;
}

}  // namespace

model::ModelText build_text(const Configuration& wanted, const Split& split,
                            std::vector<std::string>& messages) {
  Configuration configuration = wanted;
  std::vector<std::string> subwords = build_subwords(configuration, split.training, messages);
  const SideConfig* const sides[] = {&configuration.source, &configuration.target};
  const bool shared = configuration.shared_vocabulary;
  Counts counts[2];
  text::VocabularyOptions options[2];
  for (const int side : {0, 1}) {
    const bool is_source = side == 0;
    options[side] =
        vocabulary_options(configuration, is_source ? SideName::kSource : SideName::kTarget);
    if (is_source && configuration.encoder.reads_pictures()) continue;  // names are no units
    const text::Segmenter segmenter = make_segmenter(*sides[side], subwords[side]);
    const auto limit = static_cast<std::size_t>(sides[side]->fixed_length);
    count_units(segmenter, split.training, is_source, limit, counts[side]);
    if (has_unknown(options[side])) continue;
    Counts validation;
    count_units(segmenter, split.validation, is_source, limit, validation);
    add_validation(validation, *sides[side], counts[side], messages);
    if (!shared) warn_of_limits(*sides[side], counts[side], messages);
  }
  if (shared) {
    for (const auto& [unit, count] : counts[1]) counts[0][unit] += count;
    for (const std::string& unit : options[1].reserved) {
      auto& reserved = options[0].reserved;
      if (std::find(reserved.begin(), reserved.end(), unit) == reserved.end()) {
        reserved.push_back(unit);
      }
    }
  }
  text::Vocabulary source = build_vocabulary(counts[0], options[0], "source");
  text::Vocabulary target = shared ? source : build_vocabulary(counts[1], options[1], "target");
  return {
      configuration,
      model::make_side(configuration, SideName::kSource, std::move(source), std::move(subwords[0])),
      model::make_side(configuration, SideName::kTarget, std::move(target),
                       std::move(subwords[1]))};
}

}  // namespace attend::train

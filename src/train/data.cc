#include "train/data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/base.h"
#include "train/units.h"

namespace attend::train {
namespace {

using model::Configuration;
using model::SideConfig;
using model::SideName;
using model::UnitChoice;
using text::Pair;

struct Line {
  Pair pair;
  std::size_t number = 0;  // in its file
};

struct Corpus {
  std::string name;
  std::vector<Line> lines;
};

// FNV-1a, finished by a good mixer.
std::uint64_t hash_text(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return mix(hash);
}

Corpus read_corpus(const text::CorpusFiles& files, text::BlankSides blank,
                   std::uint64_t& fingerprint) {
  text::PairReader reader(files, blank);
  Corpus corpus;
  Line line;
  while (reader.next(line.pair)) {
    line.number = reader.line_number();
    fingerprint = hash_text(line.pair.source, fingerprint);
    fingerprint = hash_text(line.pair.target, fingerprint);
    corpus.lines.push_back(line);
  }
  corpus.name = reader.name();
  return corpus;
}

// The order of hold-out: by hash, equal sources together. Returns the indices held out.
std::vector<std::size_t> choose_held_out(const std::vector<Line>& lines,
                                         const model::TrainingConfig& training) {
  const auto wanted = static_cast<std::size_t>(
      std::clamp(training.validation_share * static_cast<double>(lines.size()), 1.0,
                 static_cast<double>(training.validation_maximum)));
  std::vector<std::uint64_t> hashes;
  hashes.reserve(lines.size());
  for (const Line& line : lines) {
    hashes.push_back(hash_text(line.pair.source, mix(training.seed)));
  }
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(hashes[a], a) < std::pair(hashes[b], b);
  });
  std::size_t end = 0;
  while (end < order.size() && (end < wanted || hashes[order[end]] == hashes[order[end - 1]])) {
    ++end;
  }
  order.resize(end);
  return order;
}

struct Split {
  Corpus training;
  Corpus validation;
};

Split split_corpus(Corpus corpus, const model::TrainingConfig& training) {
  std::vector<bool> held(corpus.lines.size(), false);
  for (const std::size_t index : choose_held_out(corpus.lines, training)) held[index] = true;
  Split split{{corpus.name, {}}, {corpus.name, {}}};
  for (std::size_t i = 0; i < corpus.lines.size(); ++i) {
    (held[i] ? split.validation : split.training).lines.push_back(std::move(corpus.lines[i]));
  }
  if (split.training.lines.empty()) {
    throw DataError(corpus.name, 0,
                    "no pair remains for training: pairs with different sources are needed, or a "
                    "validation file");
  }
  return split;
}

using Counts = std::unordered_map<std::string, std::size_t>;

void count_units(const text::Segmenter& segmenter, const std::vector<Line>& lines, bool sources,
                 std::size_t limit, Counts& counts) {
  for (const Line& line : lines) {
    const auto units = segmenter.split(sources ? line.pair.source : line.pair.target);
    const std::size_t end = limit > 0 ? std::min(limit, units.size()) : units.size();
    for (std::size_t i = 0; i < end; ++i) ++counts[units[i].text];
  }
}

// The reserved units and the order that a side needs (model/folder.h, §5.3).
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
  if (!source && !side.end_token) {  // a fixed target: exactly the units that occur
    options = {1, 0, {}, true};
  }
  return options;
}

std::string train_subwords(const Configuration& configuration, const std::vector<Line>& lines,
                           bool sources, bool targets) {
  const SideConfig& side = sources ? configuration.source : configuration.target;
  std::vector<std::string> texts;
  for (const Line& line : lines) {
    if (sources) texts.push_back(line.pair.source);
    if (targets) texts.push_back(line.pair.target);
  }
  text::SubwordTrainingOptions options;
  options.vocabulary_size = side.subword_size;
  return text::train_subwords(texts, model::segmenter_options(side), options);
}

text::Segmenter make_segmenter(const SideConfig& side, const std::string& subwords) {
  const text::SegmenterOptions options = model::segmenter_options(side);
  return side.unit == UnitChoice::kSubwords ? text::Segmenter(options, subwords)
                                            : text::Segmenter(options);
}

// Builds segmenters and vocabularies from the pairs of training. A vocabulary without <unk> counts
// the pairs of validation too, as nothing could stand for their units.
model::ModelText build_text(const Configuration& configuration, const Split& split) {
  const SideConfig* sides[] = {&configuration.source, &configuration.target};
  const bool shared = configuration.shared_vocabulary;
  Counts counts[2];
  std::string subwords[2];
  text::VocabularyOptions options[2];
  for (const int side : {0, 1}) {
    const bool is_source = side == 0;
    options[side] =
        vocabulary_options(configuration, is_source ? SideName::kSource : SideName::kTarget);
    const auto& lines = split.training.lines;
    if (sides[side]->unit == UnitChoice::kSubwords) {
      subwords[side] = shared && !is_source
                           ? subwords[0]
                           : train_subwords(configuration, lines, is_source, shared || !is_source);
    }
    const text::Segmenter segmenter = make_segmenter(*sides[side], subwords[side]);
    const auto limit = static_cast<std::size_t>(sides[side]->fixed_length);
    count_units(segmenter, lines, is_source, limit, counts[side]);
    const auto& reserved = options[side].reserved;
    if (std::find(reserved.begin(), reserved.end(), text::kUnknown) == reserved.end()) {
      count_units(segmenter, split.validation.lines, is_source, limit, counts[side]);
    }
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
  text::Vocabulary source = text::Vocabulary::build(counts[0], options[0]);
  text::Vocabulary target = shared ? source : text::Vocabulary::build(counts[1], options[1]);
  return {configuration,
          model::make_side(configuration, SideName::kSource, std::move(source), subwords[0]),
          model::make_side(configuration, SideName::kTarget, std::move(target), subwords[1])};
}

class Encoder {
 public:
  explicit Encoder(const model::ModelText& text) : text_(text) {}

  // Nothing for a pair that is too long.
  std::optional<Example> encode(const Corpus& corpus, const Line& line) {
    model::Encoded source, target;
    const bool may_be_empty = text_.configuration.training.allow_empty_targets;
    try {
      source = model::encode(text_.source, line.pair.source);
      target = model::encode(text_.target, line.pair.target,
                             may_be_empty ? model::EmptyText::kAllow : model::EmptyText::kRefuse);
    } catch (const DataError& error) {
      throw DataError(corpus.name, line.number, error.what());
    }
    const int fixed = text_.configuration.target.fixed_length;
    if (fixed > 0 && (target.tokens.size() != static_cast<std::size_t>(fixed) || target.cut > 0)) {
      throw DataError(corpus.name, line.number,
                      fmt::format("the target has {} units, target.fixed_length is {}",
                                  target.units.size() + target.cut, fixed));
    }
    const model::TrainingConfig& training = text_.configuration.training;
    if (source.tokens.size() > static_cast<std::size_t>(training.maximum_source_length) ||
        target.tokens.size() > static_cast<std::size_t>(training.maximum_target_length)) {
      ++too_long_;
      return std::nullopt;
    }
    source_cut_ += source.cut > 0;
    return Example{std::move(source.tokens), std::move(target.tokens)};
  }

  void report(std::vector<std::string>& messages) const {
    const model::TrainingConfig& training = text_.configuration.training;
    if (too_long_ > 0) {
      messages.push_back(fmt::format("{} pairs left out: longer than {} source or {} target tokens",
                                     too_long_, training.maximum_source_length,
                                     training.maximum_target_length));
    }
    if (source_cut_ > 0) {
      messages.push_back(fmt::format("{} sources cut to source.fixed_length {}", source_cut_,
                                     text_.configuration.source.fixed_length));
    }
  }

 private:
  const model::ModelText& text_;
  std::size_t too_long_ = 0;
  std::size_t source_cut_ = 0;
};

void encode_all(Dataset& dataset, const Split& split) {
  Encoder encoder(dataset.text);
  for (const Line& line : split.training.lines) {
    if (auto example = encoder.encode(split.training, line)) {
      dataset.training.push_back(std::move(*example));
    }
  }
  for (const Line& line : split.validation.lines) {
    if (auto example = encoder.encode(split.validation, line)) {
      dataset.validation.push_back(std::move(*example));
      dataset.validation_pairs.push_back(line.pair);
    }
  }
  encoder.report(dataset.messages);
  const auto none_left = [](const Corpus& corpus, const char* what) {
    throw DataError(corpus.name, 0,
                    fmt::format("no pair remains for {}: all are longer than "
                                "training.maximum_source_length or maximum_target_length",
                                what));
  };
  if (dataset.training.empty()) none_left(split.training, "training");
  if (dataset.validation.empty()) none_left(split.validation, "validation");
}

}  // namespace

Dataset prepare_data(const TrainOptions& options, std::optional<model::ModelText> existing) {
  std::uint64_t fingerprint = 0;
  std::vector<std::string> messages;
  const text::BlankSides blank = options.configuration.training.allow_empty_targets
                                     ? text::BlankSides::kTarget
                                     : text::BlankSides::kNone;
  Corpus corpus = read_corpus(options.pairs, blank, fingerprint);
  Split split;
  if (options.validation) {
    split.training = std::move(corpus);
    split.validation = read_corpus(*options.validation, blank, fingerprint);
  } else {
    split = split_corpus(std::move(corpus), options.configuration.training);
  }
  Configuration configuration = options.configuration;
  if (existing) {
    model::keep_preparation(configuration.source, existing->configuration.source);
    model::keep_preparation(configuration.target, existing->configuration.target);
    existing->configuration = configuration;
  } else {
    std::vector<const Pair*> pairs;
    for (const Line& line : split.training.lines) pairs.push_back(&line.pair);
    if (auto message = choose_preparation(configuration, pairs)) messages.push_back(*message);
    model::check(configuration);
    existing = build_text(configuration, split);
  }
  Dataset dataset{std::move(*existing), {}, {}, {}, fingerprint, std::move(messages)};
  encode_all(dataset, split);
  const model::VocabularySizes sizes = dataset.text.sizes();
  dataset.messages.push_back(
      fmt::format("{} pairs for training, {} for validation; {} source and {} target units",
                  dataset.training.size(), dataset.validation.size(), sizes.source, sizes.target));
  return dataset;
}

}  // namespace attend::train

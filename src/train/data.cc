#include "train/data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "base/base.h"
#include "train/corpus.h"
#include "train/labels.h"
#include "train/links.h"
#include "train/units.h"
#include "train/vocabularies.h"

namespace attend::train {
namespace {

using model::Configuration;
using model::SideConfig;
using model::SideName;
using model::UnitChoice;
using text::Pair;

// Counts the units of one side of a corpus, and those that are not in the vocabulary.
struct UnknownUnits {
  std::size_t units = 0;
  std::size_t unknown = 0;

  void add(const model::Encoded& encoded) {
    units += encoded.units.size();
    unknown += encoded.unknown;
  }
  double share() const {
    return units == 0 ? 0.0 : static_cast<double>(unknown) / static_cast<double>(units);
  }
};

// Returns whether some character of a vocabulary consists of several code points.
bool has_clusters(const text::Vocabulary& vocabulary) {
  return std::any_of(vocabulary.units().begin(), vocabulary.units().end(), [](const auto& unit) {
    std::size_t position = 0;
    text::next_code_point(unit, position);
    return position < unit.size() && !text::is_reserved(unit);
  });
}

std::string remedy_for_unknown(const model::Side& side, const char* name) {
  const SideConfig& config = side.config;
  std::vector<std::string> remedies;
  if (config.minimum_count > 1) {
    remedies.push_back(fmt::format("lower {}.minimum_count (now {})", name, config.minimum_count));
  }
  const auto limit = static_cast<std::size_t>(config.maximum_size);
  if (limit > 0 && side.vocabulary.size() >= limit) {
    remedies.push_back(fmt::format("raise {}.maximum_size (now {})", name, limit));
  }
  const bool words = config.unit == UnitChoice::kWords || config.unit == UnitChoice::kTokens;
  if (words && config.minimum_count == 1) {
    remedies.push_back(fmt::format("choose {0}.unit=subwords or {0}.unit=characters", name));
  }
  if (config.unit == UnitChoice::kCharacters && remedies.empty() && has_clusters(side.vocabulary)) {
    remedies.push_back(fmt::format("choose {}.unit=code-points", name));
  }
  if (remedies.empty()) return "pairs that hold these units are missing in training";
  return fmt::format("{}", fmt::join(remedies, ", or "));
}

std::vector<std::string_view> texts_of(const std::vector<text::Unit>& units) {
  std::vector<std::string_view> texts;
  for (const text::Unit& unit : units) texts.emplace_back(unit.text);
  return texts;
}

// Makes examples of pairs, and counts unknown units and pairs that are too long.
class Encoder {
 public:
  /// `pictures` is null for texts.
  Encoder(const model::ModelText& text, PictureStore* pictures, LeftOut& left_out)
      : text_(text),
        pictures_(pictures),
        left_out_(left_out),
        ngrams_(text.configuration.encoder) {}

  // Returns the example of a pair, or nothing when the pair is left out.
  std::optional<model::Example> encode(const Corpus& corpus, const Line& line) {
    model::Encoded source, target;
    std::vector<char> allowed;
    std::shared_ptr<const model::Picture> picture;
    try {
      source = encode_side(text_.source, line.pair.source, corpus.source_name, line);
      if (pictures_ != nullptr) picture = add_picture(corpus, line);
      target = encode_side(text_.target, line.pair.target, corpus.target_name, line);
      check_length(corpus, line, target);
      cut_long_source(source);
      allowed = allowed_units(corpus, line, source.units, text_.configuration.attention);
    } catch (const DataError& error) {
      left_out_.add(corpus.part, line.number, error);
      return std::nullopt;
    }
    const model::TrainingConfig& training = text_.configuration.training;
    const bool is_long =
        pictures_ == nullptr &&
        source.tokens.size() > static_cast<std::size_t>(training.maximum_source_length);
    if (is_long ||
        target.tokens.size() > static_cast<std::size_t>(training.maximum_target_length)) {
      ++too_long_[static_cast<std::size_t>(corpus.part)];
      return std::nullopt;
    }
    source_cut_ += source.cut > 0;
    marked_ += line.pair.source.find("<e1>") != std::string::npos;
    found_ += std::any_of(source.units.begin(), source.units.end(),
                          [](const text::Unit& unit) { return unit.text == "<e1>"; });
    if (!allowed.empty()) allowed.resize(source.tokens.size(), 0);  // 0 at </s> and padding
    model::Source own{source.tokens, allowed, source.sentences, source.paragraphs};
    own.picture = std::move(picture);
    own.copies = model::find_copies(text_, texts_of(source.units), own);
    model::use_copies(own.copies, text_.target, target);
    own.ngrams = ngrams_.find(texts_of(source.units));
    own.entities = model::find_entities(text_.configuration.encoder, texts_of(source.units));
    auto& unknown = unknown_[static_cast<std::size_t>(corpus.part)];
    unknown[0].add(source);
    unknown[1].add(target);
    std::vector<model::Link> links;
    if (corpus.part == Part::kTraining) {  // validation has no guided cost
      links = project_links(line.links, line.pair, source, target, allowed);
      linked_ += links.empty() ? 0 : 1;
    }
    return model::Example{std::move(own), std::move(target.tokens), std::move(links)};
  }

  // The number of examples for training that have links.
  std::size_t linked() const { return linked_; }

  void report(std::vector<std::string>& messages) const {
    const model::TrainingConfig& training = text_.configuration.training;
    if (const std::size_t count = too_long_[0] + too_long_[1]; count > 0) {
      messages.push_back(fmt::format("{} pairs left out: longer than {} source or {} target tokens",
                                     count, training.maximum_source_length,
                                     training.maximum_target_length));
    }
    if (long_sources_ > 0) {
      messages.push_back(fmt::format(
          "{} source{} cut to the first {} tokens (training.maximum_source_length)", long_sources_,
          long_sources_ == 1 ? "" : "s", training.maximum_source_length));
    }
    if (source_cut_ > 0) {
      messages.push_back(fmt::format("{} sources cut to source.fixed_length {}", source_cut_,
                                     text_.configuration.source.fixed_length));
    }
    report_entities(messages);
    report_unknown(messages);
  }

  // DataError when a corpus has given no example.
  void fail_if_none(const Corpus& corpus, const std::vector<model::Example>& examples) const {
    if (!examples.empty()) return;
    const model::TrainingConfig& training = text_.configuration.training;
    const std::size_t too_long = too_long_[static_cast<std::size_t>(corpus.part)];
    const std::string lengths =
        too_long == 0
            ? ""
            : fmt::format(
                  ": {} are longer than training.maximum_source_length ({}) or "
                  "training.maximum_target_length ({})",
                  too_long, training.maximum_source_length, training.maximum_target_length);
    throw DataError(corpus.source_name, 0,
                    fmt::format("no pair remains for {}{}{}",
                                corpus.part == Part::kTraining ? "training" : "validation", lengths,
                                left_out_.summary()));
  }

 private:
  model::Encoded encode_side(const model::Side& side, std::string_view raw, const std::string& file,
                             const Line& line) const {
    const bool is_target = &side == &text_.target;
    const bool may_be_empty = is_target && text_.configuration.training.allow_empty_targets;
    try {
      return model::encode(side, raw,
                           may_be_empty ? model::EmptyText::kAllow : model::EmptyText::kRefuse);
    } catch (const DataError& error) {
      throw DataError(file, line.number,
                      fmt::format("{}: {}", is_target ? "target" : "source", error.what()));
    }
  }

  std::shared_ptr<const model::Picture> add_picture(const Corpus& corpus, const Line& line) const {
    try {
      return pictures_->add(line.pair.source);
    } catch (const DataError& error) {
      throw DataError(corpus.source_name, line.number, error.what());
    }
  }

  // A text keeps its label when it is cut, so that a model of labels leaves no long one out.
  void cut_long_source(model::Encoded& source) {
    const auto limit = static_cast<std::size_t>(text_.configuration.training.maximum_source_length);
    const bool labels = model::answers_with_labels(text_.configuration.target);
    if (!labels || text_.source.pads || source.tokens.size() <= limit) return;
    const std::size_t behind = source.tokens.size() - source.units.size();  // </s>
    if (behind >= limit) return;
    model::cut(text_.source, limit - behind, source);
    ++long_sources_;
  }

  void check_length(const Corpus& corpus, const Line& line, const model::Encoded& target) const {
    const int fixed = text_.configuration.target.fixed_length;
    const std::size_t units = target.units.size() + target.cut;
    if (fixed > 0 && units != static_cast<std::size_t>(fixed)) {
      throw wrong_length(corpus, line, units, fixed);
    }
  }

  // Warns of marks of entities that are missing, and of marks that are no units of their own.
  void report_entities(std::vector<std::string>& messages) const {
    const bool markers = text_.configuration.source.entities == model::EntityChoice::kMarkers;
    const bool positions = text_.configuration.encoder.position_units > 0;
    const std::string none = "warning: no source marks an entity, <e1>…</e1>: ";
    if (marked_ == 0 && markers) messages.push_back(none + "source.entities has no effect");
    if (marked_ == 0 && positions) {
      messages.push_back(none + "encoder.position_units has no effect");
    }
    if (marked_ == 0 || found_ > 0) return;
    const UnitChoice unit = text_.configuration.source.unit;
    const bool may_have_markers = unit == UnitChoice::kTokens || unit == UnitChoice::kWords;
    messages.push_back(fmt::format(
        "warning: {} {} an entity, <e1>…</e1>, but <e1> is no unit of {}{}: choose "
        "source.entities=markers{}",
        marked_, marked_ == 1 ? "source marks" : "sources mark", marked_ == 1 ? "it" : "them",
        positions ? ", and encoder.position_units has no effect" : "",
        may_have_markers ? "" : " and source.unit=tokens"));
  }

  void report_unknown(std::vector<std::string>& messages) const {
    constexpr double kWorthAWarning = 0.03;
    constexpr double kShown = 0.0005;  // smaller shares would be rounded to 0.0 %
    const model::Side* const sides[] = {&text_.source, &text_.target};
    const char* const side_names[] = {"source", "target"};
    const char* const part_names[] = {"training", "validation"};
    for (const std::size_t part : {0, 1}) {
      for (const std::size_t side : {0, 1}) {
        const double share = unknown_[part][side].share();
        if (share == 0 || (side == 0 && pictures_ != nullptr)) continue;
        const std::string percent =
            share < kShown ? "less than 0.1" : fmt::format("{:.1f}", 100 * share);
        const std::string fact = fmt::format("{} % of the {} units of the {} pairs are unknown",
                                             percent, side_names[side], part_names[part]);
        // A model that copies learns it from unknown source units.
        const bool wanted = side == 0 && text_.configuration.decoder.copy != model::Copy::kNone;
        messages.push_back(share < kWorthAWarning || wanted
                               ? fact
                               : fmt::format("warning: {}: {}", fact,
                                             remedy_for_unknown(*sides[side], side_names[side])));
      }
    }
  }

  const model::ModelText& text_;
  PictureStore* pictures_;
  LeftOut& left_out_;
  model::NgramFinder ngrams_;
  std::array<std::size_t, 2> too_long_{};  // [Part]
  std::size_t long_sources_ = 0;
  std::size_t source_cut_ = 0;
  std::size_t linked_ = 0;
  std::size_t marked_ = 0;                              // pairs whose source marks an entity
  std::size_t found_ = 0;                               // those of which <e1> is a unit
  std::array<std::array<UnknownUnits, 2>, 2> unknown_;  // [Part][source, target]
};

void expect_pictures(const Split& split, PictureStore& pictures) {
  std::vector<const std::string*> names;
  for (const Corpus* corpus : {&split.training, &split.validation}) {
    for (const Line& line : corpus->lines) names.push_back(&line.pair.source);
  }
  pictures.expect(names);
}

void encode_all(Dataset& dataset, const Split& split, const TrainOptions& options,
                LeftOut& left_out) {
  if (dataset.pictures != nullptr) expect_pictures(split, *dataset.pictures);
  Encoder encoder(dataset.text, dataset.pictures.get(), left_out);
  for (const Line& line : split.training.lines) {
    if (auto example = encoder.encode(split.training, line)) {
      dataset.training.push_back(std::move(*example));
    }
  }
  encoder.fail_if_none(split.training, dataset.training);
  for (const Line& line : split.validation.lines) {
    if (auto example = encoder.encode(split.validation, line)) {
      dataset.validation.push_back(std::move(*example));
      dataset.validation_pairs.push_back(line.pair);
      if (!options.validation_links.empty()) {
        dataset.validation_gold.push_back({line.links, line.possible});
      }
    }
  }
  encoder.fail_if_none(split.validation, dataset.validation);
  for (std::string& message : left_out.messages()) dataset.messages.push_back(std::move(message));
  encoder.report(dataset.messages);
  if (!options.links.empty()) {
    dataset.messages.push_back(fmt::format("{} of {} training pairs have links", encoder.linked(),
                                           dataset.training.size()));
  }
}

// Gives every example the weight N / (labels · n), where n of the N examples have its label.
void balance(std::vector<model::Example>& examples) {
  std::map<text::TokenId, std::size_t> counts;
  for (const model::Example& example : examples) ++counts[example.target.front()];
  const double all = static_cast<double>(examples.size()) / static_cast<double>(counts.size());
  for (model::Example& example : examples) {
    const double own = static_cast<double>(counts[example.target.front()]);
    example.weight = static_cast<float>(all / own);
  }
}

// Warns where all pairs of a training have one label, which is then the answer to any text.
void warn_of_one_label(Dataset& dataset) {
  const std::vector<model::Example>& examples = dataset.training;
  const auto& first = examples.front().target;
  if (!std::all_of(examples.begin(), examples.end(),
                   [&](const model::Example& one) { return one.target == first; })) {
    return;
  }
  dataset.messages.push_back(
      fmt::format("warning: all pairs for training have the label '{}', so that the model learns "
                  "no other answer",
                  dataset.text.target.vocabulary.unit(first.front())));
}

// Chooses units and normal forms of a new training from the pairs that remain for training.
void choose(Configuration& configuration, const Corpus& corpus, bool has_validation,
            std::vector<std::string>& messages) {
  std::vector<bool> held_out(corpus.lines.size(), false);
  if (!has_validation) held_out = choose_held_out(corpus, configuration.training);
  std::vector<const Pair*> pairs;
  for (std::size_t i = 0; i < corpus.lines.size(); ++i) {
    if (!held_out[i]) pairs.push_back(&corpus.lines[i].pair);
  }
  // Pairs with empty targets are not counted, because they do not show how targets are written.
  const auto first_empty = std::stable_partition(
      pairs.begin(), pairs.end(), [](const Pair* pair) { return !text::is_blank(pair->target); });
  if (first_empty != pairs.begin()) pairs.erase(first_empty, pairs.end());
  // The names of pictures say nothing about captions, which are sentences.
  if (configuration.encoder.reads_pictures() && configuration.target.unit == UnitChoice::kAuto) {
    configuration.target.unit = UnitChoice::kWords;
  }
  if (auto message = choose_preparation(configuration, pairs)) messages.push_back(*message);
  model::check(configuration);
}

// Opens the pictures that sources name. Paths in a list are relative to the folder of the training
// list. Does nothing for texts.
void open_pictures(const TrainOptions& options, Dataset& dataset) {
  const Configuration& configuration = dataset.text.configuration;
  if (!configuration.encoder.reads_pictures()) return;
  predictor::PictureOptions& pictures = dataset.picture_options = options.pictures;
  if (pictures.images.empty() && pictures.features.empty()) {
    const text::CorpusFiles& files = options.pairs;
    const std::filesystem::path list = files.tsv.empty() ? files.source : files.tsv;
    if (list != "-") pictures.images = list.parent_path();
  }
  dataset.pictures =
      std::make_shared<PictureStore>(predictor::Pictures(pictures, configuration),
                                     PictureStore::kKept, configuration.training.threads);
}

}  // namespace

Dataset prepare_data(const TrainOptions& options, std::optional<model::ModelText> existing) {
  Configuration configuration = options.configuration;
  const model::TrainingConfig& training = configuration.training;
  LeftOut left_out(options.on_error);
  std::vector<std::string> messages;
  const Configuration& known = existing ? existing->configuration : configuration;
  const bool labels = model::answers_with_labels(known.target);
  FindFormat find;
  if (labels) find = [](text::PairReader& reader) { return text::find_labels(reader); };
  Corpus corpus =
      read_corpus(options.pairs, Part::kTraining, training, left_out, options.links, find);
  messages = corpus.found;
  if (!labels && !existing) {
    if (auto hint = hint_of_labels(corpus)) messages.push_back(*std::move(hint));
  }
  std::optional<Corpus> validation;
  if (options.validation) {
    validation = labels ? read_labelled_validation(corpus, options, left_out)
                        : read_corpus(*options.validation, Part::kValidation, training, left_out,
                                      options.validation_links);
    messages.insert(messages.end(), validation->found.begin(), validation->found.end());
  }
  if (existing) {
    configuration.source = existing->configuration.source;
    configuration.target = existing->configuration.target;
    existing->configuration = configuration;
  } else {
    choose(configuration, corpus, validation.has_value(), messages);
  }
  leave_out_unusable(corpus, configuration, left_out);
  if (validation) leave_out_unusable(*validation, configuration, left_out);
  std::uint64_t of_pairs = fingerprint(corpus, 0);
  if (validation) of_pairs = fingerprint(*validation, of_pairs);
  Split split;
  if (validation) {
    split = {std::move(corpus), std::move(*validation)};
  } else {
    const std::vector<bool> held_out = choose_held_out(corpus, training);
    split = split_corpus(std::move(corpus), held_out);
  }
  if (!existing) existing = build_text(configuration, split, messages);
  Dataset dataset{std::move(*existing), {}, {}, {}, of_pairs, std::move(messages)};
  open_pictures(options, dataset);
  encode_all(dataset, split, options, left_out);
  if (dataset.pictures != nullptr) dataset.fingerprint ^= dataset.pictures->fingerprint();
  if (training.class_weights == model::ClassWeights::kBalanced) balance(dataset.training);
  if (labels) warn_of_one_label(dataset);
  const model::VocabularySizes sizes = dataset.text.sizes();
  const std::string sources = dataset.pictures == nullptr
                                  ? fmt::format("{} source", sizes.source)
                                  : fmt::format("{} pictures", dataset.pictures->size());
  dataset.messages.push_back(
      fmt::format("{} pairs for training, {} for validation; {} and {} target units",
                  dataset.training.size(), dataset.validation.size(), sources, sizes.target));
  return dataset;
}

}  // namespace attend::train

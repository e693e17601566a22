#include "train/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace attend::train {
namespace {

using model::Configuration;
using model::EntityChoice;
using model::InvisibleChoice;
using model::NormalisationChoice;
using model::SideConfig;
using model::UnitChoice;
using Pairs = std::span<const text::Pair* const>;

constexpr double kFewWords = 4.0;
constexpr double kShortSource = 80.0;  // bytes
constexpr std::size_t kManyPairs = 20'000;

constexpr double kMarkedTexts = 0.1;  // least share of sources whose entities are marked

// Constants of rule 2.
constexpr double kSeveralWords = 2.0;       // average of the side that is written as words
constexpr double kOneWord = 1.1;            // words of the other side
constexpr double kWordsPerCharacter = 0.5;  // per character of the other side
constexpr double kShortWord = 3.0;          // code points, on average
constexpr double kRareWords = 0.01;         // largest share of words that occur once
constexpr double kRarePhones = 0.05;        // that share with a word for each character

// Constants of rule 3.
constexpr std::size_t kManyCharacters = 64;
constexpr double kRareCharacters = 0.01;  // share of texts expected to hold a new unit
constexpr double kSolved = 0.5;           // share of rare units that smaller units avoid

// Counts how often each unit occurs.
struct UnitCounts {
  std::unordered_map<std::string, std::size_t> counts;
  std::size_t units = 0;

  std::size_t once() const {
    return static_cast<std::size_t>(
        std::count_if(counts.begin(), counts.end(), [](const auto& c) { return c.second == 1; }));
  }
  // Returns the counts of the units for which `takes` returns true.
  template <typename Takes>
  UnitCounts part(Takes&& takes) const {
    UnitCounts result;
    for (const auto& [unit, count] : counts) {
      if (!takes(unit)) continue;
      result.counts.emplace(unit, count);
      result.units += count;
    }
    return result;
  }
};

UnitCounts count_units(const SideConfig& side, UnitChoice unit, NormalisationChoice form,
                       std::span<const std::string_view> texts) {
  SideConfig counted = side;
  counted.unit = unit;
  counted.normalisation = form;
  const text::Segmenter segmenter(model::segmenter_options(counted));
  UnitCounts result;
  for (const std::string_view text : texts) {
    for (text::Unit& unit_of_text : segmenter.split(text)) {
      if (text::is_tag(unit_of_text.text)) continue;
      ++result.counts[std::move(unit_of_text.text)];
      ++result.units;
    }
  }
  return result;
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  }));
}

// The texts of one side, their averages before preparation, and the configuration to choose.
struct SideTexts {
  SideConfig* config;
  std::vector<std::string_view> texts = {};
  double words = 0;         // average of a text
  double bytes = 0;         // average of a text
  double characters = 0;    // code points in words, average of a text
  std::string reason = {};  // follows the name of the unit in the message
};

// Calls `take` for each word of a text, except for its leading tags.
template <typename Take>
void for_each_word(std::string_view text, Take&& take) {
  constexpr std::string_view kWhiteSpace = " \t\r\n\f\v";
  bool leading = true;
  for (std::size_t begin = 0;
       (begin = text.find_first_not_of(kWhiteSpace, begin)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kWhiteSpace, begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    leading = leading && text::is_tag(word);
    if (!leading) take(word);
    begin = end;
  }
}

SideTexts measure(SideConfig& config, Pairs pairs, std::string text::Pair::*member) {
  SideTexts side{&config};
  for (const text::Pair* pair : pairs) {
    const std::string_view text = side.texts.emplace_back(pair->*member);
    side.bytes += static_cast<double>(text.size());
    for_each_word(text, [&](std::string_view word) {
      ++side.words;
      side.characters += static_cast<double>(count_code_points(word));
    });
  }
  const auto count = static_cast<double>(std::max(pairs.size(), std::size_t{1}));
  side.words /= count;
  side.bytes /= count;
  side.characters /= count;
  return side;
}

// Tests rule 2. Returns the number of different words of a side that is written as few, repeated
// words, such as phones. Returns nothing when the rule does not hold for the side.
std::optional<std::size_t> count_phones(const SideTexts& side, const SideTexts& other,
                                        bool word_a_character_needed) {
  if (side.words < kSeveralWords || other.words >= kFewWords) return std::nullopt;
  const bool word_a_character = side.words >= kWordsPerCharacter * other.characters;
  if (!word_a_character && (word_a_character_needed || other.words >= kOneWord)) {
    return std::nullopt;
  }
  const UnitCounts words =
      count_units(*side.config, UnitChoice::kWords, NormalisationChoice::kNfc, side.texts);
  const double rare = word_a_character ? kRarePhones : kRareWords;
  // By Good and Turing's estimate, the share of new words is the share of words that occur once.
  if (static_cast<double>(words.once()) > rare * static_cast<double>(words.units)) {
    return std::nullopt;
  }
  return words.counts.size();
}

char32_t first_code_point(std::string_view unit) {
  std::size_t position = 0;
  return text::next_code_point(unit, position);
}

bool has_several_code_points(std::string_view unit) { return count_code_points(unit) > 1; }

bool is_hangul_syllable(std::string_view unit) {
  const char32_t first = first_code_point(unit);
  return first >= 0xAC00 && first <= 0xD7A3;
}

bool is_jamo(std::string_view unit) {
  const char32_t first = first_code_point(unit);
  return first >= 0x1100 && first <= 0x11FF;
}

// Returns whether the units that can be divided are many and rare, and whether most of the
// rare ones disappear when they are divided. The expected number of new units in a text is Good and
// Turing's estimate.
bool come_apart(const UnitCounts& units, const UnitCounts& coming_apart, const UnitCounts& smaller,
                std::size_t texts) {
  const auto once = static_cast<double>(coming_apart.once());
  const double gone = static_cast<double>(units.once()) - static_cast<double>(smaller.once());
  return coming_apart.counts.size() >= kManyCharacters &&
         once >= kRareCharacters * static_cast<double>(texts) && gone >= kSolved * once;
}

// Returns the texts that may hold a unit that can be divided. Characters below U+0300 do not
// combine with others, so texts of these characters alone are left out.
std::vector<std::string_view> with_high_characters(std::span<const std::string_view> texts) {
  std::vector<std::string_view> result;
  std::copy_if(texts.begin(), texts.end(), std::back_inserter(result), [](std::string_view text) {
    constexpr unsigned char kFirstByte = 0xCC;
    return std::any_of(text.begin(), text.end(),
                       [](char byte) { return static_cast<unsigned char>(byte) >= kFirstByte; });
  });
  return result;
}

bool is_auto(UnitChoice unit) { return unit == UnitChoice::kAuto; }

const char* unit_name(UnitChoice unit) {
  return unit == UnitChoice::kCharacters   ? "characters"
         : unit == UnitChoice::kCodePoints ? "code points"
         : unit == UnitChoice::kWords      ? "words"
         : unit == UnitChoice::kTokens     ? "words and marks"
         : unit == UnitChoice::kWhole      ? "whole lines"
                                           : "subwords";
}

// Makes units of the marks of entities where sources have them and their unit allows it.
void choose_entities(SideTexts& source, bool shared) {
  SideConfig& config = *source.config;
  if (config.entities != EntityChoice::kAuto) return;
  config.entities = EntityChoice::kNone;
  const bool may_have_markers = config.unit == UnitChoice::kWords ||
                                config.unit == UnitChoice::kTokens ||
                                (is_auto(config.unit) && !shared);
  const auto is_marked = [](std::string_view text) {
    return text.find("<e1>") != std::string_view::npos &&
           text.find("<e2>") != std::string_view::npos;
  };
  const auto marked = std::count_if(source.texts.begin(), source.texts.end(), is_marked);
  const double needed = kMarkedTexts * static_cast<double>(source.texts.size());
  if (!may_have_markers || marked == 0 || static_cast<double>(marked) < needed) return;
  config.entities = EntityChoice::kMarkers;
  source.reason = " (beside entity markers)";
}

// Chooses tokens for a source where they are needed or where it is a text of several words with a
// label. Otherwise the unit of a source with a label stays kAuto for rule 3.
void choose_tokens(SideTexts& source, const SideConfig& target) {
  SideConfig& config = *source.config;
  const bool labels = model::answers_with_labels(target);
  const bool markers = config.entities == EntityChoice::kMarkers;
  if (!is_auto(config.unit) || !(markers || labels)) return;
  source.reason = markers ? " (beside entity markers)"
                          : fmt::format(" ({:.1f} words on average)", source.words);
  if (markers || source.words >= kFewWords) config.unit = UnitChoice::kTokens;
}

// Applies rules 1 and 2. A unit stays kAuto when rule 3 must choose between characters and code
// points.
void choose_words(SideTexts& source, SideTexts& target, bool shared) {
  const bool short_target = target.words < kFewWords;
  const UnitChoice larger =
      source.texts.size() < kManyPairs ? UnitChoice::kWords : UnitChoice::kSubwords;
  UnitChoice for_source = larger;
  UnitChoice for_target = short_target && !shared ? UnitChoice::kWords : larger;
  if (source.words < kFewWords || (short_target && source.bytes < kShortSource)) {
    for_source = for_target = UnitChoice::kAuto;
    const auto choose_phones = [&](SideTexts& side, const SideTexts& other, UnitChoice& unit,
                                   bool word_a_character_needed) {
      if (shared || !is_auto(side.config->unit)) return false;
      const auto phones = count_phones(side, other, word_a_character_needed);
      if (!phones) return false;
      unit = UnitChoice::kWords;
      side.reason = fmt::format(" ({} different ones, which come again as phones do)", *phones);
      return true;
    };
    const bool short_words = source.characters <= kShortWord * source.words;
    if (!choose_phones(target, source, for_target, false) && short_words) {
      choose_phones(source, target, for_source, true);
    }
  }
  if (is_auto(source.config->unit)) source.config->unit = for_source;
  if (is_auto(target.config->unit)) target.config->unit = for_target;
}

// Applies rule 3 to one side.
void choose_characters(SideTexts& side) {
  SideConfig& config = *side.config;
  const bool any_unit = is_auto(config.unit);
  const bool any_form = config.normalisation == NormalisationChoice::kAuto;
  if (any_unit) config.unit = UnitChoice::kCharacters;
  if (any_form) config.normalisation = NormalisationChoice::kNfc;
  const bool may_change = any_unit || (any_form && config.unit == UnitChoice::kCodePoints);
  if (!may_change || config.fixed_length > 0) return;

  const std::vector<std::string_view> texts = with_high_characters(side.texts);
  UnitCounts units = count_units(config, config.unit, config.normalisation, texts);
  if (any_unit) {
    UnitCounts points = count_units(config, UnitChoice::kCodePoints, config.normalisation, texts);
    const UnitCounts clusters = units.part(has_several_code_points);
    if (come_apart(units, clusters, points, side.texts.size())) {
      config.unit = UnitChoice::kCodePoints;
      side.reason = fmt::format(
          " ({} of their {} characters of several code points occur only once, but all consist of "
          "no more than {} code points)",
          clusters.once(), clusters.counts.size(), points.counts.size());
      units = std::move(points);
    }
  }
  if (!any_form) return;
  const UnitCounts syllables = units.part(is_hangul_syllable);
  if (syllables.counts.size() < kManyCharacters) return;
  const UnitCounts points =
      count_units(config, UnitChoice::kCodePoints, NormalisationChoice::kNfd, texts);
  if (!come_apart(units, syllables, points, side.texts.size())) return;
  config.unit = UnitChoice::kCodePoints;
  config.normalisation = NormalisationChoice::kNfd;
  side.reason = fmt::format(
      " in the normal form NFD ({} of their {} Hangul syllables occur only once, but all consist "
      "of no more than {} jamo)",
      syllables.once(), syllables.counts.size(), points.part(is_jamo).counts.size());
}

// Copies choices that were given for one side to the other, because a shared vocabulary needs equal
// ones.
void share_choices(SideConfig& a, SideConfig& b) {
  for (auto [open, given] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    if (is_auto(open->unit)) open->unit = given->unit;
    if (open->normalisation == NormalisationChoice::kAuto) {
      open->normalisation = given->normalisation;
    }
  }
}

// Applies rule 3 to the texts of both sides together, and gives both sides one choice. This is for
// a shared vocabulary.
void choose_characters_together(SideTexts& source, SideTexts& target) {
  std::vector<std::string_view>& texts = source.texts;
  texts.insert(texts.end(), target.texts.begin(), target.texts.end());
  const bool open_form = source.config->normalisation == NormalisationChoice::kAuto;
  if (is_auto(target.config->unit) || open_form) choose_characters(source);
  if (open_form) target.config->normalisation = source.config->normalisation;
  target.config->unit = source.config->unit;
  target.reason = source.reason.empty() ? "" : " too";
}

}  // namespace

std::optional<std::string> choose_preparation(Configuration& configuration, Pairs pairs) {
  bool any_unit = false, any_form = false;
  if (configuration.shared_vocabulary) share_choices(configuration.source, configuration.target);
  for (SideConfig* side : {&configuration.source, &configuration.target}) {
    if (side->invisible == InvisibleChoice::kAuto) side->invisible = InvisibleChoice::kDrop;
    any_unit = any_unit || is_auto(side->unit);
    any_form = any_form || side->normalisation == NormalisationChoice::kAuto;
  }
  const bool any_entities = configuration.source.entities == EntityChoice::kAuto;
  if (!any_unit && !any_form && !any_entities) return std::nullopt;
  SideTexts source = measure(configuration.source, pairs, &text::Pair::source);
  SideTexts target = measure(configuration.target, pairs, &text::Pair::target);
  choose_entities(source, configuration.shared_vocabulary);
  choose_tokens(source, configuration.target);
  const bool labels = model::answers_with_labels(configuration.target);
  if (any_unit && !labels) choose_words(source, target, configuration.shared_vocabulary);
  if (configuration.shared_vocabulary) {
    choose_characters_together(source, target);
  } else {
    choose_characters(source);
    choose_characters(target);
  }
  if (!any_unit && source.reason.empty() && target.reason.empty()) return std::nullopt;
  return fmt::format("units: {} in sources{}, {} in targets{}",
                     unit_name(configuration.source.unit), source.reason,
                     unit_name(configuration.target.unit), target.reason);
}

}  // namespace attend::train

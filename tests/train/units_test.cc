#include "train/units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/base.h"
#include "testing.h"

namespace attend::train {
namespace {

using model::Configuration;
using model::InvisibleChoice;
using model::NormalisationChoice;
using model::UnitChoice;
using ::testing::AllOf;
using ::testing::HasSubstr;
using text::Pair;

std::optional<std::string> choose(Configuration& configuration, const std::vector<Pair>& pairs) {
  std::vector<const Pair*> pointers;
  for (const Pair& pair : pairs) pointers.push_back(&pair);
  return choose_preparation(configuration, pointers);
}

/// The choices that the default preset makes.
struct Chosen {
  explicit Chosen(const std::vector<Pair>& pairs, const std::vector<std::string>& settings = {}) {
    for (const std::string& setting : settings) model::set_option(configuration, setting);
    message = choose(configuration, pairs);
  }
  Configuration configuration = model::preset("default");
  model::SideConfig& source = configuration.source;
  model::SideConfig& target = configuration.target;
  std::optional<std::string> message;
};

std::string utf8(char32_t c) {
  std::string text;
  if (c < 0x800) {
    text += static_cast<char>(0xC0 | (c >> 6));
  } else {
    text += static_cast<char>(0xE0 | (c >> 12));
    text += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
  }
  return text + static_cast<char>(0x80 | (c & 0x3F));
}

/// Makes words of 1 … 6 characters. `character` draws each character.
template <typename Character>
std::vector<std::string> random_words(std::size_t count, Character&& character) {
  Random random(11);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < count; ++i) {
    std::string word;
    for (std::size_t n = 1 + random.below(6); n > 0; --n) word += character(random);
    words.push_back(word);
  }
  return words;
}

/// Draws a Devanagari cluster: a consonant, and most often one or two vowel signs. Most clusters
/// are rare.
std::string akshara(Random& random) {
  std::string text = utf8(0x0915 + static_cast<char32_t>(random.below(30)));
  if (random.chance(0.8)) text += utf8(0x093E + static_cast<char32_t>(random.below(12)));
  if (random.chance(0.3)) text += utf8(0x0901 + static_cast<char32_t>(random.below(2)));
  return text;
}

std::string syllable(Random& random) {  // one of 19 · 21 · 28
  return utf8(0xAC00 + static_cast<char32_t>(random.below(11172)));
}

std::string han(Random& random) { return utf8(0x4E00 + static_cast<char32_t>(random.below(3000))); }

std::string accented(Random& random) {  // letters with accents, composed, as in Vietnamese
  return random.chance(0.5) ? std::string(1, static_cast<char>('a' + random.below(26)))
                            : utf8(0x1EA0 + static_cast<char32_t>(random.below(90)));
}

std::vector<Pair> pairs_of(const std::vector<std::string>& sources,
                           const std::vector<std::string>& targets) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < sources.size(); ++i) pairs.push_back({sources[i], targets[i]});
  return pairs;
}

std::vector<Pair> pairs_of(const std::vector<std::string>& sources) {
  return pairs_of(sources, std::vector<std::string>(sources.size(), "target"));
}

std::vector<Pair> swapped(std::vector<Pair> pairs) {
  for (Pair& pair : pairs) std::swap(pair.source, pair.target);
  return pairs;
}

/// Makes pairs of letters and phones, with one phone for each letter.
std::vector<Pair> phone_pairs(std::size_t count) {
  const std::vector<std::string> words = random_words(count, [](Random& random) {
    return std::string(1, static_cast<char>('a' + random.below(26)));
  });
  std::vector<Pair> pairs;
  for (const std::string& word : words) {
    std::string phones;
    for (const char c : word) {
      phones += (phones.empty() ? "" : " ") + std::string{static_cast<char>(c - 32), 'h'};
    }
    pairs.push_back({word, phones});
  }
  return pairs;
}

TEST(ChoiceOfUnits, CodePointsWhereCharactersAreManyAndRare) {
  const Chosen chosen(pairs_of(random_words(500, akshara)));
  EXPECT_EQ(chosen.source.unit, UnitChoice::kCodePoints);
  EXPECT_EQ(chosen.source.normalisation, NormalisationChoice::kNfc);
  EXPECT_EQ(chosen.target.unit, UnitChoice::kCharacters);
  EXPECT_THAT(*chosen.message, AllOf(HasSubstr("units: code points in sources ("),
                                     HasSubstr("occur only once, but all consist of no more"),
                                     HasSubstr("), characters in targets")));
}

TEST(ChoiceOfUnits, CodePointsInTargetsToo) {
  const Chosen chosen(swapped(pairs_of(random_words(500, akshara))));
  EXPECT_EQ(chosen.source.unit, UnitChoice::kCharacters);
  EXPECT_EQ(chosen.target.unit, UnitChoice::kCodePoints);
  EXPECT_THAT(*chosen.message, HasSubstr("characters in sources, code points in targets ("));
}

TEST(ChoiceOfUnits, CharactersWhereTheyAreFewOrFrequent) {
  const auto few = [](Random& random) { return utf8(0x0915) + utf8(0x093E + random.below(3)); };
  EXPECT_EQ(Chosen(pairs_of(random_words(500, few))).source.unit, UnitChoice::kCharacters);
  // There are 100 clusters, and each occurs a hundred times.
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < 10'000; ++i) {
    pairs.push_back({utf8(static_cast<char32_t>(0x0915 + i % 10)) +
                         utf8(static_cast<char32_t>(0x093E + i / 10 % 10)),
                     "t"});
  }
  const Chosen chosen(pairs);
  EXPECT_EQ(chosen.source.unit, UnitChoice::kCharacters);
  EXPECT_EQ(*chosen.message, "units: characters in sources, characters in targets");
}

TEST(ChoiceOfUnits, JamoWhereSyllablesAreManyAndRare) {
  for (const bool as_target : {false, true}) {
    std::vector<Pair> pairs = pairs_of(random_words(500, syllable));
    if (as_target) pairs = swapped(pairs);
    const Chosen chosen(pairs);
    const model::SideConfig& side = as_target ? chosen.target : chosen.source;
    const model::SideConfig& other = as_target ? chosen.source : chosen.target;
    EXPECT_EQ(side.unit, UnitChoice::kCodePoints);
    EXPECT_EQ(side.normalisation, NormalisationChoice::kNfd);
    EXPECT_EQ(other.unit, UnitChoice::kCharacters);
    EXPECT_EQ(other.normalisation, NormalisationChoice::kNfc);
    EXPECT_THAT(*chosen.message,
                AllOf(HasSubstr("code points in "), HasSubstr("NFD"), HasSubstr("jamo")));
  }
}

TEST(ChoiceOfUnits, JamoOnlyWhereTheUserLeavesTheFormOpen) {
  const std::vector<Pair> pairs = pairs_of(random_words(500, syllable));
  const Chosen composed(pairs, {"source.normalisation=nfc"});
  EXPECT_EQ(composed.source.unit, UnitChoice::kCharacters);
  EXPECT_EQ(composed.source.normalisation, NormalisationChoice::kNfc);
  const Chosen characters(pairs, {"source.unit=characters"});
  EXPECT_EQ(characters.source.unit, UnitChoice::kCharacters);
  EXPECT_EQ(characters.source.normalisation, NormalisationChoice::kNfc);
  const Chosen decomposed(pairs, {"source.normalisation=nfd"});  // there are still many clusters
  EXPECT_EQ(decomposed.source.unit, UnitChoice::kCodePoints);
  const Chosen points(pairs, {"source.unit=code-points", "target.unit=characters"});
  EXPECT_EQ(points.source.normalisation, NormalisationChoice::kNfd);
  EXPECT_THAT(points.message.value_or(""), HasSubstr("NFD"));
}

TEST(ChoiceOfUnits, WhatDoesNotComeApartStays) {
  for (const auto& words : {random_words(500, han), random_words(500, accented)}) {
    const Chosen chosen(pairs_of(words));
    EXPECT_EQ(chosen.source.unit, UnitChoice::kCharacters);
    EXPECT_EQ(chosen.source.normalisation, NormalisationChoice::kNfc);
  }
}

TEST(ChoiceOfUnits, OneScriptDoesNotHideAnother) {
  std::vector<std::string> with_han = random_words(500, akshara);
  std::vector<std::string> with_korean = with_han;
  std::vector<std::string> korean_and_han = random_words(500, syllable);
  for (const std::string& word : random_words(500, han)) {
    with_han.push_back("<zh> " + word);
    korean_and_han.push_back("<zh> " + word);
  }
  for (const std::string& word : random_words(500, syllable)) with_korean.push_back(word);
  EXPECT_EQ(Chosen(pairs_of(with_han)).source.unit, UnitChoice::kCodePoints);
  EXPECT_EQ(Chosen(pairs_of(with_han)).source.normalisation, NormalisationChoice::kNfc);
  for (const auto& words : {with_korean, korean_and_han}) {
    EXPECT_EQ(Chosen(pairs_of(words)).source.unit, UnitChoice::kCodePoints);
    EXPECT_EQ(Chosen(pairs_of(words)).source.normalisation, NormalisationChoice::kNfd);
  }
}

TEST(ChoiceOfUnits, FixedLengthsStayCharacters) {
  const Chosen chosen(pairs_of(random_words(500, akshara)), {"source.fixed_length=10"});
  EXPECT_EQ(chosen.source.unit, UnitChoice::kCharacters);
}

TEST(ChoiceOfUnits, ASharedVocabularyHasOneUnit) {
  const std::vector<std::string> hindi = random_words(500, akshara);
  const Chosen chosen(pairs_of(hindi), {"shared_vocabulary=true"});
  EXPECT_EQ(chosen.source.unit, UnitChoice::kCodePoints);
  EXPECT_EQ(chosen.target.unit, UnitChoice::kCodePoints);
  const Chosen korean(swapped(pairs_of(random_words(500, syllable))), {"shared_vocabulary=true"});
  EXPECT_EQ(korean.source.unit, UnitChoice::kCodePoints);
  EXPECT_EQ(korean.source.normalisation, NormalisationChoice::kNfd);
  EXPECT_EQ(korean.target.normalisation, NormalisationChoice::kNfd);
  const Chosen given(pairs_of(hindi), {"shared_vocabulary=true", "target.unit=characters"});
  EXPECT_EQ(given.source.unit, UnitChoice::kCharacters);
  const Chosen phones(phone_pairs(300), {"shared_vocabulary=true"});
  EXPECT_EQ(phones.source.unit, phones.target.unit);
  for (const Chosen* one : {&chosen, &korean, &given, &phones}) {
    EXPECT_NO_THROW(model::check(one->configuration));
  }
}

TEST(ChoiceOfUnits, PhonesOfAWordAreWords) {
  const Chosen chosen(phone_pairs(300));
  EXPECT_EQ(chosen.source.unit, UnitChoice::kCharacters);
  EXPECT_EQ(chosen.target.unit, UnitChoice::kWords);
  EXPECT_EQ(*chosen.message,
            "units: characters in sources, words in targets (26 different ones, which come again "
            "as phones do)");
  EXPECT_EQ(Chosen(phone_pairs(300), {"target.unit=characters"}).target.unit,
            UnitChoice::kCharacters);
}

TEST(ChoiceOfUnits, PhonesBehindTagsAndOfTwoWordsAreWords) {
  std::vector<Pair> pairs = phone_pairs(300);
  for (Pair& pair : pairs) pair.source = "<en> <uk> " + pair.source;
  EXPECT_EQ(Chosen(pairs).target.unit, UnitChoice::kWords);
  pairs = phone_pairs(300);
  for (std::size_t i = 0; i + 1 < pairs.size(); ++i) {
    pairs[i].source += " " + pairs[i + 1].source;
    pairs[i].target += " " + pairs[i + 1].target;
  }
  EXPECT_EQ(Chosen(pairs).target.unit, UnitChoice::kWords);
}

TEST(ChoiceOfUnits, PhonesAsSourcesAreWords) {
  const Chosen chosen(swapped(phone_pairs(300)));
  EXPECT_EQ(chosen.source.unit, UnitChoice::kWords);
  EXPECT_EQ(chosen.target.unit, UnitChoice::kCharacters);
}

TEST(ChoiceOfUnits, PhonesOfRareCharacters) {
  std::vector<Pair> pairs;
  for (const std::string& word : random_words(500, akshara)) {
    std::string phones = "a";
    for (std::size_t i = 0; i < word.size() / 3; ++i) {
      phones += ' ' + std::string(1, static_cast<char>('a' + i % 7));
    }
    pairs.push_back({word, phones});
  }
  const Chosen chosen(pairs);
  EXPECT_EQ(chosen.source.unit, UnitChoice::kCodePoints);
  EXPECT_EQ(chosen.target.unit, UnitChoice::kWords);
}

TEST(ChoiceOfUnits, RareWordsBehindOneWordAreCharacters) {
  std::vector<Pair> pairs;  // names in another order: their words do not repeat
  for (int i = 0; i < 500; ++i) {
    pairs.push_back({"n" + std::to_string(7919 * i),
                     "m" + std::to_string(i) + " of n" + std::to_string(7919 * i)});
  }
  EXPECT_EQ(Chosen(pairs).target.unit, UnitChoice::kCharacters);
}

TEST(ChoiceOfUnits, DatesAreCharacters) {
  const char* months[] = {"January", "March", "May", "July", "October"};
  std::vector<Pair> pairs;
  for (int i = 0; i < 2000; ++i) {
    const int day = 10 + i % 18, month = i % 5, year = 1970 + i % 50;
    const std::string iso =
        std::to_string(year) + "-0" + std::to_string(month + 1) + "-" + std::to_string(day);
    const std::string written =
        std::to_string(day) + " " + months[month] + " " + std::to_string(year);
    pairs.push_back({i % 3 == 0 ? "<en> " + written : written, iso});
  }
  const Chosen chosen(pairs);
  EXPECT_EQ(chosen.source.unit, UnitChoice::kCharacters);
  EXPECT_EQ(chosen.target.unit, UnitChoice::kCharacters);
}

TEST(ChoiceOfUnits, SentencesAreWordsOrSubwords) {
  std::vector<Pair> pairs;
  for (int i = 0; i < 300; ++i) {
    pairs.push_back({"a b c d e" + std::to_string(i), "v w x y z" + std::to_string(i)});
  }
  EXPECT_EQ(Chosen(pairs).source.unit, UnitChoice::kWords);
  EXPECT_EQ(Chosen(pairs).target.normalisation, NormalisationChoice::kNfc);
  while (pairs.size() < 20'000) pairs.push_back(pairs[pairs.size() % 300]);
  EXPECT_EQ(Chosen(pairs).source.unit, UnitChoice::kSubwords);
  EXPECT_EQ(Chosen(pairs).target.unit, UnitChoice::kSubwords);
}

TEST(ChoiceOfUnits, TextsWithLabelsAreTokensOrCharacters) {
  std::vector<Pair> texts, names;
  for (int i = 0; i < 300; ++i) {
    texts.push_back({"It is film " + std::to_string(i) + ", and good.", i % 2 == 0 ? "yes" : "no"});
    names.push_back({"Anna " + std::to_string(i), i % 2 == 0 ? "yes" : "no"});
  }
  const std::vector<std::string> whole{"target.unit=whole"};
  const Chosen of_texts(texts, whole), of_names(names, whole);
  EXPECT_EQ(of_texts.source.unit, UnitChoice::kTokens);
  EXPECT_EQ(of_texts.message,
            "units: words and marks in sources (6.0 words on average), whole lines in targets");
  EXPECT_EQ(of_names.source.unit, UnitChoice::kCharacters);
  EXPECT_EQ(of_names.message,
            "units: characters in sources (2.0 words on average), whole lines in targets");
  while (texts.size() < 20'000) texts.push_back(texts[texts.size() % 300]);
  EXPECT_EQ(Chosen(texts, whole).source.unit, UnitChoice::kTokens);
  EXPECT_EQ(Chosen(texts, {"target.unit=whole", "source.unit=words"}).source.unit,
            UnitChoice::kWords);
  EXPECT_NE(Chosen(texts).source.unit, UnitChoice::kTokens);
}

TEST(ChoiceOfUnits, EntityMarkersStandBesideTokens) {
  const std::vector<Pair> pairs{{"<e1>a</e1> <e2>b</e2>", "x"}, {"<e1>c</e1>", "y"}};
  const Chosen chosen(pairs, {"source.entities=markers"});
  EXPECT_EQ(chosen.source.unit, UnitChoice::kTokens);
  EXPECT_EQ(chosen.target.unit, UnitChoice::kCharacters);
  ASSERT_TRUE(chosen.message);
  EXPECT_THAT(*chosen.message, HasSubstr("words and marks in sources (beside entity markers)"));
}

TEST(ChoiceOfUnits, EntitiesHaveMarkersWhereTextsMarkThem) {
  const std::vector<Pair> marked{{"<e1>a</e1> <e2>b</e2>", "x"}, {"<e1>c</e1>", "y"}};
  const std::vector<std::string> labels{"target.unit=whole", "source.entities=auto"};
  const auto with = [&](const std::string& setting) {
    std::vector<std::string> settings = labels;
    settings.push_back(setting);
    return settings;
  };
  const Chosen chosen(marked, labels);
  EXPECT_EQ(chosen.source.entities, model::EntityChoice::kMarkers);
  EXPECT_EQ(chosen.source.unit, UnitChoice::kTokens);
  EXPECT_EQ(chosen.message,
            "units: words and marks in sources (beside entity markers), whole lines in targets");
  const Chosen words(marked, with("source.unit=words"));
  EXPECT_EQ(words.source.entities, model::EntityChoice::kMarkers);
  EXPECT_EQ(words.message,
            "units: words in sources (beside entity markers), whole lines in targets");
  for (const char* given :
       {"source.unit=characters", "source.unit=subwords", "source.entities=none"}) {
    EXPECT_EQ(Chosen(marked, with(given)).source.entities, model::EntityChoice::kNone) << given;
  }
  // One of the two marks is no relation, and few texts may speak about marks.
  const std::vector<Pair> half{{"<e1>a</e1>", "x"}, {"<e2>c</e2>", "y"}};
  EXPECT_EQ(Chosen(half, labels).source.entities, model::EntityChoice::kNone);
  std::vector<Pair> few(20, Pair{"a b", "x"});
  few.front() = marked.front();
  EXPECT_EQ(Chosen(few, labels).source.entities, model::EntityChoice::kNone);
  EXPECT_EQ(Chosen(few, labels).source.unit, UnitChoice::kCharacters);
}

TEST(ChoiceOfUnits, NothingIsLeftOpenAndNothingGivenIsChanged) {
  const std::vector<Pair> pairs = pairs_of(random_words(100, syllable));
  for (const model::Preset& preset : model::presets()) {
    Configuration configuration = model::preset(preset.name);
    choose(configuration, pairs);
    for (const model::SideConfig* side : {&configuration.source, &configuration.target}) {
      EXPECT_NO_THROW(model::segmenter_options(*side)) << preset.name;
      EXPECT_EQ(side->invisible, InvisibleChoice::kDrop) << preset.name;
    }
  }
  Configuration given;  // as earlier versions had it
  given.source.unit = given.target.unit = UnitChoice::kCharacters;
  const std::string before = model::write_yaml(given);
  EXPECT_EQ(choose(given, pairs), std::nullopt);
  EXPECT_EQ(model::write_yaml(given), before);
}

TEST(ChoiceOfUnits, OfRealPairs) {
  ATTEND_REQUIRE_DATA("g2p-sigmorphon2020");
  const std::filesystem::path folder = attend::testing::data_folder() / "g2p-sigmorphon2020";
  const auto expect = [&](const std::string& language, UnitChoice unit, NormalisationChoice form) {
    text::PairReader reader({folder / (language + "_train.tsv"), {}, {}});
    std::vector<Pair> pairs;
    for (Pair pair; reader.next(pair);) pairs.push_back(pair);
    const Chosen chosen(pairs);
    EXPECT_EQ(chosen.source.unit, unit) << language;
    EXPECT_EQ(chosen.source.normalisation, form) << language;
    EXPECT_EQ(chosen.target.unit, UnitChoice::kWords) << language;
    EXPECT_EQ(chosen.target.normalisation, NormalisationChoice::kNfc) << language;
  };
  expect("hin", UnitChoice::kCodePoints, NormalisationChoice::kNfc);
  expect("kor", UnitChoice::kCodePoints, NormalisationChoice::kNfd);
  for (const char* language : {"ady", "arm", "bul", "dut", "fre", "geo", "gre", "hun", "ice", "jpn",
                               "lit", "rum", "vie"}) {
    expect(language, UnitChoice::kCharacters, NormalisationChoice::kNfc);
  }
}

}  // namespace
}  // namespace attend::train

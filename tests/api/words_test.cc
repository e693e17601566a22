#include "attend/attend.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "answers.h"

namespace attend {
namespace {

using Json = nlohmann::json;
using attend::testing::make_answer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "kleine Häuser" in pieces, "small houses" in pieces.
Answer houses() {
  return make_answer("kleine  Häuser", {"klein", "e", "Häu", "ser"}, "small houses.",
                     {"small", "hous", "es", "."},
                     {{0.5F, 0.3F, 0.1F, 0.1F, 0.0F},
                      {0.4F, 0.0F, 0.3F, 0.3F, 0.0F},
                      {0.3F, 0.3F, 0.1F, 0.3F, 0.0F},
                      {0.0F, 0.1F, 0.6F, 0.2F, 0.1F}});
}

TEST(LinkWords, JoinsWordsOfTheRawTexts) {
  const WordAnswer words = link_words(houses());
  EXPECT_THAT(words.words, ElementsAre(ByteSpan{0, 6}, ByteSpan{8, 15}));
  ASSERT_EQ(words.predictions.size(), 1U);
  EXPECT_THAT(words.predictions[0].words, ElementsAre(ByteSpan{0, 5}, ByteSpan{6, 13}));
  EXPECT_EQ(pharaoh(words.predictions[0]), "0-0 1-1") << "the point belongs to the word before it";
  EXPECT_NEAR(words.predictions[0].links[1].weight, (0.6 + 0.4 + 0.8) / 3, 1e-6);
}

TEST(LinkWords, OfAnAnswerWithoutPredictionsHasTheWordsOfTheSource) {
  Answer answer;
  answer.source.text = " ";
  EXPECT_THAT(link_words(answer).words, IsEmpty());
  EXPECT_THAT(link_words(answer).predictions, IsEmpty());
}

Json json_of(const Answer& answer, const WordAnswer* words) {
  std::string text;
  write_json(
      answer, AnswerKind::kText, [&](std::string_view part) { text += part; }, words);
  return Json::parse(text);
}

TEST(LinkWords, AreInJsonBesideTheUnits) {
  const Answer answer = houses();
  const WordAnswer words = link_words(answer);
  const Json json = json_of(answer, &words);
  EXPECT_EQ(json["source_words"][1], Json::parse(R"({"text":"Häuser","bytes":[8,15]})"));
  const Json& prediction = json["predictions"][0];
  EXPECT_EQ(prediction["words"][0], Json::parse(R"({"text":"small","bytes":[0,5]})"));
  ASSERT_EQ(prediction["word_links"].size(), 2U);
  const Json& link = prediction["word_links"][1];
  EXPECT_EQ(link["source"], 1);
  EXPECT_EQ(link["target"], 1);
  EXPECT_EQ(link["source_bytes"], Json::array({8, 15}));
  EXPECT_EQ(link["target_bytes"], Json::array({6, 13}));
  EXPECT_NEAR(link["weight"].get<double>(), 0.6, 1e-6);
  EXPECT_FALSE(link.contains("reverse_weight"));
  const Json without = json_of(answer, nullptr);
  EXPECT_FALSE(without.contains("source_words"));
  EXPECT_FALSE(without["predictions"][0].contains("word_links"));
  EXPECT_EQ(without["predictions"][0]["alignment"], prediction["alignment"]);
}

}  // namespace
}  // namespace attend

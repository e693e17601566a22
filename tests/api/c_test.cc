// The C face: answers, null, freed and wrong handles, and many threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "attend/attend.h"
#include "attend/attend.hpp"
#include "model_folder.h"

namespace attend {
namespace {

using ::testing::HasSubstr;

class CFace : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(attend_open(folder.path().c_str(), nullptr, &model), ATTEND_OK);
  }
  void TearDown() override { attend_predictor_free(model); }
  attend_answers* predict(const std::vector<const char*>& texts,
                          const attend_options* options = nullptr) const {
    attend_answers* answers = nullptr;
    EXPECT_EQ(attend_predict(model, texts.data(), texts.size(), options, &answers), ATTEND_OK)
        << attend_last_error();
    return answers;
  }

  testing::ModelFolder folder;
  attend_predictor* model = nullptr;
};

TEST_F(CFace, GivesWhatTheCxxFaceGives) {
  const Predictor predictor(folder.path());
  const Answer expected = predictor.predict("cé ba");
  const Prediction& best = expected.predictions.at(0);
  attend_answers* answers = predict({"cé ba", ""});
  ASSERT_EQ(attend_answer_count(answers), 2U);
  EXPECT_STREQ(attend_problem(answers, 0), "");
  EXPECT_EQ(attend_prediction_count(answers, 1), 0U);
  ASSERT_EQ(attend_prediction_count(answers, 0), 1U);
  EXPECT_EQ(attend_prediction_text(answers, 0, 0), best.text);
  EXPECT_EQ(attend_prediction_score(answers, 0, 0), best.score);
  EXPECT_EQ(attend_prediction_log_probability(answers, 0, 0), best.log_probability);
  EXPECT_EQ(attend_prediction_finished(answers, 0, 0), best.finished ? 1 : 0);
  EXPECT_EQ(std::isnan(attend_prediction_confidence(answers, 0, 0)), !best.confidence.has_value());
  ASSERT_EQ(attend_source_unit_count(answers, 0), expected.source.units.size());
  std::size_t begin = 0, end = 0;
  EXPECT_STREQ(attend_source_unit(answers, 0, 1, &begin, &end), "é");
  EXPECT_EQ(begin, 1U);
  EXPECT_EQ(end, 3U);
  ASSERT_EQ(attend_prediction_unit_count(answers, 0, 0), best.units.size());
  float log_probability = 0;
  for (std::size_t i = 0; i < best.units.size(); ++i) {
    EXPECT_EQ(attend_prediction_unit(answers, 0, 0, i, &begin, &end, &log_probability),
              best.units[i]);
    EXPECT_EQ(begin, best.spans[i].begin);
    EXPECT_EQ(end, best.spans[i].end);
    EXPECT_EQ(log_probability, best.unit_scores[i]);
  }
  std::size_t rows = 0, columns = 0;
  const float* alignment = attend_prediction_alignment(answers, 0, 0, &rows, &columns);
  ASSERT_EQ(rows * columns, best.alignment.size());
  EXPECT_EQ(std::vector<float>(alignment, alignment + rows * columns), best.alignment);
  ASSERT_EQ(attend_column_count(answers, 0), columns);
  EXPECT_STREQ(attend_column(answers, 0, columns - 1), "</s>");
  ASSERT_EQ(attend_link_count(answers, 0, 0), best.links.size());
  for (std::size_t l = 0; l < best.links.size(); ++l) {
    std::size_t source = 0, target = 0;
    EXPECT_EQ(attend_link(answers, 0, 0, l, &source, &target), 1);
    EXPECT_EQ(std::pair(source, target), best.links[l]);
  }
  std::string json;
  write_json(expected, AnswerKind::kText, [&](std::string_view part) { json += part; });
  EXPECT_EQ(std::string(attend_answer_json(answers, 0)) + "\n", json);
  EXPECT_EQ(attend_answer_json(answers, 0), attend_answer_json(answers, 0)) << "one pointer";
  attend_answers_free(answers);
}

TEST_F(CFace, TakesOptions) {
  attend_options* options = attend_options_new();
  EXPECT_EQ(attend_options_set(options, "beam", "4"), ATTEND_OK);
  EXPECT_EQ(attend_options_set(options, "n-best", "4"), ATTEND_OK);
  EXPECT_EQ(attend_options_set(options, "alignments", "no"), ATTEND_OK);
  EXPECT_EQ(attend_options_set(options, "beam", "many"), ATTEND_USAGE);
  EXPECT_THAT(attend_last_error(), HasSubstr("found 'many'"));
  attend_answers* answers = predict({"abc"}, options);
  EXPECT_EQ(attend_prediction_count(answers, 0), 4U);
  std::size_t rows = 7, columns = 7;
  EXPECT_EQ(attend_prediction_alignment(answers, 0, 0, &rows, &columns), nullptr);
  EXPECT_EQ(rows, 0U);
  attend_answers_free(answers);
  attend_options_free(options);
}

TEST_F(CFace, ScoresAndExplains) {
  const char *source = "abc", *target = "ba";
  attend_answers* answers = nullptr;
  ASSERT_EQ(attend_score(model, &source, &target, 1, nullptr, &answers), ATTEND_OK);
  EXPECT_STREQ(attend_prediction_text(answers, 0, 0), "ba");
  attend_answers_free(answers);
  char* json = nullptr;
  ASSERT_EQ(attend_explain(model, source, nullptr, 3, &json), ATTEND_OK);
  EXPECT_THAT(json, HasSubstr("\"energies\""));
  attend_string_free(json);
  EXPECT_EQ(attend_explain(model, "\xff", nullptr, 3, &json), ATTEND_DATA);
  EXPECT_EQ(json, nullptr);
}

TEST_F(CFace, LinksWords) {
  const Predictor predictor(folder.path());
  const Answer answer = predictor.predict("cé  ba");
  const WordAnswer expected = link_words(answer);
  attend_answers* answers = predict({"cé  ba"});
  ASSERT_EQ(attend_source_word_count(answers, 0), 2U);
  std::size_t begin = 0, end = 0;
  EXPECT_EQ(attend_source_word(answers, 0, 1, &begin, &end), 1);
  EXPECT_EQ(begin, 5U);
  EXPECT_EQ(end, 7U);
  const LinkedWords& linked = expected.predictions.at(0);
  ASSERT_EQ(attend_prediction_word_count(answers, 0, 0), linked.words.size());
  for (std::size_t w = 0; w < linked.words.size(); ++w) {
    EXPECT_EQ(attend_prediction_word(answers, 0, 0, w, &begin, &end), 1);
    EXPECT_EQ((ByteSpan{begin, end}), linked.words[w]);
  }
  ASSERT_EQ(attend_word_link_count(answers, 0, 0), linked.links.size());
  ASSERT_FALSE(linked.links.empty());
  for (std::size_t l = 0; l < linked.links.size(); ++l) {
    std::size_t source = 0, target = 0;
    float weight = 0;
    EXPECT_EQ(attend_word_link(answers, 0, 0, l, &source, &target, &weight), 1);
    EXPECT_EQ((Link{source, target}), linked.links[l].link);
    EXPECT_EQ(weight, linked.links[l].weight);
  }
  EXPECT_EQ(attend_source_word(answers, 0, 2, nullptr, nullptr), 0);
  EXPECT_EQ(attend_prediction_word(answers, 0, 0, 99, nullptr, nullptr), 0);
  EXPECT_EQ(attend_word_link(answers, 0, 0, 99, nullptr, nullptr, nullptr), 0);
  EXPECT_EQ(attend_label_count(answers, 0), 0U) << "these are no labels";
  attend_answers_free(answers);
}

TEST_F(CFace, HasNoWordLinksWithoutAlignments) {
  attend_options* options = attend_options_new();
  ASSERT_EQ(attend_options_set(options, "alignments", "no"), ATTEND_OK);
  attend_answers* answers = predict({"cé  ba"}, options);
  EXPECT_EQ(attend_source_word_count(answers, 0), 2U);
  EXPECT_EQ(attend_word_link_count(answers, 0, 0), 0U);
  attend_answers_free(answers);
  attend_options_free(options);
}

TEST(CLabels, HaveProbabilitiesBestFirst) {
  const testing::ModelFolder folder(testing::ModelFolder::Answers::kLabels);
  attend_predictor* model = nullptr;
  ASSERT_EQ(attend_open(folder.path().c_str(), nullptr, &model), ATTEND_OK);
  EXPECT_EQ(attend_has_labels(model), 1);
  const char* texts[] = {"abc", ""};
  attend_answers* answers = nullptr;
  ASSERT_EQ(attend_classify(model, texts, 2, nullptr, &answers), ATTEND_OK);
  const Predictor predictor(folder.path());
  const std::vector<std::string> sources{"abc"};
  const std::vector<Choice> expected =
      predictor.rank_labels(predictor.classify(sources).log_probabilities.at(0));
  const std::size_t labels = attend_label_count(answers, 0);
  ASSERT_EQ(labels, expected.size());
  EXPECT_EQ(labels, 6U) << "of 8 units <pad> and </s> are never answers";
  float before = 0;
  for (std::size_t k = 0; k < labels; ++k) {
    float log_probability = 0;
    EXPECT_EQ(attend_label(answers, 0, k, &log_probability), expected[k].unit);
    EXPECT_EQ(log_probability, expected[k].log_probability);
    EXPECT_LE(log_probability, before);
    before = log_probability;
  }
  EXPECT_STREQ(attend_label(answers, 0, 0, nullptr), attend_prediction_text(answers, 0, 0));
  EXPECT_EQ(attend_label(answers, 0, labels, nullptr), nullptr);
  EXPECT_EQ(attend_label_count(answers, 1), 0U) << "a blank text has no answer";
  attend_answers_free(answers);
  attend_predictor_free(model);
}

TEST_F(CFace, SaysWhatWasWithheld) {
  attend_options* options = attend_options_new();
  ASSERT_EQ(attend_options_set(options, "minimum-probability", "1"), ATTEND_OK);
  attend_answers* answers = predict({"abc"}, options);
  EXPECT_EQ(attend_prediction_count(answers, 0), 0U);
  EXPECT_LT(attend_withheld(answers, 0), 1);
  attend_answers_free(answers);
  attend_options_free(options);
}

TEST_F(CFace, AnswersNoTextsWithNoAnswers) {
  attend_answers* answers = nullptr;
  EXPECT_EQ(attend_predict(model, nullptr, 0, nullptr, &answers), ATTEND_OK);
  EXPECT_EQ(attend_answer_count(answers), 0U);
  attend_answers_free(answers);
}

// Calls every function with a handle that is nothing.
void call_all(attend_options* options, attend_predictor* predictor, attend_answers* answers) {
  const char* text = "a";
  attend_answers* none = nullptr;
  char* json = nullptr;
  EXPECT_EQ(attend_options_set(options, "beam", "2"), ATTEND_USAGE);
  EXPECT_THAT(attend_last_error(), HasSubstr("options"));
  EXPECT_EQ(attend_has_alignment(predictor), 0);
  EXPECT_EQ(attend_has_labels(predictor), 0);
  EXPECT_EQ(attend_reads_pictures(predictor), 0);
  EXPECT_EQ(attend_predict(predictor, &text, 1, nullptr, &none), ATTEND_USAGE);
  EXPECT_EQ(attend_score(predictor, &text, &text, 1, nullptr, &none), ATTEND_USAGE);
  EXPECT_EQ(attend_classify(predictor, &text, 1, nullptr, &none), ATTEND_USAGE);
  EXPECT_EQ(attend_explain(predictor, text, nullptr, 1, &json), ATTEND_USAGE);
  EXPECT_THAT(attend_last_error(), HasSubstr("a predictor"));
  EXPECT_EQ(attend_answer_count(answers), 0U);
  EXPECT_EQ(attend_problem(answers, 0), nullptr);
  EXPECT_TRUE(std::isnan(attend_withheld(answers, 0)));
  EXPECT_EQ(attend_answer_json(answers, 0), nullptr);
  EXPECT_EQ(attend_source_unit_count(answers, 0), 0U);
  EXPECT_EQ(attend_source_unit(answers, 0, 0, nullptr, nullptr), nullptr);
  EXPECT_EQ(attend_column_count(answers, 0), 0U);
  EXPECT_EQ(attend_column(answers, 0, 0), nullptr);
  EXPECT_EQ(attend_prediction_count(answers, 0), 0U);
  EXPECT_EQ(attend_prediction_text(answers, 0, 0), nullptr);
  EXPECT_TRUE(std::isnan(attend_prediction_score(answers, 0, 0)));
  EXPECT_TRUE(std::isnan(attend_prediction_log_probability(answers, 0, 0)));
  EXPECT_TRUE(std::isnan(attend_prediction_confidence(answers, 0, 0)));
  EXPECT_EQ(attend_prediction_finished(answers, 0, 0), 0);
  EXPECT_EQ(attend_prediction_unit_count(answers, 0, 0), 0U);
  EXPECT_EQ(attend_prediction_unit(answers, 0, 0, 0, nullptr, nullptr, nullptr), nullptr);
  EXPECT_EQ(attend_prediction_alignment(answers, 0, 0, nullptr, nullptr), nullptr);
  EXPECT_EQ(attend_link_count(answers, 0, 0), 0U);
  EXPECT_EQ(attend_link(answers, 0, 0, 0, nullptr, nullptr), 0);
  EXPECT_EQ(attend_source_word_count(answers, 0), 0U);
  EXPECT_EQ(attend_source_word(answers, 0, 0, nullptr, nullptr), 0);
  EXPECT_EQ(attend_prediction_word_count(answers, 0, 0), 0U);
  EXPECT_EQ(attend_prediction_word(answers, 0, 0, 0, nullptr, nullptr), 0);
  EXPECT_EQ(attend_word_link_count(answers, 0, 0), 0U);
  EXPECT_EQ(attend_word_link(answers, 0, 0, 0, nullptr, nullptr, nullptr), 0);
  EXPECT_EQ(attend_label_count(answers, 0), 0U);
  EXPECT_EQ(attend_label(answers, 0, 0, nullptr), nullptr);
  EXPECT_THAT(attend_last_error(), HasSubstr("answers"));
}

// Calls every function that reads options with a handle that is none, and a good predictor.
void call_with_options(attend_options* options, attend_predictor* predictor, const char* folder) {
  const char* text = "a";
  attend_predictor* opened = predictor;
  attend_answers* answers = nullptr;
  char* json = nullptr;
  EXPECT_EQ(attend_open(folder, options, &opened), ATTEND_USAGE);
  EXPECT_EQ(opened, nullptr);
  EXPECT_EQ(attend_open_several(&folder, 1, options, &opened), ATTEND_USAGE);
  EXPECT_EQ(attend_predict(predictor, &text, 1, options, &answers), ATTEND_USAGE);
  EXPECT_EQ(attend_score(predictor, &text, &text, 1, options, &answers), ATTEND_USAGE);
  EXPECT_EQ(attend_classify(predictor, &text, 1, options, &answers), ATTEND_USAGE);
  EXPECT_EQ(answers, nullptr);
  EXPECT_EQ(attend_explain(predictor, text, options, 1, &json), ATTEND_USAGE);
  EXPECT_EQ(json, nullptr);
  EXPECT_THAT(attend_last_error(), HasSubstr("options"));
}

TEST_F(CFace, NoticesOptionsThatAreFreedOrWrong) {
  attend_options* options = attend_options_new();
  attend_options_free(options);
  call_with_options(options, model, folder.path().c_str());
  call_with_options(reinterpret_cast<attend_options*>(model), model, folder.path().c_str());
}

TEST_F(CFace, LetsOneThreadFreeWhatOthersRead) {
  for (int round = 0; round < 20; ++round) {
    attend_answers* shared = predict({"abc", "b"});
    attend_options* options = attend_options_new();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        const char* text = "abc";
        attend_answers* own = nullptr;
        const std::size_t count = attend_answer_count(shared);  // before or after it is freed
        EXPECT_TRUE(count == 0 || count == 2) << count;
        attend_prediction_score(shared, 1, 0);
        attend_source_word_count(shared, 0);
        attend_predict(model, &text, 1, options, &own);
        attend_answers_free(own);
      });
    }
    attend_answers_free(shared);
    attend_options_free(options);
    for (std::thread& thread : threads) thread.join();
  }
}

TEST_F(CFace, NoticesHandlesThatAreNullFreedOrWrong) {
  call_all(nullptr, nullptr, nullptr);
  attend_options* options = attend_options_new();
  attend_predictor* other = nullptr;
  ASSERT_EQ(attend_open(folder.path().c_str(), nullptr, &other), ATTEND_OK);
  attend_answers* answers = predict({"a"});
  attend_options_free(options);
  attend_predictor_free(other);
  attend_answers_free(answers);
  call_all(options, other, answers);
  attend_options_free(options);  // again
  attend_predictor_free(other);
  attend_answers_free(answers);
  // Handles of other kinds.
  options = attend_options_new();
  answers = predict({"a"});
  call_all(reinterpret_cast<attend_options*>(answers), reinterpret_cast<attend_predictor*>(options),
           reinterpret_cast<attend_answers*>(model));
  attend_answers_free(reinterpret_cast<attend_answers*>(options));
  attend_predictor_free(reinterpret_cast<attend_predictor*>(answers));
  EXPECT_EQ(attend_answer_count(answers), 1U);
  EXPECT_EQ(attend_options_set(options, "beam", "2"), ATTEND_OK);
  attend_options_free(options);
  attend_answers_free(answers);
  int nothing = 0;
  call_all(reinterpret_cast<attend_options*>(&nothing),
           reinterpret_cast<attend_predictor*>(&nothing),
           reinterpret_cast<attend_answers*>(&nothing));
  attend_string_free(nullptr);
}

TEST_F(CFace, NoticesWrongArguments) {
  attend_answers* answers = nullptr;
  const char* texts[] = {"a", nullptr};
  EXPECT_EQ(attend_predict(model, texts, 2, nullptr, &answers), ATTEND_USAGE);
  EXPECT_EQ(answers, nullptr);
  EXPECT_EQ(attend_predict(model, nullptr, 2, nullptr, &answers), ATTEND_USAGE);
  EXPECT_EQ(attend_predict(model, texts, 1, nullptr, nullptr), ATTEND_USAGE);
  EXPECT_EQ(attend_score(model, texts, nullptr, 1, nullptr, &answers), ATTEND_USAGE);
  EXPECT_EQ(attend_classify(model, texts, 2, nullptr, &answers), ATTEND_USAGE);
  EXPECT_EQ(attend_classify(model, texts, 1, nullptr, &answers), ATTEND_USAGE) << "no labels";
  EXPECT_EQ(attend_explain(model, nullptr, nullptr, 1, nullptr), ATTEND_USAGE);
  EXPECT_EQ(attend_options_set(nullptr, nullptr, nullptr), ATTEND_USAGE);
  attend_predictor* none = model;
  EXPECT_EQ(attend_open(nullptr, nullptr, &none), ATTEND_USAGE);
  EXPECT_EQ(none, nullptr);
  EXPECT_EQ(attend_open("/no such folder", nullptr, &none), ATTEND_MODEL);
  EXPECT_EQ(attend_open_several(nullptr, 0, nullptr, &none), ATTEND_USAGE);
  EXPECT_EQ(attend_open(folder.path().c_str(), nullptr, nullptr), ATTEND_USAGE);
  answers = predict({"a"});
  EXPECT_EQ(attend_prediction_text(answers, 1, 0), nullptr);
  EXPECT_THAT(attend_last_error(), HasSubstr("answer 1 of 1"));
  EXPECT_EQ(attend_prediction_text(answers, 0, 5), nullptr);
  EXPECT_EQ(attend_source_unit(answers, 0, 9, nullptr, nullptr), nullptr);
  EXPECT_EQ(attend_column(answers, 0, 9), nullptr);
  EXPECT_EQ(attend_prediction_unit(answers, 0, 0, 999, nullptr, nullptr, nullptr), nullptr);
  EXPECT_EQ(attend_link(answers, 0, 0, 999, nullptr, nullptr), 0);
  attend_answers_free(answers);
}

TEST_F(CFace, MayBeCalledByManyThreads) {
  constexpr int kThreads = 8, kRounds = 20;
  attend_answers* shared = predict({"abc"});
  const std::string expected = attend_prediction_text(shared, 0, 0);
  const std::string json = attend_answer_json(shared, 0);
  std::vector<std::thread> threads;
  std::vector<int> right(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < kRounds; ++round) {
        attend_answers* own = nullptr;
        const char* text = "abc";
        if (attend_predict(model, &text, 1, nullptr, &own) != ATTEND_OK) continue;
        right[static_cast<std::size_t>(t)] += attend_prediction_text(own, 0, 0) == expected &&
                                              attend_answer_json(shared, 0) == json &&
                                              attend_source_word_count(shared, 0) == 1 &&
                                              attend_prediction_text(own, 9, 0) == nullptr;
        attend_answers_free(own);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : right) EXPECT_EQ(count, kRounds);
  attend_answers_free(shared);
}

TEST_F(CFace, MayFreeWhatAnotherThreadUses) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const char* text = "abc";
      for (int round = 0; round < 50; ++round) {
        attend_answers* answers = nullptr;
        const attend_status status = attend_predict(model, &text, 1, nullptr, &answers);
        EXPECT_TRUE(status == ATTEND_OK || status == ATTEND_USAGE);
        attend_answers_free(answers);
      }
    });
  }
  attend_predictor_free(model);
  for (std::thread& thread : threads) thread.join();
}

TEST_F(CFace, LoadsManyModels) {
  std::set<attend_predictor*> models;
  for (int i = 0; i < 10; ++i) {
    attend_predictor* one = nullptr;
    ASSERT_EQ(attend_open(folder.path().c_str(), nullptr, &one), ATTEND_OK);
    models.insert(one);
  }
  EXPECT_EQ(models.size(), 10U);
  for (attend_predictor* one : models) attend_predictor_free(one);
}

TEST(CVersion, IsThatOfTheCxxFace) { EXPECT_EQ(attend_version(), version()); }

}  // namespace
}  // namespace attend

// The face for C: what answers hold.
#include <algorithm>
#include <string>

#include "api/c_handles.h"

namespace attend::api {
namespace {

[[noreturn]] void out_of_range(const char* what, std::size_t index, std::size_t count) {
  throw UsageError(std::string("found ") + what + " " + std::to_string(index) + " of " +
                   std::to_string(count) + ", counted from 0");
}

template <class List>
const auto& at(const List& list, std::size_t index, const char* what) {
  if (index >= list.size()) out_of_range(what, index, list.size());
  return list[index];
}

// One answer, and the handle's answers, which stay alive while an accessor reads it.
struct Found {
  std::shared_ptr<Answers> all;
  const Answer& answer;
};
Found find_answer(const attend_answers* handle, std::size_t answer) {
  auto all = find(all_answers(), handle, "answers");
  const Answer& found = at(all->answers, answer, "answer");
  return {std::move(all), found};
}

// Returns what `read` makes of a prediction.
template <class Result, class Read>
Result of_prediction(const attend_answers* handle, std::size_t answer, std::size_t prediction,
                     Result otherwise, const Read& read) noexcept {
  return value_or(otherwise, [&]() -> Result {
    const Found found = find_answer(handle, answer);
    return read(found.answer, at(found.answer.predictions, prediction, "prediction"));
  });
}

// Returns what `read` makes of the words of an answer, which are found when they are first asked
// for.
template <class Result, class Read>
Result of_words(const attend_answers* handle, std::size_t answer, Result otherwise,
                const Read& read) noexcept {
  return value_or(otherwise, [&]() -> Result {
    const Found found = find_answer(handle, answer);
    const std::lock_guard lock(found.all->mutex);
    std::optional<WordAnswer>& words = found.all->words[answer];
    if (!words) words = link_words(found.answer);
    return read(*words);
  });
}
template <class Result, class Read>
Result of_target_words(const attend_answers* handle, std::size_t answer, std::size_t prediction,
                       Result otherwise, const Read& read) noexcept {
  return of_words(handle, answer, otherwise, [&](const WordAnswer& words) {
    return read(at(words.predictions, prediction, "prediction"));
  });
}

void set_if(std::size_t* place, std::size_t value) {
  if (place != nullptr) *place = value;
}

// Gives the bytes of a word and returns 1.
int give_word(const std::vector<ByteSpan>& words, std::size_t word, std::size_t* begin,
              std::size_t* end) {
  const ByteSpan& span = at(words, word, "word");
  set_if(begin, span.begin);
  set_if(end, span.end);
  return 1;
}

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

}  // namespace
}  // namespace attend::api

namespace api = attend::api;
using attend::Answer;
using attend::Prediction;

size_t attend_answer_count(const attend_answers* answers) {
  return api::value_or<size_t>(
      0, [&] { return api::find(api::all_answers(), answers, "answers")->answers.size(); });
}

const char* attend_problem(const attend_answers* answers, size_t answer) {
  return api::value_or<const char*>(
      nullptr, [&] { return api::find_answer(answers, answer).answer.problem.c_str(); });
}

double attend_withheld(const attend_answers* answers, size_t answer) {
  return api::value_or(api::kNone, [&] {
    return api::find_answer(answers, answer).answer.withheld.value_or(api::kNone);
  });
}

const char* attend_answer_json(const attend_answers* answers, size_t answer) {
  return api::value_or<const char*>(nullptr, [&] {
    const api::Found found = api::find_answer(answers, answer);
    const std::lock_guard lock(found.all->mutex);
    std::string& json = found.all->json[answer];
    if (json.empty()) {
      std::string written;
      attend::write_json(found.answer, found.all->kind,
                         [&](std::string_view part) { written += part; });
      written.pop_back();  // the line feed
      json = std::move(written);
    }
    return json.c_str();
  });
}

size_t attend_source_unit_count(const attend_answers* answers, size_t answer) {
  return api::value_or<size_t>(
      0, [&] { return api::find_answer(answers, answer).answer.source.units.size(); });
}

const char* attend_source_unit(const attend_answers* answers, size_t answer, size_t unit,
                               size_t* begin, size_t* end) {
  return api::value_or<const char*>(nullptr, [&] {
    const api::Found found = api::find_answer(answers, answer);
    const attend::Unit& one = api::at(found.answer.source.units, unit, "unit");
    api::set_if(begin, one.span.begin);
    api::set_if(end, one.span.end);
    return one.text.c_str();
  });
}

size_t attend_column_count(const attend_answers* answers, size_t answer) {
  return api::value_or<size_t>(
      0, [&] { return api::find_answer(answers, answer).answer.source.columns.size(); });
}

const char* attend_column(const attend_answers* answers, size_t answer, size_t column) {
  return api::value_or<const char*>(nullptr, [&] {
    const api::Found found = api::find_answer(answers, answer);
    return api::at(found.answer.source.columns, column, "column").c_str();
  });
}

size_t attend_prediction_count(const attend_answers* answers, size_t answer) {
  return api::value_or<size_t>(
      0, [&] { return api::find_answer(answers, answer).answer.predictions.size(); });
}

const char* attend_prediction_text(const attend_answers* answers, size_t answer,
                                   size_t prediction) {
  return api::of_prediction<const char*>(
      answers, answer, prediction, nullptr,
      [](const Answer&, const Prediction& one) { return one.text.c_str(); });
}

double attend_prediction_score(const attend_answers* answers, size_t answer, size_t prediction) {
  return api::of_prediction(answers, answer, prediction, api::kNone,
                            [](const Answer&, const Prediction& one) { return one.score; });
}

double attend_prediction_log_probability(const attend_answers* answers, size_t answer,
                                         size_t prediction) {
  return api::of_prediction(
      answers, answer, prediction, api::kNone,
      [](const Answer&, const Prediction& one) { return one.log_probability; });
}

double attend_prediction_confidence(const attend_answers* answers, size_t answer,
                                    size_t prediction) {
  return api::of_prediction(
      answers, answer, prediction, api::kNone,
      [](const Answer&, const Prediction& one) { return one.confidence.value_or(api::kNone); });
}

int attend_prediction_finished(const attend_answers* answers, size_t answer, size_t prediction) {
  return api::of_prediction(
      answers, answer, prediction, 0,
      [](const Answer&, const Prediction& one) { return one.finished ? 1 : 0; });
}

size_t attend_prediction_unit_count(const attend_answers* answers, size_t answer,
                                    size_t prediction) {
  return api::of_prediction<size_t>(
      answers, answer, prediction, 0,
      [](const Answer&, const Prediction& one) { return one.units.size(); });
}

const char* attend_prediction_unit(const attend_answers* answers, size_t answer, size_t prediction,
                                   size_t unit, size_t* begin, size_t* end,
                                   float* log_probability) {
  return api::of_prediction<const char*>(
      answers, answer, prediction, nullptr, [&](const Answer&, const Prediction& one) {
        const std::string& text = api::at(one.units, unit, "unit");
        api::set_if(begin, one.spans[unit].begin);
        api::set_if(end, one.spans[unit].end);
        if (log_probability != nullptr) *log_probability = one.unit_scores[unit];
        return text.c_str();
      });
}

const float* attend_prediction_alignment(const attend_answers* answers, size_t answer,
                                         size_t prediction, size_t* rows, size_t* columns) {
  api::set_if(rows, 0);
  api::set_if(columns, 0);
  return api::of_prediction<const float*>(
      answers, answer, prediction, nullptr,
      [&](const Answer& whole, const Prediction& one) -> const float* {
        if (one.alignment.empty()) return nullptr;
        api::set_if(rows, one.units.size());
        api::set_if(columns, whole.source.columns.size());
        return one.alignment.data();
      });
}

size_t attend_link_count(const attend_answers* answers, size_t answer, size_t prediction) {
  return api::of_prediction<size_t>(
      answers, answer, prediction, 0,
      [](const Answer&, const Prediction& one) { return one.links.size(); });
}

int attend_link(const attend_answers* answers, size_t answer, size_t prediction, size_t link,
                size_t* source_unit, size_t* target_unit) {
  return api::of_prediction(answers, answer, prediction, 0,
                            [&](const Answer&, const Prediction& one) {
                              const auto& [source, target] = api::at(one.links, link, "link");
                              api::set_if(source_unit, source);
                              api::set_if(target_unit, target);
                              return 1;
                            });
}

size_t attend_label_count(const attend_answers* answers, size_t answer) {
  return api::value_or<size_t>(0, [&] {
    const api::Found found = api::find_answer(answers, answer);
    return found.all->labels[answer].size();
  });
}

const char* attend_label(const attend_answers* answers, size_t answer, size_t rank,
                         float* log_probability) {
  return api::value_or<const char*>(nullptr, [&] {
    const api::Found found = api::find_answer(answers, answer);
    const attend::Choice& label = api::at(found.all->labels[answer], rank, "label");
    if (log_probability != nullptr) *log_probability = label.log_probability;
    return label.unit.c_str();
  });
}

size_t attend_source_word_count(const attend_answers* answers, size_t answer) {
  return api::of_words<size_t>(answers, answer, 0,
                               [](const attend::WordAnswer& words) { return words.words.size(); });
}

int attend_source_word(const attend_answers* answers, size_t answer, size_t word, size_t* begin,
                       size_t* end) {
  return api::of_words(answers, answer, 0, [&](const attend::WordAnswer& words) {
    return api::give_word(words.words, word, begin, end);
  });
}

size_t attend_prediction_word_count(const attend_answers* answers, size_t answer,
                                    size_t prediction) {
  return api::of_target_words<size_t>(
      answers, answer, prediction, 0,
      [](const attend::LinkedWords& linked) { return linked.words.size(); });
}

int attend_prediction_word(const attend_answers* answers, size_t answer, size_t prediction,
                           size_t word, size_t* begin, size_t* end) {
  return api::of_target_words(answers, answer, prediction, 0,
                              [&](const attend::LinkedWords& linked) {
                                return api::give_word(linked.words, word, begin, end);
                              });
}

size_t attend_word_link_count(const attend_answers* answers, size_t answer, size_t prediction) {
  return api::of_target_words<size_t>(
      answers, answer, prediction, 0,
      [](const attend::LinkedWords& linked) { return linked.links.size(); });
}

int attend_word_link(const attend_answers* answers, size_t answer, size_t prediction, size_t link,
                     size_t* source_word, size_t* target_word, float* weight) {
  return api::of_target_words(answers, answer, prediction, 0,
                              [&](const attend::LinkedWords& linked) {
                                const attend::WordLink& one = api::at(linked.links, link, "link");
                                api::set_if(source_word, one.link.source);
                                api::set_if(target_word, one.link.target);
                                if (weight != nullptr) *weight = one.weight;
                                return 1;
                              });
}

// The face for C: versions, options, predictors and what they are asked. c_answers.cc has the
// answers.
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "api/c_handles.h"

namespace attend::api {

namespace {

// The message of the last failure in this thread. The C face has to keep it somewhere between two
// calls, as errno is kept.
std::string& last_error() {
  thread_local std::string message;
  return message;
}

template <class Pointer>
void require(Pointer* pointer, const char* name) {
  if (pointer == nullptr) throw UsageError(std::string(name) + ": found NULL");
}

NamedOptions options_of(const attend_options* handle) {
  return handle == nullptr ? NamedOptions{} : *find(all_options(), handle, "options");
}

std::vector<std::string> strings_of(const char* const* texts, std::size_t count, const char* name) {
  if (count > 0) require(texts, name);
  std::vector<std::string> strings;
  strings.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    require(texts[i], name);
    strings.emplace_back(texts[i]);
  }
  return strings;
}

attend_answers* keep_answers(std::vector<Answer> answers, const Predictor& predictor,
                             std::vector<std::vector<Choice>> labels = {}) {
  auto kept = std::make_shared<Answers>();
  kept->labels = std::move(labels);
  kept->labels.resize(answers.size());
  kept->json.resize(answers.size());
  kept->words.resize(answers.size());
  kept->answers = std::move(answers);
  kept->kind = predictor.info().answers;
  return keep<attend_answers>(all_answers(), std::move(kept));
}

}  // namespace

attend_status fail(attend_status status, const char* message) noexcept {
  try {
    last_error() = message;
  } catch (const std::bad_alloc&) {
    last_error().clear();
  }
  return status;
}

// They are never destroyed, because a destructor of the calling program may still use them.
Handles<NamedOptions>& all_options() {
  static auto* const handles = new Handles<NamedOptions>;
  return *handles;
}
Handles<const Predictor>& all_predictors() {
  static auto* const handles = new Handles<const Predictor>;
  return *handles;
}
Handles<Answers>& all_answers() {
  static auto* const handles = new Handles<Answers>;
  return *handles;
}

}  // namespace attend::api

namespace api = attend::api;

const char* attend_version(void) { return attend::version().data(); }

const char* attend_last_error(void) { return api::last_error().c_str(); }

attend_options* attend_options_new(void) {
  return api::value_or<attend_options*>(nullptr, [] {
    return api::keep<attend_options>(api::all_options(), std::make_shared<api::NamedOptions>());
  });
}

attend_status attend_options_set(attend_options* options, const char* name, const char* value) {
  return api::guard([&] {
    api::require(name, "name");
    api::require(value, "value");
    api::find(api::all_options(), options, "options")->set(name, value);
  });
}

void attend_options_free(attend_options* options) {
  api::guard([&] { api::all_options().remove(reinterpret_cast<std::uintptr_t>(options)); });
}

attend_status attend_open(const char* folder, const attend_options* options,
                          attend_predictor** predictor) {
  return attend_open_several(&folder, 1, options, predictor);
}

attend_status attend_open_several(const char* const* folders, size_t count,
                                  const attend_options* options, attend_predictor** predictor) {
  return api::guard([&] {
    api::require(predictor, "predictor");
    *predictor = nullptr;
    const std::vector<std::string> names = api::strings_of(folders, count, "folder");
    auto loaded = std::make_shared<const attend::Predictor>(names, api::options_of(options).load);
    *predictor = api::keep<attend_predictor>(api::all_predictors(), std::move(loaded));
  });
}

void attend_predictor_free(attend_predictor* predictor) {
  api::guard([&] { api::all_predictors().remove(reinterpret_cast<std::uintptr_t>(predictor)); });
}

int attend_has_alignment(const attend_predictor* predictor) {
  return api::value_or(0, [&] {
    return api::find(api::all_predictors(), predictor, "a predictor")->info().has_alignment ? 1 : 0;
  });
}

int attend_has_labels(const attend_predictor* predictor) {
  return api::value_or(0, [&] {
    return api::find(api::all_predictors(), predictor, "a predictor")->info().has_labels() ? 1 : 0;
  });
}

int attend_reads_pictures(const attend_predictor* predictor) {
  return api::value_or(0, [&] {
    return api::find(api::all_predictors(), predictor, "a predictor")->info().reads_pictures ? 1
                                                                                             : 0;
  });
}

attend_status attend_predict(const attend_predictor* predictor, const char* const* texts,
                             size_t count, const attend_options* options,
                             attend_answers** answers) {
  return api::guard([&] {
    api::require(answers, "answers");
    *answers = nullptr;
    const auto model = api::find(api::all_predictors(), predictor, "a predictor");
    const std::vector<std::string> sources = api::strings_of(texts, count, "text");
    *answers =
        api::keep_answers(model->predict(sources, api::options_of(options).wanted()), *model);
  });
}

attend_status attend_score(const attend_predictor* predictor, const char* const* sources,
                           const char* const* targets, size_t count, const attend_options* options,
                           attend_answers** answers) {
  return api::guard([&] {
    api::require(answers, "answers");
    *answers = nullptr;
    const auto model = api::find(api::all_predictors(), predictor, "a predictor");
    const std::vector<std::string> from = api::strings_of(sources, count, "source");
    const std::vector<std::string> to = api::strings_of(targets, count, "target");
    *answers = api::keep_answers(model->score(from, to, api::options_of(options).wanted()), *model);
  });
}

attend_status attend_classify(const attend_predictor* predictor, const char* const* texts,
                              size_t count, const attend_options* options,
                              attend_answers** answers) {
  return api::guard([&] {
    api::require(answers, "answers");
    *answers = nullptr;
    const auto model = api::find(api::all_predictors(), predictor, "a predictor");
    const std::vector<std::string> sources = api::strings_of(texts, count, "text");
    attend::LabelAnswers found = model->classify(sources, api::options_of(options).wanted());
    std::vector<std::vector<attend::Choice>> labels;
    for (const std::vector<float>& probabilities : found.log_probabilities) {
      labels.push_back(model->rank_labels(probabilities));
    }
    *answers = api::keep_answers(std::move(found.answers), *model, std::move(labels));
  });
}

attend_status attend_explain(const attend_predictor* predictor, const char* text,
                             const attend_options* options, size_t choices, char** json) {
  return api::guard([&] {
    api::require(json, "json");
    *json = nullptr;
    api::require(text, "text");
    const auto model = api::find(api::all_predictors(), predictor, "a predictor");
    const std::string written = attend::to_json(
        model->explain(text, api::options_of(options).wanted(), choices), model->info());
    auto* const copy = static_cast<char*>(std::malloc(written.size() + 1));
    if (copy == nullptr) throw std::bad_alloc();
    std::memcpy(copy, written.c_str(), written.size() + 1);
    *json = copy;
  });
}

void attend_string_free(char* string) { std::free(string); }

void attend_answers_free(attend_answers* answers) {
  api::guard([&] { api::all_answers().remove(reinterpret_cast<std::uintptr_t>(answers)); });
}

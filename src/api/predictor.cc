// attend::Predictor: what src/predictor offers, without its types.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "api/api.h"
#include "api/info.h"
#include "attend/attend.hpp"
#include "base/base.h"
#include "predictor/predictor.h"

namespace attend {

namespace {

std::vector<std::string> found(std::span<const std::string> names) {
  if (names.empty()) throw UsageError("found no model, expected at least one");
  std::vector<std::string> folders;
  for (const std::string& name : names) folders.push_back(api::model_folder(name));
  return folders;
}

void expect_one_each(std::size_t texts, std::size_t given, const char* what) {
  if (given == 0 || given == texts) return;
  throw UsageError(
      fmt::format("found {} {} for {} texts, expected one for each or none", given, what, texts));
}

}  // namespace

std::string_view version() { return ATTEND_VERSION; }

Predictor::Predictor(const std::filesystem::path& folder, const LoadOptions& options)
    : predictor_(std::make_shared<const predictor::Predictor>(api::model_folder(folder.string()),
                                                              options)),
      info_(std::make_shared<const ModelInfo>(api::describe(*predictor_))) {}

Predictor::Predictor(std::span<const std::string> folders, const LoadOptions& options)
    : predictor_(std::make_shared<const predictor::Predictor>(found(folders), options)),
      info_(std::make_shared<const ModelInfo>(api::describe(*predictor_))) {}

std::vector<Answer> Predictor::predict(std::span<const std::string> texts,
                                       const PredictOptions& wanted,
                                       std::span<const Allowed> allowed,
                                       std::span<const TargetRequest> requests) const {
  expect_one_each(texts.size(), allowed.size(), "allowed places");
  expect_one_each(texts.size(), requests.size(), "requests");
  return predictor_->predict(texts, wanted, allowed, requests);
}

Answer Predictor::predict(const std::string& text, const PredictOptions& wanted) const {
  return std::move(predictor_->predict({&text, 1}, wanted).front());
}

std::vector<Answer> Predictor::score(std::span<const std::string> sources,
                                     std::span<const std::string> targets,
                                     const PredictOptions& wanted,
                                     std::span<const Allowed> allowed) const {
  if (sources.size() != targets.size()) {
    throw UsageError(fmt::format("found {} sources and {} targets, expected as many",
                                 sources.size(), targets.size()));
  }
  expect_one_each(sources.size(), allowed.size(), "allowed places");
  return predictor_->score(sources, targets, wanted, allowed);
}

LabelAnswers Predictor::classify(std::span<const std::string> texts, const PredictOptions& wanted,
                                 std::span<const Allowed> allowed) const {
  expect_one_each(texts.size(), allowed.size(), "allowed places");
  return predictor_->predict_labels(texts, wanted, allowed);
}

std::vector<Choice> Predictor::rank_labels(std::span<const float> log_probabilities) const {
  const std::vector<std::string>& names = predictor_->text().target.vocabulary.units();
  if (log_probabilities.empty()) return {};  // of a text without an answer
  if (log_probabilities.size() != names.size()) {
    throw UsageError(fmt::format("found {} probabilities, expected one for each of {} labels",
                                 log_probabilities.size(), names.size()));
  }
  std::vector<Choice> labels;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (std::isinf(log_probabilities[i])) continue;
    labels.push_back({names[i], log_probabilities[i]});
  }
  std::stable_sort(labels.begin(), labels.end(), [](const Choice& a, const Choice& b) {
    return a.log_probability > b.log_probability;
  });
  return labels;
}

Explanation Predictor::explain(const std::string& text, const PredictOptions& options,
                               std::size_t choices, const Allowed& allowed) const {
  return predictor_->explain(text, options, choices, allowed);
}

std::vector<PictureAnnotations> Predictor::annotate_pictures(std::span<const std::string> names,
                                                             int threads) const {
  return predictor_->annotate_pictures(names, threads);
}

Image Predictor::shown_picture(const std::string& name, int side) const {
  return predictor_->shown_picture(name, side);
}

void Predictor::check(const PredictOptions& wanted) const { predictor_->check(wanted); }

std::size_t Predictor::check_target_text(std::string_view name, const std::string& text) const {
  return predictor_->check_target_text(name, text);
}

bool Predictor::knows_label(std::string_view text) const {
  return model::knows_label(predictor_->text().target, text);
}

const ModelInfo& Predictor::info() const { return *info_; }

const predictor::Predictor& api::internals(const Predictor& predictor) {
  return *predictor.predictor_;
}

}  // namespace attend

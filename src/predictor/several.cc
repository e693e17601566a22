#include "predictor/several.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "base/base.h"
#include "runtime/runtime.h"

namespace attend::predictor {
namespace {

// Whether an option must have one value in all models: it says how a text becomes a source, or ids
// a text. What only builds a vocabulary may differ, because the vocabularies are compared.
bool shapes_texts(std::string_view option) {
  constexpr std::array<std::string_view, 12> kOthers = {
      "encoder.levels",  "encoder.ngrams", "encoder.position_units", "encoder.position_reach",
      "encoder.padding", "decoder.copy",   "encoder.kind",           "image.height",
      "image.width",     "image.fit",      "image.regions",          "encoder.stages"};
  constexpr std::array<std::string_view, 3> kBuild = {".minimum_count", ".maximum_size",
                                                      ".subword_size"};
  const bool side = option.starts_with("source.") || option.starts_with("target.");
  const bool builds = std::any_of(kBuild.begin(), kBuild.end(),
                                  [&](std::string_view end) { return option.ends_with(end); });
  return (side && !builds) || std::find(kOthers.begin(), kOthers.end(), option) != kOthers.end();
}

[[noreturn]] void refuse(std::size_t number, const std::string& why) {
  throw UsageError(fmt::format("model {} does not fit the first one: {}", number, why));
}

void check_vocabulary(std::size_t number, const char* side, const text::Vocabulary& first,
                      const text::Vocabulary& other) {
  for (std::size_t id = 0; id < std::min(first.size(), other.size()); ++id) {
    const std::string& expected = first.units()[id];
    const std::string& found = other.units()[id];
    if (found == expected) continue;
    refuse(number,
           fmt::format("{} vocabulary: unit {} is '{}', expected '{}'", side, id, found, expected));
  }
  if (first.size() == other.size()) return;
  refuse(number, fmt::format("{} vocabulary: found {} units, expected {}", side, other.size(),
                             first.size()));
}

void check_fit(std::size_t number, const model::ModelText& first, const model::ModelText& other) {
  const auto find = [&](bool (*wanted)(std::string_view)) {
    return model::find_difference(first.configuration, other.configuration, wanted);
  };
  // Models of different kinds differ in much else, which has no meaning for one of them.
  auto difference = find([](std::string_view option) { return option == "encoder.kind"; });
  if (!difference) difference = find(shapes_texts);
  if (difference) {
    refuse(number, fmt::format("{}: found {}, expected {}", difference->name, difference->second,
                               difference->first));
  }
  check_vocabulary(number, "source", first.source.vocabulary, other.source.vocabulary);
  check_vocabulary(number, "target", first.target.vocabulary, other.target.vocabulary);
  if (first.source.subword_model != other.source.subword_model ||
      first.target.subword_model != other.target.subword_model) {
    refuse(number, "its subwords are cut by another model (*.spm)");
  }
}

runtime::EngineOptions engine_options(const model::Model& model, const LoadOptions& options) {
  runtime::EngineOptions result;
  result.precision = options.precision;
  if (options.candidates == Candidates::kShortlist) {
    if (!model.shortlist) throw ModelError("the model has no shortlist (see attend shortlist)");
    result.shortlist = model.shortlist;
  }
  return result;
}

// Returns the attention that looks at the fewest positions of a long source.
model::AttentionConfig least_reach(std::span<const model::Model> models) {
  const auto limit = [](const model::AttentionConfig& attention) {
    const int positions = attention.position_limit();
    return positions > 0 ? positions : std::numeric_limits<int>::max();
  };
  const model::AttentionConfig* least = nullptr;
  for (const model::Model& model : models) {
    const model::AttentionConfig& attention = model.text.configuration.attention;
    if (least == nullptr || limit(attention) < limit(*least)) least = &attention;
  }
  return *least;
}

std::unique_ptr<const model::Engine> make_engine(std::span<const model::Model> models,
                                                 const LoadOptions& options) {
  if (models.size() > 1 && options.candidates == Candidates::kShortlist) {
    throw UsageError("a shortlist goes with one model, not with several");
  }
  std::vector<std::unique_ptr<const model::Engine>> engines;
  for (std::size_t m = 0; m < models.size(); ++m) {
    const model::Model& model = models[m];
    if (m > 0) check_fit(m + 1, models.front().text, model.text);
    engines.push_back(runtime::make_engine(model.text.configuration, model.text.sizes(),
                                           model.text.target.vocabulary.end(), model.weights,
                                           engine_options(model, options)));
  }
  return search::make_ensemble(std::move(engines), options.average);
}

}  // namespace

model::Model load_model(const std::filesystem::path& folder, const LoadOptions& options) {
  return options.candidates == Candidates::kShortlist ? model::load_with_shortlist(folder)
                                                      : model::load(folder);
}

std::vector<model::Model> load_models(std::span<const std::string> folders,
                                      const LoadOptions& options) {
  std::vector<model::Model> models;
  for (const std::string& folder : folders) models.push_back(load_model(folder, options));
  return models;
}

Together put_together(std::vector<model::Model> models, const LoadOptions& options) {
  ATTEND_CHECK(!models.empty());
  std::size_t past_values = 0;
  double temperatures = 0;
  for (const model::Model& model : models) {
    temperatures += model.text.configuration.decoder.line_temperature;
    past_values += static_cast<std::size_t>(
        step::kept_past_values(model::step_program(model.text.configuration, model.text.sizes())));
  }
  auto engine = make_engine(models, options);
  return {models.size(),     temperatures / static_cast<double>(models.size()),
          past_values,       least_reach(models),
          std::move(engine), std::move(models.front())};
}

}  // namespace attend::predictor

#include "predictor/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/base.h"

namespace attend::predictor {
namespace {

using text::TokenId;

// Returns the ids of a text. DataError where the model cannot write it.
std::vector<TokenId> ids_of(const model::ModelText& model, const model::Copies& copies,
                            std::string_view name, const std::string& text) {
  TargetText found = number_text(model, copies, name, text);
  if (found.unknown.empty()) return std::move(found.ids);
  throw DataError(
      fmt::format("{}: the model cannot write '{}'", quote_text(name, text), found.unknown));
}

search::Request prepare_request(const model::ModelText& model, const model::Copies& copies,
                                const TargetRequest& wanted, const PredictOptions& options) {
  search::Request request;
  request.prefix = ids_of(model, copies, "prefix", wanted.prefix);
  const auto longest = static_cast<std::size_t>(options.search.maximum_length);
  if (request.prefix.size() > longest) {
    throw DataError(
        fmt::format("a prefix of {} units, expected at most {}", request.prefix.size(), longest));
  }
  for (const std::string& phrase : wanted.required) {
    request.required.push_back(ids_of(model, copies, "required phrase", phrase));
    if (request.required.back().empty()) request.required.pop_back();
  }
  if (request.required.size() > search::kMostPhrases) {
    throw DataError(fmt::format("{} required phrases, expected at most {}", request.required.size(),
                                search::kMostPhrases));
  }
  return request;
}

}  // namespace

bool copies_units(const model::ModelText& model) {
  return model.configuration.decoder.copy != model::Copy::kNone;
}

// A text that is not UTF-8 would break the message.
std::string quote_text(std::string_view name, const std::string& text) {
  if (text::find_broken_utf8(text) != std::string_view::npos) return std::string(name);
  return fmt::format("{} '{}'", name, text);
}

TargetText number_text(const model::ModelText& model, const model::Copies& copies,
                       std::string_view name, const std::string& text) {
  const model::Side& side = model.target;
  model::Encoded encoded;
  try {
    encoded = model::encode(side, text, model::EmptyText::kAllow);
  } catch (const DataError& error) {
    throw DataError(fmt::format("{}: {}", quote_text(name, text), error.what()));
  }
  if (encoded.cut > 0) {
    throw DataError(fmt::format("{}: found {} units, expected at most {}", quote_text(name, text),
                                encoded.units.size() + encoded.cut, encoded.units.size()));
  }
  model::use_copies(copies, side, encoded);
  if (side.config.end_token) encoded.tokens.pop_back();
  TargetText result;
  for (std::size_t i = 0; i < encoded.units.size() && result.unknown.empty(); ++i) {
    if (encoded.tokens[i] == side.vocabulary.unknown()) result.unknown = encoded.units[i].text;
  }
  result.ids = std::move(encoded.tokens);
  return result;
}

std::vector<search::Request> prepare_requests(const model::ModelText& model,
                                              const PreparedSources& prepared,
                                              std::span<const TargetRequest> requests,
                                              const PredictOptions& options,
                                              std::vector<Answer>& answers) {
  const bool forbids = copies_units(model) && !options.forbidden.empty();
  const bool asked =
      options.search.sampling || forbids || (requests.empty() && !options.request.empty()) ||
      std::any_of(requests.begin(), requests.end(), [](const auto& one) { return !one.empty(); });
  if (!asked) return {};
  ATTEND_CHECK(requests.empty() || requests.size() == answers.size());
  std::vector<search::Request> result(prepared.parts.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const TargetRequest& wanted = requests.empty() ? options.request : requests[i];
    const std::uint64_t stream = requests.empty() ? wanted.stream + i : wanted.stream;
    const std::size_t first = prepared.first_parts[i], end = prepared.first_parts[i + 1];
    if (first == end) continue;
    try {
      if (!wanted.empty()) {
        if (end - first > 1) {
          throw DataError(fmt::format(
              "a source in {} parts; a prefix and required phrases need one part", end - first));
        }
        result[first] = prepare_request(model, prepared.sources[first].copies, wanted, options);
      }
    } catch (const DataError& error) {
      answers[i].problem = error.what();
    }
    // The parts of a source draw from streams of their own.
    result[first].stream = stream;
    for (std::size_t p = first + 1; p < end; ++p) result[p].stream = mix(stream) + (p - first);
    for (std::size_t p = first; p < end && forbids; ++p) {
      result[p].forbidden_ngrams =
          prepare_forbidden(model, prepared.sources[p].copies, options.forbidden);
    }
  }
  return result;
}

std::vector<std::vector<TokenId>> prepare_forbidden(const model::ModelText& model,
                                                    const model::Copies& copies,
                                                    std::span<const std::string> texts) {
  constexpr std::string_view kName = "forbidden text";
  std::vector<std::vector<TokenId>> result;
  for (const std::string& text : texts) {
    TargetText found;
    try {
      found = number_text(model, copies, kName, text);
    } catch (const DataError& error) {
      throw UsageError(error.what());
    }
    if (found.ids.empty()) {
      throw UsageError(fmt::format("{}: found no unit", quote_text(kName, text)));
    }
    if (found.unknown.empty()) {
      result.push_back(std::move(found.ids));
    } else if (!copies_units(model)) {
      throw UsageError(
          fmt::format("{}: the model cannot write '{}'", quote_text(kName, text), found.unknown));
    }
  }
  return result;
}

search::SearchOptions search_options(const model::ModelText& text, const model::Engine& engine,
                                     const PredictOptions& options) {
  search::SearchOptions result{options.search, {}, {}};
  const model::Side& target = text.target;
  result.forbidden = model::never_predicted(target);
  result.forbidden_ngrams = prepare_forbidden(text, {}, options.forbidden);
  if (copies_units(text)) result.forbidden_ngrams.clear();  // each request has those of its source
  if (options.unknown == UnknownUnits::kForbidden && target.vocabulary.unknown()) {
    result.forbidden.push_back(*target.vocabulary.unknown());
  }
  if (options.unknown == UnknownUnits::kReplaced) {
    if (!engine.has_alignment() || !text.configuration.looks_at_units()) {
      throw UsageError("unknown units cannot be replaced: the model looks at no source words");
    }
    result.alignments = search::Alignments::kKept;
  }
  // Different unit sequences may join to one text (subwords): look at the whole beam, then cut.
  if (!result.sampling) result.n_best = options.search.n_best > 1 ? result.beam : 1;
  return result;
}

std::vector<std::size_t> answerable_parts(const PreparedSources& prepared,
                                          std::span<const Answer> answers) {
  std::vector<std::size_t> parts;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].problem.empty()) continue;
    for (std::size_t p = prepared.first_parts[i]; p < prepared.first_parts[i + 1]; ++p) {
      parts.push_back(p);
    }
  }
  return parts;
}

std::vector<std::size_t> texts_of_parts(const PreparedSources& prepared) {
  std::vector<std::size_t> texts;
  for (std::size_t i = 0; i + 1 < prepared.first_parts.size(); ++i) {
    texts.resize(prepared.first_parts[i + 1], i);
  }
  return texts;
}

std::vector<text::Unit> units_of(const Part& part, const Source& source) {
  std::vector<text::Unit> units;
  for (std::size_t j = 0; j < part.size(); ++j) units.push_back(source.units[part.unit(j)]);
  return units;
}

std::vector<Work> search_work(const PreparedSources& prepared, std::span<const std::size_t> parts,
                              const search::SearchOptions& options, const Needs& needs) {
  std::vector<Work> work;
  for (const std::size_t part : parts) {
    const search::Request request =
        needs.requests.empty() ? search::Request{} : needs.requests[part];
    const std::size_t tokens = prepared.sources[part].tokens.size();
    const std::size_t steps = needs.fixed_length > 0
                                  ? needs.fixed_length
                                  : search::longest_target(options, tokens, request.prefix.size());
    const bool kept = options.alignments == search::Alignments::kKept;
    const std::size_t rows = search::most_rows(options, request);
    const bool whole = needs.models > 1 || search::reads_distributions(options, request);
    work.push_back({tokens, steps * rows * ((kept ? tokens : 0) + needs.past_values) +
                                (whole ? rows * needs.models * needs.vocabulary : 0)});
  }
  return work;
}

}  // namespace attend::predictor

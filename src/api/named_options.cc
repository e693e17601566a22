#include "api/named_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <span>
#include <system_error>
#include <utility>

#include "attend/errors.hpp"

namespace attend::api {
namespace {

[[noreturn]] void refuse(std::string_view name, const std::string& value,
                         const std::string& expected) {
  throw UsageError(fmt::format("{}: found '{}', expected {}", name, value, expected));
}

template <class Number>
Number number(std::string_view name, const std::string& value, Number low, Number high) {
  Number result{};
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, result);
  if (error != std::errc() || stop != end || !(result >= low && result <= high)) {
    refuse(name, value, fmt::format("a number from {} to {}", low, high));
  }
  return result;
}

template <class Value>
Value choice(std::string_view name, const std::string& value,
             std::span<const std::pair<std::string_view, Value>> choices) {
  std::string names;
  for (const auto& [known, result] : choices) {
    if (known == value) return result;
    names += (names.empty() ? "" : " or ") + std::string(known);
  }
  refuse(name, value, names);
}

bool yes(std::string_view name, const std::string& value) {
  constexpr std::pair<std::string_view, bool> kChoices[] = {{"yes", true}, {"no", false}};
  return choice<bool>(name, value, kChoices);
}

using Set = void (*)(NamedOptions&, std::string_view, const std::string&);
using Setters = std::map<std::string_view, Set>;

constexpr int kMany = 1000000;

// The ranges are those of SearchOptions, PredictOptions and Sampling.
const Setters& search_setters() {
  static const Setters setters{
      {"beam", [](NamedOptions& o, std::string_view n,
                  const std::string& v) { o.predict.search.beam = number(n, v, 1, 1000); }},
      {"n-best", [](NamedOptions& o, std::string_view n,
                    const std::string& v) { o.predict.search.n_best = number(n, v, 1, 1000); }},
      {"length-normalisation",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.predict.search.length_normalisation = number(n, v, 0.0, 10.0);
       }},
      {"maximum-ratio",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.predict.search.maximum_ratio = number(n, v, 0.0, 1000.0);
       }},
      {"maximum-length",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.predict.search.maximum_length = number(n, v, 1, kMany);
       }},
      {"minimum-length",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.predict.search.minimum_length = number(n, v, 0, kMany);
       }},
      {"minimum-ratio",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.predict.search.minimum_ratio = number(n, v, 0.0, 1000.0);
       }},
      {"coverage",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.predict.search.coverage = number(n, v, 0.0, 100.0);
       }},
      {"no-repeat-ngrams",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.predict.search.no_repeat = number(n, v, 0, 1000);
       }},
      {"alignments",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.predict.search.alignments = yes(n, v) ? Alignments::kKept : Alignments::kDropped;
       }},
      {"sample",
       [](NamedOptions& o, std::string_view n, const std::string& v) { o.samples = yes(n, v); }},
      {"temperature",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.sampling.temperature = number(n, v, 0.001, 1000.0);
       }},
      {"top-k", [](NamedOptions& o, std::string_view n,
                   const std::string& v) { o.sampling.top_k = number(n, v, 0, kMany); }},
      {"top-p", [](NamedOptions& o, std::string_view n,
                   const std::string& v) { o.sampling.top_p = number(n, v, 0.000001, 1.0); }},
      {"seed",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.sampling.seed = number<std::uint64_t>(n, v, 0, UINT64_MAX);
       }},
      {"stream",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.stream = number<std::uint64_t>(n, v, 0, UINT64_MAX);
       }},
  };
  return setters;
}

UnknownUnits unknown_units(std::string_view name, const std::string& value) {
  constexpr std::pair<std::string_view, UnknownUnits> kChoices[] = {
      {"write", UnknownUnits::kWritten},
      {"forbid", UnknownUnits::kForbidden},
      {"replace", UnknownUnits::kReplaced}};
  return choice<UnknownUnits>(name, value, kChoices);
}

LongSources long_sources(std::string_view name, const std::string& value) {
  constexpr std::pair<std::string_view, LongSources> kChoices[] = {
      {"cut", LongSources::kCut}, {"skip", LongSources::kSkip}, {"split", LongSources::kSplit}};
  return choice<LongSources>(name, value, kChoices);
}

const Setters& target_setters() {
  static const Setters setters{
      {"prefix", [](NamedOptions& o, std::string_view,
                    const std::string& v) { o.predict.request.prefix = v; }},
      {"require", [](NamedOptions& o, std::string_view,
                     const std::string& v) { o.predict.request.required.push_back(v); }},
      {"forbid", [](NamedOptions& o, std::string_view,
                    const std::string& v) { o.predict.forbidden.push_back(v); }},
      {"unknown", [](NamedOptions& o, std::string_view n,
                     const std::string& v) { o.predict.unknown = unknown_units(n, v); }},
      {"dictionary",
       [](NamedOptions& o, std::string_view, const std::string& v) {
         o.predict.dictionary = std::make_shared<const Dictionary>(Dictionary::load(v));
       }},
  };
  return setters;
}

const Setters& work_setters() {
  static const Setters setters{
      {"batch-size",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.predict.batch_size = number<std::size_t>(n, v, 1, 4096);
       }},
      {"threads", [](NamedOptions& o, std::string_view n,
                     const std::string& v) { o.predict.threads = number(n, v, 0, 1024); }},
      {"maximum-source-length",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.predict.maximum_source_length = number<std::size_t>(n, v, 1, std::size_t{1} << 20);
       }},
      {"long-sources", [](NamedOptions& o, std::string_view n,
                          const std::string& v) { o.predict.long_sources = long_sources(n, v); }},
      {"minimum-probability",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.predict.minimum_probability = number(n, v, 0.0, 1.0);
       }},
  };
  return setters;
}

Average average(std::string_view name, const std::string& value) {
  constexpr std::pair<std::string_view, Average> kChoices[] = {
      {"probabilities", Average::kProbabilities},
      {"log-probabilities", Average::kLogProbabilities}};
  return choice<Average>(name, value, kChoices);
}

const Setters& load_setters() {
  static const Setters setters{
      {"precision", [](NamedOptions& o, std::string_view,
                       const std::string& v) { o.load.precision = parse_precision(v); }},
      {"shortlist",
       [](NamedOptions& o, std::string_view n, const std::string& v) {
         o.load.candidates = yes(n, v) ? Candidates::kShortlist : Candidates::kAll;
       }},
      {"ensemble", [](NamedOptions& o, std::string_view n,
                      const std::string& v) { o.load.average = average(n, v); }},
      {"images",
       [](NamedOptions& o, std::string_view, const std::string& v) { o.load.pictures.images = v; }},
      {"image-index",
       [](NamedOptions& o, std::string_view, const std::string& v) { o.load.pictures.index = v; }},
      {"features", [](NamedOptions& o, std::string_view,
                      const std::string& v) { o.load.pictures.features = v; }},
      {"feature-names",
       [](NamedOptions& o, std::string_view, const std::string& v) { o.load.pictures.names = v; }},
  };
  return setters;
}

}  // namespace

void NamedOptions::set(std::string_view name, const std::string& value) {
  for (const Setters* setters :
       {&search_setters(), &target_setters(), &work_setters(), &load_setters()}) {
    const auto found = setters->find(name);
    if (found != setters->end()) return found->second(*this, name, value);
  }
  throw UsageError(fmt::format("found the option '{}', expected one that attend.h names", name));
}

PredictOptions NamedOptions::wanted() const {
  PredictOptions result = predict;
  result.request.stream = stream;
  SearchOptions& search = result.search;
  if (samples) {
    search.sampling = sampling;
  } else {
    search.beam = std::max(search.beam, search.n_best);
  }
  return result;
}

}  // namespace attend::api

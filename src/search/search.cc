#include "search/search.h"

#include <algorithm>
#include <cstdint>
#include <memory_resource>

#include "base/base.h"
#include "search/beam.h"
#include "search/rules.h"
#include "search/sampler.h"

namespace attend::search {
namespace {

constexpr std::size_t kMemory = 2048;  // initial bytes for each source

// `Walk` is Beam or Sampler: it follows the targets of one source.
template <class Walk>
std::vector<std::vector<Hypothesis>> run(const Rules& rules, const model::Engine& engine,
                                         model::Decoding& decoding,
                                         std::span<const model::Source> sources,
                                         std::span<const Request> requests) {
  std::vector<std::vector<Hypothesis>> results;
  std::pmr::monotonic_buffer_resource memory(kMemory * sources.size());
  std::pmr::vector<Walk> beams(&memory);
  beams.reserve(sources.size());
  for (std::size_t s = 0; s < sources.size(); ++s) {
    beams.emplace_back(
        rules,
        Task{sources[s], engine.positions(sources[s]), requests.empty() ? nullptr : &requests[s]},
        &memory);
  }
  std::vector<model::StepRow> rows;
  std::vector<std::size_t> first_rows(sources.size());
  while (true) {
    rows.clear();
    for (std::size_t s = 0; s < beams.size(); ++s) {
      first_rows[s] = rows.size();
      beams[s].append_rows(static_cast<std::int32_t>(s), rows);
    }
    if (rows.empty()) break;
    const model::StepResult result = decoding.step(rows);
    ATTEND_CHECK_EQ(result.rows, rows.size());
    ATTEND_CHECK(result.target_vocabulary >= rules.target_vocabulary());
    for (std::size_t s = 0; s < beams.size(); ++s) {
      if (!beams[s].over()) beams[s].advance(result, first_rows[s]);
    }
  }
  results.reserve(beams.size());
  for (const Walk& beam : beams) results.push_back(beam.results());
  return results;
}

std::vector<std::vector<Hypothesis>> search(const Rules& rules, const model::Engine& engine,
                                            model::Decoding& decoding,
                                            std::span<const model::Source> sources,
                                            const SearchOptions& options,
                                            std::span<const Request> requests) {
  const auto whole = [&](const Request& request) { return reads_distributions(options, request); };
  if (!whole({}) && std::none_of(requests.begin(), requests.end(), whole)) {
    decoding.keep_best(rules.sufficient_tokens());
  }
  return options.sampling ? run<Sampler>(rules, engine, decoding, sources, requests)
                          : run<Beam>(rules, engine, decoding, sources, requests);
}

void check(const Rules& rules, std::span<const model::Source> sources,
           std::span<const Request> requests) {
  ATTEND_CHECK(requests.empty() || requests.size() == sources.size());
  for (std::size_t s = 0; s < requests.size(); ++s) rules.check(requests[s], sources[s]);
}

}  // namespace

std::vector<std::vector<Hypothesis>> search(const model::Engine& engine,
                                            std::span<const model::Source> sources,
                                            const SearchOptions& options,
                                            std::span<const Request> requests) {
  const Rules rules(engine, options);
  check(rules, sources, requests);
  if (sources.empty()) return {};
  for (const model::Source& source : sources) ATTEND_CHECK(!source.tokens.empty());
  const auto decoding = engine.annotate(sources);
  return search(rules, engine, *decoding, sources, options, requests);
}

std::vector<std::vector<Hypothesis>> search(const model::Engine& engine, model::Decoding& decoding,
                                            std::span<const model::Source> sources,
                                            const SearchOptions& options,
                                            std::span<const Request> requests) {
  const Rules rules(engine, options);
  check(rules, sources, requests);
  if (sources.empty()) return {};
  return search(rules, engine, decoding, sources, options, requests);
}

}  // namespace attend::search

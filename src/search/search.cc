#include "search/search.h"

#include <cstdint>
#include <memory_resource>

#include "base/base.h"
#include "search/beam.h"
#include "search/rules.h"

namespace attend::search {
namespace {

constexpr std::size_t kMemory = 2048;  // initial bytes for each source

std::vector<std::vector<Hypothesis>> run(const Rules& rules, const model::Engine& engine,
                                         model::Decoding& decoding,
                                         std::span<const model::Source> sources) {
  std::vector<std::vector<Hypothesis>> results;
  std::pmr::monotonic_buffer_resource memory(kMemory * sources.size());
  std::pmr::vector<Beam> beams(&memory);
  beams.reserve(sources.size());
  for (const model::Source& source : sources) {
    beams.emplace_back(rules, SourceSize{source.tokens.size(), engine.positions(source)}, &memory);
  }
  decoding.keep_best(rules.sufficient_tokens());
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
  for (const Beam& beam : beams) results.push_back(beam.results());
  return results;
}

}  // namespace

std::vector<std::vector<Hypothesis>> search(const model::Engine& engine,
                                            std::span<const model::Source> sources,
                                            const SearchOptions& options) {
  const Rules rules(engine, options);
  if (sources.empty()) return {};
  for (const model::Source& source : sources) ATTEND_CHECK(!source.tokens.empty());
  const auto decoding = engine.annotate(sources);
  return run(rules, engine, *decoding, sources);
}

std::vector<std::vector<Hypothesis>> search(const model::Engine& engine, model::Decoding& decoding,
                                            std::span<const model::Source> sources,
                                            const SearchOptions& options) {
  const Rules rules(engine, options);
  if (sources.empty()) return {};
  return run(rules, engine, decoding, sources);
}

}  // namespace attend::search

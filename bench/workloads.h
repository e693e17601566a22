// The reference workloads that the end-to-end benchmarks measure: a model, its vocabularies and
// pairs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/model.h"
#include "text/text.h"

namespace attend::bench {

struct Workload {
  std::string name;
  std::string preset;
  std::vector<std::string> settings;  ///< "key=value" over the preset
  model::VocabularySizes vocabularies;
  int shortest = 0, longest = 0;  ///< units of a source without </s>, or of a sentence
  int fewest_sentences = 0, most_sentences = 0;  ///< of a document; 0: sources are no documents
  bool has_documents() const { return most_sentences > 0; }
};

const std::vector<Workload>& workloads();
/// Throws UsageError naming the workloads when there is none of that name.
const Workload& find_workload(const std::string& name);

/// Returns the workload's configuration with more settings over it. Throws UsageError for an
/// unknown one.
model::Configuration configuration_of(const Workload& work,
                                      const std::vector<std::string>& settings);

/// The id of </s> on sides that have it (id 0 is another reserved unit).
inline constexpr text::TokenId kEnd = 1;

struct Pair {
  std::vector<text::TokenId> source;
  std::vector<text::TokenId> target;
  std::vector<std::int32_t> sentences = {};  ///< of a document, as model::Source has them
};

/// Makes `count` pairs of ids, equal in every call. Source lengths are uniform between the
/// workload's limits; a target is at most 3 units longer or shorter than its source. Fixed lengths
/// of the configuration take precedence. Ids have frequencies near 1 / rank, as words have.
/// Documents have a number of sentences that is uniform between the workload's limits.
std::vector<Pair> make_pairs(const Workload& work, const model::Configuration& configuration,
                             std::size_t count);

/// Writes a source as its ids, with blanks between them and " | " between sentences.
std::string format_source(const std::vector<text::TokenId>& tokens,
                          const std::vector<std::int32_t>& sentences);

/// Makes vocabularies of meaningless units for a model folder.
model::ModelText make_text(const Workload& work, const model::Configuration& configuration);

/// Returns every option by its dotted name and the vocabularies, so that another program can build
/// the same model.
nlohmann::json describe(const Workload& work, const model::Configuration& configuration);

/// Returns the largest resident memory of this process so far, in MiB.
double peak_memory();

/// Returns the middle value, or the mean of the middle two for an even count. `values` must not be
/// empty.
double median(std::vector<double> values);

}  // namespace attend::bench

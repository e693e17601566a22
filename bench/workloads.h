// The reference works that the end-to-end programs measure: a model, its vocabularies and pairs.
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
  int shortest = 0, longest = 0;  ///< units of a source, </s> not counted
};

const std::vector<Workload>& workloads();
/// UsageError naming the works when there is none of that name.
const Workload& find_workload(const std::string& name);

/// The work's configuration with more settings over it. UsageError for an unknown one.
model::Configuration configuration_of(const Workload& work, const std::vector<std::string>& settings);

/// Where a side has </s>, it is id 1 (id 0 is another reserved unit).
inline constexpr text::TokenId kEnd = 1;

struct Pair {
  std::vector<text::TokenId> source;
  std::vector<text::TokenId> target;
};

/// `count` pairs of ids, always the same. Lengths are uniform between the work's limits, a target
/// is at most 3 longer or shorter than its source; fixed lengths of the configuration go before.
/// Ids have frequencies near 1 / rank, as words have.
std::vector<Pair> make_pairs(const Workload& work, const model::Configuration& configuration,
                             std::size_t count);

/// Vocabularies of meaningless units for a model folder.
model::ModelText make_text(const Workload& work, const model::Configuration& configuration);

/// Every option by its dotted name, and the vocabularies: what another program needs to build the
/// same model.
nlohmann::json describe(const Workload& work, const model::Configuration& configuration);

/// Largest resident memory of this process so far, in MiB.
double peak_memory();

/// The middle value; the mean of two for an even count. `values` must not be empty.
double median(std::vector<double> values);

}  // namespace attend::bench

// The shortlist: for each source token, the target tokens that are probable translations of it. A
// softmax over these alone is close to the softmax over the whole vocabulary.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "model/configuration.h"
#include "model/parameters.h"
#include "text/text.h"

namespace attend::model {

using text::TokenId;

struct ShortlistOptions {
  std::size_t per_source_token = 50;  ///< the most probable translations of each source token
  std::size_t frequent = 200;  ///< the most frequent target tokens, which are always candidates
  int iterations = 4;          ///< iterations of IBM model 1
};

/// The candidates for every source token. Immutable; safe to use from several threads.
class Shortlist {
 public:
  /// Learns from pairs of token ids: expectation maximisation of IBM model 1, t(target | source),
  /// that starts from equal probabilities. Throws CheckFailure for ids outside `sizes`.
  static Shortlist learn(std::span<const std::vector<TokenId>> sources,
                         std::span<const std::vector<TokenId>> targets,
                         const VocabularySizes& sizes, const ShortlistOptions& options);
  /// Reads a shortlist. Throws ModelError (file, line) when the file is missing, damaged or made
  /// for other vocabularies.
  static Shortlist load(const std::filesystem::path& file, const VocabularySizes& sizes);
  /// Writes the file atomically. It is text: "attend-shortlist 1 SOURCES TARGETS", the frequent
  /// ids, then the ids for each source token, one line each, separated by blanks.
  void save(const std::filesystem::path& file) const;

  /// Returns the candidates of all these sources: rising ids, each once.
  std::vector<TokenId> candidates(std::span<const std::vector<TokenId>> sources) const;

 private:
  VocabularySizes sizes_;
  std::vector<TokenId> frequent_;                // candidates of every source
  std::vector<std::vector<TokenId>> of_source_;  // [source_vocabulary]
};

/// Throws UsageError, which names the option, for a model that cannot be used with a shortlist.
void check_shortlist(const Configuration& configuration);

}  // namespace attend::model

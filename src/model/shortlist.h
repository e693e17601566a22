// Which targets a source makes likely: a softmax over them alone is most of the whole one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "model/parameters.h"
#include "text/text.h"

namespace attend::model {

using text::TokenId;

struct ShortlistOptions {
  std::size_t per_source_token = 50;  ///< most probable translations of each source token
  std::size_t frequent = 200;         ///< most frequent targets, candidates always
  int iterations = 4;                 ///< of IBM model 1
};

/// Candidates for every source token. Immutable once made; safe to use from several threads.
class Shortlist {
 public:
  /// From pairs of token ids by expectation maximisation of IBM model 1, t(target | source), which
  /// starts from equal probabilities. CheckFailure for ids outside `sizes`.
  static Shortlist learn(std::span<const std::vector<TokenId>> sources,
                         std::span<const std::vector<TokenId>> targets,
                         const VocabularySizes& sizes, const ShortlistOptions& options);
  /// ModelError (file, line) when it is missing, damaged or of a model with other vocabularies.
  static Shortlist load(const std::filesystem::path& file, const VocabularySizes& sizes);
  /// Text: "attend-shortlist 1 SOURCES TARGETS", the frequent ids, then the ids of each source
  /// token, one line each, separated by blanks. Written atomically.
  void save(const std::filesystem::path& file) const;

  /// The candidates of some sources together: rising ids, each once.
  std::vector<TokenId> candidates(std::span<const std::vector<TokenId>> sources) const;

 private:
  VocabularySizes sizes_;
  std::vector<TokenId> frequent_;
  std::vector<std::vector<TokenId>> of_source_;  // [source_vocabulary]
};

}  // namespace attend::model

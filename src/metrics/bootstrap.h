// How sure a score of a corpus is: bootstrap resampling (Koehn 2004) as sacreBLEU computes it
// (docs/models.md §14.8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "metrics/evaluate.h"

namespace attend::metrics {

struct BootstrapOptions {
  std::size_t samples = 1000;  ///< at least 1
  std::uint64_t seed = 12345;
};

/// The scores of the samples of one system. A sample has as many examples as the corpus, which are
/// drawn from it with replacement.
struct BootstrapScores {
  double score = 0;  ///< of the corpus itself
  double mean = 0;   ///< of the samples
  /// The limits of the 95 % interval: all but one fortieth of the samples at either end.
  double low = 0, high = 0;
};

/// Returns the scores for each metric. All metrics see the same samples, which depend on the seed
/// and the number of examples alone. Throws UsageError without examples.
std::vector<BootstrapScores> bootstrap(std::span<const CorpusMetric> metrics, std::size_t examples,
                                       const BootstrapOptions& options = {});

/// Two systems on the same samples.
struct PairedBootstrap {
  BootstrapScores system, baseline;
  /// The probability of a difference as large as that of the corpora if the systems were equally
  /// good, in (0, 1]: with d = |system - baseline|, the share of samples whose d, less the mean d
  /// of all samples, is above the d of the corpora; one sample that counts as such is added. It is
  /// 1 where no sample has a difference; sacreBLEU would give such equal systems the smallest
  /// value.
  double p_value = 1;
};

/// Compares two systems by each metric. `system` and `baseline` are lists of the same metrics over
/// the same examples.
std::vector<PairedBootstrap> paired_bootstrap(std::span<const CorpusMetric> system,
                                              std::span<const CorpusMetric> baseline,
                                              std::size_t examples,
                                              const BootstrapOptions& options = {});

}  // namespace attend::metrics

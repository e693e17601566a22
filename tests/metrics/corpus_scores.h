// BLEU, chrF and TER of corpora for tests: they go the way of the program, through prepare().
#pragma once

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "metrics/metrics.h"

namespace attend::metrics::testing {

using Texts = std::vector<std::string>;

inline std::vector<Segment> segments_of(std::span<const std::string> texts) {
  std::vector<Segment> segments;
  for (const std::string& text : texts) segments.push_back(plain_segment(text));
  return segments;
}

inline std::vector<std::vector<Segment>> segments_of(std::span<const Texts> lists) {
  std::vector<std::vector<Segment>> result;
  for (const Texts& list : lists) result.push_back(segments_of(list));
  return result;
}

/// The score and the signature of a corpus as the program gives them.
struct CorpusScore {
  double score = 0;
  std::string signature;
};

inline CorpusScore score_corpus(Metric metric, std::span<const std::string> hypotheses,
                                std::span<const Texts> references, EvaluateOptions options) {
  options.form = TextForm::kRaw;
  const auto lists = segments_of(references);
  const double score = evaluate(metric, segments_of(hypotheses), lists, options);
  return {score, metric_signature(metric, lists, options)};
}

struct CorpusBleu : BleuScore {
  std::string signature;
};

inline CorpusBleu bleu(std::span<const std::string> hypotheses, std::span<const Texts> references,
                       const BleuOptions& options = {}) {
  EvaluateOptions how;
  how.bleu = options;
  const CorpusScore found = score_corpus(Metric::kBleu, hypotheses, references, how);
  BleuCounts counts;
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    counts += count_bleu(hypotheses[i], references[i], options);
  }
  CorpusBleu result{bleu_from_counts(counts, options), found.signature};
  result.score = found.score;
  return result;
}

struct CorpusChrf : CorpusScore {
  std::vector<ChrfCounts> counts;  // [orders]
};

inline CorpusChrf chrf(std::span<const std::string> hypotheses, std::span<const Texts> references,
                       const ChrfOptions& options = {}) {
  EvaluateOptions how;
  how.chrf = options;
  CorpusChrf result{score_corpus(Metric::kChrf, hypotheses, references, how), {}};
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    const std::vector<ChrfCounts> counts = count_chrf(hypotheses[i], references[i], options);
    result.counts.resize(counts.size());
    for (std::size_t k = 0; k < counts.size(); ++k) result.counts[k] += counts[k];
  }
  return result;
}

struct CorpusTer : CorpusScore {
  TerCounts counts;
};

inline CorpusTer ter(std::span<const std::string> hypotheses, std::span<const Texts> references,
                     const TerOptions& options = {}) {
  EvaluateOptions how;
  how.ter = options;
  CorpusTer result{score_corpus(Metric::kTer, hypotheses, references, how), {}};
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    result.counts += count_ter(hypotheses[i], references[i], options);
  }
  return result;
}

}  // namespace attend::metrics::testing

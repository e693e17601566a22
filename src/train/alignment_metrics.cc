#include "train/alignment_metrics.h"

#include <vector>

#include "alignment/alignment.h"
#include "metrics/metrics.h"
#include "runtime/runtime.h"
#include "search/search.h"
#include "train/length_batches.h"

namespace attend::train {
namespace {

// Returns the links between the words of a pair.
std::vector<metrics::Link> link_words(const Dataset& data, const text::Pair& pair,
                                      const search::Hypothesis& aligned) {
  const auto allow = model::EmptyText::kAllow;
  const auto source = model::encode(data.text.source, pair.source, allow).units;
  const auto target = model::encode(data.text.target, pair.target, allow).units;
  const auto columns = alignment::units_of_columns(aligned.source_length, source.size());
  return alignment::best_links(alignment::word_weights(
      {aligned.alignment, {}, columns}, alignment::group(source, text::find_words(pair.source)),
      alignment::group(target, text::find_words(pair.target))));
}

// The values of each pair, [validation]: one of them is used.
struct Results {
  std::vector<std::vector<metrics::Link>> links;
  std::vector<alignment::MeanEntropy> entropies;
};

class Aligner {
 public:
  Aligner(const Dataset& data, const model::Weights& weights, AlignmentMetric metric)
      : data_(data),
        metric_(metric),
        engine_(runtime::make_engine(data.text.configuration, data.text.sizes(),
                                     data.text.target.vocabulary.end(), weights)) {
    results_.links.resize(data.validation.size());
    results_.entropies.resize(data.validation.size());
  }

  void align(std::span<const std::size_t> batch) {
    std::vector<model::Source> sources;
    std::vector<std::vector<text::TokenId>> targets;
    for (const std::size_t i : batch) {
      sources.push_back(data_.validation[i].source);
      targets.push_back(data_.validation[i].target);
      if (data_.text.configuration.target.end_token)
        targets.back().pop_back();  // score() adds </s>
    }
    const auto aligned = search::score(*engine_, sources, targets, 0);
    for (std::size_t k = 0; k < batch.size(); ++k) {
      const std::size_t i = batch[k];
      results_.entropies[i].add(aligned[k].alignment, aligned[k].source_length);
      if (metric_ == AlignmentMetric::kEntropy) continue;
      results_.links[i] = link_words(data_, data_.validation_pairs[i], aligned[k]);
    }
  }

  const Results& results() const { return results_; }

 private:
  const Dataset& data_;
  AlignmentMetric metric_;
  std::unique_ptr<const model::Engine> engine_;
  Results results_;
};

}  // namespace

std::optional<AlignmentMetric> find_alignment_metric(std::string_view name) {
  if (name == "alignment_error_rate") return AlignmentMetric::kErrorRate;
  if (name == "alignment_entropy") return AlignmentMetric::kEntropy;
  return std::nullopt;
}

double alignment_metric(const Dataset& data, const model::Weights& weights, AlignmentMetric metric,
                        Workers& workers) {
  Aligner aligner(data, weights, metric);
  std::vector<std::size_t> lengths;
  for (const model::Example& example : data.validation) lengths.push_back(example.target.size());
  for_each_batch(lengths, workers,
                 [&](std::span<const std::size_t> batch) { aligner.align(batch); });
  if (metric == AlignmentMetric::kErrorRate) {
    return 100 * metrics::alignment_error(aligner.results().links, data.validation_gold).error_rate;
  }
  alignment::MeanEntropy entropy;  // added up in the order of the pairs
  for (const alignment::MeanEntropy& one : aligner.results().entropies) entropy.add(one);
  return entropy.value();
}

}  // namespace attend::train

#include "train/alignment_metrics.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "alignment/alignment.h"
#include "metrics/metrics.h"
#include "runtime/runtime.h"
#include "search/search.h"

namespace attend::train {
namespace {

constexpr std::size_t kBatch = 32;  // pairs aligned together

// Orders the examples by length, so that pairs of similar length are aligned together.
std::vector<std::size_t> order_by_length(const std::vector<model::Example>& examples) {
  std::vector<std::size_t> order(examples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return examples[a].target.size() < examples[b].target.size();
  });
  return order;
}

std::vector<text::ByteSpan> spans_of(const std::vector<text::Unit>& units) {
  std::vector<text::ByteSpan> spans;
  for (const text::Unit& unit : units) spans.push_back(unit.span);
  return spans;
}

// Returns the links between the words of a pair.
std::vector<metrics::Link> link_words(const Dataset& data, const text::Pair& pair,
                                      const search::Hypothesis& aligned) {
  const auto allow = model::EmptyText::kAllow;
  const auto source = spans_of(model::encode(data.text.source, pair.source, allow).units);
  const auto target = spans_of(model::encode(data.text.target, pair.target, allow).units);
  std::vector<std::size_t> columns(aligned.source_length, alignment::kNoUnit);
  for (std::size_t j = 0; j < std::min(columns.size(), source.size()); ++j) columns[j] = j;
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
  const std::vector<std::size_t> order = order_by_length(data.validation);
  const auto count = static_cast<std::size_t>(workers.count());
  workers.run([&](int worker) {
    const auto first = static_cast<std::size_t>(worker) * kBatch;
    for (std::size_t begin = first; begin < order.size(); begin += count * kBatch) {
      const std::size_t size = std::min(kBatch, order.size() - begin);
      aligner.align(std::span(order).subspan(begin, size));
    }
  });
  if (metric == AlignmentMetric::kErrorRate) {
    return 100 * metrics::alignment_error(aligner.results().links, data.validation_gold).error_rate;
  }
  alignment::MeanEntropy entropy;  // added up in the order of the pairs
  for (const alignment::MeanEntropy& one : aligner.results().entropies) entropy.add(one);
  return entropy.value();
}

}  // namespace attend::train

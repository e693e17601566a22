#include "metrics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/base.h"

namespace attend::metrics {
namespace {

using Scores = std::vector<double>;  // [samples]

/// Returns the scores of all samples for each metric, [metrics][samples].
std::vector<Scores> resample(std::span<const CorpusMetric> metrics, std::size_t examples,
                             const BootstrapOptions& options) {
  std::vector<Scores> scores(metrics.size());
  std::vector<std::size_t> chosen(examples);
  for (std::size_t sample = 0; sample < options.samples; ++sample) {
    Random random = Random::stream(options.seed, sample);
    for (std::size_t& example : chosen) example = random.below(examples);
    for (std::size_t k = 0; k < metrics.size(); ++k) scores[k].push_back(metrics[k](chosen));
  }
  return scores;
}

double mean(const Scores& scores) {
  return std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
}

BootstrapScores summarise(double score, Scores samples) {
  std::sort(samples.begin(), samples.end());
  const std::size_t left_out = samples.size() / 40;  // 2.5 % at either end
  return {score, mean(samples), samples[left_out], samples[samples.size() - left_out - 1]};
}

double p_value(double difference, const Scores& system, const Scores& baseline) {
  Scores differences;
  for (std::size_t i = 0; i < system.size(); ++i)
    differences.push_back(std::abs(system[i] - baseline[i]));
  const auto none = [](double found) { return found == 0; };
  if (std::all_of(differences.begin(), differences.end(), none)) return 1;
  const double usual = mean(differences);
  const auto larger = std::count_if(differences.begin(), differences.end(), [&](double found) {
    return found - usual > std::abs(difference);
  });
  return static_cast<double>(larger + 1) / static_cast<double>(differences.size() + 1);
}

std::vector<std::size_t> all_of(std::size_t examples) {
  std::vector<std::size_t> everything(examples);
  std::iota(everything.begin(), everything.end(), std::size_t{0});
  return everything;
}

void check(std::size_t examples, const BootstrapOptions& options) {
  if (examples == 0) throw UsageError("no examples to evaluate");
  if (options.samples == 0) throw UsageError("a bootstrap needs at least one sample");
}

}  // namespace

std::vector<BootstrapScores> bootstrap(std::span<const CorpusMetric> metrics, std::size_t examples,
                                       const BootstrapOptions& options) {
  check(examples, options);
  std::vector<Scores> scores = resample(metrics, examples, options);
  const std::vector<std::size_t> everything = all_of(examples);
  std::vector<BootstrapScores> result;
  for (std::size_t k = 0; k < metrics.size(); ++k)
    result.push_back(summarise(metrics[k](everything), std::move(scores[k])));
  return result;
}

std::vector<PairedBootstrap> paired_bootstrap(std::span<const CorpusMetric> system,
                                              std::span<const CorpusMetric> baseline,
                                              std::size_t examples,
                                              const BootstrapOptions& options) {
  check(examples, options);
  ATTEND_CHECK_EQ(system.size(), baseline.size());
  const std::vector<Scores> ours = resample(system, examples, options);
  const std::vector<Scores> theirs = resample(baseline, examples, options);  // the same samples
  const std::vector<std::size_t> everything = all_of(examples);
  std::vector<PairedBootstrap> result;
  for (std::size_t k = 0; k < system.size(); ++k) {
    PairedBootstrap one;
    one.system = summarise(system[k](everything), ours[k]);
    one.baseline = summarise(baseline[k](everything), theirs[k]);
    one.p_value = p_value(one.system.score - one.baseline.score, ours[k], theirs[k]);
    result.push_back(one);
  }
  return result;
}

}  // namespace attend::metrics

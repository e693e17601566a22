#include "metrics/edit_distance.h"

#include <algorithm>
#include <numeric>

#include "base/base.h"
#include "metrics/corpus_check.h"
#include "metrics/unicode.h"

namespace attend::metrics {
namespace {

using Units = std::vector<std::string>;

/// The contribution of one hypothesis to the corpus.
struct Edits {
  std::size_t edits = 0;
  std::size_t reference_units = 0;
};

Edits closest(const Units& hypothesis, const std::vector<Units>& references) {
  Edits best;
  bool found = false;
  for (const Units& reference : references) {
    const Edits candidate = {edit_distance(hypothesis, reference), reference.size()};
    if (!found || candidate.edits < best.edits ||
        (candidate.edits == best.edits && candidate.reference_units > best.reference_units))
      best = candidate;
    found = true;
  }
  return best;
}

}  // namespace

std::size_t edit_distance(std::span<const std::string> a, std::span<const std::string> b) {
  // Equal beginnings and ends cost nothing, and they are most of a good hypothesis.
  const auto [first_a, first_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  a = a.subspan(static_cast<std::size_t>(first_a - a.begin()));
  b = b.subspan(static_cast<std::size_t>(first_b - b.begin()));
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    a = a.first(a.size() - 1);
    b = b.first(b.size() - 1);
  }
  if (a.size() < b.size()) std::swap(a, b);

  std::vector<std::size_t> row(b.size() + 1);  // distance of a's first i units to b's first j
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

ErrorRates error_rates(std::span<const Units> hypotheses,
                       std::span<const std::vector<Units>> references) {
  check_corpus(hypotheses.size(), references);
  ErrorRates result;
  result.sequences = hypotheses.size();
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    const Edits edits = closest(hypotheses[i], references[i]);
    result.edits += edits.edits;
    result.reference_units += edits.reference_units;
    if (edits.edits > 0) ++result.wrong_sequences;
  }
  result.sequence_error_rate = percent(result.wrong_sequences, result.sequences);
  if (result.reference_units > 0)
    result.unit_error_rate = percent(result.edits, result.reference_units);
  else
    result.unit_error_rate = result.edits > 0 ? 100 : 0;
  return result;
}

double exact_match(std::span<const std::string> hypotheses,
                   std::span<const std::vector<std::string>> references) {
  check_corpus(hypotheses.size(), references);
  std::size_t matches = 0;
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    const std::string hypothesis = comparable(hypotheses[i]);
    const auto same = [&](const std::string& reference) {
      return comparable(reference) == hypothesis;
    };
    if (std::any_of(references[i].begin(), references[i].end(), same)) ++matches;
  }
  return percent(matches, hypotheses.size());
}

}  // namespace attend::metrics

#include "metrics/edit_distance.h"

#include <algorithm>
#include <numeric>

#include "base/base.h"
#include "metrics/corpus_check.h"
#include "metrics/unicode.h"

namespace attend::metrics {
using Units = std::vector<std::string>;

EditCounts& EditCounts::operator+=(const EditCounts& other) {
  edits += other.edits;
  reference_units += other.reference_units;
  wrong_sequences += other.wrong_sequences;
  sequences += other.sequences;
  return *this;
}

EditCounts count_edits(std::span<const std::string> hypothesis, std::span<const Units> references) {
  EditCounts best;
  for (const Units& reference : references) {
    const std::size_t edits = edit_distance(hypothesis, reference);
    if (best.sequences == 0 || edits < best.edits ||
        (edits == best.edits && reference.size() > best.reference_units))
      best = {edits, reference.size(), edits > 0 ? std::size_t{1} : 0, 1};
  }
  return best;
}

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

ErrorRates error_rates(const EditCounts& counts) {
  ErrorRates result;
  result.edits = counts.edits;
  result.reference_units = counts.reference_units;
  result.wrong_sequences = counts.wrong_sequences;
  result.sequences = counts.sequences;
  result.sequence_error_rate = percent(counts.wrong_sequences, counts.sequences);
  if (counts.reference_units > 0)
    result.unit_error_rate = percent(counts.edits, counts.reference_units);
  else
    result.unit_error_rate = counts.edits > 0 ? 100 : 0;
  return result;
}

ErrorRates error_rates(std::span<const Units> hypotheses,
                       std::span<const std::vector<Units>> references) {
  check_corpus(hypotheses.size(), references);
  EditCounts counts;
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    counts += count_edits(hypotheses[i], references[i]);
  return error_rates(counts);
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

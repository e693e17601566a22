// Links of given pairs from one model or from two of opposite directions, for align.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "alignment/alignment.h"
#include "commands/word_links.h"
#include "predictor/predictor.h"

namespace attend::commands {

struct AlignerOptions {
  AlignmentUnits units = AlignmentUnits::kWords;
  alignment::Merge merge = alignment::Merge::kMean;
  double threshold = 0;      ///< least weight of a link, 0 … 1
  std::optional<int> shift;  ///< of both models; without: choose_shifts() chooses
  /// Without: the links of the first model alone.
  std::optional<alignment::Symmetrisation> symmetrise;
};

/// One pair as the models have aligned it.
struct AlignedPair {
  const Answer* forward = nullptr;
  /// The answer of the model of the opposite direction, whose source is this pair's target; null
  /// without such a model.
  const Answer* reverse = nullptr;
  const metrics::GoldAlignment* gold = nullptr;  ///< or null
};

/// Makes links of pairs, chooses shifts and counts how well links agree with gold alignments. Not
/// thread-safe.
class PairAligner {
 public:
  explicit PairAligner(const AlignerOptions& options) : options_(options) {}

  bool needs_shifts() const { return !options_.shift && !chosen_; }
  /// Chooses the shift of each model on these pairs, among alignment::kShifts: the one of the
  /// lowest alignment error rate if the pairs have gold alignments, otherwise the one of the
  /// largest alignment::LexicalGain. Pairs without an answer are left out. Where no pair has a link
  /// with any shift, nothing is chosen: needs_shifts() stays true, and align() takes 0.
  void choose_shifts(std::span<const AlignedPair> pairs);
  /// Returns a message for people: what was chosen, and why.
  std::string describe_shifts() const;

  /// Returns why the pair cannot have links; empty if it can. Only for a pair with answers.
  std::string problem(const AlignedPair& pair) const;
  /// Returns the words (or units) of a pair with its links, sorted by target and source. A pair
  /// without an answer has none. Where needs_shifts() is true, call choose_shifts() with it before.
  WordAnswer align(const AlignedPair& pair) const;
  /// Counts links and gold alignment of a pair: `words` is what align() returned for it.
  void count(const AlignedPair& pair, const WordAnswer& words);
  /// Returns the table of the counts.
  std::string report() const;
  /// Returns the table of the counts as one JSON object and a line feed. Shares are in percent.
  std::string report_json() const;

 private:
  enum Side : std::size_t { kForward, kReverse };
  /// One model.
  struct Direction {
    int shift = 0;
    std::array<double, std::size(alignment::kShifts)> criteria{};  ///< of choose_shifts()
    std::map<int, metrics::AlignmentCounts> counts;                ///< by shift: reported_shifts()
  };
  struct Fit {
    double value = 0;
    bool linked = false;
  };
  struct Items {
    Spans source, target;
  };

  std::size_t directions() const { return options_.symmetrise ? 2 : 1; }
  int shift(Side side) const { return options_.shift.value_or(directions_[side].shift); }
  Items items(const AlignedPair& pair) const;
  alignment::WordWeights weights(const AlignedPair& pair, const Items& items, Side side,
                                 int shift) const;
  /// Returns the links of one model as (source, target) of the pair.
  std::vector<alignment::Link> links(const AlignedPair& pair, const Items& items, Side side,
                                     int shift) const;
  Fit fit(std::span<const AlignedPair> pairs, Side side, int shift) const;
  std::vector<int> reported_shifts(Side side) const;
  /// A row of the report.
  struct Row {
    std::string_view name;
    std::optional<int> shift;
    bool chosen = true;  ///< whether the links that are written have this shift
    metrics::AlignmentScore score;
  };
  std::vector<Row> rows() const;

  AlignerOptions options_;
  bool chosen_ = false;
  bool by_gold_ = false;
  std::size_t fitted_pairs_ = 0;
  std::array<Direction, 2> directions_;  // [Side]
  metrics::AlignmentCounts joined_;      // the symmetrised links
  std::size_t counted_pairs_ = 0;
};

}  // namespace attend::commands

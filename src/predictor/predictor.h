// Text in, predictions out: a model folder put to use. The light binary and later interfaces stand
// on this.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "model/model.h"
#include "search/search.h"
#include "text/text.h"

namespace attend::predictor {

/// A source as the model sees it.
struct Source {
  std::string text;                  ///< raw
  std::vector<text::Unit> units;     ///< with byte spans of `text`
  std::vector<std::string> columns;  ///< names of the alignment's columns: units, then </s> or
                                     ///< padding; empty where no alignment is kept
  std::vector<std::string> unknown;  ///< units outside the vocabulary
  std::size_t cut = 0;               ///< units left out behind the model's fixed length
  std::size_t left_out = 0;          ///< units left out behind PredictOptions' longest source
  std::size_t parts = 1;             ///< stretches of a long source that were answered one by one
};

/// A target with its probability and its alignment.
struct Prediction {
  std::string text;
  std::vector<std::string> units;
  std::vector<text::ByteSpan> spans;  ///< bytes of `text`, [units]
  std::vector<std::string> unknown;   ///< units of a given target outside the vocabulary
  std::vector<float> unit_scores;     ///< natural logarithms, [units], then </s> if there is one
  double log_probability = 0;
  double score = 0;              ///< length-normalised log-probability
  bool finished = true;          ///< false: cut by the length limit
  std::vector<float> alignment;  // [units, columns of the source]; empty where none is kept
  std::vector<std::pair<std::size_t, std::size_t>>
      links;  ///< (source unit, target unit), argmax of each row of the alignment
};

/// What became of one source. Without predictions, one of these holds: the source (or a target that
/// was to be scored) is blank after preparation; `problem` says why it cannot be answered;
/// `withheld` is the probability of the best prediction, which was too improbable.
struct Answer {
  Source source;
  std::vector<Prediction> predictions;  ///< best first; texts are distinct
  std::string problem;
  std::optional<double> withheld;
};

/// What becomes of a source of more than PredictOptions::maximum_source_length units.
enum class LongSources {
  kCut,   ///< its first units are answered
  kSkip,  ///< it has a problem
  kSplit  ///< it is cut at ends of sentences; the answers to its parts are put together. Has one
          ///< prediction, whatever n_best is. When targets are scored, as kSkip.
};

/// Numbers that the alignment of a source that is answered in parts may have at most: 128 MiB of
/// floats, more than a source and a target of the longest lengths by default have (10,000 and 2,000
/// units). Most of them are zeros beside the diagonal, so that they would soon be more than the
/// memory holds.
inline constexpr std::size_t kJoinedAlignment = std::size_t{1} << 25;

struct PredictOptions {
  search::SearchOptions search;
  std::size_t batch_size = 32;  ///< sources decoded together at most
  int threads = 1;              ///< each works on batches of its own; 0: all processors
  std::size_t maximum_source_length = 10000;  ///< units, at least 1
  LongSources long_sources = LongSources::kCut;
  double minimum_probability = 0;  ///< 0 … 1: less probable predictions are withheld
};

/// One choice among the target units in one step.
struct Choice {
  std::string unit;
  float log_probability = 0;
};

/// The numbers of one decoding step.
struct ExplainedStep {
  std::string previous;          ///< y_{i-1}; empty in the first step
  std::vector<float> energies;   ///< e_i, [columns]
  std::vector<float> alignment;  ///< α_i, [columns]
  std::vector<float> context;    ///< c_i, [annotation units]
  std::vector<Choice> choices;   ///< the most probable units, best first
  Choice chosen;
};

struct Explanation {
  Source source;
  Prediction prediction;
  std::vector<ExplainedStep> steps;  ///< [units, then </s> if there is one]
};

/// A part of a model: "energies", "e_ij = s_i · W h_j".
struct Equation {
  std::string name;
  std::string text;
};
/// The equations of a model, first the encoder's and then those of a decoding step, in the order in
/// which they are computed.
std::vector<Equation> equations(const model::Configuration& configuration);

enum class Candidates {
  kAll,       ///< the whole target vocabulary
  kShortlist  ///< what the folder's shortlist makes of the sources that are decoded together
};

struct LoadOptions {
  std::optional<Precision> precision;  ///< that weights are multiplied in; by default the folder's
  Candidates candidates = Candidates::kAll;
};

/// Whether this processor has instructions for such products. Without them the result is the same
/// and the speed that of float32 or less.
bool has_instructions(Precision precision);

struct Part;

/// Immutable; safe to use from several threads.
class Predictor {
 public:
  /// ModelError when the folder is missing, damaged or of a newer format, or lacks the shortlist
  /// that is asked for.
  explicit Predictor(const std::filesystem::path& folder, const LoadOptions& options = {});
  explicit Predictor(model::Model model, const LoadOptions& options = {});

  /// One answer for each text, in order. A text that cannot be answered (broken UTF-8, a word too
  /// long for subwords, a unit that a vocabulary without <unk> lacks, more than the memory holds)
  /// has a problem; the others are answered all the same.
  std::vector<Answer> predict(std::span<const std::string> texts,
                              const PredictOptions& options) const;

  /// Forced scoring: the one prediction of each answer is the given target as it was given, with
  /// spans of its raw bytes. A target that the model cannot have (of another length than a fixed
  /// one, longer than the longest) is a problem. A blank target has a prediction only where the
  /// model was trained with empty targets. Of `options`, beam and n-best do not matter.
  std::vector<Answer> score(std::span<const std::string> sources,
                            std::span<const std::string> targets,
                            const PredictOptions& options) const;

  /// Every step of the best prediction, with `choices` alternatives a step. DataError("", 0, …) for
  /// a text that has no answer.
  Explanation explain(const std::string& text, const search::SearchOptions& options,
                      std::size_t choices) const;

  const model::ModelText& text() const { return model_.text; }
  const model::Weights& weights() const { return model_.weights; }
  const model::Engine& engine() const { return *engine_; }
  Precision precision() const { return precision_; }
  /// Units of a text of the target side (for metrics on units).
  std::vector<std::string> target_units(std::string_view text) const;

 private:
  Prediction present(search::Hypothesis hypothesis, const Part& part) const;
  /// At most `n_best`, of distinct texts.
  std::vector<Prediction> present_best(std::span<search::Hypothesis> hypotheses, const Part& part,
                                       std::size_t n_best) const;

  model::Model model_;
  Precision precision_;
  std::unique_ptr<const model::Engine> engine_;
};

}  // namespace attend::predictor

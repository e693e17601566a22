// Predicts text with a model folder: text in, predictions out. The commands and later interfaces
// use this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "alignment/alignment.h"
#include "base/base.h"
#include "model/model.h"
#include "predictor/dictionary.h"  // IWYU pragma: export
#include "predictor/document.h"    // IWYU pragma: export
#include "predictor/pictures.h"    // IWYU pragma: export
#include "search/search.h"
#include "text/text.h"

namespace attend::predictor {

/// Where attention may look in a text: bytes of it, sorted and disjoint. Empty: everywhere.
using Allowed = std::vector<text::ByteSpan>;

/// A source text as the model sees it.
struct Source {
  std::string text;               ///< the raw text
  std::vector<text::Unit> units;  ///< with byte spans in `text`
  /// Names of the alignment's columns: units, then </s> or padding; for an encoder of several
  /// levels the numbers of the sentences or paragraphs, from 1. Empty where no alignment is kept or
  /// the model has none.
  std::vector<std::string> columns;
  /// [columns]: the unit of each column, or alignment::kNoUnit.
  std::vector<std::size_t> column_units;
  std::vector<std::string> unknown;  ///< units outside the vocabulary
  std::size_t cut = 0;               ///< number of units left out after the model's fixed length
  std::size_t left_out = 0;  ///< number of units left out after PredictOptions' longest source
  /// The grid of the regions of a picture, row by row; 0 × 0 for texts and where no grid is known.
  std::size_t grid_rows = 0, grid_columns = 0;
  std::size_t parts = 1;  ///< number of parts of a long source that were answered separately
  // For an encoder of several levels; otherwise empty:
  std::vector<std::size_t> sentences;   ///< [sentences]: the first unit of each
  std::vector<std::size_t> paragraphs;  ///< [paragraphs]: the first sentence of each; three levels
  // Only where alignments are kept, the source is in one part, and the level has weights:
  std::vector<float> word_weights;      ///< [units]: of each word in its sentence
  std::vector<float> sentence_weights;  ///< [sentences]: of each in its paragraph; three levels
};

/// A target with its probability and its alignment.
struct Prediction {
  std::string text;
  std::vector<std::string> units;
  std::vector<text::ByteSpan> spans;  ///< bytes of `text`, [units]
  std::vector<std::string> unknown;   ///< units of a given target that are outside the vocabulary
  std::vector<float> unit_scores;     ///< log-probabilities, [units], then </s> if there is one
  double log_probability = 0;
  /// The length-normalised log-probability, with the coverage penalty if there is one.
  double score = 0;
  /// The log-probability of what follows a given prefix, log p(rest | prefix, source); without a
  /// prefix it equals log_probability.
  double rest_log_probability = 0;
  /// p^(1/T), 0 … 1: the probability p of what follows a given prefix with the temperature T of
  /// lines (decoder.line_temperature), which is fitted to how often whole predictions are right.
  /// None for a prediction that is not finished: the model did not say that it ends there.
  std::optional<double> confidence;
  bool finished = true;   ///< false: the length limit cut it, or it is a dead end
  bool dead_end = false;  ///< not finished because no unit may follow
  // [units, columns of the source]; empty if it is not kept or the model has none
  std::vector<float> alignment;
  /// [columns of the source]: the row of the step that gives </s>, of a given target; otherwise
  /// empty
  std::vector<float> end_alignment;
  /// (source unit, target unit) for the largest weight of each row of the alignment. Rows whose
  /// largest weight is on </s> or padding have none, and an encoder of several levels has none at
  /// all.
  std::vector<std::pair<std::size_t, std::size_t>> links;
};

/// Returns the weights between the units of a pair. The alignment must have been kept. The result
/// refers to both arguments.
alignment::UnitWeights unit_weights(const Source& source, const Prediction& prediction);

/// The result for one source. Without predictions, one of these is true: the source (or a target
/// that was to be scored) is blank after preparation; `problem` says why the source cannot be
/// answered; `withheld` is the largest probability of a prediction, without a given prefix, which
/// is below the minimum.
struct Answer {
  Source source;
  /// Best first, with distinct texts. Drawn ones (SearchOptions::sampling) stand in the order in
  /// which they were drawn, and some may be equal.
  std::vector<Prediction> predictions;
  std::string problem;
  std::optional<double> withheld;
};

/// Says how to treat a source of more than PredictOptions::maximum_source_length units.
enum class LongSources {
  kCut,   ///< only its first units are answered
  kSkip,  ///< it gets a problem and no answer
  /// The source is cut at ends of sentences and the answers to its parts are joined. The answer has
  /// one prediction, whatever n_best is. When targets are scored, this is kSkip. predict() throws
  /// UsageError for a model of labels (UnitChoice::kWhole): the labels of parts are no label.
  kSplit
};

/// The largest number of weights in the joined alignment of a source that is answered in parts:
/// 128 MiB of floats. A source and a target of the longest default lengths (10,000 and 2,000 units)
/// need fewer. Most of the weights are zeros away from the diagonal; without a limit they would
/// soon fill the memory.
inline constexpr std::size_t kJoinedAlignment = std::size_t{1} << 25;

/// Says what becomes of the unit <unk> in predictions.
enum class UnknownUnits {
  kWritten,    ///< it is written as it is
  kForbidden,  ///< the search never chooses it
  /// replace_unknown() puts source words in its place. UsageError for a model without alignment and
  /// for one that looks at sentences.
  kReplaced
};

/// A request for the target of one text.
struct TargetRequest {
  std::string prefix = {};  ///< what the target begins with; empty: anything
  /// Phrases that the target contains, at most search::kMostPhrases, cut into units as a target is.
  /// Blank ones count for nothing.
  std::vector<std::string> required = {};
  std::uint64_t stream = 0;  ///< of random numbers (search::Request)

  /// Whether any target will do.
  bool empty() const { return prefix.empty() && required.empty(); }
};

struct PredictOptions {
  search::SearchOptions search;
  /// Texts that no target contains, as neighbouring units. UsageError for one without a unit, and
  /// for one with a unit that the model can never write.
  std::vector<std::string> forbidden = {};
  /// The request for each text, unless the texts have requests of their own: the i-th text has
  /// this request with the stream `request.stream` + i.
  TargetRequest request = {};
  UnknownUnits unknown = UnknownUnits::kWritten;
  std::shared_ptr<const Dictionary> dictionary = nullptr;  ///< for kReplaced; may be null
  std::size_t batch_size = 32;                ///< at most this many sources are decoded together
  int threads = 1;                            ///< each works on its own batches; 0: all processors
  std::size_t maximum_source_length = 10000;  ///< units, at least 1
  LongSources long_sources = LongSources::kCut;
  /// 0 … 1: predictions are withheld if what follows the given prefix is less probable.
  double minimum_probability = 0;
};

/// One candidate for the target unit of a step.
struct Choice {
  std::string unit;
  float log_probability = 0;
};

/// A quantity of a step by its name, such as "energies" (e_i) or "context" (c_i).
struct Observed {
  std::string name;
  model::Over over = model::Over::kUnits;
  std::vector<float>
      values;  // kSource: [columns]; kHeads: [heads, columns]; kPast: [earlier steps]
};

/// The numbers of one decoding step.
struct ExplainedStep {
  std::string previous;                ///< y_{i-1}; empty in the first step
  std::vector<float> alignment;        ///< α_i, [columns]; empty if the model has none
  std::vector<Observed> observations;  ///< what the engine shows of the step, in its order
  std::vector<Choice> choices;         ///< the most probable units, best first
  Choice chosen;

  /// Returns the values of an observation, or an empty span if there is none of this name.
  std::span<const float> observed(std::string_view name) const;
};

struct Explanation {
  Source source;
  Prediction prediction;
  std::vector<ExplainedStep> steps;  ///< [units, then </s> if there is one]
};

enum class Candidates {
  kAll,       ///< the whole target vocabulary
  kShortlist  ///< those that the shortlist has for the sources that are decoded together
};

struct LoadOptions {
  /// The precision of the weights in matrix products; by default the precision of the folder.
  std::optional<Precision> precision;
  Candidates candidates = Candidates::kAll;
  search::Average average = search::Average::kProbabilities;  ///< of several models
  PictureOptions pictures = {};  ///< of a model that reads pictures; not used for texts
};

/// Whether this processor has instructions for products in this precision. Without them the results
/// are equal and the speed is that of float32 or less.
bool has_instructions(Precision precision);

struct Part;
struct Together;

/// Whether every answer of a model is one label, a whole text as one unit (target.unit: whole) with
/// nothing before or after it, and its probabilities are one softmax, which a temperature changes.
bool answers_with_one_label(const model::Configuration& configuration);

/// The answers to several texts with the probabilities of all labels.
struct LabelAnswers {
  std::vector<Answer> answers;  ///< [texts]; a text that has an answer has one prediction
  /// [texts][target vocabulary]: ln p of each label, at the temperature of the model. −infinity: a
  /// unit that is never an answer, such as <pad>. Empty for a text without an answer.
  std::vector<std::vector<float>> log_probabilities;
};

/// What an encoder makes of a picture.
struct PictureAnnotations {
  vision::Size grid;          ///< rows and columns of the regions
  std::vector<float> values;  // [regions, encoder.units], regions row by row; empty with a problem
  std::string problem;
};

/// A loaded model that predicts and scores texts. Where the model reads pictures, a text is the
/// name of a picture (PictureOptions). Immutable; safe to use from several threads.
class Predictor {
 public:
  /// Throws ModelError when the folder is missing, damaged or of a newer format, or when it lacks
  /// the shortlist that `options` asks for.
  explicit Predictor(const std::filesystem::path& folder, const LoadOptions& options = {});
  explicit Predictor(model::Model model, const LoadOptions& options = {});
  /// Several models, at least one, that answer together. UsageError unless they cut and number
  /// sources and targets alike. What this class says of its model is said of the first one.
  explicit Predictor(std::span<const std::string> folders, const LoadOptions& options = {});
  explicit Predictor(std::vector<model::Model> models, const LoadOptions& options = {});

  /// Returns one answer for each text, in order. A text that cannot be answered has a problem
  /// (broken UTF-8, a word too long for subwords, a unit that a vocabulary without <unk> lacks, too
  /// little memory); the other texts are answered nevertheless. `allowed` has one value for each
  /// text, or none at all. Attention may look at the units that share a byte with it, and then at
  /// neither </s> nor padding; a text, or a part of a long one, without such a unit has a problem.
  /// `requests` has one value for each text, or none at all, which is what `wanted` asks. A request
  /// that cannot be met is a problem of its text. Targets that are drawn at random
  /// (SearchOptions::sampling) stand in the order in which they were drawn, and some may be equal.
  std::vector<Answer> predict(std::span<const std::string> texts, const PredictOptions& wanted,
                              std::span<const Allowed> allowed = {},
                              std::span<const TargetRequest> requests = {}) const;

  /// Forced scoring. Each answer has one prediction: the given target, unchanged, with spans of its
  /// raw bytes. A target that the model cannot produce is a problem: its length is not the fixed
  /// one, or exceeds the longest. A blank target has a prediction only if the model was trained
  /// with empty targets. Beam and n-best of `wanted` have no effect. `allowed` belongs to the
  /// sources, as in predict().
  std::vector<Answer> score(std::span<const std::string> sources,
                            std::span<const std::string> targets, const PredictOptions& wanted,
                            std::span<const Allowed> allowed = {}) const;

  /// Returns the most probable label of each text, as predict() does, and the probabilities of all
  /// labels. The answers have no alignments. Of `wanted` only the batch size, the threads and the
  /// treatment of long sources have an effect: nothing is searched, and no label is left out.
  /// Throws UsageError unless answers_with_one_label(). `allowed` is that of predict().
  LabelAnswers predict_labels(std::span<const std::string> texts, const PredictOptions& wanted,
                              std::span<const Allowed> allowed = {}) const;

  /// Returns every step of the best prediction, with the `choices` most probable units of each.
  /// Throws DataError, without file and line, for a text that has no answer.
  Explanation explain(const std::string& text, const PredictOptions& options, std::size_t choices,
                      const Allowed& allowed = {}) const;

  /// Returns the annotations of pictures, one for each name: [regions, encoder.units], or the
  /// reason why there are none. `threads` work on them; 0: all processors. Throws UsageError for a
  /// model of texts and for several models.
  std::vector<PictureAnnotations> annotate_pictures(std::span<const std::string> names,
                                                    int threads = 1) const;

  /// Returns the picture that a source names as a person looks at it: the part that the model sees,
  /// with `side` pixels (1 … vision::kMaximumFittedSide) on its longer side. Throws UsageError for
  /// a model of texts, and where only annotations were named; DataError as Pictures::read() does.
  vision::Image shown_picture(const std::string& name, int side) const;

  /// Returns the height and width of a picture as its file has it, upright. Throws as
  /// shown_picture() does.
  vision::Size picture_size(const std::string& name) const;

  /// Throws the UsageError that predict() would throw for these options.
  void check(const PredictOptions& wanted) const;
  /// Returns the number of units of a text that a target is to contain, or not to contain. Throws
  /// UsageError, which calls the text `name`, where the model cannot write it, whatever the source:
  /// it cannot be cut into units, is longer than every target, or has a unit that neither the
  /// vocabulary has nor any source can give.
  std::size_t check_target_text(std::string_view name, const std::string& text) const;

  std::size_t models() const { return models_; }  ///< how many answer together
  /// The temperature of Prediction::confidence: decoder.line_temperature, of several models the
  /// mean.
  double line_temperature() const { return line_temperature_; }
  const model::ModelText& text() const { return model_.text; }
  /// Whether the model answers with labels of classes.
  bool has_labels() const { return model::answers_with_labels(model_.text.target.config); }
  const model::Weights& weights() const { return model_.weights; }
  const model::Engine& engine() const { return *engine_; }
  Precision precision() const { return precision_; }
  /// Returns the units of a text as the target side cuts it (for metrics on units).
  std::vector<std::string> target_units(std::string_view text) const;

 private:
  explicit Predictor(Together together, const LoadOptions& options);
  /// Null where the model reads texts, and where no file of features was named.
  const Pictures* pictures() const { return pictures_ ? &*pictures_ : nullptr; }

  Prediction present(search::Hypothesis hypothesis, const Part& part, const model::Copies& copies,
                     const Replacement* unknown = nullptr) const;
  /// Returns at most `options.search.n_best` predictions. Their texts are distinct, unless they
  /// were drawn at random.
  std::vector<Prediction> present_best(std::span<search::Hypothesis> hypotheses, const Part& part,
                                       const model::Copies& copies, const PredictOptions& options,
                                       const Source& source) const;

  std::size_t models_;
  double line_temperature_;
  model::Model model_;  // the first
  Precision precision_;
  std::size_t past_values_;           // that a search keeps of every step
  model::AttentionConfig attention_;  // of the model that reaches least far
  std::optional<Pictures> pictures_;  // where the model reads pictures
  std::unique_ptr<const model::Engine> engine_;
};

}  // namespace attend::predictor

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
#include "attend/attend.hpp"
#include "base/base.h"
#include "model/model.h"
#include "predictor/dictionary.h"  // IWYU pragma: export
#include "predictor/document.h"    // IWYU pragma: export
#include "predictor/pictures.h"    // IWYU pragma: export
#include "search/search.h"
#include "text/text.h"

namespace attend::predictor {

using attend::Allowed;
using attend::Answer;
using attend::Candidates;
using attend::Choice;
using attend::ExplainedStep;
using attend::Explanation;
using attend::LabelAnswers;
using attend::LoadOptions;
using attend::LongSources;
using attend::Observed;
using attend::PictureAnnotations;
using attend::Prediction;
using attend::PredictOptions;
using attend::Source;
using attend::TargetRequest;
using attend::UnknownUnits;

/// Returns the weights between the units of a pair. The alignment must have been kept. The result
/// refers to both arguments.
alignment::UnitWeights unit_weights(const Source& source, const Prediction& prediction);

using attend::has_instructions;
using attend::kJoinedAlignment;

struct Part;
struct Together;

/// Whether every answer of a model is one label, a whole text as one unit (target.unit: whole) with
/// nothing before or after it, and its probabilities are one softmax, which a temperature changes.
bool answers_with_one_label(const model::Configuration& configuration);

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

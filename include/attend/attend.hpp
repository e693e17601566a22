// Attend from C++: loads a model folder, predicts, scores and explains.
//
//   const attend::Predictor predictor("model/");
//   const attend::Answer answer = predictor.predict("3 May 1979");
//   std::cout << answer.predictions.at(0).text << '\n';
//
// Neither libtorch nor Python is needed. Programs use the CMake package (find_package(attend)) or
// pkg-config (attend), and C++20. include/attend/attend.h is the face for C and other languages.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attend/answers.hpp"  // IWYU pragma: export
#include "attend/errors.hpp"   // IWYU pragma: export
#include "attend/export.hpp"   // IWYU pragma: export
#include "attend/options.hpp"  // IWYU pragma: export

namespace attend {

class Predictor;
namespace predictor {
class Predictor;
}
namespace api {
const predictor::Predictor& internals(const Predictor& predictor);  // for Attend's own commands
}

/// Returns the version of the library, such as "0.2.0".
ATTEND_API std::string_view version();

/// What a model answers with.
enum class AnswerKind { kText, kLabel };

/// What a model is. Of several models that answer together: the first one, but for `models` and
/// `line_temperature`.
struct ModelInfo {
  std::size_t models = 1;                     ///< how many answer together
  Precision precision = Precision::kFloat32;  ///< of matrix products
  AnswerKind answers = AnswerKind::kText;
  bool may_answer_nothing = false;  ///< it was trained with empty targets
  std::size_t targets = 0;          ///< units or labels of the target vocabulary
  bool has_alignment = false;
  std::string attention;             ///< attention.kind, such as "soft"
  int levels = 1;                    ///< of the encoder: words, sentences, paragraphs
  bool has_section_weights = false;  ///< whether levels above the words have weights
  bool reads_pictures = false;
  std::size_t regions = 0;           ///< of a picture; 0 for texts
  std::size_t bytes_of_picture = 0;  ///< in memory, decoded or annotated; 0 for texts
  /// What a step reads in the place of the token before: whether it reads it at all, and what it
  /// reads in the first step, such as "zero vector".
  bool feeds_back = true;
  std::string start;
  double line_temperature = 1;  ///< of Prediction::confidence; of several models the mean
  std::vector<Equation> equations;

  bool has_labels() const { return answers == AnswerKind::kLabel; }
};

/// A loaded model that predicts and scores texts. Where the model reads pictures, a text is the
/// name of a picture (PictureOptions). Immutable, and safe to use from several threads. Copies
/// share the model.
class ATTEND_API Predictor {
 public:
  /// `folder` may also be the name of a model that is installed with Attend, such as "dates"; a
  /// model folder of this name wins. Throws ModelError when the folder is missing, damaged or of a
  /// newer format, or when it lacks the shortlist that `options` asks for.
  explicit Predictor(const std::filesystem::path& folder, const LoadOptions& options = {});
  /// Several models, at least one, that answer together. UsageError unless they cut and number
  /// sources and targets alike.
  explicit Predictor(std::span<const std::string> folders, const LoadOptions& options = {});
  Predictor(std::initializer_list<std::string> folders, const LoadOptions& options = {})
      : Predictor(std::span(folders.begin(), folders.size()), options) {}

  /// Returns one answer for each text, in order. A text that cannot be answered has a problem
  /// (broken UTF-8, a word too long for subwords, a unit that a vocabulary without <unk> lacks, too
  /// little memory); the other texts are answered nevertheless. `allowed` has one value for each
  /// text, or none at all. Attention may look at the units that share a byte with it, and then at
  /// neither </s> nor padding; a text, or a part of a long one, without such a unit has a problem.
  /// `requests` has one value for each text, or none at all, which is what `wanted` asks. A request
  /// that cannot be met is a problem of its text. UsageError for options that are out of range or
  /// that the model cannot follow.
  std::vector<Answer> predict(std::span<const std::string> texts, const PredictOptions& wanted = {},
                              std::span<const Allowed> allowed = {},
                              std::span<const TargetRequest> requests = {}) const;
  std::vector<Answer> predict(std::initializer_list<std::string> texts,
                              const PredictOptions& wanted = {}) const {
    return predict(std::span(texts.begin(), texts.size()), wanted);
  }
  /// Returns the answer to one text.
  Answer predict(const std::string& text, const PredictOptions& wanted = {}) const;

  /// Forced scoring. Each answer has one prediction: the given target, unchanged, with spans of its
  /// raw bytes. A target that the model cannot produce is a problem: its length is not the fixed
  /// one, or exceeds the longest. A blank target has a prediction only if the model was trained
  /// with empty targets. Beam and n-best of `wanted` have no effect. `allowed` belongs to the
  /// sources, as in predict().
  std::vector<Answer> score(std::span<const std::string> sources,
                            std::span<const std::string> targets, const PredictOptions& wanted = {},
                            std::span<const Allowed> allowed = {}) const;
  std::vector<Answer> score(std::initializer_list<std::string> sources,
                            std::initializer_list<std::string> targets,
                            const PredictOptions& wanted = {}) const {
    return score(std::span(sources.begin(), sources.size()),
                 std::span(targets.begin(), targets.size()), wanted);
  }

  /// Returns the most probable label of each text and the probabilities of all labels. The answers
  /// have no alignments. Of `wanted` only the batch size, the threads and the treatment of long
  /// sources have an effect. Throws UsageError unless every answer of the model is one label.
  LabelAnswers classify(std::span<const std::string> texts, const PredictOptions& wanted = {},
                        std::span<const Allowed> allowed = {}) const;
  /// Names the labels that LabelAnswers::log_probabilities has of one text, best first, without
  /// those that are never an answer. Throws UsageError unless there is one number for each label.
  std::vector<Choice> rank_labels(std::span<const float> log_probabilities) const;

  /// Returns every step of the best prediction, with the `choices` most probable units of each.
  /// LongSources::kSplit is kSkip here. Throws DataError, without file and line, for a text that
  /// has no answer.
  Explanation explain(const std::string& text, const PredictOptions& options = {},
                      std::size_t choices = 4, const Allowed& allowed = {}) const;

  /// Returns the annotations of pictures, one for each name: [regions, encoder.units], or the
  /// reason why there are none. `threads` work on them; 0: all processors. Throws UsageError for a
  /// model of texts and for several models.
  std::vector<PictureAnnotations> annotate_pictures(std::span<const std::string> names,
                                                    int threads = 1) const;
  /// Returns the picture that a source names as a person looks at it: the part that the model sees,
  /// with `side` pixels (1 … 16,384) on its longer side. Throws UsageError for a model of texts,
  /// and where only annotations were named; DataError for a picture that is missing or broken.
  Image shown_picture(const std::string& name, int side) const;

  /// Throws the UsageError that predict() would throw for these options.
  void check(const PredictOptions& wanted) const;
  /// Returns the number of units of a text that a target is to contain, or not to contain. Throws
  /// UsageError, which calls the text `name`, where the model cannot write it, whatever the source.
  std::size_t check_target_text(std::string_view name, const std::string& text) const;
  /// Whether the whole text is one unit of the target vocabulary, as a known label is.
  bool knows_label(std::string_view text) const;

  const ModelInfo& info() const;

 private:
  friend const predictor::Predictor& api::internals(const Predictor& predictor);

  std::shared_ptr<const predictor::Predictor> predictor_;
  std::shared_ptr<const ModelInfo> info_;
};

/// Whether this processor has instructions for products in this precision. Without them the results
/// are equal and the speed is that of float32 or less.
ATTEND_API bool has_instructions(Precision precision);

/// Finds the words of an answer, and links each target word to the source word of the largest
/// weight. There are no links where no alignment was kept, and where the model does not look at
/// units of a text.
ATTEND_API WordAnswer link_words(const Answer& answer);
/// Returns links in Pharaoh format: "0-0 1-2".
ATTEND_API std::string pharaoh(const Prediction& prediction);
ATTEND_API std::string pharaoh(const LinkedWords& words);

/// Puts the weights of the words, sentences and paragraphs of a source together. `alignment` has
/// the columns of the source in its first row, as Prediction::alignment does; other rows are not
/// read. It is empty where none was kept.
ATTEND_API Document describe_document(const Source& source, std::span<const float> alignment);

using WriteText = std::function<void(std::string_view)>;
/// Writes one JSON object and a line feed, in pieces: the source, the predictions with byte spans,
/// links and alignment matrix; the words of both sides and their links, if `words` are given; for
/// AnswerKind::kLabel the labels with their probabilities and the weights of words and sentences;
/// or, where there is no prediction, `problem` or `withheld_probability` if one of them is the
/// reason. docs/formats.md describes the object. The answer must have kept its alignments if the
/// model has any.
ATTEND_API void write_json(const Answer& answer, AnswerKind kind, const WriteText& write,
                           const WordAnswer* words = nullptr);

/// Returns every step of an explanation as one JSON object: the source, the prediction, the
/// equations and, for each step, its alignment, observations and choices (docs/formats.md).
ATTEND_API std::string to_json(const Explanation& explanation, const ModelInfo& info);

/// Returns a self-contained HTML page with the alignments of the best predictions as heat maps that
/// answer to the mouse. Answers without an alignment are left out. Throws UsageError where none is
/// left, and for more than 250,000 weights.
ATTEND_API std::string draw_html(std::span<const Answer> answers);

}  // namespace attend

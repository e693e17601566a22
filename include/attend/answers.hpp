// What a model answers with: targets, their probabilities, and where the model looked. Values
// without behaviour; all texts are UTF-8, and places in texts are bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attend/export.hpp"

namespace attend {

/// Bytes [begin, end) of a text.
struct ByteSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const ByteSpan&) const = default;
};

/// Where attention may look in a text: bytes of it, sorted and disjoint. Empty: everywhere.
using Allowed = std::vector<ByteSpan>;

/// A unit of a model (a character, a subword, a word) and the bytes that it came from in the raw
/// text, before any preparation. The span of a space is its whole run of white space. The span of a
/// subword leaves out the space before its word, unless the subword is only that space. From one
/// unit of a text to the next, neither the start nor the end of its span ever decreases. Units that
/// share one raw character share its span: the jamo of a Hangul syllable, or the two sides of a
/// subword border inside a character that lower-casing made longer.
struct Unit {
  std::string text;
  ByteSpan span;
  bool operator==(const Unit&) const = default;
};

/// A source text as the model sees it.
struct Source {
  std::string text;         ///< the raw text
  std::vector<Unit> units;  ///< with byte spans in `text`
  /// Names of the alignment's columns: units, then </s> or padding; for an encoder of several
  /// levels the numbers of the sentences or paragraphs, from 1. Empty where no alignment is kept or
  /// the model has none.
  std::vector<std::string> columns;
  /// [columns]: the unit of each column, or kNoUnit.
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

/// In Source::column_units: the column is </s>, padding or a sentence.
inline constexpr std::size_t kNoUnit = static_cast<std::size_t>(-1);

/// A target with its probability and its alignment.
struct Prediction {
  std::string text;
  std::vector<std::string> units;
  std::vector<ByteSpan> spans;       ///< bytes of `text`, [units]
  std::vector<std::string> unknown;  ///< units of a given target that are outside the vocabulary
  std::vector<float> unit_scores;    ///< log-probabilities, [units], then </s> if there is one
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

/// The result for one source. Without predictions, one of these is true: the source (or a target
/// that was to be scored) is blank after preparation; `problem` says why the source cannot be
/// answered; `withheld` is the largest probability of a prediction, without a given prefix, which
/// is below the minimum.
struct Answer {
  Source source;
  /// Best first, with distinct texts. Drawn ones (Sampling) stand in the order in which they were
  /// drawn, and some may be equal.
  std::vector<Prediction> predictions;
  std::string problem;
  std::optional<double> withheld;
};

/// The answers to several texts with the probabilities of all labels.
struct LabelAnswers {
  std::vector<Answer> answers;  ///< [texts]; a text that has an answer has one prediction
  /// [texts][target vocabulary]: ln p of each label, at the temperature of the model. −infinity: a
  /// unit that is never an answer, such as <pad>. Empty for a text without an answer.
  std::vector<std::vector<float>> log_probabilities;
};

/// The things that the numbers of an observation belong to.
enum class Over {
  kSource,  ///< the positions of the source
  kHeads,   ///< the positions of the source for every head, head by head; the heads of a value of a
            ///< row and a position are its units
  kPast,    ///< the earlier steps of the hypothesis
  kUnits,   ///< the units of a vector
  kScalar   ///< one number
};

/// One line of a model's equations.
struct Equation {
  std::string name;  ///< "energies"
  std::string text;  ///< "e_ij = v · tanh(W s_{i-1} + U h_j + b)"
};

/// One candidate for the target unit of a step.
struct Choice {
  std::string unit;
  float log_probability = 0;
};

/// A quantity of a step by its name, such as "energies" (e_i) or "context" (c_i).
struct Observed {
  std::string name;
  Over over = Over::kUnits;
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
  ATTEND_API std::span<const float> observed(std::string_view name) const;
};

struct Explanation {
  Source source;
  Prediction prediction;
  std::vector<ExplainedStep> steps;  ///< [units, then </s> if there is one]
};

/// Height and width, in pixels of a picture or in regions of a grid.
struct Size {
  int height = 0;
  int width = 0;
  friend bool operator==(const Size&, const Size&) = default;
};

/// A picture in colours, opaque.
struct Image {
  Size size;
  /// [size.height, size.width, 3], rows from top to bottom: red, green and blue in 0 … 255, in the
  /// colour space of the file, which is sRGB in practice.
  std::vector<std::uint8_t> pixels;
  friend bool operator==(const Image&, const Image&) = default;
};

/// What an encoder makes of a picture.
struct PictureAnnotations {
  Size grid;                  ///< rows and columns of the regions
  std::vector<float> values;  // [regions, encoder.units], regions row by row; empty with a problem
  std::string problem;
};

/// A sentence or a paragraph.
struct Section {
  std::size_t first = 0, end = 0;  ///< its words: the units [first, end) of the source
  ByteSpan span;                   ///< bytes of the raw text, from its first word to its last
  /// Of a paragraph: in the document. Of a sentence: in its paragraph, or in the document where
  /// there are no paragraphs. The weights of what stands side by side sum to 1. Nothing where that
  /// level has no weights.
  std::optional<float> weight;
};

/// What attention made of the parts of a source. A level without weights counts as 1 in every
/// product.
struct Document {
  std::vector<Section> sentences;   ///< empty for an encoder of one level
  std::vector<Section> paragraphs;  ///< empty unless the encoder has three levels
  /// [units]: p_w, the weight of each word in its sentence, or with one level in the whole source.
  /// Empty where words have no weights.
  std::vector<float> word_weights;
  /// [sentences]: p_s, the share of each sentence in the document: its weight, times that of its
  /// paragraph. Empty where neither has weights.
  std::vector<float> sentence_shares;
  /// [units]: √p_s · p_w, which keeps the important words of unimportant sentences visible (§8);
  /// p_w with one level. Empty where words have no weights.
  std::vector<float> importance;
};

/// A link between two words, which count from 0.
struct Link {
  std::size_t source = 0, target = 0;
  friend auto operator<=>(const Link&, const Link&) = default;
};

/// A link, and the weights behind it.
struct WordLink {
  Link link;
  float weight = 0;  ///< of the source word in the row of the target word
  /// In a model of the opposite direction: of the target word in the row of the source word.
  std::optional<float> reverse_weight;
};

/// The words of a target, with its links to the words of the source.
struct LinkedWords {
  std::vector<ByteSpan> words;  ///< bytes of Prediction::text
  std::vector<WordLink> links;
};

/// The words of an answer: what white space separates in the raw texts.
struct WordAnswer {
  std::vector<ByteSpan> words;  ///< bytes of Source::text
  std::vector<LinkedWords> predictions;
};

}  // namespace attend

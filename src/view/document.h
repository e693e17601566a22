// What all drawings of a document share: checks, the choice of sentences, shades. Internal to the
// folder.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "view/colours.h"
#include "view/labels.h"
#include "view/view.h"

namespace attend::view {

/// A sentence that is drawn, or the whole text where there are no sentences.
struct ShownSentence {
  std::size_t number = 0;          ///< in the document, from 0
  std::size_t first = 0, end = 0;  ///< the words that are drawn
  bool gap_before = false;         ///< sentences before it are left out
  bool begins_paragraph = false;
  bool cut = false;  ///< its last words are left out
  /// The direction of the first letter that has one; without such a letter, that of the document.
  Direction direction = Direction::kLeftToRight;
};

/// A document that was checked before it is drawn. The constructor throws as view.h promises.
/// `picture` must outlive this object.
class ShownDocument {
 public:
  ShownDocument(const DocumentPicture& picture, const DocumentOptions& options);

  const DocumentPicture& original() const { return picture_; }
  const std::vector<ShownSentence>& sentences() const { return shown_; }
  /// The labels that are drawn, best first; their texts are visible (visible_title).
  const std::vector<LabelProbability>& labels() const { return labels_; }
  bool has_word_weights() const { return !picture_.importance.empty(); }
  bool has_sentence_weights() const { return !picture_.sentence_weights.empty(); }
  bool joined(std::size_t word) const { return !picture_.joined.empty() && picture_.joined[word]; }
  /// The direction of the first letter that has one.
  Direction direction() const { return direction_; }

  /// Returns the importance of a word as a share of the largest one, 0 … 1; 0 without weights.
  double word_shade(std::size_t word) const;
  /// Returns the weight of a sentence as a share of the largest one, 0 … 1; 0 without weights.
  double sentence_shade(std::size_t sentence) const;
  double sentence_weight(std::size_t sentence) const { return picture_.sentence_weights[sentence]; }
  /// Says what weights a word has: "word 0.3100, sentence 0.6200". Empty without weights.
  std::string word_note(std::size_t word, std::size_t sentence) const;
  /// Says which words are the most important of those drawn; empty without weights.
  std::string strongest_words() const;
  /// Says what the last colour of the scale means; empty without weights.
  std::string scale_note() const;
  /// Says what is left out; empty if nothing is.
  std::string left_out_note() const;

 private:
  void check_sizes() const;
  void choose(const DocumentOptions& options);
  Direction direction_of(std::size_t first, std::size_t end, Direction otherwise) const;
  ShownSentence whole_sentence(std::size_t number) const;
  std::size_t sentence_count() const;

  const DocumentPicture& picture_;
  std::vector<ShownSentence> shown_;
  std::vector<LabelProbability> labels_;
  double largest_importance_ = 0;
  double largest_sentence_ = 0;
  Direction direction_ = Direction::kLeftToRight;
};

/// Returns the colour behind a word of this shade: of the scale, or a tint of the white page.
Rgb word_colour(double shade, std::optional<ColourScale> scale);
/// Returns the colour of the bar of a sentence.
Rgb sentence_colour(double shade, std::optional<ColourScale> scale);
/// Whether a word of this shade has a colour behind it. Tints that nobody would see are left out.
bool has_colour(double shade, std::optional<ColourScale> scale);
/// Returns black or white, which has a contrast of at least 4.5 to 1 with `background` (WCAG 2).
Rgb text_colour_on(Rgb background);

}  // namespace attend::view

// What all drawings of a caption share: checks, the choice of words, texts, light. Internal to the
// folder.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "view/labels.h"
#include "view/light.h"
#include "view/raster.h"
#include "view/view.h"

namespace attend::view {

/// A caption that was checked before it is drawn. The constructor throws as view.h promises.
/// `caption` must outlive this object.
class ShownCaption {
 public:
  ShownCaption(const CaptionPicture& caption, const CaptionOptions& options);

  /// The picture, with at most kMostPixels a side.
  const Raster& picture() const { return picture_; }
  /// The words that are drawn, as visible_label() writes them.
  const std::vector<std::string>& words() const { return words_; }
  /// The whole caption and the references, as visible_title() writes them.
  const std::string& caption() const { return caption_; }
  const std::vector<std::string>& references() const { return references_; }
  const std::string& title() const { return title_; }
  bool joined(std::size_t word) const { return original_.words[word].joined; }
  /// The direction of the first letter of the caption that has one.
  Direction direction() const { return direction_; }

  /// Returns how bright each pixel of the picture at this size is, [size.height, size.width].
  std::vector<float> light(std::size_t word, Extent size) const;
  /// Returns the mask of a word: a PNG in a URI, to be stretched over the picture.
  std::string mask_uri(std::size_t word) const;
  /// Says where a word looked (place_of).
  std::string_view place(std::size_t word) const;
  /// Says how probable a word was and how open the gate: "p 0.83, β 0.91"; empty without both.
  std::string numbers(std::size_t word) const;
  /// Says both, and how large the largest weight is: "p 0.83, β 0.91, top left, largest weight
  /// 0.2310".
  std::string note(std::size_t word) const;
  /// Describes the picture for readers who do not see it.
  std::string description() const;
  /// Says how many words are left out; empty if none is.
  std::string left_out_note() const;

  static constexpr std::size_t kMostPixels = 512;

 private:
  void check_sizes() const;
  Grid grid() const { return {original_.grid_rows, original_.grid_columns}; }

  const CaptionPicture& original_;
  Raster picture_;
  std::vector<std::vector<float>> weights_;  // [words][grid_rows, grid_columns], at least 0
  std::vector<std::string> words_;
  std::string caption_;
  std::vector<std::string> references_;
  std::string title_;
  Direction direction_ = Direction::kLeftToRight;
};

/// Throws UsageError when there is no caption or there are too many for one drawing.
void check_caption_count(std::span<const CaptionPicture> captions);

/// Returns for each caption the first one that has the same picture.
std::vector<std::size_t> first_with_picture(std::span<const CaptionPicture> captions);

}  // namespace attend::view

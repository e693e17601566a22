#include "view/caption.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/base.h"
#include "view/markup.h"
#include "view/picture.h"

namespace attend::view {
namespace {

constexpr std::size_t kMostCaptions = 64;
constexpr std::size_t kMostOriginalPixels = 100'000'000;
constexpr std::size_t kMostRegions = 128;      // a side
constexpr std::size_t kMaskPixelsARegion = 8;  // smooth light needs no more
constexpr std::size_t kMostMaskPixels = 256;   // a side
constexpr std::size_t kMostReferences = 5;
constexpr std::size_t kLongestText = 1000;  // in clusters, of a caption or a title
constexpr std::size_t kDirectionBytes = 4000;

void check_number(std::optional<float> number, const char* message) {
  if (number && !std::isfinite(*number)) throw Error(message);
}

double share(float value) { return std::clamp<double>(value, 0, 1); }

/// Returns a text that is visible and not endless.
std::string shown_text(std::string_view text) {
  const std::string_view beginning = text.substr(0, 16 * kLongestText);
  return shorten_clusters(visible_title(beginning), kLongestText);
}

std::string joined_words(const std::vector<CaptionWord>& words, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < std::min(count, words.size()); ++i) {
    if (i > 0 && !words[i].joined) text += ' ';
    text += words[i].text;
  }
  return count < words.size() ? text + " …" : text;
}

}  // namespace

ShownCaption::ShownCaption(const CaptionPicture& caption, const CaptionOptions& options)
    : original_(caption) {
  if (options.max_words == 0) throw UsageError("a caption needs at least one word");
  check_sizes();
  const Raster whole{{caption.width, caption.height}, 3, caption.pixels};
  picture_ = resample(whole, shrunk(whole.size, kMostPixels));
  const std::size_t count = std::min(caption.words.size(), options.max_words);
  for (std::size_t i = 0; i < count; ++i) {
    words_.push_back(visible_label(caption.words[i].text));
    weights_.push_back(caption.words[i].weights);
    for (float& weight : weights_.back()) weight = std::clamp(weight, 0.0F, 1.0F);
  }
  const std::string text =
      caption.caption.empty() ? joined_words(caption.words, count) : caption.caption;
  direction_ = first_direction(std::string_view(text).substr(0, kDirectionBytes))
                   .value_or(Direction::kLeftToRight);
  caption_ = shown_text(text);
  for (const std::string& reference : caption.references) {
    if (references_.size() == kMostReferences) break;
    references_.push_back(shown_text(reference));
  }
  title_ = shown_text(caption.title);
}

void ShownCaption::check_sizes() const {
  const CaptionPicture& one = original_;
  ATTEND_CHECK(one.width > 0 && one.height > 0);
  if (one.width > kMostOriginalPixels / one.height) {
    throw UsageError(
        fmt::format("a picture of {} × {} pixels is too large to draw; the limit is {}", one.width,
                    one.height, kMostOriginalPixels));
  }
  ATTEND_CHECK_EQ(one.pixels.size(), one.width * one.height * 3);
  if (one.words.empty()) return;
  ATTEND_CHECK(one.grid_rows > 0 && one.grid_columns > 0);
  if (std::max(one.grid_rows, one.grid_columns) > kMostRegions) {
    throw UsageError(
        fmt::format("a grid of {} × {} regions is too large to draw; the limit is {} a "
                    "side",
                    one.grid_rows, one.grid_columns, kMostRegions));
  }
  for (const CaptionWord& word : one.words) {
    ATTEND_CHECK_EQ(word.weights.size(), one.grid_rows * one.grid_columns);
    for (const float weight : word.weights) {
      check_number(weight, "the alignment of a caption holds a value that is not a number");
    }
    check_number(word.probability, "the probability of a word is not a number");
    check_number(word.gate, "the gate β of a word is not a number");
  }
}

std::vector<float> ShownCaption::light(std::size_t word, Extent size) const {
  return smooth_light(weights_[word], grid(), size);
}

std::string ShownCaption::mask_uri(std::size_t word) const {
  const auto side = [](std::size_t regions) {
    return std::min(regions * kMaskPixelsARegion, kMostMaskPixels);
  };
  const Extent size{side(original_.grid_columns), side(original_.grid_rows)};
  return png_uri(light_mask(light(word, size), size));
}

std::string_view ShownCaption::place(std::size_t word) const {
  return place_of(weights_[word], grid());
}

std::string ShownCaption::numbers(std::size_t word) const {
  const CaptionWord& one = original_.words[word];
  std::string text;
  if (one.probability) text = fmt::format("p {:.2f}", share(*one.probability));
  if (one.gate) text += fmt::format("{}β {:.2f}", text.empty() ? "" : ", ", share(*one.gate));
  return text;
}

std::string ShownCaption::note(std::size_t word) const {
  const std::vector<float>& weights = weights_[word];
  const std::string both = numbers(word);
  return fmt::format("{}{}{}, largest weight {:.4f}", both, both.empty() ? "" : ", ", place(word),
                     *std::max_element(weights.begin(), weights.end()));
}

std::string ShownCaption::description() const {
  std::string text = caption_.empty() ? kEmptySide : caption_;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    text += fmt::format("{}“\u2068{}\u2069” {}", i == 0 ? ". Where the words looked: " : ", ",
                        words_[i], place(i));
  }
  return text;
}

std::string ShownCaption::left_out_note() const {
  const std::size_t all = original_.words.size();
  if (words_.size() == all) return {};
  return fmt::format("… {} of {} words are shown; the others are left out", words_.size(), all);
}

void check_caption_count(std::span<const CaptionPicture> captions) {
  if (captions.empty()) throw UsageError("nothing to draw: there are no captions");
  if (captions.size() > kMostCaptions) {
    throw UsageError(fmt::format("{} captions are too many for one drawing; the limit is {}",
                                 captions.size(), kMostCaptions));
  }
}

std::vector<std::size_t> first_with_picture(std::span<const CaptionPicture> captions) {
  std::vector<std::size_t> first(captions.size());
  for (std::size_t k = 0; k < captions.size(); ++k) {
    for (first[k] = 0; first[k] < k; ++first[k]) {
      const CaptionPicture& other = captions[first[k]];
      if (other.width == captions[k].width && other.height == captions[k].height &&
          other.pixels == captions[k].pixels) {
        break;
      }
    }
  }
  return first;
}

}  // namespace attend::view

// Captions that several tests draw.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "view/view.h"

namespace attend::view {

/// Returns a picture of one colour without words.
inline CaptionPicture plain_picture(std::size_t width, std::size_t height,
                                    std::uint8_t grey = 255) {
  CaptionPicture caption;
  caption.width = width;
  caption.height = height;
  caption.pixels.assign(width * height * 3, grey);
  return caption;
}

/// Returns a word that looked at one region of `regions`.
inline CaptionWord word_at(const std::string& text, std::size_t region, std::size_t regions) {
  CaptionWord word;
  word.text = text;
  word.weights.assign(regions, 0);
  word.weights.at(region) = 1;
  return word;
}

/// Returns "a dog runs" on a white picture of 60 × 40 pixels and a grid of 4 × 6: "a" looked
/// everywhere, "dog" at the top left and "runs" at the bottom right.
inline CaptionPicture small_caption() {
  CaptionPicture caption = plain_picture(60, 40);
  caption.grid_rows = 4;
  caption.grid_columns = 6;
  caption.words = {word_at("a", 0, 24), word_at("dog", 0, 24), word_at("runs", 23, 24)};
  caption.words[0].weights.assign(24, 1 / 24.0F);
  const float probabilities[] = {0.9F, 0.8312F, 0.5F};
  const float gates[] = {0.25F, 0.75F, 1};
  for (std::size_t i = 0; i < 3; ++i) {
    caption.words[i].probability = probabilities[i];
    caption.words[i].gate = gates[i];
  }
  caption.references = {"a dog is running", "the dog runs"};
  return caption;
}

/// Returns a caption of so many words, which look at one region each.
inline CaptionPicture long_caption(std::size_t words) {
  CaptionPicture caption = plain_picture(30, 30, 120);
  caption.grid_rows = caption.grid_columns = 3;
  for (std::size_t i = 0; i < words; ++i) caption.words.push_back(word_at("word", i % 9, 9));
  return caption;
}

/// Returns words and texts that try to break out of markup, of scripts, of the terminal and of the
/// line.
inline CaptionPicture hostile_caption() {
  CaptionPicture caption = plain_picture(8, 8);
  caption.grid_rows = caption.grid_columns = 1;
  for (const std::string& text :
       {std::string("</script><script>alert(1)</script>"), std::string("\x1b[31mred"),
        std::string("\xff\xc0\x80"), std::string("\u202Eabc"), std::string(), std::string("\u0301"),
        std::string("\u2028"), std::string("\" onmouseover='x' &amp;"), std::string("a\0b", 3),
        std::string("\uFFFE\uFDD0"), std::string("]]>"), std::string("<!--"), std::string("\t\n"),
        std::string(3000, 'M')}) {
    caption.words.push_back(word_at(text, 0, 1));
    caption.words.back().probability = 0.5F;
  }
  caption.title = "</title><b>\x07\xfe";
  caption.references = {"</ul><b>\x1b[2J", "\u202E\"'", std::string(100'000, 'x')};
  return caption;
}

/// Returns "a black cat" in Arabic, which is written from the right.
inline CaptionPicture arabic_caption() {
  CaptionPicture caption = plain_picture(30, 30);
  caption.grid_rows = caption.grid_columns = 1;
  caption.words = {word_at("قطة", 0, 1), word_at("سوداء", 0, 1)};
  return caption;
}

}  // namespace attend::view

// Documents that several tests draw.
#pragma once

#include <string>
#include <vector>

#include "view/view.h"

namespace attend::view {

/// Returns a document of two sentences: "The food was terrible ." and "Nice staff".
inline DocumentPicture small_document() {
  return {.words = {"The", "food", "was", "terrible", ".", "Nice", "staff"},
          .joined = {0, 0, 0, 0, 1, 0, 0},
          .word_weights = {0.05F, 0.2F, 0.05F, 0.6F, 0.1F, 0.75F, 0.25F},
          .importance = {0.04F, 0.16F, 0.04F, 0.5F, 0.08F, 0.25F, 0.1F},
          .sentences = {0, 5},
          .paragraphs = {},
          .sentence_weights = {0.8F, 0.2F},
          .labels = {{"bad", 0.9}, {"very good", 0.1}},
          .title = ""};
}

/// Returns a document of `sentences` sentences of `words` words each. Sentence s has the weight s.
inline DocumentPicture long_document(std::size_t sentences, std::size_t words) {
  DocumentPicture picture;
  for (std::size_t s = 0; s < sentences; ++s) {
    picture.sentences.push_back(s * words);
    picture.sentence_weights.push_back(static_cast<float>(s));
    for (std::size_t j = 0; j < words; ++j) picture.words.push_back("w" + std::to_string(s));
  }
  picture.word_weights.assign(sentences * words, 0.5F);
  picture.importance = picture.word_weights;
  picture.labels = {{"long", 1}};
  return picture;
}

/// Returns words and labels that try to break out of markup, of the terminal and of the line.
inline DocumentPicture hostile_document() {
  DocumentPicture picture;
  picture.words = {"<script>alert(1)</script>",
                   "\x1b[31mred",
                   "\xff\xc0\x80",
                   "\u202Eabc",
                   "",
                   "\u0301",
                   "\u2028",
                   "\" onmouseover='x' &amp;",
                   std::string("a\0b", 3),
                   "\uFFFE\uFDD0"};
  picture.word_weights.assign(10, 0.1F);
  picture.importance = picture.word_weights;
  picture.labels = {{"</table><b>\x1b[2J", 0.5}, {"\u202E\"'", 0.5}};
  picture.title = "</title><b>\x07\xfe";
  return picture;
}

}  // namespace attend::view

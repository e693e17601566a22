// Texts of a language without a whole date: words and sentences, numbers, times of day, a month or
// a year alone, telephone numbers, prices, blanks to fill in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dates/choice.h"
#include "dates/clock.h"
#include "dates/facts.h"
#include "dates/noise.h"
#include "dates/pattern.h"
#include "dates/render.h"
#include "dates/words.h"

namespace attend::dates {

/// Draws texts of one language without a whole date. Not thread-safe.
class Dateless {
 public:
  /// `writer` writes months, years and weekdays; it must outlive this object.
  Dateless(const LanguageFacts& facts, const Writer& writer, std::shared_ptr<const Words> words);

  /// Returns one line, never empty. Texts that hold a part of a date take it from `day`.
  std::string text(const Date& day, Random& random) const;

 private:
  std::string word(Random& random) const;
  std::string words(Random& random) const;
  std::string part_of_a_date(const Date& day, Random& random) const;
  std::string part_among_words(const Date& day, Random& random) const;
  std::string numbered(Random& random) const;
  std::string phrase(Random& random) const;
  std::string draft(const Date& day, Random& random) const;

  const Writer& writer_;
  std::shared_ptr<const Words> words_;
  Clock clock_;
  NoiseOptions noise_;
  Choice<Pattern> parts_, names_;
  std::vector<std::string> phrases_;
  bool blanks_ = true;  // whether blanks separate words
  Digits digits_;
  double native_digits_share_;
};

std::shared_ptr<const Words> words_of(const LanguageFacts& facts);

/// Draws English texts without a date; builds everything that it needs itself.
class EnglishTexts {
 public:
  EnglishTexts();
  std::string text(const Date& day, Random& random) const { return dateless_->text(day, random); }

 private:
  std::unique_ptr<const Writer> writer_;
  std::unique_ptr<const Dateless> dateless_;
};

}  // namespace attend::dates

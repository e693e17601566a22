// Writes dates in one language.
#pragma once

#include <unicode/locid.h>

#include <memory>
#include <string>
#include <vector>

#include "dates/choice.h"
#include "dates/clock.h"
#include "dates/facts.h"
#include "dates/names.h"
#include "dates/noise.h"
#include "dates/pattern.h"
#include "dates/solar_hijri.h"

namespace attend::dates {

enum class YearDigits { kTwo, kFour };

/// A day in two calendars. Both dates may be impossible; they are written all the same.
struct Day {
  Day(const Date& gregorian) : date(gregorian), solar(solar_hijri(gregorian)) {}  // NOLINT
  Day(const Date& gregorian, const SolarDate& hijri) : date(gregorian), solar(hijri) {}
  Date date;
  SolarDate solar;
};

class Writer {
 public:
  /// `english` holds the English names, which are used in a share facts.english_share of the dates.
  /// It may be null only if that share is 0.
  Writer(const LanguageFacts& facts, std::shared_ptr<const Names> english);

  const Pattern& draw_pattern(Random& random) const { return patterns_.draw(random); }
  /// Returns the date as this language writes it, with decorations and noise. `year` says how many
  /// digits a {y} has; with kTwo the year must be in 1940..2039.
  std::string write(const Day& day, const Pattern& pattern, YearDigits year, Random& random) const;
  const NoiseOptions& noise() const { return noise_; }
  /// Whether a {y} may have two digits.
  bool has_short_years() const { return facts_.short_years; }

 private:
  struct Draft;
  void append(const Piece& piece, Draft& draft) const;
  void append_number(const Piece& piece, Draft& draft) const;
  void append_name(const Piece& piece, Draft& draft) const;
  void append_eastern(const Piece& piece, Draft& draft) const;
  void append_solar(const Piece& piece, Draft& draft) const;
  std::string roman(int month, Random& random) const;
  std::string with_weekday(std::string date, Draft& draft) const;
  std::string decorated(std::string date, const Pattern& pattern, Draft& draft) const;

  LanguageFacts facts_;
  Names names_;
  std::shared_ptr<const Names> english_;
  Choice<Pattern> patterns_;
  Clock clock_;
  NoiseOptions noise_;
  std::vector<std::string> of_, of_year_, before_, after_, weekday_links_;
};

}  // namespace attend::dates

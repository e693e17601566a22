#include "dates/noise.h"

#include <fmt/format.h>

#include <vector>

#include "dates/numerals.h"
#include "dates/unicode.h"

namespace attend::dates {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// Whether `c` is an ASCII letter or any byte of a longer character.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

std::string with_case(std::string text, const NoiseOptions& options, Random& random) {
  const double kind = random.uniform();
  if (kind < 0.12) return lower(text, options.locale);
  if (kind < 0.16) return upper(text, options.locale);
  if (kind < 0.22) {  // a capital for each word
    return capitalized(text);
  }
  return text;
}

/// Returns the positions of the blanks for which `wanted` is true.
template <typename Wanted>
std::vector<std::size_t> blanks(const std::string& text, Wanted wanted) {
  std::vector<std::size_t> places;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == ' ' && wanted(text[i - 1], text[i + 1])) places.push_back(i);
  }
  return places;
}

void lose_a_blank(std::string& text, Random& random) {
  const auto places = blanks(text, [](char before, char after) {
    return before == ',' || (is_digit(before) && is_letter(after)) ||
           (is_letter(before) && is_digit(after)) || (before == '.' && is_letter(after));
  });
  if (!places.empty()) text.erase(places[random.below(places.size())], 1);
}

/// Turns "Jan. 22" into "Jan.22". A full stop after a number stays apart from the next number.
void lose_a_blank_behind_a_name(std::string& text) {
  for (std::size_t i = 2; i + 1 < text.size(); ++i) {
    if (text[i] == ' ' && text[i - 1] == '.' && is_letter(text[i - 2])) {
      text.erase(i, 1);
      return;
    }
  }
}

void change_commas(std::string& text, Random& random) {
  const double kind = random.uniform();
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool loose = text[i] == ',' && i + 1 < text.size() && text[i + 1] == ' ';
    if (!loose) {
      result += text[i];
    } else if (kind < 0.35) {
      result += " ,";
    } else if (kind < 0.45 && i > 0 && !is_digit(text[i - 1])) {
      result += ".";
    }  // otherwise the comma is lost
  }
  text = result;
}

}  // namespace

std::string with_noise(std::string text, const NoiseOptions& options, Random& random) {
  if (options.cased) text = with_case(std::move(text), options, random);
  if (random.chance(0.08)) change_commas(text, random);
  if (random.chance(0.06)) lose_a_blank(text, random);
  if (random.chance(0.03)) lose_a_blank_behind_a_name(text);
  if (random.chance(0.008)) {
    const auto places = blanks(text, [](char, char) { return true; });
    if (!places.empty()) text.insert(places[random.below(places.size())], 1, ' ');
  }
  if (random.chance(0.012)) text += random.chance(0.75) ? '.' : ',';
  if (random.chance(0.004)) {
    text = random.chance(0.5) ? fmt::format("({})", text) : fmt::format("[{}]", text);
  }
  if (options.full_width_share > 0 && random.chance(options.full_width_share)) {
    text = full_width(text);
  }
  return text;
}

}  // namespace attend::dates

// How much of a list of real dates the generator covers, language by language:
//
//   dates_coverage absolute.tsv [pairs for each language, 300000]
//
// The list has a header and the columns language, text, ISO date. Generated sources and real texts
// are turned into skeletons (numbers by length and size, words as they are). From the generated
// pairs the tool learns, for each skeleton, which number is the year, the month and the day, and
// for each word which month it names. A row counts as read when its skeleton was generated and this
// lookup gives the right date: a reader that only knows what was generated, without any guessing.
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dates/dates.h"

namespace {

constexpr std::size_t kNumbers = 9;  // of one text; later numbers are ignored
enum Role { kYear, kYearShort, kMonth, kDay, kRoles };

struct Reading {
  std::string skeleton;
  std::vector<std::string> numbers;
  std::vector<std::string> words;
};

/// Returns the value of the digit at `place`, and sets `length` to its bytes; -1 for another
/// character.
int digit_at(std::string_view text, std::size_t place, std::size_t& length) {
  constexpr std::string_view kZeros[] = {"0", "٠", "۰", "०", "০", "๐", "０"};
  for (const std::string_view zero : kZeros) {
    if (text.size() - place < zero.size()) continue;
    const std::string_view here = text.substr(place, zero.size());
    const int difference =
        static_cast<unsigned char>(here.back()) - static_cast<unsigned char>(zero.back());
    if (here.substr(0, zero.size() - 1) == zero.substr(0, zero.size() - 1) && difference >= 0 &&
        difference <= 9) {
      length = zero.size();
      return difference;
    }
  }
  length = 1;
  return -1;
}

std::string number_class(const std::string& number) {
  if (number.size() > 2) return "#" + std::to_string(number.size());
  const int value = std::stoi(number);
  const char* size = value == 0 ? "0" : value <= 12 ? "a" : value <= 31 ? "b" : "c";
  return "#" + std::to_string(number.size()) + size;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80 || c == '\'';
}

std::string folded(const std::string& word) {
  std::string result;
  icu::UnicodeString::fromUTF8(word).foldCase().toUTF8String(result);
  return result;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Returns the length of a time such as 10:49:41,502 at `place`, or 0.
std::size_t time_length(std::string_view text, std::size_t place) {
  std::size_t i = place;
  while (i < text.size() && is_digit(text[i])) ++i;
  if (i == place || i - place > 2 || i >= text.size() || text[i] != ':') return 0;
  while (i + 1 < text.size() && (text[i] == ':' || text[i] == '.' || text[i] == ',') &&
         is_digit(text[i + 1])) {
    const std::size_t digits = ++i;
    while (i < text.size() && is_digit(text[i])) ++i;
    if (i - digits == 4) return 0;  // a year
  }
  return i - place;
}

/// Whether there is a Chinese numeral at `place`; each has three bytes.
bool is_numeral(std::string_view text, std::size_t place) {
  constexpr std::string_view kNumerals = "零〇一二三四五六七八九十百千两兩廿";
  if (place + 3 > text.size() || static_cast<unsigned char>(text[place]) < 0xE0) return false;
  const std::size_t found = kNumerals.find(text.substr(place, 3));
  return found != std::string_view::npos && found % 3 == 0;
}

/// Replaces times by T and runs of Chinese numerals by z, so that not every rare combination of
/// them must be generated.
std::string simplified(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const bool number_begins = i == 0 || !is_digit(text[i - 1]);
    const std::size_t time = number_begins ? time_length(text, i) : 0;
    if (time > 0) {
      result += 'T';
      i += time;
    } else if (is_numeral(text, i)) {
      while (is_numeral(text, i)) i += 3;
      result += 'z';
    } else {
      result += text[i++];
    }
  }
  return result;
}

Reading read(const std::string& raw) {
  const std::string text = simplified(raw);
  Reading reading;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    if (digit_at(text, i, length) >= 0) {
      std::string number;
      for (int digit; i < text.size() && (digit = digit_at(text, i, length)) >= 0; i += length) {
        number += static_cast<char>('0' + digit);
      }
      reading.skeleton += number_class(number);
      reading.numbers.push_back(number);
    } else if (is_letter(text[i])) {
      const std::size_t begin = i;
      while (i < text.size() && is_letter(text[i]) && digit_at(text, i, length) < 0) ++i;
      reading.words.push_back(folded(text.substr(begin, i - begin)));
      reading.skeleton += "\x01";  // a word, which fill() fills in
    } else {
      reading.skeleton += text[i++];
    }
  }
  return reading;
}

struct Votes {
  std::array<std::array<int, kRoles>, kNumbers> roles{};
  int count = 0;
};
struct Language {
  std::unordered_map<std::string, std::array<int, 12>> month_votes;
  std::unordered_map<std::string, Votes> skeletons;
};

/// Returns the month that a word names, or 0.
int month_of(const Language& language, const std::string& word) {
  const auto found = language.month_votes.find(word);
  if (found == language.month_votes.end()) return 0;
  const auto& votes = found->second;
  const auto most = std::max_element(votes.begin(), votes.end());
  int total = 0;
  for (const int vote : votes) total += vote;
  return total >= 2 && *most >= 0.9 * total ? static_cast<int>(most - votes.begin()) + 1 : 0;
}

std::string fill(const Language& language, const Reading& reading, int& month) {
  std::string result;
  std::size_t word = 0;
  month = 0;
  for (const char c : reading.skeleton) {
    if (c != '\x01') {
      result += c;
      continue;
    }
    const std::string& text = reading.words[word++];
    const int named = month_of(language, text);
    if (named != 0) month = named;
    result += named != 0 ? "M" : text;
  }
  return result;
}

std::string two(int value) { return (value < 10 ? "0" : "") + std::to_string(value); }

void vote(Votes& votes, const Reading& reading, std::string_view iso) {
  const int year = std::stoi(std::string(iso.substr(0, 4)));
  const int month = std::stoi(std::string(iso.substr(5, 2)));
  const int day = std::stoi(std::string(iso.substr(8, 2)));
  ++votes.count;
  for (std::size_t i = 0; i < std::min(kNumbers, reading.numbers.size()); ++i) {
    const std::string& number = reading.numbers[i];
    if (number.size() > 4) continue;
    const int value = std::stoi(number);
    auto& roles = votes.roles[i];
    if (value == year) ++roles[kYear];
    if (number.size() == 2 && value == year % 100) ++roles[kYearShort];
    if (number.size() <= 2 && value == month) ++roles[kMonth];
    if (number.size() <= 2 && value == day) ++roles[kDay];
  }
}

/// Returns the number with most votes for a role, or none.
const std::string* number_for(const Votes& votes, const Reading& reading, Role role) {
  const std::string* best = nullptr;
  int most = votes.count / 2;
  for (std::size_t i = 0; i < std::min(kNumbers, reading.numbers.size()); ++i) {
    if (votes.roles[i][role] > most) {
      most = votes.roles[i][role];
      best = &reading.numbers[i];
    }
  }
  return best;
}

std::string look_up(const Votes& votes, const Reading& reading, int month_named) {
  const std::string* year = number_for(votes, reading, kYear);
  const std::string* year_short = number_for(votes, reading, kYearShort);
  const std::string* month = number_for(votes, reading, kMonth);
  const std::string* day = number_for(votes, reading, kDay);
  int full_year = 0;
  if (year != nullptr) {
    full_year = std::stoi(*year);
  } else if (year_short != nullptr) {
    full_year = std::stoi(*year_short) + (std::stoi(*year_short) >= 40 ? 1900 : 2000);
  }
  if (full_year == 0 || day == nullptr || (month_named == 0 && month == nullptr)) return "?";
  return std::to_string(full_year) + "-" + two(month_named ? month_named : std::stoi(*month)) +
         "-" + two(std::stoi(*day));
}

Language learn(const std::string& code, int count) {
  attend::dates::DatePairOptions options;
  options.locales = {code};
  options.tag = attend::dates::SourceTag::kNone;
  attend::dates::DatePairGenerator generator(options);
  Language language;
  std::vector<std::pair<Reading, std::string>> pairs;
  for (int i = 0; i < count; ++i) {
    attend::dates::DatePair pair = generator.next();
    Reading reading = read(pair.source);
    const auto month = static_cast<std::size_t>(std::stoi(pair.target.substr(5, 2)) - 1);
    for (const std::string& word : reading.words) ++language.month_votes[word][month];
    pairs.emplace_back(std::move(reading), std::move(pair.target));
  }
  for (const auto& [reading, iso] : pairs) {
    int month = 0;
    vote(language.skeletons[fill(language, reading, month)], reading, iso);
  }
  return language;
}

/// Returns the verdict on a row: empty when the row counts as read.
std::string judge(const Language& language, const std::string& text, const std::string& iso) {
  const Reading reading = read(text);
  int month = 0;
  const std::string skeleton = fill(language, reading, month);
  const auto found = language.skeletons.find(skeleton);
  if (found == language.skeletons.end()) return "not generated: " + skeleton;
  const std::string answer = look_up(found->second, reading, month);
  // Numerals in words, eras and glued numbers are beyond the lookup, but their skeleton was found.
  if (answer == "?" || answer == iso) return "";
  return "read as " + answer + " (" + std::to_string(found->second.count) + " times)";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: dates_coverage LIST.tsv [PAIRS]\n";
    return 2;
  }
  const int count = argc > 2 ? std::atoi(argv[2]) : 300000;
  std::map<std::string, std::vector<std::array<std::string, 2>>> rows;
  std::ifstream file(argv[1]);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const std::size_t first = line.find('\t');
    const std::size_t second = line.find('\t', first + 1);
    const std::size_t third = line.find('\t', second + 1);
    rows[line.substr(0, first)].push_back(
        {line.substr(first + 1, second - first - 1), line.substr(second + 1, third - second - 1)});
  }
  std::size_t total = 0, covered = 0;
  for (const auto& [code, texts] : rows) {
    const Language language = learn(code, count);
    std::size_t here = 0;
    for (const auto& [text, iso] : texts) {
      const std::string verdict = judge(language, text, iso);
      here += verdict.empty() ? 1 : 0;
      if (!verdict.empty())
        std::cout << code << '\t' << text << '\t' << iso << '\t' << verdict << '\n';
    }
    std::cout << code << ": " << here << " of " << texts.size() << " rows\n";
    total += texts.size();
    covered += here;
  }
  std::cout << "all: " << covered << " of " << total << " rows\n";
  return 0;
}

#include "dates/clock.h"

#include <fmt/format.h>

#include <array>

#include "dates/pattern.h"

namespace attend::dates {
namespace {

constexpr std::array kZones = {"Z",     "UTC",   "GMT",    "EST",   "PST",    "PDT",    "EDT",
                               "CET",   "BRST",  "+0000",  "-0300", "+00:00", "-05:00", "+02:00",
                               "GMT+3", "UTC-4", "+05:30", "MSK",   "CEST",   "BST"};

struct Time {
  int hour, minute, second;
};

Time draw(Random& random) {
  Time time{static_cast<int>(random.below(24)), static_cast<int>(random.below(60)),
            static_cast<int>(random.below(60))};
  if (random.chance(0.15)) time.minute = time.second = 0;
  return time;
}

std::string fraction(Random& random) {
  constexpr std::array<std::size_t, 4> kDigits = {1, 3, 6, 9};
  std::string text(1, random.chance(0.8) ? '.' : ',');
  const std::size_t digits = kDigits[random.below(kDigits.size())];
  for (std::size_t i = 0; i < digits; ++i) text += static_cast<char>('0' + random.below(10));
  return text;
}

const std::string& any_of(const std::vector<std::string>& list, Random& random) {
  return list[random.below(list.size())];
}

std::string digital(const Time& time, char mark, Random& random) {
  std::string text =
      random.chance(0.6) ? fmt::format("{:02}", time.hour) : std::to_string(time.hour);
  text += fmt::format("{}{:02}", mark, time.minute);
  // With full stops, a third number would make the time look like a date.
  if (mark == ':' && random.chance(0.35)) {
    text += fmt::format("{}{:02}", mark, time.second);
    if (random.chance(0.2)) text += fraction(random);
  }
  return text;
}

void replace(std::string& text, std::string_view name, const std::string& value) {
  const std::size_t place = text.find(name);
  if (place != std::string::npos) text.replace(place, name.size(), value);
}

}  // namespace

Clock::Clock(const LanguageFacts& facts)
    : links_(split_list(facts.clock_links)),
      before_(split_list(facts.clock_before)),
      ends_(split_list(facts.clock_ends)),
      forms_(split_list(facts.clock_forms)),
      words_(split_list(facts.clock_words)) {
  for (const std::string& pair : split_list(facts.halves)) {
    const std::size_t middle = pair.find('/');
    halves_.emplace_back(pair.substr(0, middle), pair.substr(middle + 1));
  }
  for (const auto& [before, after] : {std::pair{"am", "pm"}, {"AM", "PM"}, {"a.m.", "p.m."}}) {
    halves_.emplace_back(before, after);
  }
}

std::string Clock::half_day(Random& random) const {
  const Time time = draw(random);
  const int hour = time.hour % 12 == 0 ? 12 : time.hour % 12;
  std::string text = random.chance(0.3) ? fmt::format("{:02}", hour) : std::to_string(hour);
  if (random.chance(0.9)) text += fmt::format(":{:02}", time.minute);
  if (random.chance(0.2)) text += fmt::format(":{:02}", time.second);
  const auto& [morning, evening] = halves_[random.below(halves_.size())];
  return text + (random.chance(0.65) ? " " : "") + (time.hour < 12 ? morning : evening);
}

std::string Clock::own_form(Random& random) const {
  const Time time = draw(random);
  std::string text = any_of(forms_, random);
  replace(text, "{HH}", fmt::format("{:02}", time.hour));
  replace(text, "{H}", std::to_string(time.hour));
  replace(text, "{mm}", fmt::format("{:02}", time.minute));
  replace(text, "{m}", std::to_string(time.minute));
  replace(text, "{ss}", fmt::format("{:02}", time.second));
  return text;
}

std::string Clock::written(Random& random) const {
  const double kind = random.uniform();
  std::string text;
  if (kind < 0.30) {
    text = half_day(random);
  } else if (kind < 0.45 && !forms_.empty()) {
    return own_form(random);
  } else if (kind < 0.48) {
    const Time time = draw(random);
    return fmt::format("{:02}h{:02}", time.hour, time.minute);
  } else if (kind < 0.495) {
    const Time time = draw(random);
    return fmt::format("{:02}.{}h", time.hour, time.minute % 10);
  } else {
    text = digital(draw(random), kind < 0.57 ? '.' : ':', random);
    if (!ends_.empty() && random.chance(0.2)) text += any_of(ends_, random);
  }
  if (random.chance(0.07)) text += std::string(" ") + kZones[random.below(kZones.size())];
  return text;
}

std::string Clock::beside(std::string date, Random& random) const {
  if (!words_.empty() && random.chance(0.07)) return date + any_of(words_, random);
  const std::string time = written(random);
  const double kind = random.uniform();
  if (kind < 0.05 && !before_.empty()) return time + any_of(before_, random) + date;
  if (kind < 0.12) return time + " " + date;
  if (kind < 0.16) return time + ", " + date;
  if (kind < 0.19) return time + (random.chance(0.5) ? " - " : " | ") + date;
  if (kind < 0.45 && !links_.empty()) return date + any_of(links_, random) + time;
  if (kind < 0.58) return date + ", " + time;
  if (kind < 0.60) return date + " , " + time;
  if (kind < 0.62) return date + " - " + time;
  if (kind < 0.63) return date + " | " + time;
  return date + " " + time;
}

std::string Clock::iso(Random& random) {
  const Time time = draw(random);
  std::string text = fmt::format("{:02}", time.hour);
  if (random.chance(0.06)) return text;
  text += fmt::format(":{:02}", time.minute);
  if (random.chance(0.85)) text += fmt::format(":{:02}", time.second);
  if (text.size() == 8 && random.chance(0.3)) text += fraction(random);
  if (random.chance(0.5)) {
    const std::string zone = kZones[random.below(kZones.size())];
    text += random.chance(0.2) ? " " + zone : zone;
  }
  return text;
}

std::string Clock::plain(Random& random) {
  const Time time = draw(random);
  return fmt::format("{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
}

std::string Clock::compact(std::size_t digits, Random& random) {
  const Time time = draw(random);
  return fmt::format("{:02}{:02}{:02}", time.hour, time.minute, time.second).substr(0, digits);
}

}  // namespace attend::dates

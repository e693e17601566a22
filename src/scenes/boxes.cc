#include "scenes/boxes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/base.h"

namespace attend::scenes {
namespace {

constexpr std::size_t kFields = 9;
constexpr int kMost = 1'000'000;

/// One line of the file and its place, for messages.
class Line {
 public:
  Line(const std::string& file, std::size_t number, std::string_view text)
      : file_(file), number_(number) {
    std::size_t count = 1;
    for (std::size_t i = 0; i < kFields; ++i) {
      const std::size_t end = std::min(text.find('\t'), text.size());
      fields_[i] = text.substr(0, end);
      if (end == text.size()) break;
      text.remove_prefix(end + 1);
      ++count;
    }
    if (count != kFields) {
      fail(
          fmt::format("found {} fields, expected {}: name, split, caption, place, word, x0, y0, "
                      "x1, y1",
                      count > kFields ? "more" : std::to_string(count), kFields));
    }
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw DataError(file_, number_, problem);
  }
  std::string text(std::size_t field, const char* meaning) const {
    if (fields_[field].empty()) fail(fmt::format("{} is empty", meaning));
    return std::string(fields_[field]);
  }
  int whole_number(std::size_t field, const char* meaning) const {
    const std::string_view digits = fields_[field];
    int value = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value < 0 ||
        value > kMost) {
      fail(fmt::format("{}: found '{}', expected a whole number from 0 to {}", meaning,
                       digits.substr(0, 40), kMost));
    }
    return value;
  }

 private:
  const std::string& file_;
  std::size_t number_;
  std::array<std::string_view, kFields> fields_;
};

WordBox word_of(const Line& line) {
  WordBox word;
  word.word = line.whole_number(3, "the place of the word");
  word.text = line.text(4, "the word");
  word.box = {line.whole_number(5, "x0"), line.whole_number(6, "y0"), line.whole_number(7, "x1"),
              line.whole_number(8, "y1")};
  if (word.box.x0 >= word.box.x1 || word.box.y0 >= word.box.y1) line.fail("the box is empty");
  return word;
}

void add_line(const Line& line, NamedWords& words) {
  if (line.whole_number(2, "the number of the caption") != 0) {
    line.fail("found another caption than 0, expected one caption for each picture");
  }
  std::vector<WordBox>& known = words[line.text(0, "the name")];
  WordBox word = word_of(line);
  if (!known.empty() && known.back().word >= word.word) {
    line.fail(fmt::format("the place of the word: found {}, expected more than {}", word.word,
                          known.back().word));
  }
  known.push_back(std::move(word));
}

}  // namespace

NamedWords read_boxes(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  const std::string file = path.string();
  NamedWords words;
  std::string_view rest = bytes;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    add_line(Line(file, number, rest.substr(0, end)), words);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

}  // namespace attend::scenes

#include "predictor/dictionary.h"

#include <fmt/format.h>

#include <utility>

#include "base/base.h"

namespace attend::predictor {
namespace {

constexpr std::string_view kBoundary = "\xe2\x96\x81";  // ▁, which begins the first piece of a word

// Returns the index of the unit with the largest weight, or their number where none has any.
std::size_t best_unit(const LookedAt& source, std::size_t row) {
  const std::size_t count = source.units.size();
  std::size_t best = count;
  float weight = 0;
  for (std::size_t j = 0; j < count; ++j) {
    const float here = source.alignment[row * source.columns + j];
    if (here > weight) {
      best = j;
      weight = here;
    }
  }
  return best;
}

// Returns what stands for a source unit in the target.
std::string replacement(const text::Unit& unit, std::string_view raw, const Dictionary* dictionary,
                        text::UnitMode target_mode) {
  const std::string word(raw.substr(unit.span.begin, unit.span.end - unit.span.begin));
  const bool inside = !unit.text.starts_with(kBoundary);
  const std::string prepared = inside ? unit.text : unit.text.substr(kBoundary.size());
  const std::string* translation = nullptr;
  if (dictionary != nullptr) {
    translation = dictionary->find(word);
    if (translation == nullptr) translation = dictionary->find(prepared);
  }
  const std::string& text = translation != nullptr ? *translation : word;
  const bool begins_word = target_mode == text::UnitMode::kSubwords && !inside;
  return begins_word ? std::string(kBoundary) + text : text;
}

}  // namespace

void replace_unknown(const LookedAt& source, const Dictionary* dictionary,
                     text::UnitMode target_mode, std::vector<std::string>& units) {
  ATTEND_CHECK(source.columns >= source.units.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (units[i] != text::kUnknown) continue;
    const std::size_t best = best_unit(source, i);
    if (best == source.units.size()) continue;
    units[i] = replacement(source.units[best], source.text, dictionary, target_mode);
  }
}

}  // namespace attend::predictor

namespace attend {

Dictionary Dictionary::load(const std::filesystem::path& file) {
  Dictionary dictionary;
  text::LineReader lines(file);
  std::string line;
  while (lines.next(line)) {
    if (text::is_blank(line)) continue;
    const std::vector<std::string_view> fields = text::fields_of(line);
    const auto fail = [&](const std::string& found) {
      throw DataError(lines.name(), lines.line_number(),
                      fmt::format("found {}, expected a source word, a TAB and its target", found));
    };
    if (fields.size() != 2) {
      fail(fmt::format("{} field{}", fields.size(), fields.size() == 1 ? "" : "s"));
    }
    if (text::is_blank(fields[0])) fail("no source word before the TAB");
    if (text::is_blank(fields[1])) fail("nothing behind the TAB");
    const auto added = dictionary.targets_.try_emplace(std::string(fields[0]), fields[1]);
    if (!added.second) {
      throw DataError(lines.name(), lines.line_number(),
                      fmt::format("the source word '{}' stands here for a second time", fields[0]));
    }
  }
  return dictionary;
}

const std::string* Dictionary::find(std::string_view word) const {
  const auto found = targets_.find(std::string(word));
  return found == targets_.end() ? nullptr : &found->second;
}

}  // namespace attend

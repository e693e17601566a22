#include "text/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>

#include "base/base.h"
#include "text/unicode.h"

namespace attend::text {
namespace {

constexpr std::size_t kMaximumFileBytes = std::size_t{1} << 28;

/// Returns why a unit cannot be in a vocabulary; empty when it can.
std::string unit_problem(std::string_view unit) {
  if (unit.empty()) return "an empty unit";
  if (unit.find('\n') != std::string_view::npos) return "a unit with a line feed";
  if (find_broken_utf8(unit) != std::string_view::npos) return "a unit that is not UTF-8";
  return {};
}

using Count = std::pair<std::string_view, std::size_t>;

std::vector<Count> frequent_units(const std::unordered_map<std::string, std::size_t>& counts,
                                  const VocabularyOptions& options) {
  std::vector<Count> units;
  for (const auto& [unit, count] : counts) {
    const bool reserved =
        is_reserved(unit) ||
        std::find(options.reserved.begin(), options.reserved.end(), unit) != options.reserved.end();
    if (count >= options.minimum_count && !reserved) units.emplace_back(unit, count);
  }
  std::sort(units.begin(), units.end(), [](const Count& a, const Count& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return units;
}

}  // namespace

bool is_reserved(std::string_view unit) {
  return unit == kPadding || unit == kUnknown || unit == kEnd;
}

Vocabulary::Vocabulary(std::vector<std::string> units) : units_(std::move(units)) {
  if (units_.empty()) throw ModelError("a vocabulary without any unit");
  ATTEND_CHECK(units_.size() <= static_cast<std::size_t>(std::numeric_limits<TokenId>::max()));
  ids_.reserve(units_.size());
  for (std::size_t i = 0; i < units_.size(); ++i) {
    const std::string& unit = units_[i];
    const auto id = static_cast<TokenId>(i);
    if (const std::string problem = unit_problem(unit); !problem.empty()) {
      throw ModelError(fmt::format("vocabulary: {} at position {}", problem, i));
    }
    bool is_new = true;
    if (is_reserved(unit)) {
      std::optional<TokenId>& place = unit == kPadding   ? padding_
                                      : unit == kUnknown ? unknown_
                                                         : end_;
      is_new = !std::exchange(place, id).has_value();
    } else {
      is_new = ids_.emplace(unit, id).second;
    }
    if (!is_new) throw ModelError(fmt::format("vocabulary: the unit '{}' stands twice", unit));
  }
}

Vocabulary Vocabulary::build(const std::unordered_map<std::string, std::size_t>& counts,
                             const VocabularyOptions& options) {
  std::vector<Count> ordinary = frequent_units(counts, options);
  if (options.maximum_size > 0) {
    if (options.maximum_size <= options.reserved.size()) {
      throw UsageError(fmt::format("a vocabulary of {} units has no room beside {} reserved ones",
                                   options.maximum_size, options.reserved.size()));
    }
    ordinary.resize(std::min(ordinary.size(), options.maximum_size - options.reserved.size()));
  }
  if (options.sorted_by_unit) std::sort(ordinary.begin(), ordinary.end());

  std::vector<std::string> units;
  units.reserve(ordinary.size() + options.reserved.size());
  for (const Count& entry : ordinary) units.emplace_back(entry.first);
  units.insert(options.sorted_by_unit ? units.end() : units.begin(), options.reserved.begin(),
               options.reserved.end());
  return Vocabulary(std::move(units));
}

Vocabulary Vocabulary::load(const std::filesystem::path& path) {
  std::string bytes;
  try {
    bytes = read_file(path, kMaximumFileBytes);
  } catch (const DataError& error) {
    throw ModelError(error.what());
  }
  const auto fail = [&](std::size_t line, const std::string& problem) {
    throw ModelError(fmt::format("{}:{}: {}", path.string(), line, problem));
  };
  std::vector<std::string> units;
  std::unordered_set<std::string_view> seen;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const std::size_t length = rest.find('\n');
    const std::size_t line = units.size() + 1;
    if (length == std::string_view::npos) fail(line, "the last line has no end: truncated file");
    const std::string_view unit = rest.substr(0, length);
    if (const std::string problem = unit_problem(unit); !problem.empty()) fail(line, problem);
    if (!seen.insert(unit).second) fail(line, fmt::format("the unit '{}' stands twice", unit));
    units.emplace_back(unit);
    rest.remove_prefix(length + 1);
  }
  if (units.empty()) throw ModelError(path.string() + ": a vocabulary without any unit");
  return Vocabulary(std::move(units));
}

void Vocabulary::save(const std::filesystem::path& path) const {
  AtomicFile file(path, Keep::kContents);
  for (const std::string& unit : units_) {
    file.write(unit);
    file.write("\n");
  }
  file.commit();
}

const std::string& Vocabulary::unit(TokenId id) const {
  ATTEND_CHECK(id >= 0 && static_cast<std::size_t>(id) < units_.size());
  return units_[static_cast<std::size_t>(id)];
}

std::optional<TokenId> Vocabulary::id(std::string_view unit) const {
  const auto found = ids_.find(unit);
  return found == ids_.end() ? unknown_ : std::optional<TokenId>(found->second);
}

bool Vocabulary::contains(std::string_view unit) const { return ids_.contains(unit); }

}  // namespace attend::text

#include "model/shortlist.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/base.h"

namespace attend::model {
namespace {

constexpr std::string_view kName = "attend-shortlist 1";

using Row = std::unordered_map<TokenId, double>;  // by target, for one source token
using Table = std::vector<Row>;                   // [source_vocabulary]

void check_ids(std::span<const std::vector<TokenId>> sequences, std::int64_t size) {
  for (const auto& sequence : sequences) {
    for (const TokenId id : sequence) ATTEND_CHECK(id >= 0 && id < size);
  }
}

// One pass of expectation and maximisation. In the first one all translations are equally probable.
Table improve(std::span<const std::vector<TokenId>> sources,
              std::span<const std::vector<TokenId>> targets, const Table& old, bool first) {
  Table counts(old.size());
  std::vector<double> shares;
  for (std::size_t pair = 0; pair < sources.size(); ++pair) {
    for (const TokenId target : targets[pair]) {
      shares.clear();
      for (const TokenId source : sources[pair]) {
        const Row& row = old[static_cast<std::size_t>(source)];
        shares.push_back(first ? 1.0 : row.at(target));
      }
      const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
      for (std::size_t j = 0; j < shares.size() && sum > 0; ++j) {
        counts[static_cast<std::size_t>(sources[pair][j])][target] += shares[j] / sum;
      }
    }
  }
  for (Row& row : counts) {
    double sum = 0;
    for (const auto& [target, count] : row) sum += count;
    for (auto& [target, count] : row) count /= sum;
  }
  return counts;
}

// Returns at most `count` ids by falling value; among equal values the lower id comes first.
std::vector<TokenId> best_ids(std::vector<std::pair<double, TokenId>> valued, std::size_t count) {
  std::sort(valued.begin(), valued.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  if (valued.size() > count) valued.resize(count);
  std::vector<TokenId> ids;
  for (const auto& [value, id] : valued) ids.push_back(id);
  return ids;
}

std::vector<TokenId> parse_line(std::string_view line, std::int64_t size,
                                const std::string& place) {
  std::vector<TokenId> ids;
  const char* at = line.data();
  const char* const end = at + line.size();
  while (at != end) {
    TokenId id = -1;
    const auto [stop, error] = std::from_chars(at, end, id);
    if (error != std::errc() || id < 0 || id >= size || (stop != end && *stop != ' ')) {
      throw ModelError(fmt::format("{}: expected ids below {}", place, size));
    }
    ids.push_back(id);
    at = stop == end ? end : stop + 1;
  }
  return ids;
}

}  // namespace

Shortlist Shortlist::learn(std::span<const std::vector<TokenId>> sources,
                           std::span<const std::vector<TokenId>> targets,
                           const VocabularySizes& sizes, const ShortlistOptions& options) {
  ATTEND_CHECK_EQ(sources.size(), targets.size());
  check_ids(sources, sizes.source);
  check_ids(targets, sizes.target);
  Table table(static_cast<std::size_t>(sizes.source));
  for (int i = 0; i < options.iterations; ++i) table = improve(sources, targets, table, i == 0);
  Shortlist result;
  result.sizes_ = sizes;
  for (const Row& row : table) {
    std::vector<std::pair<double, TokenId>> valued;
    for (const auto& [target, probability] : row) valued.emplace_back(probability, target);
    result.of_source_.push_back(best_ids(std::move(valued), options.per_source_token));
  }
  std::unordered_map<TokenId, double> counts;
  for (const auto& target : targets) {
    for (const TokenId id : target) counts[id] += 1;
  }
  std::vector<std::pair<double, TokenId>> valued;
  for (const auto& [id, count] : counts) valued.emplace_back(count, id);
  result.frequent_ = best_ids(std::move(valued), options.frequent);
  return result;
}

Shortlist Shortlist::load(const std::filesystem::path& file, const VocabularySizes& sizes) {
  const std::string path = file.string();
  std::string text;
  try {
    text = read_file(file);
  } catch (const Error& error) {
    throw ModelError(error.what());
  }
  const std::string head = fmt::format("{} {} {}\n", kName, sizes.source, sizes.target);
  if (!text.starts_with(head)) {
    throw ModelError(fmt::format("{}:1: expected '{}': it belongs to another model", path,
                                 head.substr(0, head.size() - 1)));
  }
  Shortlist result;
  result.sizes_ = sizes;
  std::vector<std::vector<TokenId>> lines;
  for (std::size_t start = head.size(); start < text.size();) {
    const std::size_t end = text.find('\n', start);
    const std::string place = fmt::format("{}:{}", path, lines.size() + 2);
    if (end == std::string::npos) throw ModelError(fmt::format("{}: truncated", place));
    lines.push_back(
        parse_line(std::string_view(text).substr(start, end - start), sizes.target, place));
    start = end + 1;
  }
  if (lines.size() != static_cast<std::size_t>(sizes.source) + 1) {
    throw ModelError(
        fmt::format("{}: {} lines, expected {}", path, lines.size() + 1, sizes.source + 2));
  }
  result.frequent_ = std::move(lines.front());
  result.of_source_.assign(std::make_move_iterator(lines.begin() + 1),
                           std::make_move_iterator(lines.end()));
  return result;
}

void Shortlist::save(const std::filesystem::path& file) const {
  std::string text =
      fmt::format("{} {} {}\n{}\n", kName, sizes_.source, sizes_.target, fmt::join(frequent_, " "));
  for (const auto& ids : of_source_) text += fmt::format("{}\n", fmt::join(ids, " "));
  write_file(file, text, Keep::kContents);
}

std::vector<TokenId> Shortlist::candidates(std::span<const std::vector<TokenId>> sources) const {
  std::vector<TokenId> ids = frequent_;
  for (const auto& source : sources) {
    for (const TokenId token : source) {
      const auto& own = of_source_.at(static_cast<std::size_t>(token));
      ids.insert(ids.end(), own.begin(), own.end());
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

void check_shortlist(const Configuration& configuration) {
  if (configuration.encoder.reads_pictures()) {
    throw UsageError("a shortlist is made of source units, which pictures do not have");
  }
  if (configuration.decoder.copy != Copy::kNone) {
    throw UsageError(
        "decoder.copy: pointer cannot be combined with a shortlist, which would leave out words "
        "that the source has");
  }
  const AttentionConfig& attention = configuration.attention;
  if (!attention.is_hard()) return;
  throw UsageError(fmt::format(
      "attention.kind: {} cannot be combined with a shortlist, because the output is a mixture of "
      "the distributions of all positions",
      attention.hard_name()));
}

}  // namespace attend::model

#include "train/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "alignment/alignment.h"
#include "train/links.h"

namespace attend::train {
namespace {

using model::Configuration;
using model::SideConfig;
using model::UnitChoice;

// Returns the FNV-1a hash of the text, finished by mix().
std::uint64_t hash_text(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return mix(hash);
}

std::string name_of(const std::filesystem::path& file) {
  return file == "-" ? "standard input" : file.string();
}

// Makes the segmenter of the screen. Where units need not be counted it splits into words, which is
// faster; a text has no words exactly when it has no other units.
text::Segmenter screening_segmenter(const SideConfig& side) {
  text::SegmenterOptions options = model::segmenter_options(side);
  if (side.fixed_length == 0 || side.unit == UnitChoice::kSubwords) {
    options.unit = text::UnitMode::kWords;
  }
  return text::Segmenter(options);
}

// Makes the segmenter that decides whether some unit of a source may be looked at. Subwords do not
// exist yet; a word stands for its subwords.
text::Segmenter marks_segmenter(const SideConfig& side) {
  text::SegmenterOptions options = model::segmenter_options(side);
  if (side.unit == UnitChoice::kSubwords) options.unit = text::UnitMode::kWords;
  return text::Segmenter(options);
}

// Returns what a fingerprint covers of a pair beside its texts: its allowed bytes and its links.
std::string guidance_text(const Line& line) {
  std::string result;
  for (const text::ByteSpan& span : line.pair.allowed) {
    result += fmt::format("{}:{} ", span.begin, span.end);
  }
  for (const metrics::Link& link : line.links) {
    result += fmt::format("{}-{} ", link.source, link.target);
  }
  for (const metrics::Link& link : line.possible) {
    result += fmt::format("{}?{} ", link.source, link.target);
  }
  return result;
}

// Reads the links of pairs: those that guide training, or gold alignments of validation.
class PairLinks {
 public:
  PairLinks(const std::filesystem::path& path, Part part) {
    if (path.empty()) return;
    if (part == Part::kTraining) {
      links_.emplace(path);
    } else {
      gold_.emplace(path);
    }
  }

  /// Reads the links of the pair that was read last. A bad line, and links that the pair cannot
  /// have, become its problem unless it has one.
  void read(const text::PairReader& pairs, Line& line, std::optional<DataError>& problem) {
    try {
      if (gold_) return read_gold(pairs, line, problem);
      if (links_) read_links(pairs, line, problem);
    } catch (const text::BadLine& bad) {
      if (!problem) problem = bad;
    }
  }

  void finish(const text::PairReader& pairs) {
    if (links_) links_->finish(pairs);
    if (gold_) gold_->finish(pairs.name());
  }

 private:
  void read_links(const text::PairReader& pairs, Line& line, std::optional<DataError>& problem) {
    links_->next(pairs);
    if (problem) return;
    try {
      line.links = links_->links_of(line.pair);
    } catch (const DataError& error) {
      problem = error;
    }
  }

  void read_gold(const text::PairReader& pairs, Line& line, std::optional<DataError>& problem) {
    gold_->skip(pairs.name());
    if (problem) return;
    try {
      metrics::GoldAlignment gold = gold_->current(
          {text::find_words(line.pair.source).size(), text::find_words(line.pair.target).size()});
      line.links = std::move(gold.sure);
      line.possible = std::move(gold.possible);
    } catch (const DataError& error) {
      problem = error;
    }
  }

  std::optional<LinkReader> links_;
  std::optional<alignment::GoldReader> gold_;
};

// Finds the texts of one side that cannot be used whatever the vocabulary will be.
class SideScreen {
 public:
  SideScreen(const Configuration& configuration, bool is_source)
      : config_(is_source ? configuration.source : configuration.target),
        attention_(configuration.attention),
        is_source_(is_source),
        may_be_empty_(!is_source && configuration.training.allow_empty_targets),
        segmenter_(screening_segmenter(config_)),
        marks_segmenter_(marks_segmenter(config_)) {}

  /// DataError for a text that cannot be used.
  void check(const Corpus& corpus, const Line& line) const {
    const std::string& file = is_source_ ? corpus.source_name : corpus.target_name;
    const char* const side = is_source_ ? "source" : "target";
    const std::vector<text::Unit> units =
        segmenter_.split(is_source_ ? line.pair.source : line.pair.target);
    if (units.empty() && !may_be_empty_) {
      throw DataError(file, line.number,
                      fmt::format("nothing is left of the {} to train on", side));
    }
    if (is_source_ && !line.pair.allowed.empty()) check_marks(corpus, line);
    const bool subwords = config_.unit == UnitChoice::kSubwords;
    const auto is_long = [](const text::Unit& unit) {
      return unit.text.size() > text::kMaximumSubwordWordBytes;
    };
    if (subwords && std::any_of(units.begin(), units.end(), is_long)) {
      throw DataError(file, line.number,
                      fmt::format("the {} has a word of more than {} bytes, which {}.unit=subwords "
                                  "cannot cut",
                                  side, text::kMaximumSubwordWordBytes, side));
    }
    const auto fixed = static_cast<std::size_t>(config_.fixed_length);
    if (!is_source_ && !subwords && fixed > 0 && units.size() != fixed) {
      throw wrong_length(corpus, line, units.size(), config_.fixed_length);
    }
  }

 private:
  void check_marks(const Corpus& corpus, const Line& line) const {
    std::vector<text::Unit> units = marks_segmenter_.split(line.pair.source);
    const auto limit = static_cast<std::size_t>(config_.fixed_length);
    const bool cut = limit > 0 && config_.unit != UnitChoice::kSubwords && units.size() > limit;
    if (cut) units.resize(limit);
    allowed_units(corpus, line, units, attention_);
  }

  const SideConfig& config_;
  const model::AttentionConfig& attention_;
  bool is_source_;
  bool may_be_empty_;
  text::Segmenter segmenter_;
  text::Segmenter marks_segmenter_;
};

}  // namespace

void LeftOut::add(Part part, std::size_t line, const DataError& error) {
  if (on_error_ == OnError::kStop) throw error;
  ++count_;
  named_.emplace(std::pair(part, line), error.what());
  if (named_.size() > kNamed) named_.erase(std::prev(named_.end()));
}

std::vector<std::string> LeftOut::messages() const {
  std::vector<std::string> lines;
  for (const auto& [place, message] : named_) lines.push_back("left out: " + message);
  if (count_ == 1) lines.emplace_back("1 pair left out");
  if (count_ > 1) lines.push_back(fmt::format("{} pairs left out", count_));
  return lines;
}

std::string LeftOut::summary() const {
  if (count_ == 0) return "";
  return fmt::format("; {} left out, the first one: {}",
                     count_ == 1 ? "1 pair was" : fmt::format("{} pairs were", count_),
                     named_.begin()->second);
}

Corpus read_corpus(const text::CorpusFiles& files, Part part, const model::TrainingConfig& training,
                   LeftOut& left_out, const std::filesystem::path& links, const FindFormat& find) {
  text::PairReader reader(
      files, training.allow_empty_targets ? text::BlankSides::kTarget : text::BlankSides::kNone);
  PairLinks pair_links(links, part);
  Corpus corpus{
      part, reader.name(), files.target.empty() ? reader.name() : name_of(files.target), {}};
  const auto keep = [&corpus](std::string sentence) {
    if (!sentence.empty()) corpus.found.push_back(std::move(sentence));
  };
  keep(reader.assumed_column());
  if (find) keep(find(reader));
  corpus.format = reader.format();
  Line line;
  for (bool more = true; more;) {
    std::optional<DataError> problem;
    try {
      more = reader.next(line.pair);
    } catch (const text::BadLine& bad) {
      problem = bad;
    }
    line.number = reader.line_number();
    if (more) pair_links.read(reader, line, problem);
    if (problem) {
      left_out.add(part, line.number, *problem);
    } else if (more) {
      corpus.lines.push_back(line);
    }
  }
  pair_links.finish(reader);
  return corpus;
}

void leave_out_unusable(Corpus& corpus, const Configuration& configuration, LeftOut& left_out) {
  const SideScreen source(configuration, true), target(configuration, false);
  std::erase_if(corpus.lines, [&](const Line& line) {
    try {
      source.check(corpus, line);
      target.check(corpus, line);
      return false;
    } catch (const DataError& error) {
      left_out.add(corpus.part, line.number, error);
      return true;
    }
  });
  if (corpus.lines.empty()) {
    throw DataError(corpus.source_name, 0,
                    fmt::format("no pair remains for {}{}",
                                corpus.part == Part::kTraining ? "training" : "validation",
                                left_out.summary()));
  }
}

std::uint64_t fingerprint(const Corpus& corpus, std::uint64_t seed) {
  for (const Line& line : corpus.lines) {
    seed = hash_text(line.pair.source, seed);
    seed = hash_text(line.pair.target, seed);
    const std::string guidance = guidance_text(line);
    if (!guidance.empty()) seed = hash_text(guidance, seed);
  }
  return seed;
}

std::vector<bool> choose_held_out(const Corpus& corpus, const model::TrainingConfig& training) {
  const std::vector<Line>& lines = corpus.lines;
  const auto wanted = static_cast<std::size_t>(
      std::clamp(training.validation_share * static_cast<double>(lines.size()), 1.0,
                 static_cast<double>(training.validation_maximum)));
  std::vector<std::uint64_t> hashes;
  hashes.reserve(lines.size());
  for (const Line& line : lines) {
    hashes.push_back(hash_text(line.pair.source, mix(training.seed)));
  }
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(hashes[a], a) < std::pair(hashes[b], b);
  });
  std::vector<bool> held(lines.size(), false);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i >= wanted && hashes[order[i]] != hashes[order[i - 1]]) break;
    held[order[i]] = true;
  }
  return held;
}

Split split_corpus(Corpus corpus, const std::vector<bool>& held_out) {
  ATTEND_CHECK_EQ(held_out.size(), corpus.lines.size());
  Split split{{corpus.part, corpus.source_name, corpus.target_name, {}},
              {Part::kValidation, corpus.source_name, corpus.target_name, {}}};
  for (std::size_t i = 0; i < corpus.lines.size(); ++i) {
    (held_out[i] ? split.validation : split.training).lines.push_back(std::move(corpus.lines[i]));
  }
  if (split.training.lines.empty()) {
    throw DataError(corpus.source_name, 0,
                    "no pair remains for training: pairs with different sources are needed, or a "
                    "validation file");
  }
  return split;
}

std::vector<char> allowed_units(const Corpus& corpus, const Line& line,
                                std::span<const text::Unit> units,
                                const model::AttentionConfig& attention) {
  if (line.pair.allowed.empty()) return {};
  std::vector<char> allowed = text::covered_units(units, line.pair.allowed);
  const std::string problem = model::reason_not_to_look(attention, allowed, "the source");
  if (!problem.empty()) throw DataError(corpus.source_name, line.number, problem);
  return allowed;
}

DataError wrong_length(const Corpus& corpus, const Line& line, std::size_t units,
                       int fixed_length) {
  return {corpus.target_name, line.number,
          fmt::format("the target has {} units, target.fixed_length is {}", units, fixed_length)};
}

}  // namespace attend::train

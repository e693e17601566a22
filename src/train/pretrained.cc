#include "train/pretrained.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/base.h"

namespace attend::train {
namespace {

using model::Configuration;
using model::SideName;
using text::TokenId;

// Returns the table of a side that vectors can fill.
std::string table_of(SideName side, const Configuration& configuration) {
  if (side == SideName::kSource) {
    std::string table = model::source_embedding_table(configuration);
    if (table.empty()) throw UsageError("source vectors need encoder.embedding above 0");
    return table;
  }
  std::string table = model::target_embedding_table(configuration);
  if (table.empty()) throw UsageError("target vectors need decoder.feedback: previous");
  if (table == model::source_embedding_table(configuration)) {
    throw UsageError(
        "target vectors need an embedding of the target's own; with decoder.tied_embeddings all "
        "or inputs give source vectors");
  }
  return table;
}

// How well the word of a vector fits a unit. A better match replaces a worse one.
enum class Match : unsigned char { kNone, kLowerCase, kExact };

// Collects the vectors of the units of a vocabulary.
class Collection {
 public:
  explicit Collection(const text::Vocabulary& vocabulary)
      : matches_(vocabulary.size(), Match::kNone), places_(vocabulary.size()) {
    for (std::size_t i = 0; i < vocabulary.size(); ++i) {
      const std::string& unit = vocabulary.units()[i];
      if (text::is_reserved(unit)) continue;
      ++words_;
      const auto id = static_cast<TokenId>(i);
      wanted_[unit].push_back({id, Match::kExact});
      const std::string lower = text::lower_case(unit);
      if (lower != unit) wanted_[lower].push_back({id, Match::kLowerCase});
    }
  }

  void offer(const text::WordVector& vector) {
    const auto found = wanted_.find(vector.word);
    if (found == wanted_.end()) return;
    for (const auto& [id, match] : found->second) take(id, match, vector.values);
  }

  std::size_t words() const { return words_; }  ///< units that are not reserved
  std::size_t count(Match match) const {
    return static_cast<std::size_t>(std::count(matches_.begin(), matches_.end(), match));
  }
  InitialRows rows(std::string parameter) && {
    return {std::move(parameter), std::move(ids_), std::move(values_)};
  }

 private:
  struct Wanted {
    TokenId id;
    Match match;
  };

  void take(TokenId id, Match match, const std::vector<float>& values) {
    const auto unit = static_cast<std::size_t>(id);
    if (matches_[unit] >= match) return;
    if (matches_[unit] == Match::kNone) {
      places_[unit] = ids_.size();
      ids_.push_back(id);
      values_.resize(values_.size() + values.size());
    }
    matches_[unit] = match;
    std::copy(values.begin(), values.end(),
              values_.begin() + static_cast<std::ptrdiff_t>(places_[unit] * values.size()));
  }

  std::unordered_map<std::string, std::vector<Wanted>> wanted_;  // by the word of a vector
  std::vector<Match> matches_;                                   // [vocabulary]
  std::vector<std::size_t> places_;  // [vocabulary]: rows of `values_`, where there is a match
  std::vector<TokenId> ids_;
  std::vector<float> values_;
  std::size_t words_ = 0;
};

std::string coverage(const Collection& collection, const std::string& side,
                     const std::string& file) {
  const std::size_t lower = collection.count(Match::kLowerCase);
  const std::size_t covered = lower + collection.count(Match::kExact);
  if (covered == 0) {
    return fmt::format("warning: {} has a vector of none of the {} {} units", file,
                       collection.words(), side);
  }
  std::string text = fmt::format(
      "{} of {} {} units ({:.1f} %) start with vectors of {}", covered, collection.words(), side,
      100.0 * static_cast<double>(covered) / static_cast<double>(collection.words()), file);
  if (lower > 0) text += fmt::format(", {} of them with that of their lower-cased form", lower);
  return text;
}

}  // namespace

PretrainedVectors::PretrainedVectors(const std::filesystem::path& path, SideName side,
                                     const Configuration& configuration)
    : side_(side == SideName::kSource ? "source" : "target"),
      parameter_(table_of(side, configuration)),
      reader_(path) {
  const bool is_source = side == SideName::kSource;
  const int units = is_source ? configuration.encoder.embedding : configuration.decoder.embedding;
  if (reader_.dimension() == static_cast<std::size_t>(units)) return;
  throw UsageError(fmt::format("the vectors of {} have {} values, but {}.embedding is {}",
                               reader_.name(), reader_.dimension(),
                               is_source ? "encoder" : "decoder", units));
}

InitialRows PretrainedVectors::read(const text::Vocabulary& vocabulary, OnError on_error,
                                    std::vector<std::string>& messages) {
  Collection collection(vocabulary);
  text::WordVector vector;
  std::size_t left_out = 0;
  std::string first_reason;
  for (bool more = true; more;) {
    try {
      more = reader_.next(vector);
      if (more) collection.offer(vector);
    } catch (const text::BadLine& error) {
      if (on_error == OnError::kStop) throw;
      if (left_out++ == 0) first_reason = error.what();
    }
  }
  messages.push_back(coverage(collection, side_, reader_.name()));
  if (left_out > 0) {
    messages.push_back(fmt::format("{} places of {} could not be used, the first one: {}", left_out,
                                   reader_.name(), first_reason));
  }
  return std::move(collection).rows(parameter_);
}

InitialParameters read_parameters(const std::filesystem::path& folder, const model::ModelText& text,
                                  std::vector<std::string>& messages) {
  model::Model other = model::load(folder);
  const bool same_sources = other.text.source.vocabulary.units() == text.source.vocabulary.units();
  const bool same_targets = other.text.target.vocabulary.units() == text.target.vocabulary.units();
  const auto fits = [&](const std::string& name) {
    if (name == "source_embedding.weight") return same_sources;
    const bool of_targets = name == "target_embedding.weight" || name == "output.weight" ||
                            name == "output.bias" || name.starts_with("bag_of_words.");
    return !of_targets || same_targets;
  };
  const auto table = model::parameter_table(text.configuration, text.sizes());
  const auto others = model::parameter_table(other.text.configuration, other.text.sizes());
  InitialParameters result;
  for (const model::TensorSpec& spec : table) {
    const auto found = std::find_if(others.begin(), others.end(), [&](const auto& one) {
      return one.name == spec.name && one.shape == spec.shape;
    });
    if (found != others.end() && fits(spec.name)) result.names.push_back(spec.name);
  }
  if (result.names.empty()) {
    throw UsageError(fmt::format("{}: no parameter has the name and the shape of one of this model",
                                 folder.string()));
  }
  messages.push_back(fmt::format("{} of {} tensors of parameters start as those of {}",
                                 result.names.size(), table.size(), folder.string()));
  result.weights = std::move(other.weights);
  return result;
}

}  // namespace attend::train

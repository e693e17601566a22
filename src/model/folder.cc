#include "model/folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/base.h"
#include "model/provenance.h"

namespace attend::model {
namespace {

constexpr const char* kConfiguration = "config.yml";
constexpr const char* kWeights = "model.safetensors";

// Turns every error while a model folder is read into a ModelError, with exit code 4.
template <typename Function>
auto as_model_error(Function&& function) {
  try {
    return function();
  } catch (const ModelError&) {
    throw;
  } catch (const Error& error) {
    throw ModelError(error.what());
  }
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(fmt::format("{}: cannot make: {}", folder.string(), error.message()));
}

// Throws ModelError when the weights are missing because the training in the folder, whose
// checkpoint counts its validations, was interrupted before the first one.
void check_validated(const std::filesystem::path& folder) {
  std::error_code none;
  if (std::filesystem::exists(folder / kWeights, none)) return;
  Metadata state;
  try {
    state = Weights::load(checkpoint_file(folder)).metadata();
  } catch (const Error&) {
    return;  // the error that names the weights says more
  }
  const auto validations = state.find("validations");
  if (validations == state.end() || validations->second != "0") return;
  throw ModelError(fmt::format(
      "{}: missing, because the training in this folder has no validated model yet; the "
      "attend train command that began it goes on with it",
      (folder / kWeights).string()));
}

void save_configuration(const std::filesystem::path& folder, const Configuration& configuration,
                        int format) {
  write_file(folder / kConfiguration, write_yaml(configuration, format), Keep::kContents);
}

Side load_side(const std::filesystem::path& folder, const Configuration& configuration,
               SideName name) {
  const bool source = name == SideName::kSource;
  const std::string stem = source ? "source" : "target";
  const SideConfig& config = source ? configuration.source : configuration.target;
  const auto only_for_training = [&](const char* option) {
    throw ModelError(fmt::format("{}: {}.{} is missing or 'auto', which is only for training",
                                 (folder / kConfiguration).string(), stem, option));
  };
  if (config.unit == UnitChoice::kAuto) only_for_training("unit");
  if (config.normalisation == NormalisationChoice::kAuto) only_for_training("normalisation");
  if (config.invisible == InvisibleChoice::kAuto) only_for_training("invisible");
  if (config.entities == EntityChoice::kAuto) only_for_training("entities");
  text::Vocabulary vocabulary = text::Vocabulary::load(folder / (stem + ".vocab"));
  std::string subword_model;
  if (config.unit == UnitChoice::kSubwords) subword_model = read_file(folder / (stem + ".spm"));
  try {
    return make_side(configuration, name, std::move(vocabulary), std::move(subword_model));
  } catch (const Error& error) {
    throw ModelError(fmt::format("{}: {}", folder.string(), error.what()));
  }
}

}  // namespace

VocabularySizes ModelText::sizes() const {
  return {static_cast<std::int64_t>(source.vocabulary.size()),
          static_cast<std::int64_t>(target.vocabulary.size())};
}

Side make_side(const Configuration& configuration, SideName name, text::Vocabulary vocabulary,
               std::string subword_model) {
  const bool source = name == SideName::kSource;
  const SideConfig& config = source ? configuration.source : configuration.target;
  const bool pads = source && configuration.encoder.padding == Padding::kVisible;
  const std::string_view stem = source ? "source" : "target";
  if (config.end_token && !vocabulary.end()) {
    throw ModelError(fmt::format("{}.vocab has no </s>, but {}.end_token is true", stem, stem));
  }
  if (pads && !vocabulary.padding()) {
    throw ModelError(fmt::format("{}.vocab has no <pad>, but encoder.padding is visible", stem));
  }
  if (!source && configuration.decoder.copy != Copy::kNone && !vocabulary.unknown()) {
    throw ModelError(fmt::format("{}.vocab has no <unk>, but decoder.copy is pointer", stem));
  }
  const text::SegmenterOptions options = segmenter_options(config);
  text::Segmenter segmenter = config.unit == UnitChoice::kSubwords
                                  ? text::Segmenter(options, subword_model)
                                  : text::Segmenter(options);
  const int levels = source ? configuration.encoder.levels : 1;
  const int regions =
      source && configuration.encoder.reads_pictures() ? configuration.regions() : 0;
  return {
      config, std::move(segmenter), std::move(vocabulary), std::move(subword_model), pads, levels,
      regions};
}

Encoded encode(const Side& side, std::string_view raw, EmptyText empty) {
  Encoded result;
  result.units = side.segmenter.split(raw);
  if (result.units.empty() && empty == EmptyText::kRefuse) throw DataError("", 0, "empty text");
  const auto limit = static_cast<std::size_t>(side.config.fixed_length);
  if (limit > 0 && result.units.size() > limit) {
    result.cut = result.units.size() - limit;
    result.units.resize(limit);
  }
  if (side.regions > 0) {
    result.tokens.assign(static_cast<std::size_t>(side.regions), 0);
    return result;
  }
  result.tokens.reserve(std::max(limit, result.units.size() + 1));
  for (const text::Unit& unit : result.units) {
    const auto id = side.vocabulary.id(unit.text);
    if (!id) {
      throw DataError(
          "", 0,
          text::is_reserved(unit.text)
              ? fmt::format(
                    "'{}' is a reserved spelling, which no label and no other unit may have",
                    unit.text)
              : fmt::format("'{}' is not in the vocabulary, which has no <unk>", unit.text));
    }
    if (id == side.vocabulary.unknown()) ++result.unknown;
    result.tokens.push_back(*id);
  }
  if (side.config.end_token) result.tokens.push_back(side.vocabulary.end().value());
  if (side.pads && result.tokens.size() < limit) {
    result.tokens.resize(limit, side.vocabulary.padding().value());
  }
  if (side.levels > 1) {
    Borders borders = find_borders(raw, result.units, side.levels);
    result.sentences = std::move(borders.sentences);
    result.paragraphs = std::move(borders.paragraphs);
  }
  return result;
}

void cut(const Side& side, std::size_t units, Encoded& encoded) {
  ATTEND_CHECK(!side.pads && units > 0);
  if (units >= encoded.units.size()) return;
  encoded.units.resize(units);
  encoded.tokens.resize(units);
  encoded.unknown =
      static_cast<std::size_t>(std::count(encoded.tokens.begin(), encoded.tokens.end(),
                                          side.vocabulary.unknown().value_or(text::kNoToken)));
  if (side.config.end_token) encoded.tokens.push_back(side.vocabulary.end().value());
  Borders borders =
      first_units({std::move(encoded.sentences), std::move(encoded.paragraphs)}, units);
  encoded.sentences = std::move(borders.sentences);
  encoded.paragraphs = std::move(borders.paragraphs);
}

std::string reason_not_to_look(const AttentionConfig& attention, std::span<const char> allowed,
                               std::string_view source) {
  const auto limit = static_cast<std::size_t>(attention.position_limit());
  const bool ends = limit > 0 && limit < allowed.size();
  const std::span<const char> seen = ends ? allowed.first(limit) : allowed;
  if (std::find(seen.begin(), seen.end(), 1) != seen.end()) return {};
  if (!ends) return fmt::format("attention may look at no unit of {}", source);
  return fmt::format(
      "attention may look at none of the first {} units of {}, and later ones are out "
      "of its reach (attention.maximum_source)",
      limit, source);
}

bool knows_label(const Side& side, std::string_view text) {
  try {
    const std::vector<text::Unit> units = side.segmenter.split(text);
    return units.size() == 1 && side.vocabulary.contains(units.front().text);
  } catch (const DataError&) {
    return false;
  }
}

std::vector<text::TokenId> never_predicted(const Side& target) {
  std::vector<text::TokenId> ids;
  if (target.vocabulary.padding()) ids.push_back(*target.vocabulary.padding());
  if (target.vocabulary.end() && !target.config.end_token) ids.push_back(*target.vocabulary.end());
  return ids;
}

ModelText load_text(const std::filesystem::path& folder) {
  return as_model_error([&] {
    std::error_code reason;
    if (!std::filesystem::is_directory(folder, reason)) {
      throw ModelError(fmt::format("{}: no model folder{}{}", folder.string(), reason ? ": " : "",
                                   reason ? reason.message() : ""));
    }
    const std::filesystem::path file = folder / kConfiguration;
    Configuration configuration;
    read_yaml(configuration, read_file(file, std::size_t{1} << 20), file.string());
    try {
      check(configuration);
    } catch (const Error& error) {
      throw ModelError(fmt::format("{}: {}", file.string(), error.what()));
    }
    return ModelText{configuration, load_side(folder, configuration, SideName::kSource),
                     load_side(folder, configuration, SideName::kTarget)};
  });
}

Model load(const std::filesystem::path& folder) {
  return as_model_error([&] {
    ModelText model_text = load_text(folder);
    const std::filesystem::path file = folder / kWeights;
    check_validated(folder);
    Weights weights = Weights::load(file);
    check_provenance(model_text, weights.metadata(), folder, file);
    try {
      weights.check_against(parameter_table(model_text.configuration, model_text.sizes()));
    } catch (const ModelError& error) {
      throw ModelError(fmt::format("{}: {}", file.string(), error.what()));
    }
    return Model{std::move(model_text), std::move(weights), nullptr};
  });
}

std::filesystem::path shortlist_file(const std::filesystem::path& folder) {
  return folder / "shortlist.txt";
}

std::filesystem::path checkpoint_file(const std::filesystem::path& folder) {
  return folder / "checkpoint" / "last.safetensors";
}

Model load_with_shortlist(const std::filesystem::path& folder) {
  Model model = load(folder);
  std::error_code none;
  if (!std::filesystem::exists(shortlist_file(folder), none)) {
    throw ModelError(fmt::format("{} has no shortlist: learn one with attend shortlist -m {} PAIRS",
                                 folder.string(), folder.string()));
  }
  model.shortlist = std::make_shared<const Shortlist>(
      Shortlist::load(shortlist_file(folder), model.text.sizes()));
  return model;
}

namespace {

void save_option(const std::filesystem::path& folder, const ModelText& model_text,
                 Precision precision, const std::string& assignment) {
  Configuration configuration = model_text.configuration;
  set_option(configuration, assignment);
  check(configuration);  // a folder that no command can read must not arise
  save_configuration(folder, configuration,
                     precision == Precision::kFloat32 ? kFormatPlain : kFormatRounded);
}

}  // namespace

void save_temperature(const std::filesystem::path& folder, const ModelText& model_text,
                      Precision precision, double temperature) {
  save_option(folder, model_text, precision, fmt::format("decoder.temperature={}", temperature));
}

void save_line_temperature(const std::filesystem::path& folder, const ModelText& model_text,
                           Precision precision, double temperature) {
  save_option(folder, model_text, precision,
              fmt::format("decoder.line_temperature={}", temperature));
}

void save_text(const std::filesystem::path& folder, const ModelText& model_text, int format) {
  make_folder(folder);
  save_configuration(folder, model_text.configuration, format);
  for (const auto& [name, side] : {std::pair<const char*, const Side&>{"source", model_text.source},
                                   {"target", model_text.target}}) {
    side.vocabulary.save(folder / fmt::format("{}.vocab", name));
    if (!side.subword_model.empty()) {
      write_file(folder / fmt::format("{}.spm", name), side.subword_model, Keep::kContents);
    }
  }
}

void save_rounded(const std::filesystem::path& folder, const ModelText& model_text,
                  const Weights& weights) {
  ATTEND_CHECK(weights.precision() != Precision::kFloat32);
  make_folder(folder);
  AtomicFile weights_file(folder / kWeights,
                          Keep::kContents);  // the largest file first: the disk may be full
  weights_file.write(weights.with_metadata(provenance(model_text)).bytes());
  weights_file.flush();
  save_text(folder, model_text, kFormatRounded);
  weights_file.commit();
}

std::uintmax_t weights_size(const std::filesystem::path& folder) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(folder / kWeights, error);
  if (error) throw ModelError(fmt::format("{}: {}", (folder / kWeights).string(), error.message()));
  return size;
}

void save_weights(const std::filesystem::path& folder, const ModelText& model_text,
                  const Weights& weights) {
  weights.with_metadata(provenance(model_text)).save(folder / kWeights);
}

}  // namespace attend::model

#include "model/configuration.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/base.h"

namespace attend::model {
namespace {

// Returns the Levenshtein distance, which finds the option that was probably meant.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

// Returns the options that `key` names without their section ("'encoder.units' or
// 'decoder.units'"), else the nearest option if it is near, else an empty text.
std::string probably_meant(const std::vector<Option>& list, std::string_view key) {
  constexpr std::size_t kRightLetters = 3;  // at least this many for each wrong letter
  std::string names;
  for (const Option& option : list) {
    if (!option.name.ends_with(fmt::format(".{}", key))) continue;
    names += fmt::format("{}'{}'", names.empty() ? "" : " or ", option.name);
  }
  if (!names.empty()) return names;
  const auto nearest = std::min_element(
      list.begin(), list.end(),
      [&](const auto& a, const auto& b) { return distance(a.name, key) < distance(b.name, key); });
  const bool near = distance(nearest->name, key) * (kRightLetters + 1) <= key.size();
  return near ? fmt::format("'{}'", nearest->name) : "";
}

const Option& find_option(const std::vector<Option>& list, std::string_view key) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const Option& option) { return option.name == key; });
  if (found != list.end()) return *found;
  const std::string meant = probably_meant(list, key);
  if (meant.empty()) {
    throw UsageError(
        fmt::format("unknown option '{}'; attend presets --options lists them all", key));
  }
  throw UsageError(fmt::format("unknown option '{}'; did you mean {}?", key, meant));
}

std::string at_line(const std::string& file, const YAML::Mark& mark, const std::string& message) {
  return mark.is_null() ? fmt::format("{}: {}", file, message)
                        : fmt::format("{}:{}: {}", file, mark.line + 1, message);
}

struct Scalar {
  std::string key;
  std::string value;
  YAML::Mark mark;
};

// The values of a YAML text with their keys, which may be nested or dotted.
class Scalars {
 public:
  Scalars(const std::string& yaml, const std::string& file) : file_(file) {
    add(YAML::Load(yaml), "", 0);
  }
  std::vector<Scalar> take() { return std::move(scalars_); }

 private:
  void add(const YAML::Node& node, const std::string& prefix, int depth) {
    if (++nodes_ > kMostNodes) fail(node, fmt::format("more than {} values", kMostNodes));
    if (node.IsMap() && depth < kDeepest) {
      for (const auto& entry : node) {
        const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
        add(entry.second, prefix.empty() ? key : prefix + "." + key, depth + 1);
      }
    } else if (node.IsScalar() && !prefix.empty()) {
      scalars_.push_back({prefix, node.Scalar(), node.Mark()});
    } else if (!(node.IsNull() && prefix.empty())) {
      fail(node, prefix.empty() ? "expected lines of 'key: value'"
                                : fmt::format("'{}' must be one value", prefix));
    }
  }
  [[noreturn]] void fail(const YAML::Node& node, const std::string& message) const {
    throw UsageError(at_line(file_, node.Mark(), message));
  }

  static constexpr int kDeepest = 4;
  static constexpr int kMostNodes = 10'000;  // because aliases let a few bytes name very many nodes
  const std::string& file_;
  int nodes_ = 0;
  std::vector<Scalar> scalars_;
};

void check_format(const std::string& value, const std::string& file) {
  int format = 0;
  try {
    format = std::stoi(value);
  } catch (const std::exception&) {
    throw ModelError(fmt::format("{}: format '{}' is not a number", file, value));
  }
  if (format > kFormatVersion || format < 1) {
    throw ModelError(
        fmt::format("{}: format {} is not known, this program reads 1 … {}; a newer version of "
                    "attend wrote it",
                    file, format, kFormatVersion));
  }
}

// The learning rate and the epsilon that the papers use with each optimiser (§1.7).
OptimizerConfig with_usual_rates(OptimizerConfig optimizer) {
  switch (optimizer.kind) {
    case OptimizerKind::kAdadelta:
      optimizer.learning_rate = 1.0;
      optimizer.epsilon = 1e-6;
      return optimizer;
    case OptimizerKind::kSgd:
      optimizer.learning_rate = 1.0;
      break;
    case OptimizerKind::kRmsProp:
      optimizer.learning_rate = 0.001;
      break;
    case OptimizerKind::kAdam:
    case OptimizerKind::kAdamW:
      optimizer.learning_rate = 0.002;
      break;
  }
  optimizer.epsilon = 1e-8;
  return optimizer;
}

// Applies the usual rates when the optimiser is no longer `before`, but for options that are
// `named`.
void resolve_rates(OptimizerConfig& optimizer, OptimizerKind before,
                   const std::set<std::string, std::less<>>& named) {
  if (optimizer.kind == before) return;
  const OptimizerConfig usual = with_usual_rates(optimizer);
  if (!named.contains("training.learning_rate")) optimizer.learning_rate = usual.learning_rate;
  if (!named.contains("training.epsilon")) optimizer.epsilon = usual.epsilon;
}

}  // namespace

std::vector<std::string_view> EncoderConfig::directions() const {
  switch (direction) {
    case Direction::kForward:
      return {"forward"};
    case Direction::kBackward:
      return {"backward"};
    case Direction::kBidirectional:
      break;
  }
  return {"forward", "backward"};
}

void set_options(Configuration& configuration, std::span<const std::string> assignments) {
  const OptimizerKind before = configuration.training.optimizer.kind;
  const std::vector<Option> list = options(configuration);
  std::set<std::string, std::less<>> named;
  for (const std::string& assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos) {
      throw UsageError(fmt::format("--set: found '{}', expected key=value", assignment));
    }
    const std::string key = assignment.substr(0, equals);
    find_option(list, key).set(assignment.substr(equals + 1));
    named.insert(key);
  }
  resolve_rates(configuration.training.optimizer, before, named);
}

void set_option(Configuration& configuration, std::string_view assignment) {
  const std::string one(assignment);
  set_options(configuration, {&one, 1});
}

void read_yaml(Configuration& configuration, const std::string& yaml, const std::string& file) {
  std::vector<Scalar> scalars;
  try {
    scalars = Scalars(yaml, file).take();
  } catch (const YAML::Exception& error) {
    throw UsageError(at_line(file, error.mark, "not YAML: " + error.msg));
  }
  const OptimizerKind before = configuration.training.optimizer.kind;
  std::set<std::string, std::less<>> named;
  const std::vector<Option> list = options(configuration);
  for (const Scalar& scalar : scalars) {
    if (scalar.key == "format") {
      check_format(scalar.value, file);
      continue;
    }
    try {
      find_option(list, scalar.key).set(scalar.value);
      named.insert(scalar.key);
    } catch (const UsageError& error) {
      throw UsageError(at_line(file, scalar.mark, error.what()));
    }
  }
  resolve_rates(configuration.training.optimizer, before, named);
}

Configuration stored_configuration(const std::string& yaml, const std::string& file) {
  Configuration result;
  try {
    read_yaml(result, yaml, file);
  } catch (const UsageError& error) {
    throw ModelError(error.what());
  }
  return result;
}

bool describes_model(std::string_view option) {
  return option != "preset" && option != "decoder.temperature" &&
         option != "decoder.line_temperature" && !option.starts_with("training.");
}

std::optional<Difference> find_difference(const Configuration& first, const Configuration& second,
                                          const OptionFilter& filter) {
  Configuration copies[] = {first, second};  // copies, because options() gives write access
  const std::vector<Option> left = options(copies[0]), right = options(copies[1]);
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!filter(left[i].name)) continue;
    Difference values{left[i].name, left[i].get(), right[i].get()};
    if (values.first != values.second) return values;
  }
  return std::nullopt;
}

std::string write_yaml(const Configuration& configuration, int format, const OptionFilter& filter) {
  Configuration copy = configuration;  // a copy, because options() gives write access
  YAML::Emitter yaml;
  yaml << YAML::BeginMap << YAML::Key << "format" << YAML::Value << format;
  std::string section;
  for (const Option& option : options(copy)) {
    if (filter && !filter(option.name)) continue;
    const std::size_t dot = option.name.find('.');
    const std::string wanted = dot == std::string::npos ? "" : option.name.substr(0, dot);
    if (wanted != section) {
      if (!section.empty()) yaml << YAML::EndMap;
      if (!wanted.empty()) yaml << YAML::Key << wanted << YAML::Value << YAML::BeginMap;
      section = wanted;
    }
    const std::string key = dot == std::string::npos ? option.name : option.name.substr(dot + 1);
    yaml << YAML::Key << key << YAML::Value;
    if (option.range == "text") yaml << YAML::DoubleQuoted;
    yaml << option.get();
  }
  if (!section.empty()) yaml << YAML::EndMap;
  yaml << YAML::EndMap;
  return std::string(yaml.c_str()) + "\n";
}

text::SegmenterOptions segmenter_options(const SideConfig& side) {
  const auto only_for_training = [](const char* option) {
    throw UsageError(fmt::format("{}: auto is only for training", option));
  };
  text::SegmenterOptions result;
  switch (side.unit) {
    case UnitChoice::kCharacters:
      result.unit = text::UnitMode::kCharacters;
      break;
    case UnitChoice::kCodePoints:
      result.unit = text::UnitMode::kCodePoints;
      break;
    case UnitChoice::kWords:
      result.unit = text::UnitMode::kWords;
      break;
    case UnitChoice::kTokens:
      result.unit = text::UnitMode::kTokens;
      break;
    case UnitChoice::kSubwords:
      result.unit = text::UnitMode::kSubwords;
      break;
    case UnitChoice::kWhole:
      result.unit = text::UnitMode::kWhole;
      break;
    case UnitChoice::kAuto:
      only_for_training("unit");
  }
  switch (side.normalisation) {
    case NormalisationChoice::kNfc:
      result.normalisation = text::Normalisation::kNfc;
      break;
    case NormalisationChoice::kNfd:
      result.normalisation = text::Normalisation::kNfd;
      break;
    case NormalisationChoice::kNfkc:
      result.normalisation = text::Normalisation::kNfkc;
      break;
    case NormalisationChoice::kNone:
      result.normalisation = text::Normalisation::kNone;
      break;
    case NormalisationChoice::kAuto:
      only_for_training("normalisation");
  }
  if (side.invisible == InvisibleChoice::kAuto) only_for_training("invisible");
  result.invisible =
      side.invisible == InvisibleChoice::kDrop ? text::Invisible::kDrop : text::Invisible::kKeep;
  result.lowercase = side.lowercase;
  result.remove = side.remove;
  if (side.entities == EntityChoice::kAuto) only_for_training("entities");
  result.markers = side.entities == EntityChoice::kMarkers;
  return result;
}

void keep_preparation(SideConfig& side, const SideConfig& stored) {
  if (side.unit == UnitChoice::kAuto) side.unit = stored.unit;
  if (side.normalisation == NormalisationChoice::kAuto) side.normalisation = stored.normalisation;
  if (side.invisible == InvisibleChoice::kAuto) side.invisible = stored.invisible;
  if (side.entities == EntityChoice::kAuto) side.entities = stored.entities;
}

}  // namespace attend::model

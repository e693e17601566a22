#include "train/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <set>
#include <string_view>
#include <system_error>

#include "base/base.h"

namespace attend::train {
namespace {

constexpr std::array<std::string_view, 9> kMayDiffer = {"preset",
                                                        "decoder.temperature",
                                                        "decoder.line_temperature",
                                                        "training.epochs",
                                                        "training.updates",
                                                        "training.minutes",
                                                        "training.patience",
                                                        "training.threads",
                                                        "training.checkpoint_minutes"};

// Lists the fields once, for reading and for writing. Numbers are written so that reading gives
// exactly equal values.
template <typename Visitor>
void visit(Position& p, Visitor&& field) {
  field("update", p.update);
  field("epoch", p.epoch);
  field("batch", p.batch);
  field("train_loss", p.train_loss);
  field("train_tokens", p.train_tokens);
  field("validations", p.validations);
  field("validated_at", p.validated_at);
  field("best", p.best);
  field("has_best", p.has_best);
  field("lowest_loss", p.lowest_loss);
  field("without_progress", p.without_progress);
  field("plateau_factor", p.plateau_factor);
  field("plateau_without_progress", p.plateau_without_progress);
  field("seconds", p.seconds);
}

std::string to_text(bool value) { return std::string(1, value ? '1' : '0'); }
std::string to_text(double value) { return fmt::format("{}", value); }
std::string to_text(std::int64_t value) { return fmt::format("{}", value); }

template <typename T>
void parse(const std::string& text, const char* name, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw ModelError(fmt::format("checkpoint: '{}' is '{}'", name, text));
  }
}

const std::string& find(const model::Metadata& metadata, const std::string& name) {
  const auto found = metadata.find(name);
  if (found == metadata.end()) throw ModelError(fmt::format("checkpoint: no '{}'", name));
  return found->second;
}

// Returns the names of the options that have equal values in two configurations.
std::set<std::string, std::less<>> equal_options(model::Configuration first,
                                                 model::Configuration second) {
  std::set<std::string, std::less<>> names;
  const std::vector<model::Option> left = model::options(first), right = model::options(second);
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].get() == right[i].get()) names.insert(left[i].name);
  }
  return names;
}

}  // namespace

std::filesystem::path checkpoint_path(const std::filesystem::path& folder) {
  return model::checkpoint_file(folder);
}

void save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint) {
  const std::filesystem::path path = checkpoint_path(folder);
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    throw Error(fmt::format("{}: cannot make: {}", path.parent_path().string(), error.message()));
  }
  model::Metadata metadata{{"configuration", checkpoint.configuration},
                           {"asked", checkpoint.asked},
                           {"data", fmt::format("{}", checkpoint.fingerprint)},
                           {"threads", fmt::format("{}", checkpoint.threads)},
                           {"weights_changed", to_text(checkpoint.position.weights_changed)},
                           {"baseline", to_text(checkpoint.position.baseline)}};
  Position position = checkpoint.position;
  visit(position, [&](const char* name, auto& value) { metadata[name] = to_text(value); });
  checkpoint.tensors.with_metadata(metadata).save(path);
}

Checkpoint load_checkpoint(const std::filesystem::path& folder) {
  Checkpoint checkpoint;
  checkpoint.tensors = model::Weights::load(checkpoint_path(folder));
  const model::Metadata& metadata = checkpoint.tensors.metadata();
  checkpoint.configuration = find(metadata, "configuration");
  const auto asked = metadata.find("asked");  // earlier versions did not write it
  checkpoint.asked = asked == metadata.end() ? checkpoint.configuration : asked->second;
  const auto changed = metadata.find("weights_changed");  // this one neither
  checkpoint.position.weights_changed = changed == metadata.end() || changed->second == "1";
  if (metadata.contains("baseline")) {
    parse(find(metadata, "baseline"), "baseline", checkpoint.position.baseline);
  }
  parse(find(metadata, "data"), "data", checkpoint.fingerprint);
  parse(find(metadata, "threads"), "threads", checkpoint.threads);
  visit(checkpoint.position, [&](const char* name, auto& value) {
    const std::string& text = find(metadata, name);
    if constexpr (std::is_same_v<decltype(value), bool&>) {
      value = text == "1";
    } else {
      parse(text, name, value);
    }
  });
  return checkpoint;
}

void check_same_training(const model::Configuration& wanted, const Checkpoint& checkpoint) {
  model::Configuration given = wanted;
  const model::Configuration stored =
      model::stored_configuration(checkpoint.configuration, "the checkpoint's configuration");
  model::keep_preparation(given.source, stored.source);
  model::keep_preparation(given.target, stored.target);
  const auto as_asked = equal_options(
      wanted, model::stored_configuration(checkpoint.asked, "the checkpoint's configuration"));
  const auto matters = [&as_asked](std::string_view name) {
    return std::find(kMayDiffer.begin(), kMayDiffer.end(), name) == kMayDiffer.end() &&
           !as_asked.contains(name);
  };
  if (const auto found = model::find_difference(given, stored, matters)) {
    throw UsageError(
        fmt::format("{} is '{}', but the training in this folder began with '{}'; choose another "
                    "folder or the old value",
                    found->name, found->first, found->second));
  }
}

}  // namespace attend::train

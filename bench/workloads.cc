#include "workloads.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/base.h"

namespace attend::bench {
namespace {

using model::Configuration;
using text::TokenId;

// The settings that all middle-sized workloads share. The GRU is PyTorch's (§1.1), so that losses
// can be compared with PyTorch's.
std::vector<std::string> middle_settings() {
  return {"source.unit=words",
          "target.unit=words",
          "encoder.embedding=256",
          "encoder.units=512",
          "encoder.layers=1",
          "encoder.gru_reset=after",
          "encoder.gru_update=old",
          "attention.units=512",
          "decoder.embedding=256",
          "decoder.units=512",
          "decoder.gru_reset=after",
          "decoder.gru_update=old",
          "decoder.initial_state=backward",
          "decoder.order=look-update-generate",
          "decoder.readout=tanh",
          "decoder.readout_units=512",
          "training.optimizer=adam",
          "training.learning_rate=0.001",
          "training.schedule=constant",
          "training.clip_norm=1",
          "training.loss_scale=sentence-mean",
          "training.dropout_embedding=0",
          "training.dropout_encoder=0",
          "training.dropout_readout=0",
          "training.batch_size=64"};
}

// Luong's model of that size (§6): general scores and input feeding.
std::vector<std::string> luong_settings() {
  std::vector<std::string> settings = middle_settings();
  for (const char* setting : {"encoder.cell=lstm", "decoder.cell=lstm", "attention.score=general",
                              "decoder.order=update-look-generate", "decoder.input_feeding=readout",
                              "decoder.readout_feedback=none"}) {
    settings.emplace_back(setting);
  }
  return settings;
}

// The conditional GRU of that size (§4.6), with the biases and the first state of its preset.
// Attention has twice the decoder's units, as published; the other sizes are those of mid-8k.
std::vector<std::string> cgru_settings() {
  std::vector<std::string> settings = middle_settings();
  for (const char* setting :
       {"decoder.order=update-look-update", "decoder.initial_state=mean", "attention.units=1024"}) {
    settings.emplace_back(setting);
  }
  return settings;
}

// mid-8k with neural coverage (§13.3), whose GRU is PyTorch's too.
std::vector<std::string> coverage_settings() {
  std::vector<std::string> settings = middle_settings();
  for (const char* setting : {"attention.coverage=neural", "attention.coverage_units=10"}) {
    settings.emplace_back(setting);
  }
  return settings;
}

// mid-8k with eight heads of 64 units (§10), which have 512 units together, as the score of mid-8k.
std::vector<std::string> multi_head_settings() {
  std::vector<std::string> settings = middle_settings();
  for (const char* setting :
       {"attention.keys=projected", "attention.heads=8", "attention.score=scaled-dot",
        "attention.key_units=64", "attention.value_units=64"}) {
    settings.emplace_back(setting);
  }
  return settings;
}

// The hierarchical attention network at its published sizes (§8), over documents as long as those
// of recipes/imdb, which have 12 sentences of 19 words on average. The GRU is PyTorch's.
std::vector<std::string> han_settings() {
  return {"source.unit=words",
          "target.unit=whole",
          "encoder.embedding=200",
          "encoder.units=50",
          "encoder.gru_reset=after",
          "encoder.gru_update=old",
          "encoder.pooling_units=100",
          "attention.units=100",
          "training.optimizer=adam",
          "training.learning_rate=0.001",
          "training.schedule=constant",
          "training.clip_norm=1",
          "training.loss_scale=sentence-mean",
          "training.weight_decay=0",
          "training.dropout_embedding=0",
          "training.dropout_encoder=0",
          "training.dropout_readout=0",
          "training.batch_size=64"};
}

std::vector<Workload> make_works() {
  return {
      {"mid-8k", "default", middle_settings(), {8000, 8000}, 15, 35},
      {"mid-32k", "default", middle_settings(), {32000, 32000}, 15, 35},
      {"mid-luong", "default", luong_settings(), {8000, 8000}, 15, 35},
      {"mid-cgru", "cgru", cgru_settings(), {8000, 8000}, 15, 35},
      {"mid-coverage-neural", "default", coverage_settings(), {8000, 8000}, 15, 35},
      {"mid-multi-head", "default", multi_head_settings(), {8000, 8000}, 15, 35},
      {"small", "dates", {}, {37, 11}, 30, 30},
      {"han", "han", han_settings(), {30000, 2}, 5, 33, 4, 20},
  };
}

// Draws a word from `first` to `size` − 1; the k-th word is about 1 / k as frequent as the first.
TokenId draw_word(Random& random, TokenId first, TokenId size) {
  const double words = static_cast<double>(size - first);
  const auto rank = static_cast<TokenId>(std::exp(random.uniform() * std::log(words + 1.0)));
  return std::min(first + rank - 1, size - 1);
}

std::vector<TokenId> draw_side(Random& random, const model::SideConfig& side, int length,
                               std::size_t vocabulary) {
  const TokenId first = side.end_token ? kEnd + 1 : 0;
  const int count = side.fixed_length > 0 ? side.fixed_length : length;
  std::vector<TokenId> tokens;
  for (int i = 0; i < count; ++i) {
    tokens.push_back(draw_word(random, first, static_cast<TokenId>(vocabulary)));
  }
  if (side.end_token) tokens.push_back(kEnd);
  return tokens;
}

// Returns a number between these two, both included.
int draw_length(Random& random, int shortest, int longest) {
  return shortest +
         static_cast<int>(random.below(static_cast<std::uint64_t>(longest - shortest + 1)));
}

Pair draw_document(Random& random, const Workload& work, const Configuration& configuration) {
  Pair pair;
  const int sentences = draw_length(random, work.fewest_sentences, work.most_sentences);
  for (int i = 0; i < sentences; ++i) {
    pair.sentences.push_back(static_cast<std::int32_t>(pair.source.size()));
    const int length = draw_length(random, work.shortest, work.longest);
    for (const TokenId token :
         draw_side(random, configuration.source, length, work.vocabularies.source)) {
      pair.source.push_back(token);
    }
  }
  pair.target = draw_side(random, configuration.target, 1, work.vocabularies.target);
  return pair;
}

// Makes units without a meaning; the reserved units of the side come first.
text::Vocabulary make_vocabulary(const model::SideConfig& side, bool pads, std::int64_t size) {
  std::vector<std::string> units;
  if (side.end_token) units = {std::string(text::kUnknown), std::string(text::kEnd)};
  if (pads) units.emplace_back(text::kPadding);
  while (static_cast<std::int64_t>(units.size()) < size) {
    units.push_back(fmt::format("w{}", units.size()));
  }
  return text::Vocabulary(std::move(units));
}

}  // namespace

const std::vector<Workload>& workloads() {
  static const std::vector<Workload> list = make_works();
  return list;
}

const Workload& find_workload(const std::string& name) {
  std::string names;
  for (const Workload& work : workloads()) {
    if (work.name == name) return work;
    names += " " + work.name;
  }
  throw UsageError(fmt::format("unknown work '{}'; there are{}", name, names));
}

Configuration configuration_of(const Workload& work, const std::vector<std::string>& settings) {
  Configuration configuration = model::preset(work.preset);
  for (model::SideConfig* side : {&configuration.source, &configuration.target}) {
    side->normalisation = model::NormalisationChoice::kNfc;  // words without text need no choice
    side->invisible = model::InvisibleChoice::kKeep;
  }
  for (const auto* list : {&work.settings, &settings}) {
    for (const std::string& setting : *list) model::set_option(configuration, setting);
  }
  model::check(configuration);
  return configuration;
}

std::vector<Pair> make_pairs(const Workload& work, const Configuration& configuration,
                             std::size_t count) {
  constexpr int kDifference = 3;
  Random random(1);
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < count; ++i) {
    if (work.has_documents()) {
      pairs.push_back(draw_document(random, work, configuration));
      continue;
    }
    const int length = draw_length(random, work.shortest, work.longest);
    const int target_length = std::clamp(
        length - kDifference + static_cast<int>(random.below(2 * kDifference + 1)), 1, 1 << 20);
    Pair pair;
    pair.source = draw_side(random, configuration.source, length, work.vocabularies.source);
    pair.target = draw_side(random, configuration.target, target_length, work.vocabularies.target);
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

std::string format_source(const std::vector<TokenId>& tokens,
                          const std::vector<std::int32_t>& sentences) {
  std::string text;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool begins =
        std::binary_search(sentences.begin(), sentences.end(), static_cast<std::int32_t>(i));
    if (i > 0) text += begins ? " | " : " ";
    text += std::to_string(tokens[i]);
  }
  return text;
}

model::ModelText make_text(const Workload& work, const Configuration& configuration) {
  using model::SideName;
  const bool pads = configuration.encoder.padding == model::Padding::kVisible;
  const auto side = [&](SideName name, const model::SideConfig& config, std::int64_t size) {
    return model::make_side(configuration, name,
                            make_vocabulary(config, pads && name == SideName::kSource, size));
  };
  return {configuration, side(SideName::kSource, configuration.source, work.vocabularies.source),
          side(SideName::kTarget, configuration.target, work.vocabularies.target)};
}

nlohmann::json describe(const Workload& work, const Configuration& configuration) {
  Configuration copy = configuration;
  nlohmann::json options = nlohmann::json::object();
  for (const model::Option& option : model::options(copy)) options[option.name] = option.get();
  return {{"work", work.name},
          {"options", options},
          {"source_vocabulary", work.vocabularies.source},
          {"target_vocabulary", work.vocabularies.target}};
}

double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

double median(std::vector<double> values) {
  ATTEND_CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
}

}  // namespace attend::bench

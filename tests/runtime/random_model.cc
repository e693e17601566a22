#include "random_model.h"

#include <map>
#include <memory>
#include <string>

namespace attend::runtime::testing {

model::Weights random_weights(const model::Configuration& configuration,
                              const model::VocabularySizes& sizes, Random& random, double scale) {
  auto values = std::make_shared<std::map<std::string, std::vector<float>>>();
  std::map<std::string, model::TensorView> views;
  for (const model::TensorSpec& spec : model::parameter_table(configuration, sizes)) {
    std::vector<float>& tensor = (*values)[spec.name];
    tensor.resize(static_cast<std::size_t>(spec.count()));
    for (float& value : tensor) value = static_cast<float>(scale * random.normal());
    views[spec.name] = {spec.shape, tensor};
  }
  return {std::move(views), values};
}

std::vector<std::vector<TokenId>> random_sources(const model::Configuration& configuration,
                                                 const model::VocabularySizes& sizes,
                                                 std::size_t count, std::size_t longest,
                                                 Random& random) {
  std::vector<std::vector<TokenId>> sources(count);
  for (std::vector<TokenId>& source : sources) {
    const bool fixed = configuration.encoder.padding == model::Padding::kVisible;
    source.resize(fixed ? longest : 1 + random.below(longest));
    for (TokenId& id : source) {
      id = static_cast<TokenId>(random.below(static_cast<std::uint64_t>(sizes.source)));
    }
  }
  return sources;
}

void close_positions(std::vector<model::Source>& sources, Random& random) {
  for (model::Source& source : sources) {
    if (random.chance(0.2)) continue;
    const double open = random.chance(0.2) ? 0.0 : 0.6;
    source.allowed.resize(source.tokens.size());
    for (char& allowed : source.allowed) allowed = random.chance(open) ? 1 : 0;
  }
}

std::vector<model::StepRow> first_rows(std::size_t sources, std::vector<Path>& paths) {
  std::vector<model::StepRow> rows;
  paths.clear();
  for (std::size_t k = 0; k < sources; ++k) {
    rows.push_back({.source = static_cast<std::int32_t>(k)});
    paths.push_back({static_cast<std::int32_t>(k), {}});
  }
  return rows;
}

std::vector<model::StepRow> next_rows(std::size_t count, std::size_t vocabulary, Random& random,
                                      std::vector<Path>& paths) {
  std::vector<model::StepRow> rows;
  std::vector<Path> next;
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t parent = random.below(paths.size());
    const auto token = static_cast<TokenId>(random.below(vocabulary));
    rows.push_back({paths[parent].source, static_cast<std::int32_t>(parent), token});
    next.push_back(paths[parent]);
    next.back().tokens.push_back(token);
  }
  paths = std::move(next);
  return rows;
}

}  // namespace attend::runtime::testing

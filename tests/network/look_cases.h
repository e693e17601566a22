// Settings of models that look in different ways, or not at all, for tests of gradients.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace attend::network::testing {

/// The name of a case, and the options that make it from the small configuration.
using LookCase = std::pair<std::string, std::vector<std::string>>;

/// Normalisers, alone and where weights of 0 meet something else that reads them.
inline void add_normaliser_cases(std::vector<LookCase>& list) {
  for (const std::string normaliser : {"sparsemax", "entmax"}) {
    const std::string own = "attention.normaliser=" + normaliser;
    list.push_back({normaliser, {own}});
    list.push_back({normaliser + "_window", {own, "attention.window=predicted"}});
    list.push_back({normaliser + "_coverage", {own, "attention.coverage=sum"}});
    list.push_back({normaliser + "_location",
                    {own, "attention.score=location", "attention.maximum_source=3"}});
    list.push_back({normaliser + "_window_of_locations",
                    {own, "attention.window=predicted", "attention.reach=2",
                     "attention.score=location", "attention.maximum_source=3"}});
    list.push_back(
        {normaliser + "_hard", {own, "attention.kind=hard", "decoder.order=update-look-generate"}});
  }
}

/// Attention to earlier states, whose context may come back to the state through a fed readout.
inline void add_self_attention_cases(std::vector<LookCase>& list) {
  const std::string updates_first = "decoder.order=update-look-generate";
  const std::string dot = "decoder.self_attention=dot", general = "decoder.self_attention=general",
                    additive = "decoder.self_attention=additive";
  const std::string fed = "decoder.input_feeding=readout", one = "decoder.self_attention_window=1",
                    two = "decoder.self_attention_window=2",
                    pairs = "decoder.self_attention_parts=key-value",
                    triples = "decoder.self_attention_parts=key-value-predict";
  list.insert(list.end(), {{"self_dot", {updates_first, dot}},
                           {"self_general_window", {updates_first, general, two}},
                           {"self_additive", {additive}},
                           {"self_additive_fed", {updates_first, additive, fed}},
                           {"self_dot_fed", {updates_first, dot, fed, one}},
                           {"self_key_value_fed", {updates_first, general, fed, pairs}},
                           {"self_key_value_predict", {updates_first, additive, two, triples}},
                           {"self_two_cells", {general, "decoder.order=update-look-update"}},
                           {"self_hard", {updates_first, general, "attention.kind=hard"}},
                           {"self_without_look", {additive, pairs, "attention.kind=none"}}});
}

/// Windows, coverage, hard attention, two cells, and models without a look.
inline std::vector<LookCase> look_cases() {
  const std::string updates_first = "decoder.order=update-look-generate";
  const std::string two_cells = "decoder.order=update-look-update";
  std::vector<LookCase> list{
      {"window", {"attention.window=predicted", "attention.reach=1"}},
      {"window_of_the_step", {"attention.window=monotonic", "attention.reach=1"}},
      {"window_of_locations",
       {"attention.window=predicted", "attention.reach=2", "attention.score=location",
        "attention.maximum_source=3"}},
      {"window_of_the_step_of_locations",
       {"attention.window=monotonic", "attention.reach=2", "attention.score=location",
        "attention.maximum_source=3"}},
      {"window_without_query",
       {"attention.window=predicted", "attention.reach=1", "attention.score=learned-query"}},
      {"coverage", {"attention.coverage=sum", "attention.coverage_loss=0.7"}},
      {"normed_coverage", {"attention.coverage=sum", "attention.score=normed-additive"}},
      {"temporal", {"attention.temporal=past", updates_first}},
      {"temporal_location",
       {"attention.temporal=past", "attention.score=location", "attention.maximum_source=3"}},
      {"temporal_without_query", {"attention.temporal=past", "attention.score=learned-query"}},
      {"temporal_two_cells", {"attention.temporal=past", two_cells}},
      {"temporal_coverage", {"attention.temporal=past", "attention.coverage=sum"}},
      {"monotonic", {"attention.kind=monotonic", "attention.energy_bias=true"}},
      {"monotonic_update_first", {"attention.kind=monotonic", updates_first}},
      {"monotonic_without_query", {"attention.kind=monotonic", "attention.score=linear-pooling"}},
      {"monotonic_two_cells", {"attention.kind=monotonic", two_cells}},
      {"hard", {"attention.kind=hard", updates_first}},
      {"hard_monotonic", {"attention.kind=hard-monotonic", updates_first}},
      {"fixed_context", {"attention.kind=fixed"}},
      {"no_context", {"attention.kind=none"}},
      {"two_cells", {two_cells, "decoder.gru_reset=after", "decoder.gru_bias=outside"}},
      {"two_lstm_cells", {two_cells, "decoder.cell=lstm"}}};
  add_normaliser_cases(list);
  add_self_attention_cases(list);
  return list;
}

}  // namespace attend::network::testing

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

/// Keys and values that are not the annotations, and several heads (§10).
inline void add_key_cases(std::vector<LookCase>& list) {
  const std::string updates_first = "decoder.order=update-look-generate";
  const std::string halves = "attention.keys=halves", projected = "attention.keys=projected";
  const std::string key_units = "attention.key_units=3", value_units = "attention.value_units=2";
  const std::string heads = "attention.heads=3", scaled = "attention.score=scaled-dot";
  const std::string window = "attention.window=predicted", reach = "attention.reach=1";
  const std::string fed = "decoder.input_feeding=context";
  const std::string context_units = "attention.context_units=5";
  list.push_back({"halves", {halves, updates_first}});
  list.push_back({"halves_dot", {halves, "attention.score=dot", "decoder.units=4"}});
  list.push_back({"halves_coverage", {halves, "attention.coverage=sum"}});
  list.push_back({"halves_fed", {halves, updates_first, fed}});
  list.push_back({"halves_hard", {halves, updates_first, "attention.kind=hard-monotonic"}});
  list.push_back({"projected", {projected}});
  list.push_back({"projected_general",
                  {projected, key_units, value_units, "attention.score=general", updates_first}});
  list.push_back({"projected_without_query", {projected, "attention.score=linear-pooling"}});
  list.push_back({"projected_state_and_cell",
                  {projected, scaled, "attention.query=state-and-cell", "decoder.cell=lstm"}});
  list.push_back({"projected_monotonic", {projected, key_units, "attention.kind=monotonic"}});
  list.push_back({"projected_temporal", {projected, value_units, "attention.temporal=past"}});
  list.push_back({"heads", {projected, heads, scaled, updates_first}});
  list.push_back(
      {"heads_look_first", {projected, heads, "attention.score=dot", key_units, value_units}});
  list.push_back({"heads_fed", {projected, heads, scaled, updates_first, fed, context_units}});
  list.push_back({"heads_window", {projected, heads, scaled, window, reach}});
  list.push_back({"heads_sparsemax", {projected, heads, scaled, "attention.normaliser=sparsemax"}});
  list.push_back({"heads_two_cells",
                  {projected, heads, scaled, "decoder.order=update-look-update", context_units}});
  list.push_back({"heads_gate", {projected, heads, scaled, "attention.context_gate=scalar"}});
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
  const std::string location_aware = "attention.score=location-aware";
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
      {"linguistic_coverage", {"attention.coverage=linguistic"}},
      {"neural_coverage", {"attention.coverage=neural", "attention.coverage_units=3"}},
      {"neural_coverage_generate_first",
       {"attention.coverage=neural", "attention.coverage_units=2", "decoder.gru_reset=after",
        "decoder.order=look-generate-update"}},
      {"neural_coverage_of_one_unit",
       {"attention.coverage=neural", "attention.coverage_units=1", "decoder.gru_reset=after",
        "decoder.gru_update=old", updates_first}},
      {"neural_coverage_two_cells",
       {"attention.coverage=neural", "decoder.cell=lstm", "attention.score=concat-code",
        two_cells}},
      {"neural_coverage_without_state",
       {"attention.coverage=neural", "decoder.cell=none", "decoder.initial_state=zero"}},
      {"location_aware",
       {location_aware, "attention.filters=3", "attention.filter_width=3", updates_first}},
      {"location_aware_with_one_wide_filter",
       {location_aware, "attention.filters=1", "attention.filter_width=15"}},
      {"location_aware_neural_coverage",
       {location_aware, "attention.coverage=neural", "attention.coverage_units=2"}},
      {"location_aware_linguistic_coverage", {location_aware, "attention.coverage=linguistic"}},
      {"location_aware_monotonic", {location_aware, "attention.kind=monotonic"}},
      {"location_aware_without_state",
       {location_aware, "decoder.cell=none", "decoder.initial_state=zero"}},
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
      {"hard_monotonic_1",
       {"attention.kind=hard-monotonic-1", "attention.score=general", "attention.reach=2",
        updates_first}},
      {"hard_monotonic_1_far",
       {"attention.kind=hard-monotonic-1", "attention.score=general", updates_first}},
      {"fixed_context", {"attention.kind=fixed"}},
      {"no_context", {"attention.kind=none"}},
      {"two_cells", {two_cells, "decoder.gru_reset=after", "decoder.gru_bias=outside"}},
      {"two_lstm_cells", {two_cells, "decoder.cell=lstm"}}};
  add_normaliser_cases(list);
  add_key_cases(list);
  add_self_attention_cases(list);
  return list;
}

}  // namespace attend::network::testing

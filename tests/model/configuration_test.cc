#include "model/model.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "base/base.h"

namespace attend::model {
namespace {

template <typename Function>
std::string message_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Configuration, EveryPresetSurvivesYaml) {
  for (const Preset& one : presets()) {
    Configuration original = preset(one.name);
    EXPECT_NO_THROW(check(original)) << one.name;
    Configuration copy;
    read_yaml(copy, write_yaml(original), "config.yml");
    EXPECT_EQ(write_yaml(copy), write_yaml(original)) << one.name;
  }
}

// attend presets NAME --published prints what attend train -c takes.
TEST(Configuration, EveryPublishedSizeSurvivesYaml) {
  int published_sizes = 0;
  for (const Preset& one : presets()) {
    if (!one.has_published_size) continue;
    ++published_sizes;
    const Configuration original = published(one.name);
    EXPECT_NO_THROW(check(original)) << one.name;
    EXPECT_EQ(original.preset, one.name);
    Configuration copy = preset(one.name);
    read_yaml(copy, write_yaml(original), "published.yml");
    EXPECT_EQ(write_yaml(copy), write_yaml(original)) << one.name;
  }
  EXPECT_EQ(published_sizes, 28);  // papers of the others state no sizes, or sizes of other models
  EXPECT_NE(message_of([] { published("default"); }).find("has no published size"),
            std::string::npos);
  EXPECT_NE(message_of([] { published("nobody"); }).find("unknown preset"), std::string::npos);
}

TEST(Configuration, AliasesOfAliasesAreRefused) {
  std::string yaml = "a: &a {";
  for (const std::string name : {"", "a", "b"}) {
    for (int i = 0; i < 300; ++i)
      yaml += fmt::format("k{}: {}, ", i, name.empty() ? "1" : "*" + name);
    yaml += name == "b" ? "}\n" : fmt::format("}}\n{0}: &{0} {{", name.empty() ? "b" : "c");
  }
  const std::string message = message_of([&] {
    Configuration configuration;
    read_yaml(configuration, yaml, "config.yml");
  });
  EXPECT_NE(message.find("more than 10000 values"), std::string::npos) << message;
}

TEST(Configuration, EveryOptionTakesItsOwnValue) {
  Configuration c = preset("default");
  std::set<std::string> names;
  for (const Option& option : options(c)) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_FALSE(option.help.empty()) << option.name;
    EXPECT_NO_THROW(option.set(option.get())) << option.name;
  }
}

TEST(Configuration, EveryRangedOptionRefusesNonsense) {
  Configuration c = preset("default");
  for (const Option& option : options(c)) {
    if (option.range == "text") continue;
    EXPECT_THROW(option.set("nonsense"), UsageError) << option.name;
  }
}

TEST(Configuration, SetNamesTheNearestOption) {
  Configuration c;
  EXPECT_EQ(message_of([&] { set_option(c, "encoder.unit=3"); }),
            "unknown option 'encoder.unit'; did you mean 'encoder.units'?");
  EXPECT_EQ(message_of([&] { set_option(c, "learning_rate=3"); }),
            "unknown option 'learning_rate'; did you mean 'training.learning_rate'?");
  for (const char* key : {"foo", "", "encoder", "bar.units"}) {
    EXPECT_EQ(message_of([&] { set_option(c, key + std::string("=1")); }),
              fmt::format("unknown option '{}'; attend presets --options lists them all", key));
  }
  EXPECT_NE(message_of([&] { set_option(c, "encoder.units"); }).find("key=value"),
            std::string::npos);
  set_option(c, "encoder.units=3");
  EXPECT_EQ(c.encoder.units, 3);
}

TEST(Configuration, RangesAreNamed) {
  Configuration c;
  EXPECT_EQ(message_of([&] { set_option(c, "training.beam=0"); }),
            "training.beam: found '0', expected 1 … 1000");
  EXPECT_THROW(set_option(c, "training.learning_rate=nan"), UsageError);
  EXPECT_THROW(set_option(c, "training.beam=99999999999999999999"), UsageError);
  EXPECT_THROW(set_option(c, "training.beam=3x"), UsageError);
}

TEST(Configuration, AnotherOptimizerBringsItsUsualRate) {  // §1.7
  Configuration c = preset("default");
  set_option(c, "training.optimizer=adam");
  EXPECT_EQ(c.training.optimizer.learning_rate, preset("default").training.optimizer.learning_rate);
  set_option(c, "training.optimizer=adadelta");
  EXPECT_EQ(c.training.optimizer.learning_rate, 1.0);
  EXPECT_EQ(c.training.optimizer.epsilon, 1e-6);
  read_yaml(c, "training:\n  learning_rate: 0.25\n  optimizer: sgd\n", "my.yml");
  EXPECT_EQ(c.training.optimizer.learning_rate, 0.25);
}

TEST(Configuration, YamlErrorsNameTheLine) {
  Configuration c;
  EXPECT_NE(message_of([&] { read_yaml(c, "encoder:\n  unit: 3\n", "my.yml"); }).find("my.yml:2:"),
            std::string::npos);
  EXPECT_NE(message_of([&] { read_yaml(c, "a: [", "my.yml"); }).find("my.yml:"), std::string::npos);
  EXPECT_THROW(read_yaml(c, "- 1\n- 2\n", "my.yml"), UsageError);
  EXPECT_NO_THROW(read_yaml(c, "", "my.yml"));
}

TEST(Configuration, AFutureFormatIsAModelError) {
  Configuration c;
  EXPECT_THROW(read_yaml(c, "format: 3\n", "config.yml"), ModelError);
  EXPECT_THROW(read_yaml(c, "format: x\n", "config.yml"), ModelError);
}

TEST(Configuration, ContradictionsAreRefused) {
  const auto refused = [](const std::vector<std::string>& settings) {
    Configuration c = preset("default");
    for (const std::string& setting : settings) set_option(c, setting);
    EXPECT_THROW(check(c), UsageError) << settings.front();
  };
  refused({"decoder.tied_embeddings=target", "decoder.readout_units=64"});
  refused({"decoder.tied_embeddings=all"});
  refused({"decoder.tied_embeddings=target", "decoder.feedback=none"});
  refused({"encoder.padding=visible"});
  refused({"target.end_token=false"});
  refused({"target.fixed_length=10"});
  refused(
      {"training.allow_empty_targets=true", "target.fixed_length=10", "target.end_token=false"});
  refused({"shared_vocabulary=true", "source.unit=words"});
  refused({"encoder.direction=forward"});  // the encoder has no ←h_1
  refused({"attention.score=dot"});        // states have 128 units, annotations 256
  refused({"decoder.initial_state=copy"});
  refused({"decoder.input_feeding=readout"});
  refused({"decoder.order=update-look-generate", "decoder.readout=none"});
  refused({"decoder.order=update-look-generate", "decoder.feedback=none"});
}

// Returns the message of check() for the default preset with other choices.
std::string refusal_of(const std::vector<std::string>& settings) {
  return message_of([&] {
    Configuration c = preset("default");
    set_options(c, settings);
    check(c);
  });
}

TEST(Configuration, ADecoderWithoutACellHasNoStateToCopy) {
  EXPECT_EQ(refusal_of({"decoder.cell=none", "decoder.initial_state=copy"}),
            "decoder.cell: none needs decoder.initial_state: zero");
}

// Without a state, a previous token, coverage and energies of the past all steps of a target are
// equal.
TEST(Configuration, ADecoderWithoutACellNeedsStepsThatDifferOrOneStep) {  // §8
  const auto with = [](std::vector<std::string> more) {
    more.insert(more.end(), {"decoder.cell=none", "decoder.initial_state=zero"});
    return refusal_of(more);
  };
  const std::string none = "decoder.feedback=none", fixed = "target.end_token=false";
  const std::string refused =
      "decoder.cell: none with decoder.feedback: none needs target.end_token: false and "
      "target.fixed_length: 1, because every step would have one distribution";
  EXPECT_EQ(with({none}), refused);
  EXPECT_EQ(with({none, fixed, "target.fixed_length=2"}), refused);
  EXPECT_EQ(with({none, "target.fixed_length=1"}), refused);
  EXPECT_EQ(with({none, fixed, "target.fixed_length=1"}), "no error");
  EXPECT_EQ(with({}), "no error");
  EXPECT_EQ(with({none, "attention.coverage=sum"}), "no error");
  EXPECT_EQ(with({none, "attention.temporal=past"}), "no error");
}

TEST(Configuration, ALabelIsOneUnit) {  // §8
  const std::string whole = "target.unit=whole", fixed = "target.end_token=false";
  EXPECT_EQ(refusal_of({whole, fixed, "target.fixed_length=2"}),
            "target.unit: whole needs target.fixed_length: 1, because a label is one unit; "
            "target.fixed_length is 2");
  EXPECT_EQ(refusal_of({whole, fixed, "target.fixed_length=1"}), "no error");
  EXPECT_EQ(refusal_of({whole}), "no error");  // a label and </s>
  EXPECT_EQ(refusal_of({fixed, "target.fixed_length=2"}), "no error");
}

TEST(Configuration, AStartNeedsTheTokenThatItStandsFor) {
  EXPECT_EQ(refusal_of({"decoder.start=end", "decoder.feedback=none"}),
            "decoder.start: end needs decoder.feedback: previous");
  EXPECT_EQ(refusal_of({"decoder.start=own", "decoder.feedback=none"}),
            "decoder.start: own needs decoder.feedback: previous");
  EXPECT_EQ(refusal_of({"decoder.start=own"}), "no error");
}

TEST(Configuration, OnlyAGruThatResetsAfterTheProductHasAChoiceOfBiases) {  // §1.1
  EXPECT_EQ(refusal_of({"decoder.gru_bias=inside"}),
            "decoder.gru_bias: inside needs decoder.cell: gru and decoder.gru_reset: after");
  EXPECT_EQ(
      refusal_of({"encoder.gru_bias=outside", "encoder.cell=lstm", "encoder.gru_reset=after"}),
      "encoder.gru_bias: outside needs encoder.cell: gru and encoder.gru_reset: after");
  for (const std::string side : {"encoder", "decoder"}) {
    for (const std::string bias : {"both", "outside", "inside"}) {
      EXPECT_EQ(refusal_of({side + ".gru_reset=after", side + ".gru_bias=" + bias}), "no error");
    }
  }
}

TEST(Configuration, LuongsSwitchesGoTogether) {
  const auto taken = [](const std::vector<std::string>& settings) {
    Configuration c = preset("default");
    for (const std::string& setting : settings) set_option(c, setting);
    EXPECT_NO_THROW(check(c)) << settings.front();
  };
  taken({"encoder.direction=forward", "decoder.initial_state=last", "attention.score=dot"});
  taken({"encoder.direction=backward", "decoder.initial_state=copy"});
  taken({"attention.score=dot", "decoder.units=256", "decoder.initial_state=copy"});
  taken({"decoder.order=update-look-generate", "decoder.feedback=none",
         "decoder.input_feeding=readout"});
  Configuration c = preset("luong");
  c.encoder.layers = 2;  // the decoder has only one layer to copy into
  EXPECT_THROW(check(c), UsageError);
  c.decoder.layers = 2;
  EXPECT_NO_THROW(check(c));
  c.decoder.cell.type = Cell::kGru;
  EXPECT_THROW(check(c), UsageError);
}

// A folder from before a field existed does not name the field, which means its default.
TEST(Configuration, FieldsThatAFileDoesNotNameStay) {
  Configuration c;
  read_yaml(c, "format: 1\nencoder:\n  units: 7\nattention:\n  units: 3\n", "config.yml");
  EXPECT_EQ(c.encoder.direction, Direction::kBidirectional);
  EXPECT_EQ(c.encoder.annotation_units(), 14);
  EXPECT_EQ(c.attention.score, "additive");
  EXPECT_EQ(c.decoder.input_feeding, InputFeeding::kNone);
  EXPECT_EQ(c.decoder.readout_feedback, Feedback::kPrevious);
  EXPECT_FALSE(c.training.allow_empty_targets);
  EXPECT_EQ(c.attention.kind, AttentionKind::kSoft);
  EXPECT_EQ(c.attention.normaliser, Normaliser::kSoftmax);
  EXPECT_EQ(c.attention.window, Window::kAll);
  EXPECT_EQ(c.attention.coverage, Coverage::kNone);
  EXPECT_EQ(c.attention.coverage_loss, 0);
  EXPECT_EQ(c.attention.temporal, Temporal::kNone);
  EXPECT_EQ(c.attention.initial_energy_bias, 0);
  EXPECT_EQ(c.attention.query, Query::kState);
  EXPECT_EQ(c.attention.context_gate, ContextGate::kNone);
  EXPECT_EQ(c.attention.fixed_context, FixedContext::kState);
  EXPECT_EQ(c.decoder.input_layer, InputLayer::kNone);
  EXPECT_EQ(c.decoder.query_layer, QueryLayer::kTop);
  EXPECT_EQ(c.decoder.context_layers, ContextLayers::kBottom);
  EXPECT_EQ(c.decoder.gru_context, GruContext::kOutside);
  EXPECT_EQ(c.decoder.transitions, 0);
}

TEST(Configuration, AFileThatDoesNotNameThePreparationHasThatOfEarlierPrograms) {
  const std::string yaml = "format: 1\nsource:\n  unit: characters\ntarget:\n  unit: words\n";
  const Configuration c = stored_configuration(yaml, "config.yml");
  for (const SideConfig* side : {&c.source, &c.target}) {
    const text::SegmenterOptions options = segmenter_options(*side);
    EXPECT_EQ(options.normalisation, text::Normalisation::kNfc);
    EXPECT_EQ(options.invisible, text::Invisible::kKeep);
  }
}

TEST(Configuration, PreparationOfEachSideIsAChoice) {
  const std::vector<std::pair<const char*, text::Normalisation>> forms = {
      {"nfc", text::Normalisation::kNfc},
      {"nfd", text::Normalisation::kNfd},
      {"nfkc", text::Normalisation::kNfkc},
      {"none", text::Normalisation::kNone}};
  for (const auto& [name, form] : forms) {
    Configuration c = preset("default");
    set_option(c, "source.unit=code-points");
    set_option(c, fmt::format("source.normalisation={}", name));
    set_option(c, "source.invisible=drop");
    const Configuration copy = stored_configuration(write_yaml(c), "config.yml");
    const text::SegmenterOptions options = segmenter_options(copy.source);
    EXPECT_EQ(options.unit, text::UnitMode::kCodePoints);
    EXPECT_EQ(options.normalisation, form) << name;
    EXPECT_EQ(options.invisible, text::Invisible::kDrop);
    EXPECT_EQ(copy.target.normalisation, NormalisationChoice::kAuto);
  }
}

TEST(Configuration, TokensAndMarkersAreStored) {
  Configuration c = preset("default");
  set_options(c, std::vector<std::string>{"source.unit=tokens", "source.normalisation=nfc",
                                          "source.invisible=drop", "source.entities=markers"});
  const Configuration copy = stored_configuration(write_yaml(c), "config.yml");
  const text::SegmenterOptions options = segmenter_options(copy.source);
  EXPECT_EQ(options.unit, text::UnitMode::kTokens);
  EXPECT_TRUE(options.markers);
  const Configuration older = stored_configuration("source:\n  unit: tokens\n", "config.yml");
  EXPECT_EQ(older.source.entities, EntityChoice::kNone);
  EXPECT_THROW(set_option(c, "target.entities=markers"), UsageError);
  set_option(c, "source.entities=auto");
  EXPECT_THROW(segmenter_options(c.source), UsageError);
}

TEST(Configuration, EveryPresetLeavesThePreparationToTheTrainer) {
  for (const Preset& one : presets()) {
    const Configuration c = preset(one.name);
    for (const SideConfig* side : {&c.source, &c.target}) {
      EXPECT_EQ(side->normalisation, NormalisationChoice::kAuto) << one.name;
      EXPECT_EQ(side->invisible, InvisibleChoice::kAuto) << one.name;
      EXPECT_THROW(segmenter_options(*side), UsageError) << one.name;
    }
  }
}

TEST(Configuration, WhatWasChosenIsKeptWhereNothingElseIsAsked) {
  SideConfig stored;
  stored.unit = UnitChoice::kCodePoints;
  stored.normalisation = NormalisationChoice::kNfd;
  stored.entities = EntityChoice::kMarkers;
  SideConfig open = preset("att-blstm").source;
  keep_preparation(open, stored);
  EXPECT_EQ(open.unit, UnitChoice::kCodePoints);
  EXPECT_EQ(open.normalisation, NormalisationChoice::kNfd);
  EXPECT_EQ(open.invisible, InvisibleChoice::kKeep);
  EXPECT_EQ(open.entities, EntityChoice::kMarkers);
  SideConfig asked;
  asked.unit = UnitChoice::kWords;
  asked.normalisation = NormalisationChoice::kNone;
  asked.invisible = InvisibleChoice::kDrop;
  keep_preparation(asked, stored);
  EXPECT_EQ(asked.unit, UnitChoice::kWords);
  EXPECT_EQ(asked.normalisation, NormalisationChoice::kNone);
  EXPECT_EQ(asked.invisible, InvisibleChoice::kDrop);
  EXPECT_EQ(asked.entities, EntityChoice::kNone);
}

TEST(Configuration, PresetsMakeTheChoiceThatTheyAreNamedAfter) {
  EXPECT_EQ(preset("cgru").decoder.order, Order::kUpdateLookUpdate);
  EXPECT_EQ(preset("cgru").decoder.cell.bias, GruBias::kOutside);
  EXPECT_EQ(preset("cgru").decoder.second_bias, GruBias::kInside);
  EXPECT_EQ(preset("luong-local-p").attention.window, Window::kPredicted);
  EXPECT_EQ(preset("luong-local-p").attention.reach, 10);
  EXPECT_EQ(preset("luong-local-m").attention.window, Window::kMonotonic);
  EXPECT_EQ(preset("luong-local-m").attention.reach, 10);
  EXPECT_EQ(preset("coverage-see").attention.coverage, Coverage::kSum);
  EXPECT_EQ(preset("coverage-see").attention.coverage_loss, 1);
  EXPECT_EQ(preset("coverage-linguistic").attention.coverage, Coverage::kLinguistic);
  EXPECT_EQ(preset("coverage-linguistic").attention.fertility, 2);
  EXPECT_EQ(preset("coverage-neural").attention.coverage, Coverage::kNeural);
  EXPECT_EQ(preset("coverage-neural").attention.coverage_units, 10);
  EXPECT_EQ(published("coverage-neural").attention.coverage_units, 100);
  EXPECT_EQ(published("coverage-neural").decoder.order, Order::kLookGenerateUpdate);
  EXPECT_EQ(preset("copy").decoder.copy, Copy::kPointer);
  EXPECT_EQ(preset("copy").source.minimum_count, 2);
  EXPECT_EQ(preset("temporal").attention.temporal, Temporal::kPast);
  EXPECT_EQ(preset("key-value").attention.keys, Keys::kHalves);
  EXPECT_EQ(preset("multi-head").attention.keys, Keys::kProjected);
  EXPECT_EQ(preset("multi-head").attention.heads, 4);
  EXPECT_EQ(preset("self-attention").decoder.self_attention, SelfAttention::kGeneral);
  EXPECT_EQ(preset("self-attention").attention.temporal, Temporal::kPast);
  EXPECT_EQ(preset("key-value-predict").decoder.self_attention_window, 15);
  EXPECT_EQ(preset("key-value-predict").decoder.self_attention_parts, StateParts::kKeyValuePredict);
  EXPECT_EQ(preset("monotonic").attention.kind, AttentionKind::kMonotonic);
  EXPECT_EQ(preset("monotonic").attention.score, "normed-additive");
  EXPECT_EQ(preset("monotonic").attention.prediction, MonotonicPrediction::kScan);
  EXPECT_EQ(preset("monotonic").attention.initial_energy_bias, -1);
  EXPECT_EQ(preset("hard-monotonic").attention.kind, AttentionKind::kHardMonotonic);
  EXPECT_EQ(preset("hard").attention.kind, AttentionKind::kHard);
  EXPECT_EQ(preset("hard-monotonic-1").attention.kind, AttentionKind::kHardMonotonicFirstOrder);
  EXPECT_EQ(preset("hard-monotonic-1").attention.reach, 5);
  EXPECT_EQ(preset("sutskever").attention.kind, AttentionKind::kNone);
  EXPECT_EQ(preset("cho").decoder.gru_context, GruContext::kInside);
  EXPECT_EQ(preset("rnnencdec").attention.kind, AttentionKind::kFixed);
  EXPECT_EQ(preset("luong-dot").attention.score, "dot");
  EXPECT_EQ(preset("luong-concat").attention.score, "additive");
  EXPECT_EQ(preset("luong-location").attention.score, "location");
  EXPECT_EQ(published("luong-location").attention.maximum_source, 50);
  EXPECT_EQ(preset("gnmt").decoder.query_layer, QueryLayer::kBottom);
  for (const Preset& one : presets()) EXPECT_EQ(preset(one.name).preset, one.name);
}

TEST(Configuration, LuongIsAnotherNameOfLuongGeneral) {
  Configuration c = preset("luong");
  c.preset = "luong-general";
  EXPECT_EQ(write_yaml(c), write_yaml(preset("luong-general")));
}

TEST(Configuration, NumbersOfAttentionHaveRanges) {
  Configuration c;
  EXPECT_EQ(message_of([&] { set_option(c, "attention.reach=0"); }),
            "attention.reach: found '0', expected 1 … 1000");
  EXPECT_THROW(set_option(c, "attention.coverage_loss=-1"), UsageError);
  EXPECT_EQ(message_of([&] { set_option(c, "attention.kind=harder"); }),
            "attention.kind: found 'harder', expected soft | monotonic | hard | hard-monotonic | "
            "hard-monotonic-1 | fixed | mean | max | none | stochastic");
}

TEST(Configuration, UnknownPresetNamesAll) {
  EXPECT_NE(message_of([] { preset("none"); }).find("rnnsearch"), std::string::npos);
}

}  // namespace
}  // namespace attend::model

// Configurations whose choices contradict each other: check() refuses each with a message that
// names the option and what it needs.
#include <gtest/gtest.h>

#include <string>

#include "check_settings.h"

namespace attend::model {
namespace {

using namespace testing;

constexpr const char* kTargets[] = {"target.end_token=false", "target.fixed_length=3"};

TEST(Check, TiedEmbeddings) {
  const std::string tied = "decoder.tied_embeddings=target", all = "decoder.tied_embeddings=all";
  expect_refused({tied, "decoder.feedback=none"},
                 "decoder.tied_embeddings needs decoder.feedback: previous");
  expect_refused({tied, "decoder.readout_units=64"},
                 "decoder.tied_embeddings needs a readout of the size of the embedding: readout "
                 "64, decoder.embedding 128");
  expect_refused({all}, "decoder.tied_embeddings: all needs shared_vocabulary: true");
  expect_refused({all, "shared_vocabulary=true", "encoder.embedding=64"},
                 "decoder.tied_embeddings: all needs equal embeddings: encoder.embedding 64, "
                 "decoder.embedding 128");
  const std::string inputs = "decoder.tied_embeddings=inputs";
  expect_taken({inputs, "shared_vocabulary=true", "decoder.readout_units=64"});
  expect_refused({inputs}, "decoder.tied_embeddings: inputs needs shared_vocabulary: true");
  expect_refused({inputs, "shared_vocabulary=true", "encoder.embedding=0"},
                 "decoder.tied_embeddings: inputs needs equal embeddings: encoder.embedding 0");
}

TEST(Check, WhatIsFrozen) {
  const std::string source = "training.freeze=source-embedding";
  const std::string target = "training.freeze=target-embedding";
  const std::string both = "training.freeze=embeddings";
  for (const std::string& freeze : {source, target, both}) expect_taken({freeze});
  expect_refused({source, "encoder.embedding=0"},
                 "training.freeze: source-embedding needs encoder.embedding above 0");
  expect_refused({target, "decoder.feedback=none"},
                 "training.freeze: target-embedding needs decoder.feedback: previous");
  expect_taken({both, "decoder.feedback=none"});
  expect_taken({both, "encoder.embedding=0"});
  expect_refused({both, "encoder.embedding=0", "decoder.feedback=none"},
                 "training.freeze: embeddings needs encoder.embedding above 0 or");
}

TEST(Check, WhatTheEncoderReads) {
  const Settings words{"encoder.direction=backward", "encoder.reverse=words"};
  expect_refused({"encoder.padding=visible"}, "encoder.padding: visible needs source.fixed_length");
  expect_refused({"encoder.reverse=words"},
                 "encoder.reverse: words needs encoder.direction: backward");
  expect_refused(with(words, "source.end_token=false"),
                 "encoder.reverse: words needs encoder.direction: backward and source.end_token");
  expect_refused(with(with(words, "encoder.padding=visible"), "source.fixed_length=9"),
                 "encoder.reverse: words needs encoder.padding: masked");
  expect_refused({"attention.end_token=hidden", "source.end_token=false"},
                 "attention.end_token: hidden needs source.end_token: true");
  expect_refused({"attention.end_token=hidden", "encoder.padding=visible", "source.fixed_length=9"},
                 "attention.end_token: hidden needs source.end_token: true and encoder.padding");
}

TEST(Check, FirstStates) {
  expect_refused({"encoder.direction=backward", "encoder.reverse=words"},
                 "decoder.initial_state: backward needs an encoder that ends at the first token");
  expect_refused({"encoder.direction=forward"},
                 "decoder.initial_state: backward needs a backward encoder");
  expect_refused({"decoder.initial_state=copy", "encoder.layers=2"},
                 "decoder.initial_state: copy needs encoder and decoder of the same layers");
  expect_refused({"decoder.initial_state=copy", "encoder.cell=lstm"},
                 "decoder.initial_state: copy needs encoder and decoder of the same layers");
  expect_refused({"decoder.initial_state=copy"},
                 "decoder.initial_state: copy needs decoder.units as large as annotations: "
                 "decoder.units 128, annotations 256, which in a bidirectional encoder are twice "
                 "encoder.units 128");
  EXPECT_EQ(
      message_of({"decoder.initial_state=copy", "encoder.direction=backward", "encoder.units=64"}),
      "decoder.initial_state: copy needs decoder.units as large as annotations: "
      "decoder.units 128, annotations 64");
}

TEST(Check, FirstSymbol) {
  expect_refused({"decoder.start=own", "decoder.feedback=none"},
                 "decoder.start: own needs decoder.feedback: previous");
  expect_refused({"decoder.start=end", kTargets[0], kTargets[1]},
                 "decoder.start: end needs target.end_token: true");
}

TEST(Check, ADecoderWithoutACell) {
  const Settings none{"decoder.cell=none", "decoder.initial_state=zero"};
  expect_taken(none);
  expect_refused({"decoder.cell=none"}, "decoder.cell: none needs decoder.initial_state: zero");
  expect_refused(with(none, "decoder.order=update-look-generate"),
                 "decoder.cell: none needs decoder.order: look-update-generate");
  expect_refused(with(none, "decoder.layers=2"), "decoder.cell: none needs decoder.layers: 1");
  expect_refused(with(none, "decoder.readout=none"),
                 "decoder.cell: none needs decoder.feedback: none, or a readout with "
                 "decoder.readout_feedback: previous");
  expect_refused(with(none, "decoder.readout_feedback=none"),
                 "decoder.cell: none needs decoder.feedback: none");
}

TEST(Check, ADecoderWithTwoCells) {
  const Settings two{"decoder.order=update-look-update"};
  expect_taken(two);
  expect_taken(with(two, "decoder.cell=lstm"));
  expect_taken(with(two, "decoder.readout=none"));
  expect_refused(with(two, "decoder.layers=2"),
                 "decoder.order: update-look-update needs decoder.layers: 1");
  expect_refused(with(two, "decoder.feedback=none"),
                 "decoder.order: update-look-update needs decoder.feedback: previous");
  expect_refused(with(two, "decoder.input_feeding=readout"),
                 "decoder.input_feeding: readout needs decoder.order: update-look-generate");
  expect_taken(with(two, "decoder.transitions=3"));
  expect_refused({"decoder.transitions=1"},
                 "decoder.transitions needs decoder.order: update-look-update");
}

TEST(Check, OrdersOfAStep) {
  const Settings order{"decoder.order=update-look-generate"};
  expect_refused({"decoder.input_feeding=readout"},
                 "decoder.input_feeding: readout needs decoder.order: update-look-generate");
  expect_refused(with(order, "decoder.readout=none"),
                 "decoder.order: update-look-generate needs a decoder.readout");
  expect_refused(with(order, "decoder.feedback=none"),
                 "decoder.order: update-look-generate needs decoder.feedback: previous or "
                 "decoder.input_feeding: readout or context");
}

TEST(Check, TargetsAndVocabularies) {
  expect_refused({kTargets[0]}, "target.end_token: false needs target.fixed_length");
  expect_refused({kTargets[1]}, "target.fixed_length needs target.end_token: false");
  expect_refused({kTargets[0], kTargets[1], "training.allow_empty_targets=true"},
                 "training.allow_empty_targets needs target.end_token: true");
  expect_refused({"shared_vocabulary=true", "source.unit=words"},
                 "shared_vocabulary needs the same source.unit and target.unit");
}

TEST(Check, Scores) {
  expect_refused({"attention.score=dot"},
                 "attention.score: dot needs decoder.units as large as annotations: decoder.units "
                 "128, annotations of a bidirectional encoder 256");
  expect_taken({"attention.score=dot", "decoder.units=256"});
}

TEST(Check, Normalisers) {
  for (const std::string normaliser : {"sparsemax", "entmax"}) {
    const std::string own = "attention.normaliser=" + normaliser;
    expect_taken({own});
    expect_taken({own, "attention.energies=relu"});
    expect_taken({own, "attention.window=predicted"});
    expect_taken({own, "attention.score=location"});
    expect_taken({own, "attention.coverage=sum", "attention.coverage_loss=1"});
    expect_taken({own, "decoder.cell=none", "decoder.initial_state=zero"});
    expect_taken({own, "attention.kind=hard", "decoder.order=update-look-generate"});
    expect_refused({own, "attention.kind=hard-monotonic", "decoder.order=update-look-generate"},
                   "attention.kind: hard-monotonic needs attention.normaliser: softmax");
    expect_refused({own, "attention.kind=hard-monotonic-1", "attention.score=general",
                    "decoder.order=update-look-generate"},
                   "attention.kind: hard-monotonic-1 needs attention.normaliser: softmax");
    for (const std::string kind : {"fixed", "none"}) {
      expect_refused({own, "attention.kind=" + kind},
                     "attention.kind: " + kind +
                         " needs attention.normaliser: softmax and attention.temporal: none");
    }
  }
}

TEST(Check, MonotonicAttention) {
  const std::string name = "attention.kind: monotonic needs ";
  const Settings monotonic{"attention.kind=monotonic"};
  for (const std::string score : {"additive", "general", "cosine", "normed-additive", "concat-code",
                                  "scaled-general", "linear-pooling", "learned-query"}) {
    for (const std::string order : {"look-update-generate", "look-generate-update",
                                    "update-look-generate", "update-look-update"}) {
      expect_taken({monotonic[0], "attention.score=" + score, "decoder.order=" + order});
    }
  }
  expect_taken({monotonic[0], "decoder.order=update-look-generate", "decoder.input_feeding=readout",
                "decoder.readout=maxout"});
  expect_taken(with(monotonic, "training.label_smoothing=0.1"));
  expect_taken({monotonic[0], "attention.noise=0", "attention.prediction=expectation"});
  expect_refused({monotonic[0], "decoder.cell=none", "decoder.initial_state=zero"},
                 name + "a decoder.cell");
  expect_refused(with(monotonic, "attention.score=location"),
                 name + "another attention.score than location");
  expect_refused(with(monotonic, "attention.energies=relu"), name + "attention.energies: linear");
  expect_refused(with(monotonic, "attention.normaliser=sparsemax"),
                 name + "attention.normaliser: softmax");
  expect_refused(with(monotonic, "attention.window=predicted"), name + "attention.window: all");
  expect_refused(with(monotonic, "attention.window=monotonic"), name + "attention.window: all");
  expect_refused(with(monotonic, "attention.coverage=sum"), name + "attention.coverage: none");
  expect_refused(with(monotonic, "attention.temporal=past"), name + "attention.temporal: none");
}

TEST(Check, TheFirstBiasOfEnergies) {
  expect_taken({"attention.energy_bias=true", "attention.initial_energy_bias=-4"});
  expect_refused({"attention.initial_energy_bias=-4"},
                 "attention.initial_energy_bias needs attention.energy_bias: true");
}

TEST(Check, HardAttention) {
  for (const std::string kind : {"hard", "hard-monotonic", "hard-monotonic-1"}) {
    const std::string name = "attention.kind: " + kind + " needs ";
    const Settings hard{"attention.kind=" + kind, "decoder.order=update-look-generate",
                        "attention.score=general"};
    expect_taken(hard);
    expect_taken(with(hard, "decoder.layers=2"));
    expect_refused({hard[0]}, name + "decoder.order: update-look-generate");
    expect_refused({hard[0], "decoder.order=update-look-update"},
                   name + "decoder.order: update-look-generate");
    expect_refused(with(hard, "decoder.input_feeding=readout"),
                   name + "decoder.input_feeding: none");
    for (const std::string readout : {"maxout", "linear", "none"}) {
      expect_refused(with(hard, "decoder.readout=" + readout), name + "decoder.readout: tanh");
    }
    expect_refused(with(hard, "decoder.readout_units=1"),
                   name + "decoder.readout: tanh with decoder.readout_units of 2 or more");
    expect_refused(with(hard, "decoder.tied_embeddings=target"),
                   name + "decoder.tied_embeddings: none or inputs");
    expect_taken(with(with(hard, "decoder.tied_embeddings=inputs"), "shared_vocabulary=true"));
    expect_refused(with(hard, "decoder.input_feeding=context"),
                   name + "decoder.input_feeding: none");
    expect_refused(with(hard, "decoder.query_layer=bottom"), name + "decoder.query_layer: top");
    expect_refused(with(hard, "training.label_smoothing=0.1"),
                   name + "training.label_smoothing: 0");
    expect_refused(with(hard, "attention.window=predicted"), name + "attention.window: all");
    expect_refused(with(hard, "attention.window=monotonic"), name + "attention.window: all");
    expect_refused(with(hard, "attention.coverage=sum"), name + "attention.coverage: none");
    expect_refused(with(hard, "attention.temporal=past"), name + "attention.temporal: none");
    expect_refused(with(hard, "decoder.cell=none"), "decoder.cell: none needs decoder.order");
  }
}

TEST(Check, HardAttentionThatMovesByOffsets) {
  const std::string order = "decoder.order=update-look-generate";
  for (const std::string kind : {"hard", "hard-monotonic"}) {
    const std::string own = "attention.kind=" + kind;
    expect_taken({own, order});
    expect_taken({own, order, "attention.energies=relu"});
    expect_taken({own, order, "attention.energy_bias=true"});
  }
  const std::string name = "attention.kind: hard-monotonic-1 needs ";
  const Settings first{"attention.kind=hard-monotonic-1", order, "attention.score=general"};
  expect_taken(with(first, "attention.reach=1"));
  expect_refused({first[0], order}, name + "attention.score: general");
  expect_refused(with(first, "attention.energies=relu"), name + "attention.energies: linear");
  expect_refused(with(first, "attention.energy_bias=true"),
                 name + "attention.energies: linear and attention.energy_bias: false");
}

TEST(Check, SumsOfBothDirections) {
  const Settings sum{"encoder.join=sum", "decoder.initial_state=mean"};
  expect_taken(sum);
  expect_taken({sum[0], "decoder.initial_state=zero"});
  expect_refused(with(sum, "encoder.direction=forward"),
                 "encoder.join: sum needs encoder.direction: bidirectional");
  for (const std::string first : {"backward", "last"}) {
    expect_refused({sum[0], "decoder.initial_state=" + first},
                   "encoder.join: sum needs a decoder.initial_state of zero, mean or context");
  }
  expect_refused(with(sum, "attention.kind=fixed"),
                 "encoder.join: sum needs a decoder.initial_state of zero, mean or context, and no "
                 "attention.kind: fixed");
  expect_taken(with(sum, "attention.kind=mean"));
}

TEST(Check, Levels) {
  for (const std::string levels : {"2", "3"}) {
    const Settings documents{"encoder.levels=" + levels, "source.end_token=false"};
    const std::string name = "encoder.levels: " + levels + " needs ";
    expect_taken(documents);
    expect_refused({documents[0]}, name + "source.end_token: false");
    expect_refused(with(documents, "source.fixed_length=9"), name + "source.end_token: false");
    expect_refused(with(documents, "training.diagonal_weight=1"),
                   name + "training.diagonal_weight: 0");
    expect_refused(with(documents, "decoder.copy=pointer"), name + "decoder.copy: none");
  }
}

TEST(Check, OptionsOfLabels) {
  const Settings labels{"target.unit=whole", "target.end_token=false", "target.fixed_length=1"};
  expect_taken(with(labels, "training.class_weights=balanced"));
  expect_refused({"training.class_weights=balanced"},
                 "training.class_weights: balanced needs target.unit: whole");
  expect_refused(with(with(labels, "training.class_weights=balanced"), "attention.kind=hard"),
                 "training.class_weights: balanced needs an output that is one softmax");
  expect_refused({"decoder.readout=activation"},
                 "decoder.readout: activation needs decoder.cell: none");
  expect_taken({"decoder.temperature=2"});
  expect_refused(
      {"decoder.temperature=2", "attention.kind=hard", "decoder.order=update-look-generate"},
      "decoder.temperature needs an output that is one softmax");
}

TEST(Check, DecodersWithoutALook) {
  for (const std::string kind : {"fixed", "none"}) {
    const std::string name = "attention.kind: " + kind + " needs ";
    const Settings blind{"attention.kind=" + kind};
    expect_taken(blind);
    expect_taken(with(blind, "decoder.layers=3"));
    expect_taken(with(blind, "decoder.readout=none"));
    if (kind == "none") {
      expect_refused(with(blind, "decoder.cell=none"), name + "a decoder.cell");
    } else {
      expect_taken({blind[0], "decoder.cell=none", "decoder.initial_state=zero"});
    }
    for (const std::string order : {"update-look-generate", "update-look-update"}) {
      expect_refused(with(blind, "decoder.order=" + order),
                     name + "decoder.order: look-update-generate");
    }
    expect_refused(with(blind, "decoder.query_layer=bottom"), name + "decoder.query_layer: top");
    for (const std::string look :
         {"attention.window=predicted", "attention.window=monotonic", "attention.coverage=sum"}) {
      expect_refused(with(blind, look),
                     name + "attention.window: all and attention.coverage: none");
    }
  }
  expect_taken({"attention.kind=fixed", "decoder.initial_state=zero", "decoder.feedback=none"});
  expect_taken({"attention.kind=fixed", "decoder.order=look-generate-update"});
  expect_taken({"attention.kind=fixed", "decoder.context_layers=all", "decoder.layers=2"});
  expect_refused({"attention.kind=none", "decoder.order=look-generate-update"},
                 "attention.kind: none needs decoder.order: look-update-generate");
  expect_refused({"attention.kind=none", "decoder.context_layers=all"},
                 "attention.kind: none needs decoder.context_layers: bottom");
  expect_taken({"attention.kind=fixed", "attention.fixed_context=tanh"});
  expect_taken({"attention.kind=fixed", "decoder.initial_state=context"});
  expect_refused({"attention.fixed_context=tanh"},
                 "attention.fixed_context: tanh needs attention.kind: fixed");
  expect_refused({"decoder.initial_state=context"},
                 "decoder.initial_state: context needs attention.kind: fixed");
  expect_refused({"attention.kind=none", "decoder.initial_state=zero"},
                 "attention.kind: none needs a decoder.initial_state that sees the source");
  expect_refused({"attention.kind=none", "decoder.feedback=none"},
                 "attention.kind: none needs decoder.feedback: previous");
}

TEST(Check, Windows) {
  for (const std::string choice : {"predicted", "monotonic"}) {
    const std::string name = "attention.window: " + choice + " needs ";
    const Settings window{"attention.window=" + choice};
    for (const std::string score :
         {"additive", "general", "cosine", "normed-additive", "concat-code", "scaled-general",
          "location", "linear-pooling", "learned-query"}) {
      for (const std::string order : {"look-update-generate", "look-generate-update",
                                      "update-look-generate", "update-look-update"}) {
        expect_taken({window[0], "attention.score=" + score, "decoder.order=" + order});
      }
    }
    expect_refused({window[0], "decoder.cell=none", "decoder.initial_state=zero"},
                   name + "a decoder.cell");
    expect_refused(with(window, "attention.coverage=sum"), name + "attention.coverage: none");
    expect_refused(with(window, "attention.temporal=past"), name + "attention.temporal: none");
  }
}

TEST(Check, TheDivisionByThePast) {
  const Settings past{"attention.temporal=past"};
  for (const std::string score :
       {"additive", "general", "cosine", "normed-additive", "concat-code", "scaled-general",
        "location", "linear-pooling", "learned-query"}) {
    for (const std::string order : {"look-update-generate", "look-generate-update",
                                    "update-look-generate", "update-look-update"}) {
      expect_taken({past[0], "attention.score=" + score, "decoder.order=" + order});
    }
  }
  expect_taken(with(past, "attention.coverage=sum"));
  expect_taken({past[0], "decoder.cell=none", "decoder.initial_state=zero"});
  for (const std::string normaliser : {"sparsemax", "entmax"}) {
    expect_refused(with(past, "attention.normaliser=" + normaliser),
                   "attention.temporal: past needs attention.normaliser: softmax");
  }
  for (const std::string kind : {"fixed", "none"}) {
    expect_refused(with(past, "attention.kind=" + kind),
                   "attention.kind: " + kind +
                       " needs attention.normaliser: softmax and attention.temporal: none");
  }
}

TEST(Check, KeysAndValues) {
  const std::string halves = "attention.keys=halves", projected = "attention.keys=projected";
  for (const std::string& keys : {halves, projected}) {
    const std::string name =
        keys == halves ? "attention.keys: halves" : "attention.keys: projected";
    for (const std::string score : {"additive", "general", "cosine", "normed-additive",
                                    "concat-code", "scaled-general", "linear-pooling"}) {
      expect_taken({keys, "attention.score=" + score});
    }
    for (const std::string look :
         {"attention.window=predicted", "attention.coverage=sum", "attention.temporal=past",
          "attention.kind=monotonic", "attention.normaliser=entmax"}) {
      expect_taken({keys, look});
    }
    expect_taken({keys, "attention.kind=hard", "decoder.order=update-look-generate"});
    expect_taken({keys, "decoder.cell=none", "decoder.initial_state=zero"});
    expect_refused({keys, "attention.score=location"},
                   name + " needs another attention.score than location");
    for (const std::string kind : {"fixed", "none"}) {
      expect_refused({keys, "attention.kind=" + kind},
                     name + " needs an attention.kind that looks at positions");
    }
  }
  expect_taken({halves, "attention.score=dot", "decoder.units=128"});
  expect_refused({halves, "attention.score=dot", "decoder.units=256"},
                 "attention.score: dot with attention.keys: halves needs decoder.units as large as "
                 "half an annotation: decoder.units 256, half an annotation 128");
  expect_refused({halves, "encoder.direction=backward", "encoder.units=7"},
                 "attention.keys: halves needs annotations of an even number of units");
  expect_taken({projected, "attention.score=scaled-dot", "attention.key_units=7"});
  const Settings asks{"attention.query=state-and-cell", "decoder.cell=lstm"};
  expect_taken({projected, "attention.score=dot", asks[0], asks[1]});
  expect_refused({halves, "attention.score=general", asks[0], asks[1]},
                 "attention.query: state-and-cell needs attention.score");
  expect_refused({projected, "attention.score=linear-pooling", asks[0], asks[1]},
                 "attention.query: state-and-cell needs attention.score");
}

TEST(Check, Heads) {
  const std::string name = "attention.heads of 2 or more needs ";
  const Settings heads{"attention.heads=4", "attention.keys=projected", "attention.score=dot"};
  expect_taken(heads);
  expect_taken(with(heads, "attention.window=predicted"));
  expect_taken(with(heads, "attention.normaliser=sparsemax"));
  expect_taken(with(heads, "attention.context_gate=scalar"));
  expect_taken({heads[0], heads[1], "attention.score=scaled-dot"});
  expect_refused({heads[0], heads[2], "decoder.units=256"}, name + "attention.keys: projected");
  expect_refused({heads[0], heads[1]}, name + "attention.score: dot or scaled-dot");
  for (const std::string kind : {"monotonic", "hard", "fixed"}) {
    expect_refused(with(heads, "attention.kind=" + kind), name + "attention.kind: soft");
  }
  expect_refused(with(heads, "attention.temporal=past"), name + "attention.temporal: none");
  expect_refused(with(heads, "attention.coverage=sum"), "attention.coverage needs attention.score");
}

TEST(Check, Coverage) {
  const Settings coverage{"attention.coverage=sum", "attention.coverage_loss=1"};
  for (const std::string order : {"look-update-generate", "look-generate-update",
                                  "update-look-generate", "update-look-update"}) {
    expect_taken(with(coverage, "decoder.order=" + order));
  }
  for (const std::string score : {"normed-additive", "concat-code", "location-aware"}) {
    for (const std::string kind : {"sum", "linguistic", "neural"}) {
      expect_taken({"attention.coverage=" + kind, "attention.score=" + score});
    }
  }
  for (const std::string score : {"general", "cosine", "location", "learned-query"}) {
    expect_refused(with(coverage, "attention.score=" + score),
                   "attention.coverage needs attention.score: additive or normed-additive or "
                   "concat-code or location-aware");
  }
  // The size of the state, which the score needs, is not the first thing to change.
  expect_refused(with(coverage, "attention.score=dot"),
                 "attention.coverage needs attention.score: additive");
  expect_refused({"attention.coverage_loss=1"},
                 "attention.coverage_loss needs attention.coverage: sum");
}

TEST(Check, TheCoveragesOfFertilityAndOfAGru) {
  for (const std::string kind : {"linguistic", "neural"}) {
    const std::string own = "attention.coverage=" + kind;
    for (const std::string order : {"look-update-generate", "look-generate-update",
                                    "update-look-generate", "update-look-update"}) {
      expect_taken({own, "decoder.order=" + order});
    }
    expect_taken({own, "attention.temporal=past"});
    expect_taken({own, "attention.normaliser=entmax"});
    expect_taken({own, "decoder.cell=none", "decoder.initial_state=zero"});
    expect_taken({own, "decoder.cell=lstm", "attention.query=state-and-cell"});
    expect_refused({own, "attention.coverage_loss=1"},
                   "attention.coverage_loss needs attention.coverage: sum");
    expect_refused({own, "attention.window=predicted"},
                   "attention.window: predicted needs attention.coverage: none");
    expect_refused({own, "attention.kind=monotonic"},
                   "attention.kind: monotonic needs attention.coverage: none");
    expect_refused({own, "attention.kind=hard", "decoder.order=update-look-generate"},
                   "attention.kind: hard needs attention.coverage: none");
    expect_refused(
        {own, "attention.kind=fixed"},
        "attention.kind: fixed needs attention.window: all and attention.coverage: none");
  }
}

TEST(Check, TheFiltersOfTheLocationAwareScore) {
  const std::string name = "attention.score: location-aware needs ";
  const Settings score{"attention.score=location-aware"};
  for (const std::string order : {"look-update-generate", "look-generate-update",
                                  "update-look-generate", "update-look-update"}) {
    expect_taken(with(score, "decoder.order=" + order));
  }
  expect_taken(with(score, "attention.kind=monotonic"));
  expect_taken(with(score, "attention.temporal=past"));
  expect_taken(with(score, "attention.normaliser=sparsemax"));
  expect_taken({score[0], "attention.query=state-and-cell", "decoder.cell=lstm"});
  // Steps differ by the last alignment, also without a state and a previous token.
  expect_taken(
      {score[0], "decoder.cell=none", "decoder.initial_state=zero", "decoder.feedback=none"});
  expect_refused(with(score, "attention.filter_width=10"),
                 name +
                     "an odd attention.filter_width, because a filter has a middle; "
                     "attention.filter_width is 10");
  expect_taken({"attention.filter_width=10"});
  for (const std::string window : {"predicted", "monotonic"}) {
    expect_refused(with(score, "attention.window=" + window), name + "attention.window: all");
  }
  for (const std::string kind : {"hard", "hard-monotonic"}) {
    expect_refused({score[0], "attention.kind=" + kind, "decoder.order=update-look-generate"},
                   name + "attention.kind: soft or monotonic");
  }
}

TEST(Check, TheDiagonal) {
  const Settings diagonal{"training.diagonal_weight=1"};
  for (const std::string kind : {"soft", "hard", "hard-monotonic", "hard-monotonic-1"}) {
    expect_taken({diagonal[0], "attention.kind=" + kind, "decoder.order=update-look-generate",
                  "attention.score=general"});
  }
  for (const std::string kind : {"fixed", "none"}) {
    expect_refused(with(diagonal, "attention.kind=" + kind),
                   "training.diagonal_weight needs an attention.kind that looks at positions");
    expect_taken({"training.guided_weight=1", "attention.kind=" + kind});
  }
  expect_refused({diagonal[0], "encoder.padding=visible", "source.fixed_length=9"},
                 "training.diagonal_weight needs encoder.padding: masked");
}

TEST(Check, TokensAndMarkersAreForSources) {
  expect_taken({"source.unit=tokens"});
  expect_taken({"source.unit=tokens", "source.entities=markers"});
  expect_taken({"source.unit=words", "source.entities=markers"});
  expect_taken({"source.entities=markers"});  // the trainer chooses tokens
  expect_refused({"target.unit=tokens"}, "target.unit: tokens is for sources only");
  expect_refused({"source.unit=tokens", "target.unit=tokens", "shared_vocabulary=true"},
                 "target.unit: tokens is for sources only");
  for (const char* unit : {"source.unit=characters", "source.unit=subwords"}) {
    expect_refused({unit, "source.entities=markers"},
                   "source.entities: markers needs source.unit: tokens or words");
  }
  expect_refused({"source.entities=markers", "shared_vocabulary=true"},
                 "source.entities: markers needs source.unit: tokens or words");
  expect_taken({"source.unit=characters", "source.entities=auto"});
  expect_taken({"source.entities=auto", "shared_vocabulary=true"});
}

}  // namespace
}  // namespace attend::model

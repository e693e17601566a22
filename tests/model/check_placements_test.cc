// Where the context enters, who asks and which further cells there are: check() refuses choices
// that contradict each other.
#include <gtest/gtest.h>

#include <string>

#include "check_settings.h"

namespace attend::model {
namespace {

using namespace testing;

TEST(Check, InputFeeding) {
  const std::string context = "decoder.input_feeding=context", mixed = "decoder.input_layer=linear";
  for (const std::string order : {"update-look-generate", "update-look-update"}) {
    const Settings fed{"decoder.order=" + order, context};
    expect_taken(fed);
    expect_taken(with(fed, mixed));
    expect_refused({fed[0], mixed}, "decoder.input_layer: linear needs decoder.feedback: previous");
  }
  for (const std::string order : {"look-update-generate", "look-generate-update"}) {
    expect_refused({"decoder.order=" + order, context},
                   "decoder.input_feeding: context needs decoder.order: update-look-generate or "
                   "update-look-update, because");
  }
  const Settings alone{"decoder.order=update-look-generate", context, "decoder.feedback=none"};
  expect_taken(alone);  // the update reads c_{i-1} alone
  expect_refused(with(alone, mixed),
                 "decoder.input_layer: linear needs decoder.feedback: previous");
}

TEST(Check, LayersOfTheQueryAndTheContext) {
  const Settings layers{"decoder.query_layer=bottom", "decoder.context_layers=all",
                        "decoder.layers=2"};
  const std::string order = "decoder.order=update-look-generate";
  expect_taken(layers);
  expect_taken(with(layers, order));
  expect_taken(with(with(layers, order), "decoder.readout=none"));
  expect_refused({layers[1], layers[2], order},
                 "decoder.context_layers: all needs decoder.query_layer: bottom in the order");
  expect_refused({layers[0], layers[2], order, "decoder.readout=none"},
                 "decoder.order: update-look-generate needs a decoder.readout");
  expect_refused({layers[0], layers[1], order, "decoder.readout=none"},  // there is one layer
                 "decoder.order: update-look-generate needs a decoder.readout");
  expect_refused({layers[0], layers[1], layers[2], order, "decoder.readout=none",
                  "decoder.input_feeding=readout"},
                 "decoder.input_feeding: readout needs a decoder.readout");
}

TEST(Check, AContextInsideTheResetGate) {
  const Settings inside{"decoder.gru_context=inside", "decoder.gru_reset=after"};
  expect_taken(inside);
  expect_taken(with(inside, "decoder.order=look-generate-update"));
  expect_taken(with(inside, "attention.kind=fixed"));
  expect_taken(with(inside, "decoder.layers=2"));
  expect_refused({inside[0]}, "decoder.gru_context: inside needs decoder.cell: gru and");
  expect_refused(
      with(inside, "decoder.cell=lstm"),
      "decoder.gru_context: inside needs decoder.cell: gru and decoder.gru_reset: after");
  for (const std::string order : {"update-look-generate", "update-look-update"}) {
    expect_refused(with(inside, "decoder.order=" + order),
                   "decoder.gru_context: inside needs decoder.order: look-update-generate or");
  }
  expect_refused(with(inside, "decoder.feedback=none"),
                 "decoder.gru_context: inside needs decoder.feedback: previous");
  expect_refused(with(inside, "attention.kind=none"),
                 "decoder.gru_context: inside needs an attention.kind that gives a context");
}

TEST(Check, QueriesAndGates) {
  const Settings query{"attention.query=state-and-cell", "decoder.cell=lstm"};
  expect_taken(query);
  expect_refused({query[0]}, "attention.query: state-and-cell needs decoder.cell: lstm");
  for (const std::string score : {"normed-additive", "location-aware"}) {
    expect_taken(with(query, "attention.score=" + score));
  }
  expect_refused(with(query, "attention.score=general"),
                 "attention.query: state-and-cell needs attention.score: additive or "
                 "normed-additive or location-aware, whose");
  const Settings gate{"attention.context_gate=scalar"};
  for (const std::string order : {"look-update-generate", "look-generate-update",
                                  "update-look-generate", "update-look-update"}) {
    expect_taken(with(gate, "decoder.order=" + order));
  }
  expect_taken(with(gate, "attention.window=predicted"));
  expect_taken(with(gate, "attention.kind=monotonic"));
  expect_refused(with(gate, "attention.kind=fixed"),
                 "attention.context_gate: scalar needs attention.kind: soft");
  expect_refused(with(with(gate, "decoder.cell=none"), "decoder.initial_state=zero"),
                 "attention.context_gate: scalar needs a decoder.cell");
}

TEST(Check, SelfAttention) {
  const std::string dot = "decoder.self_attention=dot";
  const std::string window = "decoder.self_attention_window=15";
  const std::string pairs = "decoder.self_attention_parts=key-value";
  const std::string triples = "decoder.self_attention_parts=key-value-predict";
  for (const std::string order :
       {"look-update-generate", "update-look-generate", "update-look-update"}) {
    expect_taken({dot, window, pairs, "decoder.order=" + order});
  }
  for (const std::string kind : {"fixed", "none", "monotonic"}) {
    expect_taken({dot, "attention.kind=" + kind});
  }
  expect_taken({dot, "attention.kind=hard", "decoder.order=update-look-generate"});
  expect_taken({dot, "decoder.order=update-look-generate", "decoder.input_feeding=readout"});
  expect_taken({dot, triples, "decoder.units=96"});
  expect_refused({window}, "decoder.self_attention_window needs a decoder.self_attention, which");
  expect_refused({pairs}, "decoder.self_attention_parts needs a decoder.self_attention, which");
  expect_refused({dot, "decoder.order=look-generate-update"},
                 "decoder.self_attention needs another decoder.order than look-generate-update");
  expect_refused({dot, "decoder.readout=none"}, "decoder.self_attention needs a decoder.readout");
  expect_refused({dot, "decoder.cell=none", "decoder.initial_state=zero"},
                 "decoder.self_attention needs a decoder.cell");
  expect_refused({dot, triples},
                 "decoder.self_attention_parts: key-value-predict needs decoder.units that are a "
                 "multiple of 3, the number of parts; decoder.units is 128");
  expect_refused({dot, pairs, "decoder.units=127"},
                 "decoder.self_attention_parts: key-value needs decoder.units that are a multiple");
}

TEST(Check, Copies) {
  const std::string copies = "decoder.copy=pointer";
  for (const std::string order : {"look-update-generate", "look-generate-update",
                                  "update-look-generate", "update-look-update"}) {
    expect_taken({copies, "decoder.order=" + order});
  }
  expect_taken({copies, "attention.coverage=sum", "attention.end_token=hidden"});
  expect_taken({copies, "attention.temporal=past", "attention.score=general"});
  const Settings words{copies, "source.unit=words"};
  expect_taken(with(words, "target.unit=words"));
  const std::string units = "decoder.copy: pointer needs the same source.unit and target.unit,";
  expect_refused(with(words, "target.unit=characters"), units);
  expect_refused({copies, "source.unit=whole", "target.unit=whole"}, units);
  const Settings subwords{copies, "source.unit=subwords", "target.unit=subwords"};
  expect_taken(with(subwords, "shared_vocabulary=true"));
  expect_refused(subwords, "decoder.copy: pointer with subwords needs shared_vocabulary: true");
  for (const std::string kind : {"monotonic", "fixed"}) {
    expect_refused({copies, "attention.kind=" + kind},
                   "decoder.copy: pointer needs attention.kind: soft");
  }
  for (const std::string window : {"monotonic", "predicted"}) {
    expect_refused({copies, "attention.window=" + window},
                   "decoder.copy: pointer needs attention.window: all");
  }
  for (const std::string normaliser : {"sparsemax", "entmax"}) {
    expect_refused({copies, "attention.normaliser=" + normaliser},
                   "decoder.copy: pointer needs attention.normaliser: softmax");
  }
  expect_refused({copies, "attention.score=location"},
                 "decoder.copy: pointer needs another attention.score than location");
  expect_refused({copies, "encoder.padding=visible", "source.fixed_length=9"},
                 "decoder.copy: pointer needs encoder.padding: masked");
  expect_refused({copies, "target.end_token=false", "target.fixed_length=9"},
                 "decoder.copy: pointer needs target.end_token: true");
  expect_refused({copies, "training.label_smoothing=0.1"},
                 "decoder.copy: pointer needs training.label_smoothing: 0");
  expect_refused({copies, "decoder.cell=none", "decoder.initial_state=zero"},
                 "decoder.copy: pointer needs a decoder.cell");
  // Neither the order of a step nor the first state is the first thing to change.
  expect_refused({copies, "attention.kind=hard"},
                 "decoder.copy: pointer needs attention.kind: soft");
  expect_refused({copies, "decoder.cell=none"}, "decoder.copy: pointer needs a decoder.cell");
}

}  // namespace
}  // namespace attend::model

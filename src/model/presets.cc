#include <fmt/format.h>

#include <string>

#include "base/base.h"
#include "model/configuration.h"

namespace attend::model {
namespace {

// Returns the beginning of all presets. A default-constructed configuration differs from it: it has
// the preparation of earlier programs, because that is the meaning of a stored configuration that
// does not name these options.
Configuration make_common() {
  Configuration c;
  for (SideConfig* side : {&c.source, &c.target}) {
    side->normalisation = NormalisationChoice::kAuto;
    side->invisible = InvisibleChoice::kAuto;
  }
  return c;
}

// A small RNNsearch with Adam, for a few thousand pairs of strings and more.
Configuration make_default() {
  Configuration c = make_common();
  c.preset = "default";
  c.training.optimizer.learning_rate = 0.002;
  c.training.schedule.kind = ScheduleKind::kPlateau;
  c.training.schedule.patience = 2;
  c.training.dropout.embedding = 0.1;
  c.training.dropout.encoder = 0.2;
  c.training.dropout.readout = 0.2;
  c.training.patience = 10;
  return c;
}

// The date exercise (§5). It has 52,960 parameters with 37 source and 11 target characters. The
// exercise differs in two choices that slow it down: its energies pass through a ReLU
// (attention.energies=relu), and its learning rate decays twenty times faster
// (training.decay=0.01). It does not clip gradients (training.clip_norm=0), and its gates were
// those of the Keras of its time (encoder.gates=hard, decoder.gates=hard).
Configuration make_dates() {
  Configuration c = make_common();
  c.preset = "dates";
  c.source.unit = UnitChoice::kCharacters;
  c.source.lowercase = true;
  c.source.remove = ",";
  c.source.fixed_length = 30;
  c.source.end_token = false;
  c.target.unit = UnitChoice::kCharacters;
  c.target.fixed_length = 10;
  c.target.end_token = false;
  c.encoder.embedding = 0;
  c.encoder.cell.type = Cell::kLstm;
  c.encoder.units = 32;
  c.encoder.padding = Padding::kVisible;
  c.attention.units = 10;
  c.attention.energy_bias = true;
  c.decoder.cell.type = Cell::kLstm;
  c.decoder.units = 64;
  c.decoder.feedback = Feedback::kNone;
  c.decoder.initial_state = InitialState::kZero;
  c.decoder.readout = Readout::kNone;
  TrainingConfig& t = c.training;
  t.optimizer.learning_rate = 0.005;
  t.schedule.kind = ScheduleKind::kDecay;
  t.schedule.decay = 0.0005;
  t.batch_size = 100;
  t.epochs = 20;
  t.metric = "exact_match";
  t.patience = 2;
  return c;
}

// RNNsearch-50 as published (§4.2, §4.3).
Configuration make_rnnsearch() {
  Configuration c = make_common();
  c.preset = "rnnsearch";
  for (SideConfig* side : {&c.source, &c.target}) {
    side->unit = UnitChoice::kWords;
    side->maximum_size = 30000;
  }
  c.encoder.embedding = c.decoder.embedding = 620;
  c.encoder.units = c.decoder.units = c.attention.units = 1000;
  c.decoder.order = Order::kLookGenerateUpdate;
  c.decoder.readout = Readout::kMaxout;
  c.decoder.readout_units = 500;
  TrainingConfig& t = c.training;
  t.optimizer.kind = OptimizerKind::kAdadelta;
  t.optimizer.learning_rate = 1.0;
  t.optimizer.epsilon = 1e-6;
  t.optimizer.loss_scale = LossScale::kSum;
  t.initialization = Initialization::kNormal;
  t.batch_size = 80;
  t.maximum_source_length = t.maximum_target_length = 50;
  return c;
}

// The model of Luong, Pham and Manning 2015 (§6), at a size for a CPU and with Adam: global
// attention with the general score and input feeding, over an LSTM that reads the source reversed.
// The published size is encoder.layers=decoder.layers=4,
// encoder.units=decoder.units=decoder.readout_units=1000 and
// encoder.embedding=decoder.embedding=1000 over 50,000 words a side, trained with
// training.optimizer=sgd at rate 1, training.batch_size=128, training.clip_norm=5 and dropout 0.2
// between layers.
Configuration make_luong() {
  Configuration c = make_default();
  c.preset = "luong";
  c.encoder.cell.type = c.decoder.cell.type = Cell::kLstm;
  c.encoder.direction = Direction::kBackward;
  c.encoder.units = c.decoder.units = c.decoder.readout_units = 256;
  c.attention.score = "general";
  c.decoder.order = Order::kUpdateLookGenerate;
  c.decoder.input_feeding = InputFeeding::kReadout;
  c.decoder.readout_feedback = Feedback::kNone;
  c.decoder.initial_state = InitialState::kCopy;
  return c;
}

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> list = {
      {"default", "a small RNNsearch for strings: names, words, dates, short sentences"},
      {"dates", "the date exercise (linear energies, slower decay): one-hot, BiLSTM 32, LSTM 64"},
      {"rnnsearch", "Bahdanau, Cho and Bengio 2014 at its published size"},
      {"luong", "Luong, Pham and Manning 2015 (general score, input feeding) at a small size"},
  };
  return list;
}

Configuration preset(std::string_view name) {
  if (name == "default") return make_default();
  if (name == "dates") return make_dates();
  if (name == "rnnsearch") return make_rnnsearch();
  if (name == "luong") return make_luong();
  std::string names;
  for (const Preset& one : presets()) names += fmt::format(" {}", one.name);
  throw UsageError(fmt::format("unknown preset '{}'; there are{}", name, names));
}

}  // namespace attend::model

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

// The conditional GRU of dl4mt and Nematus (§4.6) at a size for a CPU and with Adam. Its tensors
// have the published shapes: the published sizes are encoder.embedding=decoder.embedding=512,
// decoder.readout_units=512, encoder.units=decoder.units=1024 and attention.units=2048 over 30,000
// words a side. It was trained with training.optimizer=adadelta, training.clip_norm=1 and
// training.batch_size=32.
Configuration make_cgru() {
  Configuration c = make_default();
  c.preset = "cgru";
  c.encoder.cell.reset = c.decoder.cell.reset = GruReset::kAfter;
  c.encoder.cell.update = c.decoder.cell.update = GruUpdate::kOld;
  c.encoder.cell.bias = c.decoder.cell.bias = GruBias::kOutside;
  c.decoder.second_bias = GruBias::kInside;
  c.decoder.order = Order::kUpdateLookUpdate;
  c.decoder.initial_state = InitialState::kMean;
  c.attention.units = 256;
  c.attention.energy_bias = true;
  return c;
}

// Local attention with predicted windows (§6.3), in the model of make_luong(). The published reach
// is 10; it suits sentences, and short strings too.
Configuration make_luong_local_p() {
  Configuration c = make_luong();
  c.preset = "luong-local-p";
  c.attention.window = Window::kPredicted;
  return c;
}

// Local attention with windows that move on with the steps (§6.3), in the model of make_luong(). It
// suits texts whose words, or letters, keep their order.
Configuration make_luong_local_m() {
  Configuration c = make_luong();
  c.preset = "luong-local-m";
  c.attention.window = Window::kMonotonic;
  return c;
}

// Coverage with its loss (§13.3) in the default model. See, Liu and Manning trained the loss only
// at the end, because it hurt long summaries when it was there from the beginning.
Configuration make_coverage_see() {
  Configuration c = make_default();
  c.preset = "coverage-see";
  c.decoder.order = Order::kUpdateLookGenerate;
  c.attention.coverage = Coverage::kSum;
  c.attention.coverage_loss = 1;
  return c;
}

// Intra-temporal attention (§11.1) in the default model, with the bilinear score of Paulus, Xiong
// and Socher. Theirs has an LSTM, attention to its own past states and a pointer as well.
Configuration make_temporal() {
  Configuration c = make_default();
  c.preset = "temporal";
  c.attention.score = "general";
  c.attention.temporal = Temporal::kPast;
  c.decoder.order = Order::kUpdateLookGenerate;
  return c;
}

// Monotonic attention (§13.1) in the default model, with the score of Raffel et al. The bias of the
// energies begins below 0, so that attention does not stop at the first positions. The paper began
// between −4, for long sources, and −1.
Configuration make_monotonic() {
  Configuration c = make_default();
  c.preset = "monotonic";
  c.attention.score = "normed-additive";
  c.attention.kind = AttentionKind::kMonotonic;
  c.attention.energy_bias = true;
  c.attention.initial_energy_bias = -1;
  return c;
}

// Exact hard monotonic attention, 0-MONO (§13.2), at a size for a CPU. The published size is
// decoder.embedding=encoder.embedding=200, two bidirectional LSTM layers of 400 units, a decoder of
// 400 units, dropout 0.4 and first states of zeros.
Configuration make_hard_monotonic() {
  Configuration c = make_default();
  c.preset = "hard-monotonic";
  c.encoder.cell.type = c.decoder.cell.type = Cell::kLstm;
  c.attention.score = "general";
  c.attention.kind = AttentionKind::kHardMonotonic;
  c.decoder.order = Order::kUpdateLookGenerate;
  c.decoder.initial_state = InitialState::kZero;
  c.decoder.readout_feedback = Feedback::kNone;
  return c;
}

struct NamedPreset {
  Preset preset;
  Configuration (*make)();
};

// All presets, in the order in which they are listed.
const std::vector<NamedPreset>& named_presets() {
  static const std::vector<NamedPreset> list = {
      {{"default", "a small RNNsearch for strings: names, words, dates, short sentences"},
       make_default},
      {{"dates", "the date exercise (linear energies, slower decay): one-hot, BiLSTM 32, LSTM 64"},
       make_dates},
      {{"rnnsearch", "Bahdanau, Cho and Bengio 2014 at its published size"}, make_rnnsearch},
      {{"luong", "Luong, Pham and Manning 2015 (general score, input feeding) at a small size"},
       make_luong},
      {{"cgru", "the conditional GRU of dl4mt and Nematus at a small size"}, make_cgru},
      {{"luong-local-p", "luong, looking in a window around a predicted position"},
       make_luong_local_p},
      {{"luong-local-m", "luong, looking in a window that moves on with each step"},
       make_luong_local_m},
      {{"coverage-see", "See, Liu and Manning 2017: coverage of the source, with its loss"},
       make_coverage_see},
      {{"temporal", "Paulus, Xiong and Socher 2017: energies divided by those of earlier steps"},
       make_temporal},
      {{"monotonic", "Raffel et al. 2017: attention that never moves back, trained by expectation"},
       make_monotonic},
      {{"hard-monotonic", "Wu and Cotterell 2019: exact hard attention that never moves back"},
       make_hard_monotonic},
  };
  return list;
}

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> list = [] {
    std::vector<Preset> found;
    for (const NamedPreset& one : named_presets()) found.push_back(one.preset);
    return found;
  }();
  return list;
}

Configuration preset(std::string_view name) {
  std::string names;
  for (const NamedPreset& one : named_presets()) {
    if (one.preset.name == name) return one.make();
    names += fmt::format(" {}", one.preset.name);
  }
  throw UsageError(fmt::format("unknown preset '{}'; there are{}", name, names));
}

}  // namespace attend::model

// The list of presets, and those that serve strings, dates and summaries.
#include "model/presets.h"

#include <fmt/format.h>

#include <string>

#include "base/base.h"

namespace attend::model {

Configuration make_common() {
  Configuration c;
  for (SideConfig* side : {&c.source, &c.target}) {
    side->normalisation = NormalisationChoice::kAuto;
    side->invisible = InvisibleChoice::kAuto;
  }
  return c;
}

Configuration make_default() {
  Configuration c = make_common();
  c.training.optimizer.learning_rate = 0.002;
  c.training.schedule.kind = ScheduleKind::kPlateau;
  c.training.schedule.patience = 2;
  c.training.dropout.embedding = 0.1;
  c.training.dropout.encoder = 0.2;
  c.training.dropout.readout = 0.2;
  c.training.patience = 10;
  return c;
}

void use_words(Configuration& c, int source, int target) {
  c.source.unit = c.target.unit = UnitChoice::kWords;
  c.source.maximum_size = source;
  c.target.maximum_size = target;
}

void use_sgd(TrainingConfig& training, double learning_rate, double clip_norm) {
  training.optimizer.kind = OptimizerKind::kSgd;
  training.optimizer.learning_rate = learning_rate;
  training.optimizer.clip_norm = clip_norm;
}

namespace {

// The date exercise (§5). It has 52,960 parameters with 37 source and 11 target characters.
Configuration make_dates() {
  Configuration c = make_common();
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

// The exercise itself, whose choices slow it down: its energies pass through a ReLU, its learning
// rate decays twenty times faster, it does not clip gradients, and its gates were those of the
// Keras of its time.
Configuration published_dates() {
  Configuration c = make_dates();
  c.attention.energies = Energies::kRelu;
  c.encoder.cell.gates = c.decoder.cell.gates = Gates::kHard;
  c.training.schedule.decay = 0.01;
  c.training.optimizer.clip_norm = 0;
  return c;
}

// Coverage with its loss (§13.3) in the default model. See, Liu and Manning trained the loss only
// at the end, because it hurt long summaries when it was there from the beginning.
Configuration make_coverage_see() {
  Configuration c = make_default();
  c.decoder.order = Order::kUpdateLookGenerate;
  c.attention.coverage = Coverage::kSum;
  c.attention.coverage_loss = 1;
  return c;
}

// The decoder and the encoder of See, Liu and Manning: the last context is mixed into the next
// input, the query is [s; c] of the LSTM, and the readout is linear.
void use_summariser(Configuration& c) {
  c.encoder.cell.type = c.decoder.cell.type = Cell::kLstm;
  c.attention.query = Query::kStateAndCell;
  c.decoder.order = Order::kUpdateLookGenerate;
  c.decoder.input_feeding = InputFeeding::kContext;
  c.decoder.input_layer = InputLayer::kLinear;
  c.decoder.initial_state = InitialState::kLast;
  c.decoder.start = Start::kOwn;
  c.decoder.readout = Readout::kLinear;
  c.decoder.readout_feedback = Feedback::kNone;
}

// The published sizes of use_summariser(): 21,499,600 parameters. Two things differ: their first
// states pass through a ReLU and not a tanh, the cell's from the cells of the encoder; and they
// trained with Adagrad, which does not exist here.
void use_published_summariser(Configuration& c) {
  use_words(c, 50000, 50000);
  use_summariser(c);
  c.shared_vocabulary = true;
  c.encoder.units = c.decoder.units = c.decoder.readout_units = 256;
  c.attention.units = 512;
  c.decoder.tied_embeddings = TiedEmbeddings::kInputs;
  TrainingConfig& t = c.training;
  t.dropout = {};
  t.optimizer.clip_norm = 2;
  t.optimizer.loss_scale = LossScale::kTokenMean;
  t.batch_size = 16;
  t.maximum_source_length = 400;
  t.maximum_target_length = 100;
}

// The summariser without its pointer, and 512 parameters of the coverage.
Configuration published_coverage_see() {
  Configuration c = make_coverage_see();
  use_published_summariser(c);
  return c;
}

// The pointer-generator of See, Liu and Manning (§13.4) at a size for a CPU and with Adam. Words
// that occur once are unknown, so that a training has unknown words to copy. Attention sees no
// </s>, as in the paper: it is nothing to copy.
Configuration make_copy() {
  Configuration c = make_default();
  use_words(c, 30000, 30000);
  use_summariser(c);
  c.source.minimum_count = c.target.minimum_count = 2;
  c.source.end_token = false;
  c.decoder.copy = Copy::kPointer;
  return c;
}

// The baseline's parameters and 1,153 of p_gen. The 50,000 most frequent words are known.
Configuration published_copy() {
  Configuration c = make_copy();
  use_published_summariser(c);
  c.source.minimum_count = c.target.minimum_count = 1;
  return c;
}

struct NamedPreset {
  const char* name;
  const char* description;
  MakePreset make;
  MakePreset make_published;  // null if there is no published size
};

// All presets, in the order in which they are listed.
constexpr NamedPreset kPresets[] = {
    {"default", "a small RNNsearch for strings: names, words, dates, short sentences", make_default,
     nullptr},
    {"dates", "the date exercise (linear energies, slower decay): one-hot, BiLSTM 32, LSTM 64",
     make_dates, published_dates},
    {"sutskever", "Sutskever, Vinyals and Le 2014 at a small size: deep LSTMs without attention",
     make_sutskever, published_sutskever},
    {"cho", "Cho et al. 2014 at a small size: one context for all steps, in every gate", make_cho,
     published_cho},
    {"rnnencdec", "RNNencdec, rnnsearch without its look, at its published size", make_rnnencdec,
     make_rnnencdec},
    {"rnnsearch", "Bahdanau, Cho and Bengio 2014 at its published size", make_rnnsearch,
     make_rnnsearch},
    {"cgru", "the conditional GRU of dl4mt and Nematus at a small size", make_cgru, published_cgru},
    {"luong", "another name of luong-general", make_luong_general, published_luong_general},
    {"luong-dot", "Luong, Pham and Manning 2015 at a small size: dot score, input feeding",
     make_luong_dot, published_luong_dot},
    {"luong-general", "Luong, Pham and Manning 2015 at a small size: general score, input feeding",
     make_luong_general, published_luong_general},
    {"luong-concat", "Luong, Pham and Manning 2015 at a small size: additive score, input feeding",
     make_luong_concat, published_luong_concat},
    {"luong-location",
     "Luong, Pham and Manning 2015 at a small size: looks without seeing the source",
     make_luong_location, published_luong_location},
    {"luong-local-p", "luong-general, looking in a window around a predicted position",
     make_luong_local_p, published_luong_local_p},
    {"luong-local-m", "luong-general, looking in a window that moves on with each step",
     make_luong_local_m, published_luong_local_m},
    {"gnmt", "Wu et al. 2016 at a small size: the bottom layer looks for all layers", make_gnmt,
     published_gnmt},
    {"coverage-see", "See, Liu and Manning 2017: coverage of the source, with its loss",
     make_coverage_see, published_coverage_see},
    {"copy", "See, Liu and Manning 2017: the pointer-generator, which copies words of the source",
     make_copy, published_copy},
    {"coverage-linguistic", "Tu et al. 2016: coverage in shares of what each annotation asks for",
     make_coverage_linguistic, published_coverage_linguistic},
    {"coverage-neural", "Tu et al. 2016: coverage by a GRU of each position", make_coverage_neural,
     published_coverage_neural},
    {"temporal", "Paulus, Xiong and Socher 2017: energies divided by those of earlier steps",
     make_temporal, nullptr},
    {"key-value", "Daniluk et al. 2017: halves of annotations are keys and values", make_key_value,
     nullptr},
    {"multi-head", "Vaswani et al. 2017 in a recurrent decoder: several looks in each step",
     make_multi_head, nullptr},
    {"self-attention", "Paulus, Xiong and Socher 2017: the decoder looks at its earlier states too",
     make_self_attention, published_self_attention},
    {"key-value-predict",
     "Daniluk et al. 2017: earlier states as keys and values, source attention",
     make_key_value_predict, nullptr},
    {"monotonic", "Raffel et al. 2017: attention that never moves back, trained by expectation",
     make_monotonic, nullptr},
    {"hard-monotonic", "Wu and Cotterell 2019: exact hard attention that never moves back",
     make_hard_monotonic, published_hard_monotonic},
    {"hard", "Wu, Shapiro and Cotterell 2018: exact hard attention, each step by itself", make_hard,
     published_hard},
    {"hard-monotonic-1", "hard-monotonic, whose last position decides how far a step moves on",
     make_hard_monotonic_1, published_hard_monotonic_1},
    {"han", "Yang et al. 2016: labels of documents by attention to words and to sentences",
     make_han, published_han},
    {"han-mean", "han with means in place of attention", make_han_mean, published_han_mean},
    {"han-max", "han with largest values in place of attention", make_han_max, published_han_max},
    {"att-blstm", "Zhou et al. 2016: labels of sentences by attention to the words of a BiLSTM",
     make_att_blstm, published_att_blstm},
    {"flat-attention", "labels of short texts by attention to words or characters",
     make_flat_attention, nullptr},
    {"flat-mean", "labels by the mean of all annotations", make_flat_mean, nullptr},
    {"flat-last", "labels by the last state of each direction", make_flat_last, nullptr},
    {"flat-max", "labels by the largest value of each unit", make_flat_max, nullptr},
    {"captioner", "Xu et al. 2015: captions of pictures, soft attention to their regions",
     make_captioner, published_captioner},
    {"captioner-hard", "Xu et al. 2015: captions by hard attention, trained by REINFORCE",
     make_hard_captioner, published_hard_captioner},
    {"captioner-mean", "captions by the mean of all regions, without attention",
     make_mean_captioner, nullptr},
};

const NamedPreset& find_preset(std::string_view name) {
  std::string names;
  for (const NamedPreset& one : kPresets) {
    if (one.name == name) return one;
    names += fmt::format(" {}", one.name);
  }
  throw UsageError(fmt::format("unknown preset '{}'; there are{}", name, names));
}

Configuration make_named(const NamedPreset& one, MakePreset make) {
  Configuration c = make();
  c.preset = one.name;
  return c;
}

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> list = [] {
    std::vector<Preset> found;
    for (const NamedPreset& one : kPresets) {
      found.push_back({one.name, one.description, one.make_published != nullptr});
    }
    return found;
  }();
  return list;
}

Configuration preset(std::string_view name) {
  const NamedPreset& one = find_preset(name);
  return make_named(one, one.make);
}

Configuration published(std::string_view name) {
  const NamedPreset& one = find_preset(name);
  if (one.make_published != nullptr) return make_named(one, one.make_published);
  std::string names;
  for (const NamedPreset& other : kPresets) {
    if (other.make_published != nullptr) names += fmt::format(" {}", other.name);
  }
  throw UsageError(
      fmt::format("preset '{}' has no published size; those that have one are{}", name, names));
}

}  // namespace attend::model

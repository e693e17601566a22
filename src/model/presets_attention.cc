// Presets of single mechanisms: attention that knows its past, keys and values, attention to the
// decoder's own past, monotonic and hard attention.
#include "model/presets.h"

namespace attend::model {

// Intra-temporal attention (§11.1) in the default model, with the bilinear score of Paulus, Xiong
// and Socher. Theirs has an LSTM, attention to its own past states and a pointer as well.
Configuration make_temporal() {
  Configuration c = make_default();
  c.attention.score = "general";
  c.attention.temporal = Temporal::kPast;
  c.decoder.order = Order::kUpdateLookGenerate;
  return c;
}

// Keys and values (§10.1) in the default model: Daniluk et al. split the outputs of a language
// model into keys and values, and here the annotations are split. As theirs, the readout reads the
// state after its update and the weighted sum of the values alone.
Configuration make_key_value() {
  Configuration c = make_default();
  c.attention.keys = Keys::kHalves;
  c.decoder.order = Order::kUpdateLookGenerate;
  c.decoder.readout_feedback = Feedback::kNone;
  return c;
}

// Four heads of 64 units (§10.2) in the default model, with the scaled dot score of Vaswani et al.
Configuration make_multi_head() {
  Configuration c = make_default();
  c.attention.keys = Keys::kProjected;
  c.attention.score = "scaled-dot";
  c.attention.heads = 4;
  c.decoder.order = Order::kUpdateLookGenerate;
  return c;
}

// The summariser of Paulus, Xiong and Socher (§11.2) without its pointer, at a size for a CPU:
// intra-temporal attention to the source, and attention to the decoder's own past. The last states
// of the encoder are the first ones of the decoder.
Configuration make_self_attention() {
  Configuration c = make_temporal();
  c.encoder.cell.type = c.decoder.cell.type = Cell::kLstm;
  c.decoder.units = c.encoder.annotation_units();
  c.decoder.initial_state = InitialState::kCopy;
  c.decoder.readout_feedback = Feedback::kNone;
  c.decoder.self_attention = SelfAttention::kGeneral;
  return c;
}

// The published output weights are tanh(W_emb W_proj); here they are W_emb W_proj, the table of the
// embeddings after a linear readout. It was trained by likelihood first, as here, and then by
// reinforcement.
Configuration published_self_attention() {
  Configuration c = make_self_attention();
  use_words(c, 150000, 50000);
  c.encoder.embedding = c.decoder.embedding = 100;
  c.encoder.units = 200;
  c.decoder.units = c.encoder.annotation_units();
  c.decoder.readout = Readout::kLinear;
  c.decoder.readout_units = c.decoder.embedding;
  c.decoder.tied_embeddings = TiedEmbeddings::kTarget;
  c.training.dropout = {};
  c.training.optimizer.learning_rate = 0.001;
  c.training.batch_size = 50;
  return c;
}

// Attention to the last states of the decoder, each split into a key, a value and a prediction
// (§11.2), beside the usual attention to the source. Daniluk et al. 2017 have a language model,
// which has no source; its h*_t = tanh(W^r r_t + W^x p_t) is the readout here.
Configuration make_key_value_predict() {
  Configuration c = make_default();
  c.encoder.cell.type = c.decoder.cell.type = Cell::kLstm;
  c.decoder.order = Order::kUpdateLookGenerate;
  c.decoder.units = 3 * 64;
  c.decoder.readout_feedback = Feedback::kNone;
  c.decoder.self_attention = SelfAttention::kAdditive;
  c.decoder.self_attention_window = 15;
  c.decoder.self_attention_parts = StateParts::kKeyValuePredict;
  return c;
}

// Monotonic attention (§13.1) in the default model, with the score of Raffel et al. The bias of the
// energies begins below 0, so that attention does not stop at the first positions. The paper began
// between −4, for long sources, and −1.
Configuration make_monotonic() {
  Configuration c = make_default();
  c.attention.score = "normed-additive";
  c.attention.kind = AttentionKind::kMonotonic;
  c.attention.energy_bias = true;
  c.attention.initial_energy_bias = -1;
  return c;
}

// Exact hard monotonic attention, 0-MONO (§13.2), at a size for a CPU.
Configuration make_hard_monotonic() {
  Configuration c = make_default();
  c.encoder.cell.type = c.decoder.cell.type = Cell::kLstm;
  c.attention.score = "general";
  c.attention.kind = AttentionKind::kHardMonotonic;
  c.decoder.order = Order::kUpdateLookGenerate;
  c.decoder.initial_state = InitialState::kZero;
  c.decoder.readout_feedback = Feedback::kNone;
  return c;
}

// The large model of the authors' code, whose readouts have as many units as state and annotation
// together. They trained with Adam, as here.
Configuration published_hard_monotonic() {
  Configuration c = make_hard_monotonic();
  c.encoder.embedding = c.decoder.embedding = 200;
  c.encoder.layers = 2;
  c.encoder.units = c.decoder.units = 400;
  c.decoder.readout_units = c.decoder.units + c.encoder.annotation_units();
  TrainingConfig& t = c.training;
  t.dropout = {};
  t.dropout.embedding = t.dropout.encoder = 0.4;
  t.optimizer.learning_rate = 0.001;
  t.optimizer.clip_norm = 5;
  t.batch_size = 20;
  t.epochs = 50;
  return c;
}

// Exact hard attention without an order, 0-HARD (§13.2), at a size for a CPU.
Configuration make_hard() {
  Configuration c = make_hard_monotonic();
  c.attention.kind = AttentionKind::kHard;
  return c;
}

// The large model of the authors' code, which is that of hard-monotonic but for the kind.
Configuration published_hard() {
  Configuration c = published_hard_monotonic();
  c.attention.kind = AttentionKind::kHard;
  return c;
}

// First-order hard monotonic attention, 1-MONO (§13.2), at a size for a CPU. The published band has
// 11 offsets, of which 0 … 5 are possible.
Configuration make_hard_monotonic_1() {
  Configuration c = make_hard_monotonic();
  c.attention.kind = AttentionKind::kHardMonotonicFirstOrder;
  c.attention.reach = 5;
  return c;
}

Configuration published_hard_monotonic_1() {
  Configuration c = published_hard_monotonic();
  c.attention.kind = AttentionKind::kHardMonotonicFirstOrder;
  c.attention.reach = 5;
  return c;
}

}  // namespace attend::model

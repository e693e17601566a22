// Presets without attention: the encoder–decoders of 2014 (§2, §3).
#include "model/presets.h"

namespace attend::model {

// Sutskever, Vinyals and Le 2014 (§2) at a size for a CPU and with Adam: a deep LSTM reads the
// words in reverse order and </s> last, and hands the states and cells of all layers to the
// decoder, which begins with </s>.
Configuration make_sutskever() {
  Configuration c = make_default();
  c.encoder.cell.type = c.decoder.cell.type = Cell::kLstm;
  c.encoder.direction = Direction::kBackward;
  c.encoder.reverse = Reverse::kWords;
  c.encoder.layers = c.decoder.layers = 2;
  c.encoder.units = c.decoder.units = 256;
  c.attention.kind = AttentionKind::kNone;
  c.decoder.initial_state = InitialState::kCopy;
  c.decoder.start = Start::kEnd;
  c.decoder.readout = Readout::kNone;
  c.training.dropout.decoder = 0.2;
  return c;
}

// The published model has 384,000,000 parameters without biases. Its initial values were U(−0.08,
// 0.08) and its learning rate was halved every half epoch after the fifth; here they are those of
// training.initialization and of the plateau schedule.
Configuration published_sutskever() {
  Configuration c = make_sutskever();
  use_words(c, 160000, 80000);
  c.encoder.layers = c.decoder.layers = 4;
  c.encoder.units = c.decoder.units = c.encoder.embedding = c.decoder.embedding = 1000;
  c.training.dropout = {};
  use_sgd(c.training, 0.7, 5);
  c.training.batch_size = 128;
  c.training.epochs = 8;
  return c;
}

// The RNN Encoder–Decoder of Cho et al. 2014 (§3) at a size for a CPU and with Adam: every step
// reads c = tanh(V →h_T), in all gates and inside the reset gate too, and so do the first state and
// the maxout readout.
Configuration make_cho() {
  Configuration c = make_default();
  c.encoder.direction = Direction::kForward;
  c.encoder.cell.update = c.decoder.cell.update = GruUpdate::kOld;
  c.encoder.units = c.decoder.units = 256;
  c.attention.kind = AttentionKind::kFixed;
  c.attention.fixed_context = FixedContext::kTanh;
  c.decoder.cell.reset = GruReset::kAfter;
  c.decoder.gru_context = GruContext::kInside;
  c.decoder.initial_state = InitialState::kContext;
  c.decoder.readout = Readout::kMaxout;
  return c;
}

// The main text has input and output factors of rank 100, and GroundHog's prototype has them too;
// the appendix speaks of embeddings of 500. The factor of the input is an embedding of 100; the
// output weight is one matrix here and not a product of two.
Configuration published_cho() {
  Configuration c = make_cho();
  use_words(c, 15000, 15000);
  c.encoder.embedding = c.decoder.embedding = 100;
  c.encoder.units = c.decoder.units = 1000;
  c.decoder.readout_units = 500;
  TrainingConfig& t = c.training;
  t.dropout = {};
  t.optimizer.kind = OptimizerKind::kAdadelta;
  t.optimizer.learning_rate = 1.0;
  t.optimizer.epsilon = 1e-6;
  t.initialization = Initialization::kNormal;
  t.batch_size = 64;
  return c;
}

// RNNencdec-50, with which Bahdanau, Cho and Bengio compare RNNsearch (§4.4): GroundHog's encoder–
// decoder at the sizes of RNNsearch, whose context is the last forward state in every step (§3).
Configuration make_rnnencdec() {
  Configuration c = make_rnnsearch();
  c.encoder.direction = Direction::kForward;
  c.attention.kind = AttentionKind::kFixed;
  c.decoder.initial_state = InitialState::kLast;
  c.training.batches_per_sort = 10;
  return c;
}

}  // namespace attend::model

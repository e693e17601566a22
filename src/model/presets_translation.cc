// Presets with attention, as translation has used it (§4, §6, §1.6).
#include "model/presets.h"

namespace attend::model {

// RNNsearch-50 as published (§4.2, §4.3).
Configuration make_rnnsearch() {
  Configuration c = make_common();
  use_words(c, 30000, 30000);
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

// The coverages of Tu et al. 2016 (§13.3) in the default model.
Configuration make_coverage_linguistic() {
  Configuration c = make_default();
  c.attention.coverage = Coverage::kLinguistic;
  return c;
}

Configuration make_coverage_neural() {
  Configuration c = make_default();
  c.attention.coverage = Coverage::kNeural;
  return c;
}

// Both in RNNsearch, whose sentences may be longer. The coverage has 100 units in the authors'
// later code; their first experiments had 10.
Configuration published_coverage_linguistic() {
  Configuration c = make_rnnsearch();
  c.attention.coverage = Coverage::kLinguistic;
  c.training.maximum_source_length = c.training.maximum_target_length = 80;
  c.training.schedule.patience = make_default().training.schedule.patience;  // has no effect
  return c;
}

Configuration published_coverage_neural() {
  Configuration c = published_coverage_linguistic();
  c.attention.coverage = Coverage::kNeural;
  c.attention.coverage_units = 100;
  return c;
}

// The conditional GRU of dl4mt and Nematus (§4.6) at a size for a CPU and with Adam. Its tensors
// have the published shapes.
Configuration make_cgru() {
  Configuration c = make_default();
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

// As dl4mt trains it. It has 79,944,497 parameters: those of dl4mt, which adds a bias to each of
// the three products of its readout, with one bias in place of the three.
Configuration published_cgru() {
  Configuration c = make_cgru();
  use_words(c, 30000, 30000);
  c.encoder.embedding = c.decoder.embedding = c.decoder.readout_units = 512;
  c.encoder.units = c.decoder.units = 1024;
  c.attention.units = 2048;
  TrainingConfig& t = c.training;
  t.dropout = {};
  t.optimizer.kind = OptimizerKind::kAdadelta;
  t.optimizer.learning_rate = 1.0;
  t.optimizer.epsilon = 1e-6;
  t.initialization = Initialization::kNormal;
  t.batch_size = 32;
  t.maximum_source_length = t.maximum_target_length = 50;
  return c;
}

// The model of Luong, Pham and Manning 2015 (§6), at a size for a CPU and with Adam: global
// attention with the general score and input feeding, over an LSTM that reads the source reversed.
Configuration make_luong_general() {
  Configuration c = make_default();
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

namespace {

// Four layers of 1000 units over 50,000 words a side, with dropout, a start symbol of their own and
// a </s> of the source that attention does not see. The initial values of the paper were U(−0.1,
// 0.1), and its learning rate was halved every epoch after the eighth; here they are those of
// training.initialization and of the plateau schedule.
Configuration with_sizes_of_luong(Configuration c) {
  use_words(c, 50000, 50000);
  c.encoder.layers = c.decoder.layers = 4;
  c.encoder.embedding = c.decoder.embedding = 1000;
  c.encoder.units = c.decoder.units = c.decoder.readout_units = 1000;
  c.attention.end_token = EndToken::kHidden;
  c.decoder.start = Start::kOwn;
  TrainingConfig& t = c.training;
  t.dropout = {};
  t.dropout.encoder = t.dropout.decoder = 0.2;
  use_sgd(t, 1, 5);
  t.batch_size = 128;
  t.maximum_source_length = t.maximum_target_length = 50;
  t.epochs = 12;
  return c;
}

}  // namespace

Configuration published_luong_general() { return with_sizes_of_luong(make_luong_general()); }

Configuration make_luong_dot() {
  Configuration c = make_luong_general();
  c.attention.score = "dot";
  return c;
}
Configuration published_luong_dot() { return with_sizes_of_luong(make_luong_dot()); }

// The additive score with full matrices W and U, as the paper states its concat (§6.2). The
// authors' code has the identity in place of U, which is the score concat-code.
Configuration make_luong_concat() {
  Configuration c = make_luong_general();
  c.attention.score = "additive";
  c.attention.units = c.decoder.units;
  return c;
}
Configuration published_luong_concat() {
  Configuration c = with_sizes_of_luong(make_luong_concat());
  c.attention.units = c.decoder.units;
  return c;
}

// Attention that sees the state alone (§6.2). Published sources have at most 50 words.
Configuration make_luong_location() {
  Configuration c = make_luong_general();
  c.attention.score = "location";
  return c;
}
Configuration published_luong_location() {
  Configuration c = with_sizes_of_luong(make_luong_location());
  c.attention.maximum_source = c.training.maximum_source_length;
  return c;
}

// Local attention with predicted windows (§6.3). The published reach is 10; it suits sentences, and
// short strings too.
Configuration make_luong_local_p() {
  Configuration c = make_luong_general();
  c.attention.window = Window::kPredicted;
  return c;
}
Configuration published_luong_local_p() { return with_sizes_of_luong(make_luong_local_p()); }

// Local attention with windows that move on with the steps (§6.3). It suits texts whose words, or
// letters, keep their order.
Configuration make_luong_local_m() {
  Configuration c = make_luong_general();
  c.attention.window = Window::kMonotonic;
  return c;
}
Configuration published_luong_local_m() { return with_sizes_of_luong(make_luong_local_m()); }

// The decoder of Google's system (Wu et al. 2016, §1.6) at a size for a CPU and with Adam: the
// bottom layer looks, and its context enters every layer. There are no residual connections.
Configuration make_gnmt() {
  Configuration c = make_default();
  c.encoder.cell.type = c.decoder.cell.type = Cell::kLstm;
  c.encoder.layers = c.decoder.layers = 2;
  c.decoder.units = c.encoder.annotation_units();
  c.decoder.initial_state = InitialState::kCopy;
  c.decoder.query_layer = QueryLayer::kBottom;
  c.decoder.context_layers = ContextLayers::kAll;
  c.decoder.readout = Readout::kNone;
  c.training.dropout.decoder = 0.2;
  return c;
}

// Eight layers of 1024 units and the training of tensorflow/nmt's recipe for eight layers. The
// published encoder has one bidirectional layer below seven of one direction; here all eight have
// 512 units a direction, so that annotations have 1024. Published systems add residual connections.
Configuration published_gnmt() {
  Configuration c = make_gnmt();
  for (SideConfig* side : {&c.source, &c.target}) {
    side->unit = UnitChoice::kSubwords;
    side->maximum_size = side->subword_size = 32000;
  }
  c.encoder.layers = c.decoder.layers = 8;
  c.encoder.units = 512;
  c.decoder.units = c.attention.units = c.encoder.embedding = c.decoder.embedding = 1024;
  TrainingConfig& t = c.training;
  t.dropout = {};
  t.dropout.encoder = t.dropout.decoder = 0.2;
  use_sgd(t, 1, 5);
  t.batch_size = 128;
  t.maximum_source_length = t.maximum_target_length = 50;
  return c;
}

}  // namespace attend::model

// Presets that answer with a label: attention that classifies (§8, §9), and the plain poolings that
// it is compared with. A classifier is a decoder of one step without a cell.
#include "model/presets.h"

namespace attend::model {
namespace {

// What all of them have: one label for each text, no </s>, and a training that ends when the
// accuracy does not rise any more. Texts are cut after 2,000 units.
Configuration make_labels() {
  Configuration c = make_common();
  c.source.lowercase = true;
  c.source.end_token = false;
  c.source.minimum_count = 2;
  c.target.unit = UnitChoice::kWhole;
  c.target.end_token = false;
  c.target.fixed_length = 1;
  c.encoder.embedding = 100;
  c.encoder.cell.reset = GruReset::kAfter;
  c.encoder.units = 50;
  c.attention.units = 100;
  c.decoder.cell.type = Cell::kNone;
  c.decoder.feedback = Feedback::kNone;
  c.decoder.initial_state = InitialState::kZero;
  c.decoder.readout = Readout::kNone;
  TrainingConfig& t = c.training;
  t.optimizer.learning_rate = 0.002;
  t.dropout.embedding = 0.3;
  t.dropout.encoder = 0.3;
  t.schedule.kind = ScheduleKind::kPlateau;
  t.schedule.patience = 1;
  t.batch_size = 32;
  t.maximum_source_length = 2000;
  t.epochs = 30;
  t.metric = "accuracy";
  t.patience = 4;
  return c;
}

// One level of words, whose annotations become one vector in this way.
Configuration make_flat(AttentionKind kind) {
  Configuration c = make_labels();
  c.attention.kind = kind;
  return c;
}

// Both levels of a document pool in this way, without weights.
Configuration make_hierarchy(AttentionKind kind, Pooling pooling) {
  Configuration c = make_han();
  c.attention.kind = kind;
  c.encoder.pooling = pooling;
  return c;
}

Configuration make_published(Configuration c) {
  c.source.unit = UnitChoice::kWords;
  c.source.minimum_count = 6;
  c.source.maximum_size = 0;
  c.encoder.embedding = 200;
  TrainingConfig& t = c.training;
  t.dropout = {};
  use_sgd(t, 0.01, 0);
  t.optimizer.momentum = 0.9;
  t.batch_size = 64;
  return c;
}

}  // namespace

// The hierarchical attention network of Yang et al. 2016 (§8) with Adam and dropout.
Configuration make_han() {
  Configuration c = make_labels();
  c.encoder.levels = 2;
  c.encoder.pooling_units = 100;
  c.attention.score = "learned-query";
  return c;
}

// Its embeddings started as word2vec vectors of the training texts, and its learning rate was
// found by a search for each data set.
Configuration published_han() { return make_published(make_han()); }

// HN-AVE and HN-MAX of the same paper.
Configuration make_han_mean() { return make_hierarchy(AttentionKind::kMean, Pooling::kMean); }
Configuration published_han_mean() { return make_published(make_han_mean()); }
Configuration make_han_max() { return make_hierarchy(AttentionKind::kMax, Pooling::kMax); }
Configuration published_han_max() { return make_published(make_han_max()); }

// The attention BiLSTM of Zhou et al. 2016 (§9) with Adam: the sum of both directions, linear
// pooling, and tanh before the output.
Configuration make_att_blstm() {
  Configuration c = make_labels();
  c.source.entities = EntityChoice::kAuto;
  c.encoder.cell = {};
  c.encoder.cell.type = Cell::kLstm;
  c.encoder.units = 100;
  c.encoder.join = Join::kSum;
  c.attention.score = "linear-pooling";
  c.decoder.readout = Readout::kActivation;
  TrainingConfig& t = c.training;
  t.dropout.readout = 0.5;
  t.optimizer.weight_decay = 1e-5;
  return c;
}

// It started from GloVe vectors. Its LSTM had peepholes, which do not exist here.
Configuration published_att_blstm() {
  Configuration c = make_att_blstm();
  c.source.unit = UnitChoice::kWords;
  c.source.minimum_count = 1;
  OptimizerConfig& optimizer = c.training.optimizer;
  optimizer.kind = OptimizerKind::kAdadelta;
  optimizer.learning_rate = 1;
  optimizer.epsilon = 1e-6;
  c.training.batch_size = 10;
  return c;
}

Configuration make_flat_attention() {
  Configuration c = make_labels();
  c.attention.score = "learned-query";
  return c;
}
Configuration make_flat_mean() { return make_flat(AttentionKind::kMean); }
Configuration make_flat_last() { return make_flat(AttentionKind::kFixed); }
Configuration make_flat_max() { return make_flat(AttentionKind::kMax); }

}  // namespace attend::model

// Presets that describe pictures (§7, Xu et al. 2015: Show, attend and tell).
#include "model/presets.h"

namespace attend::model {

// Soft attention over the regions of a picture, which convolutions annotate: small enough to learn
// on a CPU. First states come from the mean annotation, a gate scales the context, and E y_{i-1} is
// added to the readout as it is. Encoder and decoder learn together, by Adam.
Configuration make_captioner() {
  Configuration c = make_common();
  c.source.unit = UnitChoice::kWhole;
  c.source.end_token = false;
  c.source.entities = EntityChoice::kNone;
  c.target.unit = UnitChoice::kWords;
  c.target.lowercase = true;
  c.target.minimum_count = 2;
  c.target.maximum_size = 10000;
  c.encoder.kind = EncoderKind::kConvolutional;
  c.encoder.units = 256;
  c.attention.units = 128;
  c.attention.context_gate = ContextGate::kScalar;
  c.decoder.cell.type = Cell::kLstm;
  c.decoder.embedding = 128;
  c.decoder.units = 256;
  c.decoder.initial_state = InitialState::kMean;
  c.decoder.readout_units = 128;
  c.decoder.readout_feedback = Feedback::kSum;
  TrainingConfig& t = c.training;
  t.optimizer.learning_rate = 0.001;
  t.dropout.readout = 0.3;
  t.metric = "bleu";
  t.patience = 10;
  t.epochs = 50;
  return c;
}

// The sizes of the released script for COCO, over annotations of a network that others have trained
// (the last but one pooling of a VGG: 14 × 14 regions of 512 units). The paper's readout has no
// tanh; that of the script, which stands here, has one. docs/models.md §17 names what the
// script has besides.
Configuration published_captioner() {
  Configuration c = make_captioner();
  c.encoder.kind = EncoderKind::kFeatures;
  c.encoder.units = 512;
  c.image.regions = 196;
  c.attention.units = 512;
  c.attention.doubly_stochastic = 1;
  c.attention.doubly_stochastic_scale = DoublyStochasticScale::kCode;
  c.decoder.embedding = 512;
  c.decoder.units = 1800;
  c.decoder.readout_units = 512;
  TrainingConfig& t = c.training;
  t.initialization = Initialization::kNormal;
  t.dropout.readout = 0.5;
  t.batch_size = 64;
  return c;
}

namespace {

Configuration with_hard_attention(Configuration c) {
  c.attention.kind = AttentionKind::kStochastic;
  return c;
}

}  // namespace

Configuration make_hard_captioner() { return with_hard_attention(make_captioner()); }
Configuration published_hard_captioner() { return with_hard_attention(published_captioner()); }

// One context for all steps: the mean annotation. What attention adds is the difference.
Configuration make_mean_captioner() {
  Configuration c = make_captioner();
  c.attention.kind = AttentionKind::kMean;
  c.attention.context_gate = ContextGate::kNone;
  return c;
}

}  // namespace attend::model

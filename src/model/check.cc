// Which choices of a configuration fit together.
#include <fmt/format.h>

#include "base/base.h"
#include "model/attention/mechanism.h"
#include "model/configuration.h"
#include "model/decoder/decoder.h"
#include "model/parameters.h"

namespace attend::model {
namespace {

[[noreturn]] void conflict(const std::string& message) { throw UsageError(message); }

void check_ties(const Configuration& c) {
  const DecoderConfig& decoder = c.decoder;
  if (decoder.tied_embeddings == TiedEmbeddings::kNone) return;
  const int last = decoder.readout == Readout::kNone ? decoder.units : decoder.readout_units;
  if (decoder.feedback == Feedback::kNone) {
    conflict("decoder.tied_embeddings needs decoder.feedback: previous");
  }
  if (decoder.ties_output() && last != decoder.embedding) {
    conflict(
        fmt::format("decoder.tied_embeddings needs a readout of the size of the embedding: "
                    "readout {}, decoder.embedding {}",
                    last, decoder.embedding));
  }
  if (!decoder.shares_source_embedding()) return;
  const std::string name = decoder.tied_embeddings == TiedEmbeddings::kAll
                               ? "decoder.tied_embeddings: all"
                               : "decoder.tied_embeddings: inputs";
  if (!c.shared_vocabulary) conflict(name + " needs shared_vocabulary: true");
  if (c.encoder.embedding != decoder.embedding) {
    conflict(fmt::format("{} needs equal embeddings: encoder.embedding {}, decoder.embedding {}",
                         name, c.encoder.embedding, decoder.embedding));
  }
}

// Checks the options that read from the encoder: the states that they read must exist.
void check_encoder(const Configuration& c) {
  const EncoderConfig& encoder = c.encoder;
  const DecoderConfig& decoder = c.decoder;
  if (encoder.padding == Padding::kVisible && c.source.fixed_length == 0) {
    conflict("encoder.padding: visible needs source.fixed_length");
  }
  if (encoder.reverse == Reverse::kWords &&
      (encoder.direction != Direction::kBackward || !c.source.end_token)) {
    conflict("encoder.reverse: words needs encoder.direction: backward and source.end_token: true");
  }
  if (encoder.reverse == Reverse::kWords && encoder.padding == Padding::kVisible) {
    conflict("encoder.reverse: words needs encoder.padding: masked");
  }
  if (encoder.ngrams > 0 && (encoder.embedding == 0 || encoder.reverses_words())) {
    conflict("encoder.ngrams needs encoder.embedding above 0 and encoder.reverse: all");
  }
  if (encoder.position_units > 0 &&
      (encoder.embedding == 0 || encoder.levels > 1 || encoder.reverses_words())) {
    conflict(
        "encoder.position_units needs encoder.embedding above 0, encoder.levels: 1 and "
        "encoder.reverse: all");
  }
  if (c.attention.end_token == EndToken::kHidden &&
      (!c.source.end_token || encoder.padding == Padding::kVisible)) {
    conflict(
        "attention.end_token: hidden needs source.end_token: true and encoder.padding: masked");
  }
  if (encoder.reverses_words() && decoder.initial_state == InitialState::kBackward) {
    conflict(
        "decoder.initial_state: backward needs an encoder that ends at the first token; with "
        "encoder.reverse: words choose last");
  }
  if (decoder.initial_state == InitialState::kBackward &&
      encoder.direction == Direction::kForward) {
    conflict(
        "decoder.initial_state: backward needs a backward encoder; with encoder.direction: forward "
        "choose last, mean, copy or zero");
  }
}

// Convolutions halve the sides of a picture again and again, and channels come in groups.
void check_convolutions(const Configuration& c) {
  const EncoderConfig& encoder = c.encoder;
  if (encoder.kind != EncoderKind::kConvolutional) return;
  const int halves = 1 << encoder.stages;
  if (c.image.height % halves != 0 || c.image.width % halves != 0) {
    conflict(
        fmt::format("encoder.stages: {} needs an image.height and an image.width that are "
                    "multiples of {}: found {} and {}",
                    encoder.stages, halves, c.image.height, c.image.width));
  }
  if (encoder.units % (halves / 2) != 0 || encoder.channels(0) % encoder.groups != 0) {
    conflict(
        fmt::format("encoder.units of a convolutional encoder needs to be a multiple of "
                    "2^(stages - 1) · groups = {}: found {}",
                    static_cast<std::int64_t>(halves / 2) * encoder.groups, encoder.units));
  }
}

// A picture is no text: it has no tokens, no end and no direction.
void check_pictures(const Configuration& c) {
  const EncoderConfig& encoder = c.encoder;
  if (!encoder.reads_pictures()) return;
  const std::string name = encoder.kind == EncoderKind::kFeatures ? "encoder.kind: features"
                                                                  : "encoder.kind: convolutional";
  check_convolutions(c);
  if (c.source.unit != UnitChoice::kWhole || c.source.end_token || c.source.lowercase ||
      c.source.fixed_length > 0 || !c.source.remove.empty()) {
    conflict(
        name + " needs source.unit: whole, source.end_token: false, source.lowercase: false, " +
        "source.fixed_length: 0 and an empty source.remove, because a source is the name of a " +
        "picture");
  }
  if (c.shared_vocabulary || c.decoder.shares_source_embedding()) {
    conflict(name + " needs shared_vocabulary: false and decoder.tied_embeddings: none or target");
  }
  if (encoder.levels > 1 || encoder.padding == Padding::kVisible || encoder.ngrams > 0 ||
      encoder.position_units > 0) {
    conflict(name + " needs encoder.levels: 1, encoder.padding: masked, encoder.ngrams: 0 and " +
             "encoder.position_units: 0, which belong to texts");
  }
  const InitialState first = c.decoder.initial_state;
  if (first != InitialState::kMean && first != InitialState::kZero &&
      first != InitialState::kContext) {
    conflict(name +
             " needs decoder.initial_state: mean, zero or context, because regions have no " +
             "order");
  }
  if (c.attention.kind == AttentionKind::kFixed || c.attention.kind == AttentionKind::kNone) {
    conflict(name + " needs another attention.kind than fixed or none, because regions have no " +
             "last state; choose mean");
  }
  if (c.decoder.copy != Copy::kNone || c.training.guidance.diagonal_weight > 0) {
    conflict(name + " needs decoder.copy: none and training.diagonal_weight: 0");
  }
  if (c.training.freeze == Freeze::kSourceEmbedding) {
    conflict(name + " has no source embedding for training.freeze");
  }
}

void check_bag_of_words(const Configuration& c) {
  const bool has_bag = c.encoder.bag_of_words;
  if (has_bag && c.encoder.kind != EncoderKind::kConvolutional) {
    conflict("encoder.bag_of_words needs encoder.kind: convolutional");
  }
  if (c.training.bag_epochs > 0 && !has_bag) {
    conflict("training.bag_epochs needs encoder.bag_of_words: true");
  }
  if (c.training.bag_epochs > 0 && c.training.bag_weight == 0) {
    conflict("training.bag_epochs needs training.bag_weight above 0");
  }
  if (has_bag && c.training.freeze == Freeze::kEncoder) {
    conflict("encoder.bag_of_words needs another training.freeze than encoder, which it trains");
  }
}

// E y_{i-1} can be added to a readout of its size only.
void check_readout_sum(const Configuration& c) {
  const DecoderConfig& decoder = c.decoder;
  const bool hard = c.attention.is_hard();
  if (decoder.feedback == Feedback::kSum) {
    conflict("decoder.feedback: expected previous or none");
  }
  if (decoder.readout_feedback != Feedback::kSum) return;
  const bool fits = decoder.readout == Readout::kTanh || decoder.readout == Readout::kLinear;
  if (hard) {
    conflict("decoder.readout_feedback: sum needs an attention.kind with one readout a step");
  }
  if (!fits || decoder.feedback == Feedback::kNone || decoder.readout_units != decoder.embedding) {
    conflict(
        fmt::format("decoder.readout_feedback: sum needs decoder.feedback: previous, "
                    "decoder.readout: tanh or linear, and a readout of the size of the embedding: "
                    "decoder.readout_units {}, decoder.embedding {}",
                    decoder.readout_units, decoder.embedding));
  }
}

// States that are copied must have the decoder's layers, cell and size. check_no_cell() comes
// first: a decoder without a cell has no state to copy into.
void check_copied_states(const EncoderConfig& encoder, const DecoderConfig& decoder) {
  if (decoder.initial_state != InitialState::kCopy) return;
  if (encoder.layers != decoder.layers || encoder.cell.type != decoder.cell.type) {
    conflict("decoder.initial_state: copy needs encoder and decoder of the same layers and cell");
  }
  if (decoder.units != encoder.annotation_units()) {
    const bool two = encoder.annotation_units() != encoder.units;
    conflict(
        fmt::format("decoder.initial_state: copy needs decoder.units as large as annotations: "
                    "decoder.units {}, annotations {}{}",
                    decoder.units, encoder.annotation_units(),
                    two ? fmt::format(", which in a bidirectional encoder are twice encoder.units "
                                      "{}",
                                      encoder.units)
                        : ""));
  }
}

// Other cells have one bias, which gru_bias does not move.
void check_gru_bias(const std::string& side, const CellConfig& cell) {
  if (cell.bias == GruBias::kBoth || cell.resets_after()) return;
  conflict(fmt::format("{0}.gru_bias: {1} needs {0}.cell: gru and {0}.gru_reset: after", side,
                       cell.bias == GruBias::kInside ? "inside" : "outside"));
}

void check_start(const Configuration& c) {
  if (c.decoder.start == Start::kZero) return;
  if (c.decoder.feedback != Feedback::kPrevious) {
    conflict(fmt::format("decoder.start: {} needs decoder.feedback: previous",
                         c.decoder.start == Start::kEnd ? "end" : "own"));
  }
  if (c.decoder.start == Start::kEnd && !c.target.end_token) {
    conflict("decoder.start: end needs target.end_token: true");
  }
}

// A decoder without a cell has no state to start, to update or to feed. Without a previous token,
// coverage, and energies or alignments of earlier steps, nothing differs from step to step.
void check_no_cell(const Configuration& c) {
  const DecoderConfig& decoder = c.decoder;
  if (decoder.cell.type != Cell::kNone) return;
  if (decoder.order != Order::kLookUpdateGenerate) {
    conflict("decoder.cell: none needs decoder.order: look-update-generate");
  }
  if (decoder.initial_state != InitialState::kZero) {
    conflict("decoder.cell: none needs decoder.initial_state: zero");
  }
  if (decoder.layers != 1) conflict("decoder.cell: none needs decoder.layers: 1");
  const bool reads_token = decoder.has_readout_layer() && decoder.readout_previous_units() > 0;
  if (decoder.feedback == Feedback::kPrevious && !reads_token) {
    conflict(
        "decoder.cell: none needs decoder.feedback: none, or a readout with "
        "decoder.readout_feedback: previous: nothing else can read the previous token");
  }
  const bool steps_differ =
      decoder.feedback == Feedback::kPrevious || c.attention.coverage != Coverage::kNone ||
      c.attention.temporal != Temporal::kNone || mechanism(c.attention).reads_alignment;
  if (!steps_differ && (c.target.end_token || c.target.fixed_length != 1)) {
    conflict(
        "decoder.cell: none with decoder.feedback: none needs target.end_token: false and "
        "target.fixed_length: 1, because every step would have one distribution");
  }
}

// The sum of both directions is no state of either of them.
void check_join(const Configuration& c) {
  if (c.encoder.join == Join::kConcatenate) return;
  if (c.encoder.direction != Direction::kBidirectional) {
    conflict("encoder.join: sum needs encoder.direction: bidirectional");
  }
  const InitialState first = c.decoder.initial_state;
  const bool reads_last = first == InitialState::kBackward || first == InitialState::kLast ||
                          first == InitialState::kCopy;
  if (reads_last || c.attention.kind == AttentionKind::kFixed) {
    conflict(
        "encoder.join: sum needs a decoder.initial_state of zero, mean or context, and no "
        "attention.kind: fixed, because the last states of the two directions are not kept apart");
  }
}

// Above the words, positions are sentences or paragraphs, which no option of single words knows.
void check_levels(const Configuration& c) {
  if (c.encoder.levels == 1) return;
  const std::string name = fmt::format("encoder.levels: {}", c.encoder.levels);
  if (c.source.end_token || c.source.fixed_length > 0) {
    conflict(name + " needs source.end_token: false and source.fixed_length: 0, because </s> and " +
             "padding belong to no sentence");
  }
  if (c.decoder.copy != Copy::kNone) {
    conflict(name + " needs decoder.copy: none, because words are not the positions that are " +
             "looked at");
  }
  if (c.training.guidance.diagonal_weight > 0) {
    conflict(name + " needs training.diagonal_weight: 0, because the diagonal runs over words");
  }
}

// Labels are targets of one unit that end nowhere.
void check_labels(const Configuration& c) {
  const bool labels = answers_with_labels(c.target) && !c.target.end_token;
  if (c.training.class_weights != ClassWeights::kNone && !labels) {
    conflict("training.class_weights: balanced needs target.unit: whole and target.end_token: " +
             std::string("false, because labels are balanced"));
  }
  const bool mixes = c.attention.is_hard() || c.decoder.copy != Copy::kNone;
  if (c.training.class_weights != ClassWeights::kNone && mixes) {
    conflict("training.class_weights: balanced needs an output that is one softmax, no mixture " +
             std::string("and no copies"));
  }
  if (c.decoder.temperature != 1 && mixes) {
    conflict("decoder.temperature needs an output that is one softmax, no mixture and no copies");
  }
  if (c.decoder.readout == Readout::kActivation && c.decoder.cell.type != Cell::kNone) {
    conflict("decoder.readout: activation needs decoder.cell: none, whose context it takes");
  }
}

void check_two_cells(const DecoderConfig& decoder) {
  if (decoder.order != Order::kUpdateLookUpdate) return;
  if (decoder.layers != 1) conflict("decoder.order: update-look-update needs decoder.layers: 1");
  if (decoder.feedback == Feedback::kNone) {
    conflict("decoder.order: update-look-update needs decoder.feedback: previous");
  }
}

void check_order(const DecoderConfig& decoder) {
  check_two_cells(decoder);
  if (decoder.order != Order::kUpdateLookGenerate) return;
  const bool higher_layers_read_it =
      decoder.looks_between_layers() && decoder.context_layers == ContextLayers::kAll;
  if (decoder.readout == Readout::kNone && !higher_layers_read_it) {
    conflict(
        "decoder.order: update-look-generate needs a decoder.readout, which takes the context");
  }
  if (decoder.feedback == Feedback::kNone && decoder.input_feeding == InputFeeding::kNone) {
    conflict(
        "decoder.order: update-look-generate needs decoder.feedback: previous or "
        "decoder.input_feeding: readout or context");
  }
}

// Tokens cannot be joined to the text that they were cut from. Markers are units beside others that
// white space or marks separate.
void check_units(const Configuration& c) {
  if (c.target.unit == UnitChoice::kTokens) {
    conflict(
        "target.unit: tokens is for sources only, because the white space between tokens is lost; "
        "choose words or subwords");
  }
  const UnitChoice unit = c.source.unit;
  const bool may_have_markers = unit == UnitChoice::kWords || unit == UnitChoice::kTokens ||
                                (unit == UnitChoice::kAuto && !c.shared_vocabulary);
  if (c.source.entities == EntityChoice::kMarkers && !may_have_markers) {
    conflict("source.entities: markers needs source.unit: tokens or words");
  }
}

// A target of fixed length has no </s>, and only such a target. A label is one unit.
void check_target_length(const Configuration& c) {
  if (!c.target.end_token && c.target.fixed_length == 0) {
    conflict("target.end_token: false needs target.fixed_length");
  }
  if (c.target.end_token && c.target.fixed_length > 0) {
    conflict("target.fixed_length needs target.end_token: false");
  }
  if (answers_with_labels(c.target) && c.target.fixed_length > 1) {
    conflict(
        fmt::format("target.unit: whole needs target.fixed_length: 1, because a label is one unit; "
                    "target.fixed_length is {}",
                    c.target.fixed_length));
  }
}

// A table can be frozen only if the model has it.
void check_freeze(const Configuration& c) {
  const Freeze freeze = c.training.freeze;
  if (freeze == Freeze::kNone) return;
  if (freeze == Freeze::kSourceEmbedding && source_embedding_table(c).empty()) {
    conflict("training.freeze: source-embedding needs encoder.embedding above 0");
  }
  if (freeze == Freeze::kTargetEmbedding && target_embedding_table(c).empty()) {
    conflict("training.freeze: target-embedding needs decoder.feedback: previous");
  }
  if (freeze == Freeze::kEncoder && frozen_parameters(c).empty()) {
    conflict("training.freeze: encoder needs an encoder with parameters");
  }
  if (frozen_parameters(c).empty()) {
    conflict(
        "training.freeze: embeddings needs encoder.embedding above 0 or decoder.feedback: "
        "previous");
  }
}

}  // namespace

void check(const Configuration& c) {
  check_pictures(c);
  check_bag_of_words(c);
  check_readout_sum(c);
  check_ties(c);
  check_encoder(c);
  check_join(c);
  check_levels(c);
  check_labels(c);
  check_gru_bias("encoder", c.encoder.cell);
  check_gru_bias("decoder", c.decoder.cell);
  check_copying_decoder(c);
  check_attention(c);
  check_start(c);
  check_no_cell(c);
  check_copied_states(c.encoder, c.decoder);
  check_order(c.decoder);
  check_placement(c);
  check_self_attention(c);
  check_target_length(c);
  check_units(c);
  check_freeze(c);
  if (c.training.allow_empty_targets && !c.target.end_token) {
    conflict(
        "training.allow_empty_targets needs target.end_token: true and target.fixed_length: 0: an "
        "empty target is </s> alone");
  }
  if (c.shared_vocabulary && c.source.unit != c.target.unit) {
    conflict("shared_vocabulary needs the same source.unit and target.unit");
  }
}

}  // namespace attend::model

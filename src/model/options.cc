// The list of all options, which alone defines their names, ranges and help texts; those of
// training are in options_training.cc.
#include <string>

#include "model/attention/mechanism.h"
#include "model/option_list.h"

namespace attend::model {
namespace {

void add_side(OptionList& list, const std::string& prefix, SideConfig& side) {
  list.choice<UnitChoice>(prefix + ".unit", side.unit,
                          {{"auto", UnitChoice::kAuto},
                           {"characters", UnitChoice::kCharacters},
                           {"code-points", UnitChoice::kCodePoints},
                           {"words", UnitChoice::kWords},
                           {"tokens", UnitChoice::kTokens},
                           {"subwords", UnitChoice::kSubwords},
                           {"whole", UnitChoice::kWhole}},
                          "what the text is cut into; characters are grapheme clusters, which "
                          "consist of code points; words are what white space separates; tokens, "
                          "for sources, are words and punctuation marks by themselves; whole keeps "
                          "a line as one label; auto looks at the training pairs");
  list.choice<NormalisationChoice>(
      prefix + ".normalisation", side.normalisation,
      {{"auto", NormalisationChoice::kAuto},
       {"nfc", NormalisationChoice::kNfc},
       {"nfd", NormalisationChoice::kNfd},
       {"nfkc", NormalisationChoice::kNfkc},
       {"none", NormalisationChoice::kNone}},
      "Unicode normal form of the text; auto is nfc, or nfd where the training pairs are better "
      "cut into Hangul jamo");
  list.choice<InvisibleChoice>(
      prefix + ".invisible", side.invisible,
      {{"auto", InvisibleChoice::kAuto},
       {"drop", InvisibleChoice::kDrop},
       {"keep", InvisibleChoice::kKeep}},
      "control characters, byte order marks, soft hyphens, zero-width spaces, marks of direction; "
      "auto is drop in a new training");
  list.flag(prefix + ".lowercase", side.lowercase, "lower-case the text");
  list.text(prefix + ".remove", side.remove, "characters deleted from the text, for example \",\"");
  list.number(prefix + ".minimum_count", side.minimum_count, 1, kMany,
              "rarer units become unknown");
  list.number(prefix + ".maximum_size", side.maximum_size, 0, kMany,
              "largest vocabulary, reserved units included; 0: no limit");
  list.number(prefix + ".subword_size", side.subword_size, 2, kMany,
              "pieces of the SentencePiece model; lowered where the text gives fewer");
  list.number(prefix + ".fixed_length", side.fixed_length, 0, kMany,
              "pad and cut to this many tokens; 0: as long as the text is");
  list.flag(prefix + ".end_token", side.end_token, "append </s>");
  if (prefix != "source") return;
  list.choice<EntityChoice>(prefix + ".entities", side.entities,
                            {{"none", EntityChoice::kNone},
                             {"markers", EntityChoice::kMarkers},
                             {"auto", EntityChoice::kAuto}},
                            "markers: <e1>, </e1>, <e2> and </e2> are units of their own, whatever "
                            "touches them; for words and tokens; auto: if the texts have them");
}

void add_cell(OptionList& list, const std::string& prefix, CellConfig& cell,
              const Choices<Cell>& types, const std::string& help) {
  list.choice<Cell>(prefix + ".cell", cell.type, types, help);
  list.choice<GruReset>(prefix + ".gru_reset", cell.reset,
                        {{"before", GruReset::kBefore}, {"after", GruReset::kAfter}},
                        "reset gate before or after the recurrent product");
  list.choice<GruUpdate>(prefix + ".gru_update", cell.update,
                         {{"new", GruUpdate::kNew}, {"old", GruUpdate::kOld}},
                         "what the update gate multiplies");
  list.choice<GruBias>(
      prefix + ".gru_bias", cell.bias,
      {{"both", GruBias::kBoth}, {"outside", GruBias::kOutside}, {"inside", GruBias::kInside}},
      "biases of a GRU that resets after the product: outside the reset gate, "
      "inside it, or both");
  list.choice<Gates>(prefix + ".gates", cell.gates,
                     {{"logistic", Gates::kLogistic}, {"hard", Gates::kHard}},
                     "gate activation; hard is clip(0.2 x + 0.5, 0, 1)");
}

void add_encoder(OptionList& list, EncoderConfig& encoder) {
  list.number("encoder.embedding", encoder.embedding, 0, kMany,
              "size of the source embeddings; 0: one-hot");
  list.choice<Direction>("encoder.direction", encoder.direction,
                         {{"bidirectional", Direction::kBidirectional},
                          {"forward", Direction::kForward},
                          {"backward", Direction::kBackward}},
                         "which way the source is read; backward reads it reversed");
  add_cell(list, "encoder", encoder.cell, {{"gru", Cell::kGru}, {"lstm", Cell::kLstm}},
           "recurrent cell");
  list.number(
      "encoder.units", encoder.units, 1, kMany,
      "units per direction; those of an annotation with another encoder.kind than recurrent");
  list.number(
      "encoder.layers", encoder.layers, 1, 64,
      "layers, each of one or both directions; with encoder.kind: convolutional the residual "
      "blocks of each stage but the first");
  list.choice<Join>("encoder.join", encoder.join,
                    {{"concatenate", Join::kConcatenate}, {"sum", Join::kSum}},
                    "how the states of both directions become an annotation");
  list.number("encoder.levels", encoder.levels, 1, 3,
              "levels of layers: words; and sentences, each read as one vector; and paragraphs");
  list.choice<Pooling>(
      "encoder.pooling", encoder.pooling,
      {{"attention", Pooling::kAttention}, {"mean", Pooling::kMean}, {"max", Pooling::kMax}},
      "how a sentence or paragraph becomes one vector, with encoder.levels of 2 or 3: by a learned "
      "query u · tanh(W h + b), as the mean, or as the largest value of each unit");
  list.number("encoder.pooling_units", encoder.pooling_units, 1, kMany,
              "n', the hidden units of encoder.pooling: attention");
  list.number("encoder.ngrams", encoder.ngrams, 0, kMany,
              "rows of a table of character n-grams, whose mean is added to the embedding of each "
              "word, also of unknown ones; 0: none");
  list.number("encoder.position_units", encoder.position_units, 0, kMany,
              "units of each of two position embeddings, which tell how far a token is from <e1> "
              "and from <e2>; 0: none");
  list.number("encoder.position_reach", encoder.position_reach, 1, kMany,
              "longest distance of position embeddings; longer ones count as this one");
  list.flag("encoder.layer_norm", encoder.layer_norm, "normalise the gates' pre-activations");
  list.choice<Reverse>("encoder.reverse", encoder.reverse,
                       {{"all", Reverse::kAll}, {"words", Reverse::kWords}},
                       "what encoder.direction: backward reverses; words leaves </s> at the end");
  list.choice<Padding>("encoder.padding", encoder.padding,
                       {{"masked", Padding::kMasked}, {"visible", Padding::kVisible}},
                       "visible lets the model see padding, as the date exercise does");
}

void add_attention(OptionList& list, AttentionConfig& attention) {
  Choices<std::string> scores;
  std::string help = "energies of state s and annotation h:";
  for (const Mechanism& score : mechanisms()) {
    help += fmt::format("{} {} {}", scores.empty() ? "" : ",", score.name, score.formula);
    scores.emplace_back(score.name, score.name);
  }
  list.choice<std::string>("attention.score", attention.score, scores, std::move(help));
  list.number("attention.units", attention.units, 1, kMany,
              "n', the hidden units of the scores additive, normed-additive, location-aware and "
              "learned-query");
  list.number("attention.maximum_source", attention.maximum_source, 1, kMany,
              "rows of W of the score location, which looks at no later position of a source");
  list.choice<Keys>("attention.keys", attention.keys,
                    {{"annotations", Keys::kAnnotations},
                     {"halves", Keys::kHalves},
                     {"projected", Keys::kProjected}},
                    "what energies read and what the context averages: the annotations for both; "
                    "their first and second halves; or products of them, with a product of the "
                    "state as the query");
  list.number("attention.key_units", attention.key_units, 0, kMany,
              "units of a key and of the query of one head with attention.keys: projected; 0: "
              "those of an annotation divided by the heads");
  list.number("attention.value_units", attention.value_units, 0, kMany,
              "units of a value of one head with attention.keys: projected; 0: those of an "
              "annotation divided by the heads");
  list.number("attention.heads", attention.heads, 1, 64,
              "looks of one step side by side, each with projected keys of its own and the score "
              "dot or scaled-dot");
  list.number("attention.context_units", attention.context_units, 0, kMany,
              "units of the context that several heads are mixed to; 0: those of an annotation");
  list.choice<Normaliser>("attention.normaliser", attention.normaliser,
                          {{"softmax", Normaliser::kSoftmax},
                           {"sparsemax", Normaliser::kSparsemax},
                           {"entmax", Normaliser::kEntmax}},
                          "how energies become weights; sparsemax and 1.5-entmax give most "
                          "positions exactly 0");
  list.choice<Energies>("attention.energies", attention.energies,
                        {{"linear", Energies::kLinear}, {"relu", Energies::kRelu}},
                        "activation of the energies");
  list.choice<EndToken>("attention.end_token", attention.end_token,
                        {{"visible", EndToken::kVisible}, {"hidden", EndToken::kHidden}},
                        "whether attention may look at the </s> of the source");
  list.flag("attention.energy_bias", attention.energy_bias, "a bias on the energies");
  list.number("attention.initial_energy_bias", attention.initial_energy_bias, -1000.0, 1000.0,
              "the bias on the energies before training; monotonic attention needs one below 0");
  list.choice<AttentionKind>(
      "attention.kind", attention.kind,
      {{"soft", AttentionKind::kSoft},
       {"monotonic", AttentionKind::kMonotonic},
       {"hard", AttentionKind::kHard},
       {"hard-monotonic", AttentionKind::kHardMonotonic},
       {"hard-monotonic-1", AttentionKind::kHardMonotonicFirstOrder},
       {"fixed", AttentionKind::kFixed},
       {"mean", AttentionKind::kMean},
       {"max", AttentionKind::kMax},
       {"none", AttentionKind::kNone},
       {"stochastic", AttentionKind::kStochastic}},
      "soft averages the annotations; monotonic too, but never moves back; "
      "hard mixes the distributions that each position gives; "
      "hard-monotonic never moves back; hard-monotonic-1 moves on by as "
      "many positions as the last one decides; fixed hands the encoder's last "
      "states to every step, mean the mean of all annotations, max their largest values; none "
      "hands the last states to the first step only; stochastic draws one position in each step, "
      "and REINFORCE trains it");
  list.choice<MonotonicPrediction>(
      "attention.prediction", attention.prediction,
      {{"scan", MonotonicPrediction::kScan}, {"expectation", MonotonicPrediction::kExpectation}},
      "what attention.kind: monotonic does in prediction: it stops at the first position with an "
      "energy above 0, or averages as in training");
  list.number("attention.noise", attention.noise, 0.0, 1000.0,
              "standard deviation of the noise on the energies of attention.kind: monotonic in "
              "training");
  list.choice<Window>(
      "attention.window", attention.window,
      {{"all", Window::kAll}, {"monotonic", Window::kMonotonic}, {"predicted", Window::kPredicted}},
      "where attention looks: everywhere, or in a window around a position that "
      "moves on with each step, or that the state predicts");
  list.number("attention.reach", attention.reach, 1, 1000,
              "positions on each side of the middle of a window, and the furthest move of "
              "attention.kind: hard-monotonic-1");
  list.choice<Coverage>("attention.coverage", attention.coverage,
                        {{"none", Coverage::kNone},
                         {"sum", Coverage::kSum},
                         {"linguistic", Coverage::kLinguistic},
                         {"neural", Coverage::kNeural}},
                        "what additive scores see of the past: the sum of the alignments, that sum "
                        "divided by the fertility of each annotation, or a GRU of each position");
  list.number("attention.coverage_loss", attention.coverage_loss, 0.0, 1e6,
              "factor of the cost of looking again where attention has looked; 0: no cost");
  list.number("attention.fertility", attention.fertility, 0.1, 1000.0,
              "N, the largest fertility of attention.coverage: linguistic");
  list.number("attention.coverage_units", attention.coverage_units, 1, 4096,
              "d, the units of attention.coverage: neural");
  list.number("attention.filters", attention.filters, 1, 4096,
              "filters over the last alignment, of the score location-aware");
  list.number("attention.filter_width", attention.filter_width, 1, 4095,
              "positions that a filter sees, an odd number");
  list.choice<Temporal>("attention.temporal", attention.temporal,
                        {{"none", Temporal::kNone}, {"past", Temporal::kPast}},
                        "past divides the exponential of an energy by those that its position had "
                        "in earlier steps");
  list.choice<Query>(
      "attention.query", attention.query,
      {{"state", Query::kState}, {"state-and-cell", Query::kStateAndCell}},
      "what scores with a weight of the query ask with: the state, or state and cell of an LSTM");
  list.choice<ContextGate>("attention.context_gate", attention.context_gate,
                           {{"none", ContextGate::kNone}, {"scalar", ContextGate::kScalar}},
                           "scalar multiplies the context by σ(w · s + b), as Show, Attend and "
                           "Tell does");
  list.choice<FixedContext>(
      "attention.fixed_context", attention.fixed_context,
      {{"state", FixedContext::kState}, {"tanh", FixedContext::kTanh}},
      "with attention.kind: fixed, mean or max, the context itself or a tanh layer of it");
}

void add_decoder(OptionList& list, DecoderConfig& decoder) {
  list.number("decoder.embedding", decoder.embedding, 1, kMany, "size of the target embeddings");
  add_cell(list, "decoder", decoder.cell,
           {{"gru", Cell::kGru}, {"lstm", Cell::kLstm}, {"none", Cell::kNone}},
           "recurrent cell; none looks with a learned query and has no state, for labels");
  list.number("decoder.units", decoder.units, 1, kMany, "units of the state");
  list.number("decoder.layers", decoder.layers, 1, 64, "layers");
  list.choice<Feedback>("decoder.feedback", decoder.feedback,
                        {{"previous", Feedback::kPrevious}, {"none", Feedback::kNone}},
                        "whether the previous token is fed back");
  list.choice<InputFeeding>(
      "decoder.input_feeding", decoder.input_feeding,
      {{"none", InputFeeding::kNone},
       {"readout", InputFeeding::kReadout},
       {"context", InputFeeding::kContext}},
      "what the last step hands to the next one beside the token, in orders that update first: its "
      "readout (update-look-generate only) or its context");
  list.choice<InputLayer>("decoder.input_layer", decoder.input_layer,
                          {{"none", InputLayer::kNone}, {"linear", InputLayer::kLinear}},
                          "linear mixes the token and what is fed to one vector of the size of the "
                          "embedding");
  list.choice<InitialState>("decoder.initial_state", decoder.initial_state,
                            {{"backward", InitialState::kBackward},
                             {"mean", InitialState::kMean},
                             {"last", InitialState::kLast},
                             {"copy", InitialState::kCopy},
                             {"context", InitialState::kContext},
                             {"zero", InitialState::kZero}},
                            "where the first states come from; copy: the last state of each "
                            "encoder layer becomes the first of its decoder layer; context: from "
                            "the fixed context");
  list.choice<Start>(
      "decoder.start", decoder.start,
      {{"zero", Start::kZero}, {"end", Start::kEnd}, {"own", Start::kOwn}},
      "what the first step reads as the previous token: zeros, the embedding of </s>, or a "
      "learned vector");
  list.choice<Order>("decoder.order", decoder.order,
                     {{"look-update-generate", Order::kLookUpdateGenerate},
                      {"look-generate-update", Order::kLookGenerateUpdate},
                      {"update-look-generate", Order::kUpdateLookGenerate},
                      {"update-look-update", Order::kUpdateLookUpdate}},
                     "order within one step; update-look-update has a second cell, which reads the "
                     "context after the look, as the conditional GRU has");
  list.choice<QueryLayer>("decoder.query_layer", decoder.query_layer,
                          {{"top", QueryLayer::kTop}, {"bottom", QueryLayer::kBottom}},
                          "the layer whose state asks the attention");
  list.choice<ContextLayers>("decoder.context_layers", decoder.context_layers,
                             {{"bottom", ContextLayers::kBottom}, {"all", ContextLayers::kAll}},
                             "the layers that read the context; all are those that a step updates "
                             "after its look");
  list.choice<GruContext>("decoder.gru_context", decoder.gru_context,
                          {{"outside", GruContext::kOutside}, {"inside", GruContext::kInside}},
                          "whether a GRU that resets after the product resets the context's part "
                          "of the candidate too, as the decoder of Cho et al. does");
  list.choice<GruBias>(
      "decoder.second_gru_bias", decoder.second_bias,
      {{"both", GruBias::kBoth}, {"outside", GruBias::kOutside}, {"inside", GruBias::kInside}},
      "biases of the second cell in the order update-look-update, as decoder.gru_bias");
  list.number("decoder.transitions", decoder.transitions, 0, 16,
              "further cells in the order update-look-update, which read nothing but the state");
  list.choice<Readout>("decoder.readout", decoder.readout,
                       {{"tanh", Readout::kTanh},
                        {"maxout", Readout::kMaxout},
                        {"linear", Readout::kLinear},
                        {"activation", Readout::kActivation},
                        {"none", Readout::kNone}},
                       "layer between state and softmax; activation is tanh without weights, for "
                       "decoder.cell: none");
  list.number("decoder.readout_units", decoder.readout_units, 1, kMany, "units of the readout");
  list.choice<Feedback>(
      "decoder.readout_feedback", decoder.readout_feedback,
      {{"previous", Feedback::kPrevious}, {"none", Feedback::kNone}, {"sum", Feedback::kSum}},
      "whether the readout sees the previous token that is fed back; sum adds "
      "its embedding without a matrix");
  list.choice<TiedEmbeddings>("decoder.tied_embeddings", decoder.tied_embeddings,
                              {{"none", TiedEmbeddings::kNone},
                               {"target", TiedEmbeddings::kTarget},
                               {"all", TiedEmbeddings::kAll},
                               {"inputs", TiedEmbeddings::kInputs}},
                              "target: output weights are the target embedding; all: and that is "
                              "the source embedding; inputs: the embeddings alone are one");
  list.choice<SelfAttention>(
      "decoder.self_attention", decoder.self_attention,
      {{"none", SelfAttention::kNone},
       {"dot", SelfAttention::kDot},
       {"general", SelfAttention::kGeneral},
       {"additive", SelfAttention::kAdditive}},
      "score of attention to the decoder's own earlier states, whose context the readout reads");
  list.number("decoder.self_attention_window", decoder.self_attention_window, 0, kMany,
              "with self-attention, how many earlier states it looks at; 0: all");
  list.choice<StateParts>("decoder.self_attention_parts", decoder.self_attention_parts,
                          {{"whole", StateParts::kWhole},
                           {"key-value", StateParts::kKeyValue},
                           {"key-value-predict", StateParts::kKeyValuePredict}},
                          "with self-attention, whether the state is split into a key, a value and "
                          "what the readout reads");
  list.choice<Copy>("decoder.copy", decoder.copy,
                    {{"none", Copy::kNone}, {"pointer", Copy::kPointer}},
                    "pointer lets the decoder copy units of the source, also those that the target "
                    "vocabulary lacks, as the pointer-generator does");
  list.number("decoder.temperature", decoder.temperature, 0.01, 100.0,
              "prediction divides the logits by it, so that probabilities fit how often they are "
              "right");
  list.number(
      "decoder.line_temperature", decoder.line_temperature, 0.01, 100.0,
      "the confidence of a whole prediction is its probability to the power of one by this");
}

}  // namespace

std::vector<Option> options(Configuration& configuration) {
  OptionList list;
  list.text("preset", configuration.preset, "the preset this configuration started from");
  add_side(list, "source", configuration.source);
  add_side(list, "target", configuration.target);
  list.flag("shared_vocabulary", configuration.shared_vocabulary,
            "one vocabulary for source and target");
  add_image(list, configuration.image);
  add_picture_encoder(list, configuration.encoder);
  add_encoder(list, configuration.encoder);
  add_attention(list, configuration.attention);
  add_picture_attention(list, configuration.attention);
  add_decoder(list, configuration.decoder);
  add_training(list, configuration.training);
  add_picture_variation(list, configuration.training);
  return list.take();
}

}  // namespace attend::model

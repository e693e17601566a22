// The typed configuration of a model and of its training: everything that config.yml holds.
//
// Code reads the typed fields. Names of options exist only where text is read or written: options()
// lists every field once with its dotted name, range and help, and config.yml, --set and the
// documentation come from this list.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "model/training_config.h"  // IWYU pragma: export
#include "step/step.h"
#include "text/text.h"
#include "vision/vision.h"

namespace attend::model {

/// Formats of a model folder. A folder is written with the lowest format that can describe its
/// contents, so that older programs can read it where possible.
inline constexpr int kFormatPlain = 1;    ///< float32 weights
inline constexpr int kFormatRounded = 2;  ///< bfloat16 or int8 weights
inline constexpr int kFormatVersion = 2;  ///< the newest that this program reads

// The trainer replaces kAuto in these four before it writes anything.
enum class UnitChoice { kAuto, kCharacters, kCodePoints, kWords, kTokens, kSubwords, kWhole };
enum class NormalisationChoice { kAuto, kNfc, kNfd, kNfkc, kNone };
enum class InvisibleChoice { kAuto, kDrop, kKeep };
enum class EntityChoice { kAuto, kNone, kMarkers };

/// How the text of one side becomes token ids. The defaults of `normalisation` and `invisible` are
/// the preparation of earlier programs, whose folders do not name them; presets choose others.
struct SideConfig {
  UnitChoice unit = UnitChoice::kAuto;
  NormalisationChoice normalisation = NormalisationChoice::kNfc;
  InvisibleChoice invisible = InvisibleChoice::kKeep;
  bool lowercase = false;
  std::string remove;        ///< characters deleted before cutting
  int minimum_count = 1;     ///< units that occur less often are unknown
  int maximum_size = 30000;  ///< units in the vocabulary, reserved ones included; 0: no limit
  int subword_size = 8000;   ///< pieces of the SentencePiece model; the trainer may lower it
  int fixed_length = 0;      ///< pad and cut to this many tokens; 0: the length of the text
  bool end_token = true;     ///< append </s>; in a source, attention can look at it (§1.3)
  /// Whether each of text::kEntityMarkers is a unit wherever it stands; for sources only (§9).
  EntityChoice entities = EntityChoice::kNone;
};

/// Whether a model with this target answers with labels: each is a whole text as one unit.
inline bool answers_with_labels(const SideConfig& target) {
  return target.unit == UnitChoice::kWhole;
}

using step::Cell;
using step::CellConfig;
using step::Gates;
using step::GruBias;
using step::GruReset;
using step::GruUpdate;
using step::MonotonicPrediction;
using step::Normaliser;
using step::StochasticPrediction;
enum class Padding { kMasked, kVisible };  ///< visible needs a fixed source length, §5.1
/// The direction in which the encoder reads. A backward encoder reads the reversed source (§6.1);
/// h_j still belongs to token j.
enum class Direction { kBidirectional, kForward, kBackward };
enum class Energies { kLinear, kRelu };  ///< §5.1
/// Whether the previous token y_{i-1} is an input. kSum, for a readout alone, adds E y_{i-1} to it
/// without a matrix (§7.1).
enum class Feedback { kPrevious, kNone, kSum };
/// How the first state of every decoder layer is computed: it is 0; or a tanh layer of ←h_1
/// (kBackward), of the mean of the annotations (kMean) or of the last state of each direction
/// (kLast), all from the top encoder layer; or a copy of the last states of the encoder layer with
/// the same number (kCopy, §6.1); or a tanh layer of the fixed context (kContext, §3).
enum class InitialState { kZero, kBackward, kMean, kLast, kCopy, kContext };
/// The order within one step (§1.4). kUpdateLookUpdate has two cells, one before and one after the
/// look: the conditional GRU (§4.6).
enum class Order {
  kLookUpdateGenerate,
  kLookGenerateUpdate,
  kUpdateLookGenerate,
  kUpdateLookUpdate
};
/// The embedding E y_0 that the first step reads: zeros, that of </s>, or a vector of its own that
/// is learned (§1.3).
enum class Start { kZero, kEnd, kOwn };
/// The tokens that an encoder reads in reverse order: all, </s> among them, or the words alone,
/// so that it reads </s> last (§6.1).
enum class Reverse { kAll, kWords };
enum class EndToken { kVisible, kHidden };  ///< whether attention may look at the source's </s>
/// How the states of the two directions become an annotation: side by side, or as their sum (§9).
enum class Join { kConcatenate, kSum };
/// How the annotations of a sentence become the one vector that the level above reads (§8): their
/// mean with learned weights, their plain mean, or the largest value of each unit.
enum class Pooling { kAttention, kMean, kMax };
/// How the decoder gets the source. Soft attention hands a weighted mean of the annotations on.
/// Monotonic attention does so too, with weights that never move back (§13.1). Hard attention mixes
/// the output distributions of all positions, where each step chooses a position by itself or
/// (monotonic) none before the position of the last step (§13.2). In a first-order model that
/// position itself decides how far a step moves on. A fixed context is the last
/// states of the top encoder layer, in every step (§3); a mean or max of all annotations takes its
/// place. With none, the decoder sees the source in its first states only (§2). Stochastic
/// attention draws one position in each step and hands its annotation on; REINFORCE trains it
/// (§7.4).
enum class AttentionKind {
  kSoft,
  kMonotonic,
  kHard,
  kHardMonotonic,
  kHardMonotonicFirstOrder,
  kFixed,
  kMean,
  kMax,
  kNone,
  kStochastic
};
/// A fixed context: the last states themselves, or a tanh layer of them (§3).
enum class FixedContext { kState, kTanh };
/// The keys k_j that energies read, and the values v_j that the context averages (§10): the
/// annotations are both; each annotation is [k_j; v_j], two halves; or products W_K h_j and W_V
/// h_j, to which belongs a query W_Q s.
enum class Keys { kAnnotations, kHalves, kProjected };
/// The query: the state h alone, or [h; c] of an LSTM (§13.3).
enum class Query { kState, kStateAndCell };
/// A gate β_i on the context, one number that the query opens (§1.6).
enum class ContextGate { kNone, kScalar };
/// The positions that get weights (§6.3): all, or those of a window whose middle moves on by one
/// position in each step (kMonotonic) or is predicted by the query.
enum class Window { kAll, kMonotonic, kPredicted };
/// What the energies see of earlier alignments: nothing; their sum; their sum, divided by how much
/// attention each annotation asks for; or the state of a GRU for each position (§13.3).
enum class Coverage { kNone, kSum, kLinguistic, kNeural };
/// Whether the exponential of an energy is divided by the sum of those that its position had in
/// earlier steps (§11.1).
enum class Temporal { kNone, kPast };
/// What the last step hands to the bottom layer beside E y_{i-1}: nothing, its readout (§6.4) or
/// its context (§1.6).
enum class InputFeeding { kNone, kReadout, kContext };
enum class InputLayer { kNone, kLinear };  ///< linear: W [E y_{i-1}; what is fed] + b (§1.6)
enum class QueryLayer { kTop, kBottom };   ///< the layer whose state is the query
/// The layers that read the context: the bottom one, or each one that a step updates after its
/// look.
enum class ContextLayers { kBottom, kAll };
/// The place of C c in a GRU: with W x, or with U h, where r is applied to its part of the
/// candidate (§3).
enum class GruContext { kOutside, kInside };
/// What a decoder may copy from the source into the target: nothing, or every source unit with the
/// share that attention gives its positions (the pointer-generator, §13.4).
enum class Copy { kNone, kPointer };
/// The layer between state and output weights. kActivation is tanh without weights (§9).
enum class Readout { kNone, kTanh, kMaxout, kLinear, kActivation };
/// The score of attention to the decoder's own earlier states (§11.2).
enum class SelfAttention { kNone, kDot, kGeneral, kAdditive };
/// What attention to earlier states makes of a state: all of it is key and value; or it consists of
/// a key and a value, or of these and what the readout reads (§11.2).
enum class StateParts { kWhole, kKeyValue, kKeyValuePredict };
/// Tables that are one: the output weights are E_y (kTarget), they and E_y are E_x (kAll), or E_y
/// alone is E_x (kInputs).
enum class TiedEmbeddings { kNone, kTarget, kAll, kInputs };

/// What a source is and how it becomes annotations: a text, which recurrent layers read; a picture,
/// which convolutions read; or a picture that was annotated before, by this program or another one,
/// whose vectors are the annotations (§7).
enum class EncoderKind { kRecurrent, kConvolutional, kFeatures };

/// A recurrent encoder (§4.1, §6.1). Its annotations h_j are [forward; backward] of the top layer,
/// or one of the two, or their sum. With several levels (§8) each sentence is encoded by itself and
/// pooled to one vector; layers with parameters of their own read these vectors, and their
/// annotations h_j belong to sentences. With three levels, h_j belong to paragraphs of sentences.
///
/// A convolutional encoder has `stages`, each of which halves height and width of a picture. Its
/// annotations belong to the regions of the last stage, row by row, and have `units` units; stage k
/// of S has units / 2^(S−1−k). `layers` are the residual blocks of each stage but the first. Of the
/// other fields it reads none, and neither does an encoder of features, which has `units` alone.
struct EncoderConfig {
  EncoderKind kind = EncoderKind::kRecurrent;
  int stages = 4;  ///< of a convolutional encoder
  int groups = 8;  ///< of channels that are normalised together, in each convolution
  /// Whether a layer predicts in training which words the captions of a picture have, from its mean
  /// annotation (§7.2).
  bool bag_of_words = false;
  int embedding = 128;  ///< 0: one-hot vectors
  Direction direction = Direction::kBidirectional;
  CellConfig cell;
  int units = 128;                        ///< n_e, for one direction
  int layers = 1;                         ///< of each level
  Join join = Join::kConcatenate;         ///< with Direction::kBidirectional
  int levels = 1;                         ///< 1: words; 2: words of sentences; 3: of paragraphs
  Pooling pooling = Pooling::kAttention;  ///< of the levels below the top
  int pooling_units = 128;                ///< n' of Pooling::kAttention
  int ngrams = 0;  ///< rows of the table of character n-grams (ngrams.h); 0: none
  /// Units of each of two embeddings beside that of a token: its distances from both entities of a
  /// relation (§9); 0: none.
  int position_units = 0;
  int position_reach = 50;  ///< longer distances count as this one
  /// Normalises the pre-activations of input and recurrence, each gate by itself.
  bool layer_norm = false;
  Padding padding = Padding::kMasked;
  Reverse reverse = Reverse::kAll;  ///< with Direction::kBackward only
  /// Whether words are read backward and then </s>. Such an encoder is a forward one over the
  /// reversed words; its parameters are named backward.
  bool reverses_words() const {
    return direction == Direction::kBackward && reverse == Reverse::kWords;
  }
  /// The direction in which the (perhaps reversed) tokens are read.
  Direction reading() const { return reverses_words() ? Direction::kForward : direction; }
  /// Returns "forward" and "backward", or one of them, in the order of their columns in h_j.
  std::vector<std::string_view> directions() const;
  /// Whether sources are pictures.
  bool reads_pictures() const { return kind != EncoderKind::kRecurrent; }
  /// The residual blocks of a stage of a convolutional encoder, from 0. The maps of the first stage
  /// are so large that blocks there would cost as much as all others.
  int blocks(int stage) const { return stage == 0 ? 0 : layers; }
  /// The channels of a stage of a convolutional encoder, from 0.
  int channels(int stage) const { return units >> (stages - 1 - stage); }
  int annotation_units() const {
    if (reads_pictures()) return units;
    const bool two = direction == Direction::kBidirectional && join == Join::kConcatenate;
    return two ? 2 * units : units;
  }
};

/// The pictures that a model reads.
struct ImageConfig {
  // Pixels that every picture is brought to. An encoder of features does not read them.
  int height = 128;
  int width = 128;
  vision::Fit fit = vision::Fit::kCrop;
  int regions =
      196;  ///< annotations of each picture, for an encoder of features; otherwise not read
};

/// When training with AttentionKind::kStochastic draws a position in a step: always; or with
/// probability ½, for each picture by itself or for a whole batch. Otherwise the expectation over
/// all positions takes its place (§7.4).
enum class Sampling { kAlways, kHalfOfPictures, kHalfOfBatches };
/// The factor of the doubly stochastic cost: λ for each sentence; or λ · batch_size / positions, as
/// the code of Xu et al. has it (§7.3).
enum class DoublyStochasticScale { kPaper, kCode };

/// α_i = normaliser(e_i), e_ij = activation(score(s, h_j) + b_e), §1.5. The query s is s_{i-1}, or
/// s_i in the order update-look-generate. The top layer has it, or the bottom one (QueryLayer).
struct AttentionConfig {
  std::string score = "additive";  ///< the name of a score: a file in src/model/attention
  int units = 128;                 ///< n', of scores with a hidden layer
  int maximum_source = 200;        ///< rows of W of the location score
  Keys keys = Keys::kAnnotations;
  int key_units = 0;      ///< d_k of one head, with Keys::kProjected; 0: n_h / heads
  int value_units = 0;    ///< d_v of one head, with Keys::kProjected; 0: n_h / heads
  int heads = 1;          ///< more than 1 with Keys::kProjected only
  int context_units = 0;  ///< rows of W_O, with several heads; 0: n_h
  Normaliser normaliser = Normaliser::kSoftmax;
  Energies energies = Energies::kLinear;
  bool energy_bias = false;        ///< b_e; it has no effect on a softmax of linear energies
  double initial_energy_bias = 0;  ///< b_e before training
  EndToken end_token = EndToken::kVisible;
  AttentionKind kind = AttentionKind::kSoft;
  MonotonicPrediction prediction = MonotonicPrediction::kScan;  ///< with AttentionKind::kMonotonic
  double noise = 1;  ///< standard deviation, with AttentionKind::kMonotonic in training
  /// How many positions of a source, from the first on, may be looked at; 0: all of them (§6.2).
  int position_limit() const { return score == "location" ? maximum_source : 0; }
  bool looks() const { return !has_fixed_context() && kind != AttentionKind::kNone; }
  /// Whether one context, which no query chooses, serves all steps.
  bool has_fixed_context() const {
    return kind == AttentionKind::kFixed || kind == AttentionKind::kMean ||
           kind == AttentionKind::kMax;
  }
  bool is_hard() const {
    return kind == AttentionKind::kHard || kind == AttentionKind::kHardMonotonic ||
           moves_by_offsets();
  }
  /// Whether the position of the last step decides how far hard attention moves on (§13.2).
  bool moves_by_offsets() const { return kind == AttentionKind::kHardMonotonicFirstOrder; }
  /// The name of a kind of hard attention: "hard-monotonic".
  const char* hard_name() const {
    if (moves_by_offsets()) return "hard-monotonic-1";
    return kind == AttentionKind::kHard ? "hard" : "hard-monotonic";
  }
  Window window = Window::kAll;
  int reach = 10;  ///< D: the window has 2 D + 1 positions, and moves by offsets go up to D
  Coverage coverage = Coverage::kNone;
  double coverage_loss = 0;  ///< λ, the factor of Σ_j min(α_ij, c_ij) in the cost
  double fertility = 2;      ///< N, with Coverage::kLinguistic
  int coverage_units = 10;   ///< d, with Coverage::kNeural
  int filters = 10;          ///< k, of the score location-aware
  int filter_width = 11;     ///< positions that a filter sees, an odd number
  Temporal temporal = Temporal::kNone;
  Query query = Query::kState;
  ContextGate context_gate = ContextGate::kNone;
  FixedContext fixed_context = FixedContext::kState;  ///< with a fixed context
  /// λ of Σ_j (1 − Σ_i α_ij)² in the cost of a sentence: every position should get attention
  /// (§7.3).
  double doubly_stochastic = 0;
  DoublyStochasticScale doubly_stochastic_scale = DoublyStochasticScale::kPaper;
  // With AttentionKind::kStochastic:
  Sampling sampling = Sampling::kHalfOfPictures;
  StochasticPrediction stochastic_prediction = StochasticPrediction::kArgmax;
  /// Whether soft attention's gradient passes where the expectation is taken; in the code of Xu et
  /// al. it does not.
  bool expectation_gradient = false;
  double reward_weight = 0.1;     ///< λ_r, the factor of (log p − b) ∂ log α
  double entropy_weight = 0.002;  ///< λ_e, the factor of the entropy of α
  double baseline_decay = 0.9;    ///< b ← decay · b + (1 − decay) · (−log p)
  bool is_stochastic() const { return kind == AttentionKind::kStochastic; }
};

struct DecoderConfig {
  int embedding = 128;  ///< ignored without feedback
  CellConfig cell;
  int units = 128;                         ///< n
  GruBias second_bias = GruBias::kInside;  ///< of the second cell of Order::kUpdateLookUpdate
  /// The bottom layer reads E y_{i-1} and c_i, and E y_i in place of E y_{i-1} in the order
  /// look-generate-update. In the orders that update first it reads what input feeding hands on
  /// instead of c_i (§1.6).
  int layers = 1;
  Feedback feedback = Feedback::kPrevious;
  Start start = Start::kZero;                        ///< with Feedback::kPrevious
  InputFeeding input_feeding = InputFeeding::kNone;  ///< with the orders that update first
  InputLayer input_layer = InputLayer::kNone;        ///< with input feeding
  InitialState initial_state = InitialState::kBackward;
  Order order = Order::kLookUpdateGenerate;
  QueryLayer query_layer = QueryLayer::kTop;
  ContextLayers context_layers = ContextLayers::kBottom;
  GruContext gru_context = GruContext::kOutside;
  int transitions = 0;  ///< further cells of Order::kUpdateLookUpdate, which read the state alone
  Readout readout = Readout::kTanh;
  int readout_units = 128;  ///< l: units after maxout; only with a readout layer
  /// Whether E y_{i-1} is an input of the readout too.
  Feedback readout_feedback = Feedback::kPrevious;
  TiedEmbeddings tied_embeddings = TiedEmbeddings::kNone;
  SelfAttention self_attention = SelfAttention::kNone;
  int self_attention_window = 0;  ///< L: how many earlier states it looks at; 0: all
  StateParts self_attention_parts = StateParts::kWhole;
  Copy copy = Copy::kNone;
  /// Prediction divides the logits by this number, which makes the probabilities of labels fit how
  /// often they are right; training does not know it.
  double temperature = 1;
  /// T: a prediction of probability p has the confidence p^(1/T), which fits how often whole
  /// predictions are right (§14.1). It changes no prediction.
  double line_temperature = 1;
  /// Whether a layer with weights stands between state and output weights.
  bool has_readout_layer() const {
    return readout != Readout::kNone && readout != Readout::kActivation;
  }
  /// The number of cells in one step. The order kUpdateLookUpdate has one layer and two cells or
  /// more.
  int cells() const { return order == Order::kUpdateLookUpdate ? 2 + transitions : layers; }
  /// Whether a step looks when it has updated the bottom layer alone: the layers above can then
  /// read the context.
  bool looks_between_layers() const {
    return order == Order::kUpdateLookGenerate && query_layer == QueryLayer::kBottom && layers > 1;
  }
  bool ties_output() const {
    return tied_embeddings == TiedEmbeddings::kTarget || tied_embeddings == TiedEmbeddings::kAll;
  }
  bool shares_source_embedding() const {
    return tied_embeddings == TiedEmbeddings::kAll || tied_embeddings == TiedEmbeddings::kInputs;
  }
  /// Units of E y_{i-1} in the bottom layer and in the readout: m_y, or 0 without feedback.
  int previous_units() const { return feedback == Feedback::kPrevious ? embedding : 0; }
  int readout_previous_units() const {
    return readout_feedback == Feedback::kPrevious ? previous_units() : 0;
  }
};

struct Configuration {
  std::string preset = "default";
  SideConfig source;
  SideConfig target;
  bool shared_vocabulary = false;
  ImageConfig image;
  EncoderConfig encoder;
  AttentionConfig attention;
  DecoderConfig decoder;
  TrainingConfig training;

  /// Units of a key and of a value of one head: d_k and d_v, or n_h with Keys::kAnnotations (§10).
  int key_units() const;
  int value_units() const;
  /// Units of the context c_i.
  int context_units() const;
  /// Whether attention looks at units of a text, and not at sentences or at regions of a picture.
  bool looks_at_units() const { return encoder.levels == 1 && !encoder.reads_pictures(); }
  /// The rows and columns of the regions of a picture. Given annotations are taken for a square if
  /// their number is one, else for one row.
  vision::Size grid() const;
  /// The number of regions of a picture: the annotations of each source, where these are pictures.
  int regions() const;
};

/// One field of a configuration, with its dotted name such as "encoder.units".
struct Option {
  std::string name;
  std::string range;                 ///< "1 … 65536", "gru | lstm"
  std::vector<std::string> choices;  ///< the words that it takes; empty for numbers and text
  std::string help;
  std::function<std::string()> get;
  /// Sets the field. Throws UsageError, which names the option, the value found and the range.
  std::function<void(const std::string& value)> set;
};

/// Returns every field of `configuration`, in the order of config.yml. The options refer to
/// `configuration`, which must outlive them.
std::vector<Option> options(Configuration& configuration);

/// Applies assignments "key=value". Another optimiser brings its usual learning rate and epsilon,
/// unless an assignment names them. Throws UsageError for an unknown key (naming the nearest) or a
/// value out of range.
void set_options(Configuration& configuration, std::span<const std::string> assignments);
/// set_options() with one assignment.
void set_option(Configuration& configuration, std::string_view assignment);

/// Reads YAML into `configuration`; fields that it does not name stay. `file` is for messages.
/// Throws UsageError (file:line) for broken YAML, an unknown key or a bad value, and ModelError for
/// a format that is newer than this program.
void read_yaml(Configuration& configuration, const std::string& yaml, const std::string& file);

/// Returns the defaults, changed by the YAML that an earlier program wrote into `file`. Every error
/// in it is a ModelError.
Configuration stored_configuration(const std::string& yaml, const std::string& file);

/// Decides by its name whether an option is taken.
using OptionFilter = std::function<bool(std::string_view name)>;
/// Returns false for options that only steer training, for the name of the preset and for
/// decoder.temperature and decoder.line_temperature: these may change after the training. Of them
/// the temperatures alone change what a model says, its probabilities and its confidence, but the
/// weights fit every temperature.
bool describes_model(std::string_view option);

/// Writes the options that the filter takes; an empty filter takes all.
std::string write_yaml(const Configuration& configuration, int format = kFormatPlain,
                       const OptionFilter& filter = {});

/// An option and its values in two configurations.
struct Difference {
  std::string name, first, second;
};
/// Returns the first option that the filter takes and whose values differ.
std::optional<Difference> find_difference(const Configuration& first, const Configuration& second,
                                          const OptionFilter& filter);

/// An option whose value changes nothing, because of the value of another one.
struct WithoutEffect {
  std::string option;   ///< "attention.key_units"
  std::string because;  ///< the other one with its value: "attention.keys: annotations"
};
/// Returns the options that have another value in `configuration` than in `base`, for example a
/// preset, and that have no effect in `configuration`, in the order of options(). Those that depend
/// on a choice that is still kAuto, or on files, are not among them.
std::vector<WithoutEffect> options_without_effect(const Configuration& configuration,
                                                  const Configuration& base);

/// Throws UsageError when fields contradict each other (tied embeddings of unequal sizes, visible
/// padding without a fixed length, a dot score of states and annotations of unequal sizes, …).
void check(const Configuration& configuration);

struct Preset {
  std::string name;
  std::string description;
  bool has_published_size = false;
};
/// Returns all presets.
const std::vector<Preset>& presets();
/// Returns the preset of that name. Throws UsageError, which lists the presets, when there is none.
Configuration preset(std::string_view name);
/// Returns the model that a preset is named after at the sizes of its paper, trained as there as
/// far as Attend can. Throws UsageError for a preset without a published size, and lists the
/// others.
Configuration published(std::string_view name);

/// Returns the segmenter's options for one side. Throws UsageError where a choice is still kAuto.
text::SegmenterOptions segmenter_options(const SideConfig& side);

/// Replaces each kAuto in `side` by the choice in `stored`, so that a training that is continued
/// keeps the preparation it began with.
void keep_preparation(SideConfig& side, const SideConfig& stored);

}  // namespace attend::model

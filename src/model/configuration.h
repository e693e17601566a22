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
#include "step/step.h"
#include "text/text.h"

namespace attend::model {

/// Formats of a model folder. A folder is written with the lowest format that can describe its
/// contents, so that older programs can read it where possible.
inline constexpr int kFormatPlain = 1;    ///< float32 weights
inline constexpr int kFormatRounded = 2;  ///< bfloat16 or int8 weights
inline constexpr int kFormatVersion = 2;  ///< the newest that this program reads

// The trainer replaces kAuto in these three before it writes anything.
enum class UnitChoice { kAuto, kCharacters, kCodePoints, kWords, kSubwords, kWhole };
enum class NormalisationChoice { kAuto, kNfc, kNfd, kNfkc, kNone };
enum class InvisibleChoice { kAuto, kDrop, kKeep };

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
};

using step::Cell;
using step::CellConfig;
using step::Gates;
using step::GruBias;
using step::GruReset;
using step::GruUpdate;
using step::Initialization;
enum class Padding { kMasked, kVisible };  ///< visible needs a fixed source length, §5.1
/// The direction in which the encoder reads. A backward encoder reads the reversed source (§6.1);
/// h_j still belongs to token j.
enum class Direction { kBidirectional, kForward, kBackward };
enum class Energies { kLinear, kRelu };    ///< §5.1
enum class Feedback { kPrevious, kNone };  ///< whether the previous token y_{i-1} is an input
/// How the first state of every decoder layer is computed: it is 0; or a tanh layer of ←h_1
/// (kBackward), of the mean of the annotations (kMean) or of the last state of each direction
/// (kLast), all from the top encoder layer; or a copy of the last states of the encoder layer with
/// the same number (kCopy, §6.1).
enum class InitialState { kZero, kBackward, kMean, kLast, kCopy };
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
/// How the decoder gets the source. Soft attention hands a weighted mean of the annotations on.
/// Hard attention mixes the output distributions of all positions, where each step chooses a
/// position by itself or (monotonic) none before the position of the last step (§13.2). A fixed
/// context is the last states of the top encoder layer, in every step (§3). With none, the decoder
/// sees the source in its first states only (§2).
enum class AttentionKind { kSoft, kHard, kHardMonotonic, kFixed, kNone };
/// The positions that a softmax runs over: all, or a window around a predicted one (§6.3).
enum class Window { kAll, kPredicted };
/// Whether the energies see the sum of the earlier alignments (§13.3).
enum class Coverage { kNone, kSum };
enum class InputFeeding { kNone, kReadout };  ///< whether the last readout is an input, §6.4
enum class Readout { kNone, kTanh, kMaxout, kLinear };
enum class TiedEmbeddings { kNone, kTarget, kAll };

/// A recurrent encoder (§4.1, §6.1). Its annotations h_j are [forward; backward] of the top layer,
/// or one of the two.
struct EncoderConfig {
  int embedding = 128;  ///< 0: one-hot vectors
  Direction direction = Direction::kBidirectional;
  CellConfig cell;
  int units = 128;  ///< n_e, for one direction
  int layers = 1;
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
  int annotation_units() const {
    return direction == Direction::kBidirectional ? 2 * units : units;
  }
};

/// e_ij = activation(score(s, h_j) + b_e), §1.5. The query s is s_{i-1}, or s_i in the order
/// update-look-generate.
struct AttentionConfig {
  std::string score = "additive";  ///< the name of a score: a file in src/model/attention
  int units = 128;                 ///< n', of scores with a hidden layer
  int maximum_source = 200;        ///< rows of W of the location score
  Energies energies = Energies::kLinear;
  bool energy_bias = false;  ///< b_e; it has no effect on a softmax of linear energies
  EndToken end_token = EndToken::kVisible;
  AttentionKind kind = AttentionKind::kSoft;
  bool looks() const { return kind != AttentionKind::kFixed && kind != AttentionKind::kNone; }
  bool is_hard() const {
    return kind == AttentionKind::kHard || kind == AttentionKind::kHardMonotonic;
  }
  Window window = Window::kAll;
  int reach = 10;  ///< D: the window has 2 D + 1 positions
  Coverage coverage = Coverage::kNone;
  double coverage_loss = 0;  ///< λ, the factor of Σ_j min(α_ij, c_ij) in the cost
};

struct DecoderConfig {
  int embedding = 128;  ///< ignored without feedback
  CellConfig cell;
  int units = 128;                         ///< n
  GruBias second_bias = GruBias::kInside;  ///< of the second cell of Order::kUpdateLookUpdate
  /// The query is the state of the top layer. The bottom layer reads E y_{i-1} and c_i, and E y_i
  /// in place of E y_{i-1} in the order look-generate-update; in the
  /// order update-look-generate it reads the last readout instead of c_i if there is input feeding
  /// (§1.6).
  int layers = 1;
  Feedback feedback = Feedback::kPrevious;
  Start start = Start::kZero;                        ///< with Feedback::kPrevious
  InputFeeding input_feeding = InputFeeding::kNone;  ///< with Order::kUpdateLookGenerate only
  InitialState initial_state = InitialState::kBackward;
  Order order = Order::kLookUpdateGenerate;
  Readout readout = Readout::kTanh;
  int readout_units = 128;  ///< l: units after maxout; ignored by Readout::kNone
  /// Whether E y_{i-1} is an input of the readout too.
  Feedback readout_feedback = Feedback::kPrevious;
  TiedEmbeddings tied_embeddings = TiedEmbeddings::kNone;
  /// The number of cells in one step. The order kUpdateLookUpdate has one layer and two cells.
  int cells() const { return order == Order::kUpdateLookUpdate ? 2 : layers; }
  /// Units of E y_{i-1} in the bottom layer and in the readout: m_y, or 0 without feedback.
  int previous_units() const { return feedback == Feedback::kPrevious ? embedding : 0; }
  int readout_previous_units() const {
    return readout_feedback == Feedback::kPrevious ? previous_units() : 0;
  }
};

enum class OptimizerKind { kSgd, kAdadelta, kAdam, kAdamW, kRmsProp };
/// The cost that is differentiated (§1.3): a sum over a batch, or this sum divided by its sentences
/// or by its target tokens.
enum class LossScale { kSum, kSentenceMean, kTokenMean };
enum class ScheduleKind { kConstant, kPlateau, kInverseSquareRoot, kDecay };

struct OptimizerConfig {
  OptimizerKind kind = OptimizerKind::kAdam;
  double learning_rate = 0.001;  ///< Adadelta: a factor on its update, 1 in the papers
  double momentum = 0.0;         ///< SGD
  double beta1 = 0.9;            ///< Adam, AdamW
  double beta2 = 0.999;          ///< Adam, AdamW
  double rho = 0.95;             ///< decay of the means of squares of Adadelta and RMSProp
  double epsilon = 1e-8;
  double weight_decay = 0.0;  ///< λ: decoupled in AdamW; elsewhere λ θ is added to the gradient
  /// Bound on the global norm of the gradient of the scaled loss; 0: never clip.
  double clip_norm = 1.0;
  LossScale loss_scale = LossScale::kSentenceMean;
};

/// How attention is held to given links (§12.2): −Σ_j A_ij log α_ij, or ½ Σ_j (A_ij − α_ij)², for
/// each target token i that has links.
enum class GuidedLoss { kCrossEntropy, kSquaredError };

/// Costs over the alignment that training adds to the cost of the target tokens (§12.2, §12.3).
struct GuidanceConfig {
  double guided_weight = 0.1;  ///< factor of the loss of links; without links it has no effect
  GuidedLoss guided_loss = GuidedLoss::kCrossEntropy;
  /// Factor of Σ_j α_ij W_ij for each target token i, where W_ij = 1 − exp(−(i/I − j/J)² / (2 g²))
  /// is small near the diagonal.
  double diagonal_weight = 0.0;
  double diagonal_width = 0.2;  ///< g
};

/// The learning rate of update u = 1, 2, …, where lr is OptimizerConfig::learning_rate (§1.7).
///   constant: lr
///   plateau: lr · factor^k; k rises by 1 after `patience` validations without a new best model
///   inverse square root: lr · sqrt(max(warmup, 1) / u) for u > warmup, else lr
///   decay: lr / (1 + decay · (u − 1)), §5.2
/// The rate is then raised to `minimum` if it is lower. While u < warmup, the result of every
/// schedule is multiplied by u / warmup.
struct ScheduleConfig {
  ScheduleKind kind = ScheduleKind::kConstant;
  int warmup = 0;  ///< number of updates; 0: no warm-up
  double decay = 0.0;
  double factor = 0.5;
  int patience = 1;
  double minimum = 0.0;  ///< lower bound of the rate before the factor u / warmup
};

/// Dropout (§1.8): the probability p of dropping a value of each kind, in training only. Kept
/// values are multiplied by 1 / (1 − p).
struct DropoutConfig {
  double embedding = 0.0;  ///< E x_j and E y_{i-1}; not one-hot vectors
  double encoder = 0.0;    ///< the annotations of every encoder layer
  double decoder = 0.0;    ///< what a decoder layer reads from the layer below it
  /// The readout, also where it is fed back; the state if the model has no readout.
  double readout = 0.0;
  /// h_{t-1} in the product with U, in encoder and decoder. One mask serves a whole sequence.
  double recurrent = 0.0;
  /// Whether one mask of each kind serves all steps of a sequence. Otherwise each step has its own.
  bool variational = false;
};

struct TrainingConfig {
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  DropoutConfig dropout;
  double label_smoothing = 0.0;
  GuidanceConfig guidance;
  Initialization initialization = Initialization::kGlorot;
  text::BatchUnit batch_unit = text::BatchUnit::kSentences;
  int batch_size = 64;
  int batches_per_sort = 20;
  int maximum_source_length = 200;  ///< tokens; longer pairs are left out and counted
  int maximum_target_length = 200;
  /// Whether training accepts a blank target, which becomes the token </s> alone.
  /// Predictor::score() and `attend shortlist` also read this: they accept blank targets only for a
  /// model that was trained with them.
  bool allow_empty_targets = false;
  int epochs = 100;          ///< at most this many
  std::int64_t updates = 0;  ///< at most this many; 0: no limit
  double minutes = 0.0;      ///< at most this long, counting training time only; 0: no limit
  /// Share of the pairs held out, by source, when there is no --valid.
  double validation_share = 0.05;
  int validation_maximum = 1000;    ///< at most this many pairs are held out
  std::int64_t validate_every = 0;  ///< updates between validations; 0: validate after every epoch
  std::string metric = "loss";      ///< decides which model is best: loss or the name of a metric
  int patience = 5;  ///< validations without progress before stopping; 0: never stop early
  int beam = 1;      ///< beam size when validation decodes
  double checkpoint_minutes = 1.0;  ///< between checkpoints; every validation also writes one
  std::uint64_t seed = 1;
  int threads = 0;  ///< 0: as many as the machine has processors
  /// Limit in MiB for the memory that the activations of a batch take; 0: no limit.
  int batch_memory = 0;
  /// The number format of the inputs of matrix products. Parameters, sums and everything between
  /// the products stay float32.
  Precision precision = Precision::kFloat32;
};

struct Configuration {
  std::string preset = "default";
  SideConfig source;
  SideConfig target;
  bool shared_vocabulary = false;
  EncoderConfig encoder;
  AttentionConfig attention;
  DecoderConfig decoder;
  TrainingConfig training;
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
/// Returns false for options that only steer training and for the name of the preset: these change
/// no prediction.
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

/// Throws UsageError when fields contradict each other (tied embeddings of unequal sizes, visible
/// padding without a fixed length, a dot score of states and annotations of unequal sizes, …).
void check(const Configuration& configuration);

struct Preset {
  std::string name;
  std::string description;
};
/// Returns the names and descriptions of all presets.
const std::vector<Preset>& presets();
/// Returns the preset of that name. Throws UsageError, which lists the presets, when there is none.
Configuration preset(std::string_view name);

/// Returns the segmenter's options for one side. Throws UsageError where a choice is still kAuto.
text::SegmenterOptions segmenter_options(const SideConfig& side);

/// Replaces each kAuto in `side` by the choice in `stored`, so that a training that is continued
/// keeps the preparation it began with.
void keep_preparation(SideConfig& side, const SideConfig& stored);

}  // namespace attend::model

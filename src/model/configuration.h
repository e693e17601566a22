// The typed configuration of a model and of its training: everything that config.yml holds.
//
// Code reads the typed fields; names exist only at the borders, where options() lists every field
// once with its dotted name, range and help (config.yml, --set and the documentation come from that
// list).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "text/text.h"

namespace attend::model {

/// Of the model folder. A folder has the lowest format that tells what it holds, so that older
/// programs read what they can.
inline constexpr int kFormatPlain = 1;    ///< float32 weights
inline constexpr int kFormatRounded = 2;  ///< bfloat16 or int8 weights
inline constexpr int kFormatVersion = 2;  ///< the newest that this program reads

// Of these three the trainer replaces kAuto before anything is written.
enum class UnitChoice { kAuto, kCharacters, kCodePoints, kWords, kSubwords };
enum class NormalisationChoice { kAuto, kNfc, kNfd, kNfkc, kNone };
enum class InvisibleChoice { kAuto, kDrop, kKeep };

/// How the text of one side becomes token ids. The defaults of normalisation and invisible are the
/// preparation of earlier programs, whose folders do not name it; presets choose others.
struct SideConfig {
  UnitChoice unit = UnitChoice::kAuto;
  NormalisationChoice normalisation = NormalisationChoice::kNfc;
  InvisibleChoice invisible = InvisibleChoice::kKeep;
  bool lowercase = false;
  std::string remove;        ///< characters deleted before cutting
  int minimum_count = 1;     ///< rarer units are unknown
  int maximum_size = 30000;  ///< of the vocabulary, reserved units included; 0: no limit
  int subword_size = 8000;   ///< pieces of the SentencePiece model; the trainer may lower it
  int fixed_length = 0;      ///< pad and cut to this many tokens; 0: as long as the text is
  bool end_token = true;     ///< append </s>; on the source side it can be attended to (§1.3)
};

enum class Cell { kGru, kLstm };
enum class GruReset { kBefore, kAfter };   ///< U(r ⊙ h) or r ⊙ (U h + b), §1.1
enum class GruUpdate { kNew, kOld };       ///< what z multiplies, §1.1
enum class Gates { kLogistic, kHard };     ///< hard: clip(0.2 x + 0.5, 0, 1), §5.1
enum class Padding { kMasked, kVisible };  ///< visible needs a fixed source length, §5.1
/// Which way the encoder reads. A backward encoder reads the reversed source (§6.1); h_j stays with
/// its token.
enum class Direction { kBidirectional, kForward, kBackward };
enum class Score { kAdditive, kDot, kGeneral };  ///< §1.5
enum class Energies { kLinear, kRelu };          ///< §5.1
enum class Feedback { kPrevious, kNone };        ///< whether y_{i-1} enters
/// Where the first state of every decoder layer comes from: 0; a tanh layer over ←h_1, over the
/// mean of the annotations, or over the last state of each direction, all of the top encoder layer;
/// or, by kCopy, the last states of the encoder layer of the same number as they are (§6.1).
enum class InitialState { kZero, kBackward, kMean, kLast, kCopy };
enum class Order { kLookUpdateGenerate, kLookGenerateUpdate, kUpdateLookGenerate };  ///< §1.4
enum class InputFeeding { kNone, kReadout };  ///< whether the last readout enters, §6.4
enum class Readout { kNone, kTanh, kMaxout, kLinear };
enum class TiedEmbeddings { kNone, kTarget, kAll };
enum class Initialization { kGlorot, kNormal };  ///< kNormal: §4.2

struct CellConfig {
  Cell type = Cell::kGru;
  GruReset reset = GruReset::kBefore;
  GruUpdate update = GruUpdate::kNew;
  Gates gates = Gates::kLogistic;
  int gate_count() const { return type == Cell::kGru ? 3 : 4; }
};

/// Recurrent encoder (§4.1, §6.1); annotations h_j = [forward; backward] of the top layer, or one
/// of them.
struct EncoderConfig {
  int embedding = 128;  ///< 0: one-hot vectors
  Direction direction = Direction::kBidirectional;
  CellConfig cell;
  int units = 128;  ///< n, per direction
  int layers = 1;
  bool layer_norm = false;  ///< of input and recurrent pre-activations, each gate by itself
  Padding padding = Padding::kMasked;
  /// "forward", "backward": in the order of their columns in h_j.
  std::vector<std::string_view> directions() const;
  int annotation_units() const {
    return direction == Direction::kBidirectional ? 2 * units : units;
  }
};

/// e_ij = activation(score(s, h_j) + b_e), §1.5; s is s_{i-1}, or s_i where it is updated first.
///   additive: v · tanh(W s + U h_j + b)     dot: s · h_j     general: s · W h_j
struct AttentionConfig {
  Score score = Score::kAdditive;
  int units = 128;  ///< n', additive
  Energies energies = Energies::kLinear;
  bool energy_bias = false;  ///< b_e; a softmax of linear energies does not see it
};

struct DecoderConfig {
  int embedding = 128;  ///< ignored without feedback
  CellConfig cell;
  int units = 128;  ///< n
  /// The query is the state of the top layer. The bottom layer sees E y_{i-1} and beside it c_i, or
  /// in the order update-look-generate what is fed (§1.6).
  int layers = 1;
  Feedback feedback = Feedback::kPrevious;
  InputFeeding input_feeding = InputFeeding::kNone;  ///< with Order::kUpdateLookGenerate only
  InitialState initial_state = InitialState::kBackward;
  Order order = Order::kLookUpdateGenerate;
  Readout readout = Readout::kTanh;
  int readout_units = 128;  ///< l: units behind maxout; ignored by Readout::kNone
  Feedback readout_feedback = Feedback::kPrevious;  ///< whether E y_{i-1} enters the readout too
  TiedEmbeddings tied_embeddings = TiedEmbeddings::kNone;
  /// Units of E y_{i-1} in the bottom layer and in the readout: m_y or 0.
  int previous_units() const { return feedback == Feedback::kPrevious ? embedding : 0; }
  int readout_previous_units() const {
    return readout_feedback == Feedback::kPrevious ? previous_units() : 0;
  }
};

enum class OptimizerKind { kSgd, kAdadelta, kAdam, kAdamW, kRmsProp };
/// The cost that is differentiated (§1.3): summed over a batch, or per sentence or token of it.
enum class LossScale { kSum, kSentenceMean, kTokenMean };
enum class ScheduleKind { kConstant, kPlateau, kInverseSquareRoot, kDecay };

struct OptimizerConfig {
  OptimizerKind kind = OptimizerKind::kAdam;
  double learning_rate = 0.001;  ///< Adadelta: a factor on its update, 1 in the papers
  double momentum = 0.0;         ///< SGD
  double beta1 = 0.9;            ///< Adam, AdamW
  double beta2 = 0.999;
  double rho = 0.95;  ///< Adadelta; RMSProp's decay
  double epsilon = 1e-8;
  double weight_decay = 0.0;  ///< decoupled in AdamW, an L2 gradient elsewhere
  double clip_norm = 1.0;     ///< global norm of the gradient of the scaled loss; 0: never
  LossScale loss_scale = LossScale::kSentenceMean;
};

/// Learning rate of update u = 1, 2, …
///   plateau: × factor after `patience` validations without progress
///   inverse square root: lr · min(u / warmup, sqrt(warmup / u))
///   decay: lr / (1 + decay · (u − 1)), §5.2
/// With warmup > 0 the others rise linearly over as many updates.
struct ScheduleConfig {
  ScheduleKind kind = ScheduleKind::kConstant;
  int warmup = 0;
  double decay = 0.0;
  double factor = 0.5;
  int patience = 1;
  double minimum = 0.0;  ///< the rate never falls below
};

/// Probabilities of dropping, in training only; kept values are scaled by 1 / (1 − p).
struct DropoutConfig {
  double embedding = 0.0;    ///< of embeddings, source and target
  double encoder = 0.0;      ///< of the annotations and between encoder layers
  double decoder = 0.0;      ///< between decoder layers
  double readout = 0.0;      ///< of the readout (of the state without one), also where it is fed
  double recurrent = 0.0;    ///< of h_{t-1} in the recurrent product; always one mask a sequence
  bool variational = false;  ///< one mask for all time steps of a sequence (§1.8)
};

struct TrainingConfig {
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  DropoutConfig dropout;
  double label_smoothing = 0.0;
  Initialization initialization = Initialization::kGlorot;
  text::BatchUnit batch_unit = text::BatchUnit::kSentences;
  int batch_size = 64;
  int batches_per_sort = 20;
  int maximum_source_length = 200;  ///< tokens; longer pairs are left out and counted
  int maximum_target_length = 200;
  /// A blank target is an answer: </s> alone. Whoever scores pairs may ask whether it was learnt.
  bool allow_empty_targets = false;
  int epochs = 100;                 ///< at most
  std::int64_t updates = 0;         ///< at most; 0: no limit
  double minutes = 0.0;             ///< at most, of training time; 0: no limit
  double validation_share = 0.05;   ///< of the pairs, held out by source when there is no --valid
  int validation_maximum = 1000;    ///< pairs held out at most
  std::int64_t validate_every = 0;  ///< updates; 0: every epoch
  std::string metric = "loss";      ///< decides what is best: loss or any metric's name
  int patience = 5;  ///< validations without progress before stopping; 0: never stop early
  int beam = 1;      ///< of the decoding at validation
  double checkpoint_minutes = 1.0;  ///< between checkpoints, beside those of the validations
  std::uint64_t seed = 1;
  int threads = 0;       ///< 0: as many as the machine has
  int batch_memory = 0;  ///< MiB that the activations of a batch may take; 0: as much as they need
  /// Parameters, sums and everything between the products stay float32.
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

/// One field of a configuration under its dotted name, such as "encoder.units".
struct Option {
  std::string name;
  std::string range;                 ///< "1 … 65536", "gru | lstm"
  std::vector<std::string> choices;  ///< the words that it takes; empty for numbers and text
  std::string help;
  std::function<std::string()> get;
  /// UsageError naming the option, the value found and the range.
  std::function<void(const std::string& value)> set;
};

/// Every field of `configuration` in the order of config.yml. The options refer to it: it must
/// outlive them.
std::vector<Option> options(Configuration& configuration);

/// Applies assignments "key=value". Another optimiser brings its usual learning rate and epsilon,
/// unless an assignment names them. UsageError for an unknown key (naming the nearest) or a value
/// out of range.
void set_options(Configuration& configuration, std::span<const std::string> assignments);
/// set_options() with one assignment.
void set_option(Configuration& configuration, std::string_view assignment);

/// Reads YAML over `configuration` (fields that are not named stay). `file` is for messages.
/// UsageError (file:line) for broken YAML, an unknown key, a bad value; ModelError for a newer
/// format.
void read_yaml(Configuration& configuration, const std::string& yaml, const std::string& file);

/// The YAML over the defaults, as an earlier program wrote it into `file`: whatever is wrong with
/// it is a ModelError.
Configuration stored_configuration(const std::string& yaml, const std::string& file);

/// Whether to take the option of that name.
using OptionFilter = std::function<bool(std::string_view name)>;
/// False for what steers a training and for the preset's name: they change no prediction.
bool describes_model(std::string_view option);

/// The options that the filter takes, by default all.
std::string write_yaml(const Configuration& configuration, int format = kFormatPlain,
                       const OptionFilter& filter = {});

/// An option and its values in two configurations.
struct Difference {
  std::string name, first, second;
};
/// The first option that the filter takes and that differs.
std::optional<Difference> find_difference(const Configuration& first, const Configuration& second,
                                          const OptionFilter& filter);

/// UsageError when fields contradict each other (tied embeddings of unequal sizes, visible padding
/// without a fixed length, a dot score of states and annotations of unequal sizes, …).
void check(const Configuration& configuration);

struct Preset {
  std::string name;
  std::string description;
};
/// Names and descriptions of all presets.
const std::vector<Preset>& presets();
/// UsageError naming the presets when there is none of that name.
Configuration preset(std::string_view name);

/// The options of a segmenter of one side. UsageError where a choice is still kAuto.
text::SegmenterOptions segmenter_options(const SideConfig& side);

/// Replaces what is kAuto in `side` by what `stored` has: a training that goes on keeps the
/// preparation that it began with.
void keep_preparation(SideConfig& side, const SideConfig& stored);

}  // namespace attend::model

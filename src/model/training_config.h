// The part of the configuration that says how a model is trained. Internal to src/model: the public
// header is configuration.h.
#pragma once

#include <cstdint>
#include <string>

#include "base/base.h"
#include "step/step.h"
#include "text/text.h"

namespace attend::model {

using step::Initialization;

enum class OptimizerKind { kSgd, kAdadelta, kAdam, kAdamW, kRmsProp };
/// The cost that is differentiated (§1.3): a sum over a batch, or this sum divided by its sentences
/// or by its target tokens.
enum class LossScale { kSum, kSentenceMean, kTokenMean };
/// The embedding tables that training leaves as they began: no gradient, no weight decay. A table
/// that is tied is one table, which stays in all its places. Or all parameters of the encoder.
enum class Freeze { kNone, kSourceEmbedding, kTargetEmbedding, kEmbeddings, kEncoder };
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

/// How much the examples of each label count: all alike; or in balance, so that every label counts
/// as much as the others: N / (labels · n), where n of N examples have the label.
enum class ClassWeights { kNone, kBalanced };

struct TrainingConfig {
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  DropoutConfig dropout;
  double label_smoothing = 0.0;
  /// How training varies the pictures that a convolutional encoder reads: each is moved by up to so
  /// many pixels to each side, and one in two is mirrored.
  int picture_shift = 0;
  bool picture_flip = false;
  /// With EncoderConfig::bag_of_words: the factor of its cost, and the number of epochs, from the
  /// first on, in which it is the only cost.
  double bag_weight = 0.1;
  int bag_epochs = 0;
  ClassWeights class_weights = ClassWeights::kNone;  ///< of models that answer with labels
  GuidanceConfig guidance;
  Initialization initialization = Initialization::kGlorot;
  Freeze freeze = Freeze::kNone;
  text::BatchUnit batch_unit = text::BatchUnit::kSentences;
  int batch_size = 64;
  int batches_per_sort = 20;
  /// Tokens; longer pairs are left out and counted. A model of labels cuts longer sources instead.
  int maximum_source_length = 200;
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

}  // namespace attend::model

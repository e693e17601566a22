// The list of the options of training, which alone defines their names, ranges and help texts.
#include <fmt/format.h>

#include <cstdint>
#include <limits>

#include "model/option_list.h"

namespace attend::model {
namespace {

void add_optimizer(OptionList& list, OptimizerConfig& optimizer) {
  list.choice<OptimizerKind>("training.optimizer", optimizer.kind,
                             {{"sgd", OptimizerKind::kSgd},
                              {"adadelta", OptimizerKind::kAdadelta},
                              {"adam", OptimizerKind::kAdam},
                              {"adamw", OptimizerKind::kAdamW},
                              {"rmsprop", OptimizerKind::kRmsProp}},
                             "optimiser; another one brings its usual learning_rate and epsilon");
  list.number("training.learning_rate", optimizer.learning_rate, 0.0, 1e6, "learning rate");
  list.number("training.momentum", optimizer.momentum, 0.0, 1.0, "momentum of sgd");
  list.number("training.beta1", optimizer.beta1, 0.0, 1.0, "of adam and adamw");
  list.number("training.beta2", optimizer.beta2, 0.0, 1.0, "of adam and adamw");
  list.number("training.rho", optimizer.rho, 0.0, 1.0, "of adadelta and rmsprop");
  list.number("training.epsilon", optimizer.epsilon, 0.0, 1.0, "of the adaptive optimisers");
  list.number("training.weight_decay", optimizer.weight_decay, 0.0, 1.0,
              "decoupled in adamw, an L2 gradient elsewhere");
  list.number("training.clip_norm", optimizer.clip_norm, 0.0, kAnyPositive,
              "largest gradient norm; 0: no limit");
  list.choice<LossScale>("training.loss_scale", optimizer.loss_scale,
                         {{"sum", LossScale::kSum},
                          {"sentence-mean", LossScale::kSentenceMean},
                          {"token-mean", LossScale::kTokenMean}},
                         "the cost that is differentiated and clipped");
}

void add_schedule(OptionList& list, ScheduleConfig& schedule) {
  list.choice<ScheduleKind>("training.schedule", schedule.kind,
                            {{"constant", ScheduleKind::kConstant},
                             {"plateau", ScheduleKind::kPlateau},
                             {"inverse-square-root", ScheduleKind::kInverseSquareRoot},
                             {"decay", ScheduleKind::kDecay}},
                            "how the learning rate falls");
  list.number("training.warmup", schedule.warmup, 0, kMany, "updates of linear warm-up");
  list.number("training.decay", schedule.decay, 0.0, 1e6, "decay: rate / (1 + decay · updates)");
  list.number("training.plateau_factor", schedule.factor, 0.0, 1.0, "plateau: factor on the rate");
  list.number("training.plateau_patience", schedule.patience, 1, kMany,
              "plateau: validations without progress before the rate falls");
  list.number("training.minimum_learning_rate", schedule.minimum, 0.0, 1e6, "lowest rate");
}

void add_dropout(OptionList& list, DropoutConfig& dropout) {
  const auto probability = [&](const char* name, double& field, const char* help) {
    list.number(fmt::format("training.dropout_{}", name), field, 0.0, 0.99, help);
  };
  probability("embedding", dropout.embedding, "dropout of embeddings");
  probability("encoder", dropout.encoder, "dropout of annotations and between encoder layers");
  probability("decoder", dropout.decoder, "dropout between decoder layers");
  probability("readout", dropout.readout, "dropout of the readout");
  probability("recurrent", dropout.recurrent, "dropout of the recurrent state");
  list.flag("training.dropout_variational", dropout.variational,
            "one dropout mask for all steps of a sequence");
}

void add_guidance(OptionList& list, GuidanceConfig& guidance) {
  list.number("training.guided_weight", guidance.guided_weight, 0.0, 1e6,
              "factor of the cost of attention that does not follow the links of --links");
  list.choice<GuidedLoss>(
      "training.guided_loss", guidance.guided_loss,
      {{"cross-entropy", GuidedLoss::kCrossEntropy}, {"squared-error", GuidedLoss::kSquaredError}},
      "the cost of a target token with links: −Σ A log α, or ½ Σ (A − α)²");
  list.number("training.diagonal_weight", guidance.diagonal_weight, 0.0, 1e6,
              "factor of the cost of attention away from the diagonal; 0: no cost");
  list.number(
      "training.diagonal_width", guidance.diagonal_width, 0.001, 1000.0,
      "how far from the diagonal attention may look at little cost, as a share of the text");
}

}  // namespace

void add_training(OptionList& list, TrainingConfig& training) {
  constexpr std::int64_t kUpdates = std::int64_t{1} << 40;
  add_optimizer(list, training.optimizer);
  add_schedule(list, training.schedule);
  add_dropout(list, training.dropout);
  list.number("training.label_smoothing", training.label_smoothing, 0.0, 0.99, "label smoothing");
  list.choice<ClassWeights>(
      "training.class_weights", training.class_weights,
      {{"none", ClassWeights::kNone}, {"balanced", ClassWeights::kBalanced}},
      "balanced lets every label count alike, however many examples it has (target.unit: whole)");
  add_guidance(list, training.guidance);
  list.choice<Initialization>(
      "training.initialization", training.initialization,
      {{"glorot", Initialization::kGlorot}, {"normal", Initialization::kNormal}},
      "initial weights; normal is the rule of the RNNsearch paper");
  list.choice<Freeze>(
      "training.freeze", training.freeze,
      {{"none", Freeze::kNone},
       {"source-embedding", Freeze::kSourceEmbedding},
       {"target-embedding", Freeze::kTargetEmbedding},
       {"embeddings", Freeze::kEmbeddings},
       {"encoder", Freeze::kEncoder}},
      "embedding tables, or all parameters of the encoder, that stay as they begin, for "
      "example as the vectors of --source-vectors or as --initial-model");
  list.choice<text::BatchUnit>(
      "training.batch_unit", training.batch_unit,
      {{"sentences", text::BatchUnit::kSentences}, {"tokens", text::BatchUnit::kTokens}},
      "what batch_size counts");
  list.number("training.batch_size", training.batch_size, 1, kMany, "size of a batch");
  list.number("training.batches_per_sort", training.batches_per_sort, 0, kMany,
              "batches whose examples are sorted by length together; 0: none");
  list.number(
      "training.maximum_source_length", training.maximum_source_length, 1, kMany,
      "longer pairs are left out (tokens); with target.unit: whole, longer sources are cut");
  list.number("training.maximum_target_length", training.maximum_target_length, 1, kMany,
              "longer pairs are left out (tokens)");
  list.flag("training.allow_empty_targets", training.allow_empty_targets,
            "a pair may have an empty target, which the model learns to answer");
  list.number("training.epochs", training.epochs, 1, kMany, "epochs at most");
  list.number("training.updates", training.updates, std::int64_t{0}, kUpdates,
              "updates at most; 0: no limit");
  list.number("training.minutes", training.minutes, 0.0, kAnyPositive,
              "minutes of training at most; 0: no limit");
  list.number("training.validation_share", training.validation_share, 0.0, 0.9,
              "share of the pairs held out when there is no --valid, at least one pair");
  list.number("training.validation_maximum", training.validation_maximum, 1, kMany,
              "pairs held out at most");
  list.number("training.validate_every", training.validate_every, std::int64_t{0}, kUpdates,
              "updates between validations; 0: every epoch");
  list.text("training.metric", training.metric,
            "what decides the best model: loss, a metric of attend evaluate, "
            "alignment_error_rate (--valid-links) or alignment_entropy");
  list.number("training.patience", training.patience, 0, kMany,
              "validations in which neither metric nor loss got better before stopping; 0: never");
  list.number("training.beam", training.beam, 1, 1000, "beam of the decoding at validation");
  list.number("training.checkpoint_minutes", training.checkpoint_minutes, 0.0, kAnyPositive,
              "minutes between checkpoints");
  list.number("training.seed", training.seed, std::uint64_t{0},
              std::numeric_limits<std::uint64_t>::max(), "seed of everything random");
  list.number("training.threads", training.threads, 0, 1024,
              "threads, each with a shard of every batch; 0: all processors");
  list.number("training.batch_memory", training.batch_memory, 0, kMany,
              "MiB for the activations of a batch, which is worked off in parts; 0: no limit");
  list.choice<Precision>("training.precision", training.precision,
                         {{"float32", Precision::kFloat32}, {"bfloat16", Precision::kBfloat16}},
                         "of matrix products in the fused functions");
}

}  // namespace attend::model

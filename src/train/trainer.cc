#include "train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "base/base.h"
#include "predictor/predictor.h"
#include "train/epoch_batches.h"
#include "train/schedule.h"
#include "train/validation.h"

namespace attend::train {
namespace {

using Clock = std::chrono::steady_clock;
using model::TrainingConfig;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

int thread_count(const TrainingConfig& training) {
  return training.threads > 0 ? training.threads
                              : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

// Says which limit ended a training that has nothing left to do.
std::string how_to_go_on(StopReason reason, const TrainingConfig& training) {
  if (reason != StopReason::kEarly) return "this training is finished; raise a limit to go on";
  return fmt::format(
      "this training is finished: {} validations in a row brought no progress; raise "
      "training.patience (now {}) to go on, or set it to 0",
      training.patience, training.patience);
}

}  // namespace

Trainer::Trainer(Session session, const std::function<void(const Progress&)>& report,
                 const std::function<bool()>& stop)
    : session_(std::move(session)),
      report_(report),
      stop_(stop),
      training_(session_.configuration().training),
      sharded_(session_.configuration(), session_.data.text.sizes(), thread_count(training_)),
      optimizer_(training_.optimizer, sharded_.values()),
      began_(Clock::now()),
      saved_(Clock::now()) {}

double Trainer::seconds() const { return position_.seconds + since(began_); }

double Trainer::rate() const {
  return learning_rate(training_.optimizer, training_.schedule, position_.update,
                       position_.plateau_factor);
}

void Trainer::message(std::string text) const {
  Progress event = progress(Progress::Kind::kMessage);
  event.message = std::move(text);
  report_(event);
}

Progress Trainer::progress(Progress::Kind kind) const {
  Progress event;
  event.kind = kind;
  event.epoch = static_cast<int>(position_.epoch) + 1;
  event.update = position_.update;
  event.updates_in_epoch = updates_in_epoch_;
  event.update_in_epoch = position_.batch;
  event.loss = position_.train_tokens > 0
                   ? position_.train_loss / static_cast<double>(position_.train_tokens)
                   : 0.0;
  event.learning_rate = rate();
  if (training_seconds_ > 0) {
    event.pairs_per_second = static_cast<double>(pairs_) / training_seconds_;
    event.tokens_per_second = static_cast<double>(tokens_) / training_seconds_;
  }
  event.seconds = seconds();
  event.seconds_left = seconds_left();
  event.metric_name = training_.metric;
  return event;
}

double Trainer::seconds_left() const {
  double left = std::numeric_limits<double>::infinity();
  if (training_.minutes > 0) left = std::max(0.0, training_.minutes * 60.0 - seconds());
  if (updates_ == 0 || updates_in_epoch_ == 0) return left;
  const double each = since(began_) / static_cast<double>(updates_);
  const auto whole = static_cast<double>(training_.epochs * updates_in_epoch_);
  const auto done = static_cast<double>(position_.epoch * updates_in_epoch_ + position_.batch);
  left = std::min(left, std::max(0.0, whole - done) * each);
  if (training_.updates > 0) {
    left = std::min(left, static_cast<double>(training_.updates - position_.update) * each);
  }
  return left;
}

void Trainer::restore() {
  const Checkpoint& checkpoint = *session_.checkpoint;
  position_ = checkpoint.position;
  const auto read = [&](const std::string& name, const Tensor& buffer) {
    const auto values = checkpoint.tensors.get(name).values;
    if (!sharded_.layout().read(values, buffer)) {
      throw ModelError(fmt::format(
          "{}: '{}' has {} values, expected {}: another version wrote it; remove the folder to "
          "begin anew",
          checkpoint_path(session_.options.folder).string(), name, values.size(), buffer.numel()));
    }
  };
  read("values", sharded_.values());
  for (const auto& [name, buffer] : optimizer_.state()) read("optimizer." + name, buffer);
  // The best model so far must be readable, because the training may never find a better one.
  if (position_.has_best) model::Weights::load(session_.options.folder / "model.safetensors");
  history_.emplace(session_.options.folder, position_.update);
  message(fmt::format("going on after update {}", position_.update));
  if (checkpoint.threads != sharded_.workers().count()) {
    message(fmt::format("{} threads instead of {}: results will differ in the last digits",
                        sharded_.workers().count(), checkpoint.threads));
  }
}

// Lets parameters start with the values of another model that the session has read.
void Trainer::use_parameters() {
  if (!session_.parameters) return;
  const network::Tensors parameters = sharded_.layout().views(sharded_.values());
  const InitialParameters initial = *std::exchange(session_.parameters, std::nullopt);
  for (const std::string& name : initial.names) {
    const std::span<const float> values = initial.weights.get(name).values;
    std::copy(values.begin(), values.end(), parameters.at(name).data_ptr<float>());
  }
}

// Lets embeddings start with the word vectors that the session has read.
void Trainer::use_vectors() {
  const network::Tensors parameters = sharded_.layout().views(sharded_.values());
  for (const InitialRows& rows : std::exchange(session_.vectors, {})) {
    const Tensor& table = parameters.at(rows.parameter);
    kernels::copy_rows(rows.values, static_cast<std::size_t>(table.size(1)), rows.ids,
                       fused::rows_of(table));
  }
}

void Trainer::begin() {
  lock_.emplace(session_.options.folder);
  remove_leftovers(session_.options.folder);  // files of a run that was killed
  remove_leftovers(checkpoint_path(session_.options.folder).parent_path());
  for (const std::string& text : session_.data.messages) message(text);
  if (session_.checkpoint) {
    restore();
    model::save_text(session_.options.folder, session_.data.text);  // the limits may have changed
    draw();
    return;
  }
  model::save_text(session_.options.folder, session_.data.text);
  history_.emplace(session_.options.folder, -1);
  use_parameters();
  use_vectors();
  // If the checkpoint or the curves cannot be written, the training fails now and not later.
  save_checkpoint_now();
  draw();
  message(fmt::format("{} parameters", sharded_.layout().parameters()));
  if (training_.precision == Precision::kBfloat16 && !kernels::has_bfloat16_units()) {
    message("this processor has no units for bfloat16: training in float32 would be faster");
  }
}

std::optional<StopReason> Trainer::finished() const {
  const bool by_time = training_.minutes > 0 && seconds() >= training_.minutes * 60.0;
  const bool by_updates = training_.updates > 0 && position_.update >= training_.updates;
  if (training_.patience > 0 && position_.without_progress >= training_.patience) {
    return StopReason::kEarly;
  }
  if (by_time || by_updates || position_.epoch >= training_.epochs) return StopReason::kFinished;
  return std::nullopt;
}

TrainResult Trainer::run() {
  begin();
  std::optional<StopReason> reason = finished();
  if (reason) message(how_to_go_on(*reason, training_));
  while (!reason) train_epoch(reason);
  if (*reason != StopReason::kInterrupted && position_.validated_at != position_.update) validate();
  const bool fitted = *reason != StopReason::kInterrupted && fit_label_temperature();
  if (updates_ > 0 || fitted) save_checkpoint_now();
  return {*reason, position_.update, position_.best};
}

// Makes the probabilities of labels fit how often the best model is right on the validation pairs,
// and returns true. A temperature that belongs to these weights stays, whether a training or
// `attend evaluate` has fitted it.
bool Trainer::fit_label_temperature() {
  if (!position_.has_best || !position_.weights_changed) return false;
  if (!predictor::answers_with_one_label(session_.configuration())) return false;
  const double given = session_.options.configuration.decoder.temperature;
  if (session_.configuration().decoder.temperature != given) return false;
  for (std::string& text :
       fit_temperature(session_.data, session_.options.folder, thread_count(training_))) {
    message(std::move(text));
  }
  position_.weights_changed = false;
  return true;
}

// Decodes the pictures of these batches in the background.
void Trainer::decode_ahead(std::span<const std::vector<std::uint32_t>> batches) {
  if (session_.data.pictures == nullptr) return;
  std::vector<PictureStore::Batch> examples;
  for (const auto& batch : batches) examples.push_back(examples_of(batch));
  session_.data.pictures->decode_ahead(examples);
}

std::vector<const model::Example*> Trainer::examples_of(
    std::span<const std::uint32_t> batch) const {
  std::vector<const model::Example*> examples;
  for (const std::uint32_t index : batch) examples.push_back(&session_.data.training[index]);
  return examples;
}

void Trainer::train_epoch(std::optional<StopReason>& reason) {
  const auto batches =
      epoch_batches(session_.data.training, session_.configuration(), position_.epoch);
  updates_in_epoch_ = static_cast<std::int64_t>(batches.size());
  decode_ahead(std::span(batches).subspan(static_cast<std::size_t>(position_.batch)));
  const std::int64_t epoch = position_.epoch;
  while (!reason && position_.epoch == epoch) {
    update(batches[static_cast<std::size_t>(position_.batch)]);
    const bool bag_only = is_bag_epoch();
    ++position_.batch;
    report_(progress(Progress::Kind::kUpdate));
    if (position_.batch == updates_in_epoch_) {
      position_.batch = 0;
      ++position_.epoch;
    }
    if (!bag_only && validation_due()) validate();  // before, the decoder has not learned
    reason = finished();
    if (!reason && stop_()) reason = StopReason::kInterrupted;
    if (since(saved_) >= training_.checkpoint_minutes * 60.0) save_checkpoint_now();
  }
}

void Trainer::fail_if_not_finite(double value, const char* what) const {
  if (std::isfinite(value)) return;
  throw Error(
      fmt::format("the {} is not finite at update {}: lower training.learning_rate (now {:g}), set "
                  "training.clip_norm or add training.warmup; the last checkpoint stays",
                  what, position_.update, rate()));
}

void Trainer::update(std::span<const std::uint32_t> batch) {
  const auto start = Clock::now();
  const std::vector<const model::Example*> examples = examples_of(batch);
  if (session_.data.pictures != nullptr) session_.data.pictures->hold(examples);
  ++position_.update;
  const bool bag_only = is_bag_epoch();
  const bool follows_bag =
      training_.bag_epochs > 0 && position_.epoch == training_.bag_epochs && position_.batch == 0;
  if (follows_bag) begin_loss();  // the cost of the bag is none of a target token
  const BatchSums sums =
      sharded_.compute_gradient(examples, position_.update, {position_.baseline, bag_only});
  fail_if_not_finite(sums.cost, "loss");
  fail_if_not_finite(sums.gradient_norm, "norm of the gradient");
  sharded_.update(optimizer_, {rate(), position_.update,
                               clip_scale(sums.gradient_norm, training_.optimizer.clip_norm)});
  if (!bag_only) note_reward(sums);
  position_.train_loss += bag_only ? sums.cost : -sums.log_likelihood;
  position_.train_tokens += sums.tokens;
  pairs_ += sums.sentences;
  tokens_ += sums.tokens;
  ++updates_;
  training_seconds_ += since(start);
}

// Moves the baseline of stochastic attention towards the cost of a token of this batch (§7.4).
void Trainer::note_reward(const BatchSums& sums) {
  const model::AttentionConfig& attention = session_.configuration().attention;
  if (!attention.is_stochastic()) return;
  const double cost = -sums.log_likelihood / static_cast<double>(sums.tokens);
  const double kept = attention.baseline_decay;
  position_.baseline = kept * position_.baseline + (1 - kept) * cost;
}

void Trainer::begin_loss() {
  position_.train_loss = 0;
  position_.train_tokens = 0;
}

bool Trainer::is_bag_epoch() const { return position_.epoch < training_.bag_epochs; }

bool Trainer::validation_due() const {
  return training_.validate_every > 0 ? position_.update % training_.validate_every == 0
                                      : position_.batch == 0;
}

// Computes the validation loss per target token; </s> counts as a token.
double Trainer::validation_loss() {
  constexpr std::size_t kBatch = 64;
  std::vector<const model::Example*> sorted;
  for (const model::Example& example : session_.data.validation) sorted.push_back(&example);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const model::Example* a, const model::Example* b) {
                     return std::pair(a->target.size(), a->source.tokens.size()) <
                            std::pair(b->target.size(), b->source.tokens.size());
                   });
  double sum = 0;
  std::int64_t tokens = 0;
  for (std::size_t begin = 0; begin < sorted.size(); begin += kBatch) {
    const std::size_t count = std::min(kBatch, sorted.size() - begin);
    const std::span<const model::Example* const> batch(sorted.data() + begin, count);
    if (session_.data.pictures != nullptr) session_.data.pictures->hold(batch);
    const BatchSums sums = sharded_.evaluate(batch);
    sum -= sums.log_likelihood;
    tokens += sums.tokens;
  }
  return sum / static_cast<double>(tokens);
}

// Updates the state of schedule and patience, and returns whether this validation is the best so
// far. A new lowest loss restarts patience, because a metric of whole sequences stays near 0 long
// after a model has begun to learn.
bool Trainer::note_validation(double metric, double loss) {
  const bool learns = position_.validations == 0 || loss < position_.lowest_loss;
  const bool best = !position_.has_best || is_better(training_.metric, metric, position_.best) ||
                    (metric == position_.best && learns);  // the lower loss wins a tie
  if (learns) {
    position_.lowest_loss = loss;
    position_.without_progress = 0;
  } else {
    ++position_.without_progress;
  }
  if (best) {
    position_.best = metric;
    position_.has_best = true;
    position_.without_progress = position_.plateau_without_progress = 0;
    return true;
  }
  ++position_.plateau_without_progress;
  if (training_.schedule.kind == model::ScheduleKind::kPlateau &&
      position_.plateau_without_progress >= training_.schedule.patience) {
    position_.plateau_factor *= training_.schedule.factor;
    position_.plateau_without_progress = 0;
  }
  return false;
}

// Writes better weights. The temperatures become those that were given, because those of the folder
// were fitted to other weights.
void Trainer::save_better(const model::Weights& weights) {
  model::ModelText& text = session_.data.text;
  const model::DecoderConfig& given = session_.options.configuration.decoder;
  text.configuration.decoder.line_temperature = given.line_temperature;
  text.configuration.decoder.temperature = given.temperature;
  const std::filesystem::path& folder = session_.options.folder;
  model::save_temperature(folder, text, Precision::kFloat32, given.temperature);
  model::save_weights(folder, text, weights);
  position_.weights_changed = true;
}

void Trainer::validate() {
  Progress event = progress(Progress::Kind::kValidation);
  if (position_.batch == 0) {  // an epoch has just ended
    --event.epoch;
    event.update_in_epoch = updates_in_epoch_;
  }
  const double loss = validation_loss();
  fail_if_not_finite(loss, "validation loss");
  const model::Weights weights = network::make_weights(sharded_.layout(), sharded_.values(), {});
  event.validation_loss = event.validation_metric = loss;
  if (training_.metric != "loss") {
    event.validation_metric =
        decode_metric(session_.data, weights, training_.metric, training_.beam, sharded_.workers());
  }
  event.best = note_validation(event.validation_metric, loss);
  event.seconds = seconds();
  if (event.best) save_better(weights);
  history_->append({position_.update, event.epoch, event.loss, loss, training_.metric,
                    event.validation_metric, event.best, event.learning_rate,
                    event.pairs_per_second, event.seconds});
  begin_loss();
  ++position_.validations;
  position_.validated_at = position_.update;
  save_checkpoint_now();
  draw();
  report_(event);
}

void Trainer::save_checkpoint_now() {
  fail_if_not_finite(sharded_.layout().largest(sharded_.values()), "largest parameter");
  std::map<std::string, model::TensorView> tensors;
  const auto add = [&](const std::string& name, const Tensor& buffer) {
    tensors[name] = {{buffer.numel()}, fused::span_of(buffer)};
  };
  add("values", sharded_.values());
  for (const auto& [name, buffer] : optimizer_.state()) add("optimizer." + name, buffer);
  Checkpoint checkpoint{
      position_,
      model::write_yaml(session_.data.text.configuration),
      session_.asked,
      session_.data.fingerprint,
      sharded_.workers().count(),
      model::Weights(std::move(tensors), nullptr, model::provenance(session_.data.text))};
  checkpoint.position.seconds = seconds();
  save_checkpoint(session_.options.folder, checkpoint);
  saved_ = Clock::now();
  report_(progress(Progress::Kind::kCheckpoint));
}

void Trainer::draw() const {
  if (!session_.options.plot.empty()) draw_history(history_->records(), session_.options.plot);
}

}  // namespace attend::train

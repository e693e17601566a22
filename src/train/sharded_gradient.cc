#include "train/sharded_gradient.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

#include "train/epoch_batches.h"
#include "train/memory.h"

namespace attend::train {

BatchSums operator+(const BatchSums& a, const BatchSums& b) {
  return {a.cost + b.cost, a.log_likelihood + b.log_likelihood, a.tokens + b.tokens,
          a.sentences + b.sentences};
}

void use_one_thread_per_call() {
  at::set_num_threads(1);
  // OpenBLAS has its own threads. It is not linked directly, but libblas may be OpenBLAS.
  using SetThreads = void (*)(int);
  const auto set_threads =
      reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set_threads != nullptr) set_threads(1);
}

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kLargestInArena = 32 << 20;  // the largest value that glibc accepts
  mallopt(M_MMAP_THRESHOLD, kLargestInArena);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

ShardedGradient::ShardedGradient(const model::Configuration& configuration,
                                 const model::VocabularySizes& sizes, int threads,
                                 std::size_t smallest_queued, network::DecoderPath path)
    : configuration_(configuration),
      sizes_(sizes),
      memory_(configuration, sizes),
      layout_(model::parameter_table(configuration, sizes)),
      weights_(std::make_shared<fused::PackedWeights>(configuration.training.precision)),
      row_blocks_(layout_.row_blocks(model::frozen_parameters(configuration))),
      workers_(threads) {
  use_one_thread_per_call();
  keep_freed_memory();
  values_ = network::initial_values(layout_, configuration.training.seed, at::kFloat);
  std::vector<network::Leaves> leaves;
  std::vector<std::span<float>> buffers;
  const std::vector<std::string> frozen = model::frozen_parameters(configuration);
  for (int i = 0; i < threads; ++i) {
    buffers.push_back(fused::span_of(leaves.emplace_back(layout_, values_, frozen).gradient));
  }
  if (threads > 1)
    queue_.emplace(weights_->primitives(), parameter_ranges(), buffers, smallest_queued);
  if (queue_ && !queue_->takes_any()) queue_.reset();
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const auto matrices =
        std::make_shared<fused::ShardMatrices>(weights_, queue_ ? &*queue_ : nullptr, i);
    network::Network network(configuration, leaves[i].tensors,
                             std::make_shared<fused::FusedOperations>(matrices, path));
    shards_.push_back(std::make_unique<Shard>(Shard{std::move(leaves[i]), std::move(network)}));
  }
  gradient_ = shards_[0]->leaves.gradient;
  find_queued();
}

// Maps the begin of each parameter in the flat buffers to its end.
std::map<std::size_t, std::size_t> ShardedGradient::parameter_ranges() const {
  std::map<std::size_t, std::size_t> result;
  for (std::size_t k = 0; k < layout_.table().size(); ++k) {
    const std::size_t first = fused::to_size(layout_.offsets()[k]);
    result.emplace(first, first + fused::to_size(layout_.table()[k].count()));
  }
  return result;
}

// Finds the row blocks whose gradients come from the queue.
void ShardedGradient::find_queued() {
  queued_.assign(row_blocks_.size(), false);
  if (!queue_) return;
  const auto all = parameter_ranges();
  for (std::size_t i = 0; i < row_blocks_.size(); ++i) {
    const auto [begin, end] = *std::prev(all.upper_bound(row_blocks_[i].first));
    queued_[i] = queue_->sums_in(begin, end - begin);
  }
  known_blocks_ = queue_->block_count();
}

double ShardedGradient::scale(std::span<const model::Example* const> batch) const {
  switch (configuration_.training.optimizer.loss_scale) {
    case model::LossScale::kSum:
      return 1.0;
    case model::LossScale::kSentenceMean:
      return 1.0 / static_cast<double>(batch.size());
    case model::LossScale::kTokenMean:
      break;
  }
  std::size_t tokens = 0;
  for (const model::Example* example : batch) tokens += example->target.size();
  return 1.0 / static_cast<double>(tokens);
}

void ShardedGradient::start(Task& task, std::size_t index,
                            std::span<const model::Example* const> batch,
                            std::int64_t update) const {
  const model::TrainingConfig& training = configuration_.training;
  task.examples = shard_of(batch, index, shards_.size());
  const bool keeps =
      kernels::keeps_logit_gradient(training.precision, fused::to_size(sizes_.target));
  task.parts = parts_of(task.examples, keeps ? sizes_.target : 0);
  task.dropout.emplace(training.dropout, training.seed, update, static_cast<int>(index));
  float* gradient = shards_[index]->leaves.gradient.data_ptr<float>();
  for (std::size_t i = 0; i < row_blocks_.size() && !cleared_; ++i) {
    if (!queued_[i]) std::fill_n(gradient + row_blocks_[i].first, row_blocks_[i].count(), 0.0F);
  }
}

void ShardedGradient::run_part(Task& task, std::size_t index, std::size_t part, double cost_scale) {
  try {
    if (part < task.parts.size()) {
      network::Batch batch = network::make_batch(task.parts[part], values_.options());
      batch.baseline = state_.baseline;
      batch.bag_only = state_.bag_only;
      const network::LossSums sums =
          shards_[index]->network.accumulate_gradient(batch, &*task.dropout, cost_scale);
      task.sums =
          task.sums + BatchSums{sums.cost, sums.log_likelihood, batch.tokens, batch.sentences};
    }
    if (queue_) queue_->drain(index, workers_.spin_time());
  } catch (...) {
    if (queue_) queue_->cancel();
    throw;
  }
}

// Cuts a shard into parts that fit into its share of the memory for activations. All shards have
// equal shares.
std::vector<std::span<const model::Example* const>> ShardedGradient::parts_of(
    std::span<const model::Example* const> shard, std::int64_t kept_logits) const {
  const std::int64_t limit = std::int64_t{configuration_.training.batch_memory} << 20;
  const auto shards = static_cast<std::int64_t>(shards_.size());
  return cut_by_memory(memory_, kept_logits, shard,
                       limit == 0 ? 0 : std::max<std::int64_t>(1, limit / shards));
}

// Adds the gradients that did not go through the queue to the first shard's buffer and clears them
// in the other buffers. Returns the norm of the whole gradient.
double ShardedGradient::add_shards() {
  const std::optional<double> queued = queue_ ? queue_->squares() : std::nullopt;
  std::vector<double> squares(row_blocks_.size());
  workers_.for_each(row_blocks_.size(), [&](std::size_t index) {
    if (queued_[index] && queued) return;
    const RowBlock& block = row_blocks_[index];
    const auto values = [&](std::size_t shard) {
      return shards_[shard]->leaves.gradient.data_ptr<float>() + block.first;
    };
    std::vector<const float*> others;
    for (std::size_t i = 1; i < shards_.size() && !queued_[index]; ++i) others.push_back(values(i));
    squares[index] = kernels::add_and_square(values(0), others, block.count());
    for (std::size_t i = 1; i < shards_.size() && !queued_[index]; ++i) {
      std::fill_n(values(i), block.count(), 0.0F);
    }
  });
  return std::sqrt(std::accumulate(squares.begin(), squares.end(), queued.value_or(0.0)));
}

void ShardedGradient::update(Optimizer& optimizer, const UpdateOptions& options) {
  float* gradient = gradient_.data_ptr<float>();
  const float* values = values_.data_ptr<float>();
  weights_->begin_changes();
  optimizer.step(values_, gradient_, options, workers_, row_blocks_, [&](std::size_t index) {
    const RowBlock& block = row_blocks_[index];
    weights_->pack_rows({values + block.first, block.columns}, block.rows);
    if (!queued_[index]) std::fill_n(gradient + block.first, block.count(), 0.0F);
  });
  cleared_ = true;
}

BatchSums ShardedGradient::compute_gradient(std::span<const model::Example* const> batch,
                                            std::int64_t update, const PassState& state) {
  std::vector<Task> tasks(shards_.size());
  state_ = state;
  const double cost_scale = scale(batch);
  // This also clears the buffers, before any thread adds a product to the first one.
  weights_->refresh(workers_, tasks.size(),
                    [&](std::size_t shard) { start(tasks[shard], shard, batch, update); });
  cleared_ = false;
  if (queue_) queue_->begin_update();
  std::size_t parts = 1;
  for (std::size_t part = 0; part < parts; ++part) {
    if (queue_) queue_->begin_part();
    workers_.run([&](int index) {
      const auto shard = static_cast<std::size_t>(index);
      run_part(tasks[shard], shard, part, cost_scale);
    });
    for (const Task& task : tasks) parts = std::max(parts, task.parts.size());
  }
  if (queue_) queue_->end_update();
  if (queue_ && queue_->block_count() > known_blocks_) find_queued();
  BatchSums sums;
  for (const Task& task : tasks) sums = sums + task.sums;
  sums.gradient_norm = add_shards();
  return sums;
}

BatchSums ShardedGradient::evaluate(std::span<const model::Example* const> batch) {
  std::vector<BatchSums> results(shards_.size());
  weights_->refresh(workers_);
  workers_.run([&](int index) {
    const at::NoGradGuard no_gradient;
    const auto shard = static_cast<std::size_t>(index);
    const auto examples = shard_of(batch, shard, shards_.size());
    for (const auto part : parts_of(examples, 0)) {
      const network::Batch tensors = network::make_batch(part, values_.options());
      const network::LossSums sums = shards_[shard]->network.evaluate(tensors);
      results[shard] = results[shard] +
                       BatchSums{sums.cost, sums.log_likelihood, tensors.tokens, tensors.sentences};
    }
  });
  return std::accumulate(results.begin(), results.end(), BatchSums());
}

}  // namespace attend::train

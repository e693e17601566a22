#include "train/engine.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "train/memory.h"

namespace attend::train {
namespace {

// Every count-th example from `index` on: neighbours in a batch are of similar length. Long sources
// come first, so that the encoder can leave those that have ended out of its steps.
std::vector<const Example*> shard_of(std::span<const Example* const> batch, std::size_t index,
                                     std::size_t count) {
  std::vector<const Example*> result;
  for (std::size_t i = index; i < batch.size(); i += count) result.push_back(batch[i]);
  std::stable_sort(result.begin(), result.end(), [](const Example* a, const Example* b) {
    return a->source.size() > b->source.size();
  });
  return result;
}

}  // namespace

BatchSums operator+(const BatchSums& a, const BatchSums& b) {
  return {a.cost + b.cost, a.log_likelihood + b.log_likelihood, a.tokens + b.tokens,
          a.sentences + b.sentences};
}

void use_one_thread_per_call() {
  at::set_num_threads(1);
  // OpenBLAS has threads of its own when it stands behind libblas; it is not linked directly.
  using SetThreads = void (*)(int);
  const auto set_threads =
      reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set_threads != nullptr) set_threads(1);
}

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kLargestInArena = 32 << 20;  // the most that glibc takes
  mallopt(M_MMAP_THRESHOLD, kLargestInArena);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

TrainingEngine::TrainingEngine(const model::Configuration& configuration,
                               const model::VocabularySizes& sizes, int threads)
    : configuration_(configuration),
      layout_(model::parameter_table(configuration, sizes)),
      products_(std::make_shared<Products>(configuration.training.precision)),
      workers_((use_one_thread_per_call(), keep_freed_memory(), threads)) {
  values_ = initial_values(layout_, configuration.training.seed, at::kFloat);
  for (int i = 0; i < threads; ++i) {
    Leaves leaves(layout_, values_);
    Network network(configuration, leaves.tensors, Path::kFastest, products_);
    shards_.push_back(std::make_unique<Shard>(Shard{std::move(leaves), std::move(network)}));
  }
  gradient_ = shards_[0]->leaves.gradient;
}

double TrainingEngine::scale(std::span<const Example* const> batch) const {
  switch (configuration_.training.optimizer.loss_scale) {
    case model::LossScale::kSum:
      return 1.0;
    case model::LossScale::kSentenceMean:
      return 1.0 / static_cast<double>(batch.size());
    case model::LossScale::kTokenMean:
      break;
  }
  std::size_t tokens = 0;
  for (const Example* example : batch) tokens += example->target.size();
  return 1.0 / static_cast<double>(tokens);
}

BatchSums TrainingEngine::run_shard(std::size_t index, std::span<const Example* const> examples,
                                    double cost_scale, std::int64_t update) {
  Shard& shard = *shards_[index];
  const Tensor& gradient = shard.leaves.gradient;
  std::memset(gradient.data_ptr<float>(), 0, gradient.nbytes());  // faster than zero_()
  const model::TrainingConfig& training = configuration_.training;
  Dropout dropout(training.dropout, training.seed, update, static_cast<int>(index));
  BatchSums result;
  for (const auto part : parts_of(examples)) {
    const Batch batch = make_batch(part, values_.options());
    const kernels::CrossEntropySums sums =
        shard.network.accumulate_gradient(batch, &dropout, cost_scale);
    result = result + BatchSums{sums.cost, sums.log_likelihood, batch.tokens, batch.sentences};
  }
  return result;
}

// What of a shard fits into the memory for activations, which all shards share.
std::vector<std::span<const Example* const>> TrainingEngine::parts_of(
    std::span<const Example* const> shard) const {
  const std::int64_t limit = std::int64_t{configuration_.training.batch_memory} << 20;
  const auto shards = static_cast<std::int64_t>(shards_.size());
  return cut_by_memory(configuration_, shard,
                       limit == 0 ? 0 : std::max<std::int64_t>(1, limit / shards));
}

// Gathers the shards' gradients in the first one's buffer; returns their sum's norm.
double TrainingEngine::add_shards() {
  std::vector<double> squares(shards_.size());
  workers_.run([&](int index) {
    const auto [first, count] = workers_.share(index, gradient_.numel());
    std::vector<const float*> others;
    for (std::size_t i = 1; i < shards_.size(); ++i) {
      others.push_back(shards_[i]->leaves.gradient.data_ptr<float>() + first);
    }
    squares[static_cast<std::size_t>(index)] = kernels::add_and_square(
        gradient_.data_ptr<float>() + first, others, static_cast<std::size_t>(count));
  });
  return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
}

BatchSums TrainingEngine::compute_gradient(std::span<const Example* const> batch,
                                           std::int64_t update) {
  std::vector<BatchSums> parts(shards_.size());
  const double cost_scale = scale(batch);
  products_->refresh(workers_);
  workers_.run([&](int index) {
    const auto shard = static_cast<std::size_t>(index);
    parts[shard] = run_shard(shard, shard_of(batch, shard, shards_.size()), cost_scale, update);
  });
  BatchSums sums = std::accumulate(parts.begin(), parts.end(), BatchSums());
  sums.gradient_norm = add_shards();
  return sums;
}

BatchSums TrainingEngine::evaluate(std::span<const Example* const> batch) {
  std::vector<BatchSums> results(shards_.size());
  products_->refresh(workers_);
  workers_.run([&](int index) {
    const at::NoGradGuard no_gradient;
    const auto shard = static_cast<std::size_t>(index);
    const auto examples = shard_of(batch, shard, shards_.size());
    for (const auto part : parts_of(examples)) {
      const Batch tensors = make_batch(part, values_.options());
      const kernels::CrossEntropySums sums = shards_[shard]->network.evaluate(tensors);
      results[shard] = results[shard] +
                       BatchSums{sums.cost, sums.log_likelihood, tensors.tokens, tensors.sentences};
    }
  });
  return std::accumulate(results.begin(), results.end(), BatchSums());
}

}  // namespace attend::train

#include "train/pictures.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <thread>
#include <utility>

#include "base/base.h"

namespace attend::train {

PictureStore::PictureStore(predictor::Pictures pictures, std::size_t kept, int threads)
    : pictures_(std::move(pictures)),
      most_(kept / std::max<std::size_t>(1, pictures_.bytes())),
      threads_(threads) {}

// Few pictures are ahead where they are large.
vision::DecodeAheadOptions PictureStore::ahead_options(int threads) const {
  constexpr std::size_t kBytes = std::size_t{1} << 28, kMost = 64;
  vision::DecodeAheadOptions options;
  const int processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  options.threads = std::min(threads > 0 ? threads : processors, kMostThreads);
  options.ahead =
      std::clamp<std::size_t>(kBytes / std::max<std::size_t>(1, pictures_.bytes()), 1, kMost);
  return options;
}

void PictureStore::stop_ahead() {
  ahead_.reset();
  expected_.clear();
  places_.clear();
  order_.clear();
  added_ = taken_ = 0;
}

model::Picture PictureStore::take_ahead() {
  model::Picture picture{*ahead_->next(), {}};
  ++decoded_ahead_;
  return picture;
}

void PictureStore::expect(std::span<const std::string* const> names) {
  stop_ahead();
  if (!pictures_.decodes()) return;
  for (const std::string* name : names) {
    if (numbers_.contains(*name)) continue;
    if (places_.emplace(*name, expected_.size()).second) expected_.push_back(*name);
  }
  std::vector<std::size_t> all(expected_.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  ahead_.emplace(
      std::move(all),
      [this](std::size_t number) { return pictures_.read(expected_[number]).image; },
      ahead_options(threads_));
}

// Returns a picture, which was decoded ahead if its turn has come. Throws as Pictures::read().
model::Picture PictureStore::read_expected(const std::string& name) {
  const auto place = places_.find(name);
  const bool is_ahead = place != places_.end() && place->second >= added_;
  if (!is_ahead) return pictures_.read(name);  // such as another caption of a broken picture
  for (; added_ < place->second; ++added_) {
    try {
      ahead_->next();  // the lines of this picture were left out
    } catch (const DataError&) {
    }
  }
  ++added_;
  return take_ahead();
}

std::shared_ptr<const model::Picture> PictureStore::add(const std::string& name) {
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return slots_[found->second];
  std::optional<model::Picture> picture;
  if (kept_ < most_ || pictures_.decodes()) {
    picture = read_expected(name);
  } else {
    pictures_.check(name);
  }
  numbers_.emplace(name, names_.size());
  names_.push_back(name);
  slots_.push_back(std::make_shared<model::Picture>());
  numbers_of_slots_.emplace(slots_.back().get(), slots_.size() - 1);
  if (picture && kept_ < most_) put(slots_.size() - 1, std::move(*picture));
  return slots_.back();
}

std::uint64_t PictureStore::fingerprint() const {
  std::uint64_t value = pictures_.fingerprint();
  for (const std::string& name : names_) {
    const std::uint64_t bytes = pictures_.bytes_of_file(name);
    if (bytes > 0) value = mix(value ^ bytes);
  }
  return value;
}

bool PictureStore::is_in_memory(Number number) const {
  const model::Picture& picture = *slots_[number];
  return !picture.image.pixels.empty() || !picture.features.empty();
}

// Returns the pictures of examples that are not in memory, each once, in the order of the examples.
std::vector<PictureStore::Number> PictureStore::missing(
    std::span<const model::Example* const> examples) const {
  std::vector<Number> result;
  std::set<Number> seen;
  for (const model::Example* example : examples) {
    const Number number = numbers_of_slots_.at(example->source.picture.get());
    if (!is_in_memory(number) && seen.insert(number).second) result.push_back(number);
  }
  return result;
}

void PictureStore::decode_ahead(std::span<const Batch> batches) {
  stop_ahead();
  if (!pictures_.decodes()) return;
  std::set<Number> stay;  // pictures that are still there when a later batch asks for them
  for (const Batch& batch : batches) {
    for (const Number number : missing(batch)) {
      if (stay.contains(number)) continue;
      if (kept_ + stay.size() < most_) stay.insert(number);
      order_.push_back(number);
    }
  }
  if (order_.empty()) return;
  ahead_.emplace(
      order_, [this](std::size_t number) { return pictures_.read(names_[number]).image; },
      ahead_options(1));
}

// Returns the contents of a picture: what was decoded ahead, if its turn has come.
model::Picture PictureStore::read(Number number) {
  while (taken_ < order_.size() && order_[taken_] != number && is_in_memory(order_[taken_])) {
    ++taken_;  // another use of the store has read it
    ahead_->next();
  }
  if (taken_ == order_.size() || order_[taken_] != number) return pictures_.read(names_[number]);
  ++taken_;
  return take_ahead();
}

void PictureStore::put(Number number, model::Picture picture) {
  *slots_[number] = std::move(picture);
  if (kept_ < most_) {
    ++kept_;
  } else {
    passing_.push_back(number);
  }
}

void PictureStore::hold(std::span<const model::Example* const> examples) {
  for (const Number number : std::exchange(passing_, {})) *slots_[number] = {};
  for (const Number number : missing(examples)) put(number, read(number));
}

}  // namespace attend::train

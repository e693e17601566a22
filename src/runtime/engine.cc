#include <utility>

#include "base/base.h"
#include "runtime/decoder.h"
#include "runtime/encoder.h"
#include "runtime/runtime.h"

namespace attend::runtime {
namespace {

using text::TokenId;

class RecurrentEngine final : public model::Engine {
 public:
  RecurrentEngine(const model::Configuration& configuration, const model::VocabularySizes& sizes,
                  std::optional<TokenId> end, model::Weights weights)
      : weights_(std::move(weights)),
        encoder_(configuration.encoder, static_cast<std::size_t>(sizes.source), weights_),
        decoder_(configuration, static_cast<std::size_t>(sizes.target), weights_),
        target_vocabulary_(static_cast<std::size_t>(sizes.target)),
        end_(configuration.target.end_token ? end : std::nullopt),
        fixed_length_(configuration.target.end_token
                          ? 0
                          : static_cast<std::size_t>(configuration.target.fixed_length)) {}

  std::unique_ptr<model::Decoding> annotate(
      std::span<const std::vector<TokenId>> sources) const override {
    return decoder_.start(encoder_.annotate(sources));
  }
  std::size_t target_vocabulary() const override { return target_vocabulary_; }
  std::optional<TokenId> end() const override { return end_; }
  std::size_t fixed_target_length() const override { return fixed_length_; }

 private:
  model::Weights weights_;  // what follows refers to them
  Encoder encoder_;
  Decoder decoder_;
  std::size_t target_vocabulary_;
  std::optional<TokenId> end_;
  std::size_t fixed_length_;
};

}  // namespace

std::unique_ptr<model::Engine> make_engine(const model::Configuration& configuration,
                                           const model::VocabularySizes& sizes,
                                           std::optional<TokenId> end,
                                           const model::Weights& weights) {
  weights.check_against(model::parameter_table(configuration, sizes));
  if (configuration.target.end_token) {
    ATTEND_CHECK(end && *end >= 0 && *end < sizes.target);
  }
  return std::make_unique<RecurrentEngine>(configuration, sizes, end, weights);
}

}  // namespace attend::runtime

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "base/base.h"
#include "runtime/decoder.h"
#include "runtime/encoder.h"
#include "runtime/picture_encoder.h"
#include "runtime/program.h"
#include "runtime/runtime.h"

namespace attend::runtime {
namespace {

using text::TokenId;

// Attention may not look at the last position of any source.
void hide_ends(Annotations& annotations) {
  if (annotations.allowed.empty()) annotations.allowed.assign(annotations.positions(), 1);
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    annotations.allowed[annotations.starts[source] + annotations.lengths[source] - 1] = 0;
  }
}

// Hands what may be copied from the sources to the decoder.
void keep_copies(std::span<const model::Source> sources, Annotations& annotations) {
  for (const model::Source& source : sources) {
    const model::Copies& copies = source.copies;
    ATTEND_CHECK(copies.ids.empty() || copies.ids.size() == source.tokens.size());
    annotations.copies.push_back(copies);
  }
}

std::unique_ptr<const DecodingModel> make_decoder(const model::Configuration& configuration,
                                                  const model::VocabularySizes& sizes,
                                                  std::optional<TokenId> end,
                                                  const model::Weights& weights,
                                                  Precision precision, DecoderPath path) {
  const auto vocabulary = static_cast<std::size_t>(sizes.target);
  const bool has_plan = model::has_plan(configuration);
  ATTEND_CHECK(path != DecoderPath::kPlan || has_plan);
  if (has_plan && path != DecoderPath::kProgram) {
    return std::make_unique<Decoder>(configuration, vocabulary, end, weights, precision);
  }
  return std::make_unique<ProgramDecoder>(model::step_program(configuration, sizes), configuration,
                                          vocabulary, end, weights, precision);
}

// A decoding of sources of several levels, which also tells the weights of the levels below.
class DocumentDecoding final : public model::Decoding {
 public:
  DocumentDecoding(std::unique_ptr<model::Decoding> steps, std::vector<PoolingWeights> pooling)
      : steps_(std::move(steps)), pooling_(std::move(pooling)) {}

  model::StepResult step(std::span<const model::StepRow> rows) override {
    return steps_->step(rows);
  }
  void keep_best(std::size_t count) override { steps_->keep_best(count); }
  std::span<const float> pooling_weights(std::size_t source, std::size_t level) const override {
    if (level >= pooling_.size() || pooling_[level].values.empty()) return {};
    const std::vector<std::size_t>& starts = pooling_[level].starts;
    return std::span(pooling_[level].values)
        .subspan(starts[source], starts[source + 1] - starts[source]);
  }

 private:
  std::unique_ptr<model::Decoding> steps_;
  std::vector<PoolingWeights> pooling_;  // of the levels, from the words up
};

using AnyEncoder = std::variant<Encoder, PictureEncoder>;

AnyEncoder make_encoder(const model::Configuration& configuration, std::size_t vocabulary,
                        const Tensors& tensors) {
  if (configuration.encoder.kind == model::EncoderKind::kRecurrent) {
    return Encoder(configuration.encoder, vocabulary, tensors);
  }
  return PictureEncoder(configuration, tensors);
}

class RecurrentEngine final : public model::Engine {
 public:
  RecurrentEngine(const model::Configuration& configuration, const model::VocabularySizes& sizes,
                  std::optional<TokenId> end, model::Weights weights, const EngineOptions& options)
      : weights_(std::move(weights)),
        precision_(options.precision.value_or(weights_.precision())),
        shortlist_(options.shortlist),
        encoder_(make_encoder(configuration, static_cast<std::size_t>(sizes.source),
                              Tensors(weights_, "", precision_))),
        decoder_(make_decoder(configuration, sizes,
                              configuration.target.end_token ? end : std::nullopt, weights_,
                              precision_, options.path)),
        hides_end_(configuration.attention.end_token == model::EndToken::kHidden),
        copies_(configuration.decoder.copy != model::Copy::kNone),
        target_vocabulary_(static_cast<std::size_t>(sizes.target)),
        end_(configuration.target.end_token ? end : std::nullopt),
        fixed_length_(configuration.target.end_token
                          ? 0
                          : static_cast<std::size_t>(configuration.target.fixed_length)),
        levels_(configuration.encoder.levels) {}

  std::unique_ptr<model::Decoding> annotate(std::span<const model::Source> sources) const override {
    Annotations annotations = annotate_sources(sources);
    if (hides_end_) hide_ends(annotations);
    if (copies_) keep_copies(sources, annotations);
    if (!annotations.pooling.empty()) {
      std::vector<PoolingWeights> pooling = std::move(annotations.pooling);
      return std::make_unique<DocumentDecoding>(start(sources, std::move(annotations)),
                                                std::move(pooling));
    }
    return start(sources, std::move(annotations));
  }
  std::vector<std::vector<float>> annotations(
      std::span<const model::Source> sources) const override {
    const Annotations found = annotate_sources(sources);
    std::vector<std::vector<float>> result;
    for (std::size_t k = 0; k < found.sources(); ++k) {
      const std::span<const float> own = found.values.span().subspan(
          found.starts[k] * found.units, found.lengths[k] * found.units);
      result.emplace_back(own.begin(), own.end());
    }
    return result;
  }
  std::size_t target_vocabulary() const override { return target_vocabulary_; }
  std::optional<TokenId> end() const override { return end_; }
  std::size_t fixed_target_length() const override { return fixed_length_; }
  bool has_alignment() const override { return decoder_->has_alignment(); }
  std::size_t positions(const model::Source& source) const override {
    return model::count_annotations(source, levels_);
  }

 private:
  Annotations annotate_sources(std::span<const model::Source> sources) const {
    return std::visit([&](const auto& encoder) { return encoder.annotate(sources); }, encoder_);
  }
  std::unique_ptr<model::Decoding> start(std::span<const model::Source> sources,
                                         Annotations annotations) const {
    if (!shortlist_) return decoder_->start(std::move(annotations), {});
    std::vector<std::vector<TokenId>> tokens;
    for (const model::Source& source : sources) tokens.push_back(source.tokens);
    std::vector<TokenId> candidates = shortlist_->candidates(tokens);
    if (end_ && !std::binary_search(candidates.begin(), candidates.end(), *end_)) {
      candidates.insert(std::lower_bound(candidates.begin(), candidates.end(), *end_), *end_);
    }
    return decoder_->start(std::move(annotations), std::move(candidates));
  }

  model::Weights weights_;  // the members below refer to them
  Precision precision_;
  std::shared_ptr<const model::Shortlist> shortlist_;
  AnyEncoder encoder_;
  std::unique_ptr<const DecodingModel> decoder_;
  bool hides_end_;  // whether attention may not look at the </s> of a source
  bool copies_;     // whether the decoder copies units of a source
  std::size_t target_vocabulary_;
  std::optional<TokenId> end_;
  std::size_t fixed_length_;
  int levels_;  // of the encoder
};

}  // namespace

bool has_instructions(Precision precision) {
  return precision != Precision::kInt8 || kernels::is_supported(kernels::Int8Way::kVnni);
}

std::unique_ptr<model::Engine> make_engine(const model::Configuration& configuration,
                                           const model::VocabularySizes& sizes,
                                           std::optional<TokenId> end,
                                           const model::Weights& weights,
                                           const EngineOptions& options) {
  weights.check_against(model::parameter_table(configuration, sizes));
  if (configuration.target.end_token) {
    ATTEND_CHECK(end && *end >= 0 && *end < sizes.target);
  }
  if (options.shortlist) model::check_shortlist(configuration);
  return std::make_unique<RecurrentEngine>(configuration, sizes, end, weights, options);
}

}  // namespace attend::runtime

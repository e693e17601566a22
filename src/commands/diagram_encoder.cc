// The boxes of an encoder, from the configuration.
#include <fmt/format.h>

#include <array>

#include "commands/diagram.h"

namespace attend::commands {
namespace {

using model::EncoderConfig;

/// A chain of boxes, each of which reads the one before.
class Chain {
 public:
  explicit Chain(view::Diagram& diagram) : diagram_(diagram) {}
  std::size_t add(std::vector<std::string> lines, view::BoxKind kind = view::BoxKind::kEncoder) {
    const std::size_t place = diagram_.boxes.size();
    diagram_.boxes.push_back({std::move(lines), kind});
    if (!first_) diagram_.arrows.push_back({place - 1, place});
    first_ = false;
    return place;
  }

 private:
  view::Diagram& diagram_;
  bool first_ = true;
};

std::string layers_text(const EncoderConfig& encoder) {
  const char* cell = encoder.cell.type == model::Cell::kGru ? "GRU" : "LSTM";
  const bool two = encoder.direction == model::Direction::kBidirectional;
  const char* reading = two                                               ? "forward and backward"
                        : encoder.direction == model::Direction::kForward ? "forward"
                                                                          : "backward";
  return fmt::format("{}{} {}", encoder.layers > 1 ? fmt::format("{} × ", encoder.layers) : "",
                     cell, reading);
}

std::string pooling_text(model::Pooling pooling) {
  switch (pooling) {
    case model::Pooling::kAttention:
      return "attention to its positions";
    case model::Pooling::kMean:
      return "mean of its positions";
    case model::Pooling::kMax:
      break;
  }
  return "largest value of each unit";
}

std::size_t add_pictures(view::Diagram& diagram, const model::Configuration& c) {
  Chain chain(diagram);
  const EncoderConfig& encoder = c.encoder;
  if (encoder.kind == model::EncoderKind::kFeatures) {
    return chain.add({"annotations h_j", "given vectors of regions",
                      fmt::format("{} × {}", c.regions(), encoder.units)},
                     view::BoxKind::kInput);
  }
  chain.add({"source", "picture, height × width × colours",
             fmt::format("{} × {} × 3", c.image.height, c.image.width)},
            view::BoxKind::kInput);
  std::size_t last = 0;
  for (int stage = 0; stage < encoder.stages; ++stage) {
    const bool top = stage + 1 == encoder.stages;
    const int blocks = encoder.blocks(stage);
    last = chain.add({top ? "annotations h_j" : fmt::format("stage {}", stage + 1),
                      blocks == 0 ? std::string("convolution, half the size")
                                  : fmt::format("convolution and {} residual block{}", blocks,
                                                blocks == 1 ? "" : "s"),
                      top ? fmt::format("{} × {}", c.regions(), encoder.units)
                          : fmt::format("{} × {} × {}", c.image.height >> (stage + 1),
                                        c.image.width >> (stage + 1), encoder.channels(stage))});
  }
  return last;
}

}  // namespace

std::size_t add_encoder(view::Diagram& diagram, const model::Configuration& c,
                        const model::VocabularySizes& sizes) {
  const EncoderConfig& encoder = c.encoder;
  if (encoder.reads_pictures()) return add_pictures(diagram, c);
  Chain chain(diagram);
  const std::string tokens = encoder.levels > 1 ? "all tokens" : "T";
  chain.add({"source", "tokens x_j",
             sizes.source > 0 ? fmt::format("{} of {} units", tokens, sizes.source) : tokens},
            view::BoxKind::kInput);
  std::string embedding = "embedding E x_j";
  if (encoder.ngrams > 0) embedding += " and n-grams";
  if (encoder.position_units > 0) embedding += " and distances";
  const int units = encoder.embedding + 2 * encoder.position_units;
  chain.add(encoder.embedding == 0
                ? std::vector<std::string>{"source vectors", "one-hot", tokens + " × vocabulary"}
                : std::vector<std::string>{"source vectors", embedding,
                                           fmt::format("{} × {}", tokens, units)});
  constexpr std::array<std::string_view, 3> kLevels = {"token", "sentence", "paragraph"};
  for (int level = 0; level + 1 < encoder.levels; ++level) {
    const auto at = static_cast<std::size_t>(level);
    chain.add({fmt::format("{} annotations", kLevels.at(at)), layers_text(encoder),
               fmt::format("all {}s × {}", kLevels.at(at), encoder.annotation_units())});
    chain.add({fmt::format("{} vectors", kLevels.at(at + 1)), pooling_text(encoder.pooling),
               level + 2 == encoder.levels
                   ? fmt::format("T × {}", encoder.annotation_units())
                   : fmt::format("all {}s × {}", kLevels.at(at + 1), encoder.annotation_units())});
  }
  return chain.add(
      {"annotations h_j", layers_text(encoder), fmt::format("T × {}", encoder.annotation_units())});
}

}  // namespace attend::commands

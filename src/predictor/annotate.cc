// The annotations of pictures, for a file of features.
#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "base/base.h"
#include "predictor/predictor.h"

namespace attend::predictor {

std::vector<PictureAnnotations> Predictor::annotate_pictures(std::span<const std::string> names,
                                                             int threads) const {
  if (!text().configuration.encoder.reads_pictures()) {
    throw UsageError("this model reads texts; annotations of pictures need a model of pictures");
  }
  if (models_ > 1) throw UsageError("several models have no annotations in common");
  if (pictures() == nullptr) {
    throw UsageError(
        "this model reads annotations (encoder.kind: features): name their file "
        "with --features");
  }
  std::vector<PictureAnnotations> result(names.size());
  const vision::Size grid = text().configuration.grid();
  const auto regions = static_cast<std::size_t>(text().configuration.regions());
  constexpr std::size_t kBatch = 8;
  Workers workers(
      threads > 0 ? threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  workers.for_each((names.size() + kBatch - 1) / kBatch, [&](std::size_t batch) {
    const std::size_t first = batch * kBatch;
    std::vector<model::Source> sources;
    std::vector<std::size_t> places;
    for (std::size_t i = first; i < std::min(first + kBatch, names.size()); ++i) {
      try {
        model::Source source{std::vector<text::TokenId>(regions, 0)};
        source.picture = std::make_shared<model::Picture>(pictures()->read(names[i]));
        sources.push_back(std::move(source));
        places.push_back(i);
      } catch (const DataError& error) {
        result[i].problem = error.what();
      }
    }
    auto annotations = engine_->annotations(sources);
    for (std::size_t k = 0; k < annotations.size(); ++k) {
      result[places[k]] = {grid, std::move(annotations[k]), ""};
    }
  });
  return result;
}

}  // namespace attend::predictor

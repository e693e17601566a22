// What a training is asked for.
#pragma once

#include <filesystem>
#include <optional>

#include "model/model.h"
#include "text/text.h"

namespace attend::train {

/// How a pair is treated that cannot be taken: a line that cannot be read, a text of which nothing
/// is left, a target of the wrong length.
enum class OnError {
  kStop,  ///< the training does not begin: DataError with file and line
  kSkip   ///< such pairs are left out and counted
};

/// What `attend train` was asked to do.
struct TrainOptions {
  text::CorpusFiles pairs;
  std::optional<text::CorpusFiles> validation;  ///< none: a share of the pairs is held out
  std::filesystem::path folder;                 ///< the model folder
  model::Configuration configuration;
  std::filesystem::path plot;  ///< learning curves as SVG; empty: none
  OnError on_error = OnError::kStop;
};

}  // namespace attend::train

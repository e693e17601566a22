// Word vectors that others have trained, as initial values of embeddings. Needs no libtorch.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "model/model.h"
#include "text/text.h"
#include "train/train_options.h"

namespace attend::train {

/// Rows of an embedding table and the values that they start with.
struct InitialRows {
  std::string parameter;           ///< the table's name in the parameter table
  std::vector<text::TokenId> ids;  ///< the rows
  std::vector<float> values;       ///< [ids, units of the table], one row after the other
};

/// Parameters of another model and the values that they start with.
struct InitialParameters {
  model::Weights weights;          ///< of the other model
  std::vector<std::string> names;  ///< of the parameters that start with these values
};

/// Reads the parameters of the model in `folder` that a model with this text has too: name and
/// shape are equal, and where a parameter has a row for each target unit, so are the target
/// vocabularies. Adds a line to `messages` that says how many there are. UsageError when there is
/// none; ModelError as model::load() throws it.
InitialParameters read_parameters(const std::filesystem::path& folder, const model::ModelText& text,
                                  std::vector<std::string>& messages);

/// An open file of word vectors for the embedding of one side. Not thread-safe.
class PretrainedVectors {
 public:
  /// Opens the file, in any form that text::VectorReader reads. UsageError when the side has no
  /// embedding, when the target reads that of the source, and when the dimension of the file is not
  /// the size of the embedding. DataError as VectorReader has it.
  PretrainedVectors(const std::filesystem::path& path, model::SideName side,
                    const model::Configuration& configuration);

  /// Reads the file to its end, once. Keeps the vectors of the units of `vocabulary` and no others.
  /// A unit takes the vector of its own spelling or, if the file has none, that of its lower-cased
  /// form. Of several vectors of one word the first one counts. Reserved units take none.
  ///
  /// Adds to `messages` one line with the share of the vocabulary that has vectors. A vector that
  /// cannot be used is a DataError; with OnError::kSkip it is left out, and one line more counts
  /// them and gives the reason of the first.
  InitialRows read(const text::Vocabulary& vocabulary, OnError on_error,
                   std::vector<std::string>& messages);

 private:
  std::string side_;  ///< for messages
  std::string parameter_;
  text::VectorReader reader_;
};

}  // namespace attend::train

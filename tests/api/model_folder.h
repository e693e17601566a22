// A model folder with random weights, for the tests of the public faces.
#pragma once

#include <string>

#include "predictor/small_predictor.h"
#include "testing.h"

namespace attend::testing {

/// Writes a model into a folder of its own: of characters "abcé" and blanks, or of labels.
class ModelFolder {
 public:
  enum class Answers { kTexts, kLabels };
  explicit ModelFolder(Answers answers = Answers::kTexts) {
    using namespace predictor::testing;
    const model::Model model =
        answers == Answers::kTexts
            ? random_model(small(), {"<pad>", "<unk>", "</s>", "a", "b", "c", " ", "é"})
            : random_model(small_labels(), small_label_units());
    model::save_text(folder_.path() / "model", model.text);
    model::save_weights(folder_.path() / "model", model.text, model.weights);
  }
  std::string path() const { return (folder_.path() / "model").string(); }

 private:
  TemporaryFolder folder_;
};

}  // namespace attend::testing

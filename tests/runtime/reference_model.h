// The whole model as plain loops in double, one source and one hypothesis at a time. The runtime
// must equal it. The two share nothing but the names of the tensors.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/model.h"

namespace attend::runtime::testing {

using model::TokenId;
using Row = std::vector<double>;

/// The last step of a hypothesis. Without a look there are no energies and no alignment, and the
/// context is fixed or empty.
struct ReferenceStep {
  Row energies, alignment, context, log_probabilities;
};

class ReferenceModel {
 public:
  struct State {
    Row h, c;
  };
  struct Encoded {
    std::vector<Row> annotations;
    std::vector<State> last;  // [encoder layers]
    // [positions]: where it is 0 the energies are −∞; empty: all 1.
    std::vector<char> allowed = {};
  };

  ReferenceModel(const model::Configuration& configuration, const model::VocabularySizes& sizes,
                 const model::Weights& weights)
      : configuration_(configuration), sizes_(sizes), weights_(weights) {}

  static constexpr TokenId kEnd = 0;  ///< the id of </s> in targets

  Encoded encode(const std::vector<TokenId>& source) const;
  /// Computes p(y_i | y_1 … y_{i-1}, source) with i − 1 = tokens.size().
  ReferenceStep last_step(const Encoded& encoded, const std::vector<TokenId>& tokens) const;

 private:
  struct Layers {
    std::vector<State> layers;
  };

  double at(const std::string& name, std::size_t row, std::size_t column) const;
  double at(const std::string& name, std::size_t index) const { return at(name, index, 0); }
  Row times(const std::string& name, const Row& x) const;  // W x
  Row affine(const std::string& weight, const std::string& bias, const Row& x) const;
  Row embedding(const std::string& name, TokenId id) const;

  Row normalised(const std::string& gain, const Row& x, std::size_t first, std::size_t units) const;
  State cell(const std::string& prefix, const model::CellConfig& config, bool layer_norm,
             const Row& x, const State& old) const;
  Encoded encode_tokens(const std::vector<TokenId>& source) const;
  Encoded encode_reversed_words(const std::vector<TokenId>& source) const;
  std::vector<Row> source_vectors(const std::vector<TokenId>& source) const;
  Layers initial(const Encoded& encoded) const;
  double score(const Row& state, const Row& annotation) const;
  ReferenceStep look(const Row& state, const Encoded& encoded) const;
  void update(Layers& layers, TokenId previous, const Row& beside) const;
  State update_second(const State& first, const Row& context) const;
  Row readout(const Row& state, TokenId previous, const Row& context) const;
  Row generate(const Row& readout) const;

  const model::Configuration& configuration_;
  const model::VocabularySizes& sizes_;
  const model::Weights& weights_;
};

}  // namespace attend::runtime::testing

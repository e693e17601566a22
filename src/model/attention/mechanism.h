// A score of attention (§1.5), as the list of all scores holds it. Each score is one file of this
// folder, and a line in mechanisms.cc. Internal to src/model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/configuration.h"
#include "step/step.h"

namespace attend::model {

/// The values that energies are computed from.
struct ScoreInputs {
  step::Value query;      ///< [row: n or d_k], or undefined for a score that reads no query
  step::Value keys;       ///< k_j [position: d_k]; h_j [position: n_h] with Keys::kAnnotations
  step::Value coverage;   ///< [row and position: d], or undefined without coverage
  step::Value cell = {};  ///< [row: n], with Query::kStateAndCell; otherwise undefined
  step::Value last_alignment = {};  ///< α_{i-1} [row and position: 1], if the score reads it
};

/// One value of the option attention.score.
struct Mechanism {
  std::string_view name;     ///< "additive"
  std::string_view section;  ///< of docs/models.md: "§1.5"
  std::string_view formula;  ///< of state s and annotation h, for help: "v · tanh(W s + U h + b)"
  /// Builds the energies e_ij of a query and the keys: [row and position: 1], or [row: 2 D +
  /// 1] in a window.
  step::Value (*energies)(step::Builder&, const Configuration&, const ScoreInputs&);
  /// Throws UsageError, with the reason, for a configuration that the score cannot be combined
  /// with. Null if it can be combined with all.
  void (*check)(const Configuration&) = nullptr;
  bool reads_query = true;       ///< whether it uses ScoreInputs::query
  bool reads_keys = true;        ///< whether it uses ScoreInputs::keys
  bool reads_coverage = false;   ///< whether it uses ScoreInputs::coverage
  bool reads_cell = false;       ///< whether it uses ScoreInputs::cell
  bool reads_alignment = false;  ///< whether it uses ScoreInputs::last_alignment
};

/// Returns all scores, in the order of the option's choices.
const std::vector<Mechanism>& mechanisms();

/// Returns the score that the configuration names.
const Mechanism& mechanism(const AttentionConfig& attention);

/// The parts of a score with a hidden layer: W s [row: n'] and U h_j + b [position: n'] (§4.1).
struct AdditiveParts {
  step::Value query, keys;
};
AdditiveParts additive_parts(step::Builder&, const Configuration&, const ScoreInputs&);

/// One head of a look (§10): what it asks with, and what it reads of every position. Most looks
/// have one head.
struct Head {
  ScoreInputs inputs;
  step::Value values;    ///< v_j [position: d_v]; h_j with Keys::kAnnotations
  int number = 0;        ///< from 0 on
  bool several = false;  ///< whether the look has more heads than this one

  /// How equations write a value of the head: "e_ij"; if there are several heads, "e^a_ij" in the
  /// first, which stands for all of them, and "e^2_ij" in the second.
  std::string symbol(const std::string& letter, const std::string& index) const;
  /// Gives a value its symbol and, in the first head, a line with this label.
  void write(step::Builder&, step::Value value, const std::string& letter, const std::string& index,
             const std::string& label) const;
};

/// Makes the query, the keys and the values of head `number`. `whole` has the state as its query
/// and the annotations as its keys.
Head make_head(step::Builder&, const Configuration&, const ScoreInputs& whole, int number);

/// Computes the middle of the window in which a query looks (§6.3): p = S σ(v · tanh(W q)) if the
/// query predicts it, or the number of the step.
step::Value window_centre(step::Builder&, const Configuration&, step::Value query);

/// With intra-temporal attention (§11.1) divides the exponentials of energies by those of earlier
/// steps, and returns the logarithms. Otherwise returns the energies.
step::Value divide_by_past(step::Builder&, const Configuration&, step::Value energies);

/// What earlier alignments have left at each position (§13.3), which follows a hypothesis: [row and
/// position: 1], or [row and position: d] with Coverage::kNeural; undefined without coverage.
step::Value carry_coverage(step::Builder&, const Configuration&);
/// Adds the alignment of this step to `in.coverage`, if it is defined, and shows it; adds the cost
/// λ Σ_j min(α_ij, c_ij) to Coverage::kSum.
void add_to_coverage(step::Builder&, const Configuration&, const ScoreInputs& in,
                     step::Value alignment);

/// The alignment of the step before, which follows a hypothesis and is 0 in the first step;
/// undefined unless the score reads it. next() must be called for it.
step::Value carry_alignment(step::Builder&, const Configuration&);

/// The alignment of monotonic attention (§13.1), which follows a hypothesis.
step::Value monotonic_alignment(step::Builder&, const Configuration&, step::Value energies);

/// The position that stochastic attention draws by an alignment (§7.4), with the costs that train
/// it: [row and position: 1]. With other kinds of attention, the alignment itself.
step::Value stochastic_look(step::Builder&, const Configuration&, step::Value alignment);

/// The energies of the offsets 0 … D of first-order hard attention (§13.2), by which a step may
/// move on from each position: [row and position: D + 1]. `state` is s_i.
step::Value offset_energies(step::Builder&, const Configuration&, step::Value state,
                            step::Value annotations);

/// Mixes the distributions that each position gives (§13.2). `look` is the alignment; with
/// AttentionKind::kHardMonotonic, the energies; with first-order hard attention,
/// offset_energies(). `readouts` r_j are [row and position: l]; `output`
/// names the parameters of the output layer. Returns the output layer.
step::Output mix_positions(step::Builder&, const Configuration&, step::Value look,
                           step::Value readouts, step::Output output);

/// Checks that keys, values and heads fit the rest.
void check_keys(const Configuration&);

/// Checks that the kind, the window and the coverage of attention fit the rest.
void check_attention(const Configuration&);

/// A parameter vector whose product with another vector is one number. Its initial values are those
/// of a matrix [1, units] under Initialization::kGlorot, so that it never starts as zeros.
step::Value learned_vector(step::Builder&, const std::string& name, std::int64_t units,
                           const std::string& symbol);

/// Throws UsageError("name needs decoder.units as large as annotations: …") when a query and a
/// key have different sizes.
void check_equal_sizes(const Configuration& configuration, std::string_view option);

}  // namespace attend::model

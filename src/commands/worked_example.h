// The numbers of `attend show --example`: attention worked out on values that are set by hand.
// Plain double loops, one for each line of the example, so that a reader can follow them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace attend::commands {

/// The score of an example, e_ij for the state s_{i-1} and the annotation h_j (§1.5).
enum class ExampleScore {
  kDot,      ///< s_{i-1} · h_j
  kGeneral,  ///< (s_{i-1} W) · h_j
  kAdditive  ///< v · tanh(W s_{i-1} + U h_j)
};

/// The names of the scores for options, in the order of ExampleScore.
inline constexpr const char* kExampleScores[] = {"dot", "general", "additive"};

struct ExampleSize {
  std::size_t positions = 3;  ///< Tx, the number of annotations
  std::size_t units = 2;      ///< n, the number of components of an annotation and of a state
  bool operator==(const ExampleSize&) const = default;
};

inline constexpr std::size_t kLargestExample = 50;  ///< of positions and of units

/// Reads "10x5" (positions, units) or "30" (three annotations of so many units). UsageError.
ExampleSize parse_example_size(std::string_view text);

using Numbers = std::vector<double>;
using Rows = std::vector<Numbers>;

/// The numbers of one decoding step, in the order in which they are computed.
struct ExampleStep {
  Numbers state;         ///< s_{i-1}, [units]; set by hand
  Numbers query;         ///< s_{i-1}, s_{i-1} W or W s_{i-1}, [units]
  Rows keys;             ///< h_j, or U h_j of the additive score, [positions, units]
  Rows hidden;           ///< tanh(query + keys_j), [positions, units]; additive score only
  Rows terms;            ///< the products whose sum is an energy, [positions, units]
  Numbers energies;      ///< e_i, [positions]
  Numbers exponentials;  ///< exp(e_i), [positions]
  double sum = 0;        ///< Σ_j exp(e_ij)
  Numbers alignment;     ///< α_i, [positions]
  Rows weighted;         ///< α_ij h_j, [positions, units]
  Numbers context;       ///< c_i = Σ_j α_ij h_j, [units]
};

struct WorkedExample {
  ExampleScore score = ExampleScore::kDot;
  ExampleSize size;
  Rows annotations;                ///< H, [positions, units]
  Rows query_matrix, key_matrix;   ///< W of general and additive, U of additive, [units, units]
  Numbers energy_vector;           ///< v of additive, [units]
  std::vector<ExampleStep> steps;  ///< one or two
};

/// The size whose values are set by hand; those of the others follow the rule that
/// example_rule() states.
bool is_set_by_hand(const ExampleSize& size);

/// Returns the rule of the values that are not set by hand, as lines of text.
std::string example_rule(ExampleScore score);

/// Computes an example with so many steps, 1 or 2.
WorkedExample work_out(ExampleScore score, const ExampleSize& size, std::size_t steps);

/// Returns the example as text, with the shape of every value. Defined in worked_example_text.cc.
std::string draw_example(const WorkedExample& example);

}  // namespace attend::commands

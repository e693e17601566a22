// Recurrent cells and their conventions (§1.1).
#pragma once

namespace attend::step {

enum class Cell { kGru, kLstm, kNone };   ///< kNone: no state; in a decoder only
enum class GruReset { kBefore, kAfter };  ///< U(r ⊙ h) or r ⊙ (U h + b), §1.1
enum class GruUpdate { kNew, kOld };      ///< z multiplies the candidate or the old state, §1.1
enum class Gates { kLogistic, kHard };    ///< hard: clip(0.2 x + 0.5, 0, 1), §5.1

/// Where a GRU that resets after the product has its biases (§1.1): a vector b beside W x and one
/// inside the reset gate; b alone; or one vector of all gates beside U h, whose part of the
/// candidate lies inside the reset gate. Other cells have b alone.
enum class GruBias { kBoth, kOutside, kInside };

struct CellConfig {
  Cell type = Cell::kGru;
  GruReset reset = GruReset::kBefore;
  GruUpdate update = GruUpdate::kNew;
  Gates gates = Gates::kLogistic;
  GruBias bias = GruBias::kBoth;
  bool resets_after() const { return type == Cell::kGru && reset == GruReset::kAfter; }
  /// Whether b is added to W x, and how many biases of each unit are added to U h.
  bool has_input_bias() const { return !resets_after() || bias != GruBias::kInside; }
  int recurrent_biases() const {
    return !resets_after() ? 0 : bias == GruBias::kBoth ? 1 : bias == GruBias::kInside ? 3 : 0;
  }
  int gate_count() const { return type == Cell::kGru ? 3 : type == Cell::kLstm ? 4 : 0; }
};

}  // namespace attend::step

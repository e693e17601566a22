// Recurrent cells and their conventions (§1.1).
#pragma once

namespace attend::step {

enum class Cell { kGru, kLstm, kNone };   ///< kNone: no state; in a decoder only
enum class GruReset { kBefore, kAfter };  ///< U(r ⊙ h) or r ⊙ (U h + b), §1.1
enum class GruUpdate { kNew, kOld };      ///< z multiplies the candidate or the old state, §1.1
enum class Gates { kLogistic, kHard };    ///< hard: clip(0.2 x + 0.5, 0, 1), §5.1

struct CellConfig {
  Cell type = Cell::kGru;
  GruReset reset = GruReset::kBefore;
  GruUpdate update = GruUpdate::kNew;
  Gates gates = Gates::kLogistic;
  int gate_count() const { return type == Cell::kGru ? 3 : type == Cell::kLstm ? 4 : 0; }
};

}  // namespace attend::step

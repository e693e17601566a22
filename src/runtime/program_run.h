// One decoding by a step program. Internal to this folder. Its files: program_run.cc has the order
// of a step, values without operands and results; program_products.cc has products and cells;
// program_attention.cc has energies, alignments, contexts and windows; program_positions.cc has
// sums over positions, filters, monotonic and hard attention; program_past.cc has attention to the
// past; program_functions.cc has functions of numbers.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "runtime/copying.h"
#include "runtime/energies.h"
#include "runtime/mixture.h"
#include "runtime/program.h"
#include "runtime/program_values.h"
#include "runtime/window.h"

namespace attend::runtime {

class ProgramRun final : public model::Decoding {
 public:
  ProgramRun(const ProgramDecoder& decoder, Annotations annotations,
             std::vector<text::TokenId> candidates);
  void keep_best(std::size_t count) override;
  model::StepResult step(std::span<const model::StepRow> rows) override;

 private:
  // Keys made ready for the kernels, and products that are summed in place of their operands.
  struct Prepared {
    AdditiveKeys keys;
    std::vector<kernels::Array> projected;  // of each part: W x_j of all positions, if it projects
    CellMemory memory;
  };

  void prepare(const PreparedOperation& one);
  void take_rows(std::span<const model::StepRow> rows);
  text::TokenId token_read_by(const model::StepRow& row) const;
  void run(const std::vector<PreparedOperation>& operations);
  void run_output();
  void run_copying();
  std::span<const float> rows_of_sources(std::span<const float> readouts);
  void compute(const PreparedOperation& one);
  model::StepResult result();
  std::span<const float> shown_values(std::size_t k);
  std::span<const float> unit_by_unit(int slot, kernels::Buffer& memory) const;

  // Each of these computes an operation of its kind, or returns false for another operation.
  bool compute_input(const PreparedOperation& one);
  bool compute_source_input(const PreparedOperation& one);
  bool compute_product(const PreparedOperation& one);
  bool compute_attention(const PreparedOperation& one);
  bool compute_positions(const PreparedOperation& one);
  bool compute_past(const PreparedOperation& one);
  bool compute_function(const PreparedOperation& one);

  // Products and cells.
  void embed(int result);
  void linear(const PreparedOperation& one);
  void multiply(const PreparedOperation& one, std::size_t k, std::span<float> y);
  void multiply_positions(const ProductPart& part, std::span<const float> bias, std::span<float> y);
  void update(const PreparedOperation& one);
  void update_positions(const PreparedOperation& one);
  void copy_rows(int from, int to);
  std::span<const float> rows_of(int slot, kernels::Buffer& scratch);

  // Attention. positions_seen() gives the positions that a row looks at, and seen_part() their
  // numbers among those of the row; seen_part() sets the others to 0.
  Window positions_seen(const step::Operation& operation, std::size_t row) const;
  std::span<float> seen_part(int slot, std::size_t row, const Window& seen);
  PositionsOf place_of(std::size_t row, const Window& seen) const;
  void additive_energies(const PreparedOperation& one);
  void additive_energies_of_features(const PreparedOperation& one, std::size_t row,
                                     std::span<const float> query, std::span<float> energies);
  void dot_energies(const step::Operation& operation);
  void location_energies(const step::Operation& operation);
  void softmax(const step::Operation& operation);
  void normalise(step::Normaliser normaliser, const PositionsOf& positions,
                 std::span<const float> energies, std::span<float> alignment);
  void weighted_sum(const step::Operation& operation);
  void gaussian(const step::Operation& operation);
  void spread(const step::Operation& operation);

  // Operations that read all positions of a row.
  std::span<const float> open_energies(int slot, std::size_t row, std::size_t count);
  void sum_positions(const step::Operation& operation);
  void convolve(const PreparedOperation& one);
  void monotonic_alignment(const step::Operation& operation);
  void monotonic_prior(const step::Operation& operation);
  void band_prior(const step::Operation& operation);
  bool is_open(std::size_t row, std::size_t position) const;
  void draw(const step::Operation& operation);
  void expected_log(const step::Operation& operation);
  void posterior(const step::Operation& operation);
  void log_normalizer(const step::Operation& operation);
  void token_log_probability(const step::Operation& operation);

  // Attention to the past.
  std::size_t skipped_past(const step::Operation& operation, std::size_t row) const;
  template <typename Visit>
  void for_each_past(const step::Operation& operation, std::size_t row, Visit visit) const;
  void past_energies(const PreparedOperation& one);
  void past_softmax(const step::Operation& operation);
  void past_sum(const step::Operation& operation);

  // Functions of numbers. An operand is repeated by steps from one position of a result, and from
  // one unit, to the next.
  struct Repetition {
    std::size_t position = 0, unit = 0;
  };
  Repetition repetition(int input, int result) const;
  template <typename Function>
  void apply(const step::Operation& operation, Function function);
  template <typename Function>
  void map(const step::Operation& operation, Function function);
  template <typename Function>
  void join(const step::Operation& operation, Function function);
  void change_in_place(const step::Operation& operation, void (*change)(std::span<float>));
  void inverse_length(const step::Operation& operation);
  void unit_length(const step::Operation& operation);
  void slice(const step::Operation& operation);

  const ProgramDecoder& decoder_;
  const step::Schedule& schedule_;
  Annotations annotations_;
  ProgramValues values_;
  std::map<const PreparedOperation*, Prepared> prepared_;
  OutputRun output_;
  MixtureRun mixture_;           // in place of output_ where the output is a mixture
  CopyRun copying_;              // in place of output_ where the decoder copies
  kernels::Buffer part_;         // scratch
  std::vector<float> repeated_;  // [rows, l]: readouts of the sources of the rows
  kernels::Buffer product_;      // scratch: of a product that is repeated, its result
  // [observations]: energies with −∞ where no row may look, and what is shown unit by unit
  std::vector<kernels::Buffer> open_;
  std::vector<model::Observation> observations_;
  std::size_t rows_ = 0;
  std::size_t step_ = 0;  // from 0
  bool any_parent_ = false;
  bool shows_all_ = true;
  std::vector<text::TokenId> tokens_;  // y_{i-1} [rows]
};

}  // namespace attend::runtime

// Writes out the equations of a model, with its own choices filled in.
#include <fmt/format.h>

#include "predictor/predictor.h"

namespace attend::predictor {
namespace {

using model::Configuration;
using model::DecoderConfig;
using model::Order;
using model::Readout;

// Returns "[a; b]", or "a" alone.
std::string joined(const std::vector<std::string>& parts) {
  return parts.size() == 1 ? parts.front() : fmt::format("[{}]", fmt::join(parts, "; "));
}

std::string cell(const model::CellConfig& cell, int layers) {
  const char* name = cell.type == model::Cell::kGru ? "GRU" : "LSTM";
  return layers == 1 ? name : fmt::format("{}×{}", layers, name);
}

std::string annotations(const model::EncoderConfig& encoder) {
  const char* vector = encoder.direction == model::Direction::kBidirectional ? "[→h_j; ←h_j]"
                       : encoder.direction == model::Direction::kForward     ? "→h_j"
                                                                             : "←h_j";
  return fmt::format("h_j = {} of {}", vector, cell(encoder.cell, encoder.layers));
}

std::string first_state(const Configuration& configuration) {
  std::vector<std::string> last;  // the last state of each direction
  if (configuration.encoder.direction != model::Direction::kBackward) last.push_back("→h_T");
  if (configuration.encoder.direction != model::Direction::kForward) last.push_back("←h_1");
  std::string from;
  switch (configuration.decoder.initial_state) {
    case model::InitialState::kZero:
      return "s_0 = 0";
    case model::InitialState::kCopy:
      return fmt::format("s_0 = {}, layer by layer", joined(last));
    case model::InitialState::kBackward:
      from = "←h_1";
      break;
    case model::InitialState::kMean:
      from = "mean_j h_j";
      break;
    case model::InitialState::kLast:
      from = joined(last);
      break;
  }
  return fmt::format("s_0 = tanh(W_s {} + b_s)", from);
}

// Returns s_i = f(s_{i-1}, …). The input is the previous token, or y_i where the state is updated
// after y_i is chosen.
std::string state(const DecoderConfig& decoder) {
  std::vector<std::string> seen;
  if (decoder.feedback == model::Feedback::kPrevious) {
    seen.push_back(decoder.order == Order::kLookGenerateUpdate ? "E y_i" : "E y_{i-1}");
  }
  if (decoder.order != Order::kUpdateLookGenerate) {
    seen.push_back("c_i");
  } else if (decoder.input_feeding == model::InputFeeding::kReadout) {
    seen.push_back("r_{i-1}");
  }
  return fmt::format("s_i = {}(s_{{i-1}}, {})", cell(decoder.cell, decoder.layers), joined(seen));
}

std::string energies(const model::AttentionConfig& attention, const std::string& state) {
  std::string score;
  switch (attention.score) {
    case model::Score::kAdditive:
      score = fmt::format("v · tanh(W {} + U h_j + b)", state);
      break;
    case model::Score::kDot:
      score = fmt::format("{} · h_j", state);
      break;
    case model::Score::kGeneral:
      score = fmt::format("{} · W h_j", state);
      break;
  }
  if (attention.energy_bias) score += " + b_e";
  return attention.energies == model::Energies::kRelu ? fmt::format("e_ij = max(0, {})", score)
                                                      : fmt::format("e_ij = {}", score);
}

std::string readout(const DecoderConfig& decoder, const std::string& state) {
  std::vector<std::string> seen{state};
  if (decoder.readout_previous_units() > 0) seen.emplace_back("E y_{i-1}");
  seen.emplace_back("c_i");
  const std::string linear = fmt::format("W_r {} + b_r", joined(seen));
  if (decoder.readout == Readout::kTanh) return fmt::format("r_i = tanh({})", linear);
  if (decoder.readout == Readout::kMaxout) return fmt::format("r_i = maxout({})", linear);
  return "r_i = " + linear;
}

}  // namespace

std::vector<Equation> equations(const Configuration& configuration) {
  const DecoderConfig& decoder = configuration.decoder;
  const Equation update{"state", state(decoder)};
  const std::string looks = decoder.order == Order::kUpdateLookGenerate ? "s_i" : "s_{i-1}";
  const std::string speaks = decoder.order == Order::kLookGenerateUpdate ? "s_{i-1}" : "s_i";
  std::vector<Equation> lines{{"annotations", annotations(configuration.encoder)},
                              {"first state", first_state(configuration)}};
  if (decoder.order == Order::kUpdateLookGenerate) lines.push_back(update);
  lines.push_back({"energies", energies(configuration.attention, looks)});
  lines.push_back({"alignment", "α_ij = exp(e_ij) / Σ_k exp(e_ik)"});
  lines.push_back({"context", "c_i = Σ_j α_ij h_j"});
  if (decoder.order == Order::kLookUpdateGenerate) lines.push_back(update);
  const bool reads_out = decoder.readout != Readout::kNone;
  if (reads_out) lines.push_back({"readout", readout(decoder, speaks)});
  lines.push_back(
      {"choice", fmt::format("p(y_i) = softmax(W_o {} + b_o)", reads_out ? "r_i" : speaks)});
  if (decoder.order == Order::kLookGenerateUpdate) lines.push_back(update);
  return lines;
}

}  // namespace attend::predictor

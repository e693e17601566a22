#include "reference_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attend::runtime::testing {
namespace {

using model::Cell;
using model::Feedback;
using model::InitialState;
using model::Order;
using model::Readout;

double gate(model::Gates gates, double x) {
  return gates == model::Gates::kHard ? std::clamp(0.2 * x + 0.5, 0.0, 1.0)
                                      : 1.0 / (1.0 + std::exp(-x));
}

Row joined(const Row& a, const Row& b) {
  Row result = a;
  result.insert(result.end(), b.begin(), b.end());
  return result;
}

}  // namespace

double ReferenceModel::at(const std::string& name, std::size_t row, std::size_t column) const {
  const model::TensorView& tensor = weights_.get(name);
  const std::size_t columns =
      tensor.shape.size() == 1 ? 1 : static_cast<std::size_t>(tensor.shape[1]);
  return tensor.values[row * columns + column];
}

Row ReferenceModel::times(const std::string& name, const Row& x) const {
  const model::TensorView& tensor = weights_.get(name);
  Row y(static_cast<std::size_t>(tensor.shape[0]));
  for (std::size_t o = 0; o < y.size(); ++o) {
    for (std::size_t k = 0; k < x.size(); ++k) y[o] += tensor.values[o * x.size() + k] * x[k];
  }
  return y;
}

Row ReferenceModel::affine(const std::string& weight, const std::string& bias, const Row& x) const {
  Row y = times(weight, x);
  const std::span<const float> b = weights_.get(bias).values;
  for (std::size_t o = 0; o < y.size(); ++o) y[o] += b[o];
  return y;
}

Row ReferenceModel::embedding(const std::string& name, TokenId id) const {
  Row row(static_cast<std::size_t>(weights_.get(name).shape[1]));
  if (id == text::kNoToken && configuration_.decoder.start == model::Start::kOwn) {
    for (std::size_t k = 0; k < row.size(); ++k) row[k] = at(model::kStartName, k);
  }
  if (id == text::kNoToken && configuration_.decoder.start == model::Start::kEnd) id = kEnd;
  for (std::size_t k = 0; k < row.size() && id != text::kNoToken; ++k) {
    row[k] = at(name, static_cast<std::size_t>(id), k);
  }
  return row;
}

// Normalises blocks of `units` values of x; the gains of the first block begin at `first`.
Row ReferenceModel::normalised(const std::string& gain, const Row& x, std::size_t first,
                               std::size_t units) const {
  Row y = x;
  const auto n = static_cast<double>(units);
  for (std::size_t start = 0; start < x.size(); start += units) {
    double mean = 0.0, variance = 0.0;
    for (std::size_t k = 0; k < units; ++k) mean += x[start + k] / n;
    for (std::size_t k = 0; k < units; ++k) variance += std::pow(x[start + k] - mean, 2) / n;
    for (std::size_t k = 0; k < units; ++k) {
      y[start + k] =
          at(gain, first + start + k) * (x[start + k] - mean) / std::sqrt(variance + 1e-5);
    }
  }
  return y;
}

ReferenceModel::State ReferenceModel::cell(const std::string& prefix,
                                           const model::CellConfig& config, bool layer_norm,
                                           const Row& x, const State& old) const {
  const std::size_t n = old.h.size();
  Row a = times(prefix + ".input_weight", x);
  if (layer_norm) a = normalised(prefix + ".input_gain", a, 0, n);
  const bool inside = config.resets_after() && config.bias == model::GruBias::kInside;
  for (std::size_t k = 0; k < a.size() && !inside; ++k) a[k] += at(prefix + ".bias", k);
  const std::string recurrent = prefix + ".recurrent_weight", gain = prefix + ".recurrent_gain";
  Row u = times(recurrent, old.h);
  if (layer_norm) u = normalised(gain, u, 0, n);
  for (std::size_t k = 0; k < u.size() && inside; ++k) u[k] += at(prefix + ".recurrent_bias", k);
  State now{Row(n), Row(n)};
  if (config.type == Cell::kLstm) {
    for (std::size_t k = 0; k < n; ++k) {
      const double i = gate(config.gates, a[k] + u[k]);
      const double f = gate(config.gates, a[n + k] + u[n + k]);
      const double o = gate(config.gates, a[2 * n + k] + u[2 * n + k]);
      now.c[k] = f * old.c[k] + i * std::tanh(a[3 * n + k] + u[3 * n + k]);
      now.h[k] = o * std::tanh(now.c[k]);
    }
    return now;
  }
  Row z(n), r(n), candidate(n);
  for (std::size_t k = 0; k < n; ++k) {
    z[k] = gate(config.gates, a[k] + u[k]);
    r[k] = gate(config.gates, a[n + k] + u[n + k]);
  }
  if (config.reset == model::GruReset::kBefore) {
    Row reset(n);
    for (std::size_t k = 0; k < n; ++k) reset[k] = r[k] * old.h[k];
    const Row all = times(recurrent, reset);
    Row product(all.begin() + static_cast<std::ptrdiff_t>(2 * n), all.end());
    if (layer_norm) product = normalised(gain, product, 2 * n, n);
    for (std::size_t k = 0; k < n; ++k) candidate[k] = std::tanh(a[2 * n + k] + product[k]);
  } else {
    for (std::size_t k = 0; k < n; ++k) {
      const bool own = config.bias == model::GruBias::kBoth;
      const double reset = u[2 * n + k] + (own ? at(prefix + ".recurrent_bias", k) : 0.0);
      candidate[k] = std::tanh(a[2 * n + k] + r[k] * reset);
    }
  }
  for (std::size_t k = 0; k < n; ++k) {
    now.h[k] = config.update == model::GruUpdate::kNew
                   ? (1 - z[k]) * old.h[k] + z[k] * candidate[k]
                   : z[k] * old.h[k] + (1 - z[k]) * candidate[k];
  }
  return now;
}

std::vector<Row> ReferenceModel::source_vectors(const std::vector<TokenId>& source) const {
  std::vector<Row> vectors;
  for (const TokenId id : source) {
    if (configuration_.encoder.embedding > 0) {
      vectors.push_back(embedding("source_embedding.weight", id));
    } else {
      vectors.emplace_back(static_cast<std::size_t>(sizes_.source));
      vectors.back()[static_cast<std::size_t>(id)] = 1.0;
    }
  }
  return vectors;
}

// Reads all words in reverse order and then the last token, by a forward encoder whose parameters
// are named backward.
ReferenceModel::Encoded ReferenceModel::encode_reversed_words(
    const std::vector<TokenId>& source) const {
  const model::EncoderConfig& encoder = configuration_.encoder;
  std::vector<TokenId> reversed = source;
  std::reverse(reversed.begin(), reversed.end() - 1);
  Encoded encoded{source_vectors(reversed), {}, {}};
  for (int layer = 0; layer < encoder.layers; ++layer) {
    const std::string prefix = "encoder." + std::to_string(layer) + ".backward";
    State state{Row(static_cast<std::size_t>(encoder.units)),
                Row(static_cast<std::size_t>(encoder.units))};
    for (Row& row : encoded.annotations) {
      state = cell(prefix, encoder.cell, encoder.layer_norm, row, state);
      row = state.h;
    }
    encoded.last.push_back(state);
  }
  std::reverse(encoded.annotations.begin(), encoded.annotations.end() - 1);
  return encoded;
}

ReferenceModel::Encoded ReferenceModel::encode(const std::vector<TokenId>& source) const {
  Encoded encoded = configuration_.encoder.reverses_words() ? encode_reversed_words(source)
                                                            : encode_tokens(source);
  if (configuration_.attention.end_token == model::EndToken::kHidden) {
    encoded.allowed.assign(source.size(), 1);
    encoded.allowed.back() = 0;
  }
  return encoded;
}

ReferenceModel::Encoded ReferenceModel::encode_tokens(const std::vector<TokenId>& source) const {
  const model::EncoderConfig& encoder = configuration_.encoder;
  const auto n = static_cast<std::size_t>(encoder.units);
  Encoded encoded{source_vectors(source), {}, {}};
  for (int layer = 0; layer < encoder.layers; ++layer) {
    const std::string prefix = "encoder." + std::to_string(layer);
    const std::vector<Row> inputs = std::move(encoded.annotations);
    encoded.annotations.assign(inputs.size(), {});
    State last;
    const auto finish = [&](const State& state) {
      last = {joined(last.h, state.h), joined(last.c, state.c)};
    };
    if (encoder.direction != model::Direction::kBackward) {
      State state{Row(n), Row(n)};
      for (std::size_t j = 0; j < inputs.size(); ++j) {
        state = cell(prefix + ".forward", encoder.cell, encoder.layer_norm, inputs[j], state);
        encoded.annotations[j] = state.h;
      }
      finish(state);
    }
    if (encoder.direction != model::Direction::kForward) {
      State state{Row(n), Row(n)};
      for (std::size_t j = inputs.size(); j-- > 0;) {
        state = cell(prefix + ".backward", encoder.cell, encoder.layer_norm, inputs[j], state);
        Row& h = encoded.annotations[j];
        if (encoder.join == model::Join::kSum) {
          for (std::size_t k = 0; k < n; ++k) h[k] += state.h[k];
        } else {
          h = joined(h, state.h);
        }
      }
      finish(state);
    }
    encoded.last.push_back(last);
  }
  return encoded;
}

ReferenceModel::Layers ReferenceModel::initial(const Encoded& encoded) const {
  const model::DecoderConfig& decoder = configuration_.decoder;
  if (decoder.initial_state == InitialState::kCopy) return {encoded.last};
  const std::vector<Row>& annotations = encoded.annotations;
  Row inputs = encoded.last.back().h;  // [→h_T; ←h_1], or one of them
  if (decoder.initial_state == InitialState::kBackward) {
    inputs.erase(inputs.begin(), inputs.end() - configuration_.encoder.units);
  } else if (decoder.initial_state == InitialState::kMean) {
    inputs.assign(annotations[0].size(), 0.0);
    for (const Row& h : annotations) {
      for (std::size_t k = 0; k < h.size(); ++k) {
        inputs[k] += h[k] / static_cast<double>(annotations.size());
      }
    }
  }
  Layers result;
  const auto n = static_cast<std::size_t>(decoder.units);
  for (int layer = 0; layer < decoder.layers; ++layer) {
    State state{Row(n), Row(n)};
    const std::string prefix = "initial." + std::to_string(layer);
    if (decoder.initial_state != InitialState::kZero) {
      state.h = affine(prefix + ".state_weight", prefix + ".state_bias", inputs);
      for (double& value : state.h) value = std::tanh(value);
      if (decoder.cell.type == Cell::kLstm) {
        state.c = affine(prefix + ".cell_weight", prefix + ".cell_bias", inputs);
        for (double& value : state.c) value = std::tanh(value);
      }
    }
    result.layers.push_back(state);
  }
  return result;
}

double ReferenceModel::score(const Row& state, const Row& annotation) const {
  Row left = state, right = annotation;
  if (configuration_.attention.score == "additive") {
    left = affine("attention.annotation_weight", "attention.bias", annotation);
    const Row query = times("attention.query_weight", state);
    for (std::size_t k = 0; k < left.size(); ++k) left[k] = std::tanh(left[k] + query[k]);
    right.clear();
    for (std::size_t k = 0; k < left.size(); ++k) right.push_back(at("attention.energy_weight", k));
  } else if (configuration_.attention.score == "general") {
    right = times("attention.annotation_weight", annotation);
  }
  double sum = 0.0;
  for (std::size_t k = 0; k < left.size(); ++k) sum += left[k] * right[k];
  return sum;
}

ReferenceStep ReferenceModel::look(const Row& state, const Encoded& encoded) const {
  ReferenceStep step;
  if (configuration_.attention.kind == model::AttentionKind::kNone) return step;
  if (configuration_.attention.kind == model::AttentionKind::kFixed) {
    step.context = encoded.last.back().h;
    return step;
  }
  const std::vector<Row>& annotations = encoded.annotations;
  for (std::size_t j = 0; j < annotations.size(); ++j) {
    double energy = score(state, annotations[j]);
    if (configuration_.attention.energy_bias) energy += at("attention.energy_bias", 0);
    if (configuration_.attention.energies == model::Energies::kRelu) energy = std::max(energy, 0.0);
    const bool open = encoded.allowed.empty() || encoded.allowed[j] != 0;
    step.energies.push_back(open ? energy : -std::numeric_limits<double>::infinity());
  }
  double sum = 0.0;
  for (const double energy : step.energies) sum += std::exp(energy);
  step.context.assign(annotations[0].size(), 0.0);
  for (std::size_t j = 0; j < annotations.size(); ++j) {
    step.alignment.push_back(sum > 0 ? std::exp(step.energies[j]) / sum : 0.0);
    for (std::size_t k = 0; k < step.context.size(); ++k) {
      step.context[k] += step.alignment[j] * annotations[j][k];
    }
  }
  return step;
}

void ReferenceModel::update(Layers& layers, TokenId previous, const Row& beside) const {
  const model::DecoderConfig& decoder = configuration_.decoder;
  Row inputs = beside;
  if (decoder.feedback == Feedback::kPrevious) {
    inputs = joined(embedding(model::target_embedding_name(decoder), previous), beside);
  }
  for (std::size_t layer = 0; layer < layers.layers.size(); ++layer) {
    State& state = layers.layers[layer];
    state = cell("decoder." + std::to_string(layer), decoder.cell, false, inputs, state);
    inputs = state.h;
  }
}

// The second of two cells, which reads the context alone.
ReferenceModel::State ReferenceModel::update_second(const State& first, const Row& context) const {
  model::CellConfig config = configuration_.decoder.cell;
  config.bias = configuration_.decoder.second_bias;
  return cell("decoder.context", config, false, context, first);
}

Row ReferenceModel::readout(const Row& state, TokenId previous, const Row& context) const {
  const model::DecoderConfig& decoder = configuration_.decoder;
  if (decoder.readout == Readout::kNone) return state;
  Row inputs = state;
  if (decoder.feedback == Feedback::kPrevious && decoder.readout_feedback == Feedback::kPrevious) {
    inputs = joined(inputs, embedding(model::target_embedding_name(decoder), previous));
  }
  Row result = affine("readout.weight", "readout.bias", joined(inputs, context));
  if (decoder.readout == Readout::kTanh) {
    for (double& value : result) value = std::tanh(value);
  } else if (decoder.readout == Readout::kMaxout) {
    Row maxima;
    for (std::size_t k = 0; k + 1 < result.size(); k += 2) {
      maxima.push_back(std::max(result[k], result[k + 1]));
    }
    return maxima;
  }
  return result;
}

Row ReferenceModel::generate(const Row& readout) const {
  Row scores = affine(model::output_weight_name(configuration_.decoder), "output.bias", readout);
  double sum = 0.0;
  for (const double score : scores) sum += std::exp(score);
  for (double& score : scores) score -= std::log(sum);
  return scores;
}

ReferenceStep ReferenceModel::last_step(const Encoded& encoded,
                                        const std::vector<TokenId>& tokens) const {
  const model::DecoderConfig& decoder = configuration_.decoder;
  Layers layers = initial(encoded);
  const auto top = [&]() -> const Row& { return layers.layers.back().h; };
  const bool feeds = decoder.input_feeding == model::InputFeeding::kReadout;
  Row fed(feeds ? static_cast<std::size_t>(decoder.readout_units) : 0);
  TokenId previous = text::kNoToken;
  for (std::size_t i = 0;; ++i) {
    const bool has_two_cells = decoder.order == Order::kUpdateLookUpdate;
    if (decoder.order == Order::kUpdateLookGenerate) update(layers, previous, fed);
    if (has_two_cells) update(layers, previous, {});
    ReferenceStep step = look(top(), encoded);
    if (decoder.order == Order::kLookUpdateGenerate) update(layers, previous, step.context);
    if (has_two_cells) layers.layers[0] = update_second(layers.layers[0], step.context);
    const Row spoken = readout(top(), previous, step.context);
    if (i == tokens.size()) {
      step.log_probabilities = generate(spoken);
      return step;
    }
    if (feeds) fed = spoken;
    if (decoder.order == Order::kLookGenerateUpdate) update(layers, tokens[i], step.context);
    previous = tokens[i];
  }
}

}  // namespace attend::runtime::testing

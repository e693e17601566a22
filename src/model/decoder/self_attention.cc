// Attention of the decoder to its own past (§11.2): each step looks at the top states
// of the steps t < i of its hypothesis, without its own.
//
// Paulus, Xiong and Socher 2017: e'_it = s_i · W s_t, α'_i = softmax(e'_i), c'_i = Σ_t α'_it s_t,
// and c'_1 = 0. The readout reads c'_i beside the state and the context of the source. Daniluk et
// al. 2017 split the state: [k_i; v_i] = s_i or [k_i; v_i; p_i] = s_i. Keys make the energies,
// e'_it = v · tanh(W_q k_i + W_k k_t), and values the context, c'_i = Σ_t α'_it v_t; the readout
// reads v_i, or p_i, in place of the state.
#include <fmt/format.h>

#include "base/base.h"
#include "model/decoder/decoder.h"

namespace attend::model {
namespace {

[[noreturn]] void conflict(const std::string& message) { throw UsageError(message); }

// The parts of a state: its own if it is not split.
struct Parts {
  Value key, value, prediction;
};

Parts split(Builder& b, StateParts kind, Value state) {
  if (kind == StateParts::kWhole) return {state, state, state};
  const bool predicts = kind == StateParts::kKeyValuePredict;
  const std::int64_t units = b.units(state) / (predicts ? 3 : 2);
  Parts parts{b.slice(state, 0, units), b.slice(state, units, units), {}};
  b.write(parts.key, {"k_i", "key", ""});
  b.write(parts.value, {"v_i", "value", ""});
  parts.prediction = parts.value;
  if (!predicts) return parts;
  parts.prediction = b.slice(state, 2 * units, units);
  b.write(parts.prediction, {"p_i", "prediction", ""});
  return parts;
}

// The energies of a key and the keys of earlier steps.
Value energies_of(Builder& b, const DecoderConfig& decoder, Value key) {
  const std::int64_t units = b.units(key), recent = decoder.self_attention_window;
  const auto product = [&](const std::string& name, const std::string& symbol) {
    return b.linear({.name = "self_attention." + name,
                     .units = units,
                     .symbol = symbol,
                     .deviation = step::kAttentionDeviation},
                    {key});
  };
  switch (decoder.self_attention) {
    case SelfAttention::kNone:
    case SelfAttention::kDot:
      return b.past_dot_energies(key, key, recent);
    case SelfAttention::kGeneral:
      return b.past_dot_energies(key, product("key_weight", "W_k"), recent);
    case SelfAttention::kAdditive:
      break;
  }
  const Value query = product("query_weight", "W_q");
  return b.past_additive_energies("self_attention.energy_weight", query,
                                  product("key_weight", "W_k"), recent);
}

}  // namespace

PastLook look_at_past(Builder& b, const DecoderConfig& decoder, Value state) {
  if (decoder.self_attention == SelfAttention::kNone) return {state, {}};
  const Parts parts = split(b, decoder.self_attention_parts, state);
  const Value energies = energies_of(b, decoder, parts.key);
  b.write(energies, {"e'_it", "self energies", ""});
  const Value alignment = b.past_softmax(energies);
  b.write(alignment, {"α'_it", "self alignment", ""});
  b.observe("past", alignment, step::Over::kPast);
  const Value context = b.past_sum(alignment, parts.value);
  b.write(context, {"c'_i", "self context", ""});
  return {parts.prediction, context};
}

void check_self_attention(const Configuration& c) {
  const DecoderConfig& decoder = c.decoder;
  const bool splits = decoder.self_attention_parts != StateParts::kWhole;
  if (decoder.self_attention == SelfAttention::kNone) {
    const std::string reason = " needs a decoder.self_attention, which looks at earlier states";
    if (decoder.self_attention_window > 0) conflict("decoder.self_attention_window" + reason);
    if (splits) conflict("decoder.self_attention_parts" + reason);
    return;
  }
  const std::string name = "decoder.self_attention";
  if (decoder.cell.type == Cell::kNone) {
    conflict(name + " needs a decoder.cell, because nothing else has states to look at");
  }
  if (decoder.order == Order::kLookGenerateUpdate) {
    conflict(name +
             " needs another decoder.order than look-generate-update, whose readout reads the "
             "state of the step before");
  }
  if (decoder.readout == Readout::kNone) {
    conflict(name + " needs a decoder.readout, which takes the context of earlier states");
  }
  if (!splits) return;
  const int parts = decoder.self_attention_parts == StateParts::kKeyValue ? 2 : 3;
  if (decoder.units % parts == 0) return;
  conflict(
      fmt::format("decoder.self_attention_parts: {} needs decoder.units that are a multiple of {}, "
                  "the number of parts; decoder.units is {}",
                  parts == 2 ? "key-value" : "key-value-predict", parts, decoder.units));
}

}  // namespace attend::model

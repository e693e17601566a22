// Keys and values (§10): energies read the key k_j of a position, and the context is the weighted
// sum of the values v_j. The annotation is both (§4.1); or its two halves are key and value
// (Daniluk, Rocktäschel, Welbl and Riedel 2017); or they are products of it, as the query is a
// product of the state (Vaswani et al. 2017). Several heads have products of their own.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/base.h"
#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

using step::Builder;
using step::Value;

[[noreturn]] void conflict(const std::string& message) { throw UsageError(message); }

// A product for one head. It has a line of its own among the equations.
Value project(Builder& b, const Head& head, const std::string& part, std::int64_t units,
              const std::vector<Value>& from) {
  const std::string letter = part == "query" ? "Q" : part == "key" ? "K" : "V";
  const Value product =
      b.linear({.name = fmt::format("attention.head.{}.{}_weight", head.number, part),
                .units = units,
                .symbol = head.symbol("W_" + letter, "")},
               from);
  const bool query = part == "query";
  head.write(b, product, part.substr(0, 1), query ? "_i" : "_j", query ? part : part + "s");
  return product;
}

void check_heads(const Configuration& c) {
  const AttentionConfig& attention = c.attention;
  if (attention.heads == 1) return;
  const std::string name = "attention.heads of 2 or more";
  if (attention.keys != Keys::kProjected) {
    conflict(name + " needs attention.keys: projected, which gives each head keys of its own");
  }
  if (attention.score != "dot" && attention.score != "scaled-dot") {
    conflict(name + " needs attention.score: dot or scaled-dot, which have no weights to share");
  }
  if (attention.kind != AttentionKind::kSoft) {
    conflict(name + " needs attention.kind: soft, because other kinds follow one alignment");
  }
  if (attention.temporal != Temporal::kNone) {
    conflict(name + " needs attention.temporal: none, because it follows the energies of one head");
  }
}

}  // namespace

int Configuration::key_units() const {
  const int whole = encoder.annotation_units();
  switch (attention.keys) {
    case Keys::kAnnotations:
      break;
    case Keys::kHalves:
      return whole / 2;
    case Keys::kProjected:
      return attention.key_units > 0 ? attention.key_units : std::max(1, whole / attention.heads);
  }
  return whole;
}

int Configuration::value_units() const {
  const bool chosen = attention.keys == Keys::kProjected && attention.value_units > 0;
  if (chosen) return attention.value_units;
  return attention.keys == Keys::kProjected
             ? std::max(1, encoder.annotation_units() / attention.heads)
             : key_units();
}

vision::Size Configuration::grid() const {
  if (encoder.kind == EncoderKind::kConvolutional) {
    return {image.height >> encoder.stages, image.width >> encoder.stages};
  }
  const auto side = static_cast<int>(std::lround(std::sqrt(image.regions)));
  if (side * side == image.regions) return {side, side};
  return {1, image.regions};
}

int Configuration::regions() const { return grid().height * grid().width; }

int Configuration::context_units() const {
  if (!attention.looks()) return encoder.annotation_units();
  if (attention.heads == 1) return value_units();
  return attention.context_units > 0 ? attention.context_units : encoder.annotation_units();
}

std::string Head::symbol(const std::string& letter, const std::string& index) const {
  if (!several) return letter + index;
  return number == 0 ? fmt::format("{}^a{}", letter, index)
                     : fmt::format("{}^{}{}", letter, number + 1, index);
}

void Head::write(Builder& b, Value value, const std::string& letter, const std::string& index,
                 const std::string& label) const {
  b.write(value, {symbol(letter, index), number == 0 ? label : std::string(), ""});
}

Head make_head(Builder& b, const Configuration& c, const ScoreInputs& whole, int number) {
  Head head{whole, whole.keys, number, c.attention.heads > 1};
  const Value annotations = whole.keys;
  if (c.attention.keys == Keys::kHalves) {
    const std::int64_t half = c.key_units();
    head.inputs.keys = b.slice(annotations, 0, half);
    head.values = b.slice(annotations, half, half);
    head.write(b, head.inputs.keys, "k", "_j", "keys");
    head.write(b, head.values, "v", "_j", "values");
  }
  if (c.attention.keys != Keys::kProjected) return head;
  if (mechanism(c.attention).reads_query) {
    std::vector<Value> asks{whole.query};
    if (whole.cell.defined()) asks.push_back(whole.cell);
    head.inputs.query = project(b, head, "query", c.key_units(), asks);
    head.inputs.cell = {};  // it is a part of the query now
  }
  head.inputs.keys = project(b, head, "key", c.key_units(), {annotations});
  head.values = project(b, head, "value", c.value_units(), {annotations});
  return head;
}

void check_keys(const Configuration& c) {
  check_heads(c);
  if (c.attention.keys == Keys::kAnnotations) return;
  const bool halves = c.attention.keys == Keys::kHalves;
  const std::string name = halves ? "attention.keys: halves" : "attention.keys: projected";
  if (!c.attention.looks()) conflict(name + " needs an attention.kind that looks at positions");
  if (!mechanism(c.attention).reads_keys) {
    conflict(fmt::format("{} needs another attention.score than {}, whose energies read no keys",
                         name, c.attention.score));
  }
  if (halves && c.encoder.annotation_units() % 2 != 0) {
    conflict(fmt::format("{} needs annotations of an even number of units, which are {}", name,
                         c.encoder.annotation_units()));
  }
}

void check_equal_sizes(const Configuration& c, std::string_view option) {
  if (c.attention.keys == Keys::kProjected) return;  // the query has the size of the keys
  const int keys = c.key_units();
  if (c.decoder.units == keys) return;
  if (c.attention.keys == Keys::kHalves) {
    throw UsageError(fmt::format(
        "{} with attention.keys: halves needs decoder.units as large as half an annotation: "
        "decoder.units {}, half an annotation {}",
        option, c.decoder.units, keys));
  }
  throw UsageError(fmt::format(
      "{} needs decoder.units as large as annotations: decoder.units {}, annotations of {} encoder "
      "{}",
      option, c.decoder.units,
      c.encoder.direction == Direction::kBidirectional ? "a bidirectional" : "an", keys));
}

}  // namespace attend::model

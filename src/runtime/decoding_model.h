// The interface of everything that can decode annotations.
#pragma once

#include <memory>
#include <vector>

#include "runtime/encoder.h"

namespace attend::runtime {

/// A decoder with its weights. Immutable; safe to use from several threads.
class DecodingModel {
 public:
  virtual ~DecodingModel() = default;
  /// Starts a decoding of these annotations; it refers to this object. After keep_best() only
  /// `candidates` (rising ids) are scored, or all tokens when there are none.
  virtual std::unique_ptr<model::Decoding> start(Annotations annotations,
                                                 std::vector<text::TokenId> candidates) const = 0;
  /// Whether steps have an alignment.
  virtual bool has_alignment() const { return true; }
};

}  // namespace attend::runtime

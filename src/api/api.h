// The public face of src/api for the other folders of this program: what commands see of a model
// beside include/attend.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "api/models.h"  // IWYU pragma: export
#include "attend/attend.hpp"
#include "view/view.h"

namespace attend::api {

/// Returns the predictor behind the public one, which owns it.
const predictor::Predictor& internals(const Predictor& predictor);

/// Returns the alignment of a prediction as a picture.
view::AlignmentPicture picture_of(const Source& source, const Prediction& prediction);

/// Returns how many columns to draw: padding at the end without any weight is left out.
std::size_t drawn_columns(const Source& source, const Prediction& prediction);

/// Returns for each of these neighbouring units, given by their bytes in a text, whether it follows
/// the one before without white space.
std::vector<char> joined_units(std::span<const ByteSpan> spans);

/// Returns the bytes of each unit of a source.
std::vector<ByteSpan> spans_of(const Source& source);

}  // namespace attend::api

// The weights of a document's words and sentences, put together (§8).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "attend/attend.hpp"

namespace attend::predictor {

using attend::Document;
using attend::Section;
using attend::Source;

using attend::describe_document;

}  // namespace attend::predictor

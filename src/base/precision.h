// The number formats in which weights are kept.
#pragma once

#include "attend/options.hpp"  // IWYU pragma: export

// Messages to the person who runs the program: the one place that writes to standard error.
#pragma once

#include <string_view>

namespace attend {

/// Writes `text` to standard error as it is: no line feed is added. What cannot be written is
/// dropped, because a lost message must not end the work that it tells of: standard error may be
/// closed, its disk full, its reader gone (no signal is raised). A non-blocking pipe that is full
/// is waited for, one second for each call at most. Allocates nothing and throws nothing.
/// Thread-safe; long texts of several threads may mix.
void print_message(std::string_view text) noexcept;

}  // namespace attend

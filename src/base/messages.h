// Messages to the person who runs the program. Only print_message() writes to standard error.
#pragma once

#include <string_view>

namespace attend {

/// Writes `text` to standard error as it is, without a line feed after it. Text that cannot be
/// written is dropped, because a lost message must not end the work that it reports: standard error
/// may be closed, its disk may be full, its reader may be gone (no signal is raised). A call waits
/// at most one second for a non-blocking pipe that is full. Allocates nothing and throws nothing.
/// Thread-safe; long texts of several threads may mix.
void print_message(std::string_view text) noexcept;

}  // namespace attend

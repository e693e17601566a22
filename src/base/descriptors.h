// Reading and writing open files of every kind, non-blocking pipes included, and the three standard
// descriptors that a program starts with.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace attend {

/// Like read(2) and write(2), but the call is repeated after a signal. Where a non-blocking
/// descriptor (a pipe made by node or ssh, for example) has nothing to read or no room, the call
/// waits as a blocking descriptor would. Returns -1 and sets errno on failure.
ssize_t read_descriptor(int descriptor, char* bytes, std::size_t size);
ssize_t write_descriptor(int descriptor, const char* bytes, std::size_t size);

/// Call this at the start of a program. Where standard input, output or error is closed, a
/// descriptor that can be neither read nor written takes its number, so that a file opened later
/// cannot get this number and receive the output that is meant for the stream. Reading and writing
/// the stream fail as before, with EBADF; opening it by its name (/dev/stdout) fails too.
void reserve_standard_descriptors();

}  // namespace attend

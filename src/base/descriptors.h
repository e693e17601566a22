// Open files: reading and writing them whatever kind of pipe they are, and the three that a program
// is started with.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace attend {

/// read(2) and write(2) that begin again after a signal. A non-blocking descriptor (a pipe that
/// node or ssh has made, say) that has nothing to read or no room is waited for, as long as a
/// blocking one would be. -1 with errno on failure.
ssize_t read_descriptor(int descriptor, char* bytes, std::size_t size);
ssize_t write_descriptor(int descriptor, const char* bytes, std::size_t size);

/// For the start of a program. Where standard input, output or error is closed, its number is taken
/// by a descriptor that can neither be read nor written, so that no file that is opened later gets
/// the number and with it what is meant for the stream. Reading and writing fail as before, with
/// EBADF; opening it by its name (/dev/stdout) fails too.
void reserve_standard_descriptors();

}  // namespace attend

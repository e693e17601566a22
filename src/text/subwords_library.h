// SentencePiece behind a C interface, in a shared library of its own: its exported copy of Protocol
// Buffers clashes with that of libtorch's dependencies, so that a program that links both directly
// does not even start. The library is opened on first use, with its symbols bound to itself.
// Internal to the folder.
#pragma once

#include <cstddef>

extern "C" {

/// Everything that the library offers. Texts are bytes with a length. Functions that return a
/// message return null on success; a message is freed by `free_text`.
struct AttendSubwords {
  using TakePiece = void (*)(void* receiver, const char* piece, std::size_t length,
                             std::size_t begin, std::size_t end);
  using GiveLine = bool (*)(void* giver, std::size_t index, const char** line, std::size_t* length);

  char* (*load)(const char* model, std::size_t length, void** processor);
  void (*unload)(void* processor);
  void (*cut)(const void* processor, const char* text, std::size_t length, TakePiece take,
              void* receiver);
  /// `settings`: key, value, key, value, …, null. The trained model goes to `take` as one piece.
  char* (*train)(const char* const* settings, GiveLine give, void* giver, TakePiece take,
                 void* receiver);
  void (*free_text)(char* text);
};

/// The only symbol that is looked up by name.
const AttendSubwords* attend_subwords();
}

namespace attend::text {

/// Opens the library once. Error when it cannot be opened, saying where it was looked for.
const AttendSubwords& subwords_library();

}  // namespace attend::text

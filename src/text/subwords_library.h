// A C interface to SentencePiece, which is in a shared library of its own. Its exported copy of
// Protocol Buffers clashes with the copy in libtorch's dependencies: a program that links both
// directly does not even start. The library is opened on first use, with its symbols bound to
// itself. Internal to the folder.
#pragma once

#include <cstddef>

extern "C" {

/// All functions of the library. Texts are bytes with a length. Functions that return a message
/// return null on success; the caller frees a message with `free_text`.
struct AttendSubwords {
  using TakePiece = void (*)(void* receiver, const char* piece, std::size_t length,
                             std::size_t begin, std::size_t end);
  using GiveLine = bool (*)(void* giver, std::size_t index, const char** line, std::size_t* length);

  char* (*load)(const char* model, std::size_t length, void** processor);
  void (*unload)(void* processor);
  void (*cut)(const void* processor, const char* text, std::size_t length, TakePiece take,
              void* receiver);
  /// `settings` is key, value, key, value, …, null. `take` receives the trained model as one piece.
  char* (*train)(const char* const* settings, GiveLine give, void* giver, TakePiece take,
                 void* receiver);
  void (*free_text)(char* text);
};

/// Returns the functions. This is the only symbol that is looked up by name.
const AttendSubwords* attend_subwords();
}

namespace attend::text {

/// Opens the library on the first call. Throws Error when it cannot be opened, with the places
/// where it was looked for.
const AttendSubwords& subwords_library();

}  // namespace attend::text

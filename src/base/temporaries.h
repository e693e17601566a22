// Temporary files that do not outlive the program, whether it returns, throws or is ended by a
// signal. Internal to the folder but for what signals need.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstddef>
#include <filesystem>

namespace attend {

/// A file with a name that nothing else has, which is removed with the object, or by
/// end_by_signal(), unless rename_to() gave it another name. Not thread-safe; different objects
/// may be used by different threads.
class TemporaryFile {
 public:
  TemporaryFile() = default;
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  /// Makes it in `folder`, to be read and written, and returns its descriptor, which is the
  /// caller's to close. `permissions` are those of open(2). -1 with errno on failure.
  int create(const std::filesystem::path& folder, mode_t permissions);
  /// Makes it the file of this name, in place of one that is there. False with errno on failure: it
  /// stays as it was.
  bool rename_to(const std::filesystem::path& path);
  void remove();

 private:
  void forget();

  std::filesystem::path path_;  // empty: there is none
  std::size_t slot_ = 0;
};

/// Removes the temporary files that a program that was killed has left in a folder. Not while
/// another program writes there. Does nothing when there is no such folder.
void remove_leftovers(const std::filesystem::path& folder);

/// For the start of a program. Signals that end a program end it as before, but remove its
/// temporary files first; a signal that is ignored stays ignored (nohup). A file that reaches the
/// limit of its size (SIGXFSZ) is an error of write(2) and no signal.
void handle_signals();

/// The signals that handle_signals() cares for.
sigset_t ending_signals();

/// Removes all temporary files, for an end of the program that destroys no object. May be called by
/// a signal handler.
void remove_temporary_files();

/// Removes all temporary files and ends the program as the signal does by default. May be called
/// by a signal handler.
[[noreturn]] void end_by_signal(int signal);

}  // namespace attend

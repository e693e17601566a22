// Temporary files that do not outlive the program, whether it returns, throws or is ended by a
// signal. TemporaryFile is internal to the folder; the functions about signals are public.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstddef>
#include <filesystem>

namespace attend {

/// A file under a name that no other file has. The file is removed with this object, or by
/// end_by_signal(), unless rename_to() gave it another name. Not thread-safe; different objects may
/// be used by different threads.
class TemporaryFile {
 public:
  TemporaryFile() = default;
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  /// Creates the file in `folder`, open for reading and writing, and returns its descriptor, which
  /// the caller must close. `permissions` are those of open(2). Returns -1 and sets errno on
  /// failure.
  int create(const std::filesystem::path& folder, mode_t permissions);
  /// Renames the file to `path`, replacing a file of that name. Returns false and sets errno on
  /// failure; then the temporary file stays as it was.
  bool rename_to(const std::filesystem::path& path);
  void remove();

 private:
  void forget();

  std::filesystem::path path_;  // empty: there is no file
  std::size_t slot_ = 0;
};

/// Removes the temporary files that killed programs have left in a folder. No other program may
/// write there at the same time. Does nothing when the folder does not exist.
void remove_leftovers(const std::filesystem::path& folder);

/// Call this at the start of a program. Signals that end a program still end it, but its temporary
/// files are removed first. A signal that is ignored stays ignored (nohup). A file that reaches its
/// size limit (SIGXFSZ) makes write(2) fail and raises no signal.
void handle_signals();

/// Returns the signals that handle_signals() handles.
sigset_t ending_signals();

/// Removes all temporary files, for an end of the program that destroys no object. A signal handler
/// may call this.
void remove_temporary_files();

/// Removes all temporary files and then ends the program as the signal does by default. A signal
/// handler may call this.
[[noreturn]] void end_by_signal(int signal);

}  // namespace attend

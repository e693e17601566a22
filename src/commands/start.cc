// Prepares a program before it looks at its options, and reports errors where nobody can catch an
// exception.
#include <cxxabi.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>
#include <typeinfo>

#include "base/base.h"
#include "commands/command_line.h"

namespace attend::commands {
namespace {

bool is_out_of_memory() {
  // Without an exception, either there was no memory for one or this is another fault.
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type != nullptr) {
    return *type == typeid(std::bad_alloc) || *type == typeid(std::bad_array_new_length);
  }
  void* const some = std::malloc(std::size_t{1} << 12);
  std::free(some);
  return some == nullptr;
}

// Nothing in this function may need memory.
[[noreturn]] void report_and_end() {
  remove_temporary_files();
  if (is_out_of_memory()) {
    print_message("attend: not enough memory\n");
    _exit(static_cast<int>(ExitCode::kOther));
  }
  const std::type_info* type = abi::__cxa_current_exception_type();
  for (const std::string_view part :
       {std::string_view("attend: internal error: nobody caught "),
        std::string_view(type != nullptr ? type->name() : "what ended the program"),
        std::string_view("\n")}) {
    print_message(part);
  }
  std::abort();
}

// Libraries need memory before main() begins, too early for guarded(). The linker's list of
// functions that are called before theirs belongs to the executable, so this file must be linked
// into it. Sanitizers have not started yet either.
__attribute__((no_sanitize("address", "thread"))) void set_early_handler() {
  std::set_terminate(report_and_end);
}
__attribute__((section(".preinit_array"), used)) void (*const kEarlyHandler)() = set_early_handler;

}  // namespace

void start_program() {
  reserve_standard_descriptors();
  handle_signals();
}

}  // namespace attend::commands

// The two programs. main() calls one of these functions and returns its exit code.
#pragma once

namespace attend::commands {

/// The light program: every command but training, for which it starts attend-train from its own
/// folder.
int run_attend(int argc, char** argv);

/// The program attend-train, which runs `attend train`.
int run_train(int argc, char** argv);

}  // namespace attend::commands

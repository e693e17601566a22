// The command line. main() calls one of these and returns its exit code.
#pragma once

namespace attend::commands {

/// The light program: every command but training, which it hands to attend-train beside itself.
int run_attend(int argc, char** argv);

/// `attend-train`, the program behind `attend train`.
int run_train(int argc, char** argv);

}  // namespace attend::commands

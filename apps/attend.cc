#include "commands/commands.h"

int main(int argc, char** argv) { return attend::commands::run_attend(argc, argv); }

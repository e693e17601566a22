// Marks what the shared library shows.
#pragma once

#define ATTEND_API __attribute__((visibility("default")))

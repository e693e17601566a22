// Helpers of the tests of check(): settings on top of the preset "default", and what check() says
// of them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/base.h"
#include "model/model.h"

namespace attend::model::testing {

using Settings = std::vector<std::string>;

/// Changes the preset "default" and checks it. Returns the message, or "taken".
inline std::string message_of(const Settings& settings) {
  Configuration c = preset("default");
  set_options(c, settings);
  try {
    check(c);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "taken";
}

inline std::string joined(const Settings& settings) {
  std::string text;
  for (const std::string& setting : settings) text += setting + " ";
  return text;
}

inline void expect_refused(const Settings& settings, const std::string& beginning) {
  const std::string message = message_of(settings);
  EXPECT_TRUE(message.starts_with(beginning)) << joined(settings) << "gives: " << message;
}

inline void expect_taken(const Settings& settings) {
  EXPECT_EQ(message_of(settings), "taken") << joined(settings);
}

/// Returns the settings with one more.
inline Settings with(Settings settings, const std::string& another) {
  settings.push_back(another);
  return settings;
}

}  // namespace attend::model::testing

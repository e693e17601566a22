// A list of options that grows, each with its name, range and help, and the field that it reads and
// sets. Internal to src/model.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/base.h"
#include "model/configuration.h"
#include "text/text.h"

namespace attend::model {

/// The words that an option takes, and what each means.
template <typename E>
using Choices = std::vector<std::pair<std::string_view, E>>;

/// Makes the options of a configuration from its fields. Every function adds one option; `help` is
/// shown by attend presets --options.
class OptionList {
 public:
  template <typename E>
  void choice(std::string name, E& field, Choices<E> choices, std::string help) {
    std::vector<std::string> words;
    for (const auto& [word, value] : choices) words.emplace_back(word);
    const std::string range = fmt::format("{}", fmt::join(words, " | "));
    auto get = [&field, choices] {
      for (const auto& [word, value] : choices) {
        if (value == field) return std::string(word);
      }
      throw CheckFailure("an enumeration without a name");
    };
    auto set = [&field, choices, name, range](const std::string& text) {
      for (const auto& [word, value] : choices) {
        if (word == text) {
          field = value;
          return;
        }
      }
      bad_value(name, text, range);
    };
    add(std::move(name), range, std::move(help), get, set);
    options_.back().choices = std::move(words);
  }

  template <typename T>
  void number(std::string name, T& field, T low, T high, std::string help) {
    const std::string range = high == std::numeric_limits<T>::max()
                                  ? fmt::format("at least {}", low)
                                  : fmt::format("{} … {}", low, high);
    auto get = [&field] { return fmt::format("{}", field); };
    auto set = [&field, low, high, name, range](const std::string& text) {
      T value{};
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size() || !(value >= low) ||
          !(value <= high)) {
        bad_value(name, text, range);
      }
      field = value;
    };
    add(std::move(name), range, std::move(help), get, set);
  }

  void flag(std::string name, bool& field, std::string help) {
    choice<bool>(std::move(name), field, {{"true", true}, {"false", false}}, std::move(help));
  }

  void text(std::string name, std::string& field, std::string help) {
    auto get = [&field] { return field; };
    auto set = [&field, name](const std::string& value) {
      if (text::find_broken_utf8(value) != std::string_view::npos) {
        bad_value(name, value, "UTF-8 text");
      }
      field = value;
    };
    add(std::move(name), "text", std::move(help), get, set);
  }

  std::vector<Option> take() { return std::move(options_); }

 private:
  [[noreturn]] static void bad_value(const std::string& name, const std::string& value,
                                     const std::string& range) {
    throw UsageError(fmt::format("{}: found '{}', expected {}", name, value, range));
  }
  void add(std::string name, std::string range, std::string help, std::function<std::string()> get,
           std::function<void(const std::string&)> set) {
    options_.push_back(
        {std::move(name), std::move(range), {}, std::move(help), std::move(get), std::move(set)});
  }
  std::vector<Option> options_;
};

inline constexpr int kMany = 1 << 24;
inline constexpr double kAnyPositive = std::numeric_limits<double>::max();

/// Adds the options of training, training.* (options_training.cc).
void add_training(OptionList& list, TrainingConfig& training);
/// Add the options of models that read pictures (options_pictures.cc).
void add_image(OptionList& list, ImageConfig& image);
void add_picture_encoder(OptionList& list, EncoderConfig& encoder);
void add_picture_attention(OptionList& list, AttentionConfig& attention);
void add_picture_variation(OptionList& list, TrainingConfig& training);

}  // namespace attend::model

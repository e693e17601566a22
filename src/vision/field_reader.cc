#include "vision/field_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/base.h"

namespace attend::vision {

bool FieldReader::next() {
  if (!source_.next(text_)) return false;
  ++line_;
  fields_.clear();
  const std::string_view line = text_;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find('\t', begin), line.size());
    fields_.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return true;
}

void FieldReader::fail_at(std::size_t line, const std::string& problem) const {
  throw DataError(source_.name, line, problem);
}

void FieldReader::require_fields(std::size_t count, const char* form) const {
  if (fields_.size() == count) return;
  fail(fmt::format("found {} field{}, expected {}: {}", fields_.size(),
                   fields_.size() == 1 ? "" : "s", count, form));
}

std::uint64_t FieldReader::number(std::size_t field, const char* meaning) const {
  const std::string_view text = fields_[field];
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    fail(fmt::format("found '{}', expected {}, a whole number", text, meaning));
  }
  return value;
}

}  // namespace attend::vision

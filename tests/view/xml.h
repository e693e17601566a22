// A small strict reader of XML 1.0, for documents without document types.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace attend::testing {

struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;  // unescaped
  std::string text;                               // the text directly inside, unescaped
  std::vector<std::size_t> children;              // indices into the document

  double number(const std::string& attribute) const { return std::stod(attributes.at(attribute)); }
};

/// Returns all elements in document order, the root first. Throws std::runtime_error when the
/// document is not well-formed.
std::vector<Element> parse_xml(std::string_view document);

/// Returns the elements of one name.
std::vector<Element> named(const std::vector<Element>& document, const std::string& name);

}  // namespace attend::testing

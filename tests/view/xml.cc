#include "xml.h"

#include <cctype>
#include <cstdint>
#include <stdexcept>

namespace attend::testing {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { check_characters(); }

  std::vector<Element> parse() {
    if (text_.starts_with("<?xml")) at_ = text_.find("?>") + 2;
    skip_space();
    element();
    skip_space();
    require(at_ == text_.size(), "something behind the root");
    return std::move(elements_);
  }

 private:
  void require(bool condition, const char* message) const {
    if (!condition) {
      throw std::runtime_error(std::string(message) + " at byte " + std::to_string(at_) + ": " +
                               std::string(text_.substr(at_, 60)));
    }
  }

  /// The text must be well-formed UTF-8 of characters that XML 1.0 allows.
  void check_characters() const {
    for (std::size_t i = 0; i < text_.size();) {
      const auto lead = static_cast<unsigned char>(text_[i]);
      const int size = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
      if (size == 0 || i + size > text_.size()) throw std::runtime_error("broken UTF-8");
      std::uint32_t code = size == 1 ? lead : lead & (0x7F >> size);
      for (int k = 1; k < size; ++k) {
        const auto next = static_cast<unsigned char>(text_[i + k]);
        if ((next & 0xC0) != 0x80) throw std::runtime_error("broken UTF-8");
        code = code << 6 | (next & 0x3F);
      }
      const bool allowed = code == 9 || code == 10 || code == 13 ||
                           (code >= 0x20 && code < 0xD800) || (code >= 0xE000 && code < 0xFFFE) ||
                           (code >= 0x10000 && code < 0x110000);
      if (!allowed) throw std::runtime_error("forbidden character " + std::to_string(code));
      i += size;
    }
  }

  bool skip(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  void skip_space() {
    while (at_ < text_.size() &&
           std::string_view(" \n\t\r").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  std::string name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) ||
                                  text_[at_] == '-' || text_[at_] == ':')) {
      ++at_;
    }
    require(at_ > begin, "a name is missing");
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string unescaped(char until) {
    static const std::map<std::string, char, std::less<>> kEntities = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
    std::string value;
    while (at_ < text_.size() && text_[at_] != until) {
      require(text_[at_] != '<', "a bare <");
      if (text_[at_] == '&') {
        const std::size_t end = text_.find(';', at_);
        require(end != std::string_view::npos, "a bare &");
        const auto entity = kEntities.find(text_.substr(at_, end + 1 - at_));
        require(entity != kEntities.end(), "an unknown entity");
        value += entity->second;
        at_ = end + 1;
      } else {
        value += text_[at_++];
      }
    }
    require(at_ < text_.size(), "the end is missing");
    return value;
  }

  std::size_t element() {
    require(skip("<"), "an element is missing");
    const std::size_t index = elements_.size();
    elements_.push_back({name(), {}, {}, {}});
    for (skip_space(); !skip("/>"); skip_space()) {
      if (skip(">")) {
        content(index);
        return index;
      }
      const std::string attribute = name();
      require(skip("=\""), "an attribute without a value");
      const std::string value = unescaped('"');
      require(elements_[index].attributes.emplace(attribute, value).second, "a double attribute");
      ++at_;
    }
    return index;
  }

  void content(std::size_t index) {
    while (!skip("</")) {
      require(at_ < text_.size(), "an element does not end");
      if (text_[at_] == '<') {
        const std::size_t child = element();
        elements_[index].children.push_back(child);
      } else {
        elements_[index].text += unescaped('<');
      }
    }
    require(name() == elements_[index].name, "another element ends");
    require(skip(">"), "a > is missing");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Element> elements_;
};

}  // namespace

std::vector<Element> parse_xml(std::string_view document) { return Parser(document).parse(); }

std::vector<Element> named(const std::vector<Element>& document, const std::string& name) {
  std::vector<Element> found;
  for (const Element& element : document) {
    if (element.name == name) found.push_back(element);
  }
  return found;
}

}  // namespace attend::testing

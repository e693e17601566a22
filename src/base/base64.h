// Bytes as text of 64 characters, such as pictures inside documents.
#pragma once

#include <string>
#include <string_view>

namespace attend {

/// Returns base64 with padding (RFC 4648).
std::string base64(std::string_view bytes);

}  // namespace attend

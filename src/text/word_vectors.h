// Reads word vectors that other programs have trained.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/corpus.h"

namespace attend::text {

/// The largest number of values that a vector may have.
inline constexpr std::size_t kMaximumDimension = std::size_t{1} << 16;

/// A word and its vector.
struct WordVector {
  std::string word;           ///< bytes of the file; may hold blanks, as some words of GloVe do
  std::vector<float> values;  ///< [dimension], all finite
};

/// Reads a file of word vectors, or standard input for "-". It may be compressed as those of
/// LineReader may. The first bytes tell which form the file has:
///
///   GloVe text           word BLANK value … value           one word a line
///   word2vec text, .vec  count BLANK dimension              then lines as above
///   word2vec binary      count BLANK dimension LF           then for each word:
///                        word BLANK, `dimension` float32 values (little-endian), LF or nothing
///
/// Blanks of a text are spaces and tabs. One pass; the memory depends on the dimension and not on
/// what the header says. Not thread-safe.
class VectorReader {
 public:
  /// Opens the file and reads its beginning. DataError, with the file, when it is missing, empty,
  /// of another form (UTF-16, a zip archive, a fastText model), or has a dimension that is not
  /// between 1 and kMaximumDimension.
  explicit VectorReader(const std::filesystem::path& path);
  ~VectorReader();
  VectorReader(VectorReader&&) noexcept;
  VectorReader& operator=(VectorReader&&) noexcept;

  std::size_t dimension() const;    ///< values of each vector, as the first line says
  const std::string& name() const;  ///< for messages: the path, or "standard input"

  /// Reads the next vector. Returns false at the end of the file.
  ///
  /// BadLine for a vector that cannot be used: a line that LineReader rejects, a wrong number of
  /// fields, a value that is no finite number of float's range, or a binary file that ends within a
  /// vector. At the end of a file that holds another number of vectors than its header says, one
  /// BadLine says so. The next call goes on behind the vector, or returns false. A line number
  /// counts lines; problems of a binary file name the vector instead. DataError when the rest of
  /// the file cannot be read.
  bool next(WordVector& vector);

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

/// Returns the text in lower case: full Unicode lower-casing, independent of the language. `text`
/// must be well-formed UTF-8.
std::string lower_case(std::string_view text);

}  // namespace attend::text

// The header of NumPy's .npy files, versions 1.0, 2.0 and 3.0. Internal to the folder.
//
//   6 bytes   "\x93NUMPY"
//   2 bytes   version: major, minor
//   2 bytes   length of the rest of the header, little-endian; 4 bytes from version 2.0 on
//   the rest  a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4), },
//             then blanks and a line feed
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vision/feature_values.h"
#include "vision/random_access_file.h"

namespace attend::vision {

inline constexpr std::string_view kNpySignature = "\x93NUMPY";
/// The bytes of a header that format_npy_header() returns.
inline constexpr std::size_t kNpyHeaderSize = 128;

struct NpyHeader {
  NumberType type = NumberType::kFloat32;
  std::vector<std::uint64_t> shape;  ///< of an array in C order: the last index changes fastest
  std::uint64_t size = 0;            ///< bytes in front of the values
};

/// Reads the header of a file that begins with kNpySignature. Throws DataError (file, what was
/// found, what was expected) for another version, a header that is truncated, damaged or longer
/// than 64 KiB, numbers other than little-endian float16, float32 and float64, and Fortran order.
NpyHeader read_npy_header(const RandomAccessFile& file);

/// Returns a header of version 1.0 for float32 numbers, kNpyHeaderSize bytes. `shape` has at most
/// four sizes.
std::string format_npy_header(const std::vector<std::uint64_t>& shape);

}  // namespace attend::vision

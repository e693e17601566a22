// Files of features whose headers lie.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "base/base.h"
#include "feature_files.h"
#include "testing.h"
#include "vision/vision.h"

namespace attend::vision {
namespace {

using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;
using ::testing::HasSubstr;

class HostileFeatures : public ::testing::Test {
 protected:
  // The message for a file, without its path, and "no error" only if all its values can be read.
  std::string refused(const std::string& bytes) {
    write_file(path_, bytes);
    const std::string message = message_of([&] {
      const FeatureFile features = FeatureFile::open(path_, lines_of_file);
      for (std::size_t image = 0; image < features.size(); ++image) features.values(image);
    });
    const std::string beginning = path_.string() + ": ";
    return message.starts_with(beginning) ? message.substr(beginning.size()) : message;
  }
  std::string npy_refused(const std::string& dictionary, const std::string& values = "12345678") {
    return refused(npy_file(dictionary, values));
  }
  std::string shape_refused(const std::string& shape) { return npy_refused(npy_dictionary(shape)); }
  std::string tensor_refused(const std::string& type, const std::string& shape,
                             const std::string& values = "12345678") {
    return refused(safetensors_file("{\"a\":{\"dtype\":\"" + type + "\",\"shape\":" + shape +
                                        ",\"data_offsets\":[0," + std::to_string(values.size()) +
                                        "]}}",
                                    values));
  }
  void SetUp() override { write_file(folder_ / "f.names", "a\n"); }

  const TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "f";
};

TEST_F(HostileFeatures, ShapesOfArraysAreChecked) {
  EXPECT_EQ(shape_refused("(1, 1, 2)"), "no error");
  EXPECT_EQ(shape_refused("(2,)"),
            "found the shape (2), expected (images, regions, units) or (images, rows, columns, "
            "units)");
  EXPECT_THAT(shape_refused("()"), HasSubstr("found the shape ()"));
  EXPECT_THAT(shape_refused("(1, 2)"), HasSubstr("found the shape (1, 2), expected"));
  EXPECT_THAT(shape_refused("(1, 1, 1, 1, 2)"), HasSubstr("found the shape"));
  EXPECT_EQ(shape_refused("(0, 1, 2)"), "found the shape (0, 1, 2), expected at least one image");
  EXPECT_EQ(shape_refused("(1, 0, 2)"), "found no values, expected sizes of at least 1");
  EXPECT_EQ(shape_refused("(1, 1, 3)"),
            "found 8 bytes of values, expected 12 for each of the 1 images");
  EXPECT_THAT(shape_refused("(1, 1, 1)"), HasSubstr("found 8 bytes of values, expected 4"));
}

TEST_F(HostileFeatures, HugeShapesAreRefusedBeforeMemoryIsTaken) {
  EXPECT_EQ(shape_refused("(1, 67108865, 1)"),
            "found 67108865 · 1 values for an image, expected at most 67108864");
  EXPECT_THAT(shape_refused("(1, 4294967296, 4294967296, 2)"), HasSubstr("expected at most"));
  EXPECT_THAT(shape_refused("(1, 18446744073709551615, 2)"), HasSubstr("expected at most"));
  EXPECT_THAT(shape_refused("(1, 18446744073709551616, 2)"), HasSubstr("found a damaged header"));
  // 2^61 images of 8 bytes are 0 bytes modulo 2^64.
  EXPECT_EQ(npy_refused(npy_dictionary("(2305843009213693952, 1, 2)"), ""),
            "found 0 bytes of values, expected 8 for each of the 2305843009213693952 images");
  // A file may have holes, which take no room on the disk.
  write_file(path_, npy_file(npy_dictionary("(262144, 4096, 64)"), ""));
  ASSERT_EQ(truncate(path_.c_str(),
                     static_cast<off_t>(std::filesystem::file_size(path_)) + (off_t{1} << 38)),
            0);
  EXPECT_THAT(message_of([&] { FeatureFile::open(path_, lines_of_file); }),
              HasSubstr("f.names: found 1 names, expected 262144"));
}

TEST_F(HostileFeatures, OtherNumbersAreRefused) {
  const auto type = [&](const std::string& name) {
    return npy_refused(npy_dictionary("(1, 1, 2)", name));
  };
  EXPECT_EQ(
      type(">f4"),
      "found numbers of the type '>f4', expected '<f2', '<f4' or '<f8': little-endian float16, "
      "float32 or float64");
  EXPECT_THAT(type("<i4"), HasSubstr("type '<i4'"));
  EXPECT_THAT(type("|O"), HasSubstr("type '|O'"));
  EXPECT_THAT(npy_refused("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 1, 2)}"),
              HasSubstr("a structure of several numbers"));
  EXPECT_EQ(npy_refused("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1, 2), }"),
            "found an array in Fortran order, expected C order (numpy.ascontiguousarray)");
}

TEST_F(HostileFeatures, DamagedDictionariesAreRefused) {
  constexpr const char* kDamaged =
      "found a damaged header, expected a Python dictionary as numpy.save writes it";
  for (const char* dictionary :
       {"", " ", "[]", "{", "{'descr'", "{'descr': '<f4", "{'descr' '<f4'}", "{descr: '<f4'}",
        "{'shape': 2}", "{'shape': (2", "{'shape': (2 3)}", "{'shape': (-2,)}", "{'shape': (,)}",
        "{'shape': (1.5,)}", "{'fortran_order': 0}", "{,}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 2)} x"}) {
    EXPECT_EQ(npy_refused(dictionary), kDamaged) << dictionary;
  }
  EXPECT_EQ(npy_refused("{'descr': '<f4', 'shape': (1, 1, 2), }"),
            "found no 'fortran_order' in the header, expected one");
  EXPECT_EQ(npy_refused("{'descr': '<f4', 'descr': '<f4'}"),
            "found 'descr' again, expected it once");
  EXPECT_EQ(npy_refused("{'a\nb': 1}"),
            "found 'a?b' in the header, expected 'descr', 'fortran_order' and 'shape'");
}

TEST_F(HostileFeatures, LengthsOfHeadersAreChecked) {
  const std::string file = npy_file(npy_dictionary("(1, 1, 2)"), "12345678");
  EXPECT_EQ(refused(file.substr(0, 7)),
            "found a file of 7 bytes, expected a whole .npy header of 8");
  EXPECT_EQ(refused(file.substr(0, 9)),
            "found a file of 9 bytes, expected a whole .npy header of 10");
  EXPECT_THAT(refused(file.substr(0, 20)), HasSubstr("found a file of 20 bytes, expected a whole"));
  EXPECT_EQ(refused("\x93NUMPY" + std::string("\x02\x00\xFF\xFF\xFF\xFF{}", 8)),
            "found a .npy header of 4294967295 bytes, expected at most 65536");
  EXPECT_EQ(refused("\x93NUMPY" + std::string("\x04\x00\x02\x00{}", 6)),
            "found version 4.0 of .npy, expected 1.0, 2.0 or 3.0");
  EXPECT_EQ(refused("\x93NUMPY" + std::string("\xFF\x00\x02\x00{}", 6)),
            "found version 255.0 of .npy, expected 1.0, 2.0 or 3.0");
  EXPECT_THAT(refused("\x93NUMPY" + std::string("\x01\x01\x02\x00{}", 6)), HasSubstr("1.1"));
}

TEST_F(HostileFeatures, TensorsAreChecked) {
  EXPECT_EQ(tensor_refused("F32", "[1,2]"), "no error");
  EXPECT_EQ(tensor_refused("U64", "[1,1]"),
            "tensor 'a': found the type 'U64', expected F16, BF16, F32 or F64");
  EXPECT_EQ(tensor_refused("F32", "[2]"),
            "tensor 'a': found the shape [2], expected [regions, units] or [rows, columns, units]");
  EXPECT_THAT(tensor_refused("F32", "[1,1,1,2]"), HasSubstr("found the shape [1, 1, 1, 2]"));
  EXPECT_EQ(tensor_refused("F32", "[0,2]", ""),
            "tensor 'a': found no values, expected sizes of at least 1");
  EXPECT_THAT(tensor_refused("F32", "[1,3]"), HasSubstr("found 8 bytes of values, expected those"));
  EXPECT_EQ(refused(safetensors_file("{}", "")), "found no tensor, expected one for each image");
  EXPECT_EQ(refused(safetensors_file(R"({"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},)"
                                     R"("b":{"dtype":"F16","shape":[1,2],"data_offsets":[4,8]}})",
                                     "12345678")),
            "tensor 'b': found 2 units, expected 1 as in tensor 'a'");
  EXPECT_EQ(refused(safetensors_file(R"({"":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}})",
                                     "1234")),
            "tensor '': found an empty name, expected that of an image");
  const std::string entry = R"({"dtype":"F32","shape":[1,1],"data_offsets":[0,4]})";
  EXPECT_EQ(refused(safetensors_file("{\"a\":" + entry + ",\"a\":" + entry + "}", "1234")),
            "tensor 'a': found this name again, expected each once");
  write_file(path_, safetensors_file(R"({"a":{"dtype":"F32","shape":[67108865,1],)"
                                     R"("data_offsets":[0,268435460]}})",
                                     ""));
  ASSERT_EQ(
      truncate(path_.c_str(), static_cast<off_t>(std::filesystem::file_size(path_)) + 268'435'460),
      0);
  EXPECT_THAT(message_of([&] { FeatureFile::open(path_, lines_of_file); }),
              HasSubstr("found 67108865 · 1 values for an image, expected at most 67108864"));
}

// Damage of every kind gives a message of one line, or a file that can be read.
TEST_F(HostileFeatures, EveryTruncationAndEveryChangedByteIsHarmless) {
  const std::string npy = npy_file(npy_dictionary("(1, 1, 2)"), float32_bytes({1, 2}));
  const std::string tensors = safetensors_file(
      R"({"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})", float32_bytes({1, 2}));
  for (const std::string& good : {npy, tensors}) {
    EXPECT_EQ(refused(good), "no error");
    EXPECT_NE(refused(good + "x"), "no error");
    for (std::size_t size = 0; size < good.size(); ++size) {
      EXPECT_NE(refused(good.substr(0, size)), "no error") << size;
    }
    for (std::size_t position = 0; position < good.size(); ++position) {
      for (const char change : {'\x01', '\x10', '\x7F', '\xFF'}) {
        std::string bad = good;
        bad[position] = static_cast<char>(bad[position] ^ change);
        EXPECT_EQ(refused(bad).find('\n'), std::string::npos) << position;
      }
    }
  }
}

}  // namespace
}  // namespace attend::vision

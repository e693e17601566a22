#include "vision/feature_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "base/base.h"
#include "feature_files.h"
#include "pictures.h"
#include "testing.h"
#include "vision/feature_values.h"

namespace attend::vision {
namespace {

using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Features : public ::testing::Test {
 protected:
  FeatureFile open(const std::string& bytes, const std::string& names = "") {
    write_file(path_, bytes);
    if (!names.empty()) write_file(folder_ / "f.names", names);
    return FeatureFile::open(path_, lines_of_file);
  }
  // The message for a file, with "f" in place of its path.
  std::string refused(const std::string& bytes, const std::string& names = "") {
    std::string message = message_of([&] { open(bytes, names); });
    for (std::size_t at = 0; (at = message.find(path_.string())) != std::string::npos;) {
      message.replace(at, path_.string().size(), "f");
    }
    return message;
  }
  const TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "f";
};

// numpy.save("f.npy", numpy.arange(12, dtype="<f4").reshape(2, 3, 2)) writes these bytes.
std::string numpy_golden() {
  std::string file = "\x93NUMPY";
  file += std::string("\x01\x00\x76\x00", 4);  // version 1.0, 118 bytes
  file += "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 2), }";
  file += std::string(128 - 1 - file.size(), ' ') + "\n";
  const char* const values[] = {"\0\0\0\0",     "\0\0\x80\x3F", "\0\0\0\x40",   "\0\0\x40\x40",
                                "\0\0\x80\x40", "\0\0\xA0\x40", "\0\0\xC0\x40", "\0\0\xE0\x40",
                                "\0\0\0\x41",   "\0\0\x10\x41", "\0\0\x20\x41", "\0\0\x30\x41"};
  for (const char* value : values) file += std::string(value, 4);
  return file;
}

TEST_F(Features, OfNumpyAreReadWithTheirNames) {
  const FeatureFile features = open(numpy_golden(), "a.jpg\nphotos/é.png\n");
  ASSERT_EQ(features.size(), 2u);
  EXPECT_EQ(features.units(), 2u);
  EXPECT_EQ(features.grid(0), (Grid{1, 3}));
  EXPECT_EQ(features.regions(1), 3u);
  EXPECT_EQ(features.name(1), "photos/é.png");
  EXPECT_EQ(features.find("photos/é.png"), 1u);
  EXPECT_EQ(features.find("b.jpg"), std::nullopt);
  EXPECT_EQ(features.path(), path_.string());
  EXPECT_THAT(features.values(0), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(features.values(1), ElementsAre(6, 7, 8, 9, 10, 11));
}

TEST_F(Features, OfNumpyHaveTheNamesOfAnotherFile) {
  open(numpy_golden(), "a\nb\n");
  write_file(folder_ / "others.txt", "c\r\nd");
  const FeatureFile features = FeatureFile::open(path_, lines_of_file, folder_ / "others.txt");
  EXPECT_EQ(features.find("d"), 1u);
  EXPECT_EQ(features.find("b"), std::nullopt);
}

TEST_F(Features, OfSafetensorsAreReadWithTheirNames) {
  // safetensors.torch.save_file writes the blanks and sorts the tensors so.
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a.jpg":{"dtype":"F32","shape":[1,2,2],)"
      R"("data_offsets":[0,16]},"b.jpg":{"dtype":"F16","shape":[4,2],"data_offsets":[16,32]}} )";
  const FeatureFile features = open(safetensors_file(
      header, float32_bytes({1, 2, 3, 4}) + bytes_of_16_bits({0x3C00, 0x4000, 0xC000, 0x3800,
                                                              0x0000, 0x8000, 0x7BFF, 0x0001})));
  ASSERT_EQ(features.size(), 2u);
  EXPECT_EQ(features.units(), 2u);
  EXPECT_EQ(features.grid(0), (Grid{1, 2}));
  EXPECT_EQ(features.grid(1), (Grid{2, 2}));
  EXPECT_EQ(features.find("b.jpg"), 1u);
  EXPECT_THAT(features.values(0), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(features.values(1), ElementsAre(1, 2, -2, 0.5F, 0, 0, 65504, std::ldexp(1.0F, -24)));
  EXPECT_TRUE(std::signbit(features.values(1)[5]));
}

TEST_F(Features, TellTheGridWhereTheFileDoes) {
  const std::string eight = float32_bytes({0, 1, 2, 3, 4, 5, 6, 7});
  const auto grid = [&](const std::string& shape) {
    return open(npy_file(npy_dictionary(shape), eight), "a\n").grid(0);
  };
  EXPECT_EQ(grid("(1, 2, 4, 1)"), (Grid{2, 4}));
  EXPECT_EQ(grid("(1, 4, 1, 2)"), (Grid{4, 1}));
  EXPECT_EQ(grid("(1, 4, 2)"), (Grid{2, 2}));
  EXPECT_EQ(grid("(1, 8, 1)"), (Grid{1, 8}));
  EXPECT_EQ(grid("(1, 1, 8)"), (Grid{1, 1}));
}

TEST_F(Features, MayHaveEveryTypeOfFraction) {
  const auto values = [&](const std::string& type, const std::string& bytes) {
    return open(npy_file(npy_dictionary("(1, 1, 3)", type), bytes), "a\n").values(0);
  };
  EXPECT_THAT(values("<f2", bytes_of_16_bits({0x3555, 0xFBFF, 0x03FF})),
              ElementsAre(0.333251953125F, -65504, 1023 * std::ldexp(1.0F, -24)));
  EXPECT_THAT(values("<f4", float32_bytes({0.1F, -0.0F, 1e-45F})), ElementsAre(0.1F, 0, 1e-45F));
  EXPECT_THAT(values("<f8", float64_bytes({0.1, -3, 1e-300})), ElementsAre(0.1F, -3, 0));
  const auto tensor = [&](const std::string& type, const std::string& bytes) {
    return open(safetensors_file("{\"a\":{\"dtype\":\"" + type + "\",\"shape\":[2,1]," +
                                     "\"data_offsets\":[0," + std::to_string(bytes.size()) + "]}}",
                                 bytes))
        .values(0);
  };
  EXPECT_THAT(tensor("BF16", bytes_of_16_bits({0x3F80, 0xC2C8})), ElementsAre(1, -100));
  EXPECT_THAT(tensor("F64", float64_bytes({0.1, 1})), ElementsAre(0.1F, 1));
}

TEST_F(Features, EveryHalfPrecisionNumberIsExact) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    if (exponent == 31) continue;
    const double magnitude =
        exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    const std::uint8_t bytes[] = {static_cast<std::uint8_t>(half & 255),
                                  static_cast<std::uint8_t>(half >> 8)};
    const std::vector<float> values = to_floats(NumberType::kFloat16, bytes);
    ASSERT_EQ(static_cast<double>(values.at(0)), (half >> 15) != 0 ? -magnitude : magnitude)
        << bits;
  }
}

TEST_F(Features, AllVersionsAndSpellingsOfHeadersAreRead) {
  const std::string values = float32_bytes({1, 2, 3, 4});
  for (const int version : {1, 2, 3}) {
    const FeatureFile features =
        open(npy_file(npy_dictionary("(2, 1, 2)"), values, version), "a\nb\n");
    EXPECT_THAT(features.values(1), ElementsAre(3, 4)) << version;
  }
  for (const char* dictionary :
       {"{'shape': (2L, 1L, 2L), 'descr': '<f4', 'fortran_order': False}",
        "{\"descr\":\"<f4\",\"fortran_order\":False,\"shape\":(2,1,2,),}\t\n\n",
        " { 'fortran_order' : False , 'shape' : ( 2 , 1 , 2 ) , 'descr' : '<f4' , } "}) {
    EXPECT_THAT(open(npy_file(dictionary, values), "a\nb\n").values(1), ElementsAre(3, 4));
  }
}

TEST_F(Features, OtherFilesAreNamed) {
  EXPECT_EQ(refused(""), "f: found an empty file, expected .npy or safetensors");
  EXPECT_EQ(refused("PK\x03\x04 and so on"),
            "f: found a ZIP archive, such as .npz, expected .npy or safetensors");
  EXPECT_EQ(refused("0.1 0.2 0.3"),
            "f: found a file that begins with the bytes 30 2e 31 20 30 2e 32 20, expected .npy or "
            "safetensors");
  EXPECT_THAT(refused("\x93NUM"), HasSubstr("begins with the bytes 93 4e 55 4d, expected"));
  EXPECT_EQ(message_of([&] { FeatureFile::open(folder_ / "none", lines_of_file); }),
            (folder_ / "none").string() + ": cannot open: No such file or directory");
  EXPECT_EQ(message_of([&] { FeatureFile::open(folder_.path(), lines_of_file); }),
            folder_.path().string() +
                ": found something else than a regular file, expected a file "
                "of features");
  EXPECT_THROW(open(""), DataError);
}

TEST_F(Features, NamesMustBeThoseOfTheImages) {
  const std::string file = numpy_golden();
  EXPECT_THAT(refused(file), StartsWith("f.names: cannot open"));
  EXPECT_EQ(refused(file, "a\n"), "f.names: found 1 names, expected 2, one for each image of f");
  EXPECT_EQ(refused(file, "a\nb\nc\n"),
            "f.names:3: found one more name, expected 2, one for each image of f");
  EXPECT_EQ(refused(file, "a\na\n"),
            "f.names:2: found image 'a' again, expected each once; it is in line 1 too");
  EXPECT_EQ(refused(file, "a\n\n"),
            "f.names:2: found an empty line, expected the name of an image");
  EXPECT_EQ(refused(file, "a\nb\tc\n"),
            "f.names:2: found 2 fields, expected 1: the name of an image");
  EXPECT_THAT(refused(file, "a\n\xFF\n"), StartsWith("f.names:2: "));
  const std::string tensor = R"({"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}})";
  open(safetensors_file(tensor, float32_bytes({1})));
  EXPECT_THROW(FeatureFile::open(path_, lines_of_file, folder_ / "f.names"), UsageError);
}

TEST_F(Features, NumbersThatAreNotFiniteAreNamed) {
  const auto refused_values = [&](const std::string& type, const std::string& bytes) {
    const FeatureFile features =
        open(npy_file(npy_dictionary("(2, 2, 2)", type), bytes + bytes), "a\nb\n");
    EXPECT_THROW(features.values(0), ImageError);
    return message_of([&] { features.values(1); });
  };
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(refused_values("<f4", float32_bytes({0, 1, 2, std::nanf("")})),
            path_.string() +
                ": image 'b': found nan as unit 1 of region 1, both counted from 0, "
                "expected finite numbers in the range of float32");
  EXPECT_THAT(refused_values("<f4", float32_bytes({0, -infinity, 2, 3})),
              HasSubstr("found -inf as unit 1 of region 0"));
  EXPECT_THAT(refused_values("<f8", float64_bytes({0, 1, 1e300, 3})),
              HasSubstr("found inf as unit 0 of region 1"));
  EXPECT_THAT(refused_values("<f2", bytes_of_16_bits({0x7C00, 0, 0, 0})), HasSubstr("found inf"));
  EXPECT_THAT(refused_values("<f2", bytes_of_16_bits({0x7E01, 0, 0, 0})), HasSubstr("found nan"));
}

TEST_F(Features, AFileThatBecomesShorterIsNamed) {
  const FeatureFile features = open(numpy_golden(), "a\nb\n");
  ASSERT_EQ(truncate(path_.c_str(), 160), 0);
  EXPECT_THAT(features.values(0), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(message_of([&] { features.values(1); }),
            path_.string() + ": the file has become shorter while it was read");
}

TEST_F(Features, AreReadBySeveralThreads) {
  const FeatureFile features = open(numpy_golden(), "a\nb\n");
  std::vector<std::thread> threads;
  std::vector<int> equal(4);
  for (std::size_t i = 0; i < equal.size(); ++i) {
    threads.emplace_back([&, i] {
      const FeatureFile copy = features;
      for (int round = 0; round < 50; ++round) {
        equal[i] += copy.values(0)[5] == 5 && copy.values(copy.find("b").value())[0] == 6;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(equal, ElementsAre(50, 50, 50, 50));
}

}  // namespace
}  // namespace attend::vision

#include "base/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/errors.h"

namespace attend {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string data_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

// The message for a header in front of so many bytes of values.
std::string refused(const std::string& header, std::uint64_t value_bytes = 4) {
  return data_error([&] { parse_safetensors_header(header, value_bytes, "f"); });
}

std::string prefix(std::uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xFF);
  return bytes;
}

constexpr const char* kGolden =
    R"({"__metadata__":{"note":"a \"b\""},"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
    R"("y/é":{"dtype":"BF16","shape":[],"data_offsets":[8,10]}})";

TEST(SafetensorsHeader, ReadsWhatAnotherProgramWrote) {
  const SafetensorsHeader header = parse_safetensors_header(kGolden + std::string(5, ' '), 10, "f");
  EXPECT_THAT(header.metadata, ElementsAre(Pair("note", "a \"b\"")));
  ASSERT_EQ(header.tensors.size(), 2u);
  EXPECT_EQ(header.tensors[0].name, "x");
  EXPECT_EQ(header.tensors[0].type, "F32");
  EXPECT_THAT(header.tensors[0].shape, ElementsAre(1u, 2u));
  EXPECT_EQ(header.tensors[1].name, "y/é");
  EXPECT_THAT(header.tensors[1].shape, ElementsAre());
  EXPECT_EQ(header.tensors[1].begin, 8u);
  EXPECT_EQ(header.tensors[1].end, 10u);
  // The fields of a tensor may have any order, and the order of tensors need not be that of values.
  const SafetensorsHeader turned = parse_safetensors_header(
      R"( { "b": {"data_offsets":[2,4], "shape":[2], "dtype":"U8"},
            "a": {"shape":[1], "dtype":"F16", "data_offsets":[0,2]} } )",
      4, "f");
  EXPECT_EQ(turned.tensors[0].name, "b");
  EXPECT_EQ(turned.tensors[1].begin, 0u);
}

TEST(SafetensorsHeader, IsWrittenByteForByte) {
  SafetensorsHeader header;
  header.metadata = {{"note", "a \"b\""}};
  header.tensors = {{"x", "F32", {1, 2}, 0, 8}, {"y/é", "BF16", {}, 8, 10}};
  const std::string json(kGolden);
  const std::string blanks((8 - json.size() % 8) % 8, ' ');
  EXPECT_EQ(format_safetensors_header(header), prefix(json.size() + blanks.size()) + json + blanks);
  EXPECT_EQ(format_safetensors_header({}), prefix(8) + "{}      ");
  EXPECT_EQ(format_safetensors_header({}, 24), prefix(16) + "{}" + std::string(14, ' '));
  EXPECT_EQ(format_safetensors_header({}, 8), prefix(8) + "{}      ");
}

TEST(SafetensorsHeader, NamesThatAreNotUtf8AreNotWritten) {
  SafetensorsHeader header;
  header.tensors = {{"\xFF", "U8", {0}, 0, 0}};
  EXPECT_THAT(data_error([&] { format_safetensors_header(header); }), HasSubstr("expected UTF-8"));
}

TEST(SafetensorsHeader, LengthIsCheckedAgainstTheFile) {
  const auto length = [](const std::string& beginning, std::uint64_t file_size) {
    return safetensors_header_length(beginning, file_size, "f");
  };
  EXPECT_EQ(length(prefix(2) + "{}", 10), 2u);
  EXPECT_EQ(data_error([&] { length("1234567", 7); }),
            "f: found a file of 7 bytes, expected safetensors, which begins with the length of its "
            "header in 8 bytes");
  EXPECT_EQ(data_error([&] { length(prefix(3), 10); }),
            "f: found a header of 3 bytes, expected at most 2, which is the rest of the file");
  EXPECT_THAT(data_error([&] { length(prefix(~std::uint64_t{0}), 10); }), HasSubstr("at most 2"));
  EXPECT_EQ(data_error([&] { length(prefix(100'000'001), std::uint64_t{1} << 40); }),
            "f: found a header of 100000001 bytes, expected at most 100000000");
}

TEST(SafetensorsHeader, OtherJsonIsRefused) {
  EXPECT_EQ(refused(""),
            "f: found a header that is no JSON from its byte 1 on, expected a JSON "
            "object");
  EXPECT_THAT(refused("{"), HasSubstr("no JSON"));
  EXPECT_THAT(refused("{} {}"), HasSubstr("no JSON from its byte 4 on"));
  EXPECT_THAT(refused("{\"\xFF\":{}}"), HasSubstr("no JSON"));
  EXPECT_EQ(refused("[]"), "f: found a header that is a list, expected a JSON object");
  EXPECT_EQ(refused("7"), "f: found a header that is a number, expected a JSON object");
  EXPECT_EQ(refused("null"), "f: found a header that is null, expected a JSON object");
  EXPECT_EQ(refused(R"({"a":7})"), "f: tensor 'a': found a number, expected an object");
  EXPECT_EQ(refused(R"({"a":[]})"), "f: tensor 'a': found a list, expected an object");
  EXPECT_EQ(refused(R"({"__metadata__":{"k":1}})"),
            "f: tensor '__metadata__': found a number as 'k', expected text");
}

// The message for a tensor with these fields, whose values are the 4 bytes of the file.
std::string tensor_refused(const std::string& fields) {
  return refused("{\"a\":{" + fields + "}}");
}

TEST(SafetensorsHeader, WrongFieldsAreNamed) {
  const std::string type = R"("dtype":"F32",)", shape = R"("shape":[1],)";
  EXPECT_EQ(tensor_refused(type + shape + R"("data_offsets":[0,4])"), "no error");
  EXPECT_EQ(tensor_refused(type + shape + R"("data_offsets":[0])"),
            "f: tensor 'a': found 1 data_offsets, expected 2");
  EXPECT_EQ(tensor_refused(type + R"("data_offsets":[0,4])"),
            "f: tensor 'a': found no shape, expected one");
  EXPECT_EQ(tensor_refused(type + shape + shape),
            "f: tensor 'a': found 'shape' again, expected it once");
  EXPECT_EQ(tensor_refused(R"("size":4)"),
            "f: tensor 'a': found 'size', expected dtype, shape and data_offsets");
  EXPECT_EQ(tensor_refused(R"("dtype":4)"),
            "f: tensor 'a': found a number as dtype, expected text");
  EXPECT_EQ(tensor_refused(R"("shape":"1")"),
            "f: tensor 'a': found text as shape, expected a list of whole numbers");
  EXPECT_THAT(tensor_refused(R"("shape":[-1])"), HasSubstr("found a negative number as shape"));
  EXPECT_THAT(tensor_refused(R"("shape":[1.0])"), HasSubstr("found a fraction"));
  EXPECT_THAT(tensor_refused(R"("shape":[18446744073709551616])"), HasSubstr("found a fraction"));
  EXPECT_THAT(tensor_refused(R"("shape":[[1]])"), HasSubstr("found a list as shape"));
  EXPECT_EQ(tensor_refused(R"("dtype":"F31","shape":[1],"data_offsets":[0,4])"),
            "f: tensor 'a': found the type 'F31', expected one of safetensors");
}

TEST(SafetensorsHeader, ShapesMustFitTheirBytes) {
  const auto tensor = [](const std::string& shape, const std::string& offsets) {
    return tensor_refused(R"("dtype":"F16","shape":[)" + shape + R"(],"data_offsets":[)" + offsets +
                          "]");
  };
  EXPECT_EQ(tensor("2", "0,4"), "no error");
  EXPECT_EQ(tensor("2,1,1", "0,4"), "no error");
  EXPECT_EQ(tensor("3", "0,4"),
            "f: tensor 'a': found 4 bytes of values, expected those of F16 with the shape [3]");
  EXPECT_THAT(tensor("1", "0,3"), HasSubstr("found 3 bytes"));
  EXPECT_EQ(
      tensor("2", "0,5"),
      "f: tensor 'a': found the data_offsets 0 to 5, expected a part of the 4 bytes of values");
  EXPECT_THAT(tensor("2", "4,0"), HasSubstr("data_offsets 4 to 0"));
  EXPECT_THAT(tensor("2", "18446744073709551615,3"),
              HasSubstr("data_offsets 18446744073709551615"));
  // 2^32 · 2^32 · 2^1 is 0 modulo 2^64, and so is 2^63 · 4 + 2.
  EXPECT_THAT(tensor("4294967296,4294967296,2", "0,0"), HasSubstr("found 0 bytes"));
  EXPECT_THAT(tensor("9223372036854775808,2", "0,0"), HasSubstr("found 0 bytes"));
  EXPECT_THAT(tensor("0,18446744073709551615", "0,0"), HasSubstr("found 0 bytes"));
  EXPECT_EQ(tensor("1", "0,2"), "f: found 4 bytes of values, expected 2 as the header says");
}

TEST(SafetensorsHeader, NamesAreUnique) {
  const std::string entry = R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  EXPECT_EQ(refused("{\"a\":" + entry + ",\"b\":" + entry + ",\"a\":" + entry + "}"),
            "f: tensor 'a': found this name again, expected each once");
  EXPECT_THAT(refused(R"({"__metadata__":{},"__metadata__":{}})"), HasSubstr("again"));
  EXPECT_EQ(refused(R"({"__metadata__":{"k":"1","k":"2"}})"),
            "f: tensor '__metadata__': found 'k' again, expected it once");
}

TEST(SafetensorsHeader, DeepAndLongJsonIsRefusedAtOnce) {
  EXPECT_THAT(refused(std::string(10'000'000, '[')), HasSubstr("found a header that is a list"));
  EXPECT_THAT(refused("{\"a\":" + std::string(10'000'000, '[')), HasSubstr("found a list"));
  std::string ones = "1";
  for (int i = 0; i < 100'000; ++i) ones += ",1";
  EXPECT_THAT(tensor_refused("\"shape\":[" + ones + "]"), HasSubstr("more than 16 numbers"));
  std::string texts;
  for (int i = 0; i < 70'000; ++i) texts += "\"" + std::to_string(i) + "\":\"\",";
  EXPECT_THAT(refused("{\"__metadata__\":{" + texts + "\"x\":\"\"}}"),
              HasSubstr("expected at most 65536"));
}

TEST(ShownName, IsOneLineOfAtMostHundredBytes) {
  EXPECT_EQ(shown_name("photos/é.jpg"), "photos/é.jpg");
  EXPECT_EQ(shown_name(std::string("a\nb\0c\x7F", 6)), "a?b?c?");
  EXPECT_EQ(shown_name(std::string(100, 'x')), std::string(100, 'x'));
  EXPECT_EQ(shown_name(std::string(101, 'x')), std::string(100, 'x') + "…");
  EXPECT_EQ(shown_name(std::string(99, 'x') + "éé"), std::string(99, 'x') + "…");
}

}  // namespace
}  // namespace attend

#include "text/corpus.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lzma.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include "base/base.h"
#include "testing.h"

namespace attend::text {
namespace {

using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  LineReader reader(path);
  std::vector<std::string> lines;
  for (std::string line; reader.next(line);) {
    lines.push_back(line);
    EXPECT_EQ(reader.line_number(), lines.size());
  }
  return lines;
}

std::string data_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

std::string gzip(std::string_view text) {
  z_stream state{};
  EXPECT_EQ(deflateInit2(&state, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string bytes(deflateBound(&state, text.size()) + 64, '\0');
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  state.avail_in = static_cast<uInt>(text.size());
  state.next_out = reinterpret_cast<Bytef*>(bytes.data());
  state.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(deflate(&state, Z_FINISH), Z_STREAM_END);
  bytes.resize(state.total_out);
  deflateEnd(&state);
  return bytes;
}

std::string xz(std::string_view text) {
  std::string bytes(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(
                6, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()),
                text.size(), reinterpret_cast<std::uint8_t*>(bytes.data()), &size, bytes.size()),
            LZMA_OK);
  bytes.resize(size);
  return bytes;
}

std::string zstd(std::string_view text) {
  std::string bytes(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* state = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(state, ZSTD_c_checksumFlag, 1);
  bytes.resize(ZSTD_compress2(state, bytes.data(), bytes.size(), text.data(), text.size()));
  ZSTD_freeCCtx(state);
  return bytes;
}

struct Format {
  std::string name;
  std::string (*compress)(std::string_view);
};
const std::vector<Format> kFormats{{"gzip", gzip}, {"xz", xz}, {"zstd", zstd}};

std::string random_lines(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t n = 1 + random.below(80); n > 0; --n) {
      text += static_cast<char>('a' + random.below(26));
    }
    text += '\n';
  }
  return text;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

TEST(LineReader, GivesLinesWithoutTheirEnds) {
  TemporaryFolder folder;
  write_file(folder / "a", "one\ntwo\r\n\nlast");
  EXPECT_THAT(lines_of(folder / "a"), ElementsAre("one", "two", "", "last"));
  write_file(folder / "a", "one\n");
  EXPECT_THAT(lines_of(folder / "a"), ElementsAre("one"));
  write_file(folder / "a", "");
  EXPECT_THAT(lines_of(folder / "a"), ElementsAre());
}

TEST(LineReader, OnlyLineFeedEndsALine) {
  TemporaryFolder folder;
  write_file(folder / "a", "a\rb\u2028c\u0085d\x0b\x0c\n");
  EXPECT_THAT(lines_of(folder / "a"), ElementsAre("a\rb\u2028c\u0085d\x0b\x0c"));
}

TEST(LineReader, DropsAByteOrderMarkAtTheStartOnly) {
  TemporaryFolder folder;
  write_file(folder / "a", "\ufeffone\n\ufefftwo\n");
  EXPECT_THAT(lines_of(folder / "a"), ElementsAre("one", "\ufefftwo"));
}

TEST(LineReader, UnpacksEveryFormatWhateverTheName) {
  TemporaryFolder folder;
  const std::string text = random_lines(5000, 1);
  for (const Format& format : kFormats) {
    write_file(folder / "corpus.txt", format.compress(text));
    EXPECT_EQ(joined(lines_of(folder / "corpus.txt")), text) << format.name;
  }
}

TEST(LineReader, UnpacksSeveralMembersBehindOneAnother) {
  TemporaryFolder folder;
  const std::string a = random_lines(3000, 2);
  const std::string b = random_lines(10, 3);
  for (const Format& format : kFormats) {
    write_file(folder / "a", format.compress(a) + format.compress("") + format.compress(b));
    EXPECT_EQ(joined(lines_of(folder / "a")), a + b) << format.name;
  }
}

TEST(LineReader, UnpacksEmptyFiles) {
  TemporaryFolder folder;
  for (const Format& format : kFormats) {
    write_file(folder / "a", format.compress(""));
    EXPECT_THAT(lines_of(folder / "a"), ElementsAre()) << format.name;
  }
}

TEST(LineReader, ReportsCompressionCutShortAnywhere) {
  TemporaryFolder folder;
  const std::string text = random_lines(40, 4);
  for (const Format& format : kFormats) {
    const std::string bytes = format.compress(text);
    for (std::size_t size = 6; size < bytes.size(); size += size < 30 ? 1 : 11) {
      write_file(folder / "a", bytes.substr(0, size));
      ASSERT_THAT(data_error([&] { lines_of(folder / "a"); }),
                  HasSubstr(format.name + " data ends too early"))
          << size << " of " << bytes.size();
    }
  }
}

TEST(LineReader, NamesTheLineWhereCompressionBreaks) {
  TemporaryFolder folder;
  std::string bytes = gzip("one\ntwo\n") + gzip("three\n");
  bytes.resize(bytes.size() - 12);
  write_file(folder / "a.gz", bytes);
  EXPECT_THAT(data_error([&] { lines_of(folder / "a.gz"); }), HasSubstr("a.gz:3: "));
}

TEST(LineReader, ReportsDamagedCompression) {
  TemporaryFolder folder;
  const std::string text = random_lines(40, 5);
  for (const Format& format : kFormats) {
    std::string bytes = format.compress(text);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x10);
    write_file(folder / "a", bytes);
    EXPECT_THAT(data_error([&] { lines_of(folder / "a"); }), HasSubstr("damaged " + format.name));
    write_file(folder / "a", format.compress(text) + "something else");
    EXPECT_THAT(data_error([&] { lines_of(folder / "a"); }), HasSubstr("damaged " + format.name));
  }
}

TEST(LineReader, DamageNeverGivesOtherTextSilently) {
  TemporaryFolder folder;
  const std::string text = random_lines(20, 6);
  Random random(7);
  for (const Format& format : kFormats) {
    const std::string good = format.compress(text);
    for (int round = 0; round < 300; ++round) {
      std::string bytes = good;
      // The first bytes are left alone: they tell that the file is compressed at all.
      const std::size_t place = 6 + random.below(bytes.size() - 6);
      bytes[place] = static_cast<char>(bytes[place] ^ (1 << random.below(8)));
      write_file(folder / "a", bytes);
      try {
        ASSERT_EQ(joined(lines_of(folder / "a")), text) << format.name;  // an unused bit
      } catch (const DataError&) {
      }
    }
  }
}

TEST(LineReader, ReportsMissingFilesAndFolders) {
  TemporaryFolder folder;
  EXPECT_THAT(data_error([&] { LineReader reader(folder / "none"); }),
              HasSubstr("none: cannot open: No such file"));
  EXPECT_THAT(data_error([&] { LineReader reader(folder.path()); }),
              HasSubstr("cannot read: Is a directory"));
}

TEST(LineReader, ReportsUnreadableFiles) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  TemporaryFolder folder;
  write_file(folder / "a", "x\n");
  chmod((folder / "a").c_str(), 0);
  EXPECT_THAT(data_error([&] { LineReader reader(folder / "a"); }), HasSubstr("Permission denied"));
}

TEST(LineReader, ReportsFilesThatFailWhileReading) {
  if (!std::filesystem::exists("/proc/self/mem")) GTEST_SKIP() << "no /proc";
  EXPECT_THAT(data_error([] { lines_of("/proc/self/mem"); }),  // opens, but byte 0 is unreadable
              HasSubstr("mem: cannot read: "));
}

TEST(LineReader, NamesTheLineAndByteOfBrokenUtf8) {
  TemporaryFolder folder;
  write_file(folder / "a", "fine\nab\xe9 c\n");
  EXPECT_THAT(data_error([&] { lines_of(folder / "a"); }),
              HasSubstr("a:2: byte 3 of the line (0xe9) is not UTF-8"));
  write_file(folder / "a", std::string("\xff\xfe"
                                       "a\0\n\0",
                                       6));
  EXPECT_THAT(data_error([&] { lines_of(folder / "a"); }), HasSubstr("a:1: "));
  write_file(folder / "a", std::string("a\nb\0c\n", 6));
  EXPECT_THAT(data_error([&] { lines_of(folder / "a"); }),
              HasSubstr("a:2: byte 2 of the line is NUL"));
}

TEST(LineReader, TakesLinesUpToTheLimitAndNoFurther) {
  TemporaryFolder folder;
  const std::string longest(kMaximumLineBytes, 'x');
  write_file(folder / "a", longest + "\r\n" + longest + "\n" + longest);
  EXPECT_EQ(lines_of(folder / "a").size(), 3U);
  for (const std::string& tail : {std::string("\n"), std::string("\r\n"), std::string()}) {
    write_file(folder / "a", "short\n" + longest + "x" + tail);
    EXPECT_THAT(data_error([&] { lines_of(folder / "a"); }),
                HasSubstr("a:2: a line of more than 1048576 bytes"));
  }
}

// Returns the lines of a file, with the message of a bad line in its place.
std::vector<std::string> lines_and_problems(const std::filesystem::path& path) {
  LineReader reader(path);
  std::vector<std::string> lines;
  std::string line;
  while (true) {
    try {
      if (!reader.next(line)) return lines;
      lines.push_back(line);
    } catch (const BadLine& bad) {
      lines.push_back("! " + bad.problem());
    }
    EXPECT_EQ(reader.line_number(), lines.size());
  }
}

TEST(LineReader, GoesOnBehindABadLine) {
  TemporaryFolder folder;
  const std::string text =
      std::string("one\nb\xe9\nthree\nd\0\n", 17) + std::string(3 << 20, 'x') + "\nsix\n\xff";
  for (const std::string& bytes : {text, gzip(text)}) {
    write_file(folder / "a", bytes);
    EXPECT_THAT(lines_and_problems(folder / "a"),
                ElementsAre("one", "! byte 2 of the line (0xe9) is not UTF-8", "three",
                            "! byte 2 of the line is NUL: not a text file",
                            "! a line of more than 1048576 bytes", "six",
                            "! byte 1 of the line (0xff) is not UTF-8"));
  }
}

TEST(LineReader, DoesNotGoOnInAFileThatIsNotUtf8AtAll) {
  TemporaryFolder folder;
  write_file(folder / "a", std::string("\xfe\xff\0a\0\n\0b", 8));
  EXPECT_THAT(data_error([&] { lines_and_problems(folder / "a"); }),
              HasSubstr("a:1: the file is UTF-16, expected UTF-8"));
}

TEST(LineReader, DoesNotReadAnEndlessLine) {
  EXPECT_THAT(data_error([] { lines_of("/dev/zero"); }), HasSubstr("zero:1: a line of more than"));
  TemporaryFolder folder;
  std::string bomb;  // 160 MB in a few hundred kilobytes
  const std::string part = gzip(std::string(16 << 20, 'x'));
  for (int i = 0; i < 10; ++i) bomb += part;
  write_file(folder / "bomb.gz", bomb);
  LineReader reader(folder / "bomb.gz");
  std::string line;
  EXPECT_THROW(reader.next(line), DataError);
  EXPECT_LT(line.capacity(), std::size_t{4} << 20);
}

TEST(LineReader, GivesLinesOfAPipeAsTheyArrive) {
  TemporaryFolder folder;
  const auto path = folder / "pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::ofstream writer;
  std::thread opener([&] { writer.open(path); });
  LineReader* reader = nullptr;
  std::thread first([&] { reader = new LineReader(path); });
  opener.join();
  writer << "(\n" << std::flush;  // the first byte of zstd's magic number
  first.join();
  std::string line;
  ASSERT_TRUE(reader->next(line));
  EXPECT_EQ(line, "(");
  writer << "more\n" << std::flush;
  ASSERT_TRUE(reader->next(line));
  EXPECT_EQ(line, "more");
  writer.close();
  EXPECT_FALSE(reader->next(line));
  delete reader;
}

TEST(LineReader, ReadsStandardInputCompressedOrNot) {
  TemporaryFolder folder;
  const int saved = dup(STDIN_FILENO);
  for (const std::string& bytes : {std::string("a\nb\n"), xz("a\nb\n")}) {
    write_file(folder / "a", bytes);
    const int file = open((folder / "a").c_str(), O_RDONLY);
    dup2(file, STDIN_FILENO);
    close(file);
    EXPECT_THAT(lines_of("-"), ElementsAre("a", "b"));
    EXPECT_EQ(LineReader("-").name(), "standard input");
  }
  dup2(saved, STDIN_FILENO);
  close(saved);
}

TEST(LineReader, RandomBytesGiveLinesOrADataError) {
  TemporaryFolder folder;
  Random random(11);
  const std::vector<std::string> starts{"",
                                        "\x1f\x8b",
                                        "\x1f\x8b\x08",
                                        std::string("\xfd"
                                                    "7zXZ\0",
                                                    6),
                                        "\x28\xb5\x2f\xfd",
                                        "\xef\xbb\xbf"};
  for (int round = 0; round < 600; ++round) {
    std::string bytes = starts[random.below(starts.size())];
    for (std::size_t n = random.below(300); n > 0; --n) {
      bytes += static_cast<char>(random.chance(0.5) ? random.below(128) : random.below(256));
    }
    write_file(folder / "a", bytes);
    try {
      lines_of(folder / "a");
    } catch (const DataError&) {
    }
  }
}

std::vector<Pair> pairs_of(const CorpusFiles& files) {
  PairReader reader(files);
  std::vector<Pair> pairs;
  for (Pair pair; reader.next(pair);) pairs.push_back(pair);
  return pairs;
}

TEST(PairReader, ReadsATsv) {
  TemporaryFolder folder;
  write_file(folder / "a.tsv", "one\teins\r\n two \t zwei\n");
  const auto pairs = pairs_of({.tsv = folder / "a.tsv", .source = {}, .target = {}});
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].source, "one");
  EXPECT_EQ(pairs[0].target, "eins");
  EXPECT_EQ(pairs[1].source, " two ");
  EXPECT_EQ(pairs[1].target, " zwei");
}

TEST(PairReader, ReadsTwoParallelFiles) {
  TemporaryFolder folder;
  write_file(folder / "a.en", gzip("one\ntwo\n"));
  write_file(folder / "a.de", "eins\nzw\tei");
  const auto pairs = pairs_of({.tsv = {}, .source = folder / "a.en", .target = folder / "a.de"});
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[1].source, "two");
  EXPECT_EQ(pairs[1].target, "zw\tei");
}

TEST(PairReader, SaysWhatIsWrongWithALineOfATsv) {
  TemporaryFolder folder;
  const auto message = [&](const std::string& second_line) {
    write_file(folder / "a.tsv", "one\teins\n" + second_line + "\n");
    return data_error([&] { pairs_of({.tsv = folder / "a.tsv", .source = {}, .target = {}}); });
  };
  EXPECT_THAT(message("two"), HasSubstr("a.tsv:2: one field, expected source TAB target"));
  EXPECT_THAT(message("a\tb\tc"), HasSubstr("a.tsv:2: 3 fields, expected 2"));
  EXPECT_THAT(message("a\tb\t"), HasSubstr("a.tsv:2: 3 fields, expected 2"));
  EXPECT_THAT(message("\tzwei"), HasSubstr("a.tsv:2: an empty source"));
  EXPECT_THAT(message(" \u3000\tzwei"), HasSubstr("a.tsv:2: an empty source"));
  EXPECT_THAT(message("two\t"), HasSubstr("a.tsv:2: an empty target"));
  EXPECT_THAT(message(""), HasSubstr("a.tsv:2: an empty line"));
  EXPECT_THAT(message("two\t\xff"), HasSubstr("a.tsv:2: byte 5 of the line (0xff) is not UTF-8"));
}

TEST(PairReader, SaysWhatIsWrongWithParallelFiles) {
  TemporaryFolder folder;
  const auto message = [&](const std::string& source, const std::string& target) {
    write_file(folder / "a.en", source);
    write_file(folder / "a.de", target);
    return data_error(
        [&] { pairs_of({.tsv = {}, .source = folder / "a.en", .target = folder / "a.de"}); });
  };
  EXPECT_THAT(message("a\nb\n", "a\n"), HasSubstr("a.de: ends after 1 lines"));
  EXPECT_THAT(message("a\n", "a\nb\n"), HasSubstr("a.en: ends after 1 lines"));
  EXPECT_THAT(message("", "a\n"), HasSubstr("a.en: ends after 0 lines"));
  EXPECT_THAT(message("a\n \n", "a\nb\n"), HasSubstr("a.en:2: an empty source"));
  EXPECT_THAT(message("a\nb\n", "a\n\n"), HasSubstr("a.de:2: an empty target"));
  EXPECT_THAT(message("", ""), HasSubstr("a.en: an empty file, expected at least one pair"));
}

// Returns "source|target" for each pair, or "! " and the message for a bad one.
std::vector<std::string> pairs_and_problems(const CorpusFiles& files, BlankSides blank) {
  PairReader reader(files, blank);
  std::vector<std::string> pairs;
  Pair pair;
  while (true) {
    try {
      if (!reader.next(pair)) return pairs;
      pairs.push_back(pair.source + "|" + pair.target);
    } catch (const BadLine& bad) {
      pairs.push_back("! " + bad.problem());
    }
  }
}

TEST(PairReader, TakesBlankSidesWhereTheyMayBe) {
  TemporaryFolder folder;
  write_file(folder / "a.tsv", "a\t\n\tb\n\n \t \nc\nd\te\n");
  const CorpusFiles files{.tsv = folder / "a.tsv", .source = {}, .target = {}};
  const std::string one_field = "! one field, expected source TAB target";
  const std::string no_source = "! an empty source, expected source TAB target";
  EXPECT_THAT(pairs_and_problems(files, BlankSides::kBoth),
              ElementsAre("a|", "|b", "|", "|", one_field, "d|e"));
  EXPECT_THAT(pairs_and_problems(files, BlankSides::kTarget),
              ElementsAre("a|", no_source, "! an empty line, expected source TAB target", no_source,
                          one_field, "d|e"));
  EXPECT_THAT(
      pairs_and_problems(files, BlankSides::kNone),
      ElementsAre("! an empty target, expected source TAB target", no_source,
                  "! an empty line, expected source TAB target", no_source, one_field, "d|e"));
}

TEST(PairReader, KeepsParallelFilesInStepBehindABadLine) {
  TemporaryFolder folder;
  write_file(folder / "a.en", "a\n\xff\nc\n\ne\n\xff\ng\n");
  write_file(folder / "a.de", "A\nB\n\xfe\nD\n\n\xff\nG\n");
  const CorpusFiles files{.tsv = {}, .source = folder / "a.en", .target = folder / "a.de"};
  const std::string bad_source = "! byte 1 of the line (0xff) is not UTF-8";
  EXPECT_THAT(pairs_and_problems(files, BlankSides::kBoth),
              ElementsAre("a|A", bad_source, "! byte 1 of the line (0xfe) is not UTF-8", "|D", "e|",
                          bad_source, "g|G"));
  EXPECT_THAT(pairs_and_problems(files, BlankSides::kNone),
              ElementsAre("a|A", bad_source, "! byte 1 of the line (0xfe) is not UTF-8",
                          "! an empty source", "! an empty target", bad_source, "g|G"));
}

TEST(PairReader, RefusesAFileWithoutPairs) {
  TemporaryFolder folder;
  write_file(folder / "a.tsv", "");
  EXPECT_THAT(data_error([&] { pairs_of({.tsv = folder / "a.tsv", .source = {}, .target = {}}); }),
              HasSubstr("a.tsv: an empty file, expected at least one pair"));
  write_file(folder / "a.tsv", gzip("\ufeff"));
  EXPECT_THAT(data_error([&] { pairs_of({.tsv = folder / "a.tsv", .source = {}, .target = {}}); }),
              HasSubstr("a.tsv:1: an empty line"));
}

TEST(PairReader, TakesOneFormOfCorpus) {
  EXPECT_THROW(PairReader({.tsv = {}, .source = {}, .target = {}}), UsageError);
  EXPECT_THROW(PairReader({.tsv = "a", .source = "b", .target = "c"}), UsageError);
  EXPECT_THROW(PairReader({.tsv = "a", .source = {}, .target = "c"}), UsageError);
  EXPECT_THROW(PairReader({.tsv = {}, .source = "a", .target = {}}), UsageError);
  EXPECT_THROW(PairReader({.tsv = {}, .source = {}, .target = "a"}), UsageError);
  EXPECT_THROW(PairReader({.tsv = {}, .source = "-", .target = "-"}), UsageError);
}

}  // namespace
}  // namespace attend::text

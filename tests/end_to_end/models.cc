#include "end_to_end/models.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <random>
#include <stdexcept>

#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

namespace fs = std::filesystem;

/// Returns a text that changes whenever a binary does.
std::string binaries_stamp() {
  std::string stamp;
  for (const char* name : {"attend", "attend-train"}) {
    const fs::path binary = testing::binary_folder() / name;
    stamp += std::to_string(fs::file_size(binary)) + " " +
             std::to_string(fs::last_write_time(binary).time_since_epoch().count()) + "\n";
  }
  return stamp;
}

/// Holds a lock file as long as this object lives.
class FileLock {
 public:
  explicit FileLock(const fs::path& path)
      : descriptor_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0 || flock(descriptor_, LOCK_EX) != 0) {
      throw std::runtime_error("cannot lock " + path.string());
    }
  }
  ~FileLock() { close(descriptor_); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

void train(const fs::path& folder, const std::string& tsv, std::vector<std::string> options) {
  const fs::path pairs = folder.string() + ".tsv";
  testing::write_file(pairs, tsv);
  std::vector<std::string> arguments{"train", pairs.string(), "-m", folder.string()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const RunResult result = attend(arguments);
  if (result.exit_code != 0) {
    throw std::runtime_error("training the test model failed: " + result.error);
  }
}

std::string word_pairs(std::size_t count) {
  const std::vector<std::pair<std::string, std::string>> words{
      {"the", "die"},   {"cat", "Katze"},  {"dog", "Hündin"}, {"sees", "sieht"}, {"and", "und"},
      {"brown", "süß"}, {"naïve", "naiv"}, {"日本", "Japan"}, {"hears", "hört"}};
  std::mt19937_64 random(5);
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 0; i < count; ++i) {
    std::string source, target;
    for (std::size_t j = 4 + random() % 4; j > 0; --j) {
      const auto& [word, translation] = words[random() % words.size()];
      source += (source.empty() ? "" : " ") + word;
      target += (target.empty() ? "" : " ") + translation;
    }
    pairs.emplace_back(source, target);
  }
  return to_tsv(pairs);
}

std::vector<std::string> with(std::vector<std::string> options,
                              const std::vector<std::string>& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

void train_all(const Models& all) {
  train(all.strings, to_tsv(string_pairs(400, 1)),
        with(tiny_options(250),
             {"--set", "source.unit=characters", "--set", "target.unit=characters"}));
  train(all.words, word_pairs(200),
        with(tiny_options(120),
             {"--set", "source.unit=words", "--set", "target.unit=words", "--set",
              "encoder.cell=lstm", "--set", "decoder.cell=lstm", "--set", "encoder.layers=2"}));
  train(all.subwords, word_pairs(200),
        with(tiny_options(60),
             {"--set", "source.unit=subwords", "--set", "target.unit=subwords", "--set",
              "source.subword_size=26", "--set", "target.subword_size=26"}));
  const RunResult dates =
      attend({"dates", "--style", "exercise", "--count", "400", "--split", "train"});
  if (dates.exit_code != 0) throw std::runtime_error("attend dates failed: " + dates.error);
  train(all.luong, to_tsv(string_pairs(400, 1)),
        with(tiny_options(150),
             {"--preset", "luong", "--set", "decoder.units=12", "--set", "source.unit=characters",
              "--set", "target.unit=characters", "--set", "source.invisible=keep"}));
  train(all.dates, dates.out,
        {"--preset", "dates", "--threads", "1", "--epochs", "5", "--set", "encoder.units=8",
         "--set", "decoder.units=12", "--set", "training.batch_size=20"});
}

}  // namespace

const Models& models() {
  static const Models all = [] {
    const fs::path root = testing::binary_folder().parent_path() / "end_to_end_models";
    fs::create_directories(root);
    const FileLock lock(root / "lock");
    Models places{root / "strings", root / "words", root / "subwords", root / "dates",
                  root / "luong"};
    const std::string stamp = binaries_stamp();
    const fs::path stamp_file = root / "stamp";
    if (fs::exists(stamp_file) && testing::read_file(stamp_file) == stamp) return places;
    fs::remove(stamp_file);
    for (const fs::path& folder :
         {places.strings, places.words, places.subwords, places.dates, places.luong}) {
      fs::remove_all(folder);
    }
    train_all(places);
    testing::write_file(stamp_file, stamp);
    return places;
  }();
  return all;
}

fs::path copy_model(const fs::path& model, const fs::path& to) {
  fs::copy(model, to, fs::copy_options::recursive);
  return to;
}

std::vector<std::pair<std::string, std::string>> string_pairs(std::size_t count,
                                                              std::uint64_t seed) {
  // Characters of one to several bytes and code points. None joins with its neighbour.
  const std::vector<std::string> units{"a",  "b", "c",  "é",           "ß",
                                       "日", "ก็", "🇩🇪", "👩‍🔬", "x̣̂"};
  std::mt19937_64 random(seed);
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 0; i < count; ++i) {
    std::string source, target;
    for (std::size_t j = 1 + random() % 6; j > 0; --j) {
      const std::string& unit = units[random() % units.size()];
      source += unit;
      target.insert(0, unit);
    }
    pairs.emplace_back(source, target);
  }
  return pairs;
}

std::string to_tsv(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string tsv;
  for (const auto& [source, target] : pairs) tsv += source + "\t" + target + "\n";
  return tsv;
}

std::vector<std::string> tiny_options(std::size_t updates) {
  std::vector<std::string> options{"--threads", "1", "--updates", std::to_string(updates)};
  for (const char* size : {"encoder.embedding=12", "encoder.units=12", "attention.units=12",
                           "decoder.embedding=12", "decoder.units=16", "decoder.readout_units=12",
                           "training.batch_size=16", "training.learning_rate=0.02"}) {
    options.insert(options.end(), {"--set", size});
  }
  return options;
}

}  // namespace attend::end_to_end

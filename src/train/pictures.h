// The pictures of a training: decoded ahead in the background, kept while they fit into memory, and
// shared by all captions of a picture. Needs no libtorch.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/model.h"
#include "predictor/predictor.h"
#include "vision/vision.h"

namespace attend::train {

/// The pictures that examples name. An example holds a pointer to its picture, whose contents are
/// there only where hold() has put them. One thread may use an object at a time; the object itself
/// has threads that decode ahead.
class PictureStore {
 public:
  using Batch = std::vector<const model::Example*>;

  /// The bytes of pictures that stay in memory by default: 1 GiB.
  static constexpr std::size_t kKept = std::size_t{1} << 30;

  /// The most threads that decode at once. Each may hold a file and a picture of full size.
  static constexpr int kMostThreads = 16;

  /// `kept` bytes of pictures stay in memory. At most `threads` decode before the training; 0: as
  /// many as there are processors.
  explicit PictureStore(predictor::Pictures pictures, std::size_t kept = kKept, int threads = 0);

  /// Decodes in the background the pictures that add() will be called with next, in this order.
  /// Names may occur more than once. Annotations that are given need no decoding.
  void expect(std::span<const std::string* const> names);
  /// Returns the picture of a name. A picture is decoded here, so that a broken one is known before
  /// the training, and this throws as Pictures::read() does; its contents stay as long as there is
  /// room. Annotations that are given are read while there is room; for those behind, this throws
  /// as Pictures::check() does.
  std::shared_ptr<const model::Picture> add(const std::string& name);
  /// Returns a number that tells one set of pictures from another (docs/formats.md): that of
  /// Pictures::fingerprint(), with the sizes of the files of the pictures that were added.
  std::uint64_t fingerprint() const;
  std::size_t size() const { return names_.size(); }  ///< the number of different pictures
  /// The number of pictures that add() and hold() took from the background.
  std::size_t decoded_ahead() const { return decoded_ahead_; }

  /// Decodes in the background what hold() will be called with next, batch by batch. Annotations
  /// that are given need no decoding and are read by hold().
  void decode_ahead(std::span<const Batch> batches);
  /// Puts the pictures of these examples into memory. What hold() has put there earlier may leave
  /// it. Throws DataError for a picture that is broken.
  void hold(std::span<const model::Example* const> examples);

 private:
  using Number = std::size_t;

  void stop_ahead();
  model::Picture read_expected(const std::string& name);
  vision::DecodeAheadOptions ahead_options(int threads) const;
  model::Picture take_ahead();
  std::vector<Number> missing(std::span<const model::Example* const> examples) const;
  bool is_in_memory(Number number) const;
  model::Picture read(Number number);
  void put(Number number, model::Picture picture);

  predictor::Pictures pictures_;
  std::size_t most_;  // pictures that stay in memory
  std::vector<std::string> names_;
  std::vector<std::shared_ptr<model::Picture>> slots_;  // [names]
  std::map<std::string, Number> numbers_;
  std::map<const model::Picture*, Number> numbers_of_slots_;
  std::size_t kept_ = 0;               // pictures that stay
  std::vector<Number> passing_;        // pictures in memory that leave it with the next hold()
  std::vector<std::string> expected_;  // names that ahead_ decodes for add()
  std::map<std::string, std::size_t> places_;  // of the names in expected_
  std::size_t added_ = 0;                      // pictures of expected_ that were taken
  std::vector<Number> order_;                  // that ahead_ decodes for hold()
  std::size_t taken_ = 0;                      // pictures of order_
  std::size_t decoded_ahead_ = 0;
  int threads_;
  std::optional<vision::DecodeAhead> ahead_;
};

}  // namespace attend::train

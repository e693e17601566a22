#include "train/train.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <string_view>

#include "base/base.h"
#include "train/session.h"
#include "train/trainer.h"

namespace attend::train {

TrainResult train(const TrainOptions& options, const std::function<void(const Progress&)>& report,
                  const std::function<bool()>& stop) {
  try {
    Trainer trainer(open_session(options), report, stop);
    return trainer.run();
  } catch (const c10::Error& error) {
    const std::string_view text = error.what_without_backtrace();
    if (text.find("allocate memory") != std::string_view::npos) {
      throw Error("not enough memory: lower training.batch_size, or set training.batch_memory");
    }
    throw Error(fmt::format("libtorch: {}", text.substr(0, text.find('\n'))));
  }
}

}  // namespace attend::train

#include "model/fusion.h"

namespace attend::model {

std::string_view encoder_fusion_obstacle(const Configuration& /*configuration*/) { return {}; }

std::string_view decoder_fusion_obstacle(const Configuration& /*configuration*/) { return {}; }

}  // namespace attend::model

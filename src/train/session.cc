#include "train/session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#if defined(__linux__)
#include <sys/sysinfo.h>
#endif

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/base.h"
#include "train/alignment_metrics.h"
#include "train/validation.h"

namespace attend::train {
namespace {

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  const bool found = std::filesystem::exists(path, error);
  if (error) throw Error(fmt::format("{}: cannot look: {}", path.string(), error.message()));
  return found;
}

// The content of a model folder in which training goes on.
struct FolderState {
  std::optional<Checkpoint> checkpoint;
  std::optional<model::ModelText> text;
};

FolderState open_folder(const TrainOptions& options) {
  FolderState state;
  if (!is_there(checkpoint_path(options.folder))) {
    if (is_there(options.folder / "model.safetensors")) {
      throw UsageError(fmt::format(
          "{} holds a model without the checkpoint to go on from; choose another folder",
          options.folder.string()));
    }
    return state;
  }
  state.checkpoint = load_checkpoint(options.folder);
  check_same_training(options.configuration, *state.checkpoint);
  state.text = model::load_text(options.folder);
  model::check_provenance(*state.text, state.checkpoint->tensors.metadata(), options.folder,
                          checkpoint_path(options.folder));
  return state;
}

// Returns how many arrays of the size of the parameters a training has at the same time: values,
// gradient and the state of the optimiser. Initial values are drawn in double, which is three.
double copies_of_parameters(const model::OptimizerConfig& optimizer) {
  switch (optimizer.kind) {
    case model::OptimizerKind::kSgd:
    case model::OptimizerKind::kRmsProp:
      return 3;
    case model::OptimizerKind::kAdadelta:
    case model::OptimizerKind::kAdam:
    case model::OptimizerKind::kAdamW:
      break;
  }
  return 4;
}

// Throws an Error when the parameters alone exceed this machine's memory. It is called before
// libtorch allocates them, and before the data are read with the smallest vocabularies.
void check_memory(const model::Configuration& configuration, const model::VocabularySizes& sizes) {
  const auto table = model::parameter_table(configuration, sizes);
  const auto parameters = static_cast<double>(model::parameter_count(table));
  struct sysinfo machine {};
  if (sysinfo(&machine) != 0) return;
  constexpr double kGibibyte = 1 << 30;
  const double needed =
      parameters * copies_of_parameters(configuration.training.optimizer) * sizeof(float);
  const double there = static_cast<double>(machine.totalram + machine.totalswap) * machine.mem_unit;
  if (needed <= there) return;
  const auto largest = std::max_element(
      table.begin(), table.end(),
      [](const auto& one, const auto& other) { return one.count() < other.count(); });
  throw Error(fmt::format(
      "not enough memory: {:.0f} million parameters take at least {:.0f} GiB in "
      "training, this machine has {:.0f}; the largest tensor is {} [{}]; choose smaller "
      "units and embeddings, or smaller vocabularies (source.maximum_size, "
      "target.maximum_size)",
      parameters / 1e6, needed / kGibibyte, there / kGibibyte, largest->name,
      fmt::join(largest->shape, ", ")));
}

// Throws UsageError where links or allowed positions would have no effect.
void check_guidance(const TrainOptions& options) {
  const model::Configuration& configuration = options.configuration;
  const bool looks = configuration.attention.looks();
  if (options.pairs.marks.any() && !looks) {
    throw UsageError("allowed positions need an attention.kind that looks at positions");
  }
  if (options.pairs.marks.any() && configuration.encoder.reads_pictures()) {
    throw UsageError("allowed positions need a source of words, and not a picture");
  }
  if (options.pairs.marks.any() && configuration.encoder.levels > 1) {
    throw UsageError(
        "allowed positions need encoder.levels: 1, because a model of several levels does not look "
        "at words");
  }
  if (options.links.empty()) return;
  if (!looks) throw UsageError("links need an attention.kind that looks at positions");
  if (!configuration.looks_at_units()) {
    throw UsageError("links need encoder.levels: 1 and a source of words, which they belong to");
  }
  if (configuration.training.guidance.guided_weight == 0) {
    throw UsageError("links need training.guided_weight above 0");
  }
}

// Throws UsageError where the metric of a validation is unknown or cannot be computed.
void check_validation(const TrainOptions& options) {
  const model::Configuration& configuration = options.configuration;
  check_metric(configuration.training.metric);
  if (!options.validation_links.empty() && !options.validation) {
    throw UsageError("links of validation pairs need a file of validation pairs");
  }
  const auto metric = find_alignment_metric(configuration.training.metric);
  if (!metric) return;
  const std::string name = fmt::format("training.metric: {}", configuration.training.metric);
  if (!configuration.attention.looks()) {
    throw UsageError(name + " needs an attention.kind that looks at positions");
  }
  if (configuration.encoder.reads_pictures()) {
    throw UsageError(name + " needs a source of words, and not a picture");
  }
  if (*metric == AlignmentMetric::kEntropy) return;
  if (!configuration.looks_at_units()) {
    throw UsageError(name +
                     " needs encoder.levels: 1 and a source of words, which links belong to");
  }
  if (options.validation_links.empty()) {
    throw UsageError(name + " needs gold alignments of the validation pairs (--valid-links)");
  }
}

// The files of word vectors of a new training, opened.
struct VectorFiles {
  std::optional<PretrainedVectors> source, target;
};

VectorFiles open_vectors(const TrainOptions& options) {
  VectorFiles files;
  if (!options.source_vectors.empty()) {
    files.source.emplace(options.source_vectors, model::SideName::kSource, options.configuration);
  }
  if (!options.target_vectors.empty()) {
    files.target.emplace(options.target_vectors, model::SideName::kTarget, options.configuration);
  }
  return files;
}

std::vector<InitialRows> read_vectors(VectorFiles files, OnError on_error, Dataset& data) {
  std::vector<InitialRows> rows;
  if (files.source) {
    rows.push_back(files.source->read(data.text.source.vocabulary, on_error, data.messages));
  }
  if (files.target) {
    rows.push_back(files.target->read(data.text.target.vocabulary, on_error, data.messages));
  }
  return rows;
}

// Returns the options of a training that goes on: the temperatures are those of the folder, which
// may have been fitted to its weights. Only a number that the first run was not given is taken.
TrainOptions with_temperatures(TrainOptions options, const FolderState& folder) {
  if (!folder.checkpoint) return options;
  const model::DecoderConfig unset;
  const model::DecoderConfig asked =
      model::stored_configuration(folder.checkpoint->asked, "the checkpoint's configuration")
          .decoder;
  const model::DecoderConfig& stored = folder.text->configuration.decoder;
  const auto keep = [&](double model::DecoderConfig::*temperature) {
    double& given = options.configuration.decoder.*temperature;
    const bool is_new = given != unset.*temperature && given != asked.*temperature;
    if (!is_new) given = stored.*temperature;
  };
  keep(&model::DecoderConfig::temperature);
  keep(&model::DecoderConfig::line_temperature);
  return options;
}

}  // namespace

Session open_session(const TrainOptions& options) {
  if (options.folder.empty()) throw UsageError("no model folder given");
  model::check(options.configuration);
  predictor::check_picture_options(options.pictures, options.configuration);
  check_guidance(options);
  check_validation(options);
  check_memory(options.configuration, {1, 1});
  FolderState folder = open_folder(options);
  // Vectors that do not fit are found before the data are read.
  VectorFiles vector_files = folder.checkpoint ? VectorFiles() : open_vectors(options);
  const TrainOptions going_on = with_temperatures(options, folder);
  Dataset data = prepare_data(going_on, std::move(folder.text));
  if (folder.checkpoint && folder.checkpoint->fingerprint != data.fingerprint) {
    throw UsageError(fmt::format(
        "the pairs are not those that the training in {} began with{}; choose another folder or "
        "the old files",
        options.folder.string(), data.pictures == nullptr ? "" : ", or their pictures are others"));
  }
  check_memory(data.text.configuration, data.text.sizes());
  check_metric(data);
  std::vector<InitialRows> vectors = read_vectors(std::move(vector_files), options.on_error, data);
  if (folder.checkpoint && !(options.source_vectors.empty() && options.target_vectors.empty())) {
    data.messages.emplace_back(
        "word vectors are not read again: the training goes on with its own embeddings");
  }
  std::optional<InitialParameters> parameters;
  if (!options.initial_model.empty() && folder.checkpoint) {
    data.messages.emplace_back(
        "the initial model is not read again: the training goes on with its own parameters");
  } else if (!options.initial_model.empty()) {
    parameters = read_parameters(options.initial_model, data.text, data.messages);
  }
  std::string asked =
      folder.checkpoint ? folder.checkpoint->asked : model::write_yaml(options.configuration);
  return {options,         std::move(folder.checkpoint), std::move(asked),
          std::move(data), std::move(parameters),        std::move(vectors)};
}

}  // namespace attend::train

// The list of all options, which alone defines their names, ranges and help texts.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/base.h"
#include "model/attention/mechanism.h"
#include "model/configuration.h"

namespace attend::model {
namespace {

template <typename E>
using Choices = std::vector<std::pair<std::string_view, E>>;

[[noreturn]] void bad_value(const std::string& name, const std::string& value,
                            const std::string& range) {
  throw UsageError(fmt::format("{}: found '{}', expected {}", name, value, range));
}

class OptionList {
 public:
  template <typename E>
  void choice(std::string name, E& field, Choices<E> choices, std::string help) {
    std::vector<std::string> words;
    for (const auto& [word, value] : choices) words.emplace_back(word);
    const std::string range = fmt::format("{}", fmt::join(words, " | "));
    auto get = [&field, choices] {
      for (const auto& [word, value] : choices) {
        if (value == field) return std::string(word);
      }
      throw CheckFailure("an enumeration without a name");
    };
    auto set = [&field, choices, name, range](const std::string& text) {
      for (const auto& [word, value] : choices) {
        if (word == text) {
          field = value;
          return;
        }
      }
      bad_value(name, text, range);
    };
    add(std::move(name), range, std::move(help), get, set);
    options_.back().choices = std::move(words);
  }

  template <typename T>
  void number(std::string name, T& field, T low, T high, std::string help) {
    const std::string range = high == std::numeric_limits<T>::max()
                                  ? fmt::format("at least {}", low)
                                  : fmt::format("{} … {}", low, high);
    auto get = [&field] { return fmt::format("{}", field); };
    auto set = [&field, low, high, name, range](const std::string& text) {
      T value{};
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size() || !(value >= low) ||
          !(value <= high)) {
        bad_value(name, text, range);
      }
      field = value;
    };
    add(std::move(name), range, std::move(help), get, set);
  }

  void flag(std::string name, bool& field, std::string help) {
    choice<bool>(std::move(name), field, {{"true", true}, {"false", false}}, std::move(help));
  }

  void text(std::string name, std::string& field, std::string help) {
    auto get = [&field] { return field; };
    auto set = [&field, name](const std::string& value) {
      if (text::find_broken_utf8(value) != std::string_view::npos) {
        bad_value(name, value, "UTF-8 text");
      }
      field = value;
    };
    add(std::move(name), "text", std::move(help), get, set);
  }

  std::vector<Option> take() { return std::move(options_); }

 private:
  void add(std::string name, std::string range, std::string help, std::function<std::string()> get,
           std::function<void(const std::string&)> set) {
    options_.push_back(
        {std::move(name), std::move(range), {}, std::move(help), std::move(get), std::move(set)});
  }
  std::vector<Option> options_;
};

constexpr int kMany = 1 << 24;
constexpr double kAnyPositive = std::numeric_limits<double>::max();

void add_side(OptionList& list, const std::string& prefix, SideConfig& side) {
  list.choice<UnitChoice>(prefix + ".unit", side.unit,
                          {{"auto", UnitChoice::kAuto},
                           {"characters", UnitChoice::kCharacters},
                           {"code-points", UnitChoice::kCodePoints},
                           {"words", UnitChoice::kWords},
                           {"subwords", UnitChoice::kSubwords},
                           {"whole", UnitChoice::kWhole}},
                          "what the text is cut into; characters are grapheme clusters, which "
                          "consist of code points; whole keeps a line as one label; auto looks at "
                          "the training pairs");
  list.choice<NormalisationChoice>(
      prefix + ".normalisation", side.normalisation,
      {{"auto", NormalisationChoice::kAuto},
       {"nfc", NormalisationChoice::kNfc},
       {"nfd", NormalisationChoice::kNfd},
       {"nfkc", NormalisationChoice::kNfkc},
       {"none", NormalisationChoice::kNone}},
      "Unicode normal form of the text; auto is nfc, or nfd where the training pairs are better "
      "cut into Hangul jamo");
  list.choice<InvisibleChoice>(
      prefix + ".invisible", side.invisible,
      {{"auto", InvisibleChoice::kAuto},
       {"drop", InvisibleChoice::kDrop},
       {"keep", InvisibleChoice::kKeep}},
      "control characters, byte order marks, soft hyphens, zero-width spaces, marks of direction; "
      "auto is drop in a new training");
  list.flag(prefix + ".lowercase", side.lowercase, "lower-case the text");
  list.text(prefix + ".remove", side.remove, "characters deleted from the text, for example \",\"");
  list.number(prefix + ".minimum_count", side.minimum_count, 1, kMany,
              "rarer units become unknown");
  list.number(prefix + ".maximum_size", side.maximum_size, 0, kMany,
              "largest vocabulary, reserved units included; 0: no limit");
  list.number(prefix + ".subword_size", side.subword_size, 2, kMany,
              "pieces of the SentencePiece model; lowered where the text gives fewer");
  list.number(prefix + ".fixed_length", side.fixed_length, 0, kMany,
              "pad and cut to this many tokens; 0: as long as the text is");
  list.flag(prefix + ".end_token", side.end_token, "append </s>");
}

void add_cell(OptionList& list, const std::string& prefix, CellConfig& cell,
              const Choices<Cell>& types, const std::string& help) {
  list.choice<Cell>(prefix + ".cell", cell.type, types, help);
  list.choice<GruReset>(prefix + ".gru_reset", cell.reset,
                        {{"before", GruReset::kBefore}, {"after", GruReset::kAfter}},
                        "reset gate before or after the recurrent product");
  list.choice<GruUpdate>(prefix + ".gru_update", cell.update,
                         {{"new", GruUpdate::kNew}, {"old", GruUpdate::kOld}},
                         "what the update gate multiplies");
  list.choice<GruBias>(
      prefix + ".gru_bias", cell.bias,
      {{"both", GruBias::kBoth}, {"outside", GruBias::kOutside}, {"inside", GruBias::kInside}},
      "biases of a GRU that resets after the product: outside the reset gate, "
      "inside it, or both");
  list.choice<Gates>(prefix + ".gates", cell.gates,
                     {{"logistic", Gates::kLogistic}, {"hard", Gates::kHard}},
                     "gate activation; hard is clip(0.2 x + 0.5, 0, 1)");
}

void add_encoder(OptionList& list, EncoderConfig& encoder) {
  list.number("encoder.embedding", encoder.embedding, 0, kMany,
              "size of the source embeddings; 0: one-hot");
  list.choice<Direction>("encoder.direction", encoder.direction,
                         {{"bidirectional", Direction::kBidirectional},
                          {"forward", Direction::kForward},
                          {"backward", Direction::kBackward}},
                         "which way the source is read; backward reads it reversed");
  add_cell(list, "encoder", encoder.cell, {{"gru", Cell::kGru}, {"lstm", Cell::kLstm}},
           "recurrent cell");
  list.number("encoder.units", encoder.units, 1, kMany, "units per direction");
  list.number("encoder.layers", encoder.layers, 1, 64, "layers, each of one or both directions");
  list.flag("encoder.layer_norm", encoder.layer_norm, "normalise the gates' pre-activations");
  list.choice<Reverse>("encoder.reverse", encoder.reverse,
                       {{"all", Reverse::kAll}, {"words", Reverse::kWords}},
                       "what encoder.direction: backward reverses; words leaves </s> at the end");
  list.choice<Padding>("encoder.padding", encoder.padding,
                       {{"masked", Padding::kMasked}, {"visible", Padding::kVisible}},
                       "visible lets the model see padding, as the date exercise does");
}

void add_attention(OptionList& list, AttentionConfig& attention) {
  Choices<std::string> scores;
  std::string help = "energies of state s and annotation h:";
  for (const Mechanism& score : mechanisms()) {
    help += fmt::format("{} {} {}", scores.empty() ? "" : ",", score.name, score.formula);
    scores.emplace_back(score.name, score.name);
  }
  list.choice<std::string>("attention.score", attention.score, scores, std::move(help));
  list.number("attention.units", attention.units, 1, kMany,
              "n', the hidden units of the scores additive, normed-additive and learned-query");
  list.number("attention.maximum_source", attention.maximum_source, 1, kMany,
              "rows of W of the score location, which looks at no later position of a source");
  list.choice<Energies>("attention.energies", attention.energies,
                        {{"linear", Energies::kLinear}, {"relu", Energies::kRelu}},
                        "activation of the energies");
  list.choice<EndToken>("attention.end_token", attention.end_token,
                        {{"visible", EndToken::kVisible}, {"hidden", EndToken::kHidden}},
                        "whether attention may look at the </s> of the source");
  list.flag("attention.energy_bias", attention.energy_bias, "a bias on the energies");
  list.choice<AttentionKind>("attention.kind", attention.kind,
                             {{"soft", AttentionKind::kSoft},
                              {"hard", AttentionKind::kHard},
                              {"hard-monotonic", AttentionKind::kHardMonotonic},
                              {"fixed", AttentionKind::kFixed},
                              {"none", AttentionKind::kNone}},
                             "soft averages the annotations; hard mixes the distributions that "
                             "each position gives; hard-monotonic never moves back; fixed hands "
                             "the encoder's last states to every step; none to the first only");
  list.choice<Window>("attention.window", attention.window,
                      {{"all", Window::kAll}, {"predicted", Window::kPredicted}},
                      "where attention looks: everywhere, or in a window around a position that "
                      "the state predicts");
  list.number("attention.reach", attention.reach, 1, 1000,
              "positions on each side of the middle of a window");
  list.choice<Coverage>("attention.coverage", attention.coverage,
                        {{"none", Coverage::kNone}, {"sum", Coverage::kSum}},
                        "what additive scores see of the past: the sum of the alignments");
  list.number("attention.coverage_loss", attention.coverage_loss, 0.0, 1e6,
              "factor of the cost of looking again where attention has looked; 0: no cost");
}

void add_decoder(OptionList& list, DecoderConfig& decoder) {
  list.number("decoder.embedding", decoder.embedding, 1, kMany, "size of the target embeddings");
  add_cell(list, "decoder", decoder.cell,
           {{"gru", Cell::kGru}, {"lstm", Cell::kLstm}, {"none", Cell::kNone}},
           "recurrent cell; none looks with a learned query and has no state, for labels");
  list.number("decoder.units", decoder.units, 1, kMany, "units of the state");
  list.number("decoder.layers", decoder.layers, 1, 64, "layers; the top one asks the attention");
  list.choice<Feedback>("decoder.feedback", decoder.feedback,
                        {{"previous", Feedback::kPrevious}, {"none", Feedback::kNone}},
                        "whether the previous token is fed back");
  list.choice<InputFeeding>(
      "decoder.input_feeding", decoder.input_feeding,
      {{"none", InputFeeding::kNone}, {"readout", InputFeeding::kReadout}},
      "whether the last readout is fed back too, in the order update-look-generate");
  list.choice<InitialState>("decoder.initial_state", decoder.initial_state,
                            {{"backward", InitialState::kBackward},
                             {"mean", InitialState::kMean},
                             {"last", InitialState::kLast},
                             {"copy", InitialState::kCopy},
                             {"zero", InitialState::kZero}},
                            "where the first states come from; copy: the last state of each "
                            "encoder layer becomes the first of its decoder layer");
  list.choice<Start>(
      "decoder.start", decoder.start,
      {{"zero", Start::kZero}, {"end", Start::kEnd}, {"own", Start::kOwn}},
      "what the first step reads as the previous token: zeros, the embedding of </s>, or a "
      "learned vector");
  list.choice<Order>("decoder.order", decoder.order,
                     {{"look-update-generate", Order::kLookUpdateGenerate},
                      {"look-generate-update", Order::kLookGenerateUpdate},
                      {"update-look-generate", Order::kUpdateLookGenerate},
                      {"update-look-update", Order::kUpdateLookUpdate}},
                     "order within one step; update-look-update has a second cell, which reads the "
                     "context after the look, as the conditional GRU has");
  list.choice<GruBias>(
      "decoder.second_gru_bias", decoder.second_bias,
      {{"both", GruBias::kBoth}, {"outside", GruBias::kOutside}, {"inside", GruBias::kInside}},
      "biases of the second cell in the order update-look-update, as decoder.gru_bias");
  list.choice<Readout>("decoder.readout", decoder.readout,
                       {{"tanh", Readout::kTanh},
                        {"maxout", Readout::kMaxout},
                        {"linear", Readout::kLinear},
                        {"none", Readout::kNone}},
                       "layer between state and softmax");
  list.number("decoder.readout_units", decoder.readout_units, 1, kMany, "units of the readout");
  list.choice<Feedback>("decoder.readout_feedback", decoder.readout_feedback,
                        {{"previous", Feedback::kPrevious}, {"none", Feedback::kNone}},
                        "whether the readout sees the previous token that is fed back");
  list.choice<TiedEmbeddings>("decoder.tied_embeddings", decoder.tied_embeddings,
                              {{"none", TiedEmbeddings::kNone},
                               {"target", TiedEmbeddings::kTarget},
                               {"all", TiedEmbeddings::kAll}},
                              "output weights are the target embedding, or the source's too");
}

void add_optimizer(OptionList& list, OptimizerConfig& optimizer) {
  list.choice<OptimizerKind>("training.optimizer", optimizer.kind,
                             {{"sgd", OptimizerKind::kSgd},
                              {"adadelta", OptimizerKind::kAdadelta},
                              {"adam", OptimizerKind::kAdam},
                              {"adamw", OptimizerKind::kAdamW},
                              {"rmsprop", OptimizerKind::kRmsProp}},
                             "optimiser; another one brings its usual learning_rate and epsilon");
  list.number("training.learning_rate", optimizer.learning_rate, 0.0, 1e6, "learning rate");
  list.number("training.momentum", optimizer.momentum, 0.0, 1.0, "momentum of sgd");
  list.number("training.beta1", optimizer.beta1, 0.0, 1.0, "of adam and adamw");
  list.number("training.beta2", optimizer.beta2, 0.0, 1.0, "of adam and adamw");
  list.number("training.rho", optimizer.rho, 0.0, 1.0, "of adadelta and rmsprop");
  list.number("training.epsilon", optimizer.epsilon, 0.0, 1.0, "of the adaptive optimisers");
  list.number("training.weight_decay", optimizer.weight_decay, 0.0, 1.0,
              "decoupled in adamw, an L2 gradient elsewhere");
  list.number("training.clip_norm", optimizer.clip_norm, 0.0, kAnyPositive,
              "largest gradient norm; 0: no limit");
  list.choice<LossScale>("training.loss_scale", optimizer.loss_scale,
                         {{"sum", LossScale::kSum},
                          {"sentence-mean", LossScale::kSentenceMean},
                          {"token-mean", LossScale::kTokenMean}},
                         "the cost that is differentiated and clipped");
}

void add_schedule(OptionList& list, ScheduleConfig& schedule) {
  list.choice<ScheduleKind>("training.schedule", schedule.kind,
                            {{"constant", ScheduleKind::kConstant},
                             {"plateau", ScheduleKind::kPlateau},
                             {"inverse-square-root", ScheduleKind::kInverseSquareRoot},
                             {"decay", ScheduleKind::kDecay}},
                            "how the learning rate falls");
  list.number("training.warmup", schedule.warmup, 0, kMany, "updates of linear warm-up");
  list.number("training.decay", schedule.decay, 0.0, 1e6, "decay: rate / (1 + decay · updates)");
  list.number("training.plateau_factor", schedule.factor, 0.0, 1.0, "plateau: factor on the rate");
  list.number("training.plateau_patience", schedule.patience, 1, kMany,
              "plateau: validations without progress before the rate falls");
  list.number("training.minimum_learning_rate", schedule.minimum, 0.0, 1e6, "lowest rate");
}

void add_dropout(OptionList& list, DropoutConfig& dropout) {
  const auto probability = [&](const char* name, double& field, const char* help) {
    list.number(fmt::format("training.dropout_{}", name), field, 0.0, 0.99, help);
  };
  probability("embedding", dropout.embedding, "dropout of embeddings");
  probability("encoder", dropout.encoder, "dropout of annotations and between encoder layers");
  probability("decoder", dropout.decoder, "dropout between decoder layers");
  probability("readout", dropout.readout, "dropout of the readout");
  probability("recurrent", dropout.recurrent, "dropout of the recurrent state");
  list.flag("training.dropout_variational", dropout.variational,
            "one dropout mask for all steps of a sequence");
}

void add_training(OptionList& list, TrainingConfig& training) {
  constexpr std::int64_t kUpdates = std::int64_t{1} << 40;
  add_optimizer(list, training.optimizer);
  add_schedule(list, training.schedule);
  add_dropout(list, training.dropout);
  list.number("training.label_smoothing", training.label_smoothing, 0.0, 0.99, "label smoothing");
  list.choice<Initialization>(
      "training.initialization", training.initialization,
      {{"glorot", Initialization::kGlorot}, {"normal", Initialization::kNormal}},
      "initial weights; normal is the rule of the RNNsearch paper");
  list.choice<text::BatchUnit>(
      "training.batch_unit", training.batch_unit,
      {{"sentences", text::BatchUnit::kSentences}, {"tokens", text::BatchUnit::kTokens}},
      "what batch_size counts");
  list.number("training.batch_size", training.batch_size, 1, kMany, "size of a batch");
  list.number("training.batches_per_sort", training.batches_per_sort, 0, kMany,
              "batches whose examples are sorted by length together; 0: none");
  list.number("training.maximum_source_length", training.maximum_source_length, 1, kMany,
              "longer pairs are left out (tokens)");
  list.number("training.maximum_target_length", training.maximum_target_length, 1, kMany,
              "longer pairs are left out (tokens)");
  list.flag("training.allow_empty_targets", training.allow_empty_targets,
            "a pair may have an empty target, which the model learns to answer");
  list.number("training.epochs", training.epochs, 1, kMany, "epochs at most");
  list.number("training.updates", training.updates, std::int64_t{0}, kUpdates,
              "updates at most; 0: no limit");
  list.number("training.minutes", training.minutes, 0.0, kAnyPositive,
              "minutes of training at most; 0: no limit");
  list.number("training.validation_share", training.validation_share, 0.0, 0.9,
              "share of the pairs held out when there is no --valid");
  list.number("training.validation_maximum", training.validation_maximum, 1, kMany,
              "pairs held out at most");
  list.number("training.validate_every", training.validate_every, std::int64_t{0}, kUpdates,
              "updates between validations; 0: every epoch");
  list.text("training.metric", training.metric,
            "what decides the best model: loss or a metric of attend evaluate");
  list.number("training.patience", training.patience, 0, kMany,
              "validations in which neither metric nor loss got better before stopping; 0: never");
  list.number("training.beam", training.beam, 1, 1000, "beam of the decoding at validation");
  list.number("training.checkpoint_minutes", training.checkpoint_minutes, 0.0, kAnyPositive,
              "minutes between checkpoints");
  list.number("training.seed", training.seed, std::uint64_t{0},
              std::numeric_limits<std::uint64_t>::max(), "seed of everything random");
  list.number("training.threads", training.threads, 0, 1024,
              "threads, each with a shard of every batch; 0: all processors");
  list.number("training.batch_memory", training.batch_memory, 0, kMany,
              "MiB for the activations of a batch, which is worked off in parts; 0: no limit");
  list.choice<Precision>("training.precision", training.precision,
                         {{"float32", Precision::kFloat32}, {"bfloat16", Precision::kBfloat16}},
                         "of matrix products in the fused functions");
}

}  // namespace

std::vector<Option> options(Configuration& configuration) {
  OptionList list;
  list.text("preset", configuration.preset, "the preset this configuration started from");
  add_side(list, "source", configuration.source);
  add_side(list, "target", configuration.target);
  list.flag("shared_vocabulary", configuration.shared_vocabulary,
            "one vocabulary for source and target");
  add_encoder(list, configuration.encoder);
  add_attention(list, configuration.attention);
  add_decoder(list, configuration.decoder);
  add_training(list, configuration.training);
  return list.take();
}

}  // namespace attend::model

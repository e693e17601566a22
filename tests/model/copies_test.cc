// Copies (§13.4): the units of a source that may be copied, and the ids of a target's units.
#include "model/copies.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "model/model.h"

namespace attend::model {
namespace {

using text::kNoToken;
using text::TokenId;

// Target words: <unk> is 0, </s> is 1, "the" is 2 and "cat" is 3.
ModelText words(Copy copy) {
  Configuration c = preset("default");
  SideConfig side;
  side.unit = UnitChoice::kWords;
  for (SideConfig* own : {&c.source, &c.target}) keep_preparation(*own, side);
  c.decoder.copy = copy;
  check(c);
  return {c, make_side(c, SideName::kSource, text::Vocabulary({"</s>", "<unk>", "cat", "sees"})),
          make_side(c, SideName::kTarget, text::Vocabulary({"<unk>", "</s>", "the", "cat"}))};
}

Source source_of(const ModelText& text, std::string_view line, std::vector<char> allowed = {}) {
  const Encoded encoded = encode(text.source, line);
  Source source{encoded.tokens, std::move(allowed)};
  std::vector<std::string_view> units;
  for (const text::Unit& unit : encoded.units) units.emplace_back(unit.text);
  source.copies = find_copies(text, units, source);
  return source;
}

TEST(Copies, HaveIdsByTheirTextInTheOrderOfTheirFirstOccurrence) {
  const ModelText text = words(Copy::kPointer);
  const Copies copies = source_of(text, "sees cat zebra sees the").copies;
  EXPECT_EQ(copies.ids, (std::vector<TokenId>{4, 3, 5, 4, 2, 1}));  // the last is </s>
  EXPECT_EQ(copies.units, (std::vector<std::string>{"sees", "zebra"}));
  EXPECT_EQ(copies.unknown, 0);
}

// A word of the text that is spelled like a reserved unit is a word like any other.
TEST(Copies, TakeReservedSpellingsForWords) {
  const ModelText text = words(Copy::kPointer);
  const Copies copies = source_of(text, "<unk> </s> cat").copies;
  EXPECT_EQ(copies.ids, (std::vector<TokenId>{4, 5, 3, 1}));
  EXPECT_EQ(id_of(text.target, copies, "<unk>"), 4);
  EXPECT_EQ(id_of(text.target, {}, "<unk>"), 0);
}

TEST(Copies, AreNotTakenFromPositionsThatAttentionMayNotSee) {
  const ModelText text = words(Copy::kPointer);
  const Copies copies = source_of(text, "zebra cat quagga", {0, 1, 1, 0}).copies;
  EXPECT_EQ(copies.ids, (std::vector<TokenId>{kNoToken, 3, 4, kNoToken}));
  EXPECT_EQ(copies.units, std::vector<std::string>{"quagga"});
}

TEST(Copies, DoNotExistInAModelThatDoesNotCopy) {
  const Copies copies = source_of(words(Copy::kNone), "zebra cat").copies;
  EXPECT_TRUE(copies.ids.empty());
  EXPECT_TRUE(copies.units.empty());
}

TEST(Copies, GiveTargetUnitsTheIdsOfTheirSource) {
  const ModelText text = words(Copy::kPointer);
  const Copies copies = source_of(text, "sees cat zebra").copies;
  Encoded target = encode(text.target, "the zebra eats cat zebra");
  EXPECT_EQ(target.unknown, 3U);
  use_copies(copies, text.target, target);
  EXPECT_EQ(target.tokens, (std::vector<TokenId>{2, 5, 0, 3, 5, 1}));
  EXPECT_EQ(target.unknown, 1U);  // "eats"
  EXPECT_EQ(unit_of(text.target, copies, 5), "zebra");
  EXPECT_EQ(unit_of(text.target, copies, 3), "cat");
  EXPECT_THROW(unit_of(text.target, copies, 6), CheckFailure);
  EXPECT_EQ(id_of(text.target, copies, "zebra"), 5);
  EXPECT_EQ(id_of(text.target, copies, "cat"), 3);
  EXPECT_EQ(id_of(text.target, copies, "eats"), 0);
}

TEST(Copies, NeedAnUnknownUnit) {
  Configuration c = words(Copy::kPointer).configuration;
  EXPECT_THROW(make_side(c, SideName::kTarget, text::Vocabulary({"</s>", "the"})), ModelError);
}

}  // namespace
}  // namespace attend::model

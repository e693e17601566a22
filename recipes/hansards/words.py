"""The pure parts of recipes/hansards: cutting text into words as the gold alignment does, choosing pairs, the table.
`python3 recipes/hansards/words.py` checks them on made-up text."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import recipe  # noqa: E402

LONGEST = 30  # words of a side before they are cut further

# A number with its separators, a word with its dots as in "M." and "U.S.", an elided French word, or one other sign.
PIECE = re.compile(r"\d+(?:[.,]\d+)*|(?:[^\W\d_]\.){2,}|(?:Mrs?|Dr|Messrs|No|St|M|Mme)\.|[^\W\d_]+'|[^\W_]+|\S", re.IGNORECASE)

ELIDED = {"l'": "le", "d'": "de", "n'": "ne", "s'": "se", "c'": "ce", "j'": "je", "m'": "me", "t'": "te", "qu'": "que",
          "jusqu'": "jusque", "lorsqu'": "lorsque", "puisqu'": "puisque", "quoiqu'": "quoique", "quelqu'": "quelque"}
CONTRACTED = {"du": "de le", "des": "de les", "au": "à le", "aux": "à les"}
ENGLISH = [(re.compile(pattern, re.IGNORECASE), whole) for pattern, whole in (
    (r"\bcan't\b|\bcannot\b", "can not"), (r"\bwon't\b", "will not"), (r"\bshan't\b", "shall not"),
    (r"n't\b", " not"), (r"\blet's\b", "let us"), (r"\b(it|that|there|what|he|she)'s\b", r"\1 is"), (r"'re\b", " are"),
    (r"'ve\b", " have"), (r"'ll\b", " will"), (r"\bi'm\b", "i am"), (r"'d\b", " would"))]


def straight(text):
    """One form of each apostrophe and quotation mark."""
    return re.sub("[’‘`´]", "'", text).translate(str.maketrans({"“": '"', "”": '"', "«": '"', "»": '"'}))


def english(text):
    """English words as the gold alignment has them: contractions in full, punctuation and hyphens by themselves."""
    text = straight(text)
    for pattern, whole in ENGLISH:
        text = pattern.sub(whole, text)
    pieces = []
    for piece in PIECE.findall(re.sub(r"(?<=\w)'s\b", " 's", text)):
        pieces += [piece[:-1], "'"] if len(piece) > 1 and piece.endswith("'") else [piece]
    return re.sub(r"' s\b", "'s", " ".join(pieces)).lower()


def french(text):
    """French words as the gold alignment has them: what is elided or contracted in full ("l'eau du lac" is "le eau de
    le lac"), "aujourd' hui" in two, punctuation and hyphens by themselves."""
    pieces = []
    for piece in PIECE.findall(straight(text).lower()):
        if piece.endswith("'") and piece not in ELIDED and piece != "aujourd'" and len(piece) > 1:
            pieces += [piece[:-1], "'"]
        else:
            pieces.append(CONTRACTED.get(piece) or ELIDED.get(piece, piece))
    return " ".join(pieces)


def pairs(sources, targets, longest=LONGEST):
    """Pairs "English TAB French" whose sides have at most this many words of the raw text."""
    for source, target in zip(sources, targets):
        if 0 < len(source.split()) <= longest and 0 < len(target.split()) <= longest:
            yield f"{english(source)}\t{french(target)}"


def reversed_links(text):
    """Lines of links "i-j" with both numbers of each link exchanged."""
    return "".join(" ".join("-".join(reversed(link.split("-"))) for link in line.split()) + "\n"
                   for line in text.split("\n")[:-1])


def report_rows(text):
    """(name, shift, precision, recall, alignment error rate) of each row that `attend align --gold` prints behind its two
    lines of headings. A star stands behind the shift that is used; joined links have no shift."""
    rows = []
    for line in text.splitlines()[2:]:
        name, *shift, _, precision, recall, rate = line.split()
        rows.append((name, "".join(shift), float(precision), float(recall), float(rate)))
    return rows


def table(passes):
    """`passes` are {name of the pass: rows of report_rows()}."""
    yield "| models | links of | shift | precision, % | recall, % | AER, % |"
    yield "|---|---|---|---|---|---|"
    for name, rows in passes.items():
        for links, shift, precision, recall, rate in rows:
            yield f"| {name} | {links} | {shift or '–'} | {precision:.1f} | {recall:.1f} | {rate:.1f} |"


def check():
    assert english("I don't know; it's Mr. Smith's cut-backs, $250,000.") == \
        "i do not know ; it is mr. smith 's cut - backs , $ 250,000 ."
    assert english("the citizens' “rights” can't") == "the citizens ' \" rights \" can not"
    assert french("L’eau du lac n'est qu'aujourd'hui à lui-même, aux députés.") == \
        "le eau de le lac ne est que aujourd' hui à lui - même , à les députés ."
    assert french("M. Dupont dit « oui »") == "m. dupont dit \" oui \""
    assert list(pairs(["a b", "", "a b c"], ["x", "y", "z"], 2)) == ["a b\tx"]
    assert reversed_links("0-1 2-0\n\n") == "1-0 0-2\n\n"
    report = ("2 pairs, 3 sure links, 1 more that are possible\nlinks of shift links precision recall AER\n"
              "forward  1*  10  50.00 60.00 45.45\ngrow-diag  9 100.00 80.00 11.11\n")
    rows = report_rows(report)
    assert rows == [("forward", "1*", 50, 60, 45.45), ("grow-diag", "", 100, 80, 11.11)]
    assert list(table({"first": rows}))[2:] == ["| first | forward | 1* | 50.0 | 60.0 | 45.5 |",
                                                "| first | grow-diag | – | 100.0 | 80.0 | 11.1 |"]
    print("words: right")


if __name__ == "__main__":
    check()

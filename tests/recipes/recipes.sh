#!/usr/bin/env bash
# Runs the recipes in Python on made-up data, first with a program that stands in for `attend` (what they print, that they go on,
# what they say about missing and broken things), then, where BINARY_FOLDER is given, those of texts with the real one for three updates
# a model.
#   tests/recipes/recipes.sh SOURCE_TREE [BINARY_FOLDER]
# Exit 1 where something is not as it should be, 77 without Python.
set -euo pipefail
root=$(cd "${1:?usage: recipes.sh SOURCE_TREE [BINARY_FOLDER]}" && pwd)
if ! command -v python3 >/dev/null; then echo "SKIPPED: no python3"; exit 77; fi
export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$root/tests/recipes
failed=0

# expect CODE PATTERN COMMAND…: the exit code, and a line of stdout and stderr together that fits the pattern.
expect() {
  local code=$1 pattern=$2 found=0
  shift 2
  "$@" >"$work/output" 2>&1 </dev/null || found=$?
  if [ "$found" -ne "$code" ] || ! grep -qE -- "$pattern" "$work/output"; then
    echo "code $found, expected $code and a line like '$pattern', of: $*"
    tail -n 12 "$work/output"
    failed=1
  fi
}

# expect_one_line CODE PATTERN COMMAND…: and no other line.
expect_one_line() {
  expect "$@"
  if [ "$(wc -l <"$work/output")" -ne 1 ]; then
    echo "expected one line, of: ${*:3}"
    cat "$work/output"
    failed=1
  fi
}

# expect_calls COUNT COMMAND: how often `attend COMMAND` has been called.
expect_calls() {
  local found
  found=$(grep -c "^$2 " "$STAND_IN_CALLS" || true)
  if [ "$found" -ne "$1" ]; then
    echo "attend $2 was called $found times, expected $1"
    failed=1
  fi
}

for module in recipes/recipe.py recipes/imdb/reviews.py recipes/semeval2010/relations.py recipes/language/words.py \
  recipes/hansards/words.py recipes/flickr8k/photographs.py bench/toy_report.py; do
  expect 0 'right' python3 "$root/$module" "${ATTEND_DATA:-$root/data}"
done

python3 "$here/made_up_data.py" "$work/data"
mkdir -p "$work/build/bin"
cp "$here/stand_in.py" "$work/build/bin/attend"
chmod +x "$work/build/bin/attend"
export STAND_IN_CALLS=$work/calls
: >"$STAND_IN_CALLS"

# run RECIPE BUILD ARGUMENTS…
run() { "$root/recipes/$1" --build "$2" --data "$work/data" --folder "$work/${1%%/*}${stage}" --threads 1 "${@:3}"; }
stage=
stand_in=$work/build

cat >"$work/page.md" <<'PAGE'
# A page
<!-- recipes/imdb/run writes from here -->
<!-- recipes/imdb/run: to here -->
<!-- recipes/imdb/deletion writes from here -->
<!-- recipes/imdb/deletion: to here -->
PAGE
expect 0 '^\| `han-mean` \| 0\.0 ± 0\.0 \| 0\.0, 0\.0 \| 0\.0 ± 0\.0 \| 0\.0, 0\.0 \| 7 \| 0\.5 \|$' \
  run imdb/run "$stand_in" --seeds 2 --test "$work/data/imdb-test.tsv" --write "$work/page.md"
expect 0 '^\| `han` ' cat "$work/page.md"
expect_calls 6 train
expect 0 '^\| `han-max` \| 0\.0 ± 0\.0 ' run imdb/run "$stand_in" --seeds 2 --report
expect 0 '^\| `han-max` ' run imdb/run "$stand_in" --seeds 2
expect_calls 6 train
expect 0 'stopped after 0 minutes, before han-3' run imdb/run "$stand_in" --seeds 3, --budget 1
expect_calls 6 train
expect 0 '^\| `han` \| 0\.0 \(one seed\) ' run imdb/run "$stand_in" --seeds 1 --variants han --set training.batch_size=8
expect_calls 7 train
expect 0 '^\| ratio \| ([2-9]|[1-9][0-9]+)\.[0-9] \| \|$' run imdb/deletion "$stand_in" --write "$work/page.md"
expect 0 '^\| ratio ' cat "$work/page.md"
expect 0 'example-1.svg' run imdb/deletion "$stand_in" --show 1 --documents 40
printf 'neg/0\tnegative\t1\t \n' >>"$work/imdb/dev.tsv"  # a review without a word has no answer
expect 0 'example-2.svg' run imdb/deletion "$stand_in" --show 1000
stage=-fails
STAND_IN_FAILS=1 expect_one_line 1 'recipes/imdb/run: attend train failed: attend train: no memory on this machine' \
  run imdb/run "$stand_in" --seeds 1
expect_one_line 2 'recipes/imdb/deletion: no model .*/han-1/model: recipes/imdb/run trains it' run imdb/deletion "$stand_in"
stage=-nothing
expect_one_line 3 'recipes/imdb/deletion: no .*/dev.tsv: recipes/imdb/run makes it' \
  run imdb/deletion "$stand_in" --model "$work/build"
stage=
expect_one_line 2 'recipes/language/run: .*page.md: expected the lines' \
  run language/run "$stand_in" --report --write "$work/page.md"
expect_one_line 2 'no program .*/nowhere/bin/attend: run' run imdb/run "$work/nowhere"
expect_one_line 3 'cannot read .*train.tsv.xz: No such file' \
  "$root/recipes/imdb/run" --build "$stand_in" --data "$work/nowhere" --folder "$work/imdb"
expect_one_line 3 'cannot read .*nothing.tsv: No such file' run imdb/run "$stand_in" --seeds 1 --test "$work/nothing.tsv"
printf 'neg/1\t3\t4\tOne.\n' >"$work/broken.tsv"
expect_one_line 3 "broken.tsv:1: found label '3', expected 0 or 1" run imdb/run "$stand_in" --test "$work/broken.tsv"
printf 'neg/1\t0\n' >"$work/broken.tsv"
expect_one_line 3 'broken.tsv:1: found 2 columns, expected at least 4' run imdb/run "$stand_in" --test "$work/broken.tsv"
head -c 90 "$work/data/imdb/train.tsv.xz" >"$work/broken.tsv"
expect_one_line 3 'broken.tsv: .*xz' run imdb/run "$stand_in" --test "$work/broken.tsv"
expect 2 "found 'x', expected" run imdb/run "$stand_in" --seeds x

: >"$STAND_IN_CALLS"
expect 0 '^\| 1 \| 0\.0 \| 0\.0 \| 0\.0 \| 0\.0 \| 0\.0 \| 0\.0 \|$' run semeval2010/run "$stand_in"
expect_calls 5 train
expect 0 '^Test file, .*: 0\.0 ± 0\.0 \(0\.0, 0\.0\)\.$' \
  run semeval2010/run "$stand_in" --test "$work/data/relations-test.tsv" --test-seeds 2
expect_calls 7 train
expect 0 '^\| 1 \| 0\.0 ' run semeval2010/run "$stand_in" --report
printf '1\tOther\tno entities\t\n' >"$work/broken.tsv"
expect_one_line 3 'broken.tsv:1: expected a label, and one <e1>' \
  run semeval2010/run "$stand_in" --test-only --test "$work/broken.tsv"

: >"$STAND_IN_CALLS"
expect 0 '^\| Dutch \| Other \| 20 \|$' run language/run "$stand_in" --variants all
expect_calls 6 train
expect 0 '^\| Dutch \| Other \| 10 \|$' run language/run "$stand_in" --variants all --test "$work/data/g2p-sigmorphon2020"
expect_calls 6 train
expect_one_line 3 'no .*\*_test.tsv' run language/run "$stand_in" --test "$work/data/imdb"

: >"$STAND_IN_CALLS"
expect 0 '^\| guided \| reverse \| 1\* \| 100\.0 \| 50\.0 \| 25\.0 \|$' run hansards/run "$stand_in"
expect_calls 4 train
expect_calls 3 align
expect 0 '^\| first \| grow-diag-final-and \| – \| 100\.0 ' run hansards/run "$stand_in" --first
expect_calls 4 train
expect_calls 4 align
expect_one_line 3 'cannot read .*nothing.fr: No such file' run hansards/run "$stand_in" --first \
  --test "$work/data/align-hansards-en-fr/dev.en" "$work/nothing.fr" "$work/data/align-hansards-en-fr/dev.wa"

: >"$STAND_IN_CALLS"
expect 0 '^\| hard \| 0\.0 \(one seed\) \| 0\.0 \(one seed\) \| 7 \| 0\.5 \|$' run scenes/run "$stand_in"
expect_calls 2 train
expect_calls 2 scenes
expect 0 '^\| soft \| 0\.0 \(one seed\) ' run scenes/run "$stand_in" --variants soft --report
expect 0 '^\| soft \| ' run scenes/run "$stand_in" --minutes 20  # as without it
expect_calls 2 train
expect 2 "found 'blurred', expected soft or hard" run scenes/run "$stand_in" --variants blurred

: >"$STAND_IN_CALLS"
expect 0 '^\| hard attention \|( 0\.0+ ± 0\.0+ \|){7} 7, 7 \|$' run flickr8k/run "$stand_in" --seeds 2
expect_calls 7 train
expect_calls 1 annotate
expect 0 '^\| mean annotation \| 0\.0 ' run flickr8k/run "$stand_in" --seeds 2 --report
expect_calls 7 train
expect 2 "found 'x', expected soft, hard, mean" run flickr8k/run "$stand_in" --decoders x

if [ -n "${2:-}" ]; then
  mkdir "$work/real"
  ln -s "$(cd "$2" && pwd)" "$work/real/bin"
  stage=-real
  few=(--set training.updates=3 --set training.validate_every=3 --set source.minimum_count=1)
  expect 0 '^\| `han-max` \| [0-9.]+ \(one seed\) \| [0-9.]+ \| [0-9.]+ \(one seed\) ' \
    run imdb/run "$work/real" --seeds 1 "${few[@]}" --test "$work/data/imdb-test.tsv"
  model=$(echo "$work"/imdb-real/han-1-*/model)
  expect 0 '^\| ratio \|' run imdb/deletion "$work/real" --model "$model" --documents 20 --draws 2
  expect 0 '^\| 1 \|( [0-9.]+ \|){6}$' run semeval2010/run "$work/real" "${few[@]}"
  expect 0 '^\| `att-blstm` \| [0-9.]+ \(one seed\) ' run language/run "$work/real" --variants all "${few[@]}"
  expect 0 '^\| guided \| grow-diag-final-and ' run hansards/run "$work/real" \
    "${few[@]}" --set target.minimum_count=1 --set source.unit=words --set target.unit=words
fi
[ "$failed" -eq 0 ] && echo "the recipes did what they should"
exit "$failed"

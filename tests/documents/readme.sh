#!/usr/bin/env bash
# Runs every `attend` command of README.md, in its order, in an empty folder, and compares the blocks of commands of
# README.md with those of README.zh.md.
#   tests/documents/readme.sh BINARY_FOLDER SOURCE_TREE
#
# The commands come from the file itself: every line of a fenced or indented block in which a program named `attend` is
# called. The block as a whole needs no mark, and a new command is run as soon as somebody writes it. Two things differ from
# what a reader does: every training ends after three updates, and the files of your own pairs are made here.
# Exit 1 where a command fails, where no command is found, where a line of a block names `attend` in a way that this script
# cannot run, and where the two files differ in their blocks (comments behind a command apart).
set -euo pipefail
bin=$(cd "${1:?usage: readme.sh BINARY_FOLDER SOURCE_TREE}" && pwd)
root=$(cd "${2:?usage: readme.sh BINARY_FOLDER SOURCE_TREE}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The lines of all blocks: between two fences, or indented by four blanks after an empty line. Prints LINE_NUMBER:TEXT,
# without the indentation, with lines joined that end in a backslash.
blocks() {
  awk '
    function give(text) {
      if (open == "") begin = NR
      if (text ~ /\\$/) { sub(/\\$/, "", text); open = open text; return }
      print begin ":" open text
      open = ""
    }
    /^```/ { fenced = !fenced; next }
    fenced { give($0); next }
    /^    / && (indented || blank) { indented = 1; give(substr($0, 5)); next }
    { indented = 0; blank = /^[[:blank:]]*$/ }
  ' "$1"
}

without_comments() { sed -E 's/[[:blank:]]+#[[:blank:]].*$//; s/[[:blank:]]+$//'; }

# A line that calls `attend`: at its start, or behind a pipe, `&&`, `||`, `;`, `(` or a variable's value.
calls='(^|[|;&(][[:blank:]]*|^[A-Z_]+=[^[:blank:]]*[[:blank:]]+)attend[[:blank:]]+[a-z-]'
# A line that names `attend` with a command in any way, a path before it or a prompt included.
names='(^|[^[:alnum:]_-])attend[[:blank:]]+(-|train|predict|evaluate|show|score|align|quantize|shortlist|info|presets|dates|scenes|models|completion|manual)'

blocks "$root/README.md" | without_comments >"$work/lines"
grep -E "^[0-9]+:.*$names" "$work/lines" >"$work/named" || true
sed -E 's/^([0-9]+):/\1 /' "$work/lines" | awk -v calls="$calls" '
  { number = $1; sub(/^[0-9]+ /, ""); if ($0 ~ calls) print number ":" $0 }' >"$work/commands"
failed=0
if [ ! -s "$work/commands" ]; then
  echo "README.md: no command was found"
  failed=1
fi
while IFS= read -r line; do
  grep -qxF -- "$line" "$work/commands" && continue
  echo "README.md:${line%%:*}: this line names attend, but the test cannot run it: ${line#*:}"
  failed=1
done <"$work/named"

# `attend` as a reader has it in the PATH, but for the length of a training.
mkdir "$work/path" "$work/home"
cat >"$work/path/attend" <<WRAPPER
#!/usr/bin/env bash
set -euo pipefail
if [ "\${1-}" = train ]; then exec "$bin/attend" "\$@" --set training.updates=3 --set training.validation_maximum=20; fi
exec "$bin/attend" "\$@"
WRAPPER
chmod +x "$work/path/attend"
# The pairs that a reader brings.
"$bin/attend" dates --style english --count 300 --split train --seed 1 -o "$work/home/pairs.tsv"
"$bin/attend" dates --style english --count 20 --split test --seed 2 -o "$work/home/test.tsv"

count=0
while IFS= read -r line; do
  command=${line#*:}
  count=$((count + 1))
  code=0
  (cd "$work/home" && PATH="$work/path:$PATH" timeout 120 bash -euo pipefail -c "$command") \
    >"$work/output" 2>&1 </dev/null || code=$?
  if [ "$code" -ne 0 ]; then
    echo "README.md:${line%%:*}: code $code of: $command"
    tail -n 5 "$work/output"
    failed=1
  fi
done <"$work/commands"

for readme in README.md README.zh.md; do
  blocks "$root/$readme" | sed -E 's/^[0-9]+://' | without_comments >"$work/$readme.blocks"
done
if ! diff -u --label README.md --label README.zh.md "$work/README.md.blocks" "$work/README.zh.md.blocks"; then
  echo "README.zh.md: its blocks are not those of README.md"
  failed=1
fi
[ "$failed" -eq 0 ] && echo "$count commands of README.md ran"
exit "$failed"

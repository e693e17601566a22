#!/usr/bin/env bash
# Checks what the program writes about itself: completions that the shells take, with the options of each command, and manual
# pages that man shows without a warning. Shells and man that are not installed are skipped, and that is said.
#   tests/documents/pages.sh BINARY_FOLDER
set -euo pipefail
attend=${1:?usage: pages.sh BINARY_FOLDER}/attend
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fail() {
  echo "$*" >&2
  failed=1
}
commands=$("$attend" --help | sed -n '/^Subcommands:/,$p' | awk 'NR > 1 && /^  [a-z]/ { print $1 }')
[ "$(wc -l <<<"$commands")" -gt 10 ] || fail "attend --help lists no commands"

# complete WORD…: what bash offers for the last word of a command line.
"$attend" completion bash >"$work/bash"
complete() {
  bash --norc -c '
    compopt() { :; }
    source "$0"
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _attend
    printf "%s\n" "${COMPREPLY[@]}"' "$work/bash" "$@"
}
[ "$(complete attend pre)" = "predict
presets" ] || fail "bash: 'attend pre' gives '$(complete attend pre)'"
[ "$(complete attend predict --no-r)" = --no-repeat-ngrams ] || fail "bash: no option of predict"
[ "$(complete attend train --val | head -1)" = --valid ] || fail "bash: no option of train"
[ "$(complete attend predict --precision b)" = bfloat16 ] || fail "bash: no value of --precision"
touch "$work/some file"
(cd "$work" && [ "$(complete attend predict -i some)" = "some file" ]) || fail "bash: no file with a blank"

if command -v zsh >/dev/null; then
  "$attend" completion zsh >"$work/_attend"
  zsh -f -c 'autoload -Uz compinit && compinit -u -D && source $0 && whence -w _attend' "$work/_attend" |
    grep -q function || fail "zsh does not take its script"
else
  echo "SKIPPED: no zsh"
fi
if command -v fish >/dev/null; then
  "$attend" completion fish >"$work/attend.fish"
  HOME=$work fish --no-config -c "source $work/attend.fish; complete -C 'attend predict --no-rep'" |
    grep -q '^--no-repeat-ngrams' || fail "fish: no option of predict"
else
  echo "SKIPPED: no fish"
fi

mkdir "$work/man"
"$attend" manual --output-folder "$work/man"
for command in $commands; do
  [ -s "$work/man/attend-$command.1" ] || fail "no manual page of $command"
done
if command -v man >/dev/null; then
  for page in "$work"/man/*.1; do
    text=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l "$page" 2>"$work/warnings")
    [ ! -s "$work/warnings" ] || fail "$page: $(head -3 "$work/warnings")"
    [ -n "$text" ] || fail "$page: man shows nothing"
  done
else
  echo "SKIPPED: no man"
fi
exit $failed

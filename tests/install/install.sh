#!/usr/bin/env bash
# Installs a build tree into a folder of its own, moves that folder, and uses what lies there as a person would: the
# programs, the ready model, the C++ and the C example by CMake, the C example by pkg-config, and the Python example. Exit 1
# where something is not as it should be.
#   tests/install/install.sh BUILD_FOLDER SOURCE_TREE [PYTHON]
set -euo pipefail
build=$1 root=$(cd "$2" && pwd) python=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "$*" >&2
  exit 1
}

DESTDIR="$work/first" cmake --install "$build" --prefix /usr >"$work/log" || fail "cmake --install: $(tail -3 "$work/log")"
mv "$work/first" "$work/moved"
prefix=$work/moved/usr
library=$(dirname "$(find "$prefix" -name 'libattend.so.0')")
version=$(cat "$root/VERSION")
cd "$work"

"$prefix/bin/attend" --version | grep -qx "attend $version" || fail "attend --version differs from VERSION"
grep -qF "## [$version]" "$root/CHANGELOG.md" || fail "CHANGELOG.md does not name version $version"
head -1 "$root/packaging/changelog" | grep -qF "attend ($version) " || fail "packaging/changelog does not begin with version $version"
expected=$(echo '3 May 1979' | "$prefix/bin/attend" predict -m dates)
[ "$expected" = 1979-05-03 ] || fail "attend predict -m dates: found '$expected'"
"$prefix/bin/attend" models | grep -q "^dates$(printf '\t').*share/attend/models/dates$" || fail "attend models lists no dates"
"$prefix/bin/attend" train --help | grep -q -- --preset || fail "attend train --help fails"
mv "$prefix/bin/attend-train" "$work/attend-train"
alone=$("$prefix/bin/attend" train --help) || fail "attend train --help fails without attend-train"
grep -q -- --preset <<<"$alone" || fail "attend train --help without attend-train names no --preset"
mv "$work/attend-train" "$prefix/bin/attend-train"
[ -e "$library/libattend.so.$version" ] || fail "the library has another version than VERSION"
for page in attend attend-predict attend-train; do
  [ -s "$prefix/share/man/man1/$page.1.gz" ] || fail "no manual page $page"
done

# A program that PATH finds loads the library of subwords that belongs to it, whatever lies in the working folder.
mkdir "$work/stranger"
touch "$work/stranger/attend" "$work/stranger/libattend_subwords.so"
printf 'ab\tba\nabc\tcba\nba\tab\n' >"$work/pairs.tsv"
"$prefix/bin/attend" train "$work/pairs.tsv" -m "$work/subwords" --updates 2 --set source.unit=subwords --set target.unit=subwords \
  >"$work/log" 2>&1 || fail "attend train: $(tail -3 "$work/log")"
(cd "$work/stranger" && echo ab | PATH="$prefix/bin:$PATH" attend predict -m "$work/subwords" >"$work/log" 2>&1) ||
  fail "attend looked for subwords in the working folder: $(tail -1 "$work/log")"

check() {
  local answer
  answer=$("$@") || fail "$* failed"
  [ "$(head -1 <<<"$answer")" = "$expected" ] || fail "$*: found '$answer', expected '$expected' in its first line"
  grep -q ' <- ' <<<"$answer" || fail "$*: no link in '$answer'"
}

cmake -S "$root/examples" -B "$work/examples" -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
cmake --build "$work/examples" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
check "$work/examples/date_cpp"
check "$work/examples/date_c"

export PKG_CONFIG_PATH=$library/pkgconfig
read -ra flags <<<"$(pkg-config --cflags --libs attend)"
cc -std=c99 -Wall -Wextra -Werror -pedantic "$root/examples/date.c" "${flags[@]}" -o "$work/date"
LD_LIBRARY_PATH=$library check "$work/date"

if [ -n "$python" ]; then
  PYTHONPATH=$(dirname "$(dirname "$(find "$prefix" -name 'predictor.py')")")
  export PYTHONPATH
  check "$python" "$root/examples/date.py"
  found=$(PATH=/usr/bin:/bin "$python" -c 'from attend import training; print(training._find("attend-train"))')
  [ "$found" -ef "$prefix/bin/attend-train" ] || fail "a training from Python runs '$found'"
  [ "$("$python" -c 'import attend; print(attend.__version__)')" = "$version" ] || fail "attend.__version__ differs from VERSION"
fi

# The library shows its own names alone, and needs neither libtorch nor Python.
shown=$(nm -DC --defined-only "$library/libattend.so.0" | cut -d' ' -f3- | grep -vE \
  '^(attend_[a-z]|attend::(Predictor|DataError|Dictionary|ExplainedStep)::|(typeinfo|typeinfo name|vtable) for attend::[A-Za-z]*Error$|attend::(version|precision_name|parse_precision|has_instructions|link_words|pharaoh|describe_document|write_json|to_json|draw_html|longest_target)[[(])' || true)
[ -z "$shown" ] || fail "libattend shows internal names: $shown"
if ldd "$library/libattend.so.0" | grep -E 'torch|python'; then fail "libattend needs libtorch or Python"; fi
echo "the installed tree works"

#!/usr/bin/env bash
# Makes the .deb packages of a build folder, lets lintian look for errors, installs them, uses what they hold, and purges
# them. Exit 1 where something is not as it should be. It needs root and lintian (tools/setup --packages).
#   tests/install/packages.sh BUILD_FOLDER SOURCE_TREE
set -euo pipefail
build=$(cd "$1" && pwd) root=$(cd "$2" && pwd)
version=$(cat "$root/VERSION")
names=(attend attend-train libattend0 libattend-dev python3-attend)
work=$(mktemp -d)
fail() {
  echo "packages.sh: $*" >&2
  exit 1
}
# first_line COMMAND…: the first line that a command prints. All of its output is read, so that it meets no closed pipe.
first_line() {
  local answer
  answer=$("$@") && head -1 <<<"$answer"
}
purge() {
  dpkg --purge "${names[@]}" >"$work/purge.log" 2>&1 || true
}
trap 'rm -rf "$work"' EXIT
for name in "${names[@]}"; do
  [ -z "$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null)" ] || fail "$name is installed here; purge it first"
done
trap 'purge; rm -rf "$work"' EXIT

(cd "$work" && cpack --config "$build/CPackConfig.cmake" -B "$work/packages" >"$work/log" 2>&1) || fail "cpack: $(tail -5 "$work/log")"
cd "$work/packages"
for name in "${names[@]}"; do
  file=$(echo "$name"_"$version"_*.deb)
  [ -e "$file" ] || fail "cpack made no package $name of version $version"
  lintian --fail-on error --suppress-tags initial-upload-closes-no-bugs "$file" || fail "lintian has errors about $name"
done

# apt finds what they depend on; no other package is taken from the network where all of it is there.
chmod 755 "$work" "$work/packages"
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ./*.deb >"$work/log" 2>&1 || fail "apt-get: $(tail -5 "$work/log")"
cd /
[ "$(attend --version)" = "attend $version" ] || fail "attend --version"
[ "$(echo '3 May 1979' | attend predict -m dates)" = 1979-05-03 ] || fail "attend predict -m dates"
[ "$(first_line /usr/bin/python3 "$root/examples/date.py")" = 1979-05-03 ] || fail "the example in Python"
read -ra flags <<<"$(pkg-config --cflags --libs attend)"
cc "$root/examples/date.c" "${flags[@]}" -o "$work/date_c" && [ "$(first_line "$work/date_c")" = 1979-05-03 ] || fail "the example in C"
cmake -S "$root/examples" -B "$work/examples" >"$work/log" && cmake --build "$work/examples" >>"$work/log" || fail "$(tail -5 "$work/log")"
[ "$(first_line "$work/examples/date_cpp")" = 1979-05-03 ] || fail "the example in C++"
printf 'ab\tBA\nba\tAB\n' >"$work/pairs.tsv"
attend train "$work/pairs.tsv" -m "$work/model" --updates 2 >"$work/log" 2>&1 || fail "attend train: $(tail -3 "$work/log")"
man -w attend-predict >"$work/log" 2>&1 || echo "SKIPPED: no man, or it is set up to leave pages out"

dpkg-query -L "${names[@]}" | sort -u >"$work/files"
purge
grep -q 'not empty' "$work/purge.log" && fail "purge left folders: $(cat "$work/purge.log")"
while IFS= read -r file; do
  [ ! -f "$file" ] || fail "purge left $file"
done < <(grep attend "$work/files")
echo "the packages install, work and purge"

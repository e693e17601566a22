#!/usr/bin/env bash
# Installs the Python package by pip, without network, into a folder of its own, and predicts with its ready model.
#   tests/install/wheel.sh SOURCE_TREE
set -euo pipefail
root=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# pip builds in the source tree; a copy keeps that clean.
git -C "$root" ls-files -z | (cd "$root" && xargs -0 cp --parents -t "$work")
/usr/bin/python3 -m venv --system-site-packages "$work/venv"
"$work/venv/bin/pip" install --quiet --no-index --no-deps --no-build-isolation "$work"
cd /
found=$("$work/venv/bin/python" "$root/examples/date.py")
found=$(head -1 <<<"$found")
[ "$found" = 1979-05-03 ] || { echo "wheel.sh: found '$found', expected 1979-05-03" >&2; exit 1; }
echo "the wheel installs and works"

#!/bin/sh
# Draws every picture of docs/gallery.md again by the command that the page gives, and compares it with the file in the tree.
# Usage: gallery.sh FOLDER_OF_PROGRAMS SOURCE_FOLDER
set -eu
programs=$1
source=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/docs/pictures"
grep '^    attend presets ' "$source/docs/gallery.md" > "$scratch/commands"
[ -s "$scratch/commands" ] || { echo "docs/gallery.md has no command"; exit 1; }
(cd "$scratch" && PATH="$programs:$PATH" sh -eu ./commands)
status=0
for file in "$source"/docs/pictures/diagram-*.svg "$scratch"/docs/pictures/*.svg; do
  name=$(basename "$file")
  cmp "$scratch/docs/pictures/$name" "$source/docs/pictures/$name" || status=1
  grep -q "(pictures/$name)" "$source/docs/gallery.md" || { echo "docs/gallery.md does not show $name"; status=1; }
done
[ $status = 0 ] || echo "Run the commands of docs/gallery.md in the source folder to draw the pictures again."
exit $status

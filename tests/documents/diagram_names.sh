#!/bin/sh
# A diagram is written only under a name that ends in .svg, and of a preset only. Wrong usage ends with exit code 2, one line
# and no file. A file of the model is kept. Usage: diagram_names.sh FOLDER_OF_PROGRAMS MODEL_FOLDER
set -u
attend=$1/attend
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fails() {  # fails EXIT_CODE COMMAND…
  wanted=$1
  shift
  "$@" > "$scratch/out" 2> "$scratch/lines"
  code=$?
  if [ $code != "$wanted" ] || [ "$(wc -l < "$scratch/lines")" != 1 ] || [ -s "$scratch/out" ]; then
    echo "'$*' ended with exit code $code and these lines:"
    cat "$scratch/lines"
    exit 1
  fi
}
fails 2 "$attend" presets default --diagram "$scratch/network.png"
fails 2 "$attend" info -m "$scratch" --diagram "$scratch/network.png"
fails 2 "$attend" presets --diagram "$scratch/network.svg"
fails 2 "$attend" presets nothing --diagram "$scratch/network.svg"
mkdir "$scratch/model"
cp "$2"/* "$scratch/model"
ln "$scratch/model/model.safetensors" "$scratch/weights.svg"
fails 2 "$attend" info -m "$scratch/model" --diagram "$scratch/weights.svg"
cmp "$2/model.safetensors" "$scratch/model/model.safetensors" || exit 1
[ ! -e "$scratch/network.png" ] && [ ! -e "$scratch/network.svg" ] || { echo "a file was written"; exit 1; }
"$attend" presets default --diagram - | grep -q '</svg>' || { echo "- is not standard output"; exit 1; }

#!/usr/bin/env bash
# The arrows between the folders of src/ (ARCHITECTURE.md): each folder includes only what its line allows, and only
# through the public header; only src/network, src/fused and src/train see libtorch; predict, score and show stand on
# include/attend and src/api alone. Prints every offence; exit 1 if there is one.
set -u
root=${1:?usage: arrows.sh SOURCE_TREE}
cd "$root/src" || exit 2
declare -A allowed=(
  [base]="" [text]="base" [vision]="base" [dates]="base text" [scenes]="base vision" [step]="base" [model]="base text vision step" [kernels]="base"
  [runtime]="base text step model kernels"
  [search]="base text step model" [metrics]="base text" [alignment]="base text metrics" [view]="base"
  [predictor]="base text vision step model runtime search metrics alignment"
  [api]="base text vision model search alignment view predictor"
  [network]="base text step model"
  [fused]="base text step model kernels network"
  [train]="base text vision step model kernels runtime search metrics alignment view predictor network fused"
  [commands]="base text vision dates scenes step model search metrics alignment view predictor api train"
)
offences=0
for folder in */; do
  folder=${folder%/}
  if [ -z "${allowed[$folder]+known}" ]; then
    echo "src/$folder: no arrows are stated for this folder"
    offences=1
    continue
  fi
  while IFS=: read -r file line include; do
    other=${include%%/*}
    [ "$other" = "$folder" ] && continue
    if [ "$other" = attend ]; then  # include/attend, which only has what every folder may know; but for the Predictor
      [ "$include" != attend/attend.hpp ] || [[ " predictor api commands " == *" $folder "* ]] && continue
      echo "src/$file:$line: src/$folder may not include $include"
      offences=1
      continue
    fi
    if ! [[ " ${allowed[$folder]} " == *" $other "* ]]; then
      echo "src/$file:$line: src/$folder may not include $include"
      offences=1
    elif [ "$include" != "$other/$other.h" ]; then
      echo "src/$file:$line: $include is not the public header of src/$other"
      offences=1
    fi
  done < <(grep -rnoE '^#include "[a-z_]+/[^"]+"' "$folder" | sed -E 's/#include "([^"]+)"/\1/')
done
while read -r hit; do
  echo "src/$hit: only src/network, src/fused and src/train may include libtorch"
  offences=1
done < <(grep -rnE '^#include <(torch|ATen|c10)/' . | grep -vE '^./(network|fused|train)/' | sed 's|^\./||')
while read -r hit; do
  echo "src/$hit: predict, score and show stand on include/attend and src/api alone"
  offences=1
done < <(grep -nE '^#include "(predictor|model|search|alignment|step|runtime)/' \
  commands/predict_command.cc commands/score_command.cc commands/show*.cc commands/show.h)
exit $offences

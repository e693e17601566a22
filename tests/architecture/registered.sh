#!/usr/bin/env bash
# Every *_test.cc on disk is registered with ctest. Prints the orphans; exit 1 if there is one.
set -u
root=${1:?usage: registered.sh SOURCE_TREE LIST}
list=${2:?}
orphans=$(find "$root/tests" -name '*_test.cc' | sort | grep -vxFf "$list")
[ -z "$orphans" ] && exit 0
printf 'not registered with attend_test():\n%s\n' "$orphans"
exit 1

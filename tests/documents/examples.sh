#!/usr/bin/env bash
# Checks that docs/api.md prints the files of examples/ as they are.
#   tests/documents/examples.sh SOURCE_TREE
set -euo pipefail
cd "${1:?usage: examples.sh SOURCE_TREE}"
python3 - <<'PYTHON'
import pathlib, re, sys
page = pathlib.Path("docs/api.md").read_text(encoding="utf-8")
printed = re.findall(r"```[a-z]+\n(.*?)```", page, re.DOTALL)
missing = [str(file) for file in sorted(pathlib.Path("examples").iterdir())
           if file.read_text(encoding="utf-8") not in printed]
for file in missing:
    print(f"docs/api.md does not print {file} as it is")
sys.exit(bool(missing))
PYTHON

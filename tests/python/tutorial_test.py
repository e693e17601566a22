#!/usr/bin/python3
"""Runs the examples of a page and compares their output.
    PYTHONPATH=build/dev/python tests/python/tutorial_test.py docs/python.md"""

import doctest
import pathlib
import sys

page = pathlib.Path(sys.argv[1])
text = page.read_text(encoding="utf-8").replace("\n```\n", "\n\n")  # the end of a block is no output
example = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
failed, tried = doctest.DocTestRunner().run(example)
print(f"{tried} examples, {failed} failed")
sys.exit(1 if failed or tried == 0 else 0)

"""Predicts one text and prints what each unit of the answer looked at.
    date.py MODEL TEXT"""

import sys

import attend

model = sys.argv[1] if len(sys.argv) > 1 else "dates"
text = sys.argv[2] if len(sys.argv) > 2 else "3 May 1979"
best = attend.Predictor(model).predict(text)
print(best.text)
for source, target in best.links:
    print(best.units[target].text, "<-", best.source_units[source].text)

"""scikit-learn's scores of random predictions, for src/metrics/classification.test.ts.

Made with scikit-learn 1.9.1, numpy 2, Python 3.11: python scripts/oracles/classification_metrics.py
"""

import json
import warnings
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

warnings.filterwarnings("ignore")
r = np.random.default_rng(0)
cases = []
for classes, count, quality in [(2, 40, 0.8), (2, 200, 0.5), (2, 7, 0.0), (3, 100, 0.7), (3, 50, 0.3), (5, 60, 0.6)]:
    labels = r.integers(0, classes, count)
    predicted = np.where(r.random(count) < quality, labels, r.integers(0, classes, count))
    cases.append((classes, labels, predicted))
cases += [
    (2, np.ones(5, int), np.zeros(5, int)),
    (2, np.zeros(5, int), np.zeros(5, int)),
    (2, np.array([0, 1, 1]), np.array([0, 1, 1])),
    (2, np.array([0, 1]), np.array([1, 0])),
    (2, np.array([0, 1, 1, 0]), np.ones(4, int)),
]
out = [
    {
        "classes": classes,
        "labels": labels.tolist(),
        "predicted": predicted.tolist(),
        "accuracy": accuracy_score(labels, predicted),
        "matthews": matthews_corrcoef(labels, predicted),
        "f1": f1_score(labels, predicted) if classes == 2 else None,
    }
    for classes, labels, predicted in cases
]
path = Path(__file__).parents[2] / "src/metrics/testdata/classification.json"
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")

"""Scores of the official E2E scorer, for src/metrics/generated-text.test.ts and scripts/parity/generated-text.mjs.

Made with https://github.com/tuetschek/e2e-metrics (commit 1b9c4d8) and the METEOR 1.5 and CoreNLP 3.4.1 jars of PyPI
pycocoevalcap 1.2 put where it wants them, Java 17, Python 3.11 with `future`.
    python scripts/oracles/generated_text.py E2E_METRICS                  writes src/metrics/testdata/generated-text.json
    python scripts/oracles/generated_text.py E2E_METRICS --csv DEVSET --count 600 --out OUT
                                                                          writes OUT/corpus.json, with the scorer's own
                                                                          example in OUT/example.json
"""

import argparse
import contextlib
import csv
import io
import json
import os
import random
import sys
from pathlib import Path

SLOTS = {
    "name": ["The Vaults", "Café Adriatic", "Zizzi", "Strada"],
    "food": ["Italian", "Chinese", "fast food", "Indian"],
    "price": ["£20-25", "less than £20", "more than £30", "cheap"],
    "rating": ["5 out of 5", "low", "3 out of 5", "1 out of 5"],
    "near": ["Burger King", "Raja Indian Cuisine", "the river", "Crowne Plaza Hotel"],
}
PATTERNS = [
    "{name} serves {food} food at {price}, near {near}.",
    "Near {near} there's a {price} place called {name}; it isn't family-friendly and is rated {rating}.",
    '"{name}" (rated {rating}) offers {food} food... prices: {price}!',
    "You'll find {food} dishes in the city centre - at {name}, rated {rating}. It's near {near}",
    "If you don't mind a {rating} rating, {name} by {near} has {food} meals for {price}.",
]


def perturb(text: str, r: random.Random) -> str:
    words = text.split()
    for _ in range(r.randint(0, 4)):
        kind, i = r.random(), r.randrange(len(words))
        if kind < 0.4 and len(words) > 3:
            del words[i]
        elif kind < 0.6:
            words.insert(i, words[r.randrange(len(words))])
        elif kind < 0.8:
            j = r.randrange(len(words))
            words[i], words[j] = words[j], words[i]
        else:
            words[i] = words[i].upper() if r.random() < 0.5 else words[i].strip(".,")
    return " ".join(words)


def own_corpus() -> dict:
    r = random.Random(5)
    hypotheses, references = [], []
    for i in range(14):
        slots = {key: r.choice(values) for key, values in SLOTS.items()}
        references.append([p.format(**slots) for p in r.sample(PATTERNS, r.randint(1, 4))])
        slots["rating"] = r.choice(SLOTS["rating"])
        hypotheses.append(perturb(r.choice(PATTERNS).format(**slots), r) if i != 3 else references[-1][0])
    hypotheses[5] = "Zizzi"
    return {"hypotheses": hypotheses, "references": references}


def csv_corpus(path: Path, count: int) -> dict:
    """`count` outputs: references of the same or, now and then, of another meaning, damaged in random places."""
    groups: dict[str, list[str]] = {}
    with path.open(encoding="utf8") as file:
        for row in list(csv.reader(file))[1:]:
            groups.setdefault(row[0], []).append(" ".join(row[1].split()))
    r = random.Random(600)
    lists = list(groups.values())
    chosen = [lists[i % len(lists)] for i in range(count)]
    hypotheses = [perturb(r.choice(refs if r.random() < 0.8 else r.choice(lists)), r) for refs in chosen]
    return {"hypotheses": hypotheses, "references": chosen}


def score(corpus: dict) -> dict:
    from measure_scores import run_coco_eval, run_pymteval  # the scorer's

    with contextlib.redirect_stderr(io.StringIO()):
        coco = run_coco_eval(corpus["references"], corpus["hypotheses"]).eval
        mteval = run_pymteval(corpus["references"], corpus["hypotheses"])
    return {
        "bleu": mteval["BLEU"],
        "nist": mteval["NIST"],
        "meteor": coco["METEOR"],
        "rouge_l": float(coco["ROUGE_L"]),
        "cider": float(coco["CIDEr"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("scorer", type=Path)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--out", type=Path)
    a = parser.parse_args()
    root = Path(__file__).resolve().parents[2]
    jobs = {}
    if a.out is None:
        jobs[root / "src/metrics/testdata/generated-text.json"] = own_corpus()
    else:
        a.out = a.out.resolve()
        jobs[a.out / "corpus.json"] = csv_corpus(a.csv, a.count)
        example = a.scorer / "example-inputs"
        blocks = (example / "devel-conc.txt").read_text(encoding="utf8").strip().split("\n\n")
        jobs[a.out / "example.json"] = {
            "hypotheses": (example / "baseline-output.txt").read_text(encoding="utf8").strip().split("\n"),
            "references": [block.split("\n") for block in blocks],
        }
    sys.path.insert(0, str(a.scorer.resolve()))
    os.chdir(a.scorer)
    for path, corpus in jobs.items():
        path.write_text(json.dumps({**corpus, "scores": score(corpus)}, ensure_ascii=False, indent=1) + "\n", encoding="utf8")


main()

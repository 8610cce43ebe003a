"""COCO average precision of random cases by pycocotools, the oracle of src/metrics/coco-ap.test.ts.

    python scripts/oracles/coco_ap.py [cases]

writes src/metrics/testdata/coco-ap.json, with 12 cases unless told otherwise (to another file with more: see
scripts/parity/coco-ap.mjs). Needs pycocotools and numpy (made with 2.0.11 and 2.4).
"""

import contextlib
import io
import json
import pathlib
import sys

import numpy as np
from pycocotools import mask as masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

SIZE = (60, 80)  # height, width
NAMES = ["ap", "ap50", "ap75", "apSmall", "apMedium", "apLarge"]


def draw(random, scale):
    """An ellipse with a few pixels flipped, so that masks have holes and specks."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    centre, radius = random.uniform((0, 0), SIZE), random.uniform(2, 25, 2) * scale
    inside = ((y - centre[0]) / radius[0]) ** 2 + ((x - centre[1]) / radius[1]) ** 2 < 1
    return inside ^ (random.random(SIZE) < random.choice([0, 0.01]))


def shifted(random, inside):
    dy, dx = random.integers(-4, 5, 2)
    return np.roll(inside, (dy, dx), (0, 1)) ^ (random.random(SIZE) < 0.005)


def annotation(random, inside):
    rle = masks.encode(np.asfortranarray(inside.astype(np.uint8)))
    # boxes with fractions, as networks give them
    box = [round(float(v), 3) for v in masks.toBbox(rle) + np.array([*random.uniform(-1, 1, 2), *random.uniform(0, 1, 2)])]
    return {"segmentation": {"size": list(SIZE), "counts": rle["counts"].decode()}, "bbox": box}


def random_case(seed):
    random = np.random.default_rng(seed)
    images, categories = random.integers(1, 6), random.integers(1, 4)
    truths, detections = [], []
    for image in range(1, images + 1):
        for _ in range(random.integers(0, 6)):
            inside = draw(random, random.choice([0.3, 1]))
            if not inside.any():
                continue
            category = int(random.integers(1, categories + 1))
            truth = annotation(random, inside)
            # areas are free numbers in COCO's files: some objects are medium and large here
            area = float(round(inside.sum() * random.choice([1, 1, 4, 30]), 2))
            truths.append(dict(truth, id=len(truths) + 1, image_id=image, category_id=category, area=area,
                               iscrowd=int(random.random() < 0.1)))  # fmt: skip
            for _ in range(random.integers(0, 4)):
                guess = shifted(random, inside)
                label = category if random.random() < 0.9 else int(random.integers(1, categories + 1))
                detections.append(dict(annotation(random, guess), image_id=image, category_id=label))
        for _ in range(random.integers(0, 3)):
            guess = draw(random, 0.5)
            label = int(random.integers(1, categories + 2))  # one category that no object has
            detections.append(dict(annotation(random, guess), image_id=image, category_id=label))
    for detection in detections:
        detection["score"] = float(round(random.random(), 2))  # with ties
    random.shuffle(detections)
    return images, categories, truths, detections


def evaluate(images, categories, truths, detections, kind):
    truth = COCO()
    truth.dataset = {
        "images": [{"id": i, "height": SIZE[0], "width": SIZE[1]} for i in range(1, images + 1)],
        "categories": [{"id": i, "name": str(i)} for i in range(1, categories + 2)],
        "annotations": truths,
    }
    truth.createIndex()
    # loadRes takes areas and boxes of masks from the masks only where there are no boxes
    given = detections if kind == "bbox" else [{k: v for k, v in d.items() if k != "bbox"} for d in detections]
    evaluation = COCOeval(truth, truth.loadRes(given), kind)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return dict(zip(NAMES, (None if v == -1 else float(v) for v in evaluation.stats[:6]), strict=True))


def cases(count):
    seed = 0
    while count > 0:
        images, categories, truths, detections = random_case(seed)
        seed += 1
        if not truths or not detections:
            continue  # loadRes refuses an empty list
        with contextlib.redirect_stdout(io.StringIO()):
            expected = {
                name: evaluate(images, categories, json.loads(json.dumps(truths)), json.loads(json.dumps(detections)), kind)
                for name, kind in (("box", "bbox"), ("mask", "segm"))
            }
        count -= 1
        yield {"truths": truths, "detections": detections, **expected}


def rle_cases():
    random = np.random.default_rng(1)
    shapes = [(1, 1), (3, 5), (7, 4), (40, 33), (300, 2)]
    for height, width in shapes:
        for share in (0, 0.02, 0.5, 1):
            mask = (random.random((height, width)) < share).astype(np.uint8)
            counts = masks.encode(np.asfortranarray(mask))["counts"].decode()
            yield {"height": height, "width": width, "rows": ["".join(map(str, row)) for row in mask], "counts": counts}


if __name__ == "__main__":
    if len(sys.argv) > 2:
        path, rle = pathlib.Path(sys.argv[2]), []
    else:
        path = pathlib.Path(__file__).parent / "../../src/metrics/testdata/coco-ap.json"
        rle = [c for c in rle_cases() if c["height"] * c["width"] < 1000]
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    path.write_text(json.dumps({"pycocotools": "2.0.11", "rle": rle, "cases": list(cases(wanted))}) + "\n")

"""Writes src/data/testdata: images as Pillow decodes and resizes them, and MAT-files as SciPy writes them.

Run with Pillow 13.0, numpy 2.4 and scipy 1.17:  python scripts/oracles/images.py
"""

import json
import pathlib

import numpy
import scipy.io
from PIL import Image

OUT = pathlib.Path(__file__).resolve().parents[2] / "src/data/testdata"
OUT.mkdir(parents=True, exist_ok=True)


def picture(height, width):
    """Smooth enough for JPEG, with an edge, in all three colours."""
    y, x = numpy.mgrid[0:height, 0:width]
    waves = [127 + 90 * numpy.sin(x / 5 + c) * numpy.cos(y / 7 - c) + 30 * (x > width / 2) for c in range(3)]
    return numpy.clip(numpy.stack(waves, -1), 0, 255).astype(numpy.uint8)


def resized(image, height, width):
    """First along the rows, as Pillow always did up to 11 (13 begins with the columns where that is cheaper)."""
    wider = image.resize((width, image.height), Image.BILINEAR)
    final = wider.resize((width, height), Image.BILINEAR)
    return {"shape": [height, width, 3], "values": numpy.asarray(final).flatten().tolist()}


image = Image.fromarray(picture(9, 7))
sizes = [(20, 16), (9, 7), (9, 3), (4, 7), (5, 15), (1, 1), (3, 2)]

photo = Image.fromarray(picture(48, 64))
photo.save(OUT / "picture.jpg", quality=90)
photo.convert("L").save(OUT / "grey.jpg", quality=90)
photo.resize((24, 16)).save(OUT / "picture.png")
decoded = {
    name: {
        "side": side,
        "values": numpy.asarray(Image.open(OUT / name).convert("RGB").resize((side, side), Image.BILINEAR))
        .flatten()
        .tolist(),
    }
    for name, side in [("picture.jpg", 30), ("grey.jpg", 24), ("picture.png", 26)]
}

# As SVHN: X [32, 32, 3, N] and y [N, 1], the digit 0 with the label 10.
rng = numpy.random.default_rng(0)
digits = {
    "X": numpy.repeat(rng.integers(0, 256, (32, 1, 3, 3), dtype=numpy.uint8), 32, 1),
    "y": numpy.array([[10], [1], [9]], dtype=numpy.uint8),
}
# The first image counts up, row by row, as [32, 32, 3].
digits["X"][:, :, :, 0] = numpy.arange(32 * 32 * 3).reshape(32, 32, 3) % 251
for name, compressed in [("svhn.mat", True), ("svhn-plain.mat", False)]:
    scipy.io.savemat(OUT / name, digits, do_compression=compressed)
arrays = {
    "doubles": numpy.array([[1.5, -2.0, 1e300]]),
    "singles": numpy.array([[0.5], [0.25]], dtype=numpy.float32),
    "ints": numpy.array([[-1, 2], [3, -4]], dtype=numpy.int32),
    "small": numpy.array([[7]], dtype=numpy.int16),
}
scipy.io.savemat(OUT / "arrays.mat", arrays)
scipy.io.savemat(OUT / "text.mat", {"text": "no numbers"})

(OUT / "images.json").write_text(
    json.dumps(
        {
            "resize": {
                "input": {"shape": [9, 7, 3], "values": numpy.asarray(image).flatten().tolist()},
                "outputs": [resized(image, *size) for size in sizes],
            },
            "decode": decoded,
            "arrays": {
                name: {"shape": list(array.shape), "values": array.flatten(order="F").tolist()}
                for name, array in arrays.items()
            },
        }
    )
    + "\n"
)

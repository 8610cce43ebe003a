"""Makes JPEGs of 500 × 375 pixels from the two photos that scikit-learn ships: python input-images.py FOLDER COUNT."""

import pathlib
import random
import sys

import sklearn
from PIL import Image

folder, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
photos = pathlib.Path(sklearn.__file__).parent / "datasets/images"
photos = [Image.open(photos / name).convert("RGB") for name in ("china.jpg", "flower.jpg")]
random.seed(0)
for i in range(count):
    photo = photos[i % 2]
    share = random.uniform(0.6, 1)
    width, height = (int(side * share) for side in photo.size)
    x, y = random.randint(0, photo.width - width), random.randint(0, photo.height - height)
    picture = photo.resize((500, 375), Image.BICUBIC, (x, y, x + width, y + height))
    for split in ("train", "test") if i < 2 else ("train",):
        target = folder / split / "ab"[i % 2]
        target.mkdir(parents=True, exist_ok=True)
        picture.save(target / f"{i:04d}.jpg", quality=90)

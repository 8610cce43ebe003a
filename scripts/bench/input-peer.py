"""torchvision's side of the input benchmark: the protocol of input-ours.mjs."""

import json
import sys
import time

import torch
from torchvision import datasets, transforms

if __name__ == "__main__":
    torch.set_num_threads(1)
    transform = transforms.Compose(
        [transforms.Resize((224, 224)), transforms.ToTensor(), transforms.Normalize([0.5] * 3, [0.5] * 3)]
    )
    images = datasets.ImageFolder(sys.argv[1] + "/train", transform)
    loader = torch.utils.data.DataLoader(images, batch_size=50, num_workers=2, persistent_workers=True)

    def run():
        for _ in loader:
            pass

    run()
    print("ready", flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        run()
        print(json.dumps({"ms": (time.perf_counter() - started) * 1e3}), flush=True)

"""timm's ResNets with weights from a formula, the oracle of src/models/resnet.test.ts.

    python scripts/oracles/resnet.py > src/models/testdata/resnet.json

Needs torch and timm (made with 2.15 and 1.0.31). Weights are float32 numbers, the computation is in float64.
"""

import json
import re

import numpy as np
import timm
import torch
import torch.nn.functional as F

CLASSES, LEARNING_RATE, STEPS = 10, 0.01, 3


# Small, as after timm's own start from zero: with 1, ResNet-50's gradients in float32 are off by percents, PyTorch's too.
LAST_IN_BLOCK = {"resnet18": r"bn2\.weight$", "resnet50": r"bn3\.weight$"}


def noise(stream, size):
    """Uniform in [-1/2, 1/2): the index scrambled as MurmurHash3 finishes its hashes."""
    x = np.arange(size, dtype=np.uint32) + np.uint32((stream * 0x9E3779B1) % 2**32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return (x ^ (x >> np.uint32(16))) / 2**32 - 0.5


def weight(stream, name, shape, damped):
    values = noise(stream, int(np.prod(shape)))
    if len(shape) > 1:
        values *= np.sqrt(24 / np.prod(shape[1:]))  # variance 2 / fan-in
    elif name.endswith(("running_var", "weight")):
        values = 1 + 0.4 * values
        if re.search(damped, name):
            values *= 0.2
    else:
        values *= 0.4
    return torch.tensor(values.astype(np.float32).reshape(shape), dtype=torch.float64)


def digest(value):
    """Norm, and the first, middle and last entry."""
    flat = value.detach().flatten()
    picked = [flat.norm(), flat[0], flat[len(flat) // 2], flat[-1]]
    return [float(f"{v.item():.9g}") for v in picked]


def numbers(value):
    return [float(f"{v:.9g}") for v in value.detach().flatten().tolist()]


def check(name, batch, size):
    model = timm.create_model(name, num_classes=CLASSES).double()
    initial = {key: value.clone() for key, value in model.state_dict().items()}
    names = [key for key in initial if not key.endswith("num_batches_tracked")]
    state = {key: weight(i, key, initial[key].shape, LAST_IN_BLOCK[name]) for i, key in enumerate(names)}
    model.load_state_dict(state, strict=False)
    image = torch.tensor(4 * noise(1000, batch * size * size * 3)).float().double()
    image = image.reshape(batch, size, size, 3).permute(0, 3, 1, 2)
    labels = torch.arange(batch) % CLASSES

    out = {"name": name, "batch": batch, "size": size, "shapes": {k: list(initial[k].shape) for k in names}}
    out["zeroAtFirst"] = [k for k in names if k.endswith("weight") and not initial[k].any()]
    model.eval()
    out["evalLogits"] = numbers(model(image))
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    out["losses"] = []
    for step in range(STEPS):
        optimizer.zero_grad()
        logits = model(image)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        if step == 0:
            out["trainLogits"] = numbers(logits)
            out["gradients"] = {k: digest(p.grad) for k, p in model.named_parameters()}
        out["losses"].append(loss.item())
        optimizer.step()
    out["statistics"] = {k: digest(v) for k, v in model.named_buffers() if k in names}
    out["parameters"] = {k: digest(v) for k, v in model.named_parameters()}
    return out


result = {
    "torch": torch.__version__,
    "timm": timm.__version__,
    "learningRate": LEARNING_RATE,
    "models": [check("resnet18", 4, 64), check("resnet50", 2, 64)],
}
print(json.dumps(result))

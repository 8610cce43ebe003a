"""timm's networks with weights from a formula, the oracles of src/models/{resnet,vit,efficientnet}.test.ts.

    python scripts/oracles/vision.py

writes src/models/testdata/{resnet,vit,efficientnet}.json. Needs torch and timm (made with 2.15 and 1.0.31). Weights are
float32 numbers, the computation is in float64.
"""

import json
import pathlib
import re

import numpy as np
import timm
import torch
import torch.nn.functional as F

CLASSES, STEPS = 10, 3
# Smaller where a step of 0.01 makes more of rounding than float32 can bear.
LEARNING_RATE = {"efficientnet_lite0": 1e-6, "tf_efficientnet_lite0": 1e-6}


# Weights that are made small, as timm starts them from zero: with 1, gradients of deep ReLU networks in float32 are off
# by percents, PyTorch's too.
DAMPED = {
    "resnet18": r"bn2\.weight$",
    "resnet50": r"bn3\.weight$",
    "efficientnet_lite0": r"bn3\.weight$",
    "tf_efficientnet_lite0": r"bn3\.weight$",
}


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
        if damped and re.search(damped, name):
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


def distribution(value):
    """Mean, standard deviation and largest size."""
    return numbers(torch.stack([value.mean(), value.std(correction=0), value.abs().max()]))


def check(name, batch, size, timm_name=None, **arguments):
    torch.manual_seed(0)
    model = timm.create_model(timm_name or name, num_classes=CLASSES, **arguments).double()
    initial = {key: value.clone() for key, value in model.state_dict().items()}
    names = [key for key in initial if not key.endswith("num_batches_tracked")]
    state = {key: weight(i, key, initial[key].shape, DAMPED.get(name)) for i, key in enumerate(names)}
    model.load_state_dict(state, strict=False)
    image = torch.tensor(4 * noise(1000, batch * size * size * 3)).float().double()
    image = image.reshape(batch, size, size, 3).permute(0, 3, 1, 2)
    labels = torch.arange(batch) % CLASSES

    out = {"name": name, "batch": batch, "size": size, "damped": DAMPED.get(name)}
    out["learningRate"] = LEARNING_RATE.get(name, 0.01)
    out["shapes"] = {k: list(initial[k].shape) for k in names}
    out["initial"] = {k: distribution(initial[k]) for k in names}
    model.eval()
    out["evalLogits"] = numbers(model(image))
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=out["learningRate"])
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


def write(family, models):
    result = {"torch": torch.__version__, "timm": timm.__version__, "models": models}
    folder = pathlib.Path(__file__).parent / "../../src/models/testdata"
    (folder / f"{family}.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    write("resnet", [check("resnet18", 4, 64), check("resnet50", 2, 64)])
    small_vit = {"img_size": 32, "patch_size": 8, "embed_dim": 24, "depth": 3, "num_heads": 3}
    write("vit", [check("vit", 4, 32, timm_name="vit_tiny_patch16_224", **small_vit)])
    write("efficientnet", [check("efficientnet_lite0", 4, 64), check("tf_efficientnet_lite0", 4, 64)])

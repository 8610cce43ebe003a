"""The other side of `npm run test:parity`: a model of timm (or another library) with random weights, and what it gives.

    python peer.py '{"name": "resnet50", "peer": "timm_image", "batch": 2, "seed": 0, "steps": 3, "lr": 0.001,
                     "settings": {...}, "out": "/tmp/somewhere"}'

writes weights.safetensors, inputs.safetensors (as our model wants them, with `labels`), and the results in both
precisions, float32.safetensors and float64.safetensors: `eval.logits`, then of plain gradient descent in training mode
`train.logits` and `gradient.<name>` of the first step, `loss` of every step, `statistic.<name>` after the last.

A new family is one function in PEERS: settings -> (model, inputs by name, forward(model, inputs) -> logits).
"""

import json
import pathlib
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file


def timm_image(name, batch, settings):
    import timm

    model = timm.create_model(name, num_classes=settings["classes"])
    size = settings["size"]
    inputs = {"image": torch.randn(batch, size, size, 3), "labels": torch.randint(settings["classes"], (batch,))}
    return model, inputs, lambda net, given: net(given["image"].permute(0, 3, 1, 2))


PEERS = {"timm_image": timm_image}

IGNORED = "num_batches_tracked"


def randomise(model):
    """What libraries start at constants (biases, normalisation) becomes random too, so that mistakes there show."""
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.5, 1.5)
            elif value.is_floating_point() and value.dim() == 1:
                value.add_(0.1 * torch.randn_like(value))


def cross_entropy(logits, labels):
    """Mean over all positions whose label is not negative."""
    return F.cross_entropy(logits.flatten(0, -2), labels.flatten().long(), ignore_index=-100)


def results(model, inputs, forward, steps, lr):
    statistics = {name for name, value in model.named_buffers() if value.is_floating_point()}
    out = {}
    model.eval()
    with torch.no_grad():
        out["eval.logits"] = forward(model, inputs)
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        logits = forward(model, inputs)
        loss = cross_entropy(logits, inputs["labels"])
        loss.backward()
        if step == 0:
            out["train.logits"] = logits.detach()
            out |= {f"gradient.{name}": p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
        losses.append(loss.detach())
        optimizer.step()
    out["loss"] = torch.stack(losses)
    out |= {f"statistic.{name}": value for name, value in model.state_dict().items() if name in statistics}
    return {name: value.float().contiguous() for name, value in out.items()}


def main(task):
    torch.manual_seed(task["seed"])
    torch.set_num_threads(task["threads"])
    folder = pathlib.Path(task["out"])
    model, inputs, forward = PEERS[task["peer"]](task["name"], task["batch"], task["settings"])
    randomise(model)
    weights = {name: value.clone() for name, value in model.state_dict().items() if not name.endswith(IGNORED)}
    save_file(weights, folder / "weights.safetensors")
    integers = {name: value.int() for name, value in inputs.items() if not value.is_floating_point()}
    save_file({**inputs, **integers}, folder / "inputs.safetensors")
    for precision, dtype in {"float32": torch.float32, "float64": torch.float64}.items():
        model.load_state_dict(weights, strict=False)
        model.to(dtype)
        given = {name: value.to(dtype) if value.is_floating_point() else value for name, value in inputs.items()}
        save_file(results(model, given, forward, task["steps"], task["lr"]), folder / f"{precision}.safetensors")


main(json.loads(sys.argv[1]))

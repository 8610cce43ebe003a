"""Trajectories of the published optimizers, the oracle of src/optimizers/trajectories.test.ts.

    pip install torch==2.15.0 prodigyopt==1.1.2 dadaptation==3.2 dog-optimizer==1.0.3 dowgopt==0.13
    python scripts/oracles/optimizers.py > src/optimizers/testdata/trajectories.json

50 steps on one fixed non-convex problem, the mean squared error of a two-layer tanh network with 12 weights in three
tensors. The JSON holds the problem, and for each case the weights after some steps by the reference in float64 (17
digits), how far the reference's own float32 run is from them (2-norm, relative), and where the method has them the
effective learning rate of those steps and the averaged weights. SignSGD is in no package and is written out below
from its paper.
"""

import contextlib
import importlib.metadata
import io
import json
import math
import sys

import torch
from dadaptation import DAdaptAdam, DAdaptSGD
from dog import DoG, PolynomialDecayAverager
from dowg import DoWG
from prodigyopt import Prodigy

STEPS, KEPT = 50, (1, 2, 5, 10, 20, 50)
SHAPES = {"hidden": [2, 3], "bias": [3], "output": [3]}

inputs = [[round(2 * math.sin(1 + 3 * i + 5 * j), 3) for j in range(2)] for i in range(6)]
targets = [round(math.cos(2.0 * i) + 0.3 * i, 3) for i in range(6)]
initial = {
    "hidden": [[0.6, -0.4, 0.3], [0.2, 0.7, -0.5]],
    "bias": [0.1, -0.2, 0.05],
    "output": [0.8, -0.3, 0.5],
}


class Network(torch.nn.Module):
    def __init__(self, dtype):
        super().__init__()
        for name, values in initial.items():
            setattr(self, name, torch.nn.Parameter(torch.tensor(values, dtype=dtype)))
        self.x = torch.tensor(inputs, dtype=dtype)
        self.y = torch.tensor(targets, dtype=dtype)

    def loss(self):
        hidden = torch.tanh(self.x @ self.hidden + self.bias)
        return ((hidden @ self.output - self.y) ** 2).mean()


class SignSGD(torch.optim.Optimizer):
    """Bernstein et al., arXiv:1802.04434, Algorithm 1, with coupled weight decay."""

    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, dict(lr=lr, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p -= group["lr"] * torch.sign(p.grad + group["weight_decay"] * p)


def run(make, dtype, average):
    torch.set_default_dtype(dtype)
    network = Network(dtype)
    with contextlib.redirect_stdout(io.StringIO()):
        optimizer = make(network.parameters())
    averager = PolynomialDecayAverager(network) if average else None
    group = optimizer.param_groups[0]
    weights, rates = {}, {}
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        network.loss().backward()
        d = group.get("d")
        optimizer.step()
        if averager:
            averager.step()
        if isinstance(optimizer, DoWG):
            state = optimizer.state
            rates[step] = float(state["rt2"] / (state["vt"].sqrt() + group["eps"]))
        elif isinstance(optimizer, DoG):
            rates[step] = float(group["eta"][0])
        elif d is not None:
            rates[step] = float(d * group["lr"])
        weights[step] = [float(v) for p in network.parameters() for v in p.detach().flatten()]
    averages = [float(v) for p in averager.averaged_model.parameters() for v in p.detach().flatten()] if average else None
    return weights, rates, averages


torch_optimizers = {
    "sgd": torch.optim.SGD,
    "signsgd": SignSGD,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}


def base(name, **options):
    return {"optimizer": {"name": name, **options}}, lambda params: torch_optimizers[name](params, **options)


def adaptive(name, over, make, **options):
    return {"optimizer": over, "scheduler": {"name": name, **options}}, make


def prodigy(over, **options):
    given = {key: value for key, value in over.items() if key in ("betas", "eps", "weight_decay")}
    return adaptive("prodigy", over, lambda params: Prodigy(params, **given, **options), **options)


def dadapt(over, **options):
    given = {key: value for key, value in over.items() if key != "name"}
    if over["name"] == "sgd":
        return adaptive("d-adapt", over, lambda params: DAdaptSGD(params, **given, **options), **options)
    decouple = over["name"] == "adamw"
    return adaptive("d-adapt", over, lambda params: DAdaptAdam(params, **given, decouple=decouple, **options), **options)


def dog(over, **options):
    decay = over.get("weight_decay", 0.0)
    return adaptive("dog", over, lambda params: DoG(params, weight_decay=decay, **options), **options)


def dowg(over, **options):
    return adaptive("dowg", over, lambda params: DoWG(params, **options), **options)


sgd = {"name": "sgd"}
adamw = {"name": "adamw", "weight_decay": 0.01}
cases = [
    base("sgd", lr=0.1),
    base("sgd", lr=0.1, weight_decay=0.01),
    base("sgd", lr=0.05, momentum=0.9),
    base("sgd", lr=0.05, momentum=0.9, weight_decay=0.01),
    base("sgd", lr=0.1, momentum=0.8, dampening=0.5, weight_decay=0.02),
    base("sgd", lr=0.03, momentum=0.9, nesterov=True),
    base("sgd", lr=0.03, momentum=0.9, nesterov=True, weight_decay=0.05),
    base("signsgd", lr=0.003),
    base("signsgd", lr=0.003, weight_decay=2.0),
    base("adagrad", lr=0.1),
    base("adagrad", lr=0.2, lr_decay=0.02, weight_decay=0.01, initial_accumulator_value=0.1, eps=1e-8),
    base("rmsprop", lr=0.01),
    base("rmsprop", lr=0.01, alpha=0.9, weight_decay=0.01, eps=1e-6),
    base("rmsprop", lr=0.005, momentum=0.9, centered=True),
    base("rmsprop", lr=0.005, momentum=0.8, alpha=0.95, centered=True, weight_decay=0.1),
    base("adam", lr=0.02),
    base("adam", lr=0.02, betas=[0.8, 0.95], eps=1e-3, weight_decay=0.1),
    base("adamw", lr=0.02),
    base("adamw", lr=0.02, betas=[0.85, 0.98], eps=1e-6, weight_decay=0.3),
    prodigy(sgd),
    prodigy({"name": "sgd", "weight_decay": 0.1}, d0=1e-3),
    prodigy({"name": "adam", "betas": [0.8, 0.99], "weight_decay": 0.1}, d0=1e-3, decouple=False, use_bias_correction=True),
    prodigy(adamw, lr=0.5, d0=1e-4, d_coef=0.7, safeguard_warmup=True, beta3=0.98),
    prodigy({"name": "adamw", "betas": [0.9, 0.99], "eps": 1e-5, "weight_decay": 0.05}, d0=1e-3, growth_rate=1.05),
    dadapt(sgd),
    dadapt({"name": "sgd", "momentum": 0.9, "weight_decay": 0.05}, d0=1e-3),
    dadapt({"name": "sgd", "momentum": 0.5}, d0=1e-2, growth_rate=1.1, lr=0.5),
    dadapt({"name": "adam"}),
    dadapt({"name": "adam", "weight_decay": 0.1, "betas": [0.8, 0.99]}, d0=1e-3, use_bias_correction=True),
    dadapt({"name": "adamw", "weight_decay": 0.1, "eps": 1e-6}, d0=1e-3, growth_rate=1.2, lr=0.7),
    dog(sgd),
    dog({"name": "sgd", "weight_decay": 0.05}, reps_rel=1e-2, eps=1e-4),
    dog(sgd, init_eta=0.01, lr=1.5),
    dowg(sgd),
    dowg(sgd, eps=1e-2),
]


def difference(found, expected):
    return float(f"{math.dist(found, expected) / math.hypot(*expected):.2g}")


entries = []
for case, make in cases:
    average = case.get("scheduler", {}).get("name") in ("dog", "dowg")
    double, rates, averages = run(make, torch.float64, average)
    single, _, single_averages = run(make, torch.float32, average)
    entry = {
        **case,
        "float64": {step: double[step] for step in KEPT},
        "float32Error": {step: difference(single[step], double[step]) for step in KEPT},
    }
    if rates:
        entry["effectiveLr"] = {step: rates[step] for step in KEPT}
    if average:
        entry["average"] = averages
        entry["averageFloat32Error"] = difference(single_averages, averages)
    entries.append(json.dumps(entry))

packages = ("torch", "prodigyopt", "dadaptation", "dog-optimizer", "dowgopt")
print("{")
print(f'"versions": {json.dumps({name: importlib.metadata.version(name) for name in packages})},')
problem = {"inputs": inputs, "targets": targets, "shapes": SHAPES, "initial": initial}
print(f'"problem": {json.dumps(problem)},')
print('"cases": [')
print(",\n".join(entries))
print("]}")

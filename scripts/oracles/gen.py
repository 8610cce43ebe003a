"""Trajectories of GeN on a small network, for src/gen/controller.test.ts.

1. authors: the released package (PyPI gen-optim 0.1.1), driven as its documentation says, probes on the next batch.
2. paper: Algorithm 1 written down here from the paper, with the base optimizers' directions by hand.

Make again:  pip install torch==2.15.0 gen-optim==0.1.1 && python scripts/oracles/gen.py
"""

import json
import math
import pathlib

import numpy as np
import torch
from GeN import lr_parabola

torch.set_default_dtype(torch.float64)
STEPS, BATCH, EXAMPLES, FEATURES, HIDDEN, CLASSES = 24, 12, 60, 4, 8, 3
SHAPES = [(FEATURES, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,)]


def start():
    """Weights and data by formula, so that both sides compute the same."""
    weights, n = [], 0
    for shape in SHAPES:
        size = math.prod(shape)
        weights.append(torch.tensor([0.5 * math.sin(n + i + 1) for i in range(size)]).reshape(shape))
        n += size
    x = torch.tensor([math.sin(1.3 * i + 0.7) for i in range(EXAMPLES * FEATURES)]).reshape(EXAMPLES, FEATURES)
    y = torch.tensor([int(math.floor(3 * math.sin(0.9 * i) ** 2)) % CLASSES for i in range(EXAMPLES)])
    return weights, x, y


class Network(torch.nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.w = torch.nn.ParameterList([torch.nn.Parameter(w.clone()) for w in weights])

    def forward(self, x):
        return torch.tanh(x @ self.w[0] + self.w[1]) @ self.w[2] + self.w[3]


def batch(x, y, step):
    rows = [(step * BATCH + k) % EXAMPLES for k in range(BATCH)]
    return x[rows], y[rows]


def flat(parameters):
    return torch.cat([p.detach().reshape(-1) for p in parameters])


def authors(make_optimizer, phi, factors, scale):
    weights, x, y = start()
    net = Network(weights)
    optimizer = make_optimizer(net.parameters())
    rates, norms = [], []
    for step in range(STEPS):
        inputs, targets = batch(x, y, step)
        loss = torch.nn.functional.cross_entropy(net(inputs), targets)
        loss.backward()
        if (step + 1) % phi == 0:
            upcoming = iter([batch(x, y, step + 1)])
            lr_parabola(
                net, optimizer, tr_iter=upcoming, device="cpu", task="image_cls",
                scale=scale(step), lr_factor=list(factors),
            )
        optimizer.step()
        optimizer.zero_grad()
        rates.append(optimizer.param_groups[0]["lr"])
        norms.append(flat(net.parameters()).norm().item())
    return {"rates": rates, "norms": norms, "weights": flat(net.parameters())[:6].tolist()}


def paper(direction, rate, phi, gamma, same_batch=True):
    """Algorithm 1. `direction(gradient, weights, t)` gives g_t; a fit without gHg > 0 keeps the rate."""
    weights, x, y = start()
    shape_of = [w.shape for w in weights]
    w = flat(weights)

    def unflatten(vector):
        parts, n = [], 0
        for shape in shape_of:
            size = math.prod(shape)
            parts.append(vector[n : n + size].reshape(shape))
            n += size
        return parts

    def loss_at(vector, data):
        a, b, c, d = unflatten(vector)
        return torch.nn.functional.cross_entropy(torch.tanh(data[0] @ a + b) @ c + d, data[1])

    rates, norms = [], []
    for t in range(1, STEPS + 1):
        data = batch(x, y, t - 1)
        leaf = w.clone().requires_grad_(True)
        loss = loss_at(leaf, data)
        loss.backward()
        g = direction(leaf.grad, w, t)
        if t % phi == 0:
            plus, minus = loss_at(w + rate * g, data).item(), loss_at(w - rate * g, data).item()
            curvature = plus - 2 * loss.item() + minus
            if curvature > 0:
                rate = gamma * rate + (1 - gamma) * (rate / 2) * (plus - minus) / curvature
        w = w - rate * g
        rates.append(rate)
        norms.append(w.norm().item())
    return {"rates": rates, "norms": norms, "weights": w[:6].tolist()}


def momentum(weight_decay):
    state = {"buffer": None}

    def direction(gradient, w, _t):
        gradient = gradient + weight_decay * w
        state["buffer"] = gradient if state["buffer"] is None else 0.9 * state["buffer"] + gradient
        return state["buffer"]

    return direction


def adamw(weight_decay):
    state = {"m": 0.0, "v": 0.0}

    def direction(gradient, w, t):
        state["m"] = 0.9 * state["m"] + 0.1 * gradient
        state["v"] = 0.999 * state["v"] + 0.001 * gradient**2
        m, v = state["m"] / (1 - 0.9**t), state["v"] / (1 - 0.999**t)
        return m / (v.sqrt() + 1e-8) + weight_decay * w

    return direction


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.9, weight_decay=5e-4)


def adam_w(parameters):
    return torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.01)


cases = {
    "authors, sgd, phi 1": authors(sgd, 1, [-1, 0, 1], lambda step: 1.0),
    "authors, sgd, phi 4": authors(sgd, 4, [-1, 0, 1], lambda step: 1.0),
    "authors, sgd, phi 1, linear": authors(sgd, 1, [-1, 0, 1], lambda step: 1 - step / STEPS),
    "authors, adamw, phi 1": authors(adam_w, 1, [-1, 0, 1], lambda step: 1.0),
    "authors, adamw, phi 2, five points": authors(adam_w, 2, [-2, -1, 0, 1, 2], lambda step: 1.0),
    "paper, sgd, phi 1": paper(momentum(5e-4), 0.05, 1, 0.9),
    "paper, sgd, phi 8": paper(momentum(5e-4), 0.05, 8, 0.9),
    "paper, adamw, phi 1": paper(adamw(0.01), 0.01, 1, 0.9),
    "paper, adamw, phi 3, gamma 0.5": paper(adamw(0.01), 0.01, 3, 0.5),
}
target = pathlib.Path(__file__).parents[2] / "src/gen/testdata/gen.json"
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(
    json.dumps(
        {
            "made_by": f"scripts/oracles/gen.py: torch {torch.__version__}, gen-optim 0.1.1, numpy {np.__version__}",
            "cases": cases,
        }
    )
)

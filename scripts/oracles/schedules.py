"""Learning rates of PyTorch's own schedulers, the oracle of src/schedulers/schedules.test.ts.

    python scripts/oracles/schedules.py > src/schedulers/testdata/schedules.json

Needs torch (made with 2.15). Each case holds the learning rate of the k-th optimizer.step(), k = 1..T, when
scheduler.step() follows every optimizer.step().
"""

import json
import math

import torch
from torch.optim import lr_scheduler as S

C0, T = 0.1, 40


def lrs(make, c0=C0, steps=T):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=c0)
    scheduler = make(optimizer)
    out = []
    for _ in range(steps):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return out


def warm(inner, warmup, start, c0=C0):
    """Table 8: c_min + k(c0 - c_min)/W at k = 1..W, as a LinearLR whose first value is that of k = 1."""
    first = (start + (c0 - start) / warmup) / c0
    return lambda o: S.SequentialLR(
        o,
        [S.LinearLR(o, start_factor=first, end_factor=1.0, total_iters=warmup - 1), inner(o)],
        milestones=[warmup],
    )


cases = [
    ("constant", {}, lambda o: S.ConstantLR(o, factor=1.0)),
    ("cosine", {}, lambda o: S.CosineAnnealingLR(o, T_max=T)),
    ("cosine", {"min_lr": 0.01}, lambda o: S.CosineAnnealingLR(o, T_max=T, eta_min=0.01)),
    ("linear", {}, lambda o: S.LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=T)),
    ("linear", {"min_lr": 0.02}, lambda o: S.LinearLR(o, start_factor=1.0, end_factor=0.02 / C0, total_iters=T)),
    ("inverse", {}, lambda o: S.LambdaLR(o, lambda i: 1 / (i + 1))),
    ("inverse-sqrt", {}, lambda o: S.LambdaLR(o, lambda i: (i + 1) ** -0.5)),
    ("polynomial", {}, lambda o: S.PolynomialLR(o, total_iters=T)),
    ("polynomial", {"power": 2}, lambda o: S.PolynomialLR(o, total_iters=T, power=2)),
    ("step", {"milestones": [10, 25], "factor": 0.5}, lambda o: S.MultiStepLR(o, milestones=[10, 25], gamma=0.5)),
    ("step", {"milestones": [0.5, 0.75]}, lambda o: S.MultiStepLR(o, milestones=[T // 2, 3 * T // 4], gamma=0.1)),
    ("exponential", {"rate": 0.05}, lambda o: S.ExponentialLR(o, gamma=math.exp(-0.05))),
    ("warmup-cosine", {"warmup_steps": 8}, warm(lambda o: S.CosineAnnealingLR(o, T_max=T - 8), 8, 0.0)),
    (
        "warmup-linear",
        {"warmup_ratio": 0.25, "warmup_start_lr": 0.02},
        warm(lambda o: S.LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=T - 10), 10, 0.02),
    ),
    ("warmup-constant", {}, warm(lambda o: S.ConstantLR(o, factor=1.0), 4, 0.0)),
    (
        "warmup-step",
        {"warmup_steps": 5, "milestones": [10], "factor": 0.1},
        warm(lambda o: S.MultiStepLR(o, milestones=[10], gamma=0.1), 5, 0.0),
    ),
]

print(
    json.dumps(
        {
            "torch": torch.__version__,
            "baseLr": C0,
            "totalSteps": T,
            "cases": [{"name": n, "options": o, "learningRates": lrs(make)} for n, o, make in cases],
        },
        indent=None,
        separators=(",", ":"),
    )
)

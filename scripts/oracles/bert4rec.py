"""BERT4Rec as BERT4Rec-VAE-Pytorch describes it, written anew: the oracle of src/models/bert4rec.test.ts.

    python scripts/oracles/bert4rec.py

writes src/models/testdata/bert4rec.json. Needs torch (made with 2.15). Weights are float32 numbers from a formula, the
computation is in float64. Scores and metrics follow the reference's general definitions (any number of right answers).
"""

import json
import math
import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from vision import digest, distribution, noise, numbers

ITEMS, LENGTH, WIDTH, DEPTH, HEADS, BATCH = 20, 8, 16, 2, 2, 3
MASK = ITEMS + 1


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.a_2 = nn.Parameter(torch.ones(WIDTH))
        self.b_2 = nn.Parameter(torch.zeros(WIDTH))

    def forward(self, x):
        deviation = x.std(-1, keepdim=True)  # divides by n - 1
        return self.a_2 * (x - x.mean(-1, keepdim=True)) / (deviation + 1e-6) + self.b_2


class Sublayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = Norm()


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear_layers = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.output_linear = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, visible):
        q, k, v = (f(x).unflatten(-1, (HEADS, -1)).transpose(1, 2) for f in self.linear_layers)
        scores = q @ k.mT / math.sqrt(WIDTH // HEADS)
        weights = scores.masked_fill(~visible[:, None, None, :], -1e9).softmax(-1)
        return self.output_linear((weights @ v).transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.w_1 = nn.Linear(WIDTH, 4 * WIDTH)
        self.w_2 = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        return self.w_2(F.gelu(self.w_1(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = Attention()
        self.feed_forward = FeedForward()
        self.input_sublayer = Sublayer()
        self.output_sublayer = Sublayer()

    def forward(self, x, visible):
        x = x + self.attention(self.input_sublayer.norm(x), visible)
        return x + self.feed_forward(self.output_sublayer.norm(x))


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.ModuleDict(
            {
                "token": nn.Embedding(ITEMS + 2, WIDTH, padding_idx=0),
                "position": nn.ModuleDict({"pe": nn.Embedding(LENGTH, WIDTH)}),
            }
        )
        self.transformer_blocks = nn.ModuleList(Block() for _ in range(DEPTH))

    def forward(self, ids):
        x = self.embedding["token"](ids) + self.embedding["position"]["pe"].weight
        for block in self.transformer_blocks:
            x = block(x, ids > 0)
        return x


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.bert = Bert()
        self.out = nn.Linear(WIDTH, ITEMS + 1)

    def forward(self, ids):
        return self.out(self.bert(ids))


def weight(stream, name, shape):
    values = noise(stream, int(np.prod(shape)))
    if name.endswith("a_2"):
        values = 1 + 0.4 * values
    elif len(shape) == 1:
        values *= 0.4
    else:
        values *= np.sqrt(24 / shape[1])
    values = values.reshape(shape)
    if name == "bert.embedding.token.weight":
        values[0] = 0
    return torch.tensor(values.astype(np.float32), dtype=torch.float64)


def ranking(scores, relevant, ks):
    """The reference's recall and NDCG of one row each, averaged."""
    order = np.argsort(-scores, axis=1)
    hits = np.take_along_axis(relevant, order, axis=1)
    gains = 1 / np.log2(np.arange(scores.shape[1]) + 2)
    result = {}
    for k in ks:
        answers = np.minimum(relevant.sum(1), k)
        result[f"recall@{k}"] = float((hits[:, :k].sum(1) / answers).mean())
        best = np.array([gains[: int(n)].sum() for n in answers])
        result[f"ndcg@{k}"] = float(((hits[:, :k] * gains[:k]).sum(1) / best).mean())
    return result


def model_case():
    torch.manual_seed(0)
    model = Model().double()
    initial = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict({name: weight(i, name, tuple(value.shape)) for i, (name, value) in enumerate(initial.items())})
    ids = torch.tensor([[0, 0, 0, 3, MASK, 7, 20, MASK], [1, 2, MASK, 4, 5, 17, 7, 8], [0, 0, 0, 0, 0, 0, 9, 11]])
    labels = torch.tensor([[0, 0, 0, 0, 5, 0, 0, 1], [0, 0, 19, 0, 0, 6, 0, 0], [0, 0, 0, 0, 0, 0, 0, 11]])
    logits = model(ids)
    loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=0)
    loss.backward()
    return {
        **{"items": ITEMS, "length": LENGTH, "width": WIDTH, "depth": DEPTH, "heads": HEADS, "batch": BATCH},
        "ids": ids.flatten().tolist(),
        "labels": labels.flatten().tolist(),
        "shapes": {name: list(value.shape) for name, value in initial.items()},
        "initial": {name: distribution(value) for name, value in initial.items()},
        "logits": numbers(logits),
        "loss": loss.item(),
        "gradients": {name: digest(value.grad) for name, value in model.named_parameters()},
    }


def ranking_case():
    rows, candidates = 40, 101
    scores = noise(7, rows * candidates).reshape(rows, candidates)
    scores[:, 0] += 0.3  # the answer
    relevant = np.zeros((rows, candidates))
    relevant[:, 0] = 1
    return {
        "ranks": (scores[:, 1:] > scores[:, :1]).sum(1).tolist(),
        "metrics": ranking(scores, relevant, [1, 5, 10, 20]),
    }


if __name__ == "__main__":
    root = pathlib.Path(__file__).resolve().parents[2]
    target = root / "src/models/testdata/bert4rec.json"
    made_by = f"scripts/oracles/bert4rec.py with torch {torch.__version__}, numpy {np.__version__}"
    data = {"madeBy": made_by, "model": model_case(), "ranking": ranking_case()}
    target.write_text(json.dumps(data, separators=(",", ":")) + "\n")

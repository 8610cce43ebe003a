"""Results and gradients of PyTorch's ops, the oracle of src/engine/ops/*.test.ts.

    python scripts/oracles/ops.py > src/engine/testdata/ops.json

Needs torch, torchvision (made with 2.15 and 0.29) and numpy. Inputs are float32 numbers, the computation is in float64. Images are NHWC and
kernels HWIO in the file. Gradients are those of sum(output * upstream).
"""

import json

import numpy as np
import torch
import torch.nn.functional as F
import torchvision

random = np.random.default_rng(0)


def normal(*shape):
    return random.standard_normal(shape).astype(np.float32)


def tensor(values):
    values = np.asarray(values)
    number = float if values.dtype.kind == "f" else int
    return {"shape": list(values.shape), "values": [number(f"{v:.9g}") for v in values.ravel()]}


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


cases = []


def case(op, attributes, inputs, fn, extra=()):
    """`inputs`: name -> array; float ones are differentiated. `fn` returns the output, then those named in `extra`."""
    given = {
        name: torch.tensor(values, dtype=torch.float64 if values.dtype.kind == "f" else torch.int64)
        for name, values in inputs.items()
    }
    for value in given.values():
        value.requires_grad_(value.is_floating_point())
    results = fn(**given)
    results = results if isinstance(results, tuple) else (results,)
    upstream = normal(*results[0].shape)
    (results[0] * torch.tensor(upstream, dtype=torch.float64)).sum().backward()
    cases.append(
        {
            "op": op,
            "attributes": attributes,
            "inputs": {name: tensor(values) for name, values in inputs.items()},
            "upstream": tensor(upstream),
            "output": tensor(results[0].detach().numpy()),
            "extra": {name: tensor(r.detach().numpy()) for name, r in zip(extra, results[1:], strict=True)},
            "gradients": {
                name: tensor(value.grad.numpy()) for name, value in given.items() if value.grad is not None
            },
        }
    )


def conv(b, h, w, c, k, n, stride, padding):
    case(
        "conv2d",
        {"stride": stride, "padding": padding},
        {"x": normal(b, h, w, c), "kernel": normal(k, k, c, n)},
        lambda x, kernel: nhwc(F.conv2d(nchw(x), kernel.permute(3, 2, 0, 1), stride=stride, padding=padding)),
    )


conv(2, 5, 7, 2, 3, 3, 1, 1)
conv(1, 6, 5, 2, 3, 2, 1, 0)
conv(2, 7, 6, 2, 3, 2, 2, 1)
conv(1, 8, 8, 1, 3, 2, 2, 1)
conv(2, 5, 4, 3, 1, 2, 1, 0)
conv(1, 5, 6, 3, 1, 2, 2, 0)
conv(1, 11, 9, 2, 7, 2, 2, 3)
conv(1, 8, 8, 2, 4, 3, 4, 0)
conv(1, 4, 5, 1, 3, 2, 1, 2)


def batch_norm(training):
    def fn(x, scale, offset, mean, variance):
        running = [mean.detach().clone(), variance.detach().clone()]
        y = F.batch_norm(nchw(x), *running, scale, offset, training=training, momentum=1.0, eps=1e-5)
        return nhwc(y), *running

    inputs = {
        "x": 2 * normal(3, 2, 4, 3) + 1,
        "scale": normal(3),
        "offset": normal(3),
        "mean": normal(3),
        "variance": np.abs(normal(3)) + np.float32(0.5),
    }
    # in training the running statistics take no part, outside it their gradient is of no use
    case(
        "batchNorm",
        {"training": training, "epsilon": 1e-5},
        inputs,
        lambda mean, variance, **rest: fn(mean=mean.detach(), variance=variance.detach(), **rest),
        ("mean", "variance"),
    )


batch_norm(True)
batch_norm(False)

case("relu", {}, {"x": normal(2, 3, 5)}, lambda x: F.relu(x))
case("biasAdd", {}, {"x": normal(2, 3, 4), "bias": normal(4)}, lambda x, bias: x + bias)
case("biasAdd", {}, {"x": normal(5, 3), "bias": normal(3)}, lambda x, bias: x + bias)
case(
    "softmaxCrossEntropy",
    {},
    {"logits": 3 * normal(5, 4), "labels": np.array([0, 3, 1, 1, 2], dtype=np.int32)},
    lambda logits, labels: F.cross_entropy(logits, labels, reduction="none"),
)
case(
    "layerNorm",
    {"epsilon": 1e-5},
    {"x": normal(2, 3, 6), "scale": normal(6), "offset": normal(6)},
    lambda x, scale, offset: F.layer_norm(x, (6,), scale, offset, eps=1e-5),
)
case(
    "layerNorm",
    {"epsilon": 1e-2},
    {"x": normal(4, 5), "scale": normal(5), "offset": normal(5)},
    lambda x, scale, offset: F.layer_norm(x, (5,), scale, offset, eps=1e-2),
)


def pool(op, fn, b, h, w, c, size, stride, padding=0):
    attributes = {"size": size, "stride": stride, "padding": padding}
    case(op, attributes, {"x": normal(b, h, w, c)}, lambda x: nhwc(fn(nchw(x), size, stride, padding)))


pool("maxPool", F.max_pool2d, 2, 6, 6, 2, 2, 2)
pool("maxPool", F.max_pool2d, 2, 7, 8, 2, 3, 2, 1)
pool("maxPool", F.max_pool2d, 1, 5, 5, 2, 3, 1, 1)
pool("avgPool", F.avg_pool2d, 2, 6, 6, 2, 2, 2)
pool("avgPool", F.avg_pool2d, 1, 7, 5, 2, 3, 1)
case("globalAvgPool", {}, {"x": normal(2, 3, 4, 3)}, lambda x: x.mean(dim=(1, 2)))

case("gelu", {"form": "exact"}, {"x": 2 * normal(3, 7)}, lambda x: F.gelu(x))
case("gelu", {"form": "tanh"}, {"x": 2 * normal(2, 3, 4)}, lambda x: F.gelu(x, approximate="tanh"))


def matmul(a, b, transpose_a, transpose_b):
    def turned(x, turn):
        return x.transpose(-1, -2) if turn else x

    case(
        "matmul",
        {"transposeA": transpose_a, "transposeB": transpose_b},
        {"a": normal(*a), "b": normal(*b)},
        lambda a, b: turned(a, transpose_a) @ turned(b, transpose_b),
    )


matmul((4, 3), (3, 5), False, False)
matmul((3, 4), (3, 5), True, False)
matmul((4, 3), (5, 3), False, True)
matmul((3, 4), (5, 3), True, True)
matmul((2, 2, 4, 3), (2, 2, 3, 5), False, False)
matmul((2, 3, 4), (2, 3, 5), True, False)
matmul((2, 4, 3), (2, 5, 3), False, True)
matmul((2, 3, 4), (2, 5, 3), True, True)


def heads(x, count):
    return x.unflatten(-1, (count, -1)).transpose(1, 2)


def attention(q, k, v, count, mask=None):
    y = F.scaled_dot_product_attention(heads(q, count), heads(k, count), heads(v, count), attn_mask=mask)
    return y.transpose(1, 2).flatten(2)


case(
    "attention",
    {"heads": 3},
    {"q": normal(2, 4, 6), "k": normal(2, 5, 6), "v": normal(2, 5, 6)},
    lambda q, k, v: attention(q, k, v, 3),
)
case(
    "attention",
    {"heads": 2},
    {"q": normal(2, 4, 6), "k": normal(2, 4, 6), "v": normal(2, 4, 6), "mask": normal(2, 1, 1, 4)},
    lambda q, k, v, mask: attention(q, k, v, 2, mask.detach()),
)
case("fusedAttention", {"heads": 2}, {"qkv": normal(2, 4, 12)}, lambda qkv: attention(*qkv.chunk(3, -1), 2))

case("relu6", {}, {"x": 6 * normal(2, 3, 5)}, lambda x: F.relu6(x))


def depthwise(b, h, w, c, k, stride, padding):
    def fn(x, kernel):
        x, sides = nchw(x), padding
        if padding == "same":  # TensorFlow's: the odd one at the end
            rows, columns = (max((-(-n // stride) - 1) * stride + k - n, 0) for n in (h, w))
            x = F.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
            sides = 0
        return nhwc(F.conv2d(x, kernel.permute(2, 3, 0, 1), stride=stride, padding=sides, groups=c))

    inputs = {"x": normal(b, h, w, c), "kernel": normal(k, k, c, 1)}
    case("depthwiseConv2d", {"stride": stride, "padding": padding}, inputs, fn)


depthwise(2, 5, 6, 3, 3, 1, 1)
depthwise(1, 7, 6, 2, 3, 2, 1)
depthwise(1, 7, 8, 2, 5, 2, 2)
depthwise(1, 6, 7, 2, 3, 2, "same")
depthwise(1, 7, 8, 2, 5, 2, "same")


def upsample(b, h, w, c, height, width):
    case(
        "upsampleNearest",
        {"height": height, "width": width},
        {"x": normal(b, h, w, c)},
        lambda x: nhwc(F.interpolate(nchw(x), size=(height, width), mode="nearest")),
    )


upsample(2, 3, 2, 2, 6, 4)
upsample(1, 4, 3, 2, 7, 5)


def conv_transpose(b, h, w, c, k, n, stride, padding):
    case(
        "conv2dTranspose",
        {"stride": stride, "padding": padding},
        {"x": normal(b, h, w, c), "kernel": normal(k, k, n, c)},
        lambda x, kernel: nhwc(
            F.conv_transpose2d(nchw(x), kernel.permute(3, 2, 0, 1), stride=stride, padding=padding)
        ),
    )


conv_transpose(2, 3, 4, 2, 2, 3, 2, 0)
conv_transpose(1, 3, 3, 2, 4, 2, 2, 1)
conv_transpose(2, 1, 1, 3, 4, 2, 1, 0)

case(
    "sigmoidCrossEntropy",
    {},
    {"logits": 3 * normal(3, 5), "targets": np.abs(normal(3, 5)) % np.float32(1)},
    lambda logits, targets: F.binary_cross_entropy_with_logits(logits, targets.detach(), reduction="none"),
)


def roi_align(size, boxes, levels):
    """`boxes`: (image, level, left, top, right, bottom) each, pooled from the level's own features."""
    names = list(levels)
    scales = [scale for scale, _ in levels.values()]

    def fn(**features):
        out = [
            torchvision.ops.roi_align(
                nchw(features[names[level]]),
                torch.tensor([[image, *box]], dtype=torch.float64),
                size,
                spatial_scale=scales[level],
                sampling_ratio=2,
            )
            for image, level, *box in boxes
        ]
        return nhwc(torch.cat(out))

    attributes = {"size": size, "boxes": boxes, "scales": scales}
    case("roiAlign", attributes, {name: features for name, (_, features) in levels.items()}, fn)


# inside, narrower than a pixel, at the edges, across them, and far outside
roi_align(
    3,
    [
        [0, 0, 3.25, 5.5, 22.75, 27.25],
        [1, 0, 0, 0, 36, 28],
        [1, 1, 10.5, 2.25, 35.75, 27.5],
        [0, 1, 30.5, 26.75, 36, 28],
        [0, 0, -6.5, -7.25, 9.75, 40.5],
        [1, 0, 17.125, 9.375, 17.25, 9.5],
        [0, 1, -40, 3, -20, 12],
    ],
    {"fine": (0.25, normal(2, 7, 9, 2)), "coarse": (0.125, normal(2, 4, 5, 2))},
)

case(
    "smoothedCrossEntropy",
    {"smoothing": 0.1},
    {"logits": 2 * normal(6, 7), "labels": random.integers(0, 7, 6)},
    lambda logits, labels: (
        F.cross_entropy(logits, labels, reduction="none", label_smoothing=0.1),
        F.cross_entropy(logits, labels, reduction="none"),
    ),
    extra=("nll",),
)


def embedding(rows, width, ids, padding_index):
    case(
        "embedding",
        {"paddingIndex": -1 if padding_index is None else padding_index},
        {"table": normal(rows, width), "ids": np.array(ids, dtype=np.int32)},
        lambda table, ids: F.embedding(ids, table, padding_idx=padding_index),
    )


embedding(5, 3, [[4, 0, 1], [1, 1, 3]], None)
embedding(5, 3, [[4, 0, 1], [1, 1, 3]], 1)

print(json.dumps({"torch": torch.__version__, "cases": cases}))

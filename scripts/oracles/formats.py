"""Writes the files under src/formats/testdata, and expected.json with what they hold.

Run with torch 2.15, numpy 2.4 and safetensors 0.8:  python scripts/oracles/formats.py
"""

import collections
import json
import pathlib
import pickle

import numpy
import safetensors.torch
import torch

OUT = pathlib.Path(__file__).resolve().parents[2] / "src/formats/testdata"
OUT.mkdir(parents=True, exist_ok=True)


def values(tensor):
    return {
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "values": tensor.to(torch.float64).flatten().tolist(),
    }


torch.manual_seed(0)
whole = torch.randn(4, 6)
state = collections.OrderedDict(
    weight=torch.randn(3, 2),
    transposed=torch.randn(2, 3).t(),
    view=whole[1:3, 2:5],
    half=torch.tensor([1.0, -2.5, 65504.0, 6e-8, 0.0]).half(),
    bfloat=torch.tensor([1.0, -2.5, 3.140625]).bfloat16(),
    double=torch.randn(2, dtype=torch.float64),
    num_batches_tracked=torch.tensor(7),
    ids=torch.tensor([1, -2, 3], dtype=torch.int32),
    bytes=torch.tensor([0, 255], dtype=torch.uint8),
    empty=torch.zeros(0, 3),
)
expected = {"tensors": {name: values(tensor) for name, tensor in state.items()}}

torch.save(state, OUT / "state.pth")
torch.save(state, OUT / "state-legacy.pth", _use_new_zipfile_serialization=False)
torch.save({"epoch": 3, "state_dict": {"w": torch.nn.Parameter(torch.ones(2))}}, OUT / "nested.pth")
safetensors.torch.save_file(
    {name: tensor.contiguous() for name, tensor in state.items()},
    OUT / "state.safetensors",
    metadata={"format": "pt"},
)

# What Python 2 wrote for CIFAR: protocol 2, `str` for keys and data.
images = numpy.arange(2 * 3072, dtype=numpy.uint32).astype(numpy.uint8).reshape(2, 3072)


def python2_batch():
    """By hand, since Python 3 cannot write a Python 2 str: (U = SHORT_BINSTRING, T = BINSTRING)."""

    def string(text):
        data = text if isinstance(text, bytes) else text.encode("latin1")
        return b"U" + bytes([len(data)]) + data if len(data) < 256 else b"T" + len(data).to_bytes(4, "little") + data

    dtype = b"cnumpy\ndtype\n" + string("u1") + b"K\x00K\x01\x87R(K\x03" + string("|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + string("b") + b"\x87R"
        + b"(K\x01K\x02M\x00\x0c\x86" + dtype + b"\x89" + string(images.tobytes()) + b"tb"
    )
    return b"\x80\x02}(" + string("labels") + b"](K\x03K\x09e" + string("data") + array + b"u."


(OUT / "cifar-python2.pkl").write_bytes(python2_batch())
assert pickle.loads(python2_batch(), encoding="latin1")["data"].tolist() == images.tolist()

plain = {
    "none": None, "yes": True, "no": False, "small": 7, "negative": -70000, "big": 2**70, "bigNegative": -(2**65),
    "float": 0.1, "text": "grüße", "bytes": b"\x00\xff", "list": [1, [2, "x"]], "tuple": (1, 2, 3, 4),
    "pair": (5, 6), "empty": (), "dict": {1: {2: 3}},
}  # fmt: skip
for protocol in range(6):
    (OUT / f"plain-{protocol}.pkl").write_bytes(pickle.dumps(plain, protocol=protocol))
    array = numpy.array([[1.5, -2.0], [0.25, 3.0]], dtype=numpy.float32)
    (OUT / f"array-{protocol}.pkl").write_bytes(pickle.dumps({"a": array, "i": numpy.arange(3)}, protocol=protocol))

# json has no infinities; none occur.
(OUT / "expected.json").write_text(json.dumps(expected) + "\n")

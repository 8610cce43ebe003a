"""transformers' BERT, RoBERTa and GPT-2 with weights from a formula, and PEFT's LoRA: oracles of src/models/text.test.ts.

    python scripts/oracles/text.py

writes src/models/testdata/text.json and src/models/testdata/peft-*/. Needs torch, transformers and peft (made with
2.15, 5.23 and 0.21.2). Weights are float32 numbers, the computation is in float64.

Dropout is replaced by masks from the same formula, one for each call in order, so that its places can be compared.
"""

import json
import logging
import pathlib
import shutil

import numpy as np
import peft
import torch
import torch.nn.functional as F
import transformers

logging.disable(logging.WARNING)
TESTDATA = pathlib.Path(__file__).parents[2] / "src/models/testdata"
BATCH, LENGTH, CLASSES, DROPOUT = 3, 7, 3, 0.25
LENGTHS = [7, 4, 6]
SIZES = {"width": 16, "depth": 2, "heads": 4, "hidden": 32, "vocab": 40, "positions": 24}
INPUT_STREAM, MASK_STREAM = 1000, 5000


def noise(stream, size):
    """Uniform in [-1/2, 1/2): the index scrambled as MurmurHash3 finishes its hashes."""
    x = np.arange(size, dtype=np.uint32) + np.uint32((stream * 0x9E3779B1) % 2**32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return (x ^ (x >> np.uint32(16))) / 2**32 - 0.5


def weight(stream, name, shape):
    values = noise(stream, int(np.prod(shape)))
    if len(shape) > 1:
        values *= np.sqrt(24 / np.prod(shape[1:]))
    elif name.endswith("weight"):
        values = 1 + 0.4 * values
    else:
        values *= 0.4
    return torch.tensor(values.astype(np.float32).reshape(shape), dtype=torch.float64)


class FormulaDropout:
    """Stands for torch.nn.functional.dropout."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x, p=0.5, training=True, inplace=False):
        if not training or p == 0:
            return x
        keep = noise(MASK_STREAM + self.calls, x.numel()) + 0.5 >= p
        self.calls += 1
        return x * torch.tensor(keep.reshape(x.shape), dtype=x.dtype) / (1 - p)


def digest(value):
    """Norm, and the first, middle and last entry."""
    flat = value.detach().flatten()
    return [float(f"{v.item():.9g}") for v in [flat.norm(), flat[0], flat[len(flat) // 2], flat[-1]]]


def numbers(value):
    return [float(f"{v:.9g}") for v in value.detach().flatten().tolist()]


def bert_config(kind, classes):
    common = {
        "vocab_size": SIZES["vocab"],
        "hidden_size": SIZES["width"],
        "num_hidden_layers": SIZES["depth"],
        "num_attention_heads": SIZES["heads"],
        "intermediate_size": SIZES["hidden"],
        "max_position_embeddings": SIZES["positions"],
        "hidden_dropout_prob": DROPOUT,
        "attention_probs_dropout_prob": DROPOUT,
        "num_labels": classes or 2,
    }
    if kind == "bert":
        return transformers.BertConfig(**common, pad_token_id=0)
    return transformers.RobertaConfig(**common, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1)


def gpt2_config(classes):
    return transformers.GPT2Config(
        vocab_size=SIZES["vocab"],
        n_embd=SIZES["width"],
        n_layer=SIZES["depth"],
        n_head=SIZES["heads"],
        n_positions=SIZES["positions"],
        resid_pdrop=DROPOUT,
        embd_pdrop=DROPOUT,
        attn_pdrop=DROPOUT,
        num_labels=classes or 2,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=2,
    )


def build(kind, classes):
    if kind == "gpt2":
        auto = transformers.GPT2ForSequenceClassification if classes else transformers.GPT2LMHeadModel
        return auto(gpt2_config(classes))
    config = bert_config(kind, classes)
    if kind == "bert":
        return transformers.BertForSequenceClassification(config) if classes else transformers.BertModel(config, add_pooling_layer=False)
    return transformers.RobertaForSequenceClassification(config) if classes else transformers.RobertaModel(config, add_pooling_layer=False)


def check(name, kind, classes=0, masked=True, lora=None):
    torch.manual_seed(0)
    model = build(kind, classes)
    model.set_attn_implementation("eager")
    if lora:
        task = "SEQ_CLS" if classes else "CAUSAL_LM"
        config = peft.LoraConfig(task_type=task, lora_dropout=DROPOUT, fan_in_fan_out=kind == "gpt2", **lora)
        model = peft.get_peft_model(model, config)
    model = model.double()
    parameters = {clean(key): value for key, value in model.named_parameters() if "original_module" not in key}
    with torch.no_grad():
        for i, (key, value) in enumerate(parameters.items()):
            value.copy_(weight(i, key, value.shape))

    pad = {"bert": 0, "roberta": 1, "gpt2": 2}[kind]
    ids = 3 + np.floor((noise(INPUT_STREAM, BATCH * LENGTH) + 0.5) * (SIZES["vocab"] - 3)).astype(int)
    ids = ids.reshape(BATCH, LENGTH)
    mask = np.ones_like(ids)
    if masked:
        for row, length in enumerate(LENGTHS):
            ids[row, length:] = pad
            mask[row, length:] = 0
    given = {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}
    out = {"name": name, "kind": kind, "classes": classes, "lora": lora, "ids": ids.ravel().tolist()}
    if masked:
        out["mask"] = mask.ravel().tolist()
    if kind == "bert":
        types = (np.arange(LENGTH) >= 3).astype(int) * mask
        given["token_type_ids"] = torch.tensor(types)
        out["tokenTypes"] = types.ravel().tolist()
    out["shapes"] = {key: list(value.shape) for key, value in parameters.items()}

    def forward():
        result = model(**given)
        return result.last_hidden_state if kind != "gpt2" and not classes else result.logits

    model.eval()
    out["evalLogits"] = numbers(forward())
    model.train()
    real, F.dropout = F.dropout, FormulaDropout()
    logits = forward().flatten(0, -2)
    out["dropouts"] = F.dropout.calls
    F.dropout = real
    labels = torch.arange(len(logits)) % logits.shape[-1]
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    out["loss"] = float(f"{loss.item():.12g}")
    out["gradients"] = {key: digest(p.grad) for key, p in parameters.items() if p.grad is not None}
    if lora:
        folder = TESTDATA / f"peft-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        model.float().save_pretrained(folder)
        (folder / "README.md").unlink()
    return out


def clean(key):
    """A PEFT model's names as the file has them."""
    return key.removeprefix("base_model.model.").replace(".default", "").replace(".modules_to_save", "").replace(".base_layer", "")


cases = [
    check("bert-classifier", "bert", CLASSES),
    check("bert-bare", "bert"),
    check("roberta-classifier", "roberta", CLASSES),
    check("roberta-bare", "roberta"),
    check("gpt2-language", "gpt2"),
    check("gpt2-unpadded", "gpt2", masked=False),
    check("gpt2-classifier", "gpt2", CLASSES),
    check("roberta-lora", "roberta", CLASSES, lora={"r": 3, "lora_alpha": 6, "target_modules": ["query", "value"]}),
    check("gpt2-lora", "gpt2", lora={"r": 4, "lora_alpha": 8, "target_modules": ["c_attn"]}),
]
versions = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
text = json.dumps({**versions, "batch": BATCH, "length": LENGTH, "dropout": DROPOUT, "sizes": SIZES, "cases": cases})
(TESTDATA / "text.json").write_text(text + "\n")

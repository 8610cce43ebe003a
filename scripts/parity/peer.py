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


def transformers_text(name, batch, settings):
    """Published shapes without dropout; every second sequence is padded."""
    import transformers

    kind, classes, length = settings["model"], settings["classes"], settings["length"]
    large = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
    mini = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
    roberta = {"vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
    plain = {"hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0, "num_labels": classes or 2}
    still = {"resid_pdrop": 0, "embd_pdrop": 0, "attn_pdrop": 0}
    gpt2 = {"gpt2-medium": (1024, 24, 16), "gpt2-large": (1280, 36, 20)}.get(kind, (768, 12, 12))
    if kind.startswith("gpt2"):
        shape = dict(zip(("n_embd", "n_layer", "n_head"), gpt2, strict=True))
        model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**shape, **still))
        vocabulary, pad = 50257, 50256
    elif kind.startswith("roberta"):
        shape = large if kind == "roberta-large" else {}
        config = transformers.RobertaConfig(**roberta, **shape, **plain)
        model = transformers.RobertaForSequenceClassification(config)
        vocabulary, pad = 50265, 1
    else:
        shape = mini if kind == "all-MiniLM-L6-v2" else {}
        model = transformers.BertForSequenceClassification(transformers.BertConfig(**shape, **plain))
        vocabulary, pad = 30522, 0
    if settings["peft"]:
        import peft

        options = {"r": settings["peft"]["lora_r"], "lora_alpha": settings["peft"]["lora_alpha"], "lora_dropout": 0}
        targets = settings["peft"].get("lora_targets", ["query", "value"])
        task = "SEQ_CLS" if classes else "CAUSAL_LM"
        config = peft.LoraConfig(task_type=task, target_modules=targets, fan_in_fan_out=not classes, **options)
        model = ours_named(peft.get_peft_model(model, config))
    ids = torch.randint(3, vocabulary, (batch, length))
    mask = torch.ones_like(ids)
    mask[1::2, length * 2 // 3 :] = 0
    ids[mask == 0] = pad
    inputs = {"ids": ids, "mask": mask}
    inputs["labels"] = torch.randint(classes, (batch,)) if classes else torch.randint(vocabulary, (batch, length))
    if kind.startswith(("bert", "all")):
        inputs["tokenTypes"] = (torch.arange(length) >= length // 3).int() * mask.int()

    def forward(net, given):
        types = {"token_type_ids": given["tokenTypes"].long()} if "tokenTypes" in given else {}
        return net(input_ids=given["ids"], attention_mask=given["mask"], **types).logits

    return model, inputs, forward


def ours_named(model):
    """A PEFT model whose parameters have the names of the base model's, its frozen ones included."""

    def clean(name):
        for part in (".base_layer", ".default", ".modules_to_save"):
            name = name.replace(part, "")
        return name.removeprefix("base_model.model.")

    class Named(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = [model]  # not a submodule: its parameters have our names

        def named_parameters(self, *_, **__):
            return [(clean(n), p) for n, p in model.named_parameters() if "original_module" not in n]

        def parameters(self, recurse=True):
            return (p for _, p in self.named_parameters())

        def named_buffers(self, *_, **__):
            return []

        def state_dict(self):
            return {name: value.data for name, value in self.named_parameters()}

        def load_state_dict(self, weights, strict=True):
            with torch.no_grad():
                for name, value in self.named_parameters():
                    value.copy_(weights[name])

        def forward(self, **inputs):
            return model(**inputs)

        def to(self, dtype):
            model.to(dtype)
            return self

        def train(self, mode=True):
            model.train(mode)
            return self

    return Named()


PEERS = {"timm_image": timm_image, "transformers_text": transformers_text}

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
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=lr)
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

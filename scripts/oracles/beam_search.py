"""Texts by the beam search of LoRA's code base, for src/tasks/beam-search.test.ts.

Made with https://github.com/microsoft/LoRA (examples/NLG/src), torch 2.15, loralib 0.1.2, Python 3.11:
    python scripts/oracles/beam_search.py LORA/examples/NLG/src

The model is a small GPT-2 whose weights are sines of their place, so that both sides make the same.
"""

import json
import math
import random
import sys
import types
from pathlib import Path
from types import SimpleNamespace

import torch

VOCABULARY, WIDTH, DEPTH, HEADS, POSITIONS = 23, 16, 2, 2, 48

source = Path(sys.argv[1])
sys.path.insert(0, str(source))
sys.argv = sys.argv[:1]
for name, members in {
    "gpu": ["add_gpu_params", "parse_gpu", "distributed_opt", "distributed_gather", "distributed_sync", "cleanup"],
    "exp_utils": ["create_exp_dir"],
    "data_utils": ["FT_Dataset"],
}.items():
    module = types.ModuleType(name)
    for member in members:
        setattr(module, member, lambda *_: None)
    sys.modules[name] = module

import gpt2_beam  # noqa: E402
from model import GPT2Config, GPT2LMModel  # noqa: E402

gpt2_beam.distributed_gather = lambda _, x: x


def make_model() -> GPT2LMModel:
    config = GPT2Config(
        vocab_size_or_config_json_file=VOCABULARY,
        n_positions=POSITIONS,
        n_ctx=POSITIONS,
        n_embd=WIDTH,
        n_layer=DEPTH,
        n_head=HEADS,
        lora_attn_dim=0,
    )
    model = GPT2LMModel(config)
    offset = 0
    with torch.no_grad():
        for name, parameter in sorted(model.transformer.named_parameters()):
            place = torch.arange(parameter.numel(), dtype=torch.float64) + offset
            values = 0.35 * torch.sin(1.7 * place + 0.01 * place**1.5)
            if name.endswith("weight") and ".ln_" in f".{name}":
                values = 1 + values
            parameter.copy_(values.reshape(parameter.shape))
            offset += parameter.numel()
        model.transformer.wte.weight.mul_(4)
    model.set_tied()
    return model.double().eval()


def search(model, prompts: list[list[int]], settings: dict) -> list[list[int]]:
    """One prompt a batch, as LoRA's README has it: in larger ones the first token comes from another prompt."""
    return [result for prompt in prompts for result in search_batch(model, [prompt], settings)]


def search_batch(model, prompts: list[list[int]], settings: dict) -> list[list[int]]:
    width = max(map(len, prompts))
    # the reference pads to a fixed length behind the prompt, and overwrites the cache there
    query = torch.zeros(len(prompts), POSITIONS, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        query[row, : len(prompt)] = torch.tensor(prompt)
    args = SimpleNamespace(
        device="cpu",
        rank=0,
        beam=settings["beam"],
        length_penalty=settings["lengthPenalty"],
        no_repeat_ngram_size=settings["noRepeatNgram"],
        repetition_penalty=1.0,
        eval_len=settings["maxTokens"],
        min_length=0,
        eos_token_id=settings["endIds"],
        work_dir="/tmp",
        output_file="beam.jsonl",
    )
    gpt2_beam.args = args
    batch = {
        "id": torch.arange(len(prompts)),
        "query": query,
        "query_len": torch.tensor([len(prompt) for prompt in prompts]),
    }
    assert width + settings["maxTokens"] <= POSITIONS
    gpt2_beam.beam(model, [batch], args)
    lines = [json.loads(line) for line in Path("/tmp/beam.jsonl").read_text().splitlines()]
    results = []
    for line in sorted(lines, key=lambda one: one["id"]):
        ids = line["predict"]
        ends = [i for i, token in enumerate(ids) if token in settings["endIds"]]
        results.append(ids[: ends[0] + 1] if ends else ids)
    return results


r = random.Random(3)
model = make_model()
cases = []
for settings in [
    {"beam": 10, "lengthPenalty": 0.8, "noRepeatNgram": 4, "maxTokens": 24, "endIds": [22]},
    {"beam": 4, "lengthPenalty": 0.8, "noRepeatNgram": 2, "maxTokens": 30, "endIds": [22, 5]},
    {"beam": 3, "lengthPenalty": 0.0, "noRepeatNgram": 0, "maxTokens": 12, "endIds": [7]},
    {"beam": 1, "lengthPenalty": 1.0, "noRepeatNgram": 3, "maxTokens": 20, "endIds": [11]},
]:
    prompts = [[r.randrange(VOCABULARY) for _ in range(r.randint(1, 12))] for _ in range(6)]
    cases.append({"settings": settings, "prompts": prompts, "generated": search(model, prompts, settings)})
ids = torch.tensor([[3, 1, 4, 1, 5]])
logits = model(ids)[0][0, -1].tolist()
shape = {"vocab_size": VOCABULARY, "width": WIDTH, "depth": DEPTH, "heads": HEADS, "positions": POSITIONS}
names = [f"transformer.{name}" for name, _ in sorted(model.transformer.named_parameters())]
out = {"shape": shape, "names": names, "logits": {"ids": ids.tolist(), "values": [float(f"{x:.9g}") for x in logits]}, "cases": cases}
assert math.isfinite(sum(logits))
path = Path(__file__).resolve().parents[2] / "src/tasks/testdata/beam-search.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(out) + "\n")
for case in cases:
    print(case["settings"], *case["generated"], sep="\n")

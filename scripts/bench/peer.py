"""PyTorch's side of a benchmark: the protocol of ours.mjs. The memory format is chosen by the caller."""

import json
import re
import statistics
import sys
import time

import torch

work = json.loads(sys.argv[1])
torch.set_num_threads(2)
bf16 = work["precision"] == "bf16"
if bf16:
    torch.set_float32_matmul_precision("medium")
    torch.backends.mkldnn.matmul.fp32_precision = "bf16"
    torch.backends.mkldnn.conv.fp32_precision = "bf16"
torch.manual_seed(0)

batch, size, channels, tokens = (work.get(k, d) for k, d in (("batch", 8), ("size", 224), ("channels", 3), ("tokens", 128)))
classes = (10 if work["model"] == "resnet8" else 1000) if "size" in work else 2


def resnet8():
    from torch import nn

    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(outputs)
            same = stride == 1 and inputs == outputs
            self.short = nn.Identity() if same else nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

        def forward(self, x):
            y = torch.relu(self.bn1(self.conv1(x)))
            return torch.relu(self.bn2(self.conv2(y)) + self.short(x))

    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes))


def build():
    name = work["model"]
    if name == "resnet8":
        return resnet8()
    if "tokens" in work:
        import transformers

        if work.get("lora"):
            import peft

            model = transformers.GPT2LMHeadModel(transformers.GPT2Config())
            config = peft.LoraConfig(r=work["lora"], lora_alpha=32, lora_dropout=0.1, target_modules=["c_attn"], fan_in_fan_out=True)
            return peft.get_peft_model(model, config)
        return transformers.BertForSequenceClassification(transformers.BertConfig(num_labels=classes))
    import timm

    return timm.create_model(name, num_classes=classes)


model = build().train()
channels_last = work.get("format") == "channels_last"
if channels_last:
    model = model.to(memory_format=torch.channels_last)
trainable = [p for p in model.parameters() if p.requires_grad]
if work.get("optimizer") == "adamw":
    optimizer = torch.optim.AdamW(trainable, lr=1e-4)
else:
    optimizer = torch.optim.SGD(trainable, lr=0.01, momentum=0.9)

label = torch.arange(batch) % classes
if "tokens" in work:
    ids = (torch.arange(batch * tokens) * 7919 % 30000).reshape(batch, tokens)
    loss = (lambda: model(input_ids=ids, labels=ids).loss) if work.get("lora") else (
        lambda: model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=label).loss)
else:
    image = torch.sin(torch.arange(batch * channels * size * size).float()).reshape(batch, channels, size, size)
    if channels_last:
        image = image.to(memory_format=torch.channels_last)
    loss = lambda: torch.nn.functional.cross_entropy(model(image), label)


def step():
    optimizer.zero_grad()
    loss().backward()
    optimizer.step()


def evaluate():
    model.eval()
    with torch.inference_mode():
        model(image)


def generate():
    model.eval()
    new = work["newTokens"]
    with torch.inference_mode():
        model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), num_beams=work["beam"], min_new_tokens=new,
            max_new_tokens=new, length_penalty=0.8, no_repeat_ngram_size=4, do_sample=False, pad_token_id=0)


if work["kind"] == "update":
    for p in trainable:
        p.grad = torch.full_like(p, 1e-3)
call = {"step": step, "memory": step, "eval": evaluate, "update": optimizer.step, "generate": generate}[work["kind"]]
for _ in range(5):
    call()
print("ready", flush=True)
for _ in sys.stdin:
    times = []
    for _ in range(work["repeat"]):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1e3)
    if work["kind"] == "memory":
        peak = int(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read()).group(1)) * 1024
        print(json.dumps({"bytes": peak}), flush=True)
    else:
        print(json.dumps({"ms": statistics.median(times)}), flush=True)

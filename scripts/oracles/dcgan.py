"""Steps of a tiny DCGAN as PyTorch's tutorial takes them: the oracle of src/run/gan-method.test.ts.

    python scripts/oracles/dcgan.py

writes src/models/testdata/dcgan.json. Needs torch (made with 2.15). Weights are float32 numbers from a formula, the
computation is in float64. Also the distributions that the tutorial's 64-pixel networks start from.
"""

import json
import pathlib

import numpy as np
import torch
from torch import nn

from vision import digest, distribution, noise, numbers

LATENT, WIDTH, CHANNELS, STAGES, BATCH, STEPS = 6, 4, 2, 2, 5, 3
SIDE = 4 * 2**STAGES


def networks(latent, width, channels, stages):
    features = [latent] + [width * 2**i for i in reversed(range(stages))] + [channels]
    layers = []
    for i, (a, b) in enumerate(zip(features, features[1:])):
        layers.append(nn.ConvTranspose2d(a, b, 4, *((1, 0) if i == 0 else (2, 1)), bias=False))
        layers += [nn.BatchNorm2d(b), nn.ReLU()] if i < stages else [nn.Tanh()]
    generator = nn.Sequential(*layers)
    features = [channels] + [width * 2**i for i in range(stages)] + [1]
    layers = []
    for i, (a, b) in enumerate(zip(features, features[1:])):
        layers.append(nn.Conv2d(a, b, 4, *((1, 0) if i == stages else (2, 1)), bias=False))
        if 0 < i < stages:
            layers.append(nn.BatchNorm2d(b))
        layers.append(nn.LeakyReLU(0.2) if i < stages else nn.Sigmoid())
    return nn.ModuleDict({name: nn.ModuleDict({"main": net}) for name, net in
                          (("generator", generator), ("discriminator", nn.Sequential(*layers)))})


def initialise(model):
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.zeros_(module.bias)


def state_of(model):
    return {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}


def weight(stream, name, shape):
    values = noise(stream, int(np.prod(shape)))
    if len(shape) > 1:
        values *= 0.6
    elif name.endswith(("running_var", "weight")):
        values = 1 + 0.4 * values
    else:
        values *= 0.4
    return torch.tensor(values.astype(np.float32).reshape(shape), dtype=torch.float64)


def steps():
    model = networks(LATENT, WIDTH, CHANNELS, STAGES).double()
    state = {k: weight(i, k, tuple(v.shape)) for i, (k, v) in enumerate(state_of(model).items())}
    model.load_state_dict(state, strict=False)
    generator, discriminator = model["generator"]["main"], model["discriminator"]["main"]
    adam = {"lr": 2e-4, "betas": (0.5, 0.999)}
    optimizers = {k: torch.optim.Adam(model[k].parameters(), **adam) for k in ("discriminator", "generator")}
    bce = nn.BCELoss()
    records = []
    for step in range(STEPS):
        pixels = noise(1000 + step, BATCH * SIDE * SIDE * CHANNELS).astype(np.float32) * 2
        real = torch.tensor(pixels.reshape(BATCH, SIDE, SIDE, CHANNELS)).double().permute(0, 3, 1, 2)
        latent = torch.tensor(noise(2000 + step, BATCH * LATENT).astype(np.float32) * 4).double()
        ones, zeros = torch.ones(BATCH).double(), torch.zeros(BATCH).double()

        optimizers["discriminator"].zero_grad()
        d_real = discriminator(real).flatten()
        fake = generator(latent.reshape(BATCH, LATENT, 1, 1))
        d_fake = discriminator(fake.detach()).flatten()
        loss_d = bce(d_real, ones) + bce(d_fake, zeros)
        loss_d.backward()
        norm_d = nn.utils.get_total_norm([p.grad for p in discriminator.parameters()])
        optimizers["discriminator"].step()

        optimizers["generator"].zero_grad()
        d_after = discriminator(fake).flatten()
        loss_g = bce(d_after, ones)
        loss_g.backward()
        norm_g = nn.utils.get_total_norm([p.grad for p in generator.parameters()])
        optimizers["generator"].step()
        values = [loss_d, loss_g, norm_d, norm_g, d_real.mean(), d_fake.mean(), d_after.mean()]
        names = ["loss", "generator_loss", "grad_norm", "generator_grad_norm", "d_real", "d_fake", "d_fake_after"]
        records.append(dict(zip(names, numbers(torch.stack([v.detach() for v in values])))))
    return {
        **{"latent": LATENT, "width": WIDTH, "channels": CHANNELS, "side": SIDE, "batch": BATCH},
        "shapes": {k: list(v.shape) for k, v in state.items()},
        "steps": records,
        "after": {k: digest(v) for k, v in state_of(model).items()},
    }


def tutorial():
    torch.manual_seed(0)
    model = networks(100, 64, 3, 4)
    initialise(model)
    return {k: distribution(v) for k, v in state_of(model).items()}


if __name__ == "__main__":
    target = pathlib.Path(__file__).resolve().parents[2] / "src/models/testdata/dcgan.json"
    data = {"torch": torch.__version__, "tiny": steps(), "initial": tutorial()}
    target.write_text(json.dumps(data, separators=(",", ":")) + "\n")

"""torchvision's side of `npm run test:parity -- maskrcnn_resnet50_fpn`: Mask R-CNN at full size with random weights.

    python detector.py '{"batch": 2, "seed": 0, "threads": 2, "settings": {"classes": 91}, "out": "/tmp/somewhere"}'

writes weights.safetensors; images.safetensors with `image.<i>` [H, W, 3] bytes, `instances.<i>` [H, W] and `labels.<i>`;
and results.safetensors: `loss.<name>` and `gradient.<name>` of a training step whose samplers take the first candidates of `proposals.<i>`,
`detections.<i>.<boxes|labels|scores|masks>` of each image by itself in evaluation.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.backbone_utils import _resnet_fpn_extractor
from torchvision.models.resnet import resnet50
from torchvision.ops import FrozenBatchNorm2d, masks_to_boxes

SIZES = [(420, 560), (560, 400), (480, 480)]
# Heads that torchvision starts so small that all boxes and classes are alike.
GAIN = {
    "rpn.head.cls_logits.weight": 10,
    "rpn.head.bbox_pred.weight": 4,
    "roi_heads.box_predictor.cls_score.weight": 12,
    "roi_heads.box_predictor.bbox_pred.weight": 6,
}


def make(classes):
    """What `maskrcnn_resnet50_fpn(weights=...)` builds, before it loads weights."""
    body = resnet50(norm_layer=FrozenBatchNorm2d)
    model = MaskRCNN(_resnet_fpn_extractor(body, trainable_layers=3), num_classes=classes)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.5, 1.5)
            elif value.dim() == 1:
                value.add_(0.1 * torch.randn_like(value))
            if name.endswith("bn3.weight"):
                value.mul_(0.2)  # as deep as this, a residual network would explode
            value.mul_(GAIN.get(name, 1))
    return model


def example(index, classes):
    """Blots of colour, and objects of brighter ones: rectangles, the later ones in front."""
    height, width = SIZES[index % len(SIZES)]
    coarse = torch.rand(1, 3, 12, 12)
    image = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")[0]
    image = (image + 0.1 * torch.rand_like(image)).clamp(0, 1)
    instances = torch.zeros(height, width, dtype=torch.uint8)
    for number in range(1, 4 + index % 2):
        h, w = torch.randint(60, 220, (2,)).tolist()
        y, x = torch.randint(0, height - h, (1,)).item(), torch.randint(0, width - w, (1,)).item()
        instances[y : y + h, x : x + w] = number
        image[:, y : y + h, x : x + w] *= torch.rand(3, 1, 1)
    seen = instances.unique()[1:]
    instances = sum((i + 1) * (instances == number) for i, number in enumerate(seen)).to(torch.uint8)
    labels = torch.randint(1, classes, (len(seen),))
    return (image * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous(), instances, labels


def target(instances, labels):
    masks = torch.stack([instances == i + 1 for i in range(len(labels))]).to(torch.uint8)
    return {"boxes": masks_to_boxes(masks), "masks": masks, "labels": labels}


def first(count, device=None):
    return torch.arange(count)


def main(task):
    torch.manual_seed(task["seed"])
    torch.set_num_threads(task["threads"])
    folder = pathlib.Path(task["out"])
    classes = task["settings"]["classes"]
    model = make(classes)
    save_file({k: v.clone() for k, v in model.state_dict().items()}, folder / "weights.safetensors")
    examples = [example(i, classes) for i in range(task["batch"])]
    given = {}
    for i, (image, instances, labels) in enumerate(examples):
        given |= {f"image.{i}": image, f"instances.{i}": instances, f"labels.{i}": labels.int()}
    save_file(given, folder / "images.safetensors")
    images = [image.permute(2, 0, 1).float() / 255 for image, _, _ in examples]
    out = {}
    model.eval()
    with torch.no_grad():
        for i, image in enumerate(images):
            found = model([image])[0]
            found["labels"] = found["labels"].int()
            found["masks"] = (found["masks"][:, 0] > 0.5).to(torch.uint8)
            out |= {f"detections.{i}.{key}": value.contiguous() for key, value in found.items()}
    model.train()
    shuffle, torch.randperm = torch.randperm, first
    proposals = []
    model.rpn.register_forward_hook(lambda _module, _inputs, result: proposals.extend(result[0]))
    losses = model(images, [target(instances, labels) for _, instances, labels in examples])
    torch.randperm = shuffle
    sum(losses.values()).backward()
    out |= {f"proposals.{i}": boxes.detach().contiguous() for i, boxes in enumerate(proposals)}
    out |= {f"loss.{name}": value.detach().reshape(1) for name, value in losses.items()}
    out |= {f"gradient.{name}": p.grad for name, p in model.named_parameters() if p.grad is not None}
    save_file(out, folder / "results.safetensors")


main(json.loads(sys.argv[1]))

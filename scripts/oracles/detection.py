"""torchvision's Mask R-CNN on tiny images, the oracle of src/models/maskrcnn.test.ts.

    python scripts/oracles/detection.py

writes src/models/testdata/maskrcnn.json. Needs torch and torchvision (made with 2.15 and 0.29). Weights come from a
formula (see `noise`); the samplers take the first candidates instead of random ones.
"""

import json
import pathlib

import numpy as np
import torch
import torchvision
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.backbone_utils import _resnet_fpn_extractor
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNPredictor
from torchvision.models.detection.roi_heads import project_masks_on_boxes
from torchvision.models.resnet import Bottleneck, ResNet
from torchvision.ops import FrozenBatchNorm2d, boxes as box_ops

CLASSES, HIDDEN = 4, 64
SIZES = [(96, 128), (90, 70)]  # of the images; after resizing 96 x 128 and 123 x 96
MIN_SIZE, MAX_SIZE = 96, 128


def noise(stream, size):
    """Uniform in [-1/2, 1/2): the index scrambled as MurmurHash3 finishes its hashes."""
    x = np.arange(size, dtype=np.uint32) + np.uint32((stream * 0x9E3779B1) % 2**32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return (x ^ (x >> np.uint32(16))) / 2**32 - 0.5


# Heads that torchvision starts small, so that boxes move and classes differ by a little only.
GAIN = {
    "rpn.head.cls_logits.weight": 0.1,
    "rpn.head.bbox_pred.weight": 0.1,
    "roi_heads.box_predictor.cls_score.weight": 0.1,
    "roi_heads.box_predictor.bbox_pred.weight": 0.3,
    "roi_heads.mask_predictor.mask_fcn_logits.weight": 0.1,
}


def weight(stream, name, shape):
    values = noise(stream, int(np.prod(shape)))
    if len(shape) > 1:
        fan_in = np.prod(shape[1:]) if "conv5_mask" not in name else 4 * shape[0] / 4
        values *= np.sqrt(24 / fan_in) * GAIN.get(name, 1)  # variance 2 / fan-in
    elif name.endswith(("running_var", "weight")):
        values = (1 + 0.4 * values) * (0.2 if "bn3.weight" in name else 1)
    else:
        values *= 0.4
    return torch.tensor(values.astype(np.float32).reshape(shape))


def first(count, device=None):
    return torch.arange(count)


def images():
    return [
        torch.tensor(np.floor((noise(1000 + i, 3 * h * w).reshape(h, w, 3) + 0.5) * 256)).permute(2, 0, 1).float() / 255
        for i, (h, w) in enumerate(SIZES)
    ]


# left, top, width, height, class of every object: rectangles, the later ones in front
OBJECTS = [
    [(10, 20, 40, 50, 1), (60, 8, 50, 70, 2), (30, 50, 20, 30, 3)],
    [(12, 30, 44, 38, 2)],
]


def instances(index):
    height, width = SIZES[index]
    ids = np.zeros((height, width), np.int64)
    for number, (x, y, w, h, _) in enumerate(OBJECTS[index], 1):
        ids[y : y + h, x : x + w] = number
    return ids


def targets():
    result = []
    for index in range(len(SIZES)):
        ids = instances(index)
        masks = torch.tensor(np.stack([ids == i + 1 for i in range(len(OBJECTS[index]))]).astype(np.uint8))
        labels = torch.tensor([o[4] for o in OBJECTS[index]])
        result.append({"boxes": box_ops.masks_to_boxes(masks), "masks": masks, "labels": labels})
    return result


def numbers(value, digits=9):
    return [float(f"{v:.{digits}g}") for v in value.detach().flatten().tolist()]


def digest(value):
    """Norm, and the first, middle and last entry."""
    flat = value.detach().flatten()
    return numbers(torch.stack([flat.norm(), flat[0], flat[len(flat) // 2], flat[-1]]))


def make():
    torch.manual_seed(0)
    body = ResNet(Bottleneck, [1, 1, 1, 1], norm_layer=FrozenBatchNorm2d)  # ResNet-50's, one block a stage
    backbone = _resnet_fpn_extractor(body, trainable_layers=3)
    model = MaskRCNN(
        backbone,
        min_size=MIN_SIZE,
        max_size=MAX_SIZE,
        rpn_pre_nms_top_n_test=200,
        rpn_post_nms_top_n_test=100,
        box_batch_size_per_image=64,
        box_detections_per_img=20,
        box_head=TwoMLPHead(256 * 7**2, HIDDEN),
        box_predictor=FastRCNNPredictor(HIDDEN, CLASSES),
        mask_predictor=MaskRCNNPredictor(256, 256, CLASSES),
    )
    initial = {key: value.clone() for key, value in model.state_dict().items()}
    state = {key: weight(i, key, value.shape) for i, (key, value) in enumerate(initial.items())}
    model.load_state_dict(state)
    return model, initial


def mask_rcnn():
    model, initial = make()
    out = {"classes": CLASSES, "hidden": HIDDEN, "sizes": SIZES, "minSize": MIN_SIZE, "maxSize": MAX_SIZE, "objects": OBJECTS}
    out["shapes"] = {key: list(value.shape) for key, value in initial.items()}
    out["trainable"] = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    out["initial"] = {
        key: numbers(torch.stack([v.mean(), v.std(correction=0), v.abs().max()]), 4)
        for key, v in initial.items()
        if v.numel() < 300_000
    }
    shuffle, torch.randperm = torch.randperm, first
    model.train()
    losses = model(images(), targets())
    sum(losses.values()).backward()
    torch.randperm = shuffle
    out["losses"] = {key: value.item() for key, value in losses.items()}
    out["gradients"] = {name: digest(p.grad) for name, p in model.named_parameters() if p.grad is not None}
    model.eval()
    with torch.no_grad():
        batch, _ = model.transform(images())
        out["transformed"] = digest(batch.tensors.permute(0, 2, 3, 1)) + list(batch.tensors.shape)
        # each image by itself, as evaluation does it
        found = [model([image])[0] for image in images()]
        together = model(images())
    out["detections"] = [detections(one) for one in found]
    out["together"] = [detections(one) for one in together]
    return out


def detections(found):
    masks = found["masks"][:, 0]
    return {
        "boxes": [numbers(b, 7) for b in found["boxes"]],
        "labels": found["labels"].tolist(),
        "scores": numbers(found["scores"], 7),
        # pixels and the sum of probabilities of every mask
        "masks": [[int((m > 0.5).sum()), float(f"{m.double().sum().item():.6g}")] for m in masks],
    }


def suppression():
    random = np.random.default_rng(0)
    cases = []
    for count in (0, 1, 40, 300):
        corners = random.uniform(0, 60, (count, 2)).astype(np.float32)
        boxes = np.concatenate([corners, corners + random.uniform(1, 30, (count, 2)).astype(np.float32)], 1)
        scores = random.uniform(0, 1, count).astype(np.float32).round(2)
        groups = random.integers(0, 3, count)
        kept = box_ops.batched_nms(torch.tensor(boxes), torch.tensor(scores), torch.tensor(groups), 0.5)
        alone = box_ops.nms(torch.tensor(boxes), torch.tensor(scores), 0.3)
        cases.append({"boxes": numbers(torch.tensor(boxes)), "scores": numbers(torch.tensor(scores)),
                      "groups": groups.tolist(), "kept": kept.tolist(), "alone": alone.tolist()})  # fmt: skip
    return cases


def mask_targets():
    ids = instances(0)
    cases = [(1, [12.5, 18.25, 47, 66.5]), (2, [55, 3, 128, 90.75]), (3, [31, 52, 38.5, 55]), (2, [100, 70, 101, 96])]
    result = []
    for number, box in cases:
        masks = torch.tensor((ids == number).astype(np.float32))[None]
        target = project_masks_on_boxes(masks, torch.tensor([box], dtype=torch.float32), torch.tensor([0]), 28)[0]
        result.append({"object": number, "box": box, "target": numbers(target, 6)})
    return result


result = {"torch": torch.__version__, "torchvision": torchvision.__version__}
result |= {"model": mask_rcnn(), "suppression": suppression(), "maskTargets": mask_targets()}
path = pathlib.Path(__file__).parent / "../../src/models/testdata/maskrcnn.json"
path.write_text(json.dumps(result) + "\n")

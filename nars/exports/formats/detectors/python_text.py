"""The text of a detector's ``model.py``; what stands in single braces is filled in by `detector_python_text`."""

DETECTOR_PYTHON_TEXT = '''\
"""A detector found by NARS, in plain torch with torchvision's operators; its weights lie beside this file.

`load()` gives it. It reads a list of {channels} x H x W float images in [0, 1], each of its own size.
Of each it gives `boxes` (x1, y1, x2, y2 in its pixels), `labels` (places in CLASSES), `scores`{masks_said}.
It is for inference alone: losses and stochastic depth are left out.
"""

import math
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional
from torchvision.ops import {operators}

CLASSES = (
{classes}
)
SHORTER, LONGEST = {shorter}, {longest}  # sides that an image is resized to
MULTIPLE = {multiple}  # and then padded to a multiple of
ANCHOR_SIZES = {anchor_sizes}  # of each level: square roots of areas in pixels
ANCHOR_RATIOS = {anchor_ratios}  # heights over widths
STRIDES = {strides}  # of the levels that proposals are read from
REGION_STRIDES = {region_strides}  # and of those that regions are pooled from
BEFORE_NMS, AFTER_NMS = {before_nms}, {after_nms}  # proposals, of each level and then of the image
PROPOSAL_IOU, DETECTION_IOU = {proposal_iou}, {detection_iou}  # of two that overlap more, the less likely is dropped
LEAST_SCORE, MOST_DETECTIONS = {least_score}, {most_detections}


{rows}


TRUNK = (
{trunk}
)
RPN = (
{rpn}
)
BOX = (
{box}
)
{mask_rows}

{parts}


def blocks(stages):
    return nn.Sequential(*(nn.Sequential(*map(Block, rows)) for rows in stages))


class Backbone(nn.Module):
    """The trunk{backbone_said}."""

    def __init__(self):
        super().__init__()
        self.stem = convolution(
            {stem}
        )
        self.stages = blocks(TRUNK)
{backbone}


class RpnHead(nn.Module):
    """Scores and box deltas of the anchors of each level."""

    def __init__(self, width, num_anchors):
        super().__init__()
        self.stages = blocks(RPN)
        self.objectness = nn.Conv2d(width, num_anchors, 1)
        self.deltas = nn.Conv2d(width, 4 * num_anchors, 1)

    def forward(self, level):
        features = self.stages(level)
        scores, deltas = self.objectness(features)[0], self.deltas(features)[0]
        return scores.permute(1, 2, 0).flatten(), deltas.unflatten(0, (-1, 4)).permute(2, 3, 0, 1).reshape(-1, 4)


class BoxHead(nn.Module):
    """Scores of the classes, the background last, and box deltas for each class."""

    def __init__(self, width):
        super().__init__()
        self.stages = blocks(BOX)
        self.classes = nn.Linear(width, len(CLASSES) + 1)
        self.deltas = nn.Linear(width, 4 * len(CLASSES))

    def forward(self, regions):
        features = self.stages(regions).mean(dim=(2, 3))
        return self.classes(features), self.deltas(features).unflatten(1, (-1, 4))

{mask_head}
def anchors(level, stride, sizes):
    """The corners of all anchors of a level."""
    size, ratio = (torch.tensor(values) for values in zip(*((s, r) for s in sizes for r in ANCHOR_RATIOS)))
    width = size / ratio.sqrt()
    height = width * ratio
    cell = torch.stack([-width, -height, width, height], dim=1) / 2
    y, x = torch.meshgrid(*(stride * torch.arange(side) for side in level.shape[-2:]), indexing="ij")
    return (torch.stack([x, y, x, y], dim=2)[:, :, None] + cell).view(-1, 4)


def decode(deltas, boxes, weights):
    """Boxes moved and scaled by deltas, which are given in multiples of their sides."""
    side = boxes[..., 2:] - boxes[..., :2]
    middle = boxes[..., :2] + 0.5 * side
    deltas = deltas / deltas.new_tensor(weights)
    middle = deltas[..., :2] * side + middle
    half = 0.5 * deltas[..., 2:].clamp(max=math.log(1000 / 16)).exp() * side
    return torch.cat([middle - half, middle + half], dim=-1)


def clip(boxes, height, width):
    return boxes.clamp(min=0).minimum(boxes.new_tensor([width, height, width, height]))


def pool(levels, boxes, resolution):
    """Each region as features of one size, of the level that suits its own size."""
    levels = levels[-len(REGION_STRIDES):]
    area = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1).clamp(min=0)
    wanted = (4 + (area.sqrt() / 224 + 1e-8).log2()).floor() - math.log2(REGION_STRIDES[0])
    wanted = wanted.clamp(0, len(levels) - 1)
    pooled = levels[0].new_zeros(len(boxes), levels[0].shape[1], resolution, resolution)
    for number, (level, stride) in enumerate(zip(levels, REGION_STRIDES)):
        of_level = torch.where(wanted == number)[0]
        pooled[of_level] = roi_align(
            level, [boxes[of_level]], resolution, spatial_scale=1 / stride, sampling_ratio=0, aligned=True
        )
    return pooled

{paste}
class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.transform = named(normalizer=Normalize({channels}))
        self.backbone = Backbone()
        self.rpn = named(head=RpnHead({rpn_width}, {num_anchors}))
        self.roi_heads = named({heads})

    def forward(self, images):
        return [self.detect(image) for image in images]

    def detect(self, image):
        """What is found in one image."""
        resized = self.resize(image)
        height, width = resized.shape[-2:]
        padded = functional.pad(self.transform(resized), (0, -width % MULTIPLE, 0, -height % MULTIPLE))
        levels = self.backbone(padded[None])
        boxes, labels, scores = self.classify(levels, self.propose(levels, height, width), height, width)
        scale = boxes.new_tensor([image.shape[-1] / width, image.shape[-2] / height] * 2)
        found = {{"boxes": boxes * scale, "labels": labels, "scores": scores}}
{detect_masks}        return found

    def resize(self, image):
        low, high = sorted(image.shape[-2:])
        if low == SHORTER and high <= LONGEST:
            return image
        return functional.interpolate(
            image[None], scale_factor=min(SHORTER / low, LONGEST / high), mode="bilinear", recompute_scale_factor=True
        )[0]

    def propose(self, levels, height, width):
        """The regions of an image that may show something, the likeliest first."""
        found = []
        for number, (level, stride, sizes) in enumerate(zip(levels, STRIDES, ANCHOR_SIZES)):
            scores, deltas = self.rpn.head(level)
            best = scores.topk(min(BEFORE_NMS, len(scores))).indices
            boxes = decode(deltas[best], anchors(level, stride, sizes)[best], (1, 1, 1, 1))
            found.append((clip(boxes, height, width), scores[best].sigmoid(), torch.full_like(best, number)))
        boxes, scores, groups = map(torch.cat, zip(*found))
        large = ((boxes[:, 2:] - boxes[:, :2]) >= 1e-3).all(dim=1)
        boxes, scores, groups = boxes[large], scores[large], groups[large]
        return boxes[batched_nms(boxes, scores, groups, PROPOSAL_IOU)[:AFTER_NMS]]

    def classify(self, levels, regions, height, width):
        """Boxes, labels and scores, the surest first."""
        scores, deltas = self.roi_heads.box_head(pool(levels, regions, {box_resolution}))
        scores = scores.softmax(dim=1)[:, :-1]
        row, labels = torch.where(scores > LEAST_SCORE)
        boxes = clip(decode(deltas[row, labels], regions[row], (10, 10, 5, 5)), height, width)
        scores = scores[row, labels]
        large = ((boxes[:, 2:] - boxes[:, :2]) >= 1e-2).all(dim=1)
        boxes, labels, scores = boxes[large], labels[large], scores[large]
        kept = batched_nms(boxes, scores, labels, DETECTION_IOU)[:MOST_DETECTIONS]
        return boxes[kept], labels[kept], scores[kept]


def load(path=Path(__file__).with_name("weights.safetensors")):
    """The detector with trained weights, in eval mode."""
    detector = Detector()
    detector.load_state_dict(load_file(path))
    return detector.eval()
'''

LAST_LEVEL = """\

    def forward(self, images):
        return [self.stages(self.stem(images))]"""

PYRAMID = """\
        self.fpn = FeaturePyramidNetwork(
            {widths}, {width}, extra_blocks=LastLevelMaxPool(),
            norm_layer=lambda width: {norm},
        )

    def forward(self, images):
        levels, x = OrderedDict(), self.stem(images)
        for index, stage in enumerate(self.stages):
            x = stage(x)
            if index in {ends}:
                levels[str(index)] = x
        return list(self.fpn(levels).values())"""

MASK_HEAD = '''
class MaskHead(nn.Module):
    """A mask for each class."""

    def __init__(self, width):
        super().__init__()
        self.stages = blocks(MASK)
        self.masks = nn.Conv2d(width, len(CLASSES), 1)

    def forward(self, regions):
        return self.masks(self.stages(regions)).sigmoid()

'''

PASTE = '''
def paste(mask, box, height, width):
    """The mask of a box as one of the image: each pixel's centre reads it between its pixels."""
    side = (box[2:] - box[:2]).clamp(min=1e-6)
    x = (torch.arange(width) + 0.5 - box[0]) / side[0] * 2 - 1
    y = (torch.arange(height) + 0.5 - box[1]) / side[1] * 2 - 1
    grid = torch.stack([x.expand(height, -1), y[:, None].expand(-1, width)], dim=2)
    return functional.grid_sample(mask[None, None], grid[None], align_corners=False)[0, 0]

'''

DETECT_MASKS = """\
        masks = self.roi_heads.mask_head(pool(levels, boxes, {mask_resolution}))[torch.arange(len(boxes)), labels]
        pasted = [paste(mask, box, *image.shape[-2:]) for mask, box in zip(masks, found["boxes"])]
        found["masks"] = torch.stack(pasted) if pasted else masks.new_zeros(0, *image.shape[-2:])
"""

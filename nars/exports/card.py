"""The model card of a bundle: a YAML head that model hubs read, and a page for people."""

from dataclasses import dataclass

from nars.exports.documents import Metrics, Preprocessing, Provenance
from nars.exports.formats_card import formats_section
from nars.exports.formats_document import FormatsDocument
from nars.space.candidate import Candidate
from nars.space.yaml_text import dump_yaml

_BODY = """\
# {study}: trial {trial}

{what} of {num_classes} classes, found by NARS, which searches network architectures and their training
recipes together.

| | |
|---|---|
| test {metric}, {test_images:,} images) | {test:.4f} |
| validation {metric}, {val_images:,} images) | {val:.4f} |
| input | {channels} x {resolution} x {resolution} |
| multiply-adds | {macs:,} |
| parameters | {params:,} |
| peak memory, float32 | {memory:,} bytes |

The validation split chose this network among the trials of the search; the test split was read by the export alone.

![Resolution, width and kernel of each block](architecture.png)
{detections}
## Use

```python
import torch
from nars.exports import load_bundle

bundle = load_bundle(".")  # this folder; checks every file against SHA256SUMS
model = bundle.model()  # on the CPU, in eval mode
{example}
```

{rule} Classes: {classes}.

    nars evaluate .      # reproduces the test accuracy
    nars train .         # trains the pair again
    nars predict . IMAGE # tells the class of pictures of your own

{formats}## Training

{epochs} epochs on {train_images:,} images with {optimizer}, from {initial}, seed {seed}, in {wall_s:.0f} s on
{device}. The whole recipe is in `recipe.yaml`, the network in `architecture.yaml`, where both come from in
`provenance.yaml` and `space.yaml`.
{curve}"""
_DETECTIONS = "\n![Objects found in validation images, with scores of 0.5 and more](detections.png)\n"
_SHOWN_CLASSES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class _Words:
    """What a card says of a task."""

    what: str
    metric: str
    pipeline: str
    hub_metric: str
    example: str


_CLASSIFIER = _Words(
    what="An image classifier",
    metric="accuracy (top-1",
    pipeline="image-classification",
    hub_metric="accuracy",
    example="""\
images = torch.rand(1, {channels}, {resolution}, {resolution})  # pixels in [0, 1]
names = [bundle.classes[index] for index in model(images).argmax(1).tolist()]""",
)
_FOUND = """\
images = [torch.rand({channels}, {resolution}, {resolution})]  # of any sizes, pixels in [0, 1]
(found,) = model(images)  # boxes (x1, y1, x2, y2 in pixels), labels, scores{and_masks}
names = [bundle.classes[index] for index in found["labels"].tolist()]"""
_DETECTOR = _Words(
    what="A detector",
    metric="box AP (COCO",
    pipeline="object-detection",
    hub_metric="box_ap",
    example=_FOUND.replace("{and_masks}", ""),
)
_MASK_DETECTOR = _Words(
    what="A detector with masks",
    metric="mask AP (COCO",
    pipeline="image-segmentation",
    hub_metric="mask_ap",
    example=_FOUND.replace("{and_masks}", ", masks"),
)


def _words(metrics: Metrics) -> _Words:
    if metrics.test_detection is None:
        return _CLASSIFIER
    return _DETECTOR if metrics.test_detection.masks is None else _MASK_DETECTOR


def model_card(
    candidate: Candidate,
    *,
    preprocessing: Preprocessing,
    metrics: Metrics,
    provenance: Provenance,
    formats: FormatsDocument | None = None,
    has_curve: bool = False,
) -> str:
    """The text of a bundle's README.md."""
    words = _words(metrics)
    body = _BODY.format(
        what=words.what,
        metric=words.metric,
        example=words.example.format(channels=preprocessing.channels, resolution=preprocessing.resolution),
        study=provenance.study,
        trial=provenance.trial,
        num_classes=len(preprocessing.classes),
        test_images=metrics.test_images,
        test=metrics.test_accuracy,
        val_images=metrics.validation_images,
        val=metrics.validation_accuracy,
        channels=preprocessing.channels,
        resolution=preprocessing.resolution,
        macs=metrics.cost.macs,
        params=metrics.cost.params,
        memory=metrics.cost.memory_bytes,
        detections=_DETECTIONS if candidate.is_detector else "",
        formats="" if formats is None else formats_section(formats, preprocessing),
        curve="\n![Accuracy and losses per epoch](learning_curve.png)\n" if has_curve else "",
        rule=preprocessing.rule,
        classes=_class_list(preprocessing.classes),
        epochs=metrics.epochs,
        train_images=metrics.train_images,
        optimizer=candidate.recipe.optimizer,
        initial=provenance.initial_weights or "random weights",
        seed=provenance.seed,
        wall_s=metrics.train_wall_s,
        device=metrics.train_device,
    )
    return f"---\n{dump_yaml(_head(metrics, provenance))}---\n\n{body}"


def _head(metrics: Metrics, provenance: Provenance) -> dict[str, object]:
    words = _words(metrics)
    result = {
        "task": {"type": words.pipeline},
        "dataset": {"name": provenance.data.source, "type": provenance.data.source, "split": "test"},
        "metrics": [{"type": words.hub_metric, "value": metrics.test_accuracy}],
    }
    return {
        "library_name": "nars",
        "pipeline_tag": words.pipeline,
        "tags": ["neural-architecture-search", "fbnetv3"],
        "metrics": [words.hub_metric],
        "model-index": [{"name": f"{provenance.study}-{provenance.trial}", "results": [result]}],
    }


def _class_list(classes: tuple[str, ...]) -> str:
    shown = ", ".join(classes[:_SHOWN_CLASSES])
    more = len(classes) - _SHOWN_CLASSES
    return f"{shown} and {more} more in `preprocessing.yaml`" if more > 0 else shown

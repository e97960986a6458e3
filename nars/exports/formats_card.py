"""The part of a model card on the formats of a bundle: how to run each, and what each gave beside its source."""

from nars.exports.documents import Preprocessing
from nars.exports.formats import FormatName
from nars.exports.formats_document import FormatsDocument, formats_rows

_ONNX = """\
session = onnxruntime.InferenceSession("{file}")
(logits,) = session.run(["logits"], {{"images": images}})  # float32 numpy array in [0, 1], {shape}"""
_USES: dict[FormatName, str] = {
    "onnx": "import onnxruntime\n\n" + _ONNX,
    "onnx-int8": "import onnxruntime\n\n" + _ONNX,
    "torch-export": 'import torch\n\nmodel = torch.export.load("{file}").module()',
    "torchscript": 'import torch\n\nmodel = torch.jit.load("{file}")',
    "executorch": """\
from executorch.runtime import Runtime

method = Runtime.get().load_program("{file}").load_method("forward")
(logits,) = method.execute([images])  # float32 torch tensor in [0, 1], {shape}, N = 1""",
    "python": "from model import load\n\nmodel = load()",
    "timm": """\
import json
from functools import partial

from safetensors.torch import load_file
from timm.layers import get_act_layer
from timm.models._efficientnet_blocks import SqueezeExcite
from timm.models._efficientnet_builder import decode_arch_def, round_channels
from timm.models.mobilenetv3 import MobileNetV3

spec = json.load(open("{file}"))
rounded = partial(round_channels, round_limit=spec["round_limit"])
same = ("num_classes", "in_chans", "stem_size", "num_features", "head_bias", "se_from_exp", "drop_rate")
model = MobileNetV3(
    decode_arch_def(spec["arch_def"]),
    act_layer=get_act_layer(spec["act_layer"]),
    se_layer=partial(SqueezeExcite, gate_layer=spec["se_gate"], rd_round_fn=rounded),
    round_chs_fn=rounded,
    **{{name: spec[name] for name in same}},
)
model.load_state_dict(load_file("timm.safetensors"))
model.eval()  # reads images less spec["mean"] over spec["std"]""",
}
_DETECTOR = """\
# image: float32 in [0, 1], channels x height x width, {size}
# boxes (x1, y1, x2, y2 in its pixels), labels from 0 on, scores, and where the network tells masks those of each box
"""
_DETECTOR_USES: dict[FormatName, str] = {
    "onnx": """\
import onnxruntime

session = onnxruntime.InferenceSession("{file}")
boxes, labels, scores, *masks = session.run(None, {{"image": image}})""",
    "torch-export": """\
import torch
import torchvision  # has the operators

boxes, labels, scores, *masks = torch.export.load("{file}").module()(image)""",
    "torchscript": """\
import torch
import torchvision  # has the operators

boxes, labels, scores, *masks = torch.jit.load("{file}")(image)""",
    "python": """\
from model import CLASSES, load  # torch, torchvision's operators and safetensors alone

(found,) = load()([image])  # of any size""",
    "detectron2": """\
from detectron2.checkpoint import DetectionCheckpointer
from detectron2.modeling import build_model
from nars.models.detector.detectron2_model import detectron2_defaults  # its parts are NARS'

cfg = detectron2_defaults()  # for detectron2's DefaultTrainer too
cfg.merge_from_file("{file}")
model = build_model(cfg).eval()
DetectionCheckpointer(model).load(cfg.MODEL.WEIGHTS)
(found,) = model([{{"image": 255 * image}}])""",
}
_SECTION = """\
## Formats

Each was run on {images:,} images of the test split beside the bundle's own network in torch, on {device}.
A latency is the median of one image by itself.

{table}

{uses}

"""


def formats_section(document: FormatsDocument, preprocessing: Preprocessing) -> str:
    """Markdown: the table, then a few lines of code for each format that is in the bundle."""
    head, *rows = formats_rows(document)
    lines = [head, ["---"] * len(head), *rows]
    size = preprocessing.resolution
    shape = f"N x {preprocessing.channels} x {size} x {size}"
    known = _USES if document.compared == "logit" else _DETECTOR_USES
    note = "" if document.compared == "logit" else _DETECTOR.format(size=f"its shorter side resized to {size}")
    uses = [
        f"`{one.format}`:\n\n```python\n{note}{known[one.format].format(file=one.files[0], shape=shape)}\n```"
        for one in document.formats
        if one.refusal is None
    ]
    return _SECTION.format(
        images=document.images,
        device=document.device,
        table="\n".join(f"| {' | '.join(line)} |" for line in lines),
        uses="\n\n".join(uses),
    )

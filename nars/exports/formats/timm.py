"""timm: an architecture string and a state dict for timm's MobileNetV3 class, where it can express the network."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from nars.errors import BundleError
from nars.exports.formats.format import FormatName, Runner, Source
from nars.exports.formats.library import library
from nars.exports.formats.timm_definition import timm_definition
from nars.models.pretrained.naming import recognise
from nars.models.pretrained.weights import Weights
from nars.training.network import Normalize

TIMM_FILE = "timm.json"
TIMM_WEIGHTS_FILE = "timm.safetensors"
_BATCH_NORMS = ("BN", "SyncBN", "naiveSyncBN", "naiveSyncBN_N")
_ACTIVATIONS = {"hswish": "hard_swish", "relu": "relu", "relu6": "relu6", "swish": "swish"}


class TimmFormat:
    """``timm.json``, the arguments of timm's class, and ``timm.safetensors``; normalising is left to timm's users."""

    name: FormatName = "timm"
    files: tuple[str, ...] = (TIMM_FILE, TIMM_WEIGHTS_FILE)
    is_quantised = False

    def require(self) -> None:
        """Needs timm."""
        library("timm", install="timm")

    def write(self, source: Source, directory: Path) -> None:
        """Writes both files."""
        arguments = _arguments(source)
        network = _build(arguments)
        state = _renamed_state(source, network)
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise BundleError(f"timm builds another network: {' '.join(str(error).split())}") from error
        (directory / TIMM_FILE).write_text(json.dumps(arguments, indent=2) + "\n", encoding="utf-8")
        (directory / TIMM_WEIGHTS_FILE).write_bytes(save(state, metadata={"format": "pt"}))

    def open(self, directory: Path) -> Runner:
        """Builds timm's network, behind the normalisation that the JSON names."""
        path = directory / TIMM_FILE
        try:
            arguments: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            network = _build(arguments)
            network.load_state_dict(load_file(directory / TIMM_WEIGHTS_FILE))
            normalize = Normalize(mean_C=torch.tensor(arguments["mean"]), std_C=torch.tensor(arguments["std"]))
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            raise BundleError(f"{path}: timm cannot build it: {error}") from error
        return nn.Sequential(normalize, network).eval()


def _arguments(source: Source) -> dict[str, Any]:
    """What `_build` needs, with what timm's users need beside it."""
    architecture, recipe = source.candidate.architecture, source.candidate.recipe
    if recipe.norm not in _BATCH_NORMS:
        raise BundleError(f"timm cannot express the norm {recipe.norm} in its MobileNetV3")
    assert architecture.head is not None  # a classifier has one
    normalize = source.network.normalize
    return {
        "class": "timm.models.mobilenetv3.MobileNetV3",
        "arch_def": timm_definition(architecture),
        "num_classes": architecture.num_classes,
        "in_chans": architecture.in_channels,
        "stem_size": architecture.stem.width,
        "num_features": architecture.head.width,
        "head_bias": False,
        "act_layer": _ACTIVATIONS[architecture.stem.activation],
        "se_gate": architecture.style.se_gate,
        "se_from_exp": architecture.style.se_reference == "expanded",
        "round_limit": 0.95,
        "drop_rate": recipe.dropout,
        "input_size": [architecture.in_channels, architecture.resolution, architecture.resolution],
        "mean": normalize.mean.flatten().tolist(),
        "std": normalize.std.flatten().tolist(),
        "label_names": list(source.classes),
    }


def _build(arguments: dict[str, Any]) -> nn.Module:
    """A network of timm's of some arguments, as its own ``_gen_fbnetv3`` builds its own."""
    builder = library("timm.models._efficientnet_builder", install="timm")
    blocks = library("timm.models._efficientnet_blocks", install="timm")
    layers = library("timm.layers", install="timm")
    mobilenet = library("timm.models.mobilenetv3", install="timm")
    round_channels = partial(builder.round_channels, multiplier=1.0, round_limit=arguments["round_limit"])
    with torch.random.fork_rng(devices=[]):  # building draws weights that are overwritten at once
        network: nn.Module = mobilenet.MobileNetV3(
            block_args=builder.decode_arch_def(arguments["arch_def"]),
            num_classes=arguments["num_classes"],
            in_chans=arguments["in_chans"],
            stem_size=arguments["stem_size"],
            num_features=arguments["num_features"],
            head_bias=arguments["head_bias"],
            act_layer=layers.get_act_layer(arguments["act_layer"]),
            se_from_exp=arguments["se_from_exp"],
            se_layer=partial(blocks.SqueezeExcite, gate_layer=arguments["se_gate"], rd_round_fn=round_channels),
            round_chs_fn=round_channels,
            drop_rate=arguments["drop_rate"],
        )
    return network


def _renamed_state(source: Source, network: nn.Module) -> dict[str, Tensor]:
    """Our arrays by timm's names."""
    ours = source.network.classifier.state_dict()
    theirs = network.state_dict()
    depths = [stage.depth for stage in source.candidate.architecture.stages]
    names = recognise(Weights(source="timm", path=Path(TIMM_WEIGHTS_FILE), sha256="", arrays=theirs), depths).names
    unknown = sorted(set(ours) - set(names) - {"stem.conv.bias"})
    if unknown:
        raise BundleError(f"timm's network has no {unknown[0]}")
    state = {names[name]: array.clone() for name, array in ours.items() if name in names}
    bias = ours.get("stem.conv.bias")
    if bias is not None:  # timm's stem has none: a norm that expects numbers smaller by it gives the same
        state[names["stem.norm.running_mean"]] -= bias
    return state

"""Published latency tables of once-for-all networks: a YAML mapping from operator names to mean and variance.

Their inverted residuals are ours with a squeeze-excite of a quarter of the expanded width; their stem is a 3 x 3
convolution of stride 2; their last three layers (expansion, 1x1 on the pooled features, classifier) are our head.
"""

import re
from collections.abc import Iterator, Mapping

import yaml

from nars.cost.operator import Operator, Timing
from nars.errors import CostError
from nars.models.widths import squeeze_excite_width

_BLOCK = re.compile(
    r"MBConv-input:(?P<in_size>\d+)x(?P=in_size)x(?P<in_width>\d+)-output:(?P<size>\d+)x(?P=size)x(?P<width>\d+)"
    r"-expand:(?P<expansion>\d+)-kernel:(?P<kernel>\d+)-stride:(?P<stride>\d+)-idskip:(?P<skip>[01])-se:(?P<se>[01])"
)
_STEM = re.compile(r"first_conv-input:(?P<in_size>\d+)x(?P=in_size)x(?P<in_width>\d+)-output:\d+x\d+x(?P<width>\d+)")
_EXPANSION = re.compile(
    r"final_expand_layer-input:(?P<size>\d+)x(?P=size)x(?P<in_width>\d+)-output:(?P=size)x(?P=size)x(?P<width>\d+)"
)
_FEATURES = re.compile(r"feature_mix_layer-input:1x1x(?P<in_width>\d+)-output:1x1x(?P<width>\d+)")
_CLASSIFIER = re.compile(r"classifier-input:(?P<in_width>\d+)-output:(?P<width>\d+)")

_Layers = dict[tuple[int, ...], float]
"""Milliseconds of layers by their numbers."""


def read_yaml(text: str, *, source: str) -> dict[Operator, Timing]:
    """Timings of a published table.

    Args:
        text: The YAML.
        source: Where it is from, for messages.

    Raises:
        CostError: If it is not such a table; the message names the entry.
    """
    timings: dict[Operator, Timing] = {}
    layers: dict[re.Pattern[str], _Layers] = {_EXPANSION: {}, _FEATURES: {}, _CLASSIFIER: {}}
    for name, mean_ms in _means(text, source):
        if match := _BLOCK.fullmatch(name):
            timings[_block(match, name, source)] = Timing(latency_ms=mean_ms)
        elif match := _STEM.fullmatch(name):
            timings[_stem(match)] = Timing(latency_ms=mean_ms)
        else:
            _add_layer(layers, name, mean_ms, source)
    timings.update(_heads(layers[_EXPANSION], layers[_FEATURES], layers[_CLASSIFIER]))
    return timings


def _means(text: str, source: str) -> Iterator[tuple[str, float]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser reads thousands of entries at once
    try:
        table = yaml.load(text, Loader=loader)  # noqa: S506  # both are safe loaders
    except yaml.YAMLError as error:
        raise CostError(f"{source}: not YAML: {error}") from error
    if not isinstance(table, Mapping) or not table:
        raise CostError(f"{source}: a latency table must be a mapping from operators to their timings")
    for name, timing in table.items():
        mean_ms = timing.get("mean") if isinstance(timing, Mapping) else None
        if not isinstance(mean_ms, float | int) or not 0 < mean_ms < float("inf"):
            raise CostError(f"{source}: {name}: mean must be a number of milliseconds > 0, got {mean_ms!r}")
        yield str(name), float(mean_ms)


def _block(match: re.Match[str], name: str, source: str) -> Operator:
    n = {key: int(value) for key, value in match.groupdict().items()}
    kernel, stride, hidden = n["kernel"], n["stride"], n["in_width"] * n["expansion"]
    if (n["in_size"] - 1) // stride + 1 != n["size"]:
        raise CostError(f"{source}: {name}: padding must be kernel // 2, which gives another output size")
    if n["skip"] != (stride == 1 and n["in_width"] == n["width"]):
        raise CostError(f"{source}: {name}: idskip must be 1 exactly at stride 1 with equal widths")
    squeeze = squeeze_excite_width(hidden, expansion=n["expansion"], reference="expanded", divisor=8)
    return Operator(
        kind="inverted_residual",
        in_size=n["in_size"],
        in_width=n["in_width"],
        hidden_width=hidden,
        out_width=n["width"],
        kernel=kernel,
        stride=stride,
        padding=kernel // 2,
        squeeze_width=squeeze * n["se"],
        num_classes=0,
    )


def _stem(match: re.Match[str]) -> Operator:
    return Operator(
        kind="stem",
        in_size=int(match["in_size"]),
        in_width=int(match["in_width"]),
        hidden_width=0,
        out_width=int(match["width"]),
        kernel=3,
        stride=2,
        padding=1,
        squeeze_width=0,
        num_classes=0,
    )


def _add_layer(layers: Mapping[re.Pattern[str], _Layers], name: str, mean_ms: float, source: str) -> None:
    for pattern, known in layers.items():
        if match := pattern.fullmatch(name):
            known[tuple(int(value) for value in match.groups())] = mean_ms
            return
    raise CostError(f"{source}: unknown operator {name!r}")


def _heads(expansions: _Layers, features: _Layers, classifiers: _Layers) -> Iterator[tuple[Operator, Timing]]:
    """Each chain of an expansion, a convolution of its pooled output, and a classifier that fit each other."""
    for (size, in_width, hidden), expansion_ms in expansions.items():
        for (pooled, width), features_ms in features.items():
            for (classifier_in, classes), classifier_ms in classifiers.items():
                if (pooled, classifier_in) != (hidden, width):
                    continue
                head = Operator(
                    kind="head",
                    in_size=size,
                    in_width=in_width,
                    hidden_width=hidden,
                    out_width=width,
                    kernel=1,
                    stride=1,
                    padding=0,
                    squeeze_width=0,
                    num_classes=classes,
                )
                yield head, Timing(latency_ms=expansion_ms + features_ms + classifier_ms)

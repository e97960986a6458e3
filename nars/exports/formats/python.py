"""One Python file with the network in plain torch; its weights are the bundle's own."""

import importlib.util
from itertools import groupby
from pathlib import Path

from safetensors import SafetensorError
from torch import nn

from nars.errors import BundleError
from nars.exports.block_rows import BlockRow, block_rows
from nars.exports.formats.format import FormatName, Runner, Source
from nars.exports.formats.python_text import PYTHON_TEXT
from nars.exports.weights import WEIGHTS_FILE, dump_weights
from nars.models.activations import build_activation, build_gate
from nars.models.norms import num_groups
from nars.models.widths import round_width
from nars.space.architecture import Activation, Architecture, Head

PYTHON_FILE = "model.py"


class PythonFormat:
    """``model.py``, which imports torch and safetensors alone, beside ``weights.safetensors``."""

    name: FormatName = "python"
    files: tuple[str, ...] = (PYTHON_FILE,)
    is_quantised = False

    def require(self) -> None:
        """Needs nothing: torch and safetensors are ours too."""

    def write(self, source: Source, directory: Path) -> None:
        """Writes ``model.py``, and the weights where they are not there yet."""
        (directory / PYTHON_FILE).write_text(python_text(source), encoding="utf-8")
        if not (directory / WEIGHTS_FILE).exists():
            (directory / WEIGHTS_FILE).write_bytes(dump_weights(source.network))

    def open(self, directory: Path) -> Runner:
        """Runs the file, as everyone who uses it does, and loads the weights."""
        path = directory / PYTHON_FILE
        spec = importlib.util.spec_from_file_location("exported_model", path)
        if spec is None or spec.loader is None or not path.is_file():
            raise BundleError(f"{path}: there is no such Python file")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        try:
            network: nn.Module = module.load(directory / WEIGHTS_FILE)
        except (OSError, RuntimeError, SafetensorError) as error:
            raise BundleError(f"{path}: {WEIGHTS_FILE} cannot be loaded: {error}") from error
        return network


def python_text(source: Source) -> str:
    """The text of the file."""
    architecture = source.candidate.architecture
    head = architecture.head
    assert head is not None  # a classifier has one
    return PYTHON_TEXT.format(
        channels=architecture.in_channels,
        resolution=architecture.resolution,
        num_classes=architecture.num_classes,
        classes=_classes(source.classes),
        norm=_norm(source),
        gate=type(build_gate(architecture.style.se_gate)).__name__,
        depthwise_norm=architecture.style.depthwise_norm,
        stages=_stages(architecture),
        stem=_stem(architecture),
        head=_head(architecture, head, dropout=source.candidate.recipe.dropout),
    )


def _classes(names: tuple[str, ...]) -> str:
    return "\n".join(f"    {name!r}," for name in names)


def _norm(source: Source) -> str:
    if source.candidate.recipe.norm != "GN":  # the synchronised ones are batch norm in eval mode and on one device
        return "nn.BatchNorm2d(width)"
    widths = {module.num_channels for module in source.network.modules() if isinstance(module, nn.GroupNorm)}
    groups = {width: num_groups(width) for width in sorted(widths)}
    return f"nn.GroupNorm({groups}[width], width)"


def _activation(name: Activation) -> str:
    return f"nn.{type(build_activation(name)).__name__}"


def _stages(architecture: Architecture) -> str:
    lines: list[str] = []
    for _, rows in groupby(block_rows(architecture), key=lambda row: row.stage):
        lines += ["    (", *(f"        {_row(row)}," for row in rows), "    ),"]
    return "\n".join(lines)


def _row(row: BlockRow) -> str:
    is_fused = row.kind == "fused_residual"
    shape = (row.in_width, row.hidden, row.width, row.kernel, row.stride, row.padding)
    values = (*shape, row.projects if is_fused else row.groups, row.squeeze_excite, row.has_skip)
    return f"{'Fused' if is_fused else 'Inverted'}({', '.join(map(str, values))}, {_activation(row.activation)})"


def _stem(architecture: Architecture) -> str:
    stem = architecture.stem
    return (
        f"{architecture.in_channels}, {stem.width}, kernel={stem.kernel}, stride={stem.stride}, "
        f"padding={stem.kernel // 2}, bias={stem.bias}, act={_activation(stem.activation)}"
    )


def _head(architecture: Architecture, head: Head, *, dropout: float) -> str:
    width = architecture.stages[-1].width
    hidden = round_width(width * head.expansion, architecture.style.divisor)
    act = _activation(head.activation)
    parts = [
        ("pool", "nn.AdaptiveAvgPool2d(1)"),
        ("features", f"convolution({hidden}, {head.width}, norm=False, act={act})"),
        ("flatten", "nn.Flatten()"),
        ("dropout", f"nn.Dropout({dropout})"),
        ("classifier", f"nn.Linear({head.width}, {architecture.num_classes})"),
    ]
    if hidden != width:
        parts.insert(0, ("expand", f"convolution({width}, {hidden}, act={act})"))
    return "\n".join(f"        {name}={text}," for name, text in parts)

"""One Python file with the network in plain torch; its weights are the bundle's own."""

import importlib.util
from pathlib import Path

from safetensors import SafetensorError
from torch import nn

from nars.errors import BundleError
from nars.exports.formats.format import FormatName, Runner, Source
from nars.exports.formats.python_parts import (
    activation_text,
    names_text,
    parts_text,
    rows_text,
    stages_text,
    stem_text,
)
from nars.exports.formats.python_text import PYTHON_TEXT
from nars.exports.weights import WEIGHTS_FILE, dump_weights
from nars.models.block_rows import block_rows
from nars.models.widths import round_width
from nars.space.architecture import Architecture, Head

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
        return load_python(directory)


def load_python(directory: Path) -> nn.Module:
    """What `load` of a bundle's ``model.py`` gives.

    Raises:
        BundleError: If there is no such file, or its weights cannot be loaded.
    """
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
    architecture, recipe = source.candidate.architecture, source.candidate.recipe
    head = architecture.head
    assert head is not None  # a classifier has one
    return PYTHON_TEXT.format(
        channels=architecture.in_channels,
        resolution=architecture.resolution,
        num_classes=architecture.num_classes,
        classes=names_text(source.classes),
        rows=rows_text(upsamples=False),
        parts=parts_text(source.network, recipe.norm, architecture.style, upsamples=False),
        stages=stages_text(block_rows(architecture)),
        stem=stem_text(architecture),
        head=_head(architecture, head, dropout=recipe.dropout),
    )


def _head(architecture: Architecture, head: Head, *, dropout: float) -> str:
    width = architecture.stages[-1].width
    hidden = round_width(width * head.expansion, architecture.style.divisor)
    act = activation_text(head.activation)
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

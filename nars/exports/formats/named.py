"""Formats by the names that users give."""

import difflib
from collections.abc import Sequence

from nars.errors import BundleError
from nars.exports.formats.detectron2 import Detectron2Format
from nars.exports.formats.executorch import ExecuTorchFormat
from nars.exports.formats.format import Format
from nars.exports.formats.onnx import OnnxFormat
from nars.exports.formats.onnx_int8 import OnnxInt8Format
from nars.exports.formats.python import PythonFormat
from nars.exports.formats.timm import TimmFormat
from nars.exports.formats.torch_export import TorchExportFormat
from nars.exports.formats.torchscript import TorchScriptFormat

_FORMATS: tuple[Format, ...] = (
    OnnxFormat(),
    OnnxInt8Format(),
    TorchExportFormat(),
    TorchScriptFormat(),
    PythonFormat(),
    TimmFormat(),
    ExecuTorchFormat(),
    Detectron2Format(),
)


def format_named(name: str) -> Format:
    """The format of a name.

    Raises:
        BundleError: If there is none; the message tells the nearest name and all others.
    """
    formats = {one.name: one for one in _FORMATS}
    for known, one in formats.items():
        if known == name:
            return one
    near = difflib.get_close_matches(name, formats, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise BundleError(f"unknown format {name!r}{hint}; known: {', '.join(formats)}")


def formats_named(names: Sequence[str]) -> tuple[Format, ...]:
    """The formats of some names, each once, all of which can be written here.

    Raises:
        BundleError: If a name is unknown, or a library of one is absent.
    """
    formats = tuple(format_named(name) for name in dict.fromkeys(names))
    for one in formats:
        one.require()
    return formats

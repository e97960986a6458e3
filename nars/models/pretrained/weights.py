"""A weights file into arrays by name: safetensors, or a torch file without code in it."""

import hashlib
import io
import pickle
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from nars.errors import ModelError
from nars.models.pretrained.catalog import PublishedWeights
from nars.models.pretrained.files import find_file, require_sum

_AVERAGED = ("model_ema", "ema_state", "state_dict_ema", "average")
_PLAIN = ("state_dict", "model", "network")
_CONTAINERS = (*_AVERAGED, *_PLAIN)
"""Where training programs keep a network's arrays: mobile-vision, d2go, timm and NARS; averaged ones first."""
_FORBIDDEN = re.compile(r"GLOBAL ([\w.]+)")
"""How torch names what a file asks it to run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """Arrays by name, as a file has them."""

    source: str
    """As asked for."""
    path: Path
    sha256: str
    """Of the whole file."""
    arrays: Mapping[str, Tensor]
    container: str = ""
    """The file's entry that held the arrays; empty where they lie at its top."""
    published: PublishedWeights | None = None


def read_weights(source: str) -> Weights:
    """Finds, checks and reads weights; a published file that is pinned is downloaded where it is not there yet.

    Args:
        source: A published name or a path, either with ``#sha256=DIGITS`` behind it or without.

    Raises:
        ModelError: If there is no such file, it has another checksum, is damaged, or holds more than arrays.
    """
    file = find_file(source)
    try:
        content = file.path.read_bytes()
    except OSError as error:
        raise ModelError(f"{file.path}: the weights cannot be read: {error.strerror}") from error
    sha256 = hashlib.sha256(content).hexdigest()
    require_sum(sha256, file.sha256, file.path)
    arrays, container = _arrays(content, file.path)
    return Weights(
        source=source, path=file.path, sha256=sha256, arrays=arrays, container=container, published=file.published
    )


def _arrays(content: bytes, path: Path) -> tuple[dict[str, Tensor], str]:
    """The network's arrays, without the prefix that wrappers put before their names; and where they lay."""
    tree = _parsed(content, path)
    container = next((name for name in _CONTAINERS if isinstance(tree.get(name), Mapping) and tree[name]), "")
    found = tree[container] if container else tree
    assert isinstance(found, Mapping)
    arrays = {str(name).removeprefix("module."): value for name, value in found.items() if isinstance(value, Tensor)}
    if not arrays:
        raise ModelError(f"{path}: holds no arrays by name, neither at its top nor in {', '.join(_CONTAINERS)}")
    return arrays, container


def _parsed(content: bytes, path: Path) -> Mapping[object, object]:
    try:
        tree = safetensors.torch.load(content) if content[8:9] == b"{" else _load_torch(content)
    except Exception as error:  # noqa: BLE001 a damaged pickle raises whatever its broken opcodes lead to
        raise ModelError(f"{path}: {_reason(error)}") from None
    if not isinstance(tree, Mapping):
        raise ModelError(f"{path}: must hold arrays by name, got {type(tree).__name__}")
    return tree


def _load_torch(content: bytes) -> object:
    file = io.BytesIO(content)
    if zipfile.is_zipfile(file):
        # torch reads its zip files without looking at their checksums
        with zipfile.ZipFile(file) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise zipfile.BadZipFile(f"its part {damaged} has another checksum")
    file.seek(0)
    return torch.load(file, map_location="cpu", weights_only=True)


def _reason(error: Exception) -> str:
    if isinstance(error, pickle.UnpicklingError):
        if forbidden := _FORBIDDEN.search(str(error)):
            return f"refused, since it asks for {forbidden[1]}, which may run code; save its arrays alone"
        return "truncated, damaged or no weights file"  # torch's long text is about trusting the file
    lines = str(error).splitlines()
    return f"truncated, damaged or no weights file: {lines[0] if lines else type(error).__name__}"

"""``formats.json``: what each format of a bundle gave beside its source, on real images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from nars.errors import BundleError
from nars.exports.documents import Accuracy, Count
from nars.exports.formats import FormatName
from nars.space.problems import problems_of

FORMATS_FILE = "formats.json"
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """How a format does on images of the test split."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    largest_difference: float
    """Of a logit to the source's; of a detector, of the score of a detection that both have."""
    agreement: Accuracy
    """Share of images with the class that the source predicts; of a detector, share of detections that both have."""
    accuracy: Accuracy
    """Top-1; of a detector, mask AP or box AP."""
    latency_ms: float
    """Median milliseconds of one image, by itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FormatReport:
    """One format of a bundle, or why it is none."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    format: FormatName
    files: tuple[str, ...]
    bytes: int
    """Of its own files together; ``python`` reads the bundle's weights, which are not counted."""
    measured: Measured | None = None
    """None where it could not be written."""
    refusal: str | None = None
    """Why its files are not in the bundle; none where they are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FormatsDocument:
    """All formats that an export was asked for."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    images: Count
    """Of the test split, evenly spaced over it, that all of them were run on."""
    device: str
    """Where, with the number of threads."""
    source: Measured
    """The bundle's own network in torch."""
    formats: tuple[FormatReport, ...]
    compared: Literal["logit", "score"] = "logit"
    """What `Measured.largest_difference` is of."""


_ADAPTER = TypeAdapter(FormatsDocument)


def dump_formats(document: FormatsDocument) -> bytes:
    """The JSON text."""
    return _ADAPTER.dump_json(document, indent=2, exclude_none=True) + b"\n"


def read_formats(directory: Path) -> FormatsDocument | None:
    """What a bundle records of its formats; none where it has none.

    Raises:
        BundleError: With every problem, each with the path of its key.
    """
    path = directory / FORMATS_FILE
    if not path.exists():
        return None
    try:
        return _ADAPTER.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        problems = "; ".join(problems_of(error)) if isinstance(error, ValidationError) else str(error)
        raise BundleError(f"{path}: {problems}") from error


def formats_rows(document: FormatsDocument) -> list[Sequence[str]]:
    """Cells of the table that people read; the first row names the columns."""
    head = (
        "format",
        f"largest difference of a {document.compared}",
        "agreement",
        "accuracy",
        "bytes",
        "latency (ms)",
        "verdict",
    )
    rows: list[Sequence[str]] = [head, ("source (torch)", *_cells(document.source), "")]
    for one in document.formats:
        verdict = "in the bundle" if one.refusal is None else f"refused: {one.refusal}"
        rows.append((one.format, *_cells(one.measured, size=f"{one.bytes:,}" if one.bytes else ""), verdict))
    return rows


def _cells(measured: Measured | None, *, size: str = "") -> tuple[str, ...]:
    if measured is None:
        return ("", "", "", size, "")
    return (
        f"{measured.largest_difference:.1e}",
        f"{measured.agreement:.4f}",
        f"{measured.accuracy:.4f}",
        size,
        f"{measured.latency_ms:.3f}",
    )

"""What is known of a study as a whole: one user attribute, so that it is written whole or not at all."""

import json
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from nars.errors import ExperimentError
from nars.space.loader import parse_space
from nars.space.search_space import SearchSpace
from nars.space.settings import SearchSettings
from nars.trials import FamilyBudget

ATTRIBUTE = "nars"
"""The study's user attribute that holds the record."""
FORMAT = 1
"""Grows when the meaning of what is stored changes; a study of another format is refused."""

_SHAPE_PATHS = ("architecture.in_channels", "architecture.num_classes")


@dataclass(frozen=True, kw_only=True, slots=True)
class WarmStart:
    """What a study was given to start with: a predictor fitted on another experiment's trials."""

    experiment: str
    """Its name."""
    trials: int
    """How many of its trials had a place in the space."""
    of: int
    """How many there were."""
    sha256: str
    """Of the predictor's file in the experiment's folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyRecord:
    """Space, seed and settings of one study, and how many trials were asked for."""

    format: int = FORMAT
    nars_version: str
    space_name: str
    space_text: str
    """The YAML document, whole."""
    in_channels: int | None
    """Of the images, as found when the study was created; none where the space was not yet joined to its data."""
    num_classes: int | None
    seed: int
    settings: SearchSettings
    budgets: tuple[int | FamilyBudget, ...]
    """What was asked for: trials by the search first, then trials by each resume, or the winners of a family."""
    warm_start: WarmStart | None = None
    notes: dict[str, str] = field(default_factory=dict)
    """Sentences on what the search decided, by subject; shown in the summary."""

    def space(self, source: str) -> SearchSpace:
        """The search space, joined to the shape of its data.

        Args:
            source: Where the study lies, for messages.
        """
        space = parse_space(self.space_text, source=source, name=self.space_name)
        if self.in_channels is None or self.num_classes is None:
            return space
        return space.with_data_shape(in_channels=self.in_channels, num_classes=self.num_classes)


_RECORDS: TypeAdapter[StudyRecord] = TypeAdapter(StudyRecord)


def data_shape(space: SearchSpace) -> tuple[int | None, int | None]:
    """Channels and classes of a space's images, where it was joined to its data."""
    channels, classes = (space.fixed.get(path) for path in _SHAPE_PATHS)
    return (int(str(channels)), int(str(classes))) if channels is not None and classes is not None else (None, None)


def read_record(stored: object, source: str) -> StudyRecord:
    """The record that was stored.

    Raises:
        ExperimentError: If it is absent, damaged, or of another format.
    """
    if not isinstance(stored, dict):
        raise ExperimentError(f"study {source} was not written by NARS")
    if stored.get("format") != FORMAT:
        raise ExperimentError(
            f"study {source} has format {stored.get('format')} of NARS {stored.get('nars_version')}, "
            f"this version reads format {FORMAT}"
        )
    try:
        # Read as JSON, in which a strict dataclass may be a mapping.
        return _RECORDS.validate_json(json.dumps(stored))
    except ValidationError as error:
        raise ExperimentError(f"study {source} is damaged: {error}") from error

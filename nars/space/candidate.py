"""A candidate: one architecture and one recipe, frozen, with a content id."""

import hashlib
import json
from dataclasses import dataclass

from nars.space.architecture import Architecture
from nars.space.plain import plain
from nars.space.recipe import NO_WEIGHTS, Recipe


class _Remembered:
    """Room for the id, which is asked for again and again, outside the fields."""

    __slots__ = ("_id",)

    _id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate(_Remembered):
    """One (architecture, recipe) pair."""

    architecture: Architecture
    recipe: Recipe

    def __post_init__(self) -> None:
        if (self.architecture.detector is None) != (self.recipe.detector is None):
            raise ValueError("a detector must have both architecture.detector and recipe.detector")

    @property
    def is_detector(self) -> bool:
        """Whether it finds objects; else it is a classifier, or a trunk."""
        return self.architecture.detector is not None

    @property
    def has_masks(self) -> bool:
        """Whether it is a detector that tells masks."""
        detector = self.architecture.detector
        return detector is not None and detector.mask is not None

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits of the content's SHA-256: equal exactly for equal candidates."""
        try:
            return self._id
        except AttributeError:
            content = json.dumps(plain(self, _LATER), sort_keys=True, separators=(",", ":"))
            object.__setattr__(self, "_id", hashlib.sha256(content.encode()).hexdigest()[:12])
            return self._id


_LATER: dict[str, object] = {"groups": None, "weights": NO_WEIGHTS, "inherit": False, "detector": None}
"""Settings that came later, with the value that says what was so before them: then they do not count, so that older ids
hold."""

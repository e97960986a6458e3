"""A candidate: one architecture and one recipe, frozen, with a content id."""

import hashlib
import json
from dataclasses import asdict, dataclass

from nars.space.architecture import Architecture
from nars.space.recipe import NO_WEIGHTS, Recipe


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One (architecture, recipe) pair."""

    architecture: Architecture
    recipe: Recipe

    def __post_init__(self) -> None:
        if (self.architecture.detector is None) != (self.recipe.detector is None):
            raise ValueError("a detector must have both architecture.detector and recipe.detector")

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits of the content's SHA-256: equal exactly for equal candidates."""
        content = json.dumps(asdict(self, dict_factory=_content), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()[:12]


_LATER: dict[str, object] = {"groups": None, "weights": NO_WEIGHTS, "inherit": False, "detector": None}
"""Settings that came later, with the value that says what was so before them."""


def _content(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The settings that count; one that came later counts once it says something else, so that older ids hold."""
    return {name: value for name, value in pairs if name not in _LATER or value != _LATER[name]}

"""A candidate: one architecture and one recipe, frozen, with a content id."""

import hashlib
import json
from dataclasses import asdict, dataclass

from nars.space.architecture import Architecture
from nars.space.recipe import Recipe


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One (architecture, recipe) pair."""

    architecture: Architecture
    recipe: Recipe

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits of the content's SHA-256: equal exactly for equal candidates."""
        content = json.dumps(asdict(self, dict_factory=_content), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()[:12]


def _content(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The settings that count; one that came later counts once it is given, so that older ids hold."""
    return {name: value for name, value in pairs if not (name == "groups" and value is None)}
